"""set, if, return, rewrite, and the modules that set variables the same way."""

# nginx 1.27.1: src/http/modules/ngx_http_rewrite_module.c, src/stream/ngx_stream_set_module.c
# vision5/ngx_devel_kit 0.3.3: src/ndk_set_var.c; openresty/set-misc-nginx-module 0.33

from __future__ import annotations

from nginxsim.nginx.configtest import values
from nginxsim.nginx.configtest.faults import Refused
from nginxsim.nginx.configtest.scopes import ArgumentReader, Conf, Scope
from nginxsim.nginx.tree import Directive

ABSOLUTE = ("http://", "https://", "$scheme")
FLAGS = ("last", "break", "redirect", "permanent")
FILE_TESTS = tuple(f"{no}-{what}" for no in ("", "!") for what in "fdex")


def set_(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    conf.define(scope, d.args[0])
    conf.text(scope, d, d.args[1])


def set_variable(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    """With a name alone, its value is read as well as set."""
    conf.define(scope, d.args[0])
    for word in d.args[1:] or d.args:
        conf.text(scope, d, word)


def base32_alphabet(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)
    size = len(d.args[0].encode(errors="replace"))
    if size != 32:
        raise Refused(f'"{d.name}" directive takes an alphabet of {size} bytes but 32 expected')


def return_(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    code = values.number(d.args[0])
    if code is None and len(d.args) == 1 and d.args[0].startswith(ABSOLUTE):
        conf.text(scope, d, d.args[0])
    elif code is None or code > 999:
        raise Refused(f'invalid return code "{d.args[0]}"')
    elif len(d.args) > 1:
        conf.text(scope, d, d.args[1])


def rewrite(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    pattern, replacement, *flags = d.args
    if not replacement:
        raise Refused("empty replacement")
    conf.regex(scope, pattern)
    if flags and flags[0] not in FLAGS:
        raise Refused(f'invalid parameter "{flags[0]}"')
    conf.text(scope, d, replacement)


def if_(conf: Conf, scope: Scope, d: Directive, _: str) -> Scope:
    _condition(conf, scope, d)
    kind = "lif" if scope.kind == "loc" else "sif"
    return scope.open(kind, d, name=scope.facts.get("name", ""), noname=True)


def _condition(conf: Conf, scope: Scope, d: Directive) -> None:
    if d.condition == d.args:
        raise Refused(f'invalid condition "{_without_parenthesis(d.args)}"')
    first, *rest = d.condition
    if len(first) > 1 and first.startswith("$"):
        if len(rest) not in (0, 2):
            raise Refused(f'invalid condition "{first}"')
        # whatever the word holds: ($a!=b) asks for a variable of the name "a!=b"
        conf.use(scope, d, [first[1:]])
        if rest:
            _comparison(conf, scope, d, *rest)
    elif first in FILE_TESTS and len(rest) == 1:
        conf.text(scope, d, rest[0])
    else:
        raise Refused(f'invalid condition "{first}"')


def _without_parenthesis(words: tuple[str, ...]) -> str:
    """The first word when it lacks its parenthesis, else the last one."""
    first = words[0]
    return first if not first.startswith("(") else words[-1] if len(words) > 1 else first[1:] or first


def _comparison(conf: Conf, scope: Scope, d: Directive, operator: str, operand: str) -> None:
    if operator in ("=", "!="):
        conf.text(scope, d, operand)
    elif operator in ("~", "~*", "!~", "!~*"):
        conf.regex(scope, operand, caseless=operator.endswith("*"))
    else:
        raise Refused(f'unexpected "{operator}" in condition')


READERS: dict[str, ArgumentReader] = {
    "set": set_,
    "set_variable": set_variable,
    "base32_alphabet": base32_alphabet,
    "return": return_,
    "rewrite": rewrite,
    "if": if_,
}
