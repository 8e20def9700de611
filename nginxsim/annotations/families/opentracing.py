"""enable-opentracing and its companion, which 1.9.5 took out.

ingress-nginx 1.9.4: internal/ingress/annotations/opentracing/main.go
"""

from __future__ import annotations

from nginxsim.annotations import validators
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import LOCATION, Annotation, Family, Risk
from nginxsim.annotations.values import OpenTracing

ENABLE = Annotation("enable-opentracing", validators.BOOL, Risk.LOW, LOCATION, releases="..1.9.4")
TRUST = Annotation("opentracing-trust-incoming-span", validators.BOOL, Risk.LOW, LOCATION, releases="1.0.5..1.9.4")


def parse(read: AnnotationReader) -> OpenTracing:
    enabled = read.flag_or_none(ENABLE)
    if enabled is None:
        return OpenTracing()
    trusted = read.flag_or_none(TRUST)
    return OpenTracing(enabled=enabled, set=True, trust_enabled=bool(trusted), trust_set=trusted is not None)


FAMILY = Family("Opentracing", "opentracing", (ENABLE, TRUST), parse)
