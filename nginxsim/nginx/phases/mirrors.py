"""Copies of a request, sent beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nginxsim.nginx.context import Context


def run_mirrors(request: Context) -> None:
    """Mirrors get the request's method and arguments; what they answer is dropped."""
    if not request.mirrors:
        return
    for uri, line in request.mirrors:
        request.note("proxy", f"mirror {uri}", "a copy of the request", line)
        child = request.subrequest(uri, request.args, "mirror")
        child.method = request.method
        request.run.http.serve(child)
    request.mirrors = []
