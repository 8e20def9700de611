"""Choosing backend and endpoint for a request.

ingress-nginx 1.15.1: rootfs/etc/nginx/lua/balancer.lua, balancer/*.lua
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nginxsim.lua import sticky
from nginxsim.lua.backends import Pool, Pools
from nginxsim.lua.canary import alternative
from nginxsim.lua.chash import ring
from nginxsim.lua.events import Hashed, NoEndpoints
from nginxsim.nginx.lua_api import LuaError, LuaRequest, Peers
from nginxsim.releases import Release


@dataclass(frozen=True, slots=True)
class BackendChooser:
    """The two ends of balancer.lua: `rewrite` refuses early, `__call__` names the peers.

    status_port: peers on this loopback port are nginx's own status server, which the balancer never proxies to.
    """

    pools: Pools
    status_port: str
    release: Release

    def rewrite(self, request: LuaRequest) -> None:
        """503 when the location's backend has no endpoints."""
        if self._chosen(request) is None:
            name = request.var("proxy_upstream_name") or ""
            request.step(NoEndpoints, name)
            request.exit(503)

    def __call__(self, request: LuaRequest) -> Peers | None:
        pool = self._chosen(request)
        if pool is None:
            return None
        for name in pool.assumed:
            request.assume(f"{name} resolves in DNS")
        addresses = PICKERS[pool.algorithm](request, pool) if pool.peers else ()
        if pool.is_local and self.release.balancer_avoids_itself:
            addresses = tuple(peer for peer in addresses if not self._is_own(peer))
        return pool.everyone if addresses is pool.peers else Peers(pool.name, addresses)

    def _chosen(self, request: LuaRequest) -> Pool | None:
        """The backend of this request, decided once: chance must not speak twice."""
        chosen: Pool | None = request.ctx.get("balancer")
        if chosen is None:
            pool = self.pools.get(request.var("proxy_upstream_name") or "")
            if pool is None:
                return None
            canary = alternative(request, pool, self.pools, self.release)
            if canary is not None:
                request.set_var("proxy_alternative_upstream_name", canary.name)
            chosen = request.ctx["balancer"] = canary or pool
        return chosen

    def _is_own(self, peer: str) -> bool:
        return peer.startswith("127") and peer.endswith(f":{self.status_port}")


def _any_peer(_: LuaRequest, pool: Pool) -> tuple[str, ...]:
    return pool.peers


def _not_yet_tried(request: LuaRequest, pool: Pool) -> tuple[str, ...]:
    """The algorithm ewma keeps in mind whom it has asked, until that is everybody."""
    tried = {addresses[0] for addresses in request.failed_peers if len(addresses) == 1}
    return tuple(peer for peer in pool.peers if peer not in tried) or pool.peers if tried else pool.peers


def _hashed(request: LuaRequest, pool: Pool) -> tuple[str, ...]:
    """One peer for each value of upstream-hash-by."""
    key = hash_key(request, pool.hash_by)
    peer = ring(pool.peers).find(key)
    request.step(Hashed, peer, pool.hash_by, key)
    return (peer,)


def _hashed_subset(request: LuaRequest, pool: Pool) -> tuple[str, ...]:
    """One group of peers for each value of upstream-hash-by; the last group is filled up from the first peers on."""
    size = pool.subset_size
    if size <= 0:
        raise LuaError(f"upstream-hash-by-subset-size {size} leaves no group of endpoints")
    count = -(-len(pool.peers) // size)
    group = ring(tuple(f"set{index + 1}" for index in range(count))).find(hash_key(request, pool.hash_by))
    start = (int(group.removeprefix("set")) - 1) * size
    return tuple(dict.fromkeys(pool.peers[index % len(pool.peers)] for index in range(start, start + size)))


PICKERS: Mapping[str, Callable[[LuaRequest, Pool], tuple[str, ...]]] = {
    "round_robin": _any_peer,
    "ewma": _not_yet_tried,
    "chash": _hashed,
    "chashsubset": _hashed_subset,
    "sticky_balanced": sticky.pick,
    "sticky_persistent": sticky.pick,
}

# ingress-nginx 1.15.1: rootfs/etc/nginx/lua/util.lua (parse_complex_value)
_PART = re.compile(r"(\\\$\w+)|\$\{(\w+)\}|\$(\w+)|(\$|[^$\\]+)", re.ASCII)


def hash_key(request: LuaRequest, expression: str) -> str:
    """The value of upstream-hash-by for this request; unknown variables are empty."""
    return "".join(_part_value(request, match) for match in _PART.finditer(expression))


def _part_value(request: LuaRequest, match: re.Match[str]) -> str:
    name = match[2] or match[3]
    return (request.var(name.lower()) or "") if name else (match[1] or match[4])
