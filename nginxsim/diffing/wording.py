"""What is said of an answer that is compared."""

from __future__ import annotations

from nginxsim.diffing.facts import Answered, Facts


def answer_text(answer: Answered) -> str:
    """ "200 default/shop:80", "503 location-denied", "308 to https://...", each with its share where chance decides."""
    if len(answer.outcomes) == 1:
        return _facts_text(answer.first)
    return ", ".join(f"{share * 100:.4g} % {_facts_text(facts)}" for share, facts in answer.outcomes)


def _facts_text(facts: Facts) -> str:
    status = "no answer" if facts.status is None else str(facts.status)
    if facts.redirect:
        return f"{status} to {facts.redirect}"
    return f"{status} {facts.cause or facts.service}".rstrip()


def item_text(item: object) -> str:
    """A header, or a request on the way."""
    return f"{item[0]}: {item[1]}" if isinstance(item, tuple) else str(item)
