"""What directives do to a location's settings. Which of these readers is whose, the table of directives says.

A reader gets every directive of its name on one level at once, in the order written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, TypeAlias, cast

from nginxsim.nginx.addresses import parse_network
from nginxsim.nginx.conf import (
    PREFIX,
    AccessRule,
    ErrorPage,
    HeaderAdd,
    HeaderChange,
    Limit,
    LocationConf,
    Mirror,
    Protocol,
    Target,
    script_of,
)
from nginxsim.nginx.header_arguments import name_and_value, types_in
from nginxsim.nginx.maps import variable_name
from nginxsim.nginx.regex import Regex
from nginxsim.nginx.script import compile_value, constant
from nginxsim.nginx.seclang import RuleSet, from_file, from_text
from nginxsim.nginx.sizes import parse_offset, whole_number
from nginxsim.nginx.targets import BadTargetError, split_url
from nginxsim.nginx.tree import Directive, conf_error
from nginxsim.nginx.variables import Variables

SettingReader: TypeAlias = Callable[[LocationConf, Sequence[Directive], Variables], None]


def _flag(attribute: str) -> SettingReader:
    def read(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
        setattr(conf, attribute, directives[-1].args[:1] == ("on",))

    return read


def _word(attribute: str) -> SettingReader:
    def read(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
        setattr(conf, attribute, directives[-1].args[0])

    return read


def _status(attribute: str) -> SettingReader:
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
            types = types_in(next(words, ""))
        elif word.startswith("-"):
            flags.add(word)
        elif word:
            headers.append(word)
    made = []
    for name, text in map(name_and_value, headers):
        value = constant("") if clears else compile_value(text, variables, directive.line)
        made.append(HeaderChange(name, value, statuses, types, "-a" in flags, "-r" in flags, directive.line))
    return made


def _compression(read: Callable[[Directive], object], attribute: str) -> SettingReader:
    """attribute: of conf.gzip or conf.brotli, as "on"; which of them, the directive's name says."""

    def set_one(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
        changed: dict[str, Any] = {attribute: read(directives[-1])}
        if directives[-1].name.startswith("brotli"):
            conf.brotli = conf.brotli._replace(**changed)
        else:
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


def _word_of(directive: Directive) -> str:
    return directive.args[0]


# --- ModSecurity ------------------------------------------------------------------------------------------------------


def _modsecurity(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
    outer, own = conf.modsecurity, RuleSet()
    for directive in directives:
        if directive.name == "modsecurity":
            outer = outer._replace(on=_is_on(directive), line=directive.line)
        else:
            read = from_text if directive.name == "modsecurity_rules" else from_file
            own = own.then(read(directive.args[-1]))
    conf.modsecurity = own.over(outer)._replace(on=outer.on, line=outer.line)


# --- content ----------------------------------------------------------------------------------------------------------


def _pass(conf: LocationConf, directives: Sequence[Directive], variables: Variables) -> None:
    directive = directives[-1]
    protocol = cast("Protocol", directive.name.removesuffix("_pass"))
    value = compile_value(directive.args[0], variables, directive.line)
    location = conf.name if conf.kind in ("", "=", "^~") else ""
    try:
        place = None if value.constant is None else split_url(value.constant, protocol)
    except BadTargetError as error:
        raise conf_error(directive.line, str(error)) from None
    conf.target = Target(protocol, value, place, location, directive.line, f"{directive.name} {value.source}")
    conf.content, conf.content_line = protocol, directive.line
    conf.auto_redirect = conf.kind in ("", "=", "^~") and conf.name.endswith("/")


def _simple_content(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
    directive = directives[-1]
    if directive.args[:1] != ("off",):
        conf.content, conf.content_line = directive.name, directive.line


def _unknown_content(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
    conf.content, conf.content_line = f"unknown:{directives[-1].name}", directives[-1].line


def _lua_content(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
    conf.content_lua = script_of(directives[-1])
    conf.content, conf.content_line = "lua", directives[-1].line


def _lua(attribute: str) -> SettingReader:
    def read(conf: LocationConf, directives: Sequence[Directive], _: Variables) -> None:
        setattr(conf, attribute, script_of(directives[-1]))

    return read


READERS: Mapping[str, SettingReader] = {
    "internal": _internal,
    "root": _root,
    "index": _index,
    "types": _types,
    "body_limit": _body_limit,
    "body_buffer": _body_buffer,
    "satisfy": _satisfy,
    "error_pages": _error_pages,
    "no_error_pages": _no_error_pages,
    "try_files": _try_files,
    "access": _access,
    "auth_basic": _auth_basic,
    "auth_file": _auth_file,
    "auth_digest": _auth_digest,
    "auth_request": _auth_request,
    "auth_request_set": _auth_request_set,
    "mirrors": _mirrors,
    "limit_req": _limit_req,
    "limit_conn": _limit_conn,
    "realip_from": _realip_from,
    "expires": _expires,
    "add_headers": _add_headers,
    "more_headers": _more_headers,
    "more_input": _more_input,
    "pass": _pass,
    "simple_content": _simple_content,
    "unknown_content": _unknown_content,
    "lua_content": _lua_content,
    "modsecurity": _modsecurity,
}
READERS_INTO: Mapping[str, Callable[[str], SettingReader]] = {
    "flag": _flag,
    "word": _word,
    "status": _status,
    "lua": _lua,
    "compression_flag": partial(_compression, _is_on),
    "compression_word": partial(_compression, _word_of),
    "compression_words": partial(_compression, _words),
    "compression_size": partial(_compression, _size),
    "compression_agents": partial(_compression, _agents),
}
"""Readers by what they read, for the setting that the table names."""

IN_ONE: frozenset[str] = frozenset({"access", "modsecurity", "more_headers", "more_input", "root"})
"""Readers that get the directives of all their names at once, because their order counts."""


@cache
def setting_reader(name: str, setting: str = "") -> SettingReader:
    return READERS_INTO[name](setting) if setting else READERS[name]
