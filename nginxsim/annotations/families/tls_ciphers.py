"""ssl-ciphers, ssl-prefer-server-ciphers. ingress-nginx 1.15.1: internal/ingress/annotations/sslcipher/main.go"""

from __future__ import annotations

from nginxsim.annotations import validators
from nginxsim.annotations.reading import AnnotationReader
from nginxsim.annotations.rows import INGRESS, Annotation, Family, Risk
from nginxsim.annotations.values import Ciphers

_CIPHERS = validators.matching(
    r"^(?:(?:[A-Za-z0-9!:+\-_])*(?:@STRENGTH)*(?:@SECLEVEL=[0-5])*(?:@STRENGTH)*)*$",
    "an OpenSSL cipher list",
    separator=":",
).formerly({
    "..1.9.5": validators.matching(r"^[A-Za-z0-9!:+\-]*$", "cipher names of letters and digits, and any of ! : + -"),
    "1.9.6..1.11.5 1.12.0..1.12.1": validators.matching(
        r"^(?:(?:[A-Za-z0-9!:+\-])*(?:@STRENGTH)*(?:@SECLEVEL=[0-5])*(?:@STRENGTH)*)*$",
        "an OpenSSL cipher list without _",
        separator=":",
    ),
})  # fmt: skip

PREFER_SERVER = Annotation("ssl-prefer-server-ciphers", validators.BOOL, Risk.LOW, INGRESS)
CIPHERS = Annotation("ssl-ciphers", _CIPHERS, Risk.LOW, INGRESS)


def parse(read: AnnotationReader) -> Ciphers:
    prefers = {True: "on", False: "off", None: ""}[read.flag_or_none(PREFER_SERVER)]
    return Ciphers(prefer_server_ciphers=prefers, ciphers=read.text_unless_refused(CIPHERS))


FAMILY = Family("SSLCipher", "ciphers", (PREFER_SERVER, CIPHERS), parse)
