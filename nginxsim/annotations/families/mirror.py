"""mirror-*. ingress-nginx 1.15.1: internal/ingress/annotations/mirror/main.go"""

from __future__ import annotations

from nginxsim.annotations import validators
from nginxsim.annotations.faults import BadContent, Fault, Missing, Refused
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import INGRESS, Annotation, Family, Risk
from nginxsim.annotations.values import Mirror
from nginxsim.config.external_auth import read_url

REQUEST_BODY = Annotation("mirror-request-body", validators.ON_OFF, Risk.LOW, INGRESS)
TARGET = Annotation("mirror-target", validators.SERVER_NAME, Risk.HIGH, INGRESS)
HOST = Annotation("mirror-host", validators.SERVER_NAME, Risk.HIGH, INGRESS, releases="1.2.1..")


def parse(read: AnnotationReader) -> Mirror:
    body = read.text_or(REQUEST_BODY)
    source, target = _ends(read)
    return Mirror(
        source=source,
        request_body="off" if body == "off" else "on",
        target=target,
        host=_host(read, target),
    )


def _ends(read: AnnotationReader) -> tuple[str, str]:
    """Source and target. A refused target leaves the source, which then mirrors to a location that is not there."""
    source = f"/_mirror-{read.meta.uid}"
    try:
        return source, read.text(TARGET)
    except Refused:
        return source, ""
    except (Missing, BadContent):
        return "", ""


def _host(read: AnnotationReader, target: str) -> str:
    try:
        return read.text(HOST)
    except Fault:
        if not target:
            return ""
    try:
        if read.release.mirror_host_without_variables:
            return read_url(target.partition("$")[0]).hostname
        return read_url(target).hostname.partition("$")[0]
    except ValueError:
        return ""


FAMILY = Family("Mirror", "mirror", (REQUEST_BODY, TARGET, HOST), parse)
