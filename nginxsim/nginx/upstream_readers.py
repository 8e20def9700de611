"""proxy_*, grpc_*, fastcgi_*...: what these directives say about passing requests on.

Which of these readers is whose, the table of directives says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TypeAlias

from nginxsim.nginx.conf import HeaderPlan, LocationConf, Replacement, Target, UpstreamConf
from nginxsim.nginx.phases.answers import FASTCGI_HIDDEN, HIDDEN
from nginxsim.nginx.regex import Regex
from nginxsim.nginx.script import Value, compile_value, constant
from nginxsim.nginx.sizes import parse_milliseconds, parse_size, whole_number
from nginxsim.nginx.tree import Directive, conf_error
from nginxsim.nginx.variables import Variables

UpstreamReader: TypeAlias = Callable[[UpstreamConf, Sequence[Directive], Variables], None]

# nginx 1.27.1: ngx_http_proxy_headers, ngx_http_grpc_headers
DEFAULT_HEADERS: Mapping[str, Mapping[str, str]] = {
    "proxy": {
        "Host": "$proxy_host",
        "Connection": "close",
        "Content-Length": "$proxy_internal_body_length",
        "Transfer-Encoding": "$proxy_internal_chunked",
        "TE": "",
        "Keep-Alive": "",
        "Expect": "",
        "Upgrade": "",
    },
    "grpc": {
        "Content-Length": "$content_length",
        "TE": "$grpc_internal_trailers",
        "Host": "",
        "Connection": "",
        "Transfer-Encoding": "",
        "Keep-Alive": "",
        "Expect": "",
        "Upgrade": "",
    },
}

# the fastcgi_params file that nginx ships; the client's port is left out, as nobody can know it
FASTCGI_PARAMS: tuple[tuple[str, ...], ...] = (
    ("QUERY_STRING", "$query_string"),
    ("REQUEST_METHOD", "$request_method"),
    ("CONTENT_TYPE", "$content_type"),
    ("CONTENT_LENGTH", "$content_length"),
    ("SCRIPT_NAME", "$fastcgi_script_name"),
    ("REQUEST_URI", "$request_uri"),
    ("DOCUMENT_URI", "$document_uri"),
    ("DOCUMENT_ROOT", "$document_root"),
    ("SERVER_PROTOCOL", "$server_protocol"),
    ("REQUEST_SCHEME", "$scheme"),
    ("HTTPS", "$https", "if_not_empty"),
    ("GATEWAY_INTERFACE", "CGI/1.1"),
    ("SERVER_SOFTWARE", "nginx/$nginx_version"),
    ("REMOTE_ADDR", "$remote_addr"),
    ("SERVER_ADDR", "$server_addr"),
    ("SERVER_PORT", "$server_port"),
    ("SERVER_NAME", "$server_name"),
    ("REDIRECT_STATUS", "200"),
)


def _flag(attribute: str) -> UpstreamReader:
    def read(up: UpstreamConf, directives: Sequence[Directive], _: Variables) -> None:
        setattr(up, attribute, directives[-1].args[:1] == ("on",))

    return read


def _value(attribute: str) -> UpstreamReader:
    def read(up: UpstreamConf, directives: Sequence[Directive], variables: Variables) -> None:
        setattr(up, attribute, compile_value(directives[-1].args[0], variables, directives[-1].line))

    return read


def _names(attribute: str) -> UpstreamReader:
    def read(up: UpstreamConf, directives: Sequence[Directive], _: Variables) -> None:
        setattr(up, attribute, frozenset(word.lower() for directive in directives for word in directive.args))

    return read


def _set_headers(up: UpstreamConf, directives: Sequence[Directive], variables: Variables) -> None:
    up.set_headers = tuple((d.args[0], compile_value(d.args[1], variables, d.line), d.line) for d in directives)


def _params(up: UpstreamConf, directives: Sequence[Directive], variables: Variables) -> None:
    """An empty HTTP_* parameter only keeps the client's header of that name from being passed."""
    up.params = tuple(
        (d.args[0], compile_value(d.args[1], variables, d.line), d.args[2:3] == ("if_not_empty",) or _only_hides(d))
        for d in directives
    )


def _only_hides(directive: Directive) -> bool:
    return directive.args[0].startswith("HTTP_") and directive.args[1] == ""


def _index(up: UpstreamConf, directives: Sequence[Directive], _: Variables) -> None:
    up.index = directives[-1].args[0]


def _tries(up: UpstreamConf, directives: Sequence[Directive], _: Variables) -> None:
    word = directives[-1].args[0]
    up.tries = whole_number(word) or 0


def _buffer_size(up: UpstreamConf, directives: Sequence[Directive], _: Variables) -> None:
    up.buffer_size, up.line = parse_size(directives[-1].args[0]) or up.buffer_size, directives[-1].line


