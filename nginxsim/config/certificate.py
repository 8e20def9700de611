"""What the controller holds of a Secret's key pair or CA bundle, and where it writes it."""

from __future__ import annotations

from dataclasses import dataclass

from nginxsim.origins import Origin

SSL_DIRECTORY = "/etc/ingress-controller/ssl"


def secret_file(key: str, prefix: str = "") -> str:
    """Where the controller writes what it takes from Secret "ns/name"."""
    return f"{SSL_DIRECTORY}/{prefix}{key.replace('/', '-')}.pem"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A TLS key pair (or a CA bundle) as the controller holds it."""

    name: str
    namespace: str
    uid: str = ""
    pem: bytes = b""
    """Certificate chain and key, what the Lua certificate picker is handed."""
    ca_file: str = ""
    pem_file: str = ""
    pem_sha: str = ""
    names: tuple[str, ...] = ()
    """CN and SANs."""
    common_name: str = ""
    dns_names: tuple[str, ...] = ()
    """DNS subject alternative names alone, as written: only these and `addresses` count when a host is verified."""
    addresses: tuple[str, ...] = ()
    """IP subject alternative names."""
    expires: float = 0.0
    has_certificate: bool = True
    is_fake: bool = False
    is_hidden: bool = False
    """It is there, and nothing is known of it beyond what `names` say; without any, it is taken to fit every host."""
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class AuthCertificate:
    """A Secret used to verify peers: files as the controller names them, contents beside."""

    secret: str = ""
    ca_file: str = ""
    crl_file: str = ""
    pem_file: str = ""
    ca_pem: bytes = b""
    crl_pem: bytes = b""
