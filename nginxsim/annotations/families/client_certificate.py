"""auth-tls-*. ingress-nginx 1.15.1: internal/ingress/annotations/authtls/main.go"""

from __future__ import annotations

from nginxsim.annotations import validators
from nginxsim.annotations.families.peer_secret import peer_certificate
from nginxsim.annotations.reading import Reader
from nginxsim.annotations.rows import LOCATION, Annotation, Family, Risk
from nginxsim.annotations.values import ClientCertificate

_VERIFY = validators.matching("^(on|off|optional|optional_no_ca)$", '"on", "off", "optional" or "optional_no_ca"')
_ERROR_PAGE = validators.matching(
    r"^(@[A-Za-z0-9_-]+|((https?://)?[A-Za-z0-9\-.]+(:\d+)?)?(/[A-Za-z0-9\-_.]+)*/?)$",
    "a URL, a path or a named location",
)

SECRET = Annotation("auth-tls-secret", validators.NAME, Risk.MEDIUM, LOCATION)
VERIFY_CLIENT = Annotation("auth-tls-verify-client", _VERIFY, Risk.MEDIUM, LOCATION)
VERIFY_DEPTH = Annotation("auth-tls-verify-depth", validators.INTEGER, Risk.LOW, LOCATION)
ERROR_PAGE = Annotation("auth-tls-error-page", _ERROR_PAGE, Risk.HIGH, LOCATION)
PASS_CERTIFICATE = Annotation("auth-tls-pass-certificate-to-upstream", validators.BOOL, Risk.LOW, LOCATION)
MATCH_CN = Annotation("auth-tls-match-cn", validators.COMMON_NAME, Risk.HIGH, LOCATION, since="1.2.0")

ROWS = (SECRET, VERIFY_CLIENT, VERIFY_DEPTH, ERROR_PAGE, PASS_CERTIFICATE, MATCH_CN)


def parse(read: Reader) -> ClientCertificate:
    certificate = peer_certificate(read, SECRET, own_namespace_default=True)
    verify = read.text_or(VERIFY_CLIENT)
    return ClientCertificate(
        certificate=certificate,
        verify_client=verify if _VERIFY.matches(verify) else "on",
        validation_depth=read.number_or(VERIFY_DEPTH) or 1,
        error_page=read.text_unless_refused(ERROR_PAGE),
        pass_to_upstream=read.flag_unless_refused(PASS_CERTIFICATE),
        match_cn=read.text_unless_refused(MATCH_CN),
    )


FAMILY = Family("CertificateAuth", "client_certificate", ROWS, parse)
