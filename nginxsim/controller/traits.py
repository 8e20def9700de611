"""The traits of a server: what one Ingress decides for a whole host, and how it comes to be the one.

An annotation that is added here needs its name in ServerTrait, a field of that name in ServerTraits, and, where the
oldest Ingress that sets it decides, a row in FIRST_COME. Drafts, the model and the templates hand the traits on whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from nginxsim.annotations.families import client_certificate, proxy_tls
from nginxsim.annotations.values import ClientCertificate, ParsedAnnotations, ProxyTLS
from nginxsim.config.certificate import Certificate


class ServerTrait(StrEnum):
    """The fields of ServerTraits."""

    ALIASES = "aliases"
    AUTH_TLS_ERROR = "auth_tls_error"
    CERTIFICATE = "certificate"
    CIPHERS = "ciphers"
    CLIENT_CERTIFICATE = "client_certificate"
    PREFER_SERVER_CIPHERS = "prefer_server_ciphers"
    PROXY_TLS = "proxy_tls"
    REDIRECT_FROM_TO_WWW = "redirect_from_to_www"
    SNIPPET = "snippet"
    SSL_PASSTHROUGH = "ssl_passthrough"


@dataclass(frozen=True, slots=True)
class ServerTraits:
    """Their values; the defaults are what a host has that nobody decides anything for."""

    aliases: tuple[str, ...] = ()
    auth_tls_error: str = ""
    """Why no certificate of a client can be checked, for which the whole host answers 403."""
    certificate: Certificate | None = None
    ciphers: str = ""
    client_certificate: ClientCertificate = ClientCertificate()
    prefer_server_ciphers: str = ""
    proxy_tls: ProxyTLS = ProxyTLS()
    redirect_from_to_www: bool = False
    snippet: str = ""
    ssl_passthrough: bool = False


@dataclass(frozen=True, slots=True)
class FirstCome:
    """A trait for which the oldest Ingress decides that has a value. told: a later one gets a notice."""

    trait: ServerTrait
    annotation: str
    value: Callable[[ParsedAnnotations], object]
    told: bool = False


# ingress-nginx 1.15.1: internal/ingress/controller/controller.go, createServers
FIRST_COME = (
    FirstCome(ServerTrait.ALIASES, "server-alias", lambda parsed: parsed.aliases, told=True),
    FirstCome(ServerTrait.SNIPPET, "server-snippet", lambda parsed: parsed.server_snippet, told=True),
    FirstCome(ServerTrait.CIPHERS, "ssl-ciphers", lambda parsed: parsed.ciphers.ciphers),
    FirstCome(
        ServerTrait.PREFER_SERVER_CIPHERS,
        "ssl-prefer-server-ciphers",
        lambda parsed: parsed.ciphers.prefer_server_ciphers,
    ),
)

BY_ANNOTATION: Mapping[str, tuple[ServerTrait, ...]] = {
    **{row.annotation: (row.trait,) for row in FIRST_COME},
    "from-to-www-redirect": (ServerTrait.REDIRECT_FROM_TO_WWW,),
    "ssl-passthrough": (ServerTrait.SSL_PASSTHROUGH,),
    **dict.fromkeys(
        (row.name for row in client_certificate.ROWS), (ServerTrait.AUTH_TLS_ERROR, ServerTrait.CLIENT_CERTIFICATE)
    ),
    **dict.fromkeys((row.name for row in proxy_tls.ROWS), (ServerTrait.PROXY_TLS,)),
}
"""The traits that an annotation is heard in, the one that counts first at the head."""
