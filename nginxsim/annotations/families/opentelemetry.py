"""enable-opentelemetry and companions. ingress-nginx 1.15.1: internal/ingress/annotations/opentelemetry/main.go"""

from __future__ import annotations

from nginxsim.annotations import validators
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import LOCATION, Annotation, Family, Risk
from nginxsim.annotations.values import OpenTelemetry

_OPERATION = validators.made_of(r"A-Za-z0-9_\-", "letters, digits, - and _")

ENABLE = Annotation("enable-opentelemetry", validators.BOOL, Risk.LOW, LOCATION, releases="1.7.0..")
TRUST = Annotation("opentelemetry-trust-incoming-span", validators.BOOL, Risk.LOW, LOCATION, releases="1.7.0..")
OPERATION = Annotation("opentelemetry-operation-name", _OPERATION, Risk.MEDIUM, LOCATION, releases="1.7.0..")


def parse(read: AnnotationReader) -> OpenTelemetry:
    enabled = read.flag_or_none(ENABLE)
    if not enabled:
        return OpenTelemetry(set=enabled is not None)
    trusted = read.flag_or_none(TRUST)
    return OpenTelemetry(
        enabled=True,
        set=True,
        trust_enabled=bool(trusted),
        trust_set=trusted is not None,
        operation_name=read.text_unless_refused(OPERATION),
    )


FAMILY = Family("Opentelemetry", "opentelemetry", (ENABLE, TRUST, OPERATION), parse)
