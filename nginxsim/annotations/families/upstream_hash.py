"""upstream-hash-by. ingress-nginx 1.15.1: internal/ingress/annotations/upstreamhashby/main.go"""

from __future__ import annotations

from nginxsim.annotations import validators
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import LOCATION, Annotation, Family, Risk
from nginxsim.annotations.values import UpstreamHash

DEFAULT_SUBSET_SIZE = 3

BY = Annotation("upstream-hash-by", validators.VARIABLES, Risk.HIGH, LOCATION)
SUBSET = Annotation("upstream-hash-by-subset", validators.BOOL, Risk.LOW, LOCATION)
SUBSET_SIZE = Annotation("upstream-hash-by-subset-size", validators.INTEGER, Risk.LOW, LOCATION)


def parse(read: AnnotationReader) -> UpstreamHash:
    return UpstreamHash(
        by=read.text_if_set(BY),
        subset=read.flag_if_set(SUBSET),
        subset_size=read.number_if_set(SUBSET_SIZE) or DEFAULT_SUBSET_SIZE,
    )


FAMILY = Family("UpstreamHashBy", "upstream_hash", (BY, SUBSET, SUBSET_SIZE), parse)
