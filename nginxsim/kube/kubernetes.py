"""Releases of Kubernetes."""

from __future__ import annotations

import re
from typing import NamedTuple

from nginxsim.errors import UsageError

_RELEASE = re.compile(r"v?1\.(\d{1,3})(?:\.\d+)?(?:[-+].*)?", re.ASCII)


class Kubernetes(NamedTuple):
    """1.`minor`."""

    minor: int

    @classmethod
    def named(cls, text: str) -> Kubernetes:
        """The release "1.34" or "v1.29.4". Raises UsageError."""
        match = _RELEASE.fullmatch(text)
        if match is None:
            raise UsageError(f'Kubernetes "{text}": expected a release such as {NEWEST}')
        return cls(int(match[1]))

    @classmethod
    def of_server(cls, version: str) -> Kubernetes | None:
        """Of a server that says so of itself; None where that says nothing, or more than there are rules for."""
        match = _RELEASE.fullmatch(version)
        return min(cls(int(match[1])), NEWEST) if match else None

    def __str__(self) -> str:
        return f"1.{self.minor}"


NEWEST = Kubernetes(34)
"""The release whose rules nginxsim.kube.validation has."""
