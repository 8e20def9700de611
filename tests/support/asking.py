"""Questions written as data: a request, and what the services and the auth server answer to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nginxsim import Answer, Simulation, UpstreamRequest, Verdict
from nginxsim.lua.sticky import backend_key
from nginxsim.url import request_for


def answer_of(written: Any) -> Answer:
    """A status, or one with headers; a header that is a number has so many characters."""
    if not isinstance(written, Mapping):
        return Answer(written or 200)
    headers = written.get("headers", {}).items()
    return Answer(written["status"], [(name, "t" * text if isinstance(text, int) else text) for name, text in headers])


def session_of(ask: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The session cookie that a client has which came to this backend before."""
    wanted = ask.get("session")
    return [("Cookie", f"INGRESSCOOKIE=1.2.3|{backend_key(wanted)}")] if wanted else []


def asked(estate: Simulation, ask: Mapping[str, Any]) -> Verdict:
    """ask: url, method, headers, client, body (bytes), place (of equal requests at once), session (a backend's
    name), proxy (whether a PROXY line comes first), version (of HTTP);
    what the services and the auth server answer: service, auth (as the input says where it is left out);
    speaks: the only protocol that the service understands; as: who asks.
    """
    request = request_for(
        ask["url"],
        method=ask.get("method", "GET"),
        headers=[*ask.get("headers", {}).items(), *session_of(ask)],
        client=ask.get("client", "127.0.0.1"),
        body_bytes=ask.get("body", 0),
    )

    def answer(sent: UpstreamRequest) -> Answer | None:
        if sent.role == "auth" and "auth" not in ask:
            return None
        if ask.get("speaks", sent.protocol) != sent.protocol:
            return Answer.failure("protocol")
        return answer_of(ask.get("auth" if sent.role == "auth" else "service"))

    request = replace(
        request,
        place=ask.get("place", 1),
        proxy_protocol=ask.get("proxy"),
        http_version=ask.get("version", request.http_version),
        as_=ask.get("as", "anonymous"),
    )
    return estate.route(request, answer)
