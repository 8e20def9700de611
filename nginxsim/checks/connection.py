"""How connections begin: PROXY lines that one side knows of and the other does not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from nginxsim.around.balancer import Balancer
from nginxsim.checks.estate import Estate, at, finding
from nginxsim.verdict.connection import AWAITED, UNAWAITED
from nginxsim.verdict.types import Finding

ENTRANCES = (80, 443)


def proxy_lines(estate: Estate) -> Iterator[Finding]:
    """A load balancer and nginx that do not agree on the PROXY protocol."""
    balancer, awaited = estate.simulation.balancer, estate.settings.use_proxy_protocol
    if balancer is None:
        return
    ports: defaultdict[str, list[str]] = defaultdict(list)
    for listener in balancer.listeners():
        said = balancer.sends_none(listener) if awaited else listener.proxy
        if said and listener.port.port in ENTRANCES:
            ports[said].append(str(listener.port.port))
    for said, numbers in ports.items():
        yield _uneven(estate, balancer, said, " and ".join(numbers), awaited=awaited)


def _uneven(estate: Estate, balancer: Balancer, said: str, ports: str, *, awaited: bool) -> Finding:
    meta = balancer.service.meta
    sends = f"sends {'no PROXY line' if awaited else 'a PROXY line'} at port {ports}"
    then = "nginx awaits one and closes every connection" if awaited else "nginx awaits none and answers 400 to it"
    return finding(
        "proxy-protocol-mismatch",
        *at(balancer.origin(said)),
        *at(estate.settings.source("use-proxy-protocol").origin, note="nginx reads PROXY lines"),
        meta=meta,
        reason=f"the load balancer of {meta} {sends}: {then}",
        fix=AWAITED if awaited else UNAWAITED,
    )
