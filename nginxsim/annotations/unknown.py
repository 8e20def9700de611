"""Annotations that mean nothing to the controller: misspelt ones, and known ones under another prefix."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from nginxsim.annotations.table import TABLE
from nginxsim.errors import nearest
from nginxsim.kube.objects import Ingress

if TYPE_CHECKING:
    from nginxsim.config.controller import Controller

KNOWN_NAMES = frozenset(name for row in TABLE for name in row.names)

# ingress-nginx: internal/ingress/annotations at the tags of each release
RETIRED: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "enable-influxdb",
            "influxdb-host",
            "influxdb-measurement",
            "influxdb-port",
            "influxdb-server-name",
            "secure-verify-ca-secret",
        ),
        "1.7.1",
    ),
    **dict.fromkeys(("enable-opentracing", "opentracing-trust-incoming-span"), "1.9.5"),
    **dict.fromkeys(
        (
            "global-rate-limit",
            "global-rate-limit-ignored-cidrs",
            "global-rate-limit-key",
            "global-rate-limit-window",
        ),
        "1.12.0",
    ),
}
"""Annotations of the past: the first release that does without them."""

DEFAULT_PREFIX = "nginx.ingress.kubernetes.io"
_PREFIX_LIKENESS = 0.75


def unknown_annotations(ingress: Ingress, controller: Controller) -> list[tuple[str, str | None]]:
    """(annotation, the known name most like it or None), sorted.

    A misspelt name comes without its prefix, and so does the suggestion; a known name under a prefix that is like the
    controller's, but another, comes in full.
    """
    prefix = controller.flags.prefix
    found: list[tuple[str, str | None]] = []
    for full in sorted(ingress.meta.annotations):
        other_prefix, slash, name = full.rpartition("/")
        if full.startswith(prefix):
            short = full.removeprefix(prefix)
            if short not in KNOWN_NAMES:
                found.append((short, None if short in RETIRED else nearest(short, sorted(KNOWN_NAMES))))
        elif slash and name in KNOWN_NAMES and _meant(other_prefix, controller.flags.annotations_prefix):
            found.append((full, prefix + name))
    return found


def _meant(prefix: str, wanted: str) -> bool:
    return prefix == DEFAULT_PREFIX or SequenceMatcher(None, prefix, wanted).ratio() >= _PREFIX_LIKENESS
