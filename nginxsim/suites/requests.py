"""The request of a test: a line "METHOD URL", or a mapping."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nginxsim.around.hops import words_of
from nginxsim.errors import UsageError
from nginxsim.nginx.exchange import Request
from nginxsim.nginx.visitors import Visitor
from nginxsim.suites.fields import HTTP_VERSIONS, REQUEST
from nginxsim.suites.nodes import Value
from nginxsim.url import proxy_line_of, request_for

LINE = re.compile(r"(?:(?P<method>[A-Z]+)\s+)?(?P<url>\S+)")


def read_request(value: Value, beside: Mapping[str, Value]) -> tuple[str, Request]:
    """The line that stands for the request in reports, and the Request.

    `beside`: request fields given elsewhere (the test's `client`, the file's defaults); the request's own come first.
    """
    own = value.fields(REQUEST, required=("url",)) if value.is_mapping else {}
    url, method = _line(own.get("url", value))
    given = {**beside, **own}
    if "method" in own:
        method = own["method"].text()
    headers = _headers(beside.get("headers"), own.get("headers"))
    try:
        request = request_for(url, method=method, headers=headers)
    except UsageError as problem:
        own.get("url", value).refuse(str(problem))
    return f"{method} {url}", _completed(request, given)


def _line(value: Value) -> tuple[str, str]:
    match = LINE.fullmatch(value.text().strip())
    if match is None:
        value.refuse(f'"{value.text()}" is no request; write "GET http://host/path"')
    return match["url"], match["method"] or "GET"


def _headers(*given: Value | None) -> list[tuple[str, str]]:
    """A header of a later mapping replaces that of an earlier one."""
    merged: dict[str, list[tuple[str, str]]] = {}
    for value in given:
        for name, lines in (value.entries() if value else {}).items():
            merged[name.lower()] = [(name, line.text()) for line in lines.one_or_more()]
    return [line for lines in merged.values() for line in lines]


def _completed(request: Request, given: Mapping[str, Value]) -> Request:
    """With the fields that a URL does not hold."""
    for name, reader in READERS.items():
        if name in given:
            changes: dict[str, Any] = {NAMED.get(name, name): reader(given[name])}
            request = replace(request, **changes)
    return request


def _address(value: Value) -> str:
    text = value.text()
    try:
        ipaddress.ip_address(text)
    except ValueError:
        value.refuse(f'"{text}" is no IP address; write one such as 203.0.113.7')
    return text


def _hops(value: Value) -> tuple[str, ...]:
    try:
        return words_of(word.text() for word in value.one_or_more())
    except UsageError as problem:
        value.refuse(str(problem))


def _proxy_line(value: Value) -> object:
    text = value.text()
    try:
        return proxy_line_of({"true": "on", "false": "off"}.get(text, text))
    except UsageError as problem:
        value.refuse(str(problem))


def _file(value: Value) -> str:
    path = Path(value.file.name).parent / value.text()
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        value.refuse(f"{path}: cannot be read: {problem}")


def _visitor(value: Value) -> Visitor:
    try:
        return Visitor.read(value.text())
    except UsageError as problem:
        value.refuse(str(problem))


NAMED: Mapping[str, str] = {"as": "as_"}
"""Fields of Request that go by another name, which is no word of Python's."""
READERS: Mapping[str, Callable[[Value], object]] = {
    "client": _address,
    "via": _hops,
    "body_bytes": Value.number,
    "http_version": lambda value: value.one_of(HTTP_VERSIONS),
    "port": lambda value: value.number(1, 65535),
    "proxy_protocol": _proxy_line,
    "sni": Value.text,
    "client_certificate": _file,
    "as": _visitor,
}
