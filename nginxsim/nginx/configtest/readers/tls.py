"""Shared TLS session caches. Certificates and ciphers are judged when all is read (certificates.py)."""

# nginx 1.27.1: src/http/modules/ngx_http_ssl_module.c, src/stream/ngx_stream_ssl_module.c

from __future__ import annotations

from nginxsim.nginx.configtest import values
from nginxsim.nginx.configtest.faults import Refused
from nginxsim.nginx.configtest.readers.slots import invalid
from nginxsim.nginx.configtest.scopes import ArgumentReader, Conf, Scope
from nginxsim.nginx.tree import Directive

SMALLEST = 8 * values.PAGE


def ssl_session_cache(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    for word in d.args:
        kind, colon, rest = word.partition(":")
        if word in ("off", "none", "builtin"):
            continue
        if kind == "builtin" and values.number(rest) is not None:
            continue
        if kind != "shared" or not colon:
            raise Refused(f'invalid session cache "{word}"')
        _shared(conf, scope, d, word, rest)


def _shared(conf: Conf, scope: Scope, d: Directive, word: str, rest: str) -> None:
    kind = "OCSP" if d.name == "ssl_ocsp_cache" else "session"
    name, _, text = rest.partition(":")
    size = values.size(text)
    if not name or size is None:
        raise Refused(f'invalid {kind} cache "{word}"')
    if size < SMALLEST:
        raise Refused(f'{kind} cache "{word}" is too small')
    conf.zone(d, name, size, f"{'stream ' if scope.is_stream else ''}ssl {kind}")


def ssl_ocsp_cache(conf: Conf, scope: Scope, d: Directive, _: str) -> None:
    if d.name in scope.values:
        raise invalid(d, "is duplicate")
    scope.keep(d)
    kind, _, rest = d.args[0].partition(":")
    if d.args[0] != "off":
        if kind != "shared":
            raise Refused(f'invalid OCSP cache "{d.args[0]}"')
        _shared(conf, scope, d, d.args[0], rest)


READERS: dict[str, ArgumentReader] = {"ssl_session_cache": ssl_session_cache, "ssl_ocsp_cache": ssl_ocsp_cache}
