"""The type that the phases are chained by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from nginxsim.nginx.live_request import LiveRequest


class State(Protocol):
    """Works on a request and answers what comes next; None: the response is out."""

    def __call__(self, request: LiveRequest, /) -> State | None: ...
