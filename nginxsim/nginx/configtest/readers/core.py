"""The top level, events, logs, and what every block may hold."""

# nginx 1.27.1: src/core/{nginx,ngx_log,ngx_syslog,ngx_thread_pool}.c, src/event/ngx_event.c

from __future__ import annotations

import posixpath
import re

from nginxsim.nginx.configtest import values
from nginxsim.nginx.configtest.faults import Refused
from nginxsim.nginx.configtest.readers.slots import invalid
from nginxsim.nginx.configtest.scopes import ArgumentReader, Conf, Scope
from nginxsim.nginx.tree import Directive

LEVELS = ("emerg", "alert", "crit", "error", "warn", "notice", "info", "debug")
DEBUG_LEVELS = ("debug_core", "debug_alloc", "debug_mutex", "debug_event", "debug_http", "debug_mail", "debug_stream")
FACILITIES = """
    kern user mail daemon auth intern lpr news uucp clock authpriv ftp ntp audit alert cron local0 local1 local2 local3
    local4 local5 local6 local7
"""
SEVERITIES = ("emerg", "alert", "crit", "error", "warn", "notice", "info", "debug")
EVENT_METHODS = ("epoll", "poll", "select")
SMALLEST_LOG = 2048
"""Bytes of a memory: log: room for one message of the greatest length."""


def http_block(conf: Conf, scope: Scope, d: Directive, _: str) -> Scope:
    del conf
    scope.once(d)
    return scope.open("http", d)


def stream_block(conf: Conf, scope: Scope, d: Directive, _: str) -> Scope:
    del conf
    scope.once(d)
    return scope.open("stream", d)


def events_block(conf: Conf, scope: Scope, d: Directive, _: str) -> Scope:
    del conf
    scope.once(d)
    return scope.open("events", d)


