"""How the text of each ConfigMap key becomes a value.

ingress-nginx 1.15.1: internal/ingress/controller/template/configmap.go. A reader raises ValueError, with the words the
controller logs, where the default stays; it complains about the parts of a list that are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from nginxsim.config.external_auth import (
    DEFAULT_CACHE_DURATION,
    METHODS,
    is_cache_duration,
    is_header_name,
    read_url,
    split_list,
)
from nginxsim.golang.net import network, parse_ip
from nginxsim.golang.strconv import atoi, parse_bool, parse_duration, parse_float, parse_int, trim
from nginxsim.releases.settings import LUA_SHARED_DICTS

Complain: TypeAlias = Callable[[str, str], None]
"""Called with the reason and the offending part."""
SettingReader: TypeAlias = Callable[[str, Mapping[str, Any], Complain], Mapping[str, Any]]
"""Text, the fields known so far (of global-auth-* without that), and the complaints box -> the fields to set."""
WeakReader: TypeAlias = Callable[[str, str, Any], Any]
"""Key, text and the value so far -> the value."""

REDIRECT_CODES = (301, 302, 307, 308)
MOST_DICTS = 100
LARGEST_DICT = 204800
KILO = 1024

LARGEST_INT = (1 << 63) - 1
_DICT_SIZE = re.compile(r"([0-9]+)([kKmM]?)")


def split(text: str) -> tuple[str, ...]:
    """Between commas, blanks trimmed. Empty pieces vanish, pieces of blanks stay as empty text."""
    return tuple(trim(piece) for piece in text.split(",") if piece)


def _listed(key: str) -> SettingReader:
    name = key.replace("-", "_")
    return lambda text, _known, _complain: {name: split(text)}


def _lua_shared_dicts(text: str, known: Mapping[str, Any], complain: Complain) -> Mapping[str, Any]:
    return _dicts(text, known, complain, _dict_fault, _kilobytes)


def lua_dicts_in_megabytes(text: str, known: Mapping[str, Any], complain: Complain) -> Mapping[str, Any]:
    """Of releases that take a plain number and nothing else."""
    # ingress-nginx 0.48.1: internal/ingress/controller/template/configmap.go
    return _dicts(text, known, complain, _megabytes_fault, lambda size: atoi(size) * KILO)


def _dicts(
    text: str,
    known: Mapping[str, Any],
    complain: Complain,
    fault: Callable[[str, str, int], str],
    size_of: Callable[[str], int],
) -> Mapping[str, Any]:
    sizes: dict[str, int] = {}
    for piece in split(text):
        name, colon, size = piece.replace(" ", "").partition(":")
        if not colon:
            complain(f"Ignoring poorly formatted Lua dictionary {piece}", piece)
        elif reason := fault(name, size, len(sizes)):
            complain(reason, piece)
        else:
            sizes[name] = size_of(size)
    return {"lua_shared_dicts": {**known.get("lua_shared_dicts", LUA_SHARED_DICTS), **sizes}}


def _dict_fault(name: str, size: str, count: int) -> str:
    kilobytes = _kilobytes(size)
    if kilobytes < 0:
        return f"Ignoring poorly formatted value {size} for Lua dictionary {name}"
    if kilobytes > LARGEST_DICT:
        return f"Ignoring {size} for Lua dictionary {name}: maximum size is {LARGEST_DICT}k."
    if count >= MOST_DICTS:
        return f"Ignoring {size} for Lua dictionary {name}: can not configure more than {MOST_DICTS} dictionaries."
    return ""


def _megabytes_fault(name: str, size: str, count: int) -> str:
    try:
        megabytes = atoi(size)
    except ValueError as error:
        return f"Ignoring non integer value {size} for Lua dictionary {name}: {error}."
    if megabytes > LARGEST_DICT // KILO:
        return f"Ignoring {megabytes} for Lua dictionary {name}: maximum size is {LARGEST_DICT // KILO}."
    if count >= MOST_DICTS:
        return f"Ignoring {size} for Lua dictionary {name}: can not configure more than {MOST_DICTS} dictionaries."
    return ""


def _kilobytes(size: str) -> int:
    """Megabytes unless a k is given; below zero where it is no size, and for what wraps around in Go's 64 bits."""
    match = _DICT_SIZE.fullmatch(size)
    if not match:
        return -1
    digits = match[1].lstrip("0")
    number = min(int(digits or 0), LARGEST_INT) if len(digits) < 20 else LARGEST_INT
    kilobytes = number * (1 if match[2].lower() == "k" else KILO)
    return (kilobytes + LARGEST_INT + 1) % (1 << 64) - LARGEST_INT - 1


