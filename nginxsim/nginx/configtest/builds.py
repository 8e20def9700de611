"""An nginx as somebody built it: what it knows depends on its release and on the modules that are in it."""

from __future__ import annotations

from dataclasses import dataclass

from nginxsim.nginx.directives import NGINX


@dataclass(frozen=True, slots=True)
class Build:
    """modules: what it has beyond what nginx has anyway, a .so file standing for one that is loaded.

    loadable: the .so files that a conf may load.
    """

    release: str = NGINX
    modules: tuple[str, ...] = ()
    loadable: tuple[str, ...] = ()


PATCHED = Build()
"""nginx as the controller's image has it, and no module to load."""
STOCK = Build(modules=("stock",))
"""nginx without the patches of that image."""