def include(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    """A file nobody has shown cannot be judged: it is taken to exist, as the image's own files do."""
    del conf, scope, d


def load_module(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    if scope.values.keys() & {"http", "events", "stream"}:
        raise invalid(d, "is specified too late")
    name = posixpath.basename(d.args[0])
    if name not in conf.loadable:
        path = posixpath.join("/etc/nginx", d.args[0])
        raise Refused(f'dlopen() "{path}" failed (Error loading shared library {path}: No such file or directory)')
    if name in conf.modules:
        raise Refused(f'module "{name.removesuffix(".so")}" is already loaded')
    conf.modules.add(name)


def worker_processes(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)
    if d.args[0] != "auto" and values.number(d.args[0]) is None:
        raise invalid(d)


def priority(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)
    if values.number(d.args[0].removeprefix("-")) is None:
        raise invalid(d, "invalid number")


def cpu_affinity(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)
    masks = list(d.args)
    if masks[0] == "auto":
        if len(masks) > 2:
            raise Refused('invalid number of arguments in "worker_cpu_affinity" directive')
        masks = masks[1:]
    for mask in masks:
        # read from its end
        wrong = next((letter for letter in reversed(mask) if letter not in "01 "), "")
        if wrong:
            raise Refused(f'invalid character "{wrong}" in "worker_cpu_affinity"')


def debug_connection(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    del scope
    text = d.args[0]
    if text == "unix:" or values.cidr(text) is not None:
        return
    if why := unreachable(conf, values.Url(host=text)):
        raise Refused(f'{why} in debug_connection "{text}"')


def worker_connections(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d, values.number(d.args[0]))
    if values.number(d.args[0]) is None:
        raise Refused(f'invalid number "{d.args[0]}"')


def use(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    scope.once(d)
    if d.args[0] not in EVENT_METHODS:
        raise Refused(f'invalid event type "{d.args[0]}"')


def thread_pool(_: Conf, scope: Scope, d: Directive, __: str) -> None:
    name, *settings = d.args
    for word in settings:
        key, _equals, given = word.partition("=")
        amount = values.number(given)
        if key == "threads" and not amount:
            raise Refused(f'invalid threads value "{word}"')
        if key == "max_queue" and amount is None:
            raise Refused(f'invalid max_queue value "{word}"')
    if not any(word.startswith("threads=") for word in settings):
        raise Refused(f'"{d.name}" must have "threads" parameter')
    pools: set[str] = scope.facts.setdefault("pools", set())
    if name in pools:
        raise Refused(f'duplicate thread pool "{name}"')
    pools.add(name)


def error_log(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    del scope
    target, *levels = d.args
    if target.startswith("syslog:"):
        syslog(conf, target)
    elif target.startswith("memory:") and (values.size(target[7:]) or 0) < SMALLEST_LOG:
        raise Refused(f'invalid buffer size "{target[7:]}"')
    plain = 0
    for level in levels:
        if level not in LEVELS and level not in DEBUG_LEVELS:
            raise Refused(f'invalid log level "{level}"')
        if plain:
            raise Refused(f'{"duplicate" if level in LEVELS else "invalid"} log level "{level}"')
        plain += level in LEVELS


def syslog(conf: Conf, target: str) -> None:
    """syslog:server=...,facility=...,tag=... as logs take it."""
    seen: set[str] = set()
    for part in target.removeprefix("syslog:").split(","):
        key, _, given = part.partition("=")
        if part != "nohostname" and key not in ("server", "facility", "severity", "tag"):
            raise Refused(f'unknown syslog parameter "{part}"')
        if key in seen:
            raise Refused(f'duplicate syslog "{key}"')
        seen.add(key)
        _syslog_part(conf, key, given)
    if "server" not in seen:
        raise Refused("no syslog server specified")


def _syslog_part(conf: Conf, key: str, given: str) -> None:
    if key == "server" and (why := unreachable(conf, values.url(given))):
        raise Refused(f'{why} in syslog server "{given}"')
    if key == "facility" and given not in FACILITIES.split():
        raise Refused(f'unknown syslog facility "{given}"')
    if key == "severity" and given not in SEVERITIES:
        raise Refused(f'unknown syslog severity "{given}"')
    if key == "tag" and len(given) > 32:
        raise Refused("syslog tag length exceeds 32")
    if key == "tag" and not re.fullmatch(r"[0-9A-Za-z_]*", given):
        raise Refused('syslog "tag" only allows alphanumeric characters and underscore')


def unreachable(conf: Conf, url: values.Url) -> str:
    """Why a name given to nginx at start cannot be used; "" when it can."""
    if url.error or url.unix or url.address is not None:
        return url.error
    return "" if conf.resolves(url.host) else "host not found"


def resolver(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    scope.once(d)
    families = {"ipv4": True, "ipv6": True}
    servers = 0
    for word in d.args:
        key, equals, given = word.partition("=")
        if key in families and equals:
            if given not in ("on", "off"):
                raise Refused(f"invalid parameter: {word}")
            families[key] = given == "on"
        elif word.startswith("valid="):
            if values.seconds(given) is None:
                raise Refused(f"invalid parameter: {word}")
        elif word.startswith("local="):
            servers += _local_resolver(word)
        else:
            servers += 1
            if why := unreachable(conf, values.url(word)):
                raise Refused(f'{why} in resolver "{word}"')
    if not any(families.values()):
        raise Refused('"ipv4" and "ipv6" cannot both be "off"')
    if not servers:
        raise Refused("no name servers defined")


def _local_resolver(word: str) -> bool:
    # the controller image's patch 06_nginx-1.27.1-resolver_conf_parsing.patch: read /etc/resolv.conf
    if word[6:] not in ("on", "off") and not word[6:].startswith("/"):
        raise Refused(f"invalid parameter: {word}")
    return word[6:] != "off"


READERS: dict[str, ArgumentReader] = {
    "http_block": http_block,
    "stream_block": stream_block,
    "events_block": events_block,
    "include": include,
    "load_module": load_module,
    "worker_processes": worker_processes,
    "priority": priority,
    "cpu_affinity": cpu_affinity,
    "debug_connection": debug_connection,
    "worker_connections": worker_connections,
    "use": use,
    "thread_pool": thread_pool,
    "error_log": error_log,
    "resolver": resolver,
}
