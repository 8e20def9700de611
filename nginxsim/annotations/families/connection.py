"""connection-proxy-header. ingress-nginx 1.15.1: internal/ingress/annotations/connection/main.go"""

from __future__ import annotations

from nginxsim.annotations import validators
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import LOCATION, Annotation, Family, Risk
from nginxsim.annotations.values import Connection

_HEADER = validators.matching("^(close|keep-alive)$", '"close" or "keep-alive"')

PROXY_HEADER = Annotation("connection-proxy-header", _HEADER, Risk.LOW, LOCATION)


def parse(read: AnnotationReader) -> Connection:
    return Connection(header=read.text(PROXY_HEADER), enabled=True)


FAMILY = Family("Connection", "connection", (PROXY_HEADER,), parse)
