"""URIs as nginx reads and writes them: normalising, escaping, unescaping.

Text is str with bytes that are no UTF-8 as surrogates, so that every request target survives the way in and out.
"""

from __future__ import annotations

import re

from nginxsim.errors import InputError
from nginxsim.nginx.events import Refusal

HEX = "0123456789ABCDEF"
_UNSAFE = '"<>\\^`{|}'
# nginx 1.27.1: src/core/ngx_string.c, the tables of ngx_escape_uri
_ALPHABETS = {
    "uri": " #%?" + _UNSAFE,
    "args": " #%&+;?" + _UNSAFE,
}
_TABLES = {kind: frozenset(chars.encode()) for kind, chars in _ALPHABETS.items()}
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_IS_PLAIN = {
    "uri": re.compile(r"[A-Za-z0-9/._~!$&'()*,:;=@\-\[\]+]*").fullmatch,
    "args": re.compile(r"[A-Za-z0-9/._~!$'()*,:=@\-\[\]]*").fullmatch,
}


def to_bytes(text: str) -> bytes:
    """Raises InputError for text with half a surrogate pair, which no client could send."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise InputError(f"{text[error.start]!r} is no character") from None


def from_bytes(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def escape_uri(text: str, kind: str = "uri") -> str:
    """Percent-encodes what may not stand in a path ("uri") or in an argument ("args")."""
    if _IS_PLAIN[kind](text):
        return text
    unsafe = _TABLES[kind]
    return "".join(
        f"%{byte:02X}" if byte < 0x20 or byte >= 0x7F or byte in unsafe else chr(byte) for byte in to_bytes(text)
    )


def escape_component(text: str) -> str:
    """Percent-encodes all but the unreserved characters, as set_escape_uri does."""
    return "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in to_bytes(text))


def unescape_redirect(text: str) -> str:
    """What `rewrite ... redirect` does to its target: decodes the harmless %XX before the query."""
    if "%" not in text:
        return text
    path, mark, query = text.partition("?")

    def decoded(match: re.Match[str]) -> str:
        code = int(match[1], 16)
        return chr(code) if 0x25 < code < 0x7F else match[0]

    return re.sub(r"%([0-9A-Fa-f]{2})", decoded, path) + mark + query


def percent_decode(text: str) -> str:
    if "%" not in text:
        return text
    data = re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), to_bytes(text))
    return from_bytes(data)


class BadUriError(Exception):
    """A request target that nginx answers with 400."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason)
        self.reason = reason


_CODE = re.compile(rb"%([0-9A-Fa-f]{2})?")


def parse_uri(target: str, merge_slashes: bool = True) -> tuple[str, str, bool, bool]:
    """Normalises a request target: path, arguments, and whether the path held %XX or a plus sign.

    Captures of a path that held one are escaped in arguments. Raises BadUriError where nginx would answer 400.

    nginx 1.27.1: src/http/ngx_http_parse.c, ngx_http_parse_complex_uri
    """
    path, _, args = target.partition("?")
    if not ("%" in path or "+" in path or "#" in target or "//" in path or "/." in path):
        return path, args, False, False
    path, hashed, _ = path.partition("#")
    args = "" if hashed else args.partition("#")[0]
    decoded = _decoded(to_bytes(path))
    return from_bytes(_resolved(decoded, merge_slashes)), args, "%" in path, b"+" in decoded


def parse_inner_uri(target: str) -> tuple[str, str]:
    """Path and arguments of a URI that a service names (X-Accel-Redirect). Raises BadUriError for an unsafe one."""
    # nginx 1.27.1: ngx_http_parse_unsafe_uri
    path, _, args = target.partition("?")
    decoded = percent_decode(path)
    if not path or "\0" in decoded or ".." in decoded.split("/"):
        raise BadUriError(Refusal.TARGET_INVALID)
    return decoded, args


def _decoded(path: bytes) -> bytes:
    def char(match: re.Match[bytes]) -> bytes:
        code = int(match[1] or b"0", 16)
        if not code:
            raise BadUriError(Refusal.PERCENT_CODE)
        return bytes((code,))

    return _CODE.sub(char, path)


def _resolved(path: bytes, merge_slashes: bool) -> bytes:
    """Without `.`, `..` and (unless told otherwise) empty segments; a path that ends in one of them ends in a slash."""
    kept: list[bytes] = []
    *segments, last = path.split(b"/")[1:]
    for segment in (*segments, last if last in (b".", b"..") else b"."):
        if segment == b"..":
            if not kept:
                raise BadUriError(Refusal.ABOVE_ROOT)
            kept.pop()
        elif segment != b"." and (segment or not merge_slashes):
            kept.append(segment)
    kept.append(b"" if last in (b".", b"..") else last)
    return b"/" + b"/".join(kept)
