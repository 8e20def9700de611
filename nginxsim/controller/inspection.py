"""--deep-inspect: texts that no Ingress may carry in its hosts, paths and TLS sections."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nginxsim.kube.objects import Ingress
from nginxsim.origins import Origin

# ingress-nginx 1.15.1: internal/ingress/inspector/rules.go
_DIRECTIVES = ("alias", "root")
_FORBIDDEN = re.compile(r"/etc/(?:passwd|shadow|group|nginx|ingress-controller)|/var/run/secrets|_by_lua")


def forbidden(text: str) -> bool:
    """Whether `text` looks like an attempt to reach the controller's files or its Lua."""
    end = text.rfind(";")
    if end >= 0 and any(-1 < text.find(name) < end for name in _DIRECTIVES):
        return True
    return _FORBIDDEN.search(text) is not None


def inspect(ingress: Ingress) -> tuple[str, Origin] | None:
    """The controller's complaint about the first forbidden text in the spec, and where that stands; None when clean."""
    # ingress-nginx 1.15.1: internal/ingress/inspector/ingress.go
    for what, text, origin in _texts(ingress):
        if forbidden(text):
            return f"invalid {what.format(ingress.meta.key)}: invalid value found: {text}", origin
    return None


def _texts(ingress: Ingress) -> Iterator[tuple[str, str, Origin]]:
    for rule in ingress.rules:
        yield "host in ingress {}", rule.host, rule.origin
        for path in rule.paths or ():
            yield "rule in ingress {}: invalid http path", path.path, path.origin
    for tls in ingress.tls:
        yield "secret in ingress {}", tls.secret, tls.origin
        for host in tls.hosts:
            yield "host in ingress tls config {}", host, tls.origin
