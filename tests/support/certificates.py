"""Certificates, keys and revocation lists, made when asked for."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

NOW = dt.datetime.now(dt.UTC)


@dataclass(frozen=True)
class Party:
    """Who holds a certificate, with the key to it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return pem_of(self.key)


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def pem_of(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def subject(common_name: str, *, email: str = "", organization: str = "") -> x509.Name:
    parts = (
        (NameOID.ORGANIZATION_NAME, organization),
        (NameOID.COMMON_NAME, common_name),
        (NameOID.EMAIL_ADDRESS, email),
    )
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts if text])


def issue(
    name: str | x509.Name = "",
    *names: str,
    issuer: Party | None = None,
    key: ec.EllipticCurvePrivateKey | None = None,
    ca: bool | None = None,
    days: tuple[int, int] = (-10, 10),
    since: dt.datetime = NOW,
    usage: x509.ExtendedKeyUsage | None = None,
) -> Party:
    """A certificate, by itself or by `issuer`, valid `days` around `since`; `names` are hosts and addresses it is for.

    ca None: it does not say whether it is an authority.
    """
    own = key or new_key()
    named = name if isinstance(name, x509.Name) else subject(name)
    builder = x509.CertificateBuilder(
        issuer.certificate.subject if issuer else named,
        named,
        own.public_key(),
        x509.random_serial_number(),
        since + dt.timedelta(days=days[0]),
        since + dt.timedelta(days=days[1]),
    )
    for extension, critical in _extensions(names, ca, usage):
        builder = builder.add_extension(extension, critical=critical)
    return Party(builder.sign(issuer.key if issuer else own, hashes.SHA256()), own)


def _extensions(
    names: Sequence[str], ca: bool | None, usage: x509.ExtendedKeyUsage | None
) -> list[tuple[x509.ExtensionType, bool]]:
    found: list[tuple[x509.ExtensionType, bool]] = []
    if names:
        found.append((x509.SubjectAlternativeName([_general(name) for name in names]), False))
    if ca is not None:
        found.append((x509.BasicConstraints(ca, None), True))
    if usage:
        found.append((usage, False))
    return found


def _general(name: str) -> x509.GeneralName:
    return x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)


def revoking(issuer: Party, *revoked: Party, since: dt.datetime = NOW) -> str:
    """The issuer's revocation list as PEM text."""
    day = dt.timedelta(days=1)
    builder = x509.CertificateRevocationListBuilder(issuer.certificate.subject, since - day, since + day)
    for one in revoked:
        entry = x509.RevokedCertificateBuilder(one.certificate.serial_number, since - day / 24).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
