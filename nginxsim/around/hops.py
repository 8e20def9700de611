"""Hops between a client and nginx: what each does to the connection and to the headers, and where that is written.

A word names a hop: `cloudflare`, `aws-alb:preserve` for one of its modes, `aws-alb@10.0.3.7` for the address that it
connects from, `gcp-cdn+stale=600` for a time of its cache, `proxy=10.0.0.0/8` for any other proxy.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from nginxsim.errors import UsageError, did_you_mean
from nginxsim.nginx.exchange import ProxyLine, Request
from nginxsim.nginx.sizes import whole_number

FORWARDED_FOR = "X-Forwarded-For"


class Layer(StrEnum):
    """What a hop understands of what it hands on."""

    TCP = "tcp"
    HTTP = "http"


class Tls(StrEnum):
    """What becomes of a client's TLS."""

    PASSED = "passed"
    ENDED = "ended"
    """Behind the hop goes plain http."""
    RENEWED = "renewed"
    """The hop ends it and speaks https on its own."""


class Chain(StrEnum):
    """What becomes of X-Forwarded-For."""

    UNTOUCHED = "untouched"
    APPENDED = "appended"
    APPENDED_OVER_TLS = "appended-over-tls"
    """Only for clients that speak TLS; else as it came."""
    APPENDED_WITH_OWN = "appended-with-own"
    """The client's address, then the one that the client came to."""
    REPLACED = "replaced"
    REMOVED = "removed"


class Place(StrEnum):
    """Where on the way a hop stands."""

    EDGE = "edge"
    BALANCER = "balancer"
    """It leads to the controller's Service."""
    NODE = "node"


@dataclass(frozen=True, slots=True)
class Hop:
    """One hop. name: as people write it, mode included; title: as its vendor calls it; source: the page that says so.

    connects_from: networks of the addresses that it connects from; empty where the client's own address stays.
    published: these networks are a list that its vendor publishes, or the addresses are whatever the cluster has.
    separator: what it writes between the addresses of X-Forwarded-For.
    sets, adds, appends: headers that it writes over a client's own, where the client sent none, and behind what the
    client sent; {client}, {scheme}, {port} and {host} are those of the request that it got.
    unsure: what its documentation leaves open, and is taken for granted.
    proxy: the version of the PROXY protocol that it speaks, 0 for none. caches: how its cache decides, "" for none.
    """

    name: str
    title: str
    source: str
    place: Place
    layer: Layer = Layer.HTTP
    connects_from: tuple[str, ...] = ()
    published: bool = False
    tls: Tls = Tls.RENEWED
    chain: Chain = Chain.UNTOUCHED
    separator: str = ", "
    sets: Mapping[str, str] = field(default_factory=dict)
    adds: Mapping[str, str] = field(default_factory=dict)
    appends: Mapping[str, str] = field(default_factory=dict)
    removes: frozenset[str] = frozenset()
    proxy: int = 0
    caches: str = ""
    times: tuple[tuple[str, int], ...] = ()
    """Seconds that its cache is told (CACHE_TIMES), where these are not its usual ones."""
    unsure: str = ""
    remedy: str = ""
    """What it can be told, so that nginx learns of the client."""

    @property
    def address(self) -> str:
        """The address that nginx, or the next hop, sees; "" for the client's own."""
        if not self.connects_from:
            return ""
        network = ipaddress.ip_network(self.connects_from[0], strict=False)
        return str(network[0] if network.num_addresses == 1 else network[1])


class Passed(NamedTuple):
    """What a hop made of the request that came. changed: the headers that it wrote, "" for those that it took away."""

    hop: Hop
    came: Request
    request: Request
    changed: tuple[tuple[str, str], ...]


def pass_on(hop: Hop, request: Request) -> Passed:
    """The request as the hop hands it on."""
    sent = replace(request, client=hop.address or request.client, port=None)
    if hop.proxy:
        # A proxy line of a hop before this one is data to it, or has been read.
        sent = replace(sent, proxy_protocol=ProxyLine(client=request.client, port=request.listen_port))
    if request.scheme == "https" and hop.tls is Tls.ENDED:
        sent = replace(sent, scheme="http")
    if hop.layer is Layer.TCP:
        return Passed(hop, request, sent, ())
    changed = tuple(_written(hop, request))
    gone = {name.lower() for name, _ in changed}
    kept = [line for line in request.headers if line[0].lower() not in gone]
    written = [line for line in changed if line[1]]
    if not hop.proxy:
        sent = replace(sent, proxy_protocol=None)
    sent = replace(sent, headers=[*kept, *written], http_version="1.1", client_certificate=None)
    return Passed(hop, request, sent, changed)


