"""What is said of what stands before nginx."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nginxsim.around.caching import Kept, Why
from nginxsim.around.events import ClientTaken, HeaderWritten, HopPassed
from nginxsim.verdict.wording.rows import Said, Vocabulary, row


def _hop(event: HopPassed) -> Said:
    return Said(event.hop, "; ".join(_done(event)) or "hands it on as it came")


def _done(event: HopPassed) -> Iterator[str]:
    if event.ends_tls:
        yield "ends TLS and speaks plain http"
    if event.connects_from:
        yield f"connects from {event.connects_from}"
    if event.proxied:
        yield f"PROXY line: {event.proxied}"


def _client(event: ClientTaken) -> Said:
    by = {"": "by the connection", "proxy_protocol": "by the PROXY line"}.get(event.by, f"by {event.by}")
    return Said("nginx", f"takes {event.taken} for the client, {by}{_mended(event)}")


def _mended(event: ClientTaken) -> str:
    if event.taken == event.real:
        return ""
    if event.mended_by:
        return f"; with {settings_words(dict(event.mended_by))} in the ConfigMap it would be {event.real}"
    hop, told = event.lost_at
    return f"; {hop} hands on no name of {event.real}{told and f': {told}'}" if hop else ""


SHOWN = 3
"""Networks of a list."""

WORDS: Vocabulary = dict(
    (
        row(HopPassed, _hop),
        row(HeaderWritten, lambda it: Said(it.name, it.value or "taken away")),
        row(ClientTaken, _client),
    )
)


WHY_NOT: Mapping[Why, str] = {
    Why.METHOD: "of its method",
    Why.STATUS: "of its status",
    Why.NOT_STATIC: "it is no static content and does not say for how long",
    Why.NO_WORD: "it does not say for how long",
    Why.FORBIDDEN: "Cache-Control forbids it",
    Why.COOKIE: "it sets a cookie",
    Why.VARY: "it varies by a header",
    Why.AUTHORIZED: "the request has an Authorization header",
}


def kept_words(kept: Kept) -> str:
    """What a cache does with an answer."""
    shown = f"; {kept.shown_by} shows which it was" if kept.stale or kept.kept else ""
    shown += "; the service is taken to send no Cache-Control and no Content-Type" if kept.is_played else ""
    later = f"for {kept.stale:,} s after it has expired"
    if not kept.kept:
        old = f"; an earlier copy may be served instead {later}" if kept.stale else ""
        return f"{kept.title} does not keep it, because {WHY_NOT[kept.why]}{old}{shown}"
    old = f", and may serve it {later}, while nginx errs or is away" if kept.stale else ""
    return f"{kept.title} keeps it for {kept.fresh:,} s{old}{shown}"


def settings_words(settings: Mapping[str, Any], *, whole: bool = False) -> str:
    """Keys of a ConfigMap as a person writes them. whole: long lists of networks too."""
    return ", ".join(f'{name.replace("_", "-")}: "{_written(value, whole)}"' for name, value in settings.items())


def _written(value: object, whole: bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, tuple):
        return str(value)
    if whole or len(value) <= SHOWN:
        return ", ".join(value)
    return f"{value[0]}, ... ({len(value)} networks, see docs/hops.md)"
