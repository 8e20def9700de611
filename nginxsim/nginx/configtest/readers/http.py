"""The http core: servers, locations, files, pages, and small modules around them."""

# nginx 1.27.1: src/http/ngx_http_core_module.c; src/http/modules: access, auth_request, headers_filter, index, mirror,
# realip, referer, sub_filter, try_files, userid_filter

from __future__ import annotations

import re

from nginxsim.nginx.configtest import values
from nginxsim.nginx.configtest.faults import Refused
from nginxsim.nginx.configtest.readers.core import unreachable
from nginxsim.nginx.configtest.readers.slots import invalid
from nginxsim.nginx.configtest.scopes import ArgumentReader, Conf, Scope
from nginxsim.nginx.configtest.scripts import regex
from nginxsim.nginx.tree import Directive

METHODS = "get head post put delete mkcol copy move options propfind proppatch lock unlock patch"
PAGE_CODES = range(300, 600)
SMALLEST_POOL = 112
BROWSERS = ("msie", "gecko", "opera", "safari", "konqueror", "unlisted")


def server(conf: Conf, scope: Scope, d: Directive, _: str) -> Scope:
    opened = scope.open("stream-srv" if scope.is_stream else "srv", d)
    conf.names(scope).servers.append(opened)
    return opened


def server_name(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    names: list[tuple[str, Directive]] = scope.values.setdefault(d.name, [])
    for name in d.args:
        if (name.startswith("*") and (len(name) < 3 or name[1] != ".")) or (name.startswith(".") and len(name) < 2):
            raise Refused(f'server name "{name}" is invalid')
        if "/" in name:
            conf.warn(f'server name "{name}" has suspicious symbols', d)
        if name == "~":
            raise Refused(f'empty regex in server name "{name}"')
        if name.startswith("~"):
            conf.regex(scope, name[1:], caseless=any("A" <= letter <= "Z" for letter in name))
        names.append((name, d))


def location(conf: Conf, scope: Scope, d: Directive, _: str) -> Scope:
    modifier, name = d.args if len(d.args) == 2 else _split_modifier(d.args[0])
    if modifier not in ("", "=", "^~", "~", "~*"):
        raise Refused(f'invalid location modifier "{modifier}"')
    is_regex = modifier.startswith("~")
    if is_regex:
        conf.regex(scope, name, caseless=modifier == "~*")
    named = len(d.args) == 1 and not modifier and name.startswith("@")
    if scope.kind == "loc":
        _nested(scope, name, is_regex=is_regex, named=named)
    return scope.open("loc", d, name=name, modifier=modifier, regex=is_regex, named=named)


def _split_modifier(word: str) -> tuple[str, str]:
    for modifier in ("=", "^~", "~*", "~"):
        if word.startswith(modifier):
            return modifier, word[len(modifier) :]
    return "", word


def _nested(outer: Scope, name: str, *, is_regex: bool, named: bool) -> None:
    around = outer.facts["name"]
    if outer.facts["modifier"] == "=":
        raise Refused(f'location "{name}" cannot be inside the exact location "{around}"')
    if outer.facts["named"]:
        raise Refused(f'location "{name}" cannot be inside the named location "{around}"')
    if named:
        raise Refused(f'named location "{name}" can be on the server level only')
    if not is_regex and not name.startswith(around):
        raise Refused(f'location "{name}" is outside location "{around}"')


def limit_except(conf: Conf, scope: Scope, d: Directive, _: str) -> Scope:
    del conf
    scope.once(d)
    for method in d.args:
        if method.lower() not in METHODS.split():
            raise Refused(f'invalid method "{method}"')
    return scope.open("lmt", d, name=scope.facts["name"], noname=True)


def types(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    """The included tables of the image (mime.types) are taken to be in order."""
    known: dict[str, str] = scope.values.setdefault(d.name, {})
    for entry in d.block or ():
        if entry.block is not None:
            conf.fault('unexpected "{"', entry)
        elif entry.name == "include" and len(entry.args) != 1:
            conf.fault('invalid number of arguments in "include" directive', entry)
        elif entry.name != "include":
            _extensions(conf, known, entry)


def _extensions(conf: Conf, known: dict[str, str], entry: Directive) -> None:
    for extension in (word.lower() for word in entry.args):
        if extension in known:
            before = known[extension]
            conf.warn(
                f'duplicate extension "{extension}", content type: "{entry.name}", previous content type: "{before}"',
                entry,
            )
        known[extension] = entry.name


def root(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    earlier = next((name for name in ("root", "alias") if name in scope.values), "")
    if earlier == d.name:
        raise invalid(d, "is duplicate")
    if earlier:
        raise Refused(f'"{d.name}" directive is duplicate, "{earlier}" directive was specified earlier')
    if d.name == "alias" and scope.facts.get("named"):
        raise Refused('the "alias" directive cannot be used inside the named location')
    for variable in ("document_root", "realpath_root"):
        if f"${variable}" in d.args[0] or f"${{{variable}}}" in d.args[0]:
            raise Refused(f'the ${variable} variable cannot be used in the "{d.name}" directive')
    scope.keep(d)
    conf.text(scope, d, d.args[0])


def aio(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)
    if d.args[0] not in ("off", "on", "threads") and not d.args[0].startswith("threads="):
        raise invalid(d)


def directio(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)
    if d.args[0] != "off" and values.offset(d.args[0]) is None:
        raise invalid(d)


def keepalive_timeout(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)
    if values.milliseconds(d.args[0]) is None or (len(d.args) > 1 and values.seconds(d.args[1]) is None):
        raise invalid(d)


def internal(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)


def pool_size(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)
    if (size := values.size(d.args[0])) is None:
        raise invalid(d)
    scope.values[d.name] = size
    if size < SMALLEST_POOL:
        raise Refused(f"the pool size must be no less than {SMALLEST_POOL}")
    if size % 16:
        raise Refused("the pool size must be a multiple of 16")


def gzip_size(_: Conf, scope: Scope, d: Directive, options: str) -> None:
    """gzip_window and gzip_hash: a power of two between two limits."""
    scope.once(d)
    low, _dots, high = options.partition("..")
    if (size := values.size(d.args[0])) is None:
        raise invalid(d)
    if size & (size - 1) or not (values.size(low) or 0) <= size <= (values.size(high) or 0):
        listed = "512, 1k, 2k, 4k, 8k, 16k, " + ("or 32k" if high == "32k" else "32k, 64k, or 128k")
        raise invalid(d, f"must be {listed}")


def http2_chunk_size(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)
    if (size := values.size(d.args[0])) is None:
        raise invalid(d)
    if size == 0:
        raise Refused("the http2 chunk size cannot be zero")


def error_page(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    if "no_error_pages" in scope.values:
        raise invalid(d, 'conflicts with "no_error_pages"')
    scope.keep(d)
    *codes, uri = d.args
    if codes[-1].startswith("="):
        change = codes.pop()
        if not codes or (len(change) > 1 and values.number(change[1:]) is None):
            raise Refused(f'invalid value "{change}"')
    conf.text(scope, d, uri)
    for word in codes:
        code = values.number(word)
        if code is None or code == 499:
            raise Refused(f'invalid value "{word}"')
        if code not in PAGE_CODES:
            raise Refused(f'value "{word}" must be between 300 and 599')


def no_error_pages(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    if "error_page" in scope.values:
        raise invalid(d, 'conflicts with "error_page"')
    scope.once(d)


def open_file_cache(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)
    if d.args == ("off",):
        return
    known = {"max": values.number, "inactive": values.seconds}
    if d.name == "open_log_file_cache":
        known |= {"min_uses": values.number, "valid": values.seconds}
    for word in d.args:
        key, _equals, given = word.partition("=")
        parsed = known[key](given) if key in known else None
        if parsed is None or (key in ("max", "min_uses") and not parsed):
            raise Refused(f'invalid "{d.name}" parameter "{word}"')
    if not any(word.startswith("max=") for word in d.args):
        the = "the " if d.name == "open_file_cache" else ""
        raise Refused(f'"{d.name}" must have {the}"max" parameter')


def gzip_disable(_: Conf, __: Scope, d: Directive, ___: str) -> None:
    for word in d.args:
        if word != "msie6":
            regex(word, caseless=True)


def disable_symlinks(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    scope.once(d)
    modes = []
    for word in d.args:
        if word.startswith("from="):
            conf.text(scope, d, word[5:])
        elif word in ("on", "off", "if_not_owner"):
            modes.append(word)
        else:
            raise Refused(f'invalid parameter "{word}"')
    if not modes:
        raise Refused(f'"{d.name}" must have "off", "on" or "if_not_owner" parameter')
    if len(modes) == 2:
        raise Refused(f'duplicate parameters "{d.args[0]} {d.args[1]}"')
    if modes == ["off"] and len(d.args) == 2:
        raise Refused('"from=" cannot be used with "off" parameter')


def access_rule(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    del scope
    if d.args[0] in ("all", "unix:"):
        return
    parsed = values.cidr(d.args[0])
    if parsed is None:
        raise Refused(f'invalid parameter "{d.args[0]}"')
    if not parsed.exact:
        conf.warn(f"low address bits of {d.args[0]} are meaningless", d)


def set_real_ip_from(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    del scope
    if d.args[0] == "unix:":
        return
    parsed = values.cidr(d.args[0])
    if parsed is None and (why := unreachable(conf, values.Url(host=d.args[0]))):
        raise Refused(f'{why} in set_real_ip_from "{d.args[0]}"')
    if parsed is not None and not parsed.exact:
        conf.warn(f"low address bits of {d.args[0]} are meaningless", d)


def real_ip_header(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)


def auth_request(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)


def auth_request_set(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    name, text = d.args
    conf.define(scope, name)
    conf.text(scope, d, text)


def mirror(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    before = scope.values.get(d.name)
    if before is not None and "off" in (before, d.args[0]):
        raise invalid(d, "is duplicate")
    scope.keep(d, d.args[0])


def try_files(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    scope.once(d)
    for word in d.args:
        conf.text(scope, d, word)
    last = d.args[-1]
    if last.startswith("=") and ((code := values.number(last[1:])) is None or code > 999):
        raise Refused(f'invalid code "{last}"')


def index(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    for place, word in enumerate(d.args, 1):
        if word.startswith("/") and place != len(d.args):
            conf.warn('only the last index in "index" directive should be absolute', d)
        if not word:
            raise Refused(f'index "{word}" in "index" directive is invalid')
        conf.text(scope, d, word)


def add_header(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    conf.text(scope, d, d.args[1])
    if len(d.args) > 2 and d.args[2] != "always":
        raise Refused(f'invalid parameter "{d.args[2]}"')


def expires(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    scope.once(d)
    *modified, text = d.args
    if modified and modified != ["modified"]:
        raise invalid(d)
    if conf.text(scope, d, text) or (not modified and text in ("epoch", "max", "off")):
        return
    if text.startswith("@") and modified:
        raise invalid(d, 'daily time cannot be used with "modified" parameter')
    time = values.seconds(text[1:] if text[:1] in ("@", "+", "-") else text)
    if time is None:
        raise invalid(d)
    if text.startswith("@") and time > 86400:
        raise invalid(d, "daily time value must be less than 24 hours")


def sub_filter(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    searched, replacement = d.args
    if not searched:
        raise Refused("empty search pattern")
    conf.text(scope, d, searched)
    conf.text(scope, d, replacement)


def subs_filter(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    searched, replacement, *options = d.args
    is_pattern = "r" in "".join(options[:1])
    if is_pattern and "$" in searched:
        raise Refused("match part cannot contain variable during regex mode")
    if is_pattern:
        regex(searched, caseless="i" in options[0])
    conf.text(scope, d, searched)
    conf.text(scope, d, replacement)


def valid_referers(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    names: set[str] = scope.values.setdefault(d.name, set())
    for word in d.args:
        if word in ("none", "blocked", "server_names"):
            continue
        if word == "~":
            raise Refused(f'empty regex in "{word}"')
        if word.startswith("~"):
            regex(word[1:], caseless=True)
            continue
        host = word.partition("/")[0].lower()
        if not is_hostname(host):
            raise Refused(f'invalid hostname or wildcard "{host}"')
        if host in names:
            raise Refused(f'conflicting parameter "{host}"')
        names.add(host)
    conf.define(scope, "invalid_referer", mark="")


def is_hostname(name: str) -> bool:
    """What a hash of wildcard names takes: one "*" at most, at either end beside a dot, and no empty label."""
    if ".." in name or "\0" in name or name.count("*") > 1:
        return False
    if "*" not in name or (name.startswith(".") and len(name) > 1):
        return True
    return len(name) > 2 and (name.startswith("*.") or name.endswith(".*"))


def userid_expires(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)
    if d.args[0] not in ("max", "off") and values.seconds(d.args[0]) is None:
        raise invalid(d)


def userid_mark(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)
    if d.args[0] != "off" and not re.fullmatch(r"[A-Za-z0-9=]", d.args[0]):
        raise invalid(d, 'value must be "off" or a single letter, digit or "="')


def modern_browser(_: Conf, __: Scope, d: Directive, ___: str) -> None:
    name, *versions = d.args
    if not versions:
        if name != "unlisted":
            raise Refused(f'unknown browser name "{name}"')
        return
    if name not in BROWSERS:
        raise Refused(f'unknown browser name "{name}"')
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)*", versions[0]):
        raise Refused(f'invalid browser version "{versions[0]}"')


READERS: dict[str, ArgumentReader] = {
    "userid_mark": userid_mark,
    "modern_browser": modern_browser,
    "server": server,
    "server_name": server_name,
    "location": location,
    "limit_except": limit_except,
    "types": types,
    "root": root,
    "aio": aio,
    "directio": directio,
    "keepalive_timeout": keepalive_timeout,
    "internal": internal,
    "pool_size": pool_size,
    "gzip_size": gzip_size,
    "http2_chunk_size": http2_chunk_size,
    "error_page": error_page,
    "no_error_pages": no_error_pages,
    "open_file_cache": open_file_cache,
    "open_log_file_cache": open_file_cache,
    "gzip_disable": gzip_disable,
    "disable_symlinks": disable_symlinks,
    "access_rule": access_rule,
    "set_real_ip_from": set_real_ip_from,
    "real_ip_header": real_ip_header,
    "auth_request": auth_request,
    "auth_request_set": auth_request_set,
    "mirror": mirror,
    "try_files": try_files,
    "index": index,
    "add_header": add_header,
    "expires": expires,
    "sub_filter": sub_filter,
    "subs_filter": subs_filter,
    "valid_referers": valid_referers,
    "userid_expires": userid_expires,
}
