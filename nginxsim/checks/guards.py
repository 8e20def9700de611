"""The paths that an oauth2-proxy of the input guards, and what it would answer there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from nginxsim.around.auth.deployed import Deployed
from nginxsim.around.auth.oauth2_proxy.replies import Asked, Reply
from nginxsim.around.auth.servers import AuthServers
from nginxsim.checks.estate import Estate, at
from nginxsim.config.external_auth import ExternalAuth
from nginxsim.controller.model import Location
from nginxsim.kube.objects import Ingress
from nginxsim.verdict.claims import covers
from nginxsim.verdict.types import Evidence

PORTS = {"http": "80", "https": "443"}
STRANGER = "192.0.2.1"
"""An address that is nobody's (RFC 5737)."""
HOSTS = ("$host", "$http_host", "$best_http_host", "$server_name")
OWN_HEADERS = frozenset({"x-real-ip", "x-forwarded-for", "x-forwarded-proto", "x-original-url", "x-original-method"})
"""What nginx sets in the request to an auth server, whatever the client sent."""


@dataclass(frozen=True)
class Guard:
    """One location whose requests an oauth2-proxy is asked about. path: of the auth server, query included."""

    ingress: Ingress
    auth: ExternalAuth
    host: str
    location: Location
    runs: Deployed
    path: str
    peer: str
    known_place: bool
    """Its auth-url stands in the Ingress, not in the ConfigMap."""

    def reply(self, client: str = STRANGER, header: str = "") -> Reply:
        """What it answers to nginx about a client at this address that has not signed in, and sends it in a header."""
        lines = [("X-Real-IP", client), ("X-Forwarded-For", client), *([(header, client)] if header else [])]
        return self.runs.proxy.reply(Asked(self.auth.method or "GET", self.path, self.auth.host, lines, self.peer))

    def sets(self, header: str) -> bool:
        """Whether the Ingress sets a header of the request to the auth server, so that the client's own is lost."""
        lowered = header.lower()
        written = f"{self.auth.snippet}\n".lower()
        by_snippet = any(
            line.split()[:2] == ["proxy_set_header", lowered]
            for part in written.split("\n")
            for line in part.split(";")
        )
        return by_snippet or lowered in {name.lower() for name in self.auth.proxy_set_headers}


def guards(estate: Estate) -> Iterator[Guard]:
    """Each of them, in the order of the Ingresses."""
    servers = estate.simulation.auth_servers
    for ingress, parsed in estate.plain():
        own = parsed.external_auth
        everywhere = estate.settings.global_external_auth
        auth = own if own.url or not parsed.enable_global_auth else everywhere
        if not auth.url or parsed.denied:
            continue
        for host, location in estate.locations.get(ingress.meta.key, ()):
            url = _with_host(auth.url, host)
            if "$" not in url and (runs := _behind(estate, servers, url)):
                parts = urlsplit(url)
                path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                yield Guard(ingress, auth, host, location, runs, path, servers.peer[0], bool(own.url))


def _with_host(url: str, host: str) -> str:
    for variable in HOSTS:
        url = url.replace(variable, host)
    return url.replace("$scheme", "https")


def _behind(estate: Estate, servers: AuthServers, url: str) -> Deployed | None:
    parts = urlsplit(url)
    address = f"{parts.hostname}:{parts.port or PORTS.get(parts.scheme, '80')}"
    place = servers.of_address(address, parts.path or "/")
    if not place.leads_back:
        return place.deployed
    server = estate.model.servers.get(parts.hostname or "")
    locations = server.locations if server else ()
    claims = [each for each in locations if each.spec_path and covers(each.ingress_path, parts.path)]
    nearest = max(claims, key=lambda each: len(each.ingress_path), default=None)
    return servers.of_backend(nearest.backend) if nearest else None


def asked_by(estate: Estate, guard: Guard, note: str = "asks oauth2-proxy") -> tuple[Evidence, ...]:
    """The auth-url of a guard."""
    key = estate.settings.source("global-auth-url").origin
    return estate.mark(guard.ingress, "auth-url", note=note) or at(key, note=note)


def told(guard: Guard, name: str, value: str = "", note: str = "") -> tuple[Evidence, ...]:
    """Where oauth2-proxy is told an option, or one value of it."""
    setting = guard.runs.proxy.settings[name]
    return at(setting.place_of(value) if value else setting.origin, note=note)
