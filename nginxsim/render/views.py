"""Views: the model's servers in the shape that the templates write, each worked out once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from nginxsim.config.controller import Controller
from nginxsim.controller.model import DEFAULT_SERVER, DEFAULT_UPSTREAM, Location, Model, Server
from nginxsim.render.locations import LocationView, Origins, view, wants_regex
from nginxsim.render.marks import ConfigMarks, Marks
from nginxsim.render.provenance import Ledger
from nginxsim.render.servers import (
    ErrorGroup,
    ServerMarks,
    ServerView,
    error_groups,
    mirrors_of,
    names_of,
)
from nginxsim.render.sources import backend_source, denial_sources, ingress_source, path_source, server_source


class Views:
    """Server and location views of one model."""

    def __init__(self, model: Model, controller: Controller, ledger: Ledger, conf: ConfigMarks) -> None:
        self._model = model
        self._controller = controller
        self._settings = controller.settings
        self._ledger = ledger
        self._conf = conf
        self._marks: dict[int, Marks] = {}
        self._views: dict[str, ServerView] = {}

    def of(self, server: Server) -> ServerView:
        """The server, worked out once."""
        known = self._views.get(server.hostname)
        if known is None:
            known = self._views[server.hostname] = self._new_view(server)
        return known

    def _new_view(self, server: Server) -> ServerView:
        return ServerView(
            hostname=server.hostname,
            names=names_of(server, self._controller.release),
            is_default=server.hostname == DEFAULT_SERVER,
            traits=server.traits,
            global_errors=self._global_errors,
            errors=tuple(error_groups(server, self.marks_of)),
            mirrors=tuple(mirrors_of(server, self.marks_of, self._controller.release)),
            locations=tuple(self._locations(server)),
            opens=self._ledger.mark(server_source(server)),
            by=self.marks(server),
        )

    @cached_property
    def _global_errors(self) -> ErrorGroup:
        """The error pages that the ConfigMap asks for on every server."""
        return ErrorGroup(DEFAULT_UPSTREAM, self._settings.custom_http_errors, self._conf["custom-http-errors"])

    def _locations(self, server: Server) -> Iterator[LocationView]:
        # A path that somebody else's annotation makes a regex is marked with that one too.
        regex = {self._regex_mark(location): None for location in server.locations if wants_regex(location)}
        marks = "".join(regex)
        for location in server.locations:
            yield view(
                location,
                server.hostname,
                self._model,
                self._controller,
                regex=bool(regex),
                src=self.marks_of(location),
                origins=self._origins(location, marks),
            )

    def marks(self, server: Server) -> ServerMarks:
        """Marks for what annotations say of the whole server."""
        return ServerMarks(self._ledger, server, self._controller.flags)

    def marks_of(self, location: Location) -> Marks:
        """Marks for what annotations say of a location."""
        parsed = location.annotations
        marks = self._marks.get(id(parsed))
        if marks is None:
            marks = self._marks[id(parsed)] = Marks(self._ledger, parsed, self._settings)
        return marks

    def _regex_mark(self, location: Location) -> str:
        marks = self.marks_of(location)
        return marks["use-regex"] or marks["rewrite-target"]

    def _origins(self, location: Location, regex: str) -> Origins:
        return Origins(
            match=self._ledger.begin(location) + self._ledger.mark(path_source(location)) + regex,
            path=self._ledger.mark(path_source(location)),
            ingress=self._ledger.mark(ingress_source(location.ingress)),
            backend=self._ledger.mark(backend_source(location)),
            denial="".join(map(self._ledger.mark, denial_sources(location))),
        )
