"""Which lines of the conf, and through them of the manifests, had a part in the requests played."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypeAlias

from nginxsim.nginx.tree import Directive
from nginxsim.origins import Source
from nginxsim.verdict import Outcome
from nginxsim.verdict.routing import Routing

Key: TypeAlias = tuple[str, str]
"""(owner, "file:line:column") of a place in a manifest, or one of the kinds below with a name."""

REQUEST: Key = ("request", "")
"""Counts every request."""
INGRESS = "ingress"
"""Kind: requests that reached a location of "Ingress ns/name"."""
BACKEND = "backend"
"""Kind: requests that the controller's backend of that name answered."""


class Touched:
    """Counts for one compiled router. A directive is exercised when a request goes through the block it stands in."""

    def __init__(self, routing: Routing) -> None:
        self._routing = routing
        self._lines: Counter[int] = Counter()
        self._others: Counter[Key] = Counter()

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """One request with all its outcomes."""
        self._others[REQUEST] += 1
        lines: set[int] = set()
        for outcome in outcomes:
            lines.update(step.line for step in outcome.trace if step.line)
            if outcome.upstream is not None:
                self._others[BACKEND, outcome.upstream.service] += 1
        self._lines.update(lines)

    def counts(self) -> Counter[Key]:
        """Requests by place. Every place that made a line of a server block is there, with 0 where no request came."""
        found: Counter[Key] = Counter(self._others)
        requests = self._others[REQUEST]
        for directive in self._routing.tree.block or ():
            self._count(directive, requests, found, inside=False)
        return found

    def _count(self, directive: Directive, requests: int, found: Counter[Key], *, inside: bool) -> None:
        """`requests` went through the block around; `inside` a server, where annotations are in effect."""
        if directive.block is not None and directive.name in ("server", "location"):
            requests, inside = self._lines[directive.line], True
        for source in self._routing.provenance.own(directive.line):
            if inside or source.kind == "configmap":
                _add(found, source, requests)
                if directive.name == "location" and source.owner:
                    found[INGRESS, source.owner] += requests
        for child in directive.block or ():
            self._count(child, requests, found, inside=inside)


def _add(found: Counter[Key], source: Source, requests: int) -> None:
    if source.origin:
        key = (source.owner, str(source.origin))
        found[key] = max(found[key], requests)


def ingress_key(owner: str) -> Key:
    return INGRESS, owner


def backend_key(name: str) -> Key:
    return BACKEND, name
