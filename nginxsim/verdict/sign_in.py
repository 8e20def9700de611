"""Follows a client that nobody has signed in: does it ever reach a page that answers it?"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin, urlsplit

from nginxsim.nginx.exchange import Answer, Request, Role, UpstreamRequest

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation

HOPS = 10
NOT_SIGNED_IN = Answer(401)
FINE = Answer()


def sign_in_loop(simulation: Simulation, request: Request) -> str:
    """Where a client that is not signed in is sent again and again, without its query; "" where that ends.

    Auth servers answer 401 and services 200, so that only a page without a guard ends the way.
    """
    seen: list[str] = []
    url = f"{request.scheme}://{request.host}{request.path}"
    while len(seen) < HOPS:
        following = _sent_on(simulation, url)
        if following is None:
            return ""
        page = following._replace(query="", fragment="").geturl()
        if page in seen:
            return page
        seen.append(page)
        url = following.geturl()
    return ""


def _sent_on(simulation: Simulation, url: str) -> SplitResult | None:
    """Where the client is sent next; None where it is answered, by this estate or outside of it."""
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    verdict = simulation.route(Request(host=parts.netloc, path=path, scheme=parts.scheme), _refusing)
    place = next((value for name, value in verdict.headers if name.lower() == "location"), "")
    if verdict.upstream is not None or not place or not 300 <= (verdict.status or 0) < 400:
        return None
    following = urlsplit(urljoin(url, place))
    return following if following.scheme in ("http", "https") and following.netloc else None


def _refusing(sent: UpstreamRequest) -> Answer:
    return NOT_SIGNED_IN if sent.role is Role.AUTH else FINE
