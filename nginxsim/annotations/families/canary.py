"""canary-*. ingress-nginx 1.15.1: internal/ingress/annotations/canary/main.go"""

from __future__ import annotations

from nginxsim.annotations import validators
from nginxsim.annotations.faults import Unusable
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import INGRESS, Annotation, Family, Risk
from nginxsim.annotations.values import Canary

CANARY = Annotation("canary", validators.BOOL, Risk.LOW, INGRESS)
WEIGHT = Annotation("canary-weight", validators.INTEGER, Risk.LOW, INGRESS)
WEIGHT_TOTAL = Annotation("canary-weight-total", validators.INTEGER, Risk.LOW, INGRESS, releases="1.1.1..")
HEADER = Annotation("canary-by-header", validators.NAME, Risk.MEDIUM, INGRESS)
HEADER_VALUE = Annotation("canary-by-header-value", validators.NAME, Risk.MEDIUM, INGRESS)
HEADER_PATTERN = Annotation("canary-by-header-pattern", validators.REGEX, Risk.MEDIUM, INGRESS)
COOKIE = Annotation("canary-by-cookie", validators.NAME, Risk.MEDIUM, INGRESS)

ROWS = (CANARY, WEIGHT, WEIGHT_TOTAL, HEADER, HEADER_VALUE, HEADER_PATTERN, COOKIE)


def parse(read: AnnotationReader) -> Canary:
    found = Canary(
        enabled=read.flag_or(CANARY),
        weight=read.number_or(WEIGHT),
        weight_total=read.number_or(WEIGHT_TOTAL, 100),
        header=read.text_or(HEADER),
        header_value=read.text_or(HEADER_VALUE),
        header_pattern=read.text_or(HEADER_PATTERN),
        cookie=read.text_or(COOKIE),
    )
    asks_for_traffic = found.weight > 0 or found.header or found.header_value or found.cookie or found.header_pattern
    if asks_for_traffic and not found.enabled:
        reason = "the annotation canary does not contain a valid configuration: configured but not enabled"
        raise Unusable(reason, read.evidence(CANARY, "", 'canary: "true" beside the other canary annotations'))
    return found


FAMILY = Family("Canary", "canary", ROWS, parse)
