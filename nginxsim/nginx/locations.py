"""Which location a URI falls into.

nginx 1.27.1: src/http/ngx_http_core_module.c, ngx_http_core_find_location
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from nginxsim.nginx.regex import Regex

if TYPE_CHECKING:
    from nginxsim.nginx.conf import LocationConf
    from nginxsim.nginx.live_request import LiveRequest


class LocationRule(StrEnum):
    """How a location was found; SLASH: its name is the URI with a slash behind it."""

    EXACT = "exact"
    SLASH = "slash"
    LONGEST = "longest prefix"
    EXPRESSION = "expression"
    NONE = "none"


class LocationMatch(NamedTuple):
    """expression: the one that fits, with its `~` or `~*`."""

    rule: LocationRule
    expression: str = ""


FOUND = LocationMatch(LocationRule.EXACT)
SLASH = LocationMatch(LocationRule.SLASH)
LONGEST = LocationMatch(LocationRule.LONGEST)
NONE = LocationMatch(LocationRule.NONE)


class Locations:
    """The locations of one level, ready to be searched. Prefixes are looked up by their lengths, longest first."""

    __slots__ = ("_exact", "_lengths", "_prefixes", "_redirects", "_regexes", "named")

    def __init__(self) -> None:
        self._exact: dict[str, LocationConf] = {}
        self._prefixes: dict[str, LocationConf] = {}
        self._lengths: tuple[int, ...] = ()
        self._redirects: dict[str, LocationConf] = {}
        self._regexes: list[tuple[Regex, LocationConf, LocationMatch]] = []
        self.named: dict[str, LocationConf] = {}

    def add(self, conf: LocationConf) -> None:
        if conf.kind == "@":
            self.named.setdefault(conf.name, conf)
        elif conf.regex is not None:
            match = LocationMatch(LocationRule.EXPRESSION, f"{conf.kind} {conf.regex.text}")
            self._regexes.append((conf.regex, conf, match))
        else:
            (self._exact if conf.kind == "=" else self._prefixes).setdefault(conf.name, conf)
            if conf.auto_redirect:
                self._redirects.setdefault(conf.name[:-1], conf)
            if conf.kind != "=" and (length := len(conf.name)) not in self._lengths:
                self._lengths = tuple(sorted((*self._lengths, length), reverse=True))

    def find(self, request: LiveRequest) -> tuple[LocationConf | None, LocationMatch]:
        """The location and how it was found; (None, NONE) for no match.

        SLASH asks for a redirect to the location's name. Raises MatchLimitError.
        """
        conf, how = self._static(request.uri)
        stops = conf is not None and conf.kind == "^~"
        if conf is not None and how is LONGEST and conf.nested is not None:
            inner, inner_how = conf.nested.find(request)
            if inner is not None:
                if inner_how is not LONGEST:
                    return inner, inner_how
                conf = inner
        if stops or how is FOUND or how is SLASH:
            return conf, how
        for regex, candidate, match in self._regexes:
            if regex.matches(request, request.uri):
                return self._inside(candidate, request, match)
        return conf, how

    def _inside(
        self, conf: LocationConf, request: LiveRequest, how: LocationMatch
    ) -> tuple[LocationConf, LocationMatch]:
        """A matched expression ends the search on its level; a location nested in it may still be closer."""
        if conf.nested is None:
            return conf, how
        inner, inner_how = conf.nested.find(request)
        return (conf, how) if inner is None else (inner, how if inner_how is SLASH else inner_how)

    def _static(self, uri: str) -> tuple[LocationConf | None, LocationMatch]:
        conf = self._exact.get(uri)
        if conf is not None:
            return conf, FOUND
        conf = self._prefixes.get(uri)
        if conf is not None:
            return conf, LONGEST
        conf = self._redirects.get(uri)
        if conf is not None:
            return conf, SLASH
        size = len(uri)
        for length in self._lengths:
            if length < size:
                conf = self._prefixes.get(uri[:length])
                if conf is not None:
                    return conf, LONGEST
        return None, NONE
