"""Names as Kubernetes allows them. Source: k8s.io/apimachinery/pkg/util/validation."""

from __future__ import annotations

import re

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LONGEST_SUBDOMAIN = 253


def is_subdomain(name: str) -> bool:
    """Whether it is a DNS name in small letters, as most objects are named."""
    return len(name) <= _LONGEST_SUBDOMAIN and _SUBDOMAIN.fullmatch(name) is not None
