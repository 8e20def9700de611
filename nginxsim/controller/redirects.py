"""from-to-www-redirect: the further server names that only send visitors to the host that asked for it."""

from __future__ import annotations

from collections.abc import Iterator

from nginxsim.controller.model import Model, Server

WWW = "www."


def www_redirects(model: Model) -> Iterator[tuple[str, Server]]:
    """Each name that redirects, with the server it redirects to; a name with a server of its own does not."""
    # ingress-nginx 1.15.1: pkg/util/ingress/ingress.go, BuildRedirects
    for server in model.servers.values():
        name = www_name(server.hostname)
        if server.redirect_from_to_www and name not in model.servers:
            yield name, server


def www_name(hostname: str) -> str:
    """The host with "www." taken away, or put in front."""
    return hostname.removeprefix(WWW) if hostname.startswith(WWW) else WWW + hostname
