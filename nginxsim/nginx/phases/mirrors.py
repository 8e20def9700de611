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
    for uri, line in request.mirrors:
        request.note(Mirrored, line, uri)
        child = request.subrequest(uri, request.args, Role.MIRROR)
        child.method = request.method
        request.run.http.serve(child)
    request.mirrors = []
