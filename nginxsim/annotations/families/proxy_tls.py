"""proxy-ssl-*. ingress-nginx 1.15.1: internal/ingress/annotations/proxyssl/main.go"""

from __future__ import annotations

from nginxsim.annotations import validators
from nginxsim.annotations.families.peer_secret import peer_certificate
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import INGRESS, Annotation, Family, Risk
from nginxsim.annotations.values import ProxyTLS

DEFAULT_CIPHERS = "DEFAULT"

_PROTOCOLS = validators.matching(
    r"^(TLSv1\.2|TLSv1\.3| )*$", '"TLSv1.2", "TLSv1.3" or both, separated by a blank', separator=" "
).formerly({
    "..1.10.1": validators.matching(
        r"^(SSLv2|SSLv3|TLSv1|TLSv1\.1|TLSv1\.2|TLSv1\.3| )*$",
        "SSLv2, SSLv3, TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3, as many as are wanted, separated by blanks",
        separator=" ",
    )
})  # fmt: skip
_CIPHERS = validators.made_of(r"A-Za-z0-9\+:\_\-!", "OpenSSL cipher names separated by colons")

SECRET = Annotation("proxy-ssl-secret", validators.NAME, Risk.MEDIUM, INGRESS)
CIPHERS = Annotation("proxy-ssl-ciphers", _CIPHERS, Risk.MEDIUM, INGRESS)
PROTOCOLS = Annotation("proxy-ssl-protocols", _PROTOCOLS, Risk.LOW, INGRESS)
NAME = Annotation("proxy-ssl-name", validators.SERVER_NAME, Risk.HIGH, INGRESS)
VERIFY = Annotation("proxy-ssl-verify", validators.ON_OFF, Risk.LOW, INGRESS)
VERIFY_DEPTH = Annotation("proxy-ssl-verify-depth", validators.INTEGER, Risk.LOW, INGRESS)
SERVER_NAME = Annotation("proxy-ssl-server-name", validators.ON_OFF, Risk.LOW, INGRESS)

ROWS = (SECRET, CIPHERS, PROTOCOLS, NAME, VERIFY, VERIFY_DEPTH, SERVER_NAME)


def parse(read: AnnotationReader) -> ProxyTLS:
    return ProxyTLS(
        certificate=peer_certificate(read, SECRET, own_namespace_default=False),
        ciphers=read.text_or(CIPHERS, DEFAULT_CIPHERS),
        protocols=_protocols(read),
        name=read.text_or(NAME),
        verify=_on_off(read, VERIFY),
        verify_depth=read.number_or(VERIFY_DEPTH) or 1,
        server_name=_on_off(read, SERVER_NAME),
    )


def _on_off(read: AnnotationReader, row: Annotation) -> str:
    value = read.text_or(row)
    return value if read.fits(row, value) else "off"


def _protocols(read: AnnotationReader) -> str:
    """Those that are known, sorted."""
    words = read.text_or(PROTOCOLS, read.release.proxy_ssl_protocols).split(" ")
    known = [word for word in map(str.strip, words) if word and read.fits(PROTOCOLS, word)]
    return " ".join(sorted(known)) or read.release.proxy_ssl_protocols


FAMILY = Family("ProxySSL", "proxy_tls", ROWS, parse)
