"""Copies of a request, sent beside it.

A mirror works on the request's own variables. It starts before any service has answered the request, and ends whenever
its own service answers: what it stores after that, the request may find or not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from nginxsim.nginx.events import Mirrored
from nginxsim.nginx.exchange import Role

if TYPE_CHECKING:
    from nginxsim.nginx.live_request import LiveRequest

ENDS_FIRST = "the mirror's service answers before the request's own does"


def run_mirrors(request: LiveRequest) -> None:
    """Mirrors get the request's method and arguments; what they answer is dropped."""
    if not request.mirrors:
        return
    children = [request.subrequest(uri, request.args, Role.MIRROR) for uri, _ in request.mirrors]
    for child, (uri, line) in zip(children, request.mirrors, strict=True):
        request.note(Mirrored, line, uri)
        child.method = request.method
        request.run.http.serve(child)
        _contest(request, child)
    request.mirrors = []


def waits(request: LiveRequest) -> None:
    """A mirror waits for its service."""
    if request.vars_before_answer is None:
        request.vars_before_answer = dict(request.vars)


def _contest(request: LiveRequest, child: LiveRequest) -> None:
    before = child.vars_before_answer
    if before is None:
        return
    changed = {name for name, value in child.vars.items() if name not in before or before[name] != value}
    if changed:
        request.vars = _Contested(request.vars, changed, request.assume)


class _Contested(dict[str, "str | None"]):
    """The variables of a request, some of which a mirror changes at any time. Who reads one of these takes for granted
    that it has.
    """

    def __init__(self, known: Mapping[str, str | None], changed: set[str], assume: Callable[[str], None]) -> None:
        super().__init__(known)
        self._changed = changed
        self._assume = assume

    def __contains__(self, name: object) -> bool:
        return super().__contains__(self._read(name))

    def __getitem__(self, name: str) -> str | None:
        return super().__getitem__(self._read(name))

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(self._read(name), default)

    def __setitem__(self, name: str, value: str | None) -> None:
        self._changed.discard(name)
        super().__setitem__(name, value)

    def update(self, values: Mapping[str, str | None]) -> None:  # type: ignore[override]  # all that is asked of it
        self._changed.difference_update(values)
        super().update(values)

    def _read(self, name: Any) -> Any:
        if name in self._changed:
            self._assume(f"{ENDS_FIRST}, and has changed ${name}")
        return name
