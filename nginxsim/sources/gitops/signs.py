"""By what a text that may hold objects of Flux or Argo CD is known, before anything is loaded that understands them."""

from __future__ import annotations

_GROUPS = (".fluxcd.io/", "argoproj.io/")
_WRITTEN = tuple(group.encode() for group in _GROUPS)
LARGEST_OBJECTS = 1 << 20
"""Bytes at the beginning of a file in which its first object of Flux or Argo CD has to be."""


def may_hold_appliers(text: str) -> bool:
    return any(group in text for group in _GROUPS)


def has_no_appliers(head: bytes) -> bool:
    return not any(group in head for group in _WRITTEN)
