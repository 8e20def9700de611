"""The annotation table: every family the controller knows, and with them every annotation.

ingress-nginx 1.15.1: internal/ingress/annotations/annotations.go
"""

from __future__ import annotations

from nginxsim.annotations.families import (
    aliases,
    basic_auth,
    canary,
    client_certificate,
    connection,
    cors,
    custom_headers,
    error_pages,
    external_auth,
    fastcgi,
    logs,
    mirror,
    modsecurity,
    opentelemetry,
    proxy,
    proxy_tls,
    rate_limit,
    redirect,
    rewrite,
    session_affinity,
    single,
    source_ranges,
    tls_ciphers,
    upstream_hash,
)
from nginxsim.annotations.rows import Annotation, Family

FAMILIES: tuple[Family, ...] = tuple(
    sorted(
        (
            aliases.FAMILY,
            basic_auth.FAMILY,
            canary.FAMILY,
            client_certificate.FAMILY,
            connection.FAMILY,
            cors.FAMILY,
            custom_headers.FAMILY,
            *error_pages.FAMILIES,
            external_auth.FAMILY,
            fastcgi.FAMILY,
            logs.FAMILY,
            mirror.FAMILY,
            modsecurity.FAMILY,
            opentelemetry.FAMILY,
            *single.FAMILIES,
            proxy.FAMILY,
            proxy_tls.FAMILY,
            rate_limit.FAMILY,
            redirect.FAMILY,
            rewrite.FAMILY,
            session_affinity.FAMILY,
            *source_ranges.FAMILIES,
            tls_ciphers.FAMILY,
            upstream_hash.FAMILY,
        ),
        key=lambda family: family.name,
    )
)
"""By name: where the controller's map order would decide, this order does."""

TABLE: tuple[Annotation, ...] = tuple(row for family in FAMILIES for row in family.rows)
