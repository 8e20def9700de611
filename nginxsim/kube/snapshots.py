"""What is known of a cluster as a whole, beside its objects: a document that stands before those that it stores.

`nginxsim snapshot` writes one, and so does whoever asks a live cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nginxsim.kube.fields import Fields
from nginxsim.kube.objects import Meta

KIND = "Snapshot"
VERSION = "nginxsim.dev/v1"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """kubernetes: the server's version, "" where it is not known."""

    meta: Meta
    kubernetes: str = ""
    namespaces: tuple[str, ...] = ()
    """The only ones that were looked at; none: all."""
    whole: frozenset[str] = frozenset()
    """Kinds of which everything that there is was read."""
    unknown: Mapping[str, str] = field(default_factory=dict)
    """Kinds of which nothing could be read, and why, in the words of kubectl."""

    @property
    def fields(self) -> Mapping[str, Any]:
        """As it is written."""
        return {
            "apiVersion": VERSION,
            "kind": KIND,
            "kubernetes": self.kubernetes,
            "namespaces": list(self.namespaces),
            "whole": sorted(self.whole),
            "unknown": dict(self.unknown),
        }


def read_snapshot(document: Fields, meta: Meta) -> Snapshot:
    return Snapshot(
        meta,
        document.text("kubernetes"),
        document.words("namespaces"),
        frozenset(document.words("whole")),
        document.fields("unknown").texts(),
    )
