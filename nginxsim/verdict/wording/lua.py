"""What is said of the controller's Lua."""

from __future__ import annotations

from nginxsim.lua import events as lua
from nginxsim.verdict.wording.rows import Said, Vocabulary, row


def _https(event: lua.HttpsRedirect) -> Said:
    why = "force-ssl-redirect" if event.forced else "ssl-redirect, and the host has a certificate"
    return Said(f"redirect {event.status} {event.url}", why)


def _auth_server(event: lua.AuthServerAnswered) -> Said:
    text = f"auth server answered {event.status}"
    if event.status == 200:
        return Said(text, "the request goes on")
    if event.status in (401, 403):
        return Said(text, "the auth server's answer is handed on")
    return Said(text, "the auth server answered neither 200, 401 nor 403")


def _pinned(event: lua.Pinned) -> Said:
    return Said(event.service, f"the cookie {event.cookie} pins the client to the {_side(event.canary)}")


def _by_header(event: lua.CanaryByHeader) -> Said:
    against = f" against {event.pattern}" if event.pattern else ""
    return Said(event.service, f"request header {event.header}: {event.value}{against}: {_side(event.taken)}")


def _by_cookie(event: lua.CanaryByCookie) -> Said:
    return Said(event.service, f"cookie {event.cookie}={event.value}: {_side(event.taken)}")


def _share(event: lua.CanaryShare | lua.CanaryDrawn) -> str:
    return f"canary {event.service} takes {event.weight} of {event.total}"


def _drawn(event: lua.CanaryDrawn) -> Said:
    return Said(event.service, f"{_share(event)}; this time {'yes' if event.taken else 'no'}")


def _side(canary: bool) -> str:
    return "canary" if canary else "main backend"


WORDS: Vocabulary = dict(
    (
        row(lua.HttpsRedirect, _https),
        row(lua.AuthServerAnswered, _auth_server),
        row(
            lua.NoEndpoints,
            lambda it: Said(f"no endpoints: {it.service}", "the backend is unknown to the balancer or empty"),
        ),
        row(
            lua.CanaryEmpty,
            lambda it: Said(it.service, "this canary has no endpoints, so the main backend takes everything"),
        ),
        row(lua.Pinned, _pinned),
        row(lua.CanaryByHeader, _by_header),
        row(lua.CanaryByCookie, _by_cookie),
        row(lua.CanaryShare, lambda it: Said(_share(it))),
        row(lua.CanaryDrawn, _drawn),
        row(lua.SessionKept, lambda it: Said(it.peer, f"the cookie {it.cookie} names this endpoint")),
        row(lua.SessionBegun, lambda it: Said(f"Set-Cookie {it.cookie}", f"a new session on backend {it.name}")),
        row(lua.Hashed, lambda it: Said(it.peer, f"upstream-hash-by {it.expression} is {it.key!r}")),
    )
)
