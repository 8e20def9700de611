"""Session affinity by cookie: who is pinned where, and the cookie that a new session gets.

ingress-nginx 1.15.1: rootfs/etc/nginx/lua/balancer/sticky*.lua, util/nodemap.lua, util/same_site.lua;
lua-resty-cookie: lib/resty/cookie.lua
"""

from __future__ import annotations

import re
from hashlib import md5

from nginxsim.lua.backends import Pool, StickyCookie
from nginxsim.lua.chash import ring
from nginxsim.lua.events import SessionBegun, SessionKept
from nginxsim.lua.values import number, number_text, wildcard_of
from nginxsim.nginx.lua_api import LuaError, LuaRequest

VALUE, DATE = "<value>", "<date>"
"""What stands for the parts of a cookie that chance and the clock fill in."""

SAME_SITE = ("Strict", "Lax", "None")

NONE_REFUSERS = ("Chrome/4", "Chrome/5", "Chrome/6", "CPU iPhone OS 12", "iPad; CPU OS 12")
"""Parts of the User-Agent of browsers that throw away a cookie with SameSite=None."""


def pick(request: LuaRequest, pool: Pool) -> tuple[str, ...]:
    """The peer that the request's cookie names; without one, every peer, and a cookie for the next time.

    After a failure another one, unless the cookie's stays; none when all have failed.
    """
    key, _ = _session(request, pool.cookie.name)
    peer = _peer(pool, key) if key else None
    if peer is not None and not (request.failed_peers and pool.cookie.change_on_failure):
        request.step(SessionKept, peer, pool.cookie.name)
        return (peer,)
    left = _untried(request, pool)
    if left and _wants_cookie(request, pool.cookie):
        _add_cookie(request, pool)
    return left


def _untried(request: LuaRequest, pool: Pool) -> tuple[str, ...]:
    """Whom a new session may go to. Where chance chose among several, the failed one may be any of these."""
    failed = request.failed_peers
    if len(failed) >= len(pool.peers):
        return ()
    known = {addresses[0] for addresses in failed if len(addresses) == 1}
    return tuple(peer for peer in pool.peers if peer not in known) if known else pool.peers


def is_pinned(request: LuaRequest, pool: Pool) -> bool:
    """Whether the client holds a session cookie that this very backend gave out."""
    if not pool.algorithm.startswith("sticky"):
        return False
    return _session(request, pool.cookie.name)[1] == backend_key(pool.name)


def backend_key(name: str) -> str:
    """The second part of a session cookie: which backend gave it out."""
    return _md5(_md5(name) + name)


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def _peer(pool: Pool, key: str) -> str | None:
    if pool.algorithm == "sticky_balanced":
        return ring(pool.peers).find(key)
    return next((peer for peer in pool.peers if _md5(pool.name + peer) == key), None)


def _session(request: LuaRequest, name: str) -> tuple[str | None, str | None]:
    """The two parts of the session cookie, peer key and backend key, as far as the client sent them."""
    value = _cookies(request.var("http_cookie") or "").get(name, "")
    parts = [part for part in value.split("|") if part]
    return (parts[0] if parts else None), (parts[1] if len(parts) > 1 else None)


_END_OF_VALUE = re.compile(r"[; \t]|\Z")


def _cookies(header: str) -> dict[str, str]:
    """Cookies as lua-resty-cookie reads them: a name ends at `=` only, a value at `;` or a blank; the last wins."""
    found = {}
    begin = 0
    while (equals := header.find("=", begin)) >= 0:
        end = _END_OF_VALUE.search(header, equals + 1)
        assert end is not None, "at the latest the text ends"
        found[header[begin:equals].lstrip(" \t")] = header[equals + 1 : end.start()]
        begin = end.end()
    return found


def _wants_cookie(request: LuaRequest, cookie: StickyCookie) -> bool:
    """Only a location for which an Ingress asked for affinity hands out the cookie."""
    host = request.var("host") or ""
    if request.var("server_name") == "_":
        host = "_"
    paths = cookie.locations.get(host)
    if paths is None:
        paths = cookie.locations.get(wildcard_of(host))
    return request.var("location_path") in (paths or ())


def _add_cookie(request: LuaRequest, pool: Pool) -> None:
    text = _baked(request, pool.cookie)
    request.step(SessionBegun, pool.cookie.name, pool.name)
    request.add_response_header("Set-Cookie", text)


def _baked(request: LuaRequest, cookie: StickyCookie) -> str:
    """The Set-Cookie value; attributes come in the order that lua-resty-cookie writes them."""
    age = number(cookie.max_age) if cookie.max_age else None
    path = cookie.path if cookie.path is not None else request.var("location_path")
    same_site = _same_site(request, cookie)
    secure = cookie.secure if cookie.secure is not None else request.var("https") == "on"
    parts = (
        f"{cookie.name}={VALUE}",
        _expires(cookie),
        f"Max-Age={number_text(age)}" if age is not None else "",
        f"Domain={cookie.domain}" if cookie.domain else "",
        f"Path={path}" if path is not None else "",
        "Secure" if secure else "",
        "HttpOnly",
        f"SameSite={same_site}" if same_site in SAME_SITE else "",
    )
    return "; ".join(part for part in parts if part)


def _expires(cookie: StickyCookie) -> str:
    if not cookie.expires:
        return ""
    if number(cookie.expires) is None:
        raise LuaError(f"session-cookie-expires {cookie.expires!r} is no number")
    return f"Expires={DATE}"


def _same_site(request: LuaRequest, cookie: StickyCookie) -> str | None:
    if (
        cookie.conditional_same_site_none
        and cookie.same_site == "None"
        and not _knows_none(request.var("http_user_agent"))
    ):
        return None
    return cookie.same_site


def _knows_none(user_agent: str | None) -> bool:
    """Whether a browser accepts SameSite=None (https://www.chromium.org/updates/same-site/incompatible-clients)."""
    if user_agent is None:
        return True
    if any(part in user_agent for part in NONE_REFUSERS):
        return False
    safari = all(part in user_agent for part in ("Macintosh", "Intel Mac OS X 10_14", "Safari"))
    return not safari or "Chrome" in user_agent
