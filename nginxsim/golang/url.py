"""URLs as Go's net/url reads them: only what the annotation parsers ask of one.

go 1.26: net/url/url.go. A refused URL raises ValueError with Go's words.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from nginxsim.golang.strconv import quote

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_PORT = re.compile(r"(?::[0-9]*)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_HOST_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~!$&'()*+,;=:[]<>\"")
_USERINFO = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*")


@dataclass(frozen=True, slots=True)
class URL:
    """host still has its port, hostname has neither port nor brackets."""

    scheme: str = ""
    host: str = ""

    @property
    def hostname(self) -> str:
        head, colon, port = self.host.rpartition(":")
        host = head if colon and _PORT.fullmatch(f":{port}") else self.host
        return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def parse(text: str) -> URL:
    """url.Parse."""
    address, _, fragment = text.partition("#")
    url = _parse_or_say(address, via_request=False)
    try:
        _unescape(fragment)
    except ValueError as error:
        raise ValueError(f"parse {quote(text)}: {error}") from None
    return url


def parse_request_uri(text: str) -> URL:
    """url.ParseRequestURI: absolute URLs and paths from the root only."""
    return _parse_or_say(text, via_request=True)


def _parse_or_say(text: str, *, via_request: bool) -> URL:
    try:
        return _parse(text, via_request=via_request)
    except ValueError as error:
        raise ValueError(f"parse {quote(text)}: {error}") from None


def _parse(text: str, *, via_request: bool) -> URL:
    if _CONTROL.search(text):
        raise ValueError("net/url: invalid control character in URL")
    if via_request and not text:
        raise ValueError("empty url")
    if text == "*":
        return URL()
    scheme, rest = _scheme(text)
    rest = rest.partition("?")[0]
    if not rest.startswith("/"):
        return _rootless(scheme, rest, via_request=via_request)
    host = ""
    has_authority = rest.startswith("//") and (scheme or (not via_request and not rest.startswith("///")))
    if has_authority:
        authority, slash, path = rest[2:].partition("/")
        host = _authority(scheme, authority)
        rest = slash + path
    _unescape(rest)
    return URL(scheme, host)


def _scheme(text: str) -> tuple[str, str]:
    if text.startswith(":"):
        raise ValueError("missing protocol scheme")
    found = _SCHEME.match(text)
    return (found[1].lower(), text[found.end() :]) if found else ("", text)


def _rootless(scheme: str, rest: str, *, via_request: bool) -> URL:
    if scheme:
        return URL(scheme)
    if via_request:
        raise ValueError("invalid URI for request")
    if ":" in rest.partition("/")[0]:
        raise ValueError("first path segment in URL cannot contain colon")
    _unescape(rest)
    return URL()


def _authority(scheme: str, authority: str) -> str:
    userinfo, at, host = authority.rpartition("@")
    host = _host(scheme, host)
    if at:
        if not _USERINFO.fullmatch(userinfo):
            raise ValueError("net/url: invalid userinfo")
        for part in userinfo.split(":", 1):
            _unescape(part)
    return host


def _host(scheme: str, host: str) -> str:
    bracket = host.rfind("[")
    if bracket > 0:
        raise ValueError("invalid IP-literal")
    if bracket == 0:
        return _literal(host)
    if ":" in host:
        # One colon only in http and https; elsewhere the last one counts.
        first = host.index(":") if scheme in ("http", "https") else host.rindex(":")
        _check_port(host[first:])
    return _unescape_host(host)


def _literal(host: str) -> str:
    end = host.rfind("]")
    if end < 0:
        raise ValueError("missing ']' in host")
    _check_port(host[end + 1 :])
    escaped, zone, _ = host[1:end].partition("%25")
    address = _unescape_host(escaped)
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        raise ValueError(f"invalid host: ParseAddr({quote(address)}): unable to parse IP") from None
    if ip.version == 4:
        raise ValueError("invalid IP-literal")
    return host.replace("%25", "%", 1) if zone else host


def _check_port(text: str) -> None:
    if not _PORT.fullmatch(text):
        raise ValueError(f"invalid port {quote(text)} after host")


def _unescape_host(host: str) -> str:
    position = 0
    while position < len(host):
        character = host[position]
        if character == "%":
            found = _ESCAPE.match(host, position)
            # Only bytes outside ASCII may be escaped in a host, and the percent sign itself.
            if not found or (int(found[1], 16) < 0x80 and found[1] != "25"):
                raise _bad_escape(host[position:])
            position += 2
        elif character < "\x80" and character not in _HOST_CHARACTERS:
            raise ValueError(f"invalid character {quote(character)} in host name")
        position += 1
    return _decoded(host)


def _unescape(text: str) -> str:
    start = text.find("%")
    while start >= 0:
        if not _ESCAPE.match(text, start):
            raise _bad_escape(text[start:])
        start = text.find("%", start + 3)
    return _decoded(text)


def _bad_escape(text: str) -> ValueError:
    """Three bytes are shown, which may cut a character in two."""
    shown = text.encode()[:3].decode(errors="surrogateescape")
    return ValueError(f"invalid URL escape {quote(shown)}")


def _decoded(text: str) -> str:
    if "%" not in text:
        return text
    raw = re.sub(rb"%([0-9a-fA-F]{2})", lambda found: bytes.fromhex(found[1].decode()), text.encode())
    return raw.decode(errors="replace")
