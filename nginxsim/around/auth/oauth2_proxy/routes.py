"""The paths that need no session, and those that answer programs.

oauth2-proxy 7.15.3: oauthproxy.go (buildRoutesAllowlist, isAllowedRoute, isAPIPath), pkg/requests/util/util.go
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from nginxsim.around.auth.oauth2_proxy.addresses import trusts
from nginxsim.around.auth.oauth2_proxy.replies import Asked
from nginxsim.around.auth.oauth2_proxy.settings import Setting, Settings
from nginxsim.around.auth.oauth2_proxy.validation import split_route
from nginxsim.around.auth.oauth2_proxy.versions import Fact, Version
from nginxsim.golang.patterns import Pattern, compile_pattern

FORWARDED_URI = "X-Forwarded-Uri"
_AMBIGUOUS = re.compile(r"//|/\.{1,2}(?:/|\Z)|[;\\]|%(?:2[ef]|5c|3b)", re.IGNORECASE)
"""What services read in different ways: empty and dotted segments, path parameters, encoded separators."""


@dataclass(frozen=True, slots=True)
class Route:
    """One entry of skip-auth-route or skip-auth-regex; written: as it stands there."""

    setting: Setting
    written: str
    method: str
    pattern: Pattern
    negated: bool

    def matches(self, method: str, path: str) -> bool:
        return self.method in ("", method) and self.pattern.search(path) is not self.negated


class Routes:
    """What is compared with what."""

    def __init__(self, settings: Settings, version: Version) -> None:
        self._settings, self._version = settings, version

    @cached_property
    def exempt(self) -> tuple[Route, ...]:
        return tuple(self._routes())

    def _routes(self) -> Iterator[Route]:
        old, new = self._settings["skip-auth-regex"], self._settings["skip-auth-route"]
        for written in old.values:
            yield Route(old, written, "", compile_pattern(written), negated=False)
        for written in new.values:
            method, pattern, negated = split_route(written, may_negate=self._version.has(Fact.NEGATED_ROUTES))
            yield Route(new, written, method, compile_pattern(pattern), negated)

    @cached_property
    def _api(self) -> tuple[Pattern, ...]:
        return tuple(map(compile_pattern, self._settings.list("api-route")))

    def seen(self, asked: Asked) -> str:
        """The path that exemptions are compared with."""
        version = self._version
        if not version.has(Fact.FORWARDED_URI):
            return asked.path
        uri = self._forwarded(asked) or asked.uri
        return uri.partition("#")[0].partition("?")[0] if version.has(Fact.ROUTE_PATH_ONLY) else uri

    def _forwarded(self, asked: Asked) -> str:
        return asked.header(FORWARDED_URI) if trusts(asked.peer, self._settings) else ""

    def match(self, asked: Asked) -> Route | None:
        if not self.exempt:
            return None
        path = self.seen(asked)
        if self._version.has(Fact.UNAMBIGUOUS_ROUTES) and (not path.startswith("/") or _AMBIGUOUS.search(path)):
            return None
        return next((route for route in self.exempt if route.matches(asked.method, path)), None)

    def is_api(self, asked: Asked) -> bool:
        uri = self._forwarded(asked) or asked.uri
        return any(pattern.search(uri) for pattern in self._api)
