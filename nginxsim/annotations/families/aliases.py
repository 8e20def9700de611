"""server-alias. ingress-nginx 1.15.1: internal/ingress/annotations/alias/main.go"""

from __future__ import annotations

from nginxsim.annotations import validators
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import INGRESS, Annotation, Family, Risk
from nginxsim.golang.strconv import trim

SERVER_ALIAS = Annotation("server-alias", validators.SERVER_NAMES, Risk.HIGH, INGRESS)


def parse(read: AnnotationReader) -> tuple[str, ...]:
    names = {trim(name) for name in read.text(SERVER_ALIAS).split(",")}
    return tuple(sorted(names - {""}))


FAMILY = Family("Aliases", "aliases", (SERVER_ALIAS,), parse)
