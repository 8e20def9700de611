"""enable-access-log, enable-rewrite-log. ingress-nginx 1.15.1: internal/ingress/annotations/log/main.go"""

from __future__ import annotations

from nginxsim.annotations import validators
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import LOCATION, Annotation, Family, Risk
from nginxsim.annotations.values import Logs

ACCESS = Annotation("enable-access-log", validators.BOOL, Risk.LOW, LOCATION)
REWRITE = Annotation("enable-rewrite-log", validators.BOOL, Risk.LOW, LOCATION)


def parse(read: AnnotationReader) -> Logs:
    return Logs(access=read.flag_or(ACCESS, default=True), rewrite=read.flag_or(REWRITE))


FAMILY = Family("Logs", "logs", (ACCESS, REWRITE), parse)
