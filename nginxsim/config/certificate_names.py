"""Whether a certificate is good for a host, as Go's crypto/x509 and the controller's older rule see it."""

from __future__ import annotations

import re
import string

from nginxsim.config.certificate import Certificate
from nginxsim.golang.net import parse_ip

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]+", re.ASCII)


def lower_ascii(text: str) -> str:
    """Lower case for A to Z only, as Go's host name rules have it."""
    return text.translate(_LOWER)


def covers(certificate: Certificate, host: str) -> bool:
    """Go's x509.Certificate.VerifyHostname: subject alternative names only; the common name does not count."""
    if certificate.is_hidden and not certificate.names:
        return True
    if (verdict := _covers_address(certificate, host)) is not None:
        return verdict
    host = lower_ascii(host)
    well_formed = _is_host(host)
    return any(
        _matches(lower_ascii(name), host) if well_formed and _is_pattern(name) else _equals(lower_ascii(name), host)
        for name in certificate.dns_names
    )


def covers_leniently(certificate: Certificate, host: str) -> bool:
    """The rule the controller falls back to: the common name counts where there are no DNS names."""
    # ingress-nginx 1.15.1: internal/ingress/controller/certificate.go
    if (verdict := _covers_address(certificate, host)) is not None:
        return verdict
    names = certificate.dns_names or (certificate.common_name,)
    host = lower_ascii(host).removesuffix(".")
    return any(_matches(lower_ascii(name).removesuffix("."), host) for name in names)


def mismatch(certificate: Certificate, host: str) -> str:
    """Why the controller does not show this certificate for the host, in the words of Go's crypto/x509; "" if it does.

    Subject alternative names count, and the common name where there are none.
    """
    if covers(certificate, host) or covers_leniently(certificate, host):
        return ""
    valid = ", ".join(certificate.dns_names)
    if not valid:
        return f"x509: certificate is not valid for any names, but wanted to match {host}"
    return f"x509: certificate is valid for {valid}, not {host}"


def names_include(certificate: Certificate, host: str) -> bool:
    """Whether the common name and alternative names, taken together, list `host` or a wildcard for it."""
    if certificate.is_hidden and not certificate.names:
        return True
    # ingress-nginx 1.15.1: internal/net/ssl/ssl.go, IsValidHostname
    wildcard = ".".join(["*", *host.split(".")[1:]]).lower()
    return any(name.lower() in (host.lower(), wildcard) for name in certificate.names)


def _covers_address(certificate: Certificate, host: str) -> bool | None:
    """None when `host` is no IP address; addresses are compared with the IP alternative names alone."""
    bracketed = len(host) >= 3 and host[0] == "[" and host[-1] == "]"
    address = parse_ip(host[1:-1] if bracketed else host)
    if address is None:
        return None
    return any(parse_ip(candidate) == address for candidate in certificate.addresses)


def _is_host(host: str) -> bool:
    labels = host.removesuffix(".").split(".")
    return all(_LABEL.fullmatch(label) for label in labels)


def _is_pattern(pattern: str) -> bool:
    first, dot, rest = pattern.partition(".")
    if first == "*":
        return bool(dot) and not rest.endswith(".") and _is_host(rest)
    return not pattern.endswith(".") and _is_host(pattern)


def _equals(name: str, host: str) -> bool:
    return name == host and host not in ("", ".")


def _matches(pattern: str, host: str) -> bool:
    host = host.removesuffix(".")
    if not pattern or not host:
        return False
    patterns, labels = pattern.split("."), host.split(".")
    if len(patterns) != len(labels):
        return False
    return patterns[1:] == labels[1:] and patterns[0] in ("*", labels[0])
