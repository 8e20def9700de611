"""Where things lie in the repository."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SAMPLES = ROOT / "samples"
RENDERED = ("argocd", "chart", "flux", "kustomize")
"""Samples that are whole repositories: their files mean nothing until a tool has rendered them."""
DATA = ROOT / "tests" / "data"


def plain_manifests() -> list[Path]:
    """The YAML of all other samples."""
    return sorted(path for path in SAMPLES.rglob("*.yaml") if path.relative_to(SAMPLES).parts[0] not in RENDERED)
