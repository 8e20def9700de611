"""log_format and access_log."""

# nginx 1.27.1: src/http/modules/ngx_http_log_module.c, src/stream/ngx_stream_log_module.c

from __future__ import annotations

from nginxsim.nginx.configtest import values
from nginxsim.nginx.configtest.faults import Refused
from nginxsim.nginx.configtest.readers.core import syslog
from nginxsim.nginx.configtest.scopes import ArgumentReader, Conf, Scope
from nginxsim.nginx.configtest.scripts import variables_of_format
from nginxsim.nginx.tree import Directive


def log_format(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    name, *parts = d.args
    formats = conf.names(scope).formats
    if name in formats or (name == "combined" and not scope.is_stream):
        raise Refused(f'duplicate "log_format" name "{name}"')
    formats[name] = d
    if parts[0].startswith("escape="):
        if parts[0][7:] not in ("json", "none", "default"):
            raise Refused(f'unknown log format escaping "{parts[0][7:]}"')
        parts = parts[1:]
    for part in parts:
        conf.use(scope, d, variables_of_format(part))


def access_log(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    target, *rest = d.args
    if target == "off":
        if rest:
            raise Refused(f'invalid parameter "{rest[0]}"')
        return
    scripted = False
    if target.startswith("syslog:"):
        syslog(conf, target)
    else:
        scripted = conf.text(scope, d, target)
    known = {name.lower() for name in conf.names(scope).formats} | (set() if scope.is_stream else {"combined"})
    if scope.is_stream and not rest:
        raise Refused("log format is not specified")
    if rest and rest[0].lower() not in known:
        raise Refused(f'unknown log format "{rest[0]}"')
    _buffering(conf, scope, d, rest[1:], scripted=scripted)


def _buffering(conf: Conf, scope: Scope, d: Directive, words: list[str], *, scripted: bool) -> None:
    buffered = flushed = False
    for word in words:
        key, equals, given = word.partition("=")
        if key == "buffer" and equals:
            if not values.size(given):
                raise Refused(f'invalid buffer size "{given}"')
            buffered = True
        elif key == "flush" and equals:
            if not values.milliseconds(given):
                raise Refused(f'invalid flush time "{given}"')
            flushed = True
        elif key == "gzip":
            if equals and not 1 <= (values.number(given) or 0) <= 9:
                raise Refused(f'invalid compression level "{given}"')
            buffered = True
        elif key == "if" and equals:
            conf.text(scope, d, given)
        else:
            raise Refused(f'invalid parameter "{word}"')
    if flushed and not buffered:
        raise Refused(f'no buffer is defined for access_log "{d.args[0]}"')
    if buffered and scripted:
        raise Refused("buffered logs cannot have variables in name")
    if buffered and d.args[0].startswith("syslog:"):
        raise Refused("logs to syslog cannot be buffered")


READERS: dict[str, ArgumentReader] = {"log_format": log_format, "access_log": access_log}
