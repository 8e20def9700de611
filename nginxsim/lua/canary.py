"""Whether a request leaves its backend for the canary.

ingress-nginx 1.15.1: rootfs/etc/nginx/lua/balancer.lua (route_to_alternative_balancer)
"""

from __future__ import annotations

import pcre2

from nginxsim.lua.backends import Pool, Pools, Shaping
from nginxsim.lua.sticky import is_pinned
from nginxsim.nginx.escapes import to_bytes
from nginxsim.nginx.lua_api import LuaRequest

WORDS = {"always": True, "never": False}


def alternative(request: LuaRequest, main: Pool, pools: Pools) -> Pool | None:
    """The canary that takes this request, or None. Only the first canary of a backend counts."""
    if not main.alternatives:
        return None
    canary = pools.get(main.alternatives[0])
    if canary is None:
        request.step(
            "balancer", main.alternatives[0], "this canary has no endpoints, so the main backend takes everything"
        )
        return None
    if is_pinned(request, main):
        request.step("balancer", main.name, f"the cookie {main.cookie.name} pins the client to the main backend")
        return None
    if is_pinned(request, canary):
        request.step("balancer", canary.name, f"the cookie {canary.cookie.name} pins the client to the canary")
        return canary
    return canary if _takes(request, canary) else None


def _takes(request: LuaRequest, canary: Pool) -> bool:
    """Header before cookie before weight; each rule that has no opinion passes the request on."""
    for rule in (_by_header, _by_cookie):
        opinion, why = rule(request, canary.shaping)
        if opinion is not None:
            request.step("balancer", canary.name, f"{why}: {'canary' if opinion else 'main backend'}")
            return opinion
    return _by_weight(request, canary)


def _by_header(request: LuaRequest, shaping: Shaping) -> tuple[bool | None, str]:
    value = request.var("http_" + shaping.header.replace("-", "_").lower()) if shaping.header else None
    if value is None:
        return None, ""
    why = f"request header {shaping.header}: {value}"
    if shaping.header_value:
        return (True if value == shaping.header_value else None), why
    if shaping.header_pattern:
        return _matches(shaping.header_pattern, value), f"{why} against {shaping.header_pattern}"
    return WORDS.get(value), why


def _matches(pattern: str, value: str) -> bool | None:
    """None for no match; False for a pattern that is no regular expression: the canary then loses the request."""
    try:
        return True if pcre2.compile(to_bytes(pattern)).search(to_bytes(value)) else None
    except pcre2.LibraryError:
        return False


def _by_cookie(request: LuaRequest, shaping: Shaping) -> tuple[bool | None, str]:
    value = request.var("cookie_" + shaping.cookie.lower()) if shaping.cookie else None
    return (None if value is None else WORDS.get(value)), f"cookie {shaping.cookie}={value}"


def _by_weight(request: LuaRequest, canary: Pool) -> bool:
    shaping = canary.shaping
    total = max(shaping.weight_total, 100)
    share = min(max(shaping.weight, 0), total) / total
    if share in (0.0, 1.0):
        return share == 1.0
    label = f"canary {canary.name} takes {shaping.weight} of {total}"
    taken = request.draw(((share, True), (1 - share, False)), label)
    request.step("balancer", canary.name, f"{label}; this time {'yes' if taken else 'no'}")
    return taken
