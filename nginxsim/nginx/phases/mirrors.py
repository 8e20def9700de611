"""Copies of a request, sent beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nginxsim.nginx.events import Mirrored
from nginxsim.nginx.exchange import Role

if TYPE_CHECKING:
    from nginxsim.nginx.live_request import LiveRequest


def run_mirrors(request: LiveRequest) -> None:
    """Mirrors get the request's method and arguments; what they answer is dropped."""
    if not request.mirrors:
        return
    children = [request.subrequest(uri, request.args, Role.MIRROR) for uri, _ in request.mirrors]
    for child, (uri, line) in zip(children, request.mirrors, strict=True):
        request.note(Mirrored, line, uri)
        child.method = request.method
        request.run.http.serve(child)
    request.mirrors = []
