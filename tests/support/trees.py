"""Folders of files for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def tree(folder: Path, files: Mapping[str, str]) -> Path:
    """Writes files, texts by path, into a folder, and returns it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
