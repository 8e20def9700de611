"""Names as Kubernetes allows them. Source: k8s.io/apimachinery/pkg/util/validation."""

from __future__ import annotations

import re

LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?")
"""One part of a DNS name in small letters."""
SUBDOMAIN = re.compile(rf"{LABEL.pattern}(?:\.{LABEL.pattern})*")
"""A DNS name in small letters, as most objects are named."""
_LONGEST_SUBDOMAIN = 253


def is_subdomain(name: str) -> bool:
    """Whether it is a DNS name in small letters, and not too long for one."""
    return len(name) <= _LONGEST_SUBDOMAIN and SUBDOMAIN.fullmatch(name) is not None
