"""auth-tls-*. ingress-nginx 1.15.1: internal/ingress/annotations/authtls/main.go"""

from __future__ import annotations

from nginxsim.annotations import validators
from nginxsim.annotations.families.peer_secret import peer_certificate
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import LOCATION, Annotation, Family, Risk
from nginxsim.annotations.values import ClientCertificate

_VERIFY_EXPECTED = '"on", "off", "optional" or "optional_no_ca"'
_VERIFY = validators.matching("^(on|off|optional|optional_no_ca)$", _VERIFY_EXPECTED).formerly({
    "..1.10.3 1.11.0..1.11.1": validators.matching("on|off|optional|optional_no_ca", _VERIFY_EXPECTED)
})  # fmt: skip
_ERROR_PAGE = validators.matching(
    r"^(@[A-Za-z0-9_-]+|((https?://)?[A-Za-z0-9\-.]+(:\d+)?)?(/[A-Za-z0-9\-_.]+)*/?)$",
    "a URL, a path or a named location",
).formerly({
    "..1.10.5 1.11.0..1.11.3": validators.matching(
        r"^((https?://)?[A-Za-z0-9\-.]*(:\d+)?/[A-Za-z0-9\-.]*)?$", "a URL or a path of one element"
    ),
    "1.10.6 1.11.4..1.12.5 1.13.0..1.13.1": validators.matching(
        r"^((https?://)?[A-Za-z0-9\-.]+(:\d+)?)?(/[A-Za-z0-9\-_.]+)*/?$", "a URL or a path"
    ),
})  # fmt: skip
_COMMON_NAME = validators.COMMON_NAME.formerly({
    "..1.9.5": validators.matching(
        r"^CN=[/\-.\_\~a-zA-Z0-9\(\)\|=]*$", '"CN=" followed by letters, digits and any of / - . _ ~ ( ) | ='
    )
})  # fmt: skip

SECRET = Annotation("auth-tls-secret", validators.NAME, Risk.MEDIUM, LOCATION)
VERIFY_CLIENT = Annotation("auth-tls-verify-client", _VERIFY, Risk.MEDIUM, LOCATION)
VERIFY_DEPTH = Annotation("auth-tls-verify-depth", validators.INTEGER, Risk.LOW, LOCATION)
ERROR_PAGE = Annotation("auth-tls-error-page", _ERROR_PAGE, Risk.HIGH, LOCATION)
PASS_CERTIFICATE = Annotation("auth-tls-pass-certificate-to-upstream", validators.BOOL, Risk.LOW, LOCATION)
MATCH_CN = Annotation("auth-tls-match-cn", _COMMON_NAME, Risk.HIGH, LOCATION, releases="1.2.0..")

ROWS = (SECRET, VERIFY_CLIENT, VERIFY_DEPTH, ERROR_PAGE, PASS_CERTIFICATE, MATCH_CN)


def parse(read: AnnotationReader) -> ClientCertificate:
    certificate = peer_certificate(read, SECRET, own_namespace_default=True)
    verify, name = read.text_or(VERIFY_CLIENT), read.text_unless_refused(MATCH_CN)
    return ClientCertificate(
        certificate=certificate,
        verify_client=verify if read.fits(VERIFY_CLIENT, verify) else "on",
        validation_depth=read.number_or(VERIFY_DEPTH) or 1,
        error_page=read.text_unless_refused(ERROR_PAGE),
        pass_to_upstream=read.flag_unless_refused(PASS_CERTIFICATE),
        match_cn=name if read.release.match_cn_may_say_anything or "CN=" in name else "",
    )


FAMILY = Family("CertificateAuth", "client_certificate", ROWS, parse)
