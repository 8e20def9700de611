"""from-to-www-redirect: the further server names that only send visitors to the host that asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nginxsim.controller.model import Model, Server

WWW = "www."


@dataclass(frozen=True, slots=True)
class NameRedirect:
    """A server name whose visitors are all sent to the host of another server."""

    name: str
    target: Server


def www_redirects(model: Model) -> Iterator[NameRedirect]:
    """Of all servers, in their order."""
    # ingress-nginx 1.15.1: pkg/util/ingress/ingress.go, BuildRedirects
    return filter(None, (www_redirect(server, model) for server in model.servers.values()))


def www_redirect(server: Server, model: Model) -> NameRedirect | None:
    """To this server; None unless it asks for one, and where the name has a server of its own."""
    name = www_name(server.hostname)
    if not server.traits.redirect_from_to_www or name in model.servers:
        return None
    return NameRedirect(name, server)


def www_name(hostname: str) -> str:
    """The host with "www." taken away, or put in front."""
    return hostname.removeprefix(WWW) if hostname.startswith(WWW) else WWW + hostname
