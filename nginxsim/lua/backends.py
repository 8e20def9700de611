"""The backends that the Lua balancer holds: what the controller posted, names resolved and the empty ones left out.

ingress-nginx 1.15.1: rootfs/etc/nginx/lua/balancer.lua (sync_backends), util/dns.lua
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from nginxsim.nginx.lua_api import Peers
from nginxsim.releases import Release

Resolver: TypeAlias = Callable[[str], Sequence[str] | None]
"""DNS as the controller's pod sees it: name -> its addresses, () when it does not exist, None when nobody knows."""

_NO_DIGIT = re.compile(r"[^0-9]")
_NONE: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shaping:
    """Which requests a canary takes; weight counts out of weight_total."""

    weight: int
    weight_total: int
    header: str
    header_value: str
    header_pattern: str
    cookie: str


@dataclass(frozen=True, slots=True)
class StickyCookie:
    """None where the controller leaves a field out of the payload (it does so with "" and false)."""

    name: str
    expires: str | None
    max_age: str | None
    locations: Mapping[str, Sequence[str]]
    secure: bool | None
    path: str | None
    domain: str | None
    same_site: str | None
    conditional_same_site_none: bool
    change_on_failure: bool


@dataclass(frozen=True, slots=True)
class Pool:
    """A backend that can be chosen. It has at least one peer, but where an older release keeps a name without address.

    algorithm: round_robin, ewma, chash, chashsubset, sticky_balanced or sticky_persistent.
    assumed: names among the peers whose addresses are not known.
    """

    name: str
    peers: tuple[str, ...]
    algorithm: str
    shaping: Shaping
    alternatives: tuple[str, ...]
    cookie: StickyCookie
    hash_by: str
    subset_size: int
    assumed: tuple[str, ...] = ()
    is_local: bool = False
    """Whether a peer is on the loopback, where nginx's own status server is."""
    everyone: Peers = Peers("", ())


def guess(name: str) -> Sequence[str] | None:
    """A resolver without a network: an address is no name (a query for one finds nothing), `.invalid` never exists
    (RFC 6761), of any other name nothing is known.
    """
    if _is_address(name) or name.rstrip(".").lower().endswith(".invalid"):
        return ()
    return None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class Pools:
    """The backends that can serve, by name; of two with one name the later counts. Each is read when asked for."""

    def __init__(self, payload: Iterable[Mapping[str, Any]], resolve: Resolver, release: Release) -> None:
        self._entries = {backend["name"]: backend for backend in payload}
        self._resolve = resolve
        self._release = release
        self._read: dict[str, Pool | None] = {}

    def get(self, name: str) -> Pool | None:
        """The backend, or None when there is none of that name or it has no endpoints."""
        if name not in self._read:
            entry = self._entries.get(name)
            self._read[name] = _pool(entry, self._resolve, self._release) if entry else None
        return self._read[name]


def _pool(backend: Mapping[str, Any], resolve: Resolver, release: Release) -> Pool | None:
    posted = [(entry["address"], entry["port"]) for entry in backend.get("endpoints") or ()]
    endpoints, unknown = posted, _NONE
    if _external_name(backend):
        endpoints, unknown = _resolved(posted, resolve, keeps_addresses=not release.external_names_must_resolve)
    if not (endpoints if release.external_names_must_resolve else posted):
        return None
    affinity, hashing = backend.get("sessionAffinityConfig") or {}, backend.get("upstreamHashByConfig") or {}
    peers = tuple(dict.fromkeys(f"{_host(address, unknown)}:{port}" for address, port in endpoints))
    return Pool(
        name=backend["name"],
        peers=peers,
        algorithm=_algorithm(backend.get("load-balance"), affinity, hashing),
        shaping=_shaping(backend.get("trafficShapingPolicy") or {}),
        alternatives=tuple(backend.get("alternativeBackends") or ()),
        cookie=_cookie(affinity.get("cookieSessionAffinity") or {}),
        hash_by=hashing.get("upstream-hash-by") or "",
        subset_size=hashing.get("upstream-hash-by-subset-size") or 0,
        assumed=unknown,
        is_local=any(peer.startswith("127") for peer in peers),
        everyone=Peers(backend["name"], peers),
    )


def _external_name(backend: Mapping[str, Any]) -> bool:
    service = backend.get("service") or {}
    return (service.get("spec") or {}).get("type") == "ExternalName"


def _resolved(
    endpoints: list[tuple[str, str]], resolve: Resolver, *, keeps_addresses: bool
) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """Endpoints with addresses for names, and the names that stay because nobody knows their addresses.

    keeps_addresses: what is an address already stays, although DNS knows no such name.
    """
    addresses: list[tuple[str, str]] = []
    unknown: list[str] = []
    for name, port in endpoints:
        answer = resolve(name)
        if answer is None:
            unknown.append(name)
            answer = (name,)
        elif keeps_addresses and not answer and _is_address(name):
            answer = (name,)
        addresses += [(address, port) for address in answer]
    return addresses, tuple(unknown)


def _host(address: str, names: Sequence[str]) -> str:
    return address if address in names or _is_four_numbers(address) else f"[{address}]"


def _is_four_numbers(address: str) -> bool:
    """Lua's ^%d+.%d+.%d+.%d+$, in which any character parts two numbers, a digit too."""
    runs = [len(run) for run in _NO_DIGIT.split(address)]
    missing = 4 - len(runs)
    return missing >= 0 and min(runs) > 0 and sum((run - 1) // 2 for run in runs) >= missing


def _algorithm(load_balance: str | None, affinity: Mapping[str, Any], hashing: Mapping[str, Any]) -> str:
    if affinity.get("name") == "cookie":
        return "sticky_persistent" if affinity.get("mode") == "persistent" else "sticky_balanced"
    if hashing.get("upstream-hash-by"):
        return "chashsubset" if hashing.get("upstream-hash-by-subset") else "chash"
    return "ewma" if load_balance == "ewma" else "round_robin"


def _shaping(policy: Mapping[str, Any]) -> Shaping:
    return Shaping(
        weight=policy.get("weight", 0),
        weight_total=policy.get("weightTotal", 0),
        header=policy.get("header", ""),
        header_value=policy.get("headerValue", ""),
        header_pattern=policy.get("headerPattern", ""),
        cookie=policy.get("cookie", ""),
    )


def _cookie(settings: Mapping[str, Any]) -> StickyCookie:
    return StickyCookie(
        name=settings.get("name", "route"),
        expires=settings.get("expires"),
        max_age=settings.get("maxage"),
        locations=settings.get("locations") or {},
        secure=settings.get("secure"),
        path=settings.get("path"),
        domain=settings.get("domain"),
        same_site=settings.get("samesite"),
        conditional_same_site_none=settings.get("conditional_samesite_none", False),
        change_on_failure=settings.get("change_on_failure", False),
    )
