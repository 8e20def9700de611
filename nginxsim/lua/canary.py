"""Whether a request leaves its backend for the canary.

ingress-nginx 1.15.1: rootfs/etc/nginx/lua/balancer.lua (route_to_alternative_balancer)
"""

from __future__ import annotations

import pcre2

from nginxsim.lua.backends import Pool, Pools, Shaping
from nginxsim.lua.events import CanaryByCookie, CanaryByHeader, CanaryDrawn, CanaryEmpty, CanaryShare, Pinned
from nginxsim.lua.sticky import is_pinned
from nginxsim.nginx.escapes import to_bytes
from nginxsim.nginx.lua_api import LuaRequest
from nginxsim.nginx.regex import Limited, MatchLimitError
from nginxsim.releases import Release

WORDS = {"always": True, "never": False}


SUBSETS = "chashsubset"


def alternative(request: LuaRequest, main: Pool, pools: Pools, release: Release) -> Pool | None:
    """The canary that takes this request, or None. Only the first canary of a backend counts."""
    if not main.alternatives or (main.algorithm == SUBSETS and not release.subsets_have_canaries):
        return None
    canary = pools.get(main.alternatives[0])
    if canary is None:
        request.step(CanaryEmpty, main.alternatives[0])
        return None
    if release.sessions_pin_canaries:
        if is_pinned(request, main):
            request.step(Pinned, main.name, main.cookie.name, False)
            return None
        if is_pinned(request, canary):
            request.step(Pinned, canary.name, canary.cookie.name, True)
            return canary
    if canary.algorithm == SUBSETS and not release.subsets_have_canaries:
        return None
    return canary if _takes(request, canary) else None


def _takes(request: LuaRequest, canary: Pool) -> bool:
    """Header before cookie before weight; each rule that has no opinion passes the request on."""
    for rule in (_by_header, _by_cookie):
        opinion = rule(request, canary)
        if opinion is not None:
            return opinion
    return _by_weight(request, canary)


def _by_header(request: LuaRequest, canary: Pool) -> bool | None:
    shaping = canary.shaping
    value = request.var("http_" + shaping.header.replace("-", "_").lower()) if shaping.header else None
    opinion = None if value is None else _of_header(shaping, value)
    if value is not None and opinion is not None:
        pattern = "" if shaping.header_value else shaping.header_pattern
        request.step(CanaryByHeader, canary.name, shaping.header, value, pattern, opinion)
    return opinion


def _of_header(shaping: Shaping, value: str) -> bool | None:
    if shaping.header_value:
        return True if value == shaping.header_value else None
    return _matches(shaping.header_pattern, value) if shaping.header_pattern else WORDS.get(value)


def _matches(pattern: str, value: str) -> bool | None:
    """None for no match; False for a pattern that is no regular expression: the canary then loses the request."""
    try:
        return True if Limited(to_bytes(pattern)).search(to_bytes(value)) else None
    except (pcre2.PatternError, MatchLimitError):
        return False


def _by_cookie(request: LuaRequest, canary: Pool) -> bool | None:
    cookie = canary.shaping.cookie
    value = request.var("cookie_" + cookie.lower()) if cookie else None
    opinion = None if value is None else WORDS.get(value)
    if value is not None and opinion is not None:
        request.step(CanaryByCookie, canary.name, cookie, value, opinion)
    return opinion


def _by_weight(request: LuaRequest, canary: Pool) -> bool:
    shaping = canary.shaping
    total = max(shaping.weight_total, 100)
    share = min(max(shaping.weight, 0), total) / total
    if share in (0.0, 1.0):
        return share == 1.0
    subject = CanaryShare(canary.name, shaping.weight, total)
    taken = request.draw(((share, True), (1 - share, False)), subject)
    request.step(CanaryDrawn, canary.name, shaping.weight, total, taken)
    return taken
