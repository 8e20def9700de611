"""Which certificate a host gets from an Ingress with a `tls` section."""

from __future__ import annotations

import time
from collections.abc import Iterator

from nginxsim.config.certificate import Certificate
from nginxsim.config.certificate_names import covers, lower_ascii, mismatch
from nginxsim.controller.context import Context
from nginxsim.controller.model import (
    About,
    NoticeCode,
)
from nginxsim.kube.objects import Ingress, IngressTLS

EXPIRY_WARNING = 240 * 3600
"""Seconds before its end from which the controller warns about a certificate."""


def choose_certificate(host: str, ingress: Ingress, context: Context) -> Certificate:
    """The certificate of the `tls` section that is meant for the host; the default one where that is of no use."""
    # ingress-nginx 1.15.1: internal/ingress/controller/controller.go, createServers
    store = context.certificates
    section = _section_for(host, ingress, context)
    if section is None or not section.secret:
        return store.default
    key = f"{ingress.meta.namespace}/{section.secret}"
    certificate = store.local(key)
    if certificate is None:
        code, why = NoticeCode.TLS_SECRET_MISSING, store.why_not(key)
    elif not certificate.has_certificate:
        code, why = NoticeCode.TLS_SECRET_UNUSABLE, ""
    elif why := mismatch(certificate, host):
        code = NoticeCode.CERTIFICATE_MISMATCH
    else:
        _warn_of_expiry(certificate, host, ingress, section, context)
        return certificate
    context.notices.add(code, section.origin, ingress=ingress, host=host, about=About(key, quoted=why))
    return store.default


def _section_for(host: str, ingress: Ingress, context: Context) -> IngressTLS | None:
    """The section that lists the host, else the first whose certificate is made out to it."""
    # ingress-nginx 1.15.1: internal/ingress/controller/controller.go, extractTLSSecretName
    lowered = lower_ascii(host)
    listing = (section for section in ingress.tls if lowered in map(lower_ascii, section.hosts))
    return next(listing, None) or next(_fitting(host, ingress, context), None)


def _fitting(host: str, ingress: Ingress, context: Context) -> Iterator[IngressTLS]:
    for section in ingress.tls:
        if section.secret:
            certificate = context.certificates.local(f"{ingress.meta.namespace}/{section.secret}")
            if certificate and certificate.has_certificate and covers(certificate, host):
                yield section


def _warn_of_expiry(
    certificate: Certificate, host: str, ingress: Ingress, section: IngressTLS, context: Context
) -> None:
    left = certificate.expires - time.time()
    if left >= EXPIRY_WARNING:
        return
    code = NoticeCode.CERTIFICATE_EXPIRED if left < 0 else NoticeCode.CERTIFICATE_EXPIRING
    day = time.strftime("%Y-%m-%d", time.gmtime(certificate.expires))
    about = About(f"{certificate.namespace}/{certificate.name}", day=day)
    context.notices.add(code, section.origin, certificate.origin, ingress=ingress, host=host, about=about)
