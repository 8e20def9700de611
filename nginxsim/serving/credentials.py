"""The server's certificate, which gets renewed while it runs, and whom it lets in."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from nginxsim.errors import UsageError
from nginxsim.serving.log import Log, ServerEvent, timestamp

SOON = timedelta(days=7)
"""So long before its end a certificate is spoken of each day."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files.

    client_authorities: who has to have signed the certificate that a client shows; None: clients show none.
    client_names: names of which that certificate has to have one; empty: any will do.
    """

    certificate: str
    key: str
    client_authorities: str | None = None
    client_names: frozenset[str] = frozenset()

    @property
    def paths(self) -> tuple[Path, ...]:
        named = (self.certificate, self.key, self.client_authorities)
        return tuple(Path(file) for file in named if file)


@dataclass(frozen=True, slots=True)
class Pair:
    """A context of its own for each certificate: connections keep the one that they began with."""

    context: ssl.SSLContext
    expires: datetime


def load_pair(files: TlsFiles) -> Pair:
    """Raises UsageError: no certificate, not its key, an encrypted key, a file that cannot be read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    try:
        # Without an answer OpenSSL would ask the terminal for the passphrase of an encrypted key.
        context.load_cert_chain(files.certificate, files.key, password="")
        expires = _expiry(files.certificate)
        _trust_clients(context, files.client_authorities)
    except OSError as problem:
        raise _unusable(files, problem) from None
    return Pair(context, expires)


def _trust_clients(context: ssl.SSLContext, authorities: str | None) -> None:
    if authorities is None:
        return
    try:
        context.load_verify_locations(authorities)
    except ssl.SSLError as problem:
        raise UsageError(f"--client-ca {authorities}: expected PEM certificates of authorities ({problem})") from None
    context.verify_mode = ssl.CERT_REQUIRED


def _expiry(file: str) -> datetime:
    return x509.load_pem_x509_certificates(Path(file).read_bytes())[0].not_valid_after_utc


def _unusable(files: TlsFiles, problem: OSError) -> UsageError:
    if not isinstance(problem, ssl.SSLError):
        return UsageError(f"{problem.filename or files.certificate}: cannot be read: {problem.strerror}")
    wanted = "expected a PEM certificate chain and the unencrypted private key of its first certificate"
    return UsageError(f"--tls-cert {files.certificate}, --tls-key {files.key}: {wanted} ({problem})")


class Credentials:
    """The pair in use. Raises UsageError for one that cannot be used from the start."""

    def __init__(self, files: TlsFiles, log: Log) -> None:
        self.files = files
        self.pair = load_pair(files)
        self._log = log
        self._tell()

    @property
    def context(self) -> ssl.SSLContext:
        return self.pair.context

    def renew(self) -> bool:
        """Takes up what the files hold now, if that can be used; the pair in use is not touched before."""
        try:
            self.pair = load_pair(self.files)
        except UsageError as problem:
            told = f"the certificate cannot be taken up, the old one goes on: {problem}"
            self._log(ServerEvent.CERTIFICATE_KEPT, told, error=str(problem), expires=timestamp(self.pair.expires))
            return False
        self._tell()
        return True

    def warn(self) -> None:
        """To be asked once a day."""
        left = self.pair.expires - datetime.now(UTC)
        if left < SOON:
            when = timestamp(self.pair.expires)
            word = "expired" if left < timedelta() else "expires"
            self._log(ServerEvent.CERTIFICATE_EXPIRES, f"the certificate {word} on {when}", expires=when)

    def _tell(self) -> None:
        when = timestamp(self.pair.expires)
        self._log(ServerEvent.CERTIFICATE, f"certificate in use, valid until {when}", expires=when)
        self.warn()

    def admits(self, certificate: Mapping[str, object] | None) -> bool:
        """certificate: as SSLObject.getpeercert() tells it, verified already."""
        wanted = self.files.client_names
        return not wanted or bool(wanted & _names(certificate or {}))


def _names(certificate: Mapping[str, object]) -> set[str]:
    """The common name and the DNS names."""
    subject = certificate.get("subject")
    alternative = certificate.get("subjectAltName")
    common = {
        value
        for part in (subject if isinstance(subject, tuple) else ())
        for field, value in part
        if field == "commonName"
    }
    return common | {value for kind, value in (alternative if isinstance(alternative, tuple) else ()) if kind == "DNS"}
