"""The blocks that snippets were written into, read back from the conf."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nginxsim.config.settings import Settings
from nginxsim.controller.model import Location, Server
from nginxsim.errors import InputError
from nginxsim.nginx.tree import Directive, parse_conf
from nginxsim.origins import Source
from nginxsim.verdict.provenance import Provenance

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation

AT_ONCE = 250
"""Servers whose blocks are read in one piece."""


@dataclass(frozen=True, slots=True)
class Written:
    """Some server blocks with what lies around them, and where each line of them comes from."""

    http: Directive
    provenance: Provenance

    def servers(self) -> Iterator[tuple[Directive, Server]]:
        for block in self.http.all("server"):
            if server := self.provenance.server_at(block.line):
                yield block, server

    def snippet_of(self, directive: Directive, names: Sequence[str]) -> Source | None:
        """The snippet that the directive stands in, if it is one of these."""
        return next((each for each in self.provenance.own(directive.line) if each.name in names), None)


def written(simulation: Simulation) -> Iterator[Written]:
    """The hosts that have snippets, in pieces; one that cannot be read is left to whoever says what nginx refuses."""
    hosts = _hosts(simulation)
    for start in range(0, len(hosts), AT_ONCE):
        rendered = simulation.renderer.for_hosts(hosts[start : start + AT_ONCE])
        with suppress(InputError):
            tree = parse_conf(rendered.text)
            provenance = Provenance(tree, rendered.sources, rendered.sites)
            yield Written(tree.first("http") or tree, provenance)


def _hosts(simulation: Simulation) -> list[str]:
    """Hosts with snippets of their own; of those that the ConfigMap alone writes into, some stand for all."""
    servers = simulation.model.servers.values()
    own = [server.hostname for server in servers if server.traits.snippet or any(map(_has_snippet, server.locations))]
    everywhere = list(simulation.model.servers)[:AT_ONCE] if _writes_everywhere(simulation.controller.settings) else []
    return list(dict.fromkeys((*everywhere, *own)))


def _writes_everywhere(settings: Settings) -> bool:
    texts = (settings.server_snippet, settings.location_snippet, settings.http_snippet, settings.proxy_set_headers)
    return any(texts) or bool(settings.global_external_auth.snippet or settings.global_external_auth.proxy_set_headers)


def _has_snippet(location: Location) -> bool:
    annotations, auth = location.annotations, location.annotations.external_auth
    return bool(annotations.configuration_snippet or auth.snippet or auth.proxy_set_headers)
