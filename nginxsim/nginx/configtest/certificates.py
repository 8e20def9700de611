"""TLS, once all is read: certificates with their keys, ciphers, curves, and what verifying needs."""

# nginx 1.27.1: src/http/modules/ngx_http_{ssl,proxy,grpc}_module.c, src/event/ngx_event_openssl.c

from __future__ import annotations

import re
import ssl
from functools import lru_cache

from nginxsim.nginx.configtest.faults import Refused
from nginxsim.nginx.configtest.scopes import Conf, Names, Scope
from nginxsim.nginx.tree import Directive

CURVES = """
    x25519 x448 prime256v1 secp256r1 p-256 secp384r1 p-384 secp521r1 p-521 ffdhe2048 ffdhe3072 ffdhe4096 ffdhe6144
    ffdhe8192 brainpoolp256r1 brainpoolp384r1 brainpoolp512r1 brainpoolp256r1tls13 brainpoolp384r1tls13
    brainpoolp512r1tls13 secp256k1 secp224r1 secp224k1 secp192r1 prime192v1 p-192 p-224
"""
"""The groups of OpenSSL 3 that TLS can use."""
SERVER_LEVELS = ("http", "srv", "stream", "stream-srv")
VERIFYING = ("proxy", "grpc")

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]*)-----")
LOADED = {
    "ssl_certificate": (b"CERTIFICATE", 'cannot load certificate "{}": PEM_read_bio_X509_AUX() failed'),
    "ssl_certificate_key": (b"PRIVATE KEY", 'cannot load certificate key "{}": PEM_read_bio_PrivateKey() failed'),
    "ssl_client_certificate": (b"CERTIFICATE", 'SSL_CTX_load_verify_locations("{}") failed'),
    "ssl_trusted_certificate": (b"CERTIFICATE", 'SSL_CTX_load_verify_locations("{}") failed'),
    "ssl_crl": (b"CRL", 'X509_LOOKUP_load_file("{}") failed'),
    "ssl_dhparam": (b"DH PARAMETERS", 'PEM_read_bio_DHparams("{}") failed'),
}
"""Files read at start: the PEM label looked for, and nginx's words when there is none."""


def _curves(conf: Conf, scope: Scope) -> None:
    names = scope.values.get("ssl_ecdh_curve")
    if names is not None and names != "auto" and not all(name.lower() in CURVES.split() for name in names.split(":")):
        conf.fault(f'SSL_CTX_set1_curves_list("{names}") failed', scope.setters["ssl_ecdh_curve"])


@lru_cache(maxsize=256)
def _accepts_ciphers(text: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).set_ciphers(text)
    except (ssl.SSLError, ValueError, UnicodeEncodeError):
        return False
    return True


def _ciphers(conf: Conf, scope: Scope) -> None:
    if "ssl_ciphers" in scope.setters and not _accepts_ciphers(scope.values["ssl_ciphers"]):
        text = scope.values["ssl_ciphers"]
        conf.fault(
            f'SSL_CTX_set_cipher_list("{text}") failed (SSL: error:0A0000B9:SSL routines::no cipher match)',
            scope.setters["ssl_ciphers"],
        )


def tls(conf: Conf, scope: Scope) -> None:
    server_tls(conf, scope)
    for handler in VERIFYING:
        _upstream_tls(conf, scope, handler)


def server_tls(conf: Conf, scope: Scope) -> None:
    certificates, keys = scope.value("ssl_certificate", []), scope.value("ssl_certificate_key", [])
    if scope.kind not in SERVER_LEVELS or not (certificates or scope.value("ssl_reject_handshake")):
        return
    if certificates and len(keys) < len(certificates) and (at := scope.setters.get("ssl_certificate")):
        conf.fault(f'no "ssl_certificate_key" is defined for certificate "{certificates[len(keys)]}"', at)
    _ciphers(conf, scope)
    _curves(conf, scope)
    for name in sorted(LOADED.keys() & scope.setters.keys()):
        _file(conf, scope.setters[name])
    for name in ("ssl_certificate", "ssl_certificate_key"):
        for text in scope.values.get(name, []):
            late_text(conf, scope, scope.setters[name], text)
    verify = scope.values.get("ssl_verify_client", "off")
    if verify in ("on", "optional") and not scope.value("ssl_client_certificate"):
        conf.fault("no ssl_client_certificate for ssl_verify_client", scope.setters["ssl_verify_client"])


def _file(conf: Conf, d: Directive) -> None:
    """A file whose content is known has to hold what nginx looks for in it."""
    label, message = LOADED[d.name]
    content = conf.files.get(d.args[0])
    if content is not None and not any(kind.endswith(label) for kind in _BLOCK.findall(content)):
        conf.fault(message.format(d.args[0]), d)


def late_text(conf: Conf, scope: Scope, at: Directive, text: str) -> None:
    try:
        conf.text(scope, at, text)
    except Refused as refused:
        conf.fault(str(refused), at)


def _upstream_tls(conf: Conf, scope: Scope, handler: str) -> None:
    target = scope.values.get(f"{handler}_pass")
    if target is None or not ("$" in target or target.lower().startswith(("https://", "grpcs://"))):
        return
    at = scope.setters[f"{handler}_pass"]
    ciphers = scope.value(f"{handler}_ssl_ciphers", "DEFAULT")
    if not _accepts_ciphers(ciphers):
        conf.fault(
            f'SSL_CTX_set_cipher_list("{ciphers}") failed (SSL: error:0A0000B9:SSL routines::no cipher match)', at
        )
    certificate = scope.value(f"{handler}_ssl_certificate")
    if certificate and not scope.value(f"{handler}_ssl_certificate_key"):
        conf.fault(f'no "{handler}_ssl_certificate_key" is defined for certificate "{certificate}"', at)
    if scope.value(f"{handler}_ssl_verify") and not scope.value(f"{handler}_ssl_trusted_certificate"):
        conf.fault(f"no {handler}_ssl_trusted_certificate for {handler}_ssl_verify", at)


def certificates_of_listeners(conf: Conf, names: Names) -> None:
    """Where TLS is spoken the default server needs a certificate; or, if it refuses handshakes, the others do."""
    for address in names.listening.values():
        if not (address.ssl or address.datagram):
            continue
        first = address.default or address.servers[0]
        servers = [first] if not first.value("ssl_reject_handshake") else address.servers
        for server in servers:
            if not server.value("ssl_certificate") and not server.value("ssl_reject_handshake"):
                kind = "quic" if address.datagram else "ssl"
                conf.fault(f'no "ssl_certificate" is defined for the "listen ... {kind}" directive', server.directive)
