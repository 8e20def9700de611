"""The key pairs and CA bundles that the controller takes from Secrets.

ingress-nginx 1.15.1: internal/ingress/controller/store/backend_ssl.go, internal/net/ssl/ssl.go
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from nginxsim.config.certificate import SSL_DIRECTORY, AuthCertificate, Certificate, secret_file
from nginxsim.config.flags import Flags
from nginxsim.config.key_pairs import check_authority, check_revocations, read_key_pair
from nginxsim.config.scope import Stores
from nginxsim.golang.strconv import quote
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import PublicFacts, Secret

FAKE = Certificate(
    name="",
    namespace="",
    uid="00000000-0000-0000-0000-000000000000",
    pem_file=f"{SSL_DIRECTORY}/default-fake-certificate.pem",
    names=("Kubernetes Ingress Controller Fake Certificate", "ingress.local"),
    common_name="Kubernetes Ingress Controller Fake Certificate",
    dns_names=("ingress.local",),
    is_fake=True,
)
"""The self-signed certificate that every controller makes for itself at start; its key pair is never known here."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """What became of one Secret: a certificate, or the reason why there is none."""

    certificate: Certificate | None
    authority: AuthCertificate
    why_not: str = ""


class CertificateStore:
    """The Secrets as the controller sees them; each is parsed when it is first asked for, and once."""

    def __init__(self, cluster: Cluster, flags: Flags) -> None:
        self._stores = Stores(cluster, flags)
        self._default_key = flags.default_ssl_certificate
        self._entries: dict[str, _Entry] = {}

    @property
    def default(self) -> Certificate:
        """--default-ssl-certificate, or the fake certificate where that names nothing usable."""
        return (self.local(self._default_key) if self._default_key else None) or FAKE

    def local(self, key: str) -> Certificate | None:
        """The certificate of Secret "ns/name"; a CA bundle has no `has_certificate`. None: see `why_not`."""
        return self._entry(key).certificate

    def why_not(self, key: str) -> str:
        """The controller's reason for not using the Secret, "" when it does."""
        return self._entry(key).why_not

    def auth(self, key: str) -> AuthCertificate:
        """The files that verify peers against Secret "ns/name". Raises LookupError with the controller's text."""
        entry = self._entry(key)
        if entry.certificate is None:
            raise LookupError(f"local SSL certificate {key} was not found")
        return entry.authority

    def facts(self, key: str) -> PublicFacts | None:
        """What is public of a Secret's certificate, or why it is none; None where that is not known."""
        try:
            secret = self._stores.secret(key)
        except LookupError:
            return None
        entry = self._entry(key)
        if secret.facts or not secret.is_open:
            return secret.facts
        if entry.why_not:
            return PublicFacts(refusal=entry.why_not)
        shown = entry.certificate
        assert shown is not None, "there is a reason otherwise"
        return PublicFacts(shown.pem_sha, shown.common_name, shown.dns_names, shown.addresses, shown.expires)

    def _entry(self, key: str) -> _Entry:
        if key not in self._entries:
            try:
                self._entries[key] = self._read(key)
            except (LookupError, ValueError) as error:
                self._entries[key] = _Entry(None, AuthCertificate(), str(error.args[0]))
        return self._entries[key]

    def _read(self, key: str) -> _Entry:
        secret = self._stores.secret(key)
        if secret.facts is not None:
            entry = _known(key, secret, secret.facts)
        elif not secret.is_open and (hidden := _hidden(key, secret)):
            return hidden
        elif "tls.crt" in secret.data and "tls.key" in secret.data:
            entry = _key_pair(key, secret)
        elif secret.data.get("ca.crt"):
            entry = _authority(key, secret)
        elif "auth" in secret.data:
            raise ValueError("secret is used for authentication")
        else:
            raise ValueError(f"secret {quote(key)} contains no keypair or CA certificate")
        return _written_as_default(key, entry) if key == self._default_key else entry


def _hidden(key: str, secret: Secret) -> _Entry | None:
    """What is taken for granted of a Secret whose values are held back; None where its keys are of no use."""
    path, authority = secret_file(key), secret_file(key, "ca-")
    has_pair, has_authority = secret.has("tls.crt") and secret.has("tls.key"), secret.has("ca.crt")
    if not has_pair and not has_authority:
        return None
    certificate = Certificate(
        name=secret.meta.name,
        namespace=secret.meta.namespace,
        uid=secret.meta.uid,
        pem_file=path if has_pair else "",
        ca_file=(path if has_pair else authority) if has_authority else "",
        names=secret.hosts,
        dns_names=secret.hosts,
        expires=math.inf,
        has_certificate=has_pair,
        is_hidden=True,
        origin=secret.meta.origin,
    )
    return _Entry(certificate, AuthCertificate(key, ca_file=certificate.ca_file, pem_file=certificate.pem_file))


