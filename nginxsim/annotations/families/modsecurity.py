"""enable-modsecurity and companions. ingress-nginx 1.15.1: internal/ingress/annotations/modsecurity/main.go"""

from __future__ import annotations

from nginxsim.annotations import validators
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import INGRESS, Annotation, Family, Risk
from nginxsim.annotations.values import ModSecurity

ENABLE = Annotation("enable-modsecurity", validators.BOOL, Risk.LOW, INGRESS)
OWASP_RULES = Annotation("enable-owasp-core-rules", validators.BOOL, Risk.LOW, INGRESS)
TRANSACTION_ID = Annotation("modsecurity-transaction-id", validators.VARIABLES, Risk.HIGH, INGRESS)
SNIPPET = Annotation("modsecurity-snippet", validators.ANYTHING, Risk.CRITICAL, INGRESS)


def parse(read: AnnotationReader) -> ModSecurity:
    enable = read.flag_or_none(ENABLE)
    return ModSecurity(
        enable=bool(enable),
        enable_set=enable is not None,
        owasp_rules=read.flag_or(OWASP_RULES),
        transaction_id=read.text_or(TRANSACTION_ID),
        snippet=read.text_or(SNIPPET),
    )


FAMILY = Family("ModSecurity", "modsecurity", (ENABLE, OWASP_RULES, TRANSACTION_ID, SNIPPET), parse)