def _error_codes(text: str, _known: Mapping[str, Any], complain: Complain) -> Mapping[str, Any]:
    codes = []
    for piece in split(text):
        try:
            code = atoi(piece)
        except ValueError as error:
            complain(f"{piece} is not a valid http code: {error}", piece)
            continue
        if 299 < code < 600:
            codes.append(code)
        else:
            complain(f"error code {code} is not valid for custom error pages", piece)
    return {"custom_http_errors": tuple(codes)}


def _bind_addresses(text: str, _known: Mapping[str, Any], complain: Complain) -> Mapping[str, Any]:
    ipv4, ipv6 = [], []
    for piece in split(text):
        address = parse_ip(piece)
        if address is None:
            complain(f"{piece} is not a valid textual representation of an IP address", piece)
        elif address.version == 6:
            ipv6.append(f"[{address}]")
        else:
            ipv4.append(str(address))
    return {"bind_address_ipv4": tuple(ipv4), "bind_address_ipv6": tuple(ipv6)}


def _debug_connections(text: str, _known: Mapping[str, Any], complain: Complain) -> Mapping[str, Any]:
    kept = []
    for piece in split(text):
        try:
            network(piece)
        except ValueError:
            complain(f"{piece} is not a valid IP or CIDR address", piece)
        else:
            kept.append(piece)
    return {"debug_connections": tuple(kept)}


def _redirect_code(text: str, _known: Mapping[str, Any], _complain: Complain) -> Mapping[str, Any]:
    try:
        code = atoi(text)
    except ValueError as error:
        raise ValueError(f"{text} is not a valid HTTP code: {error}") from None
    if code not in REDIRECT_CODES:
        raise ValueError(f"The code {text} is not a valid as HTTP redirect code. Using the default.")
    return {"http_redirect_code": code}


def _parsed(name: str, parse: Callable[[str], Any], complaint: str) -> SettingReader:
    """complaint: what is said of a text that `parse` refuses; it may name {text} and {error}."""

    def read(text: str, _known: Mapping[str, Any], _complain: Complain) -> Mapping[str, Any]:
        try:
            return {name: parse(text)}
        except ValueError as error:
            raise ValueError(complaint.format(text=text, error=error)) from None

    return read


_stream_responses = _parsed("proxy_stream_responses", atoi, "{text} is not a valid number: {error}")
_header_timeout = _parsed(
    "proxy_protocol_header_timeout",
    parse_duration,
    "proxy-protocol-header-timeout of {text} encountered an error while being parsed {error}. "
    "Switching to use default value instead.",
)


def _worker_processes(text: str, _known: Mapping[str, Any], _complain: Complain) -> Mapping[str, Any]:
    return {} if text == "auto" else {"worker_processes": text}


_serial_reloads = _parsed(
    "enable_serial_reloads",
    parse_bool,
    "failed to parse enable-serial-reloads setting, valid values are true or false, found {text}",
)


def _allowed_headers(text: str, _known: Mapping[str, Any], complain: Complain) -> Mapping[str, Any]:
    return {"global_allowed_response_headers": _headers(text, complain, "Global allowed response headers denied - {}.")}


def _headers(text: str, complain: Complain, reason: str) -> tuple[str, ...]:
    headers = split(text)
    for header in headers:
        if not is_header_name(header):
            complain(reason.format(header), header)
    return tuple(filter(is_header_name, headers))


def _auth_url(text: str, _known: Mapping[str, Any], _complain: Complain) -> Mapping[str, Any]:
    try:
        return {"url": text, "host": read_url(text).hostname}
    except ValueError as error:
        raise ValueError(f"Global auth location denied - {error}.") from None


def _auth_method(text: str, _known: Mapping[str, Any], _complain: Complain) -> Mapping[str, Any]:
    if text and text not in METHODS:
        raise ValueError("Global auth location denied - invalid HTTP method.")
    return {"method": text}


def _auth_signin(text: str, _known: Mapping[str, Any], _complain: Complain) -> Mapping[str, Any]:
    try:
        read_url(text)
    except ValueError:
        raise ValueError(
            "Global auth location denied - global-auth-signin setting is undefined and will not be set."
        ) from None
    return {"signin_url": text}


def _auth_redirect_param(text: str, known: Mapping[str, Any], _complain: Complain) -> Mapping[str, Any]:
    """Only good together with a sign-in page: the two are tried as one URL."""
    parameter = trim(text)
    try:
        read_url(f"{known.get('signin_url', '')}?{parameter}=dummy")
    except ValueError:
        raise ValueError(
            "Global auth redirect parameter denied - "
            "global-auth-signin-redirect-param setting is invalid and will not be set."
        ) from None
    return {"signin_redirect_param": parameter}


