"""What nginx learns from a client's certificate: whether it lets the request in, and the $ssl_client_* variables.

nginx 1.27: src/http/ngx_http_request.c (ngx_http_process_request), src/event/ngx_event_openssl.c
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from nginxsim.nginx.tls_chain import UNTRUSTED, Trust, chain_error

CERTIFICATE_ERROR, NO_CERTIFICATE = 495, 496
"""nginx's own statuses; a client sees 400 unless error_page says otherwise."""

# OpenSSL writes these in RFC 2253 names; the rest of them Python's cryptography spells alike.
NAMES = {
    NameOID.EMAIL_ADDRESS: "emailAddress",
    NameOID.SERIAL_NUMBER: "serialNumber",
    NameOID.SURNAME: "SN",
    NameOID.GIVEN_NAME: "GN",
    NameOID.TITLE: "title",
    NameOID.INITIALS: "initials",
    NameOID.BUSINESS_CATEGORY: "businessCategory",
    NameOID.POSTAL_CODE: "postalCode",
    NameOID.DN_QUALIFIER: "dnQualifier",
    NameOID.PSEUDONYM: "pseudonym",
    NameOID.ORGANIZATION_IDENTIFIER: "organizationIdentifier",
}


@dataclass(frozen=True, slots=True)
class ClientVerdict:
    """variables: ssl_client_* by name, ssl_client_verify always among them; the others only with a certificate.

    refused: 0, 495 (the certificate does not verify) or 496 (there is none).
    """

    variables: Mapping[str, str] = field(default_factory=lambda: {"ssl_client_verify": "NONE"})
    refused: int = 0

    @property
    def verify(self) -> str:
        return self.variables["ssl_client_verify"]


def verify_client(
    pem: str | None,
    mode: str,
    *,
    authorities: bytes = b"",
    revoked: bytes = b"",
    depth: int = 1,
    now: datetime | None = None,
) -> ClientVerdict:
    """Plays `ssl_verify_client mode` ("on", "off", "optional", "optional_no_ca").

    pem: the client's certificate, followed by the intermediate ones it sends. authorities, revoked: the PEM files of
    ssl_client_certificate with ssl_trusted_certificate, and of ssl_crl. Raises ValueError when one of them is no PEM.
    """
    if mode == "off":
        return ClientVerdict()
    if not pem:
        return ClientVerdict(refused=NO_CERTIFICATE if mode == "on" else 0)
    now = now or datetime.now(UTC)
    sent = x509.load_pem_x509_certificates(pem.encode())
    trust = Trust(_certificates(authorities), _revocation_lists(revoked), depth)
    error = chain_error(sent, trust, now)
    forgiven = mode == "optional_no_ca" and error in UNTRUSTED
    verify = f"FAILED:{error}" if error else "SUCCESS"
    variables = {"ssl_client_verify": verify, **certificate_variables(sent[0], now)}
    return ClientVerdict(variables, CERTIFICATE_ERROR if error and not forgiven else 0)


def _certificates(pem: bytes) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(pem) if pem.strip() else []


def _revocation_lists(pem: bytes) -> list[x509.CertificateRevocationList]:
    mark = b"-----END X509 CRL-----"
    return [x509.load_pem_x509_crl(part + mark) for part in pem.split(mark)[:-1]]


def certificate_variables(certificate: x509.Certificate, now: datetime) -> dict[str, str]:
    """The $ssl_client_* variables that describe one certificate."""
    pem = certificate.public_bytes(Encoding.PEM).decode()
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return {
        "ssl_client_s_dn": _name(certificate.subject),
        "ssl_client_i_dn": _name(certificate.issuer),
        "ssl_client_serial": _hex(certificate.serial_number),
        "ssl_client_fingerprint": certificate.fingerprint(SHA1()).hex(),  # noqa: S303 - nginx's choice
        "ssl_client_v_start": _date(start),
        "ssl_client_v_end": _date(end),
        "ssl_client_v_remain": str(max((end - now.replace(microsecond=0)).days, 0)),
        "ssl_client_raw_cert": pem,
        "ssl_client_cert": pem.rstrip("\n").replace("\n", "\n\t"),
        "ssl_client_escaped_cert": quote(pem, safe="-._~"),
    }


def _name(name: x509.Name) -> str:
    return name.rfc4514_string(NAMES)


def _hex(number: int) -> str:
    digits = f"{number:X}"
    return digits.zfill(len(digits) + len(digits) % 2)


def _date(moment: datetime) -> str:
    return f"{moment:%b} {moment.day:2d} {moment:%H:%M:%S %Y} GMT"
