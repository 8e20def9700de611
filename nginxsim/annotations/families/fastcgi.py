"""fastcgi-*. ingress-nginx 1.15.1: internal/ingress/annotations/fastcgi/main.go"""

from __future__ import annotations

from collections.abc import Mapping

from nginxsim.annotations import validators
from nginxsim.annotations.faults import Denied, Refused, Unusable
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import LOCATION, Annotation, Family, Risk
from nginxsim.annotations.values import FastCGI, Named
from nginxsim.config.scope import split_key

_INDEX = validators.matching(r"^[A-Za-z0-9.\-\_]+$", "a file name of letters, digits and any of . - _")
_VALUE = validators.matching(r"^[A-Za-z0-9\-\_\$\{\}/.]*$", "letters, digits and any of - _ $ { } / .").formerly({
    "..1.9.3": validators.VARIABLES
})  # fmt: skip

INDEX = Annotation("fastcgi-index", _INDEX, Risk.MEDIUM, LOCATION)
PARAMS = Annotation("fastcgi-params-configmap", validators.NAME, Risk.MEDIUM, LOCATION)


def parse(read: AnnotationReader) -> FastCGI:
    index = read.text_unless_refused(INDEX)
    key = read.text_unless_refused(PARAMS)
    return FastCGI(index=index, params=_params(read, key, index) if key else {})


def _params(read: AnnotationReader, key: str, index: str) -> Mapping[str, str]:
    kept = FastCGI(index=index)
    expected = f"the name of a ConfigMap in namespace {read.meta.namespace}"
    try:
        namespace, name = split_key(key)
    except ValueError as error:
        reason = f"error reading configmap name from annotation: {error}"
        raise Denied(reason, read.evidence(PARAMS, "", expected), kept) from None
    release = read.release
    if release.fastcgi_keeps_to_namespace and read.is_foreign(namespace or read.meta.namespace):
        reason = "different namespace is not supported on fast_cgi param configmap"
        raise Unusable(reason, read.evidence(PARAMS, namespace, expected))
    # Whatever namespace was written, the Ingress' own is searched; not so by releases that let it be another.
    searched = "" if release.fastcgi_keeps_to_namespace else namespace
    own_key = f"{searched or read.meta.namespace}/{name}"
    try:
        params = read.stores.config_map(own_key).data
    except LookupError as error:
        reason = f"unexpected error reading configmap {own_key}: {error}"
        raise Denied(reason, read.missing(PARAMS, Named("ConfigMap", own_key), expected), kept) from None
    if release.fastcgi_checks_params:
        _check(read, params)
    return params


def _check(read: AnnotationReader, params: Mapping[str, str]) -> None:
    for key, value in sorted(params.items()):
        if not _INDEX.matches(key) or not _VALUE.at(read.release).matches(value):
            expected = "ConfigMap keys of letters, digits and . - _, values of these and $ { } /"
            # This refusal alone names the annotation without its prefix.
            raise Refused(PARAMS.name, read.evidence(PARAMS, key, expected))


FAMILY = Family("FastCGI", "fastcgi", (INDEX, PARAMS), parse)
