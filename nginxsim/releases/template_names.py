"""What a nginx.tmpl of one's own may name: what templates of some release used and later releases no longer have.

ingress-nginx: internal/ingress/controller/template/template.go (funcMap), internal/ingress/controller/config/config.go,
pkg/apis/ingress/types.go and rootfs/etc/nginx/template/nginx.tmpl at the tag of each release.
"""

from __future__ import annotations

from collections.abc import Mapping

from nginxsim.releases.spans import span

_FUNCTIONS: Mapping[str, str] = {
    "..1.7.0": "buildInfluxDB shouldLoadInfluxDBModule",
    "..1.9.4": "buildOpentracing buildOpentracingForLocation shouldLoadOpentracingModule",
    "..1.11.8": "configForLua",
}
_FIELDS: Mapping[str, str] = {
    "..1.7.0": "InfluxDB",
    "..1.8.5": "EnableRealIp HttpAccessLogPath Whitelist",
    "..1.9.1": "UseGeoIP",
    "..1.9.4": "EnableOpentracing Opentracing",
    "..1.11.8": "Plugins",
    "0.44.0..1.11.8": "GlobalRateLimit",
    "1.0.5..1.9.4": "OpentracingTrustIncomingSpan",
}
FUNCTIONS: Mapping[str, str] = {name: when for when, names in _FUNCTIONS.items() for name in names.split()}
"""Function -> the releases that have it."""
FIELDS: Mapping[str, str] = {name: when for when, names in _FIELDS.items() for name in names.split()}
"""Field of the template's data -> the releases that have it."""

_TEMPLATES = (
    "0.43.0", "0.44.0", "0.45.0", "0.46.0", "0.47.0", "0.48.1", "0.49.0..0.49.3 1.0.0..1.0.3", "0.51.0 1.0.4",
    "1.0.5..1.1.0", "1.1.1", "1.1.2..1.1.3", "1.2.0", "1.2.1", "1.3.0", "1.3.1", "1.4.0", "1.5.1", "1.6.4", "1.7.0",
    "1.7.1", "1.8.0", "1.8.1", "1.8.2", "1.8.4..1.8.5", "1.9.0..1.9.1", "1.9.3..1.9.4", "1.9.5..1.9.6",
    "1.10.0..1.10.6", "1.11.0..1.11.4", "1.11.5..1.11.8", "1.12.0", "1.12.1..1.12.4", "1.12.5..1.12.8", "1.13.0",
    "1.13.1..1.13.6 1.14.0..1.14.2", "1.13.7..1.13.9 1.14.3..",
)  # fmt: skip
"""Releases whose own nginx.tmpl is the same but for comments."""


def template_of(release: str) -> str:
    """Equal for releases with the same template."""
    return next((when for when in _TEMPLATES if release in span(when)), "")
