"""A service's answer on its way to the client: which headers stay, and how Location, Refresh and cookies change.

nginx 1.27.1: src/http/ngx_http_upstream.c (ngx_http_upstream_process_headers), modules/ngx_http_proxy_module.c
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nginxsim.nginx.phases.filters import send_header
from nginxsim.nginx.regex import Regex
from nginxsim.nginx.sizes import whole_number

if TYPE_CHECKING:
    from nginxsim.nginx.conf import Replacement, UpstreamConf
    from nginxsim.nginx.exchange import Answer, Headers
    from nginxsim.nginx.live_request import LiveRequest

HIDDEN = frozenset(
    {
        "date",
        "server",
        "x-pad",
        "x-accel-expires",
        "x-accel-redirect",
        "x-accel-limit-rate",
        "x-accel-buffering",
        "x-accel-charset",
    }
)
FASTCGI_HIDDEN = (HIDDEN - {"date", "server"}) | {"status"}
NEVER_COPIED = frozenset({"content-length", "connection", "keep-alive", "transfer-encoding"})
FIRST_COUNTS = frozenset(
    {
        "status",
        "content-type",
        "date",
        "last-modified",
        "etag",
        "server",
        "location",
        "refresh",
        "expires",
    }
)
"""Headers of which nginx passes over every further one, with a warning."""
KEPT_BY_REDIRECT = frozenset({"set-cookie", "content-disposition", "cache-control", "expires", "accept-ranges"})
"""What an X-Accel-Redirect answer still contributes; Content-Type too."""


def header_size(answer: Answer) -> int:
    """Bytes of the answer's head, its status line included."""
    size = 17
    for name, value in answer.headers:
        size += len(name) + len(value) + 4
    return size


def inner_redirect(up: UpstreamConf, answer: Answer) -> str | None:
    """The X-Accel-Redirect that the answer asks for, unless it is to be ignored."""
    for name, value in answer.headers:
        if name.lower() == "x-accel-redirect":
            return None if "x-accel-redirect" in up.ignored else value
    return None


def taken_headers(answer: Answer) -> Headers:
    """The answer's headers, less those that are passed over because one of their name came before."""
    seen: set[str] = set()
    taken: Headers = []
    for name, value in answer.headers:
        lowered = name.lower()
        if lowered not in seen:
            taken.append((name, value))
            if lowered in FIRST_COUNTS:
                seen.add(lowered)
    return taken


def keep_for_redirect(request: LiveRequest, answer: Answer) -> None:
    for name, value in taken_headers(answer):
        lowered = name.lower()
        if lowered == "content-type":
            request.content_type = value
        elif lowered in KEPT_BY_REDIRECT:
            request.headers_out.append((name, value))


def process(request: LiveRequest, up: UpstreamConf, answer: Answer) -> None:
    """Copies the answer's headers and sends the response."""
    length = None
    request.names_itself = "server" in up.hidden or not (request.content == "proxy" or _names_server(answer))
    for name, value in taken_headers(answer) if answer.headers else ():
        lowered = name.lower()
        if lowered == "content-length" and length is None:
            length = value
        if lowered in up.hidden or lowered in NEVER_COPIED:
            continue
        if lowered == "content-type":
            request.content_type = value
        elif lowered == "location":
            _location(request, up, name, value)
        elif lowered == "refresh":
            request.headers_out.append((name, _refresh(request, up, value)))
        elif lowered == "set-cookie":
            request.headers_out.append((name, _cookie(request, up, value)))
        else:
            request.headers_out.append((name, value))
    request.body_size = answer.body_bytes if length is None else whole_number(length)
    request.status = answer.status
    send_header(request)


def _names_server(answer: Answer) -> bool:
    """Whether the answer's Server takes the place of nginx's own; that of HTTP does even where it is missing."""
    # nginx 1.27.1: ngx_http_proxy_process_header; the other protocols' answers get no empty Server
    return any(name.lower() == "server" for name, _ in answer.headers)


def _location(request: LiveRequest, up: UpstreamConf, name: str, value: str) -> None:
    changed = _first_replacement(request, up.redirects or (), value)
    request.headers_out.append((name, value if changed is None else changed))
    if changed is not None:
        request.location_header = changed


