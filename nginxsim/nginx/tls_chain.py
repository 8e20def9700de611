"""Whether a client's certificate leads to a trusted authority, with OpenSSL's order of checks and its words.

OpenSSL 3: crypto/x509/x509_vfy.c. nginx lets OpenSSL go on after an error, so the last error found counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID

NO_LOCAL_ISSUER = "unable to get local issuer certificate"
NO_ISSUER = "unable to get issuer certificate"
SELF_SIGNED = "self-signed certificate"
SELF_SIGNED_ABOVE = "self-signed certificate in certificate chain"
FIRST_UNVERIFIED = "unable to verify the first certificate"
UNTRUSTED = frozenset({NO_LOCAL_ISSUER, SELF_SIGNED, SELF_SIGNED_ABOVE, FIRST_UNVERIFIED, "certificate not trusted"})
"""The errors that `ssl_verify_client optional_no_ca` forgives."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What a server verifies clients by: authorities, revocation lists (checked when there is at least one), depth."""

    authorities: Sequence[x509.Certificate]
    revoked: Sequence[x509.CertificateRevocationList] = ()
    depth: int = 1


def chain_error(sent: Sequence[x509.Certificate], trust: Trust, now: datetime) -> str:
    """Why `sent` (the client's certificate first) does not verify, or "". `now` has a timezone."""
    chain, trusted = _build(sent, trust)
    errors = [
        *_anchoring(chain, trusted),
        *_usage(chain),
        *(_revocation(chain, trust) if trust.revoked else ()),
        *_validity(chain, now),
    ]
    return errors[-1] if errors else ""


def _build(sent: Sequence[x509.Certificate], trust: Trust) -> tuple[list[x509.Certificate], int]:
    """The chain from the client's certificate upwards and how many at its end are trusted ones.

    A trusted issuer is preferred to one that the client sent. The search gives up one step beyond the permitted depth.
    """
    chain, trusted = [sent[0]], int(sent[0] in trust.authorities and _is_self_signed(sent[0]))
    while not _is_self_signed(chain[-1]) and len(chain) <= trust.depth + 1:
        issuer = _issuer(chain[-1], trust.authorities)
        if issuer is not None:
            trusted += 1
        elif not trusted:
            issuer = _issuer(chain[-1], sent[1:])
        if issuer is None or issuer in chain:
            break
        chain.append(issuer)
    if not trusted and chain[-1] in trust.authorities and _is_self_signed(chain[-1]):
        trusted = 1
    return chain, trusted


def _issuer(certificate: x509.Certificate, candidates: Sequence[x509.Certificate]) -> x509.Certificate | None:
    return next((issuer for issuer in candidates if issued(certificate, issuer)), None)


def issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether its name and its key are those that the certificate was signed with."""
    if certificate.issuer != issuer.subject:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _is_self_signed(certificate: x509.Certificate) -> bool:
    return issued(certificate, certificate)


def _anchoring(chain: Sequence[x509.Certificate], trusted: int) -> Iterator[str]:
    """A chain counts only when it ends in a self-signed authority that the server trusts."""
    alone, self_signed = len(chain) == 1, _is_self_signed(chain[-1])
    if self_signed and not trusted:
        yield SELF_SIGNED if alone else SELF_SIGNED_ABOVE
    if not self_signed:
        yield NO_ISSUER if trusted else NO_LOCAL_ISSUER
    if alone and not self_signed:
        yield FIRST_UNVERIFIED


def _usage(chain: Sequence[x509.Certificate]) -> Iterator[str]:
    if not _is_for_clients(chain[0]) or not all(map(_is_authority, chain[1:])):
        yield "unsuitable certificate purpose"


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return certificate.version is x509.Version.v1


def _is_for_clients(certificate: x509.Certificate) -> bool:
    try:
        usages = set(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return True
    return bool(usages & {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE})


def _revocation(chain: Sequence[x509.Certificate], trust: Trust) -> Iterator[str]:
    for certificate in chain:
        lists = [revoked for revoked in trust.revoked if revoked.issuer == certificate.issuer]
        if not lists:
            yield "unable to get certificate CRL"
        elif any(revoked.get_revoked_certificate_by_serial_number(certificate.serial_number) for revoked in lists):
            yield "certificate revoked"


def _validity(chain: Sequence[x509.Certificate], now: datetime) -> Iterator[str]:
    for certificate in reversed(chain):
        if now < certificate.not_valid_before_utc:
            yield "certificate is not yet valid"
        if now > certificate.not_valid_after_utc:
            yield "certificate has expired"