def _auth_headers(text: str, _known: Mapping[str, Any], complain: Complain) -> Mapping[str, Any]:
    return {"response_headers": _headers(text, complain, "Global auth location denied - invalid headers list.")}


def _auth_cache(text: str, _known: Mapping[str, Any], complain: Complain) -> Mapping[str, Any]:
    """internal/ingress/annotations/authreq/main.go, ParseStringToCacheDurations: one bad entry spoils the list."""
    durations = split_list(text)
    wrong = next((duration for duration in durations if not is_cache_duration(duration)), None)
    if wrong is not None:
        complain(f"Global auth location denied - invalid cache duration: {wrong}", wrong)
    return {"cache_duration": durations if durations and wrong is None else (DEFAULT_CACHE_DURATION,)}


_auth_cookie = _parsed(
    "always_set_cookie",
    parse_bool,
    "Global auth location denied - cannot convert global-auth-always-set-cookie to bool: {error}",
)


def _auth_text(name: str) -> SettingReader:
    return lambda text, _known, _complain: {name: text}


LISTS = (
    "plugins",
    "hide-headers",
    "skip-access-log-urls",
    "denylist-source-range",
    "whitelist-source-range",
    "proxy-real-ip-cidr",
    "block-cidrs",
    "block-user-agents",
    "block-referers",
    "nginx-status-ipv4-whitelist",
    "nginx-status-ipv6-whitelist",
)

READERS: Mapping[str, SettingReader] = {
    "lua-shared-dicts": _lua_shared_dicts,
    "custom-http-errors": _error_codes,
    **{key: _listed(key) for key in LISTS},
    "bind-address": _bind_addresses,
    "http-redirect-code": _redirect_code,
    "global-auth-url": _auth_url,
    "global-allowed-response-headers": _allowed_headers,
    "global-auth-method": _auth_method,
    "global-auth-signin": _auth_signin,
    "global-auth-signin-redirect-param": _auth_redirect_param,
    "global-auth-response-headers": _auth_headers,
    "global-auth-request-redirect": _auth_text("request_redirect"),
    "global-auth-snippet": _auth_text("snippet"),
    "global-auth-cache-key": _auth_text("cache_key"),
    "global-auth-cache-duration": _auth_cache,
    "global-auth-always-set-cookie": _auth_cookie,
    "proxy-protocol-header-timeout": _header_timeout,
    "proxy-stream-responses": _stream_responses,
    "worker-processes": _worker_processes,
    "enable-serial-reloads": _serial_reloads,
    "debug-connections": _debug_connections,
}
"""The keys that are read by hand, in the controller's order: only in this spelling, and before all others."""


def _weak_text(_key: str, text: str, _value: Any) -> str:
    return text


def _weak_bool(key: str, text: str, _value: Any) -> bool:
    try:
        return parse_bool(text) if text else False
    except ValueError as error:
        raise ValueError(f"cannot parse '{key}' as bool: {error}") from None


def _weak_int(bits: int) -> WeakReader:
    def read(key: str, text: str, _value: Any) -> int:
        try:
            return parse_int(text or "0", bits=bits)
        except ValueError as error:
            raise ValueError(f"cannot parse '{key}' as int: {error}") from None

    return read


def _weak_float(key: str, text: str, _value: Any) -> float:
    try:
        return parse_float(text or "0")
    except ValueError as error:
        raise ValueError(f"cannot parse '{key}' as float: {error}") from None


def _weak_seconds(key: str, text: str, value: Any) -> float:
    """A duration is a number of nanoseconds to this reader."""
    return float(_weak_int(64)(key, text, value)) / 1e9


def _weak_list(_key: str, text: str, value: Any) -> tuple[str, ...]:
    """The whole text becomes the first element; what a hand-read key has put behind it stays."""
    return (text, *value[1:])


def _weak_codes(key: str, text: str, value: Any) -> tuple[int, ...]:
    try:
        code = _weak_int(64)(f"{key}[0]", text, value)
    except ValueError:
        code = value[0] if value else 0
    return (code, *value[1:])


def _weak_structure(key: str, _text: str, _value: Any) -> Any:
    raise ValueError(f"'{key}' expected a map, got 'string'")


WEAK_READERS: Mapping[str, WeakReader] = {
    "str": _weak_text,
    "bool": _weak_bool,
    "int": _weak_int(64),
    "Int32": _weak_int(32),
    "float": _weak_float,
    "Seconds": _weak_seconds,
    "tuple[str, ...]": _weak_list,
    "tuple[int, ...]": _weak_codes,
    "Mapping[str, int]": _weak_structure,
    "ExternalAuth": _weak_structure,
}
"""By the type of the field in settings_table."""
