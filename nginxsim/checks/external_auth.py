"""Authentication by subrequest that lets in too many, or nobody ever."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from nginxsim.checks.estate import Estate, at, finding
from nginxsim.config.external_auth import ExternalAuth
from nginxsim.controller.model import DEFAULT_SERVER, Location
from nginxsim.kube.objects import Ingress
from nginxsim.nginx.exchange import Request
from nginxsim.origins import Origin
from nginxsim.verdict.claims import covers
from nginxsim.verdict.sign_in import sign_in_loop
from nginxsim.verdict.types import Evidence, Finding

VARIABLE = re.compile(r"\$\{?(\w+)")
COOKIES = re.compile(r"http_cookie|cookie_\w+")
SHARED = frozenset({
    "host", "http_host", "server_name", "scheme", "server_port", "uri", "document_uri", "request_uri", "request_method",
    "request", "args", "query_string", "is_args", "request_filename", "http_user_agent", "http_accept", "http_origin",
    "http_referer", "remote_user", "proxy_upstream_name", "namespace", "ingress_name", "service_name", "service_port",
    "location_path", "http_x_forwarded_host", "http_x_forwarded_proto", "best_http_host", "pass_access_scheme",
})  # fmt: skip
"""Variables that tell no user from another. $remote_user is a name that anybody may give, the password is not in it."""
SIGNED_IN_BY = frozenset({"http_authorization", *SHARED})
"""What says nothing of a browser that signed in: its session is a cookie."""


def sign_in_guarded(estate: Estate) -> Iterator[Finding]:
    """auth-signin that leads to a path which asks for signing in itself."""
    known: dict[str, str] = {}
    for ingress, parsed in estate.plain():
        auth = _auth_of(estate, parsed.external_auth, is_global=parsed.enable_global_auth)
        if not auth.url or not auth.signin_url or parsed.denied:
            continue
        for host, location in estate.locations.get(ingress.meta.key, ()):
            target = auth.signin_url.replace("$host", host).replace("$http_host", host)
            if target not in known:
                known[target] = _loop_from(estate, host, location, target)
            if known[target]:
                yield _loop(estate, ingress, host, known[target])
                break


def _loop(estate: Estate, ingress: Ingress, host: str, page: str) -> Finding:
    """Worth a notice only, where nobody asks for the page's path: its Ingress may be outside of the input."""
    place = _place(estate, ingress, "auth-signin")
    found = finding("sign-in-loop", *place, meta=ingress.meta, host=host, page=page)
    parts = urlsplit(page)
    if parts.hostname != host or _is_claimed(estate, host, parts.path):
        return found
    message = f"{found.message}, unless an Ingress outside of the input serves it"
    return replace(found, level="notice", message=message)


def _is_claimed(estate: Estate, host: str, path: str) -> bool:
    """Whether a rule names more of the path than the root."""
    server = estate.model.servers.get(host)
    claims = (each.ingress_path for each in server.locations if each.spec_path) if server else ()
    return any(claim.rstrip("/") and covers(claim, path) for claim in claims)


def _loop_from(estate: Estate, host: str, location: Location, target: str) -> str:
    """The page that asks for itself, "" for none; asked only where it is a host of the estate."""
    wanted = urlsplit(target).hostname or ""
    unnamed = host == DEFAULT_SERVER or host.startswith(("*", "~"))
    if unnamed or estate.simulation.hosts.candidates(wanted) == {DEFAULT_SERVER}:
        return ""
    path = location.path if location.path.startswith("/") else "/"
    return sign_in_loop(estate.simulation, Request(host=host, path=path, scheme="https"))


def _auth_of(estate: Estate, own: ExternalAuth, *, is_global: bool) -> ExternalAuth:
    """The annotations', else the ConfigMap's where it counts."""
    everywhere = estate.settings.global_external_auth
    return own if own.url or not is_global else everywhere


def _place(estate: Estate, ingress: Ingress, name: str) -> tuple[Evidence, ...]:
    """The annotation, else the key of the ConfigMap that stands for it."""
    key: Origin | None = estate.settings.source(f"global-{name}").origin
    return estate.mark(ingress, name) or at(key)


def shared_cache(estate: Estate) -> Iterator[Finding]:
    """Answers of the auth server that are kept under a key which is the same for several users."""
    for ingress, parsed in estate.plain():
        auth = _auth_of(estate, parsed.external_auth, is_global=parsed.enable_global_auth)
        if auth.url and auth.cache_key and not parsed.denied and (lacks := _lacking(auth)):
            place = _place(estate, ingress, "auth-cache-key")
            beside = estate.mark(ingress, "auth-signin", note="signs browsers in, which send cookies")
            yield finding("auth-cache-shared", *place, *beside, meta=ingress.meta, key=auth.cache_key, lacks=lacks)


def _lacking(auth: ExternalAuth) -> str:
    """What the key should have for users to be told apart; "" where it does."""
    names = set(VARIABLE.findall(auth.cache_key))
    if auth.signin_url and names <= SIGNED_IN_BY:
        return "the session cookie"
    return "what tells users apart" if names <= SHARED else ""