def _known(key: str, secret: Secret, facts: PublicFacts) -> _Entry:
    """The same as of the Secret itself, without contents."""
    if facts.refusal:
        raise ValueError(facts.refusal)
    has_pair = "tls.crt" in secret.data and "tls.key" in secret.data
    path = (secret_file(key) if has_pair else secret_file(key, "ca-")) if "ca.crt" in secret.data else ""
    certificate = Certificate(
        name=secret.meta.name,
        namespace=secret.meta.namespace,
        uid=secret.meta.uid if has_pair else "",
        pem_sha=facts.sha1,
        pem_file=path if has_pair else "",
        ca_file=path,
        names=tuple(sorted({facts.common_name, *facts.dns_names} - {""})),
        common_name=facts.common_name,
        dns_names=facts.dns_names,
        addresses=facts.addresses,
        expires=facts.expires,
        has_certificate=has_pair,
        origin=secret.meta.origin,
    )
    revoked = secret_file(key, "crl-") if path and "ca.crl" in secret.data else ""
    return _Entry(certificate, AuthCertificate(key, path, revoked, certificate.pem_file))


def _written_as_default(key: str, entry: _Entry) -> _Entry:
    """The default certificate goes to disk whatever it is; that overwrites a CA that was appended to the key pair."""
    assert entry.certificate is not None
    path = secret_file(key)
    authority = replace(entry.authority, pem_file=path)
    if authority.ca_file == path:
        authority = replace(authority, ca_pem=entry.certificate.pem)
    return _Entry(replace(entry.certificate, pem_file=path), authority)


def _key_pair(key: str, secret: Secret) -> _Entry:
    chain, private = secret.data["tls.crt"], secret.data["tls.key"]
    try:
        leaf = read_key_pair(chain, private)
    except ValueError as error:
        raise ValueError(f"unexpected error creating SSL Cert: {error}") from None
    certificate = Certificate(
        name=secret.meta.name,
        namespace=secret.meta.namespace,
        uid=secret.meta.uid,
        pem=chain + b"\n" + private,
        pem_sha=leaf.sha1,
        names=tuple(sorted({leaf.common_name, *leaf.dns_names} - {""})),
        common_name=leaf.common_name,
        dns_names=leaf.dns_names,
        addresses=leaf.addresses,
        expires=leaf.expires,
        origin=secret.meta.origin,
    )
    return _with_authority(key, secret, certificate)


def _with_authority(key: str, secret: Secret, certificate: Certificate) -> _Entry:
    """A key pair beside a CA goes into one file; without a CA nothing is written, and a revocation list is not read."""
    bundle = secret.data.get("ca.crt", b"")
    if not bundle:
        return _Entry(certificate, AuthCertificate(secret=key))
    try:
        check_authority(bundle)
    except ValueError as error:
        raise ValueError(f"parsing CA certificate: {error}") from None
    path = secret_file(key)
    authority = AuthCertificate(
        secret=key,
        ca_file=path,
        pem_file=path,
        ca_pem=certificate.pem + b"\n" + bundle,
    )
    try:
        authority = _with_revocations(key, secret, authority)
    except ValueError as error:
        raise ValueError(f"error configuring CRL certificate: {error}") from None
    return _Entry(replace(certificate, pem_file=path, ca_file=path), authority)


def _authority(key: str, secret: Secret) -> _Entry:
    bundle = secret.data["ca.crt"]
    try:
        check_authority(bundle)
    except ValueError as error:
        raise ValueError(f"unexpected error creating SSL Cert: {error}") from None
    path = secret_file(key, "ca-")
    authority = AuthCertificate(secret=key, ca_file=path, ca_pem=bundle)
    certificate = Certificate(
        name=secret.meta.name,
        namespace=secret.meta.namespace,
        ca_file=path,
        has_certificate=False,
        origin=secret.meta.origin,
    )
    return _Entry(certificate, _with_revocations(key, secret, authority))


def _with_revocations(key: str, secret: Secret, authority: AuthCertificate) -> AuthCertificate:
    data = secret.data.get("ca.crl", b"")
    if not data:
        return authority
    check_revocations(key.replace("/", "-"), data)
    return replace(authority, crl_file=secret_file(key, "crl-"), crl_pem=data)
