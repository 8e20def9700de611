"""What the controller decides: releases, flags, settings, certificates, and the Model built from all of them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nginxsim.controller.build import build_model, configure
    from nginxsim.controller.model import Model

__all__ = ["Model", "build_model", "configure"]

_HOMES = {
    "Model": "nginxsim.controller.model",
    "build_model": "nginxsim.controller.build",
    "configure": "nginxsim.controller.build",
}


def __getattr__(name: str) -> Any:
    # On first use: flags and settings are read by stages that the builders import in turn.
    if home := _HOMES.get(name):
        return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
