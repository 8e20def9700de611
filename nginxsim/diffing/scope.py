"""Which hosts may behave otherwise: those of which server block, backends, certificate or files differ.

All of them, if what lies around the server blocks differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nginxsim.controller.model import DEFAULT_UPSTREAM, Server
from nginxsim.controller.payload import payload
from nginxsim.controller.redirects import www_redirect
from nginxsim.errors import InputError
from nginxsim.nginx.tree import Directive, parse_conf
from nginxsim.verdict.lua_config import lua_config

if TYPE_CHECKING:
    from nginxsim.render import Rendered
    from nginxsim.simulation import Simulation

QUIET = (
    "access_log", "client_body_temp_path", "error_log", "fastcgi_temp_path", "log_format", "lua_shared_dict",
    "map_hash_bucket_size", "proxy_headers_hash_bucket_size", "proxy_headers_hash_max_size", "proxy_temp_path",
    "server_names_hash_bucket_size", "server_names_hash_max_size", "variables_hash_bucket_size",
    "variables_hash_max_size",
)  # fmt: skip
"""Directives of the http level that change no answer."""


class Estate:
    """What decides the fast path, worked out once for a side."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.servers = simulation.model.servers

    @cached_property
    def backends(self) -> dict[str, dict[str, Any]]:
        """As posted, by name; of two with one name the later counts."""
        return {backend["name"]: backend for backend in payload(self.simulation.model)}

    @cached_property
    def services(self) -> dict[str, str]:
        """What people call a backend: "default/shop:80"."""
        named = {DEFAULT_UPSTREAM: "the default backend"}
        for backend in self.simulation.model.backends.values():
            if backend.service is not None and backend.name != DEFAULT_UPSTREAM:
                named[backend.name] = f"{backend.service.meta.key}:{backend.port}"
        return named

    @cached_property
    def choices(self) -> dict[str, dict[str, Any]]:
        """The backends with as much of their endpoints as decides what a request gets: whether there are any."""
        return {name: _without_addresses(backend) for name, backend in self.backends.items()}

    @cached_property
    def around(self) -> Rendered:
        """What every server block stands in."""
        return self.simulation.renderer.for_hosts(())

    @cached_property
    def fault(self) -> InputError | None:
        """Why no server of the conf can be read, whichever it is."""
        text = self.around.text
        try:
            parse_conf(text)
        except InputError as error:
            return error
        return None

    @cached_property
    def frame(self) -> tuple[object, ...]:
        """What is around the server blocks, as far as it changes answers."""
        flags = self.simulation.controller.flags
        told = lua_config(self.simulation.controller)
        http = None if self.fault else parse_conf(self.around.text).first("http")
        children = [child for child in (http.block if http else None) or () if child.name not in QUIET]
        return told, flags.http_port, flags.https_port, *map(_bare, children)

    def block(self, hostname: str) -> tuple[object, ...]:
        """The server's text, and the limits whose zones stand outside of it."""
        locations = self.servers[hostname].locations
        return (self.simulation.nginx_conf(hostname), *(location.annotations.rate_limit for location in locations))

    def certificate(self, host: str) -> str:
        """Name of the Secret whose certificate an https client of that host is shown; "" for the default one."""
        shown = self.simulation.shown_certificates.to(host).certificate
        return "" if shown.is_fake else f"{shown.namespace}/{shown.name}"

    def names(self, hostname: str) -> Iterator[str]:
        """What its server answers to, and the name that only redirects to it."""
        server = self.servers.get(hostname)
        yield hostname
        yield from server.traits.aliases if server else ()
        yield self.redirecting(hostname)

    def redirecting(self, hostname: str) -> str:
        """The name that only redirects to this host, "" for none."""
        server = self.servers.get(hostname)
        redirect = www_redirect(server, self.simulation.model) if server else None
        return redirect.name if redirect else ""


def _without_addresses(backend: dict[str, Any]) -> dict[str, Any]:
    service = (backend.get("service") or {}).get("spec") or {}
    endpoints = backend.get("endpoints") or []
    # A name decides whether there is a peer at all; an address is as good as another.
    counted = endpoints if service.get("type") == "ExternalName" else bool(endpoints)
    return {**backend, "endpoints": counted, "service": service.get("type")}


def _bare(directive: Directive) -> tuple[object, ...]:
    """A directive without its line."""
    return directive.name, directive.args, tuple(map(_bare, directive.block or ()))


def differing_hosts(old: Estate, new: Estate) -> list[str]:
    """Hostnames of the model whose requests may end otherwise, sorted."""
    hostnames = sorted({*old.servers, *new.servers})
    if old.frame != new.frame:
        return hostnames
    changed = _Changed(old, new)
    return [hostname for hostname in hostnames if changed.touches(hostname)]


class _Changed:
    """The shared things that differ."""

    def __init__(self, old: Estate, new: Estate) -> None:
        self.estates = (old, new)
        names = {*old.choices, *new.choices}
        self.backends = {name for name in names if old.choices.get(name) != new.choices.get(name)}
        files = (old.simulation.files, new.simulation.files)
        self.files = {path for path in {*files[0], *files[1]} if files[0].get(path) != files[1].get(path)}

    def touches(self, hostname: str) -> bool:
        old, new = self.estates
        if (hostname in old.servers) is not (hostname in new.servers):
            return True
        block = old.block(hostname)
        if block != new.block(hostname) or old.certificate(hostname) != new.certificate(hostname):
            return True
        if not self.backends and not self.files:
            return False
        return any(self._uses(estate, estate.servers[hostname]) for estate in self.estates) or any(
            path in str(block[0]) for path in self.files
        )

    def _uses(self, estate: Estate, server: Server) -> bool:
        return not self.backends.isdisjoint(_used(estate, server))


def _used(estate: Estate, server: Server) -> Iterator[str]:
    for location in server.locations:
        names = [location.backend]
        if location.annotations.custom_http_errors:
            names.append(location.default_backend_upstream)
        for name in names:
            yield name
            yield from estate.backends.get(name, {}).get("alternativeBackends") or ()
