"""The Secret behind auth-tls-secret and proxy-ssl-secret, which both want it as "namespace/name"."""

from __future__ import annotations

from nginxsim.annotations.faults import Denied
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import Annotation
from nginxsim.annotations.values import Named
from nginxsim.config.certificate import AuthCertificate


def peer_certificate(read: AnnotationReader, row: Annotation, *, own_namespace_default: bool) -> AuthCertificate:
    """The certificate, or Denied. `own_namespace_default`: "/name" means the Ingress' namespace."""
    key = read.text(row)
    expected = f'"{read.meta.namespace}/name" of a Secret'
    # ingress-nginx 1.15.1: internal/k8s/main.go ParseNameNS
    if key.count("/") != 1:
        reason = f"invalid format (namespace/name) found in '{key}'"
        raise Denied.because(reason, read.evidence(row, "", expected))
    namespace = key.partition("/")[0]
    if not namespace and own_namespace_default:
        namespace = read.meta.namespace
    if read.is_foreign(namespace):
        reason = "cross namespace secrets are not supported"
        raise Denied.because(reason, read.evidence(row, namespace, expected))
    try:
        return read.surroundings.certificates.auth(key)
    except (LookupError, ValueError) as error:
        text = error.args[0] if error.args else error
        raise Denied(
            f"error obtaining certificate: {text}", read.missing(row, Named("Secret", key), expected)
        ) from None