def _timeout(attribute: str) -> UpstreamReader:
    def read(up: UpstreamConf, directives: Sequence[Directive], _: Variables) -> None:
        milliseconds = parse_milliseconds(directives[-1].args[0])
        if milliseconds is None:
            raise conf_error(directives[-1].line, f'"{directives[-1].name}" directive invalid value')
        setattr(up, attribute, milliseconds)

    return read


def _next_upstream(up: UpstreamConf, directives: Sequence[Directive], _: Variables) -> None:
    words = frozenset(directives[-1].args)
    up.next_upstream, up.next_line = frozenset() if "off" in words else words, directives[-1].line


def _redirects(up: UpstreamConf, directives: Sequence[Directive], variables: Variables) -> None:
    if directives[-1].args[:1] == ("off",):
        up.redirects = ()
        return
    up.redirects = tuple(_replacement(d, variables) for d in directives)


def _replacement(directive: Directive, variables: Variables) -> Replacement:
    words, line = directive.args, directive.line
    if words == ("default",):
        return Replacement(None, None, line)
    if len(words) < 2:
        raise conf_error(line, f'invalid parameter "{words[0] if words else ""}"')
    return Replacement(_pattern(words[0], line, variables), compile_value(words[1], variables, line), line)


def _pattern(word: str, line: int, variables: Variables) -> Value | Regex:
    if word.startswith("~*"):
        return Regex(word[2:], True, line)
    if word.startswith("~"):
        return Regex(word[1:], False, line)
    return compile_value(word, variables, line)


def _replacements(attribute: str) -> UpstreamReader:
    def read(up: UpstreamConf, directives: Sequence[Directive], variables: Variables) -> None:
        off = directives[-1].args[:1] == ("off",)
        setattr(up, attribute, () if off else tuple(_replacement(d, variables) for d in directives))

    return read


def _cookie_flags(up: UpstreamConf, directives: Sequence[Directive], variables: Variables) -> None:
    rules = [d for d in directives if d.args[:1] != ("off",)]
    up.cookie_flags = tuple((_pattern(d.args[0], d.line, variables), frozenset(d.args[1:])) for d in rules)


READERS: Mapping[str, UpstreamReader] = {
    "set_headers": _set_headers,
    "params": _params,
    "next_upstream": _next_upstream,
    "tries": _tries,
    "redirects": _redirects,
    "cookie_flags": _cookie_flags,
    "buffer_size": _buffer_size,
    "index": _index,
}
READERS_INTO: Mapping[str, Callable[[str], UpstreamReader]] = {
    "flag": _flag,
    "value": _value,
    "names": _names,
    "replacements": _replacements,
    "timeout": _timeout,
}
"""Readers by what they read, for the setting that the table names."""


@cache
def upstream_reader(name: str, setting: str = "") -> UpstreamReader:
    return READERS_INTO[name](setting) if setting else READERS[name]


def complete(conf: LocationConf, variables: Variables) -> None:
    """Works out what depends on several directives: the header plan, hidden headers, default redirects."""
    target = conf.target
    if target is None:
        return
    up = conf.own_upstream(target.protocol)
    base = FASTCGI_HIDDEN if target.protocol in ("fastcgi", "uwsgi", "scgi") else HIDDEN
    up.hidden = (base - up.passed) | up.hide
    up.redirects = _with_default(up.redirects, target) if target.protocol == "proxy" else ()
    up.plan = _plan(up, target.protocol, variables)


def _with_default(rules: tuple[Replacement, ...] | None, target: Target) -> tuple[Replacement, ...]:
    if target.place is None:
        return tuple(rule for rule in rules or () if rule.pattern is not None)
    url = target.value.source
    pattern, replacement = (url, target.location) if target.place.uri else (f"{url}/", "/")
    default = Replacement(constant(pattern), constant(replacement), target.line)
    if rules is None:
        return (default,)
    return tuple(default if rule.pattern is None else rule for rule in rules)


def _plan(up: UpstreamConf, protocol: str, variables: Variables) -> HeaderPlan:
    """Own headers first, then the defaults that they do not replace."""
    # nginx 1.27.1: ngx_http_proxy_init_headers
    own = [(name, value) for name, value, _ in up.set_headers]
    taken = {name.lower() for name, _ in own}
    defaults = DEFAULT_HEADERS.get(protocol, {}).items()
    own += [(name, compile_value(text, variables)) for name, text in defaults if name.lower() not in taken]
    rows = tuple(
        (name.lower() if protocol == "grpc" else name, value.kept, value.get)
        for name, value in own
        if value.constant != ""
    )
    return HeaderPlan(rows, frozenset(name.lower() for name, _ in own))
