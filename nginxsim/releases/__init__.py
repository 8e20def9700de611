"""What differs between releases of the controller: one row each, and the only place where a version matters.

A row is complete in itself. A release that is added copies the row it is nearest to with `dataclasses.replace` and
states its differences, so that a row says what an upgrade changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from nginxsim.errors import UsageError, did_you_mean

Fact: TypeAlias = bool | int | str


@dataclass(frozen=True, slots=True)
class Release:
    """The facts of one controller version.

    settings, flags: the defaults that have changed in some release, by ConfigMap key and by flag name without dashes.
    unknown_*: names that only other releases have; such an annotation or key is ignored, such a flag is refused.
    """

    name: str
    settings: Mapping[str, Fact] = field(default_factory=dict)
    flags: Mapping[str, Fact] = field(default_factory=dict)
    unknown_settings: frozenset[str] = frozenset()
    unknown_flags: frozenset[str] = frozenset()
    unknown_annotations: frozenset[str] = frozenset()
    strict_path: str = ""
    """What strict-validate-path-type lets an Exact or Prefix path be (a regular expression in Go's syntax)."""
    bad_annotation_drops_ingress: bool = True
    """A refused or too risky annotation removes the whole Ingress; before 1.9 it counted as not set."""
    webhook_checks_uid: bool = True
    quotes_names: bool = True
    """Paths and host names are written in quotes, with backslashes and quotes escaped."""
    auth_skips_custom_errors: bool = True
    """custom-http-errors leave the answer of the authentication service alone."""


# ingress-nginx 1.15.1: internal/ingress/controller/config/config.go, pkg/flags/flags.go,
# internal/ingress/inspector/rules.go
_1_15_1 = Release(
    name="1.15.1",
    settings={
        "allow-cross-namespace-resources": False,
        "allow-snippet-annotations": False,
        "annotation-value-word-blocklist": "",
        "annotations-risk-level": "High",
        "keep-alive-requests": 1000,
        "proxy-busy-buffers-size": "",
        "strict-validate-path-type": True,
        "use-forwarded-headers": False,
    },
    flags={
        "enable-annotation-validation": True,
        "enable-metrics": False,
    },
    strict_path=r"(?i)^/[[:alnum:]._\-/]*$",
)

RELEASES: Mapping[str, Release] = {row.name: row for row in (_1_15_1,)}
NEWEST = "1.15.1"


def release(name: str = NEWEST) -> Release:
    """The row of "1.15.1", "v1.15.1" or the tag "controller-v1.15.1". Raises UsageError for an unknown one."""
    plain = name.strip().removeprefix("controller-").removeprefix("v")
    if plain not in RELEASES:
        known = ", ".join(RELEASES)
        raise UsageError(f'unknown release "{name}"{did_you_mean(plain, RELEASES)} (known: {known})')
    return RELEASES[plain]
