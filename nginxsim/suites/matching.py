"""Holds an outcome against what was expected of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nginxsim.nginx.exchange import Headers
from nginxsim.nginx.regex import MatchLimitError
from nginxsim.suites.cases import Check, Expectation
from nginxsim.suites.expectations import CLOSED, REGEX, expression
from nginxsim.suites.nodes import Place
from nginxsim.suites.services import ServiceNames
from nginxsim.verdict import Outcome

TOLERANCE = 0.0005
"""How far a share may be off: a twentieth of a per cent, so that 33% may stand for a third only as 33.3%."""

CLOSING = frozenset({"location-denied", "client-ca-unusable"})
"""Causes that keep every client away although nobody meant to refuse this one."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One expectation that was not met. expected and actual are for people; replacement is what --update writes."""

    field: str
    expected: str
    actual: str
    chance: str = ""
    """ "in 20 % of requests", where chance decides."""
    place: Place | None = None
    replacement: str | None = None


def judge(expect: Expectation, outcomes: Sequence[Outcome], names: ServiceNames) -> list[Mismatch]:
    """Every expectation that these outcomes do not meet."""
    if expect.outcomes:
        return [fault for one in expect.outcomes for fault in _judge_share(one, outcomes, names)]
    if expect.probability:
        return _judge_share(expect, outcomes, names)
    found = []
    for outcome in outcomes:
        chance = f"in {outcome.probability * 100:.4g} % of requests" if len(outcomes) > 1 else ""
        found += [_mismatch(check, outcome, names, chance) for check in misses(expect, outcome, names)]
    return found


def endless(problem: MatchLimitError) -> Mismatch:
    """A regular expression that gave up instead of saying whether it matches."""
    return Mismatch("expect", "regular expressions that come to an end", str(problem))


def judge_refusal(expect: Expectation, refusal: str) -> list[Mismatch]:
    """A configuration that nginx refuses answers no request, whatever the simulation says; `refusal` is why."""
    check = expect.nginx_refuses
    if bool(refusal) == (check is not None and bool(check.wanted)):
        return []
    place = check.place if check else None
    replacement = str(bool(refusal)).lower() if check else None
    expected = _wanted_text(check) if check else "false"
    return [Mismatch("nginx_refuses", expected, refusal or "false", place=place, replacement=replacement)]


def misses(expect: Expectation, outcome: Outcome, names: ServiceNames) -> Iterator[Check]:
    """The checks that this outcome fails."""
    for check in expect.checks:
        if not _holds(check, outcome, names):
            yield check


def _judge_share(expect: Expectation, outcomes: Sequence[Outcome], names: ServiceNames) -> list[Mismatch]:
    fitting = [outcome for outcome in outcomes if not any(misses(expect, outcome, names))]
    share = sum(outcome.probability for outcome in fitting)
    wanted = expect.probability
    if wanted is None:
        return [] if fitting else [_nothing_fits(expect, outcomes, names)]
    if abs(share - float(wanted.wanted)) <= TOLERANCE:
        return []
    expected = f"{float(wanted.wanted) * 100:.4g} % with {_summary(expect)}" if expect.checks else str(wanted.wanted)
    return [Mismatch("probability", expected, f"{share * 100:.4g} %", "", wanted.place, f"{share:.4g}")]


def _nothing_fits(expect: Expectation, outcomes: Sequence[Outcome], names: ServiceNames) -> Mismatch:
    actual = "; ".join(
        f"{outcome.probability * 100:.4g} %: "
        + ", ".join(f"{check.label} {shown(check, outcome, names)}" for check in expect.checks)
        for outcome in outcomes
    )
    return Mismatch("outcomes", _summary(expect), actual)


def _summary(expect: Expectation) -> str:
    return ", ".join(f"{check.label} {check.wanted}" for check in expect.checks)


def _mismatch(check: Check, outcome: Outcome, names: ServiceNames, chance: str) -> Mismatch:
    return Mismatch(
        check.label,
        _wanted_text(check) or "(absent)",
        shown(check, outcome, names) or "(absent)",
        chance,
        check.place,
        replacement(check, outcome, names),
    )


def _wanted_text(check: Check) -> str:
    return str(check.wanted).lower() if isinstance(check.wanted, bool) else str(check.wanted)


def _holds(check: Check, outcome: Outcome, names: ServiceNames) -> bool:
    return JUDGES[check.field.partition(".")[0]](check, outcome, names)


def agrees(wanted: str, actual: str | None) -> bool:
    """ "" wants absence (or emptiness), "~regex" is searched, as nginx's own ~ does; anything else is compared.

    Raises MatchLimitError for an expression that comes to no end.
    """
    if wanted == "":
        return not actual
    if actual is None:
        return False
    return expression(wanted[1:]).groups(actual) is not None if wanted.startswith(REGEX) else wanted == actual


