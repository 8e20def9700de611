"""What each directive does to a location's settings: one row a directive.

A reader gets every directive of its name (or group) on one level at once, in the order written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, TypeAlias

from nginxsim.nginx.addresses import parse_network
from nginxsim.nginx.conf import (
    PREFIX,
    AccessRule,
    ErrorPage,
    HeaderAdd,
    HeaderChange,
    Limit,
    LocationConf,
    LuaFile,
    Mirror,
    Target,
)
from nginxsim.nginx.maps import variable_name
from nginxsim.nginx.regex import Regex
from nginxsim.nginx.script import compile_value, constant
from nginxsim.nginx.sizes import parse_offset, whole_number
from nginxsim.nginx.targets import BadTargetError, split_url
from nginxsim.nginx.tree import Directive, conf_error
from nginxsim.nginx.variables import Variables

Reader: TypeAlias = Callable[[LocationConf, Sequence[Directive], Variables], None]


def _flag(attribute: str) -> Reader:
    def read(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
        setattr(conf, attribute, directives[-1].args[:1] == ("on",))

    return read


def _word(attribute: str) -> Reader:
    def read(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
        setattr(conf, attribute, directives[-1].args[0])

    return read


def _status(attribute: str) -> Reader:
    def read(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
        setattr(conf, attribute, _number(directives[-1], directives[-1].args[0]))

    return read


def _number(directive: Directive, word: str) -> int:
    number = whole_number(word.removeprefix("-"))
    if number is None:
        raise conf_error(directive.line, f'invalid number "{word}"')
    return -number if word.startswith("-") else number


def _size(directive: Directive) -> int:
    size = parse_offset(directive.args[0])
    if size is None:
        raise conf_error(directive.line, f'"{directive.name}" directive invalid value')
    return size


# --- core -------------------------------------------------------------------------------------------------------------


def _internal(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
    conf.internal, conf.internal_line = True, directives[-1].line


def _root(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
    directive = directives[-1]
    conf.is_alias = directive.name == "alias"
    path = directive.args[0] if conf.is_alias else directive.args[0].rstrip("/")
    conf.root = path if path.startswith(("/", "$")) else f"{PREFIX}/{path}"


def _index(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
    conf.index = tuple(word for directive in directives for word in directive.args)


def _types(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
    conf.types = {
        extension: entry.name for directive in directives for entry in directive.block or () for extension in entry.args
    }


def _body_limit(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
    conf.body_limit, conf.body_limit_line = _size(directives[-1]), directives[-1].line


def _body_buffer(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
    conf.body_buffer = _size(directives[-1])


def _satisfy(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
    conf.satisfy_any, conf.satisfy_line = directives[-1].args[0] == "any", directives[-1].line


def _error_pages(conf: LocationConf, directives: Sequence[Directive], variables: Variables) -> None:
    pages: list[ErrorPage] = []
    for directive in directives:
        codes, target = list(directive.args[:-1]), directive.args[-1]
        overwrite = -1
        if codes and codes[-1].startswith("="):
            word = codes.pop()[1:]
            overwrite = _number(directive, word) if word else 0
        value = compile_value(target, variables, directive.line)
        pages += [ErrorPage(_number(directive, code), overwrite, value, directive.line) for code in codes]
    conf.error_pages = tuple(pages)


def _no_error_pages(conf: LocationConf, _: Sequence[Directive], __: Variables) -> None:
    conf.error_pages = ()


def _try_files(conf: LocationConf, directives: Sequence[Directive], variables: Variables) -> None:
    directive = directives[-1]
    conf.try_files = tuple(compile_value(word, variables, directive.line) for word in directive.args)
    conf.try_line = directive.line


# --- access -----------------------------------------------------------------------------------------------------------


def _access(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
    rules: list[AccessRule] = []
    for directive in directives:
        word = directive.args[0]
        network = None if word == "all" else parse_network(word)
        if word == "unix:":
            continue
        if network is None and word != "all":
            raise conf_error(directive.line, f'invalid parameter "{word}"')
        rules.append(AccessRule(directive.name == "allow", network, f"{directive.name} {word}", directive.line))
    conf.access = tuple(rules)


def _auth_basic(conf: LocationConf, directives: Sequence[Directive], variables: Variables) -> None:
    directive = directives[-1]
    conf.auth_basic = compile_value(directive.args[0], variables, directive.line)
    conf.auth_basic_line = directive.line


def _auth_file(conf: LocationConf, directives: Sequence[Directive], variables: Variables) -> None:
    conf.auth_file = compile_value(directives[-1].args[0], variables, directives[-1].line)


def _auth_digest(conf: LocationConf, directives: Sequence[Directive], variables: Variables) -> None:
    directive = directives[-1]
    value = compile_value(directive.args[0], variables, directive.line)
    conf.auth_digest = None if value.constant in ("off", "") else value
    conf.auth_digest_line = directive.line


def _auth_request(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
    word = directives[-1].args[0]
    conf.auth_request = "" if word == "off" else word
    conf.auth_request_line = directives[-1].line


def _auth_request_set(conf: LocationConf, directives: Sequence[Directive], variables: Variables) -> None:
    pairs = []
    for directive in directives:
        name = variable_name(directive.args[0], directive.line)
        variables.allow_set(name)
        pairs.append((name, compile_value(directive.args[1], variables, directive.line)))
    conf.auth_request_set = tuple(pairs)


def _mirrors(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
    conf.mirrors = tuple(
        Mirror(directive.args[0], directive.line) for directive in directives if directive.args[0] != "off"
    )


def _limit_req(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
    limits = []
    for directive in directives:
        words = dict(word.partition("=")[::2] for word in directive.args)
        burst = _number(directive, words.get("burst", "0"))
        delay = burst if "nodelay" in words else _number(directive, words.get("delay", "0"))
        limits.append(Limit(words.get("zone", ""), burst, directive.line, delay))
    conf.limit_req = tuple(limits)


def _limit_conn(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
    conf.limit_conn = tuple(Limit(d.args[0], _number(d, d.args[1]), d.line) for d in directives)


def _realip_from(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
    networks = []
    for directive in directives:
        network = parse_network(directive.args[0])
        if network is not None:
            networks.append(network)
    conf.realip_from, conf.realip_line = tuple(networks), directives[0].line


# --- headers ----------------------------------------------------------------------------------------------------------


def _add_headers(conf: LocationConf, directives: Sequence[Directive], variables: Variables) -> None:
    conf.add_headers = tuple(
        HeaderAdd(d.args[0], compile_value(d.args[1], variables, d.line), d.args[2:3] == ("always",), d.line)
        for d in directives
    )


def _expires(conf: LocationConf, directives: Sequence[Directive], variables: Variables) -> None:
    directive = directives[-1]
    conf.expires_modified = len(directive.args) > 1 and directive.args[0] == "modified"
    conf.expires = None
    if directive.args != ("off",):
        conf.expires = compile_value(directive.args[-1], variables, directive.line)


def _more_headers(conf: LocationConf, directives: Sequence[Directive], variables: Variables) -> None:
    """Parents' changes come first, then this level's."""
    own = [change for directive in directives for change in _changes(directive, variables)]
    conf.set_headers = (*conf.set_headers, *own)


def _more_input(conf: LocationConf, directives: Sequence[Directive], variables: Variables) -> None:
    own = [change for directive in directives for change in _changes(directive, variables)]
    conf.input_headers = (*conf.input_headers, *own)


def _changes(directive: Directive, variables: Variables) -> list[HeaderChange]:
    """openresty/headers-more-nginx-module: options -s STATUSES, -t TYPES, -a (append), -r (replace only)."""
    clears = "clear" in directive.name
    statuses: frozenset[int] = frozenset()
    types: frozenset[str] = frozenset()
    flags: set[str] = set()
    headers: list[str] = []
    words = iter(directive.args)
    for word in words:
        if word == "-s":
            statuses = frozenset(filter(None, map(whole_number, next(words, "").split())))
        elif word == "-t":
            types = frozenset(next(words, "").split())
        elif word.startswith("-"):
            flags.add(word)
        elif word:
            headers.append(word)
    made = []
    for header in headers:
        name, _, text = header.partition(":")
        value = constant("") if clears else compile_value(text.lstrip(" "), variables, directive.line)
        wildcard = clears and name.strip().endswith("*")
        bare = name.strip().rstrip("*") if wildcard else name.strip()
        change = HeaderChange(bare, value, wildcard, statuses, types, "-a" in flags, "-r" in flags, directive.line)
        made.append(change)
    return made


def _gzip(attribute: str, read: Callable[[Directive], object]) -> Reader:
    def set_one(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
        changed: dict[str, Any] = {attribute: read(directives[-1])}
        conf.gzip = conf.gzip._replace(**changed)

    return set_one


# nginx 1.27.1: src/http/ngx_http_request.c (ngx_http_process_user_agent)
_OLD_BROWSERS = "MSIE (?:[45]|6(?!.*SV1))"


def _agents(directive: Directive) -> tuple[Regex, ...]:
    """The expressions of gzip_disable; "msie6" is a word of its own."""
    return tuple(
        Regex(_OLD_BROWSERS, line=directive.line) if text == "msie6" else Regex(text, True, directive.line)
        for text in directive.args
    )


def _is_on(directive: Directive) -> bool:
    return directive.args[:1] == ("on",)


def _words(directive: Directive) -> frozenset[str]:
    return frozenset(directive.args)


# --- content ----------------------------------------------------------------------------------------------------------


def _pass(conf: LocationConf, directives: Sequence[Directive], variables: Variables) -> None:
    directive = directives[-1]
    protocol = directive.name.removesuffix("_pass")
    value = compile_value(directive.args[0], variables, directive.line)
    location = conf.name if conf.kind in ("", "=", "^~") else ""
    try:
        place = None if value.constant is None else split_url(value.constant, protocol)
    except BadTargetError as error:
        raise conf_error(directive.line, str(error)) from None
    conf.target = Target(protocol, value, place, location, directive.line, f"{directive.name} {value.source}")
    _content(conf, protocol, directive)


def _content(conf: LocationConf, kind: str, directive: Directive) -> None:
    conf.content, conf.content_line = kind, directive.line
    conf.auto_redirect = (
        conf.kind in ("", "=", "^~") and conf.name.endswith("/") and kind not in ("stub_status", "empty_gif")
    )


def _simple_content(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
    directive = directives[-1]
    if directive.args[:1] != ("off",):
        conf.content, conf.content_line = directive.name, directive.line


def _unknown_content(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
    conf.content, conf.content_line = f"unknown:{directives[-1].name}", directives[-1].line


def _lua_file(directive: Directive) -> LuaFile:
    name = "" if directive.name.endswith("_block") else PurePosixPath(directive.args[0]).name if directive.args else ""
    return LuaFile(name, directive.line)


def _lua_content(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
    conf.content_lua = _lua_file(directives[-1])
    conf.content, conf.content_line = "lua", directives[-1].line


def _lua(attribute: str) -> Reader:
    def read(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
        setattr(conf, attribute, _lua_file(directives[-1]))

    return read


READERS: Mapping[str, Reader] = {
    "internal": _internal,
    "root": _root,
    "alias": _root,
    "index": _index,
    "types": _types,
    "default_type": _word("default_type"),
    "server_tokens": _word("server_tokens"),
    "client_max_body_size": _body_limit,
    "client_body_buffer_size": _body_buffer,
    "satisfy": _satisfy,
    "absolute_redirect": _flag("absolute_redirect"),
    "port_in_redirect": _flag("port_in_redirect"),
    "server_name_in_redirect": _flag("server_name_in_redirect"),
    "error_page": _error_pages,
    "no_error_pages": _no_error_pages,
    "recursive_error_pages": _flag("recursive_error_pages"),
    "try_files": _try_files,
    "allow": _access,
    "deny": _access,
    "auth_basic": _auth_basic,
    "auth_basic_user_file": _auth_file,
    "auth_digest": _auth_digest,
    "auth_request": _auth_request,
    "auth_request_set": _auth_request_set,
    "mirror": _mirrors,
    "limit_req": _limit_req,
    "limit_conn": _limit_conn,
    "limit_req_status": _status("limit_req_status"),
    "limit_conn_status": _status("limit_conn_status"),
    "limit_req_dry_run": _flag("limit_req_dry_run"),
    "limit_conn_dry_run": _flag("limit_conn_dry_run"),
    "set_real_ip_from": _realip_from,
    "real_ip_header": _word("realip_header"),
    "real_ip_recursive": _flag("realip_recursive"),
    "expires": _expires,
    "add_header": _add_headers,
    "more_set_headers": _more_headers,
    "more_clear_headers": _more_headers,
    "more_set_input_headers": _more_input,
    "more_clear_input_headers": _more_input,
    "gzip": _gzip("on", _is_on),
    "gzip_vary": _gzip("vary", _is_on),
    "gzip_min_length": _gzip("min_length", lambda directive: _number(directive, directive.args[0])),
    "gzip_types": _gzip("types", _words),
    "gzip_proxied": _gzip("proxied", _words),
    "gzip_http_version": _gzip("version", lambda directive: directive.args[0]),
    "gzip_disable": _gzip("disabled", _agents),
    "proxy_pass": _pass,
    "grpc_pass": _pass,
    "fastcgi_pass": _pass,
    "uwsgi_pass": _pass,
    "scgi_pass": _pass,
    "memcached_pass": _pass,
    "stub_status": _simple_content,
    "empty_gif": _simple_content,
    "content_by_lua_file": _lua_content,
    "content_by_lua_block": _lua_content,
    "content_by_lua": _lua_content,
    "rewrite_by_lua_file": _lua("lua_rewrite"),
    "rewrite_by_lua_block": _lua("lua_rewrite"),
    "rewrite_by_lua": _lua("lua_rewrite"),
    "access_by_lua_file": _lua("lua_access"),
    "access_by_lua_block": _lua("lua_access"),
    "access_by_lua": _lua("lua_access"),
    "header_filter_by_lua_file": _lua("lua_header_filter"),
    "header_filter_by_lua_block": _lua("lua_header_filter"),
    "header_filter_by_lua": _lua("lua_header_filter"),
    "echo": _unknown_content,
    "flv": _unknown_content,
    "mp4": _unknown_content,
    "js_content": _unknown_content,
    "perl": _unknown_content,
    "api": _unknown_content,
    "random_index": _unknown_content,
    "ip_pool_view": _unknown_content,
}

GROUPS: Mapping[str, str] = {
    "deny": "allow",
    "more_clear_headers": "more_set_headers",
    "more_clear_input_headers": "more_set_input_headers",
    "alias": "root",
}
"""Directives that are read together, because their order counts."""

ASSUMED: Mapping[str, str] = {
    "modsecurity": "ModSecurity blocks nothing",
    "auth_jwt": "auth_jwt lets the request pass",
    "autoindex": "autoindex lists nothing",
    "secure_link": "secure_link sees no link",
    "proxy_cache": "the proxy cache is empty",
    "fastcgi_cache": "the fastcgi cache is empty",
    "uwsgi_cache": "the uwsgi cache is empty",
    "brotli": "brotli does not compress the response",
    "dav_methods": "no file is changed",
    "js_header_filter": "js_header_filter changes nothing",
    "js_access": "js_access lets the request pass",
    "valid_referers": "the referer is valid",
    "charset": "charset adds nothing to Content-Type",
    "userid": "userid sets no cookie",
    "image_filter": "image_filter refuses no image",
    "xslt_stylesheet": "xslt_stylesheet changes nothing",
    "ssi": "ssi changes nothing",
    "sub_filter": "sub_filter changes nothing",
    "add_before_body": "add_before_body changes nothing",
    "add_after_body": "add_after_body changes nothing",
    "gunzip": "gunzip changes nothing",
    "slice": "slice asks for no range",
    "opentelemetry": "OpenTelemetry adds no header to what the service is sent",
    **{
        f"{phase}_by_lua{form}": f"{phase}_by_lua {effect}"
        for phase, effect in (
            ("body_filter", "changes nothing"),
            ("ssl_client_hello", "lets the handshake pass"),
            ("ssl_certificate", "leaves the certificate as it is"),
        )
        for form in ("_block", "_file")
        if (phase, form) != ("ssl_certificate", "_file")
    },
}
"""Directives that nobody here plays, and what is taken for granted unless they are off."""
