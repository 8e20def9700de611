"""The rooms stand in one row, and each imports only what lies to its left (docs/architecture.md)."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import nginxsim

PACKAGE = Path(nginxsim.__file__).parent

ROW: tuple[tuple[str, ...], ...] = (
    ("origins", "collector", "generated", "printing"),
    ("errors",),
    ("golang",),
    ("releases",),
    ("sources", "serving"),
    ("kube",),
    ("config",),
    ("annotations",),
    ("controller",),
    ("render",),
    ("nginx",),
    ("lua",),
    ("around",),
    ("catalogue",),
    ("verdict",),
    ("admission", "checks", "diffing"),
    ("simulation", "conf_simulation"),
    ("url",),
    ("suites", "upgrade", "preflight"),
    ("reports",),
    ("webhook", "pytest_estate"),
    ("pytest_plugin",),
    ("cli",),
    ("__main__", "__init__"),
)
"""From left to right; what shares a place knows nothing of its neighbours."""

PLACE = {room: place for place, rooms in enumerate(ROW) for room in rooms}

OF_NGINX = {"errors", "origins", "nginx"}
"""nginx/ is a simulator of nginx, and knows nothing of Kubernetes."""


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(name: str) -> str:
    """ "nginxsim.kube.objects" -> "kube"; the package itself is where the public names are."""
    return name.split(".")[1] if "." in name else "__init__"


def imports(module: Path) -> Iterator[tuple[str, int]]:
    """(room, line) of what the module needs to run: what it only names in annotations is left out."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.ImportFrom) and node.module == "nginxsim":
            # The version is a constant that stands above the row.
            names = [alias.name for alias in node.names if alias.name != "__version__"]
            yield from ((name if (PACKAGE / name).exists() else "__init__", node.lineno) for name in names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nginxsim."):
            yield room_of(node.module or ""), node.lineno
        elif isinstance(node, ast.Import):
            yield from ((room_of(alias.name), node.lineno) for alias in node.names if alias.name.startswith("nginxsim"))


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_what_lies_to_its_left(module):
    own = module.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert own in PLACE, f"{own} has no place in the row"
    wrong = [
        f"{module.relative_to(PACKAGE)}:{line} imports {room}"
        for room, line in imports(module)
        if room != own and (PLACE[room] >= PLACE[own] or (own == "nginx" and room not in OF_NGINX))
    ]
    assert wrong == []


def test_the_public_names_are_what_can_be_imported():
    tree = ast.parse(Path(nginxsim.__file__).read_text(encoding="utf-8"))
    typed = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and "nginxsim" in (node.module or "")]
    assert sorted(alias.name for node in typed for alias in node.names) == nginxsim.__all__
    for node in typed:
        home = importlib.import_module(node.module)
        for alias in node.names:
            assert getattr(nginxsim, alias.name) is getattr(home, alias.name)
