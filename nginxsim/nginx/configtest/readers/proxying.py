"""What goes with passing a request on: redirects, cookies, caches, parameters."""

# nginx 1.27.1: src/http/modules/ngx_http_proxy_module.c, ngx_http_fastcgi_module.c, src/http/ngx_http_file_cache.c

from __future__ import annotations

import re

from nginxsim.nginx.configtest import values
from nginxsim.nginx.configtest.faults import Refused
from nginxsim.nginx.configtest.readers.slots import invalid
from nginxsim.nginx.configtest.scopes import ArgumentReader, Conf, Scope
from nginxsim.nginx.configtest.scripts import regex
from nginxsim.nginx.tree import Directive

CACHE_PATH = {
    "inactive": values.seconds,
    "max_size": values.offset,
    "min_free": values.offset,
    "loader_files": values.number,
    "loader_sleep": values.milliseconds,
    "loader_threshold": values.milliseconds,
    "manager_files": values.number,
    "manager_sleep": values.milliseconds,
    "manager_threshold": values.milliseconds,
}


def upstream_param(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    """fastcgi_param: its value is read at the end of http, as that of proxy_set_header."""
    scope.values.setdefault(d.name, []).append(d)
    scope.setters.setdefault(d.name, d)
    if len(d.args) > 2 and d.args[2] != "if_not_empty":
        raise Refused(f'invalid parameter "{d.args[2]}"')


def _off_or_more(scope: Scope, d: Directive) -> bool:
    """proxy_redirect, proxy_cookie_*: "off" stands alone. True when there is more to read."""
    before = scope.values.get(d.name)
    if before == "off" or (before and d.args == ("off",)):
        raise invalid(d, "is duplicate")
    scope.keep(d, "off" if d.args == ("off",) else "some")
    return d.args != ("off",)


def proxy_redirect(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    if not _off_or_more(scope, d):
        return
    if len(d.args) > 1:
        _rewriting(conf, scope, d, caseless=False)
        return
    if d.args[0] != "default":
        raise Refused(f'invalid parameter "{d.args[0]}"')
    target = scope.values.get("proxy_pass")
    if target is None:
        raise Refused('"proxy_redirect default" should be placed after the "proxy_pass" directive')
    if "$" in target:
        raise Refused('"proxy_redirect default" cannot be used with "proxy_pass" directive with variables')


def proxy_cookie(conf: Conf, scope: Scope, d: Directive, case: str) -> None:
    if not _off_or_more(scope, d):
        return
    if len(d.args) == 1:
        raise Refused(f'invalid parameter "{d.args[0]}"')
    _rewriting(conf, scope, d, caseless=case == "caseless")


def _rewriting(conf: Conf, scope: Scope, d: Directive, *, caseless: bool) -> None:
    """A text or a ~regex, then what takes its place. Without regard to case by itself, a regex has no "~*"."""
    pattern, *others = d.args
    if pattern.startswith("~"):
        starred = pattern.startswith("~*") and not caseless
        conf.regex(scope, pattern[2 if starred else 1 :], caseless=caseless or starred)
    else:
        conf.text(scope, d, pattern)
    for other in others:
        conf.text(scope, d, other)


def _is_on_without(scope: Scope, d: Directive, other: str) -> bool:
    """Whether it is on, which it may not be beside another one."""
    scope.once(d, d.args[0])
    if d.args[0] != "off" and scope.values.get(other, "off") != "off":
        raise invalid(d, f'is incompatible with "{other}"')
    return d.args[0] != "off"


def store(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    if _is_on_without(scope, d, d.name.replace("store", "cache")) and d.args[0] != "on":
        conf.text(scope, d, d.args[0])


def cache(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    if _is_on_without(scope, d, d.name.replace("cache", "store")) and not conf.text(scope, d, d.args[0]):
        conf.zone(d, d.args[0], 0, d.name)


def cache_path(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    del scope
    name, size = "", 0
    for word in d.args[1:]:
        key, equals, given = word.partition("=")
        if not equals:
            raise Refused(f'invalid parameter "{word}"')
        if key == "keys_zone":
            name, size = keys_zone(word, given)
        elif key == "levels":
            if not re.fullmatch(r"([12](:[12]){0,2})?", given):
                raise Refused(f'invalid "levels" "{word}"')
        elif key == "use_temp_path":
            if given not in ("on", "off"):
                raise Refused(f'invalid use_temp_path value "{word}", it must be "on" or "off"')
        elif key not in CACHE_PATH:
            raise Refused(f'invalid parameter "{word}"')
        elif CACHE_PATH[key](given) is None:
            raise Refused(f'invalid {key} value "{word}"')
    if not name:
        raise Refused(f'"{d.name}" must have "keys_zone" parameter')
    zone = conf.zone(d, name, size, d.name.removesuffix("_path"))
    if zone.bound:
        raise Refused(f'duplicate zone "{name}"')
    zone.bound = True


def keys_zone(word: str, given: str) -> tuple[str, int]:
    name, colon, text = given.partition(":")
    size = values.size(text) if colon else None
    if size is None:
        raise Refused(f'invalid keys zone size "{word}"')
    if size < 2 * values.PAGE:
        raise Refused(f'keys zone "{word}" is too small')
    return name, size


def cache_valid(_: Conf, __: Scope, d: Directive, ___: str) -> None:
    *codes, time = d.args
    if values.seconds(time) is None:
        raise Refused(f'invalid time value "{time}"')
    for word in codes:
        if word != "any" and not 100 <= (values.number(word) or 0) <= 599:
            raise Refused(f'invalid status "{word}"')


def split_path_info(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.keep(d)
    groups = regex(d.args[0])[1]
    if groups != 2:
        raise Refused(f'pattern "{d.args[0]}" must have 2 captures')


READERS: dict[str, ArgumentReader] = {
    "upstream_param": upstream_param,
    "proxy_redirect": proxy_redirect,
    "proxy_cookie": proxy_cookie,
    "store": store,
    "cache": cache,
    "cache_path": cache_path,
    "cache_valid": cache_valid,
    "split_path_info": split_path_info,
}
