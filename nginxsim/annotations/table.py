"""The annotation table: every family that some release knows, and with them every annotation.

ingress-nginx 1.15.1: internal/ingress/annotations/annotations.go
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

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
    global_rate_limit,
    influxdb,
    logs,
    mirror,
    modsecurity,
    opentelemetry,
    opentracing,
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
from nginxsim.releases import Release

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
            global_rate_limit.FAMILY,
            influxdb.FAMILY,
            logs.FAMILY,
            mirror.FAMILY,
            modsecurity.FAMILY,
            opentelemetry.FAMILY,
            opentracing.FAMILY,
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

TABLE: tuple[Annotation, ...] = (*(row for family in FAMILIES for row in family.rows), influxdb.SECURE_VERIFY_CA)
"""Every annotation that some release knows."""

NAMES: Mapping[str, Annotation] = {name: row for row in TABLE for name in row.names}
"""Every name of each of them -> its row."""


@cache
def rows_otherwise(release: Release) -> Mapping[Annotation, Annotation]:
    """The rows that a release has otherwise than the newest, as it has them."""
    return {row: then for row in TABLE if (then := row.at(release)) is not row}


@cache
def known_names(release: Release) -> frozenset[str]:
    """The names that a release knows."""
    return frozenset(name for name, row in NAMES.items() if name != row.name or release.within(row.releases))
