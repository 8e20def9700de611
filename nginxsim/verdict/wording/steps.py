"""What is said of a step of the trace."""

from __future__ import annotations

from nginxsim.nginx.events import AddressRuled, Chance
from nginxsim.nginx.steps import Event
from nginxsim.verdict.wording.around import WORDS as OF_HOPS
from nginxsim.verdict.wording.auth import WORDS as OF_AUTH
from nginxsim.verdict.wording.lua import WORDS as OF_LUA
from nginxsim.verdict.wording.nginx import WORDS as OF_NGINX
from nginxsim.verdict.wording.rows import Said, Vocabulary


def said(event: Event) -> Said:
    words = WORDS.get(type(event))
    return words(event) if words else Said("")


def _chance(event: Chance) -> Said:
    return Said(said(event.subject).text, f"chance {event.share:g}")


WORDS: Vocabulary = {**OF_HOPS, **OF_NGINX, **OF_LUA, **OF_AUTH, Chance: _chance}


def client(ruled: AddressRuled) -> str:
    """Whom a rule for addresses is applied to."""
    return ruled.client if ruled.peer == ruled.client else f"{ruled.client} (from the headers of {ruled.peer})"
