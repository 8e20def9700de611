"""Renderer: the controller's model as the text of nginx.conf, a server at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from nginxsim.collector import collector_paused
from nginxsim.config.controller import Controller
from nginxsim.controller.model import Model, Server
from nginxsim.controller.redirects import NameRedirect, www_redirect, www_redirects
from nginxsim.kube.cluster import Cluster
from nginxsim.render.environment import Block
from nginxsim.render.frame import build_frame
from nginxsim.render.hooks import LuaHooks
from nginxsim.render.limits import limits_of, zones_of
from nginxsim.render.listeners import Listeners, listeners
from nginxsim.render.marks import ConfigMarks, FlagMarks
from nginxsim.render.provenance import MARKS, Ledger, Rendered, hoisted
from nginxsim.render.servers import redirect_view
from nginxsim.render.templates import own_templates_of, templates_of
from nginxsim.render.text import header_variable, unfold
from nginxsim.render.views import Views

# Each begins with what a plain search finds: the text is long, and what they look for is rare.
_BLANK_LINES = re.compile(r"\n\n\n++")
_EMPTY_AFTER_BRACE = re.compile(rf"(\{{{MARKS}\n)\n")
_EMPTY_BEFORE_BRACE = re.compile(r"\n\n( *+\})")


class Renderer:
    """Writes nginx.conf. Each server's block is rendered on first use and kept."""

    def __init__(self, model: Model, controller: Controller, cluster: Cluster) -> None:
        self._model = model
        self._controller = controller
        self._cluster = cluster
        self._templates = templates_of(controller)
        self._ledger = Ledger()
        self._conf = ConfigMarks(self._ledger, controller.settings)
        self._views = Views(model, controller, self._ledger, self._conf)
        self._blocks: dict[str, str] = {}
        self._redirects: dict[str, str] = {}

    @collector_paused()
    def whole(self) -> Rendered:
        """The whole file."""
        return self._compose(self._model.servers.values())

    def for_hosts(self, hostnames: Iterable[str]) -> Rendered:
        """What lies outside the servers' blocks, with the blocks of these servers only and what they need."""
        wanted = set(hostnames)
        known = self._model.servers
        chosen = [known[name] for name in wanted if name in known]
        return self._compose(sorted(chosen, key=self._rank))

    def server(self, hostname: str) -> str:
        """One server, by its host or an alias: its redirect to or from www, its auth services' upstreams, its block.

        Of a name that only redirects, the block that does; "" if unknown.
        """
        return self.server_lines(hostname).text

    def server_lines(self, hostname: str) -> Rendered:
        """The same with what made each line."""
        server = self._model.servers.get(hostname) or self._aliased.get(hostname)
        redirect = None if server else self._redirecting.get(hostname)
        blocks = self._blocks_of([server]) if server else [self._redirect(redirect.target)] if redirect else []
        return self._ledger.settle(unfold(hoisted("\n".join(blocks)), depth=1))

    @cached_property
    def _redirecting(self) -> dict[str, NameRedirect]:
        """By the name that only redirects."""
        return {redirect.name: redirect for redirect in www_redirects(self._model)}

    @cached_property
    def _aliased(self) -> dict[str, Server]:
        return {alias: server for server in self._model.servers.values() for alias in server.traits.aliases}

    @cached_property
    def _ranks(self) -> dict[str, int]:
        return {hostname: rank for rank, hostname in enumerate(self._model.servers)}

    def _rank(self, server: Server) -> int:
        return self._ranks[server.hostname]

    @cached_property
    def _shared(self) -> dict[str, object]:
        """What every template may use."""
        controller = self._controller
        settings = controller.settings
        full_chain = settings.use_forwarded_headers and settings.compute_full_forwarded_for
        shared = {
            "cfg": settings,
            "conf": self._conf,
            "flags": controller.flags,
            "given": FlagMarks(self._ledger, controller.flags),
            "release": controller.release,
            "frame": build_frame(self._model, controller, self._cluster, self._ledger),
            "client_address": "$full_x_forwarded_for" if full_chain else "$remote_addr",
            "original_for": header_variable(settings.forwarded_for_header),
            "original_host": header_variable(settings.forwarded_host_header),
        }
        return {**shared, "lua": LuaHooks(controller.release.scripts, own_templates_of(controller.release), shared)}

    def _compose(self, chosen: Iterable[Server]) -> Rendered:
        chosen = list(chosen)
        text = self._templates.render(
            "nginx.conf.j2",
            self._shared,
            limits=limits_of(chosen, self._views.marks_of),
            zones=zones_of(chosen, self._views.marks_of),
            blocks=map(Block, self._blocks_of(chosen)),
        )
        return self._ledger.settle(unfold(hoisted(_tidy(text))))

    def _blocks_of(self, chosen: Sequence[Server]) -> Iterator[str]:
        yield from filter(None, map(self._redirect, chosen))
        yield from self._auth_upstreams(chosen)
        yield from map(self._block, chosen)

    def _redirect(self, server: Server) -> str:
        """The server that redirects to this one, "" for none."""
        text = self._redirects.get(server.hostname)
        if text is None:
            redirect = www_redirect(server, self._model)
            text = self._redirects[server.hostname] = self._redirect_block(redirect) if redirect else ""
        return text

    def _redirect_block(self, redirect: NameRedirect) -> str:
        mark = self._views.marks(redirect.target)["from-to-www-redirect"]
        facts = {
            "redirect": redirect_view(redirect, self._controller.release, mark),
            "listen": self._listeners(redirect.name),
        }
        return self._ledger.around(self._templates.render("redirect.conf.j2", self._shared, **facts), redirect)

    def _auth_upstreams(self, chosen: Iterable[Server]) -> Iterator[str]:
        for server in chosen:
            if any(location.annotations.external_auth.keepalive_connections for location in server.locations):
                found = self._views.of(server)
                for location in found.locations:
                    if location.auth.by_lua:
                        yield self._templates.render("auth_upstream.conf.j2", self._shared, server=found, loc=location)

    def _block(self, server: Server) -> str:
        block = self._blocks.get(server.hostname)
        if block is None:
            facts = {"server": self._views.of(server), "listen": self._listeners(server.hostname)}
            text = self._templates.render("server.conf.j2", self._shared, **facts)
            block = self._blocks[server.hostname] = self._ledger.around(_tidy(text), server)
        return block

    def _listeners(self, hostname: str) -> Listeners:
        return listeners(hostname, self._controller)


def _tidy(text: str) -> str:
    """No two empty lines in a row, and none next to a brace."""
    text = _EMPTY_AFTER_BRACE.sub(r"\1", _BLANK_LINES.sub("\n\n", text))
    return _EMPTY_BEFORE_BRACE.sub(r"\n\1", text)