# One judge, and one way to show the actual value, for each field


def status_text(status: int | str | None) -> str:
    """A status as suites write it."""
    return CLOSED if status is None else str(status)


def status_agrees(wanted: str, status: int | None) -> bool:
    if wanted == CLOSED or status is None:
        return wanted == CLOSED and status is None
    return str(status) == wanted or (wanted.endswith("xx") and str(status)[0] == wanted[0])


def _status(check: Check, outcome: Outcome, _: ServiceNames) -> bool:
    return status_agrees(str(check.wanted), outcome.status)


def _cause(check: Check, outcome: Outcome, _: ServiceNames) -> bool:
    return check.wanted in (outcome.cause.code, outcome.cause.number)


def _service(check: Check, outcome: Outcome, names: ServiceNames) -> bool:
    if outcome.upstream is None:
        return check.wanted == ""
    return check.wanted in names.all(outcome.upstream)


def _headers(check: Check, outcome: Outcome, _: ServiceNames) -> bool:
    return _any_line(check, outcome.headers)


def _any_line(check: Check, headers: Headers | Sequence[tuple[str, str]]) -> bool:
    lines = values_of(headers, check.name)
    return any(agrees(str(check.wanted), line) for line in lines) if lines else check.wanted == ""


def values_of(headers: Sequence[tuple[str, str]], name: str) -> list[str]:
    return [value for key, value in headers if key.lower() == name.lower()]


def _redirect(check: Check, outcome: Outcome, _: ServiceNames) -> bool:
    return redirect_agrees(str(check.wanted), outcome.status, outcome.headers)


def redirect_agrees(wanted: str, status: int | None, headers: Sequence[tuple[str, str]]) -> bool:
    """A redirect is a 3xx with a Location."""
    actual = redirect_of(status, headers)
    if not wanted:
        return not actual
    code, space, location = wanted.rpartition(" ")
    sent = actual.partition(" ")[2]
    return bool(actual) and (not space or code.strip() == str(status)) and agrees(location, sent)


def redirect_of(status: int | None, headers: Sequence[tuple[str, str]]) -> str:
    lines = values_of(headers, "Location")
    return f"{status} {lines[0]}" if lines and status is not None and 300 <= status <= 399 else ""


def _denied(check: Check, outcome: Outcome, _: ServiceNames) -> bool:
    return check.wanted == is_denied(outcome)


def is_denied(outcome: Outcome) -> bool:
    """Whether the ingress itself keeps the client away; a service's own 403 is the service's word."""
    return outcome.cause.level == "denied" or outcome.cause.code in CLOSING


def _upstream(check: Check, outcome: Outcome, _: ServiceNames) -> bool:
    sent = outcome.upstream
    if sent is None:
        return check.wanted == ""
    if check.field == "upstream.headers":
        return _any_line(check, sent.headers)
    return agrees(str(check.wanted), str(getattr(sent, check.field.removeprefix("upstream."))))


JUDGES: Mapping[str, Callable[[Check, Outcome, ServiceNames], bool]] = {
    "status": _status,
    "cause": _cause,
    "service": _service,
    "headers": _headers,
    "redirect": _redirect,
    "denied": _denied,
    "upstream": _upstream,
}


def shown(check: Check, outcome: Outcome, names: ServiceNames) -> str:
    """The actual value for people: more than --update would write."""
    if check.field == "cause":
        return f"{outcome.cause.number} {outcome.cause.code}"
    if check.field.endswith("headers"):
        return ", ".join(_lines(check, outcome))
    return replacement(check, outcome, names) or ""


def replacement(check: Check, outcome: Outcome, names: ServiceNames) -> str | None:
    """The text that would make the check pass; None where none would."""
    sent = outcome.upstream
    match check.field:
        case "status":
            return status_text(outcome.status)
        case "cause":
            return outcome.cause.number if str(check.wanted).startswith("NX") else outcome.cause.code
        case "service":
            return names.of(sent) if sent else ""
        case "redirect":
            return redirect_of(outcome.status, outcome.headers)
        case "denied":
            return "true" if is_denied(outcome) else "false"
        case "headers" | "upstream.headers":
            lines = _lines(check, outcome)
            return None if len(lines) > 1 else "".join(lines)
    return str(getattr(sent, check.field.removeprefix("upstream."))) if sent else ""


def _lines(check: Check, outcome: Outcome) -> list[str]:
    if check.field == "headers":
        return values_of(outcome.headers, check.name)
    return values_of(outcome.upstream.headers, check.name) if outcome.upstream else []
