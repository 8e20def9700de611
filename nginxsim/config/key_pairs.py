"""Certificates, keys and revocation lists: what Go's crypto libraries take, and their words for what they refuse.

Sources: Go 1.26, crypto/tls (X509KeyPair), crypto/x509; ingress-nginx 1.15.1: internal/net/ssl/ssl.go.
Every function raises ValueError.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from cryptography import x509
from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from nginxsim.config.pem import Block, first_block, pem_blocks

PublicKey: TypeAlias = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey
PrivateKey: TypeAlias = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey

KEY_TYPES: Sequence[tuple[type[PublicKey], type[PrivateKey]]] = (
    (RSAPublicKey, RSAPrivateKey),
    (EllipticCurvePublicKey, EllipticCurvePrivateKey),
    (Ed25519PublicKey, Ed25519PrivateKey),
)

CURVES = frozenset({"secp224r1", "secp256r1", "secp384r1", "secp521r1"})
"""The elliptic curves Go knows."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """What matters of a server certificate; `expires` in seconds since the epoch."""

    sha1: str
    common_name: str
    dns_names: tuple[str, ...]
    addresses: tuple[str, ...]
    expires: float


def read_key_pair(certificate: bytes, key: bytes) -> Leaf:
    """The first certificate of a chain, once it is sure that the key is its own."""
    block = first_block(certificate + b"\n" + key)
    if block is None:
        raise ValueError("no valid PEM formatted block found")
    if block.type != "CERTIFICATE":
        raise ValueError("no certificate PEM data found, make sure certificate content starts with 'BEGIN CERTIFICATE'")
    parsed = _certificate(block.content)
    try:
        _check_pair(certificate, key)
    except ValueError as error:
        raise ValueError(f"certificate and private key does not have a matching public key: {error}") from None
    return _leaf(parsed, block.content)


def check_authority(bundle: bytes) -> None:
    """A file of one or more CA certificates; a block of any other kind spoils it."""
    blocks = list(pem_blocks(bundle))
    for block in blocks:
        _certificate(block.content)
    if not blocks:
        raise ValueError("error decoding CA certificate/s")


def check_revocations(name: str, data: bytes) -> None:
    """A certificate revocation list; `name` is for the message."""
    block = first_block(data)
    if block is None:
        raise ValueError(f"no valid PEM formatted block found in CRL {name}")
    if block.type != "X509 CRL":
        raise ValueError(
            f"CRL file {name} contains invalid data, and must be created only with PEM formatted certificates"
        )
    try:
        x509.load_der_x509_crl(block.content)
    except ValueError:
        raise ValueError("x509: malformed crl") from None


def _certificate(der: bytes) -> x509.Certificate:
    try:
        certificate = x509.load_der_x509_certificate(der)
        negative = certificate.serial_number < 0
        _ = certificate.extensions
    except (ValueError, x509.InvalidVersion, x509.DuplicateExtension):
        raise ValueError("x509: malformed certificate") from None
    if negative:
        raise ValueError("x509: negative serial number")
    key = _any_public_key(certificate)
    if isinstance(key, EllipticCurvePublicKey) and key.curve.name not in CURVES:
        raise ValueError("x509: unsupported elliptic curve")
    return certificate


def _check_pair(certificate: bytes, key: bytes) -> None:
    first, second = _certificate_block(certificate), _key_block(key)
    parsed = _certificate(first.content)
    private = _private_key(second.content)
    public = _public_key(parsed)
    wanted = next(mine for theirs, mine in KEY_TYPES if isinstance(public, theirs))
    if not isinstance(private, wanted):
        raise ValueError("tls: private key type does not match public key type")
    if private.public_key() != public:
        raise ValueError("tls: private key does not match public key")


def _certificate_block(data: bytes) -> Block:
    blocks = list(pem_blocks(data))
    found = next((block for block in blocks if block.type == "CERTIFICATE"), None)
    if found:
        return found
    if not blocks:
        raise ValueError("tls: failed to find any PEM data in certificate input")
    if len(blocks) == 1 and blocks[0].type.endswith("PRIVATE KEY"):
        raise ValueError(
            "tls: failed to find certificate PEM data in certificate input, but did find a private key; "
            "PEM inputs may have been switched"
        )
    raise ValueError(
        'tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following '
        f"types: {_types(blocks)}"
    )


def _key_block(data: bytes) -> Block:
    blocks = list(pem_blocks(data))
    found = next((block for block in blocks if f" {block.type}".endswith(" PRIVATE KEY")), None)
    if found:
        return found
    if not blocks:
        raise ValueError("tls: failed to find any PEM data in key input")
    if [block.type for block in blocks] == ["CERTIFICATE"]:
        raise ValueError("tls: found a certificate rather than a key in the PEM for the private key")
    raise ValueError(
        'tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the '
        f"following types: {_types(blocks)}"
    )


def _types(blocks: Sequence[Block]) -> str:
    return f"[{' '.join(block.type for block in blocks)}]"


def _any_public_key(certificate: x509.Certificate) -> object:
    """None for an algorithm that nobody knows."""
    try:
        return certificate.public_key()
    except (UnsupportedAlgorithm, InternalError):
        return None
    except ValueError:
        raise ValueError("x509: malformed public key") from None


def _public_key(certificate: x509.Certificate) -> PublicKey:
    key = _any_public_key(certificate)
    if not isinstance(key, PublicKey):
        raise ValueError("tls: unknown public key algorithm")
    return key


def _private_key(der: bytes) -> PrivateKey:
    try:
        key = load_der_private_key(der, None)
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError):
        raise ValueError("tls: failed to parse private key") from None
    if isinstance(key, X25519PrivateKey):
        raise ValueError("tls: found unknown private key type in PKCS#8 wrapping")
    odd_curve = isinstance(key, EllipticCurvePrivateKey) and key.curve.name not in CURVES
    if odd_curve or not isinstance(key, PrivateKey):
        raise ValueError("tls: failed to parse private key")
    return key


def _leaf(certificate: x509.Certificate, der: bytes) -> Leaf:
    names = _alternative_names(certificate)
    common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return Leaf(
        sha1=hashlib.sha1(der, usedforsecurity=False).hexdigest(),
        common_name=str(common[-1].value) if common else "",
        dns_names=tuple(names.get_values_for_type(x509.DNSName)) if names else (),
        addresses=tuple(map(str, names.get_values_for_type(x509.IPAddress))) if names else (),
        expires=certificate.not_valid_after_utc.timestamp(),
    )


def _alternative_names(certificate: x509.Certificate) -> x509.SubjectAlternativeName | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None