def _written(hop: Hop, request: Request) -> Iterator[tuple[str, str]]:
    """Headers that the hop writes, each with its whole value; "" for those that it takes away."""
    given = {name.lower(): value for name, value in reversed(request.headers)}
    if chain := _chained(hop, request):
        yield FORWARDED_FOR, chain
    elif hop.chain is Chain.REMOVED and FORWARDED_FOR.lower() in given:
        yield FORWARDED_FOR, ""
    values = {
        "client": request.client,
        "scheme": request.scheme,
        "port": str(request.listen_port),
        "host": request.host or "",
    }
    for name, value in hop.sets.items():
        yield name, value.format_map(values)
    for name, value in hop.adds.items():
        if name.lower() not in given:
            yield name, value.format_map(values)
    for name, value in hop.appends.items():
        yield name, ", ".join(filter(None, (given.get(name.lower()), value)))
    yield from ((name, "") for name in hop.removes if name.lower() in given)


def _chained(hop: Hop, request: Request) -> str:
    before = [value for name, value in request.headers if name.lower() == FORWARDED_FOR.lower()]
    match hop.chain:
        case Chain.APPENDED_OVER_TLS if request.scheme != "https":
            return ""
        case Chain.APPENDED | Chain.APPENDED_OVER_TLS:
            return hop.separator.join((*before, request.client))
        case Chain.APPENDED_WITH_OWN:
            return hop.separator.join((*before, request.client, OWN))
        case Chain.REPLACED:
            return request.client
        case _:
            return ""


OWN = "203.0.113.80"
"""The public address of a load balancer that names itself, where nobody says which it is."""


# --- names ------------------------------------------------------------------------------------------------------------

ANY = "proxy"
"""proxy=CIDR is any other proxy."""
INPUT = "input"
"""Stands for the hops that the input speaks of."""


@lru_cache(maxsize=256)
def hops_of(words: tuple[str, ...]) -> tuple[Hop, ...]:
    """The hops that these words name, from the client inward. Raises UsageError for a word that names none."""
    return tuple(map(hop_of, words))


def hop_of(word: str) -> Hop:
    """Raises UsageError."""
    named, at, address = word.strip().partition("@")
    name, *times = named.split("+")
    kind, _, network = name.partition("=")
    if kind == ANY:
        return _any_proxy(word, network, address)
    from nginxsim.around.hop_table import HOPS  # noqa: PLC0415  # most requests come through none of them

    if name not in HOPS:
        raise UsageError(f'no hop is called "{name}"{did_you_mean(name, HOPS)} (known: {_known(HOPS)})')
    hop = _with_times(word, HOPS[name], times)
    if not at:
        return hop
    if not hop.connects_from:
        raise UsageError(f'"{word}": {name} keeps the client\'s address; it has none of its own to name')
    return replace(hop, connects_from=(_network(word, address),))


CACHE_TIMES = ("ttl", "max-ttl", "stale")
"""Of a cache: for what names no time of its own, at most, and how long an old copy may stand in."""


def _with_times(word: str, hop: Hop, given: Sequence[str]) -> Hop:
    times = []
    for each in given:
        name, _, written = each.partition("=")
        seconds = whole_number(written)
        if not hop.caches or name not in CACHE_TIMES or seconds is None:
            says = f"{hop.name} keeps nothing" if not hop.caches else f"write {', '.join(CACHE_TIMES)} as +stale=600"
            raise UsageError(f'"{word}": "+{each}" says nothing: {says}')
        times.append((name, seconds))
    return replace(hop, times=tuple(times)) if times else hop


def _known(names: Iterable[str]) -> str:
    """The kinds with their modes, in one line."""
    modes: dict[str, list[str]] = {}
    for name in names:
        kind, _, mode = name.partition(":")
        modes.setdefault(kind, []).extend([mode] if mode else [])
    listed = (f"{kind}[:{'|'.join(each)}]" if each else kind for kind, each in modes.items())
    return ", ".join((*listed, f"{ANY}=CIDR", INPUT))


def _any_proxy(word: str, network: str, address: str) -> Hop:
    if not network:
        raise UsageError(f'"{word}": say where the proxy connects from, as {ANY}=10.0.0.0/8')
    return Hop(
        name=f"{ANY}={network}",
        title=f"a proxy in {network}",
        source="",
        place=Place.EDGE,
        connects_from=(_network(word, address or network),),
        published=True,
        chain=Chain.APPENDED,
        sets={"X-Forwarded-Proto": "{scheme}"},
    )


def _network(word: str, text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise UsageError(f'"{word}": "{text}" is no address or network, such as 10.0.3.7 or 10.0.0.0/8') from None


def words_of(given: Iterable[str]) -> tuple[str, ...]:
    """The words, empty ones left out. Raises UsageError for one that names no hop."""
    words = tuple(filter(None, (word.strip() for word in given)))
    hops_of(tuple(word for word in words if word != INPUT))
    return words


def through(hops: Sequence[Hop], request: Request) -> tuple[Request, tuple[Passed, ...]]:
    """The request as the last hop hands it on, and what each made of it."""
    passed = []
    for hop in hops:
        step = pass_on(hop, request)
        passed.append(step)
        request = step.request
    return request, tuple(passed)
