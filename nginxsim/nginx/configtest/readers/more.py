"""more_set_headers and its like, Lua, OpenTelemetry."""

# openresty/headers-more-nginx-module 0.37: src/ngx_http_headers_more_util.c, ..._headers_out.c, ..._headers_in.c
# openresty/lua-nginx-module 0.10.28: src/ngx_http_lua_directive.c
# open-telemetry/opentelemetry-cpp-contrib: instrumentation/nginx/src/otel_ngx_module.cpp

from __future__ import annotations

from nginxsim.nginx.configtest import values
from nginxsim.nginx.configtest.faults import Refused
from nginxsim.nginx.configtest.readers.slots import invalid
from nginxsim.nginx.configtest.scopes import ArgumentReader, Conf, Scope
from nginxsim.nginx.header_arguments import BLANKS, name_and_value
from nginxsim.nginx.tree import Directive

OWN_HEADERS = """
    server date content-encoding location refresh last-modified content-range accept-ranges www-authenticate expires
    e-tag content-length content-type cache-control
"""
SMALLEST_DICT = 8192


def more_headers(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    outgoing = "input" not in d.name
    words = iter(d.args)
    append, keys = False, []
    for word in words:
        if not word.startswith("-"):
            keys += _header(conf, scope, d, word)
        elif word == "-t" or (word == "-s" and outgoing):
            _values_of(d, word, next(words, None))
        elif word == "-a" and d.name == "more_set_headers":
            append = True
        elif word != "-r" or d.name != "more_set_input_headers":
            raise Refused(f'{d.name}: invalid option name: "{word}"')
    if append and (own := [key for key in keys if key.lower() in OWN_HEADERS.split()]):
        raise Refused(f'{d.name}: can not append builtin headers "{own[0]}"')


def _values_of(d: Directive, option: str, given: str | None) -> None:
    if given is None:
        raise Refused(f"{d.name}: option {option} takes an argument.")
    if option == "-s":
        wrong = next((letter for letter in given if letter not in BLANKS and not "0" <= letter <= "9"), "")
        if wrong:
            raise Refused(f'{d.name}: invalid digit "{wrong}" found in the status code list "{given}"')


def _header(conf: Conf, scope: Scope, d: Directive, word: str) -> list[str]:
    """The name in a "Name: value" argument, whose value may refer to variables."""
    if not word:
        return []
    key, value = name_and_value(word)
    if not key:
        raise Refused(f"{d.name}: no key found in the header argument: {word}")
    if key == "*":
        raise Refused(f"{d.name}: wildcard key too short: {word}")
    if "clear" not in d.name:
        conf.text(scope, d, value)
    return [key]


def lua(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    """A handler of a phase: one of each kind in a block."""
    phase = d.name.removesuffix("_file").removesuffix("_block")
    if phase in scope.values:
        raise invalid(d, "is duplicate")
    scope.values[phase] = scope.values[d.name] = True
    scope.setters[d.name] = d
    if not any(d.args) and not d.block:
        raise Refused("invalid location config: no runnable Lua code")
    if d.name.endswith("_file"):
        conf.text(scope, d, d.args[0])


def set_by_lua(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    conf.define(scope, d.args[0])
    # the second argument is the code, or the file that holds it
    for word in d.args[2:]:
        conf.text(scope, d, word)


def lua_shared_dict(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    name, text = d.args
    if not name:
        raise Refused(f'invalid lua shared dict name "{name}"')
    size = values.size(text)
    if size is None or size < SMALLEST_DICT:
        raise Refused(f'invalid lua shared dict size "{text}"')
    # the two modules keep their zones apart from those of nginx's own modules, by a name of their own
    kind = "stream " if scope.is_stream else ""
    zone = conf.zone(d, f"{kind}lua {name}", size, f"{kind}lua")
    if zone.bound:
        raise Refused(f'lua_shared_dict "{name}" is already defined as "{name}"')
    zone.bound = True


def lua_capture_error_log(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)
    size = values.size(d.args[0])
    if not size:
        raise Refused(f'invalid capture error log size "{d.args[0]}"')
    if size < values.PAGE:
        raise Refused(f'invalid capture error log size "{d.args[0]}", minimum size is {values.PAGE}')


def lua_number(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)
    if values.number(d.args[0]) is None:
        raise Refused(f'invalid number in the "{d.name}" directive')


def opentelemetry_propagate(_: Conf, __: Scope, d: Directive, ___: str) -> None:
    if d.args and d.args[0] not in ("w3c", "b3"):
        raise Refused("Unsupported propagation type")


READERS: dict[str, ArgumentReader] = {
    "more_set_headers": more_headers,
    "more_clear_headers": more_headers,
    "more_set_input_headers": more_headers,
    "more_clear_input_headers": more_headers,
    "lua": lua,
    "lua_block": lua,
    "set_by_lua": set_by_lua,
    "lua_shared_dict": lua_shared_dict,
    "lua_capture_error_log": lua_capture_error_log,
    "lua_number": lua_number,
    "opentelemetry_propagate": opentelemetry_propagate,
}