def _refresh(request: LiveRequest, up: UpstreamConf, value: str) -> str:
    at = value.lower().find("url=")
    if at < 0:
        return value
    changed = _first_replacement(request, up.redirects or (), value[at + 4 :])
    return value if changed is None else value[: at + 4] + changed


def _first_replacement(request: LiveRequest, rules: tuple[Replacement, ...], text: str) -> str | None:
    for rule in rules:
        changed = _replaced(request, rule, text)
        if changed is not None:
            return changed
    return None


def _replaced(request: LiveRequest, rule: Replacement, text: str) -> str | None:
    assert rule.replacement is not None
    if isinstance(rule.pattern, Regex):
        if not rule.pattern.matches(request, text):
            return None
        return rule.replacement.get(request)
    assert rule.pattern is not None
    prefix = rule.pattern.get(request)
    if not text.startswith(prefix):
        return None
    return rule.replacement.get(request) + text[len(prefix) :]


# --- cookies ----------------------------------------------------------------------------------------------------------


def _cookie(request: LiveRequest, up: UpstreamConf, line: str) -> str:
    if not (up.cookie_domains or up.cookie_paths or up.cookie_flags):
        return line
    attributes = [_attribute(part) for part in line.split(";")]
    if attributes[0][1] is None:
        return line
    changed = False
    for index, (name, value) in enumerate(attributes):
        rules = {"domain": up.cookie_domains, "path": up.cookie_paths}.get(name.lower(), ()) if index else ()
        if rules and value is not None:
            new = _first_cookie_replacement(request, rules, value, name.lower() == "domain")
            if new is not None:
                attributes[index] = (name, new)
                changed = True
    if up.cookie_flags and _flag(request, up, attributes):
        changed = True
    if not changed:
        return line
    return "; ".join(name if value is None else f"{name}={value}" for name, value in attributes)


def _attribute(part: str) -> tuple[str, str | None]:
    name, equals, value = part.partition("=")
    return name.strip(" "), value.strip(" ") if equals else None


def _first_cookie_replacement(
    request: LiveRequest, rules: tuple[Replacement, ...], value: str, is_domain: bool
) -> str | None:
    for rule in rules:
        changed = _replaced_domain(request, rule, value) if is_domain else _replaced(request, rule, value)
        if changed is not None:
            return changed
    return None


def _replaced_domain(request: LiveRequest, rule: Replacement, value: str) -> str | None:
    """Domains are compared whole, without a leading dot and regardless of case."""
    if isinstance(rule.pattern, Regex):
        return _replaced(request, rule, value)
    assert rule.pattern is not None
    assert rule.replacement is not None
    bare = value.removeprefix(".")
    if bare.lower() != rule.pattern.get(request).removeprefix(".").lower():
        return None
    return value[: len(value) - len(bare)] + rule.replacement.get(request)


_SAMESITE = {"samesite=strict": "Strict", "samesite=lax": "Lax", "samesite=none": "None"}


def _flag(request: LiveRequest, up: UpstreamConf, attributes: list[tuple[str, str | None]]) -> bool:
    """proxy_cookie_flags: the first rule for the cookie's name."""
    name = attributes[0][0]
    for pattern, flags in up.cookie_flags:
        if isinstance(pattern, Regex):
            if not pattern.matches(request, name):
                continue
        elif pattern.get(request).lower() != name.lower():
            continue
        _apply_flags(attributes, flags)
        return True
    return False


def _apply_flags(attributes: list[tuple[str, str | None]], flags: frozenset[str]) -> None:
    for flag in ("secure", "httponly"):
        present = any(name.lower() == flag for name, _ in attributes[1:])
        if flag in flags and not present:
            attributes.append((flag.capitalize() if flag == "secure" else "HttpOnly", None))
        elif f"no{flag}" in flags:
            attributes[1:] = [pair for pair in attributes[1:] if pair[0].lower() != flag]
    site = next((_SAMESITE[flag] for flag in _SAMESITE if flag in flags), "")
    if site or "nosamesite" in flags:
        attributes[1:] = [pair for pair in attributes[1:] if pair[0].lower() != "samesite"]
    if site:
        attributes.append(("SameSite", site))
