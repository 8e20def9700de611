"""Secrets with key pairs and CA bundles: which the controller takes, under which names, and its words on the others."""

from __future__ import annotations

import datetime as dt
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from nginxsim.config.certificate_names import mismatch
from nginxsim.config.certificates import CertificateStore
from nginxsim.config.flags import parse_flags
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import Meta, Secret
from nginxsim.releases import release
from tests.support.certificates import issue, new_key, pem_of, revoking

DAY = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)


@cache
def key(name: str) -> ec.EllipticCurvePrivateKey:
    return new_key()


def pem_key(name: str = "main") -> bytes:
    return pem_of(key(name)).encode()


@cache
def pem(common_name: str = "", *names: str) -> bytes:
    return issue(common_name, *names, key=key("main"), since=DAY, days=(-400, 0)).pem.encode()


@cache
def crl() -> bytes:
    return revoking(issue("ca", key=key("main")), since=DAY).encode()


def store(*flags: str, kind: str = "Opaque", **data: bytes) -> CertificateStore:
    """A store with the one Secret "shop/web"; `tls_crt` is the key tls.crt, and so on."""
    secret = Secret(
        Meta("Secret", "web", "shop"), kind, {name.replace("_", "."): value for name, value in data.items()}
    )
    return CertificateStore(Cluster(secrets={"shop/web": secret}), parse_flags(flags, release()))


def test_a_key_pair():
    certificates = store(tls_crt=pem("web", "web.example.com", "10.0.0.1"), tls_key=pem_key())
    certificate = certificates.local("shop/web")
    assert certificate.names == ("web", "web.example.com")
    assert certificate.addresses == ("10.0.0.1",)
    assert certificate.expires == DAY.timestamp()
    assert certificate.pem == pem("web", "web.example.com", "10.0.0.1") + b"\n" + pem_key()
    assert certificate.pem_file == ""
    assert len(certificate.pem_sha) == 40
    assert certificates.why_not("shop/web") == ""


def test_a_key_pair_alone_cannot_verify_anyone():
    authority = store(tls_crt=pem("web"), tls_key=pem_key()).auth("shop/web")
    assert (authority.secret, authority.ca_file, authority.pem_file) == ("shop/web", "", "")


def test_a_key_pair_with_a_ca_shares_one_file():
    authority = store(tls_crt=pem("web"), tls_key=pem_key(), ca_crt=pem("ca"), ca_crl=crl()).auth("shop/web")
    assert authority.ca_file == authority.pem_file == "/etc/ingress-controller/ssl/shop-web.pem"
    assert authority.crl_file == "/etc/ingress-controller/ssl/crl-shop-web.pem"
    assert authority.ca_pem.endswith(pem("ca"))


def test_a_ca_alone():
    certificates = store(ca_crt=pem("ca") + pem("other ca"))
    assert certificates.auth("shop/web").ca_file == "/etc/ingress-controller/ssl/ca-shop-web.pem"
    assert certificates.auth("shop/web").pem_file == ""
    assert certificates.local("shop/web").has_certificate is False


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({}, 'secret "shop/web" contains no keypair or CA certificate'),
        ({"auth": b"user:pass"}, "secret is used for authentication"),
        ({"tls_crt": b"", "tls_key": b""}, "unexpected error creating SSL Cert: no valid PEM formatted block found"),
        (
            {"tls_crt": pem_key(), "tls_key": pem_key()},
            "unexpected error creating SSL Cert: no certificate PEM data found, "
            "make sure certificate content starts with 'BEGIN CERTIFICATE'",
        ),
        (
            {"tls_crt": pem("web"), "tls_key": pem_key("other")},
            "unexpected error creating SSL Cert: certificate and private key does not have a matching public key: "
            "tls: private key does not match public key",
        ),
        (
            {"tls_crt": pem("web"), "tls_key": pem("web")},
            "unexpected error creating SSL Cert: certificate and private key does not have a matching public key: "
            "tls: found a certificate rather than a key in the PEM for the private key",
        ),
        (
            {"tls_crt": pem("web"), "tls_key": b"nothing"},
            "unexpected error creating SSL Cert: certificate and private key does not have a matching public key: "
            "tls: failed to find any PEM data in key input",
        ),
        (
            {"tls_crt": pem("web"), "tls_key": crl() + pem("web")},
            "unexpected error creating SSL Cert: certificate and private key does not have a matching public key: "
            'tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of '
            "the following types: [X509 CRL CERTIFICATE]",
        ),
        ({"ca_crt": b"nothing"}, "unexpected error creating SSL Cert: error decoding CA certificate/s"),
        (
            {"tls_crt": pem("web"), "tls_key": pem_key(), "ca_crt": b"nothing"},
            "parsing CA certificate: error decoding CA certificate/s",
        ),
        ({"ca_crt": pem("ca"), "ca_crl": b"nothing"}, "no valid PEM formatted block found in CRL shop-web"),
        (
            {"tls_crt": pem("web"), "tls_key": pem_key(), "ca_crt": pem("ca"), "ca_crl": pem("ca")},
            "error configuring CRL certificate: CRL file shop-web contains invalid data, "
            "and must be created only with PEM formatted certificates",
        ),
    ],
)
def test_why_a_secret_is_of_no_use(data, reason):
    certificates = store(**data)
    assert certificates.local("shop/web") is None
    assert certificates.why_not("shop/web") == reason
    with pytest.raises(LookupError, match=r"^local SSL certificate shop/web was not found$"):
        certificates.auth("shop/web")


def test_a_revocation_list_without_a_ca_is_not_read():
    assert store(tls_crt=pem("web"), tls_key=pem_key(), ca_crl=b"nothing").local("shop/web")


def test_text_around_the_certificates_does_not_matter():
    chain = b"subject=CN = web\n" + pem("web") + b"issuer\n" + pem("ca")
    assert store(tls_crt=chain, tls_key=b"note\n" + pem_key()).local("shop/web").common_name == "web"


def test_a_missing_secret():
    certificates = store()
    assert certificates.local("shop/none") is None
    assert certificates.why_not("shop/none") == 'no object matching key "shop/none" in local store'


def test_the_default_certificate():
    assert store().default.is_fake
    assert store("--default-ssl-certificate=shop/none").default.is_fake
    mine = store("--default-ssl-certificate=shop/web", tls_crt=pem("web"), tls_key=pem_key()).default
    assert (mine.common_name, mine.pem_file) == ("web", "/etc/ingress-controller/ssl/shop-web.pem")


@pytest.mark.parametrize(
    ("certificate", "host", "reason"),
    [
        (("web", "web.example.com"), "WEB.example.com", ""),
        (("web", "*.example.com"), "a.example.com", ""),
        (
            ("web", "*.example.com"),
            "a.b.example.com",
            "x509: certificate is valid for *.example.com, not a.b.example.com",
        ),
        (("web.example.com",), "web.example.com", ""),
        (
            ("web.example.com", "other.example.com"),
            "web.example.com",
            "x509: certificate is valid for other.example.com, not web.example.com",
        ),
        (("web",), "b.example.com", "x509: certificate is not valid for any names, but wanted to match b.example.com"),
        (("web", "10.0.0.1"), "10.0.0.1", ""),
    ],
)
def test_which_hosts_a_certificate_is_for(certificate, host, reason):
    assert mismatch(store(tls_crt=pem(*certificate), tls_key=pem_key()).local("shop/web"), host) == reason
