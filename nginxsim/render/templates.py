"""The templates that nginx.conf is written from: those of the release, under those of the user's folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

from jinja2 import Environment, FileSystemLoader

from nginxsim.config.controller import Controller
from nginxsim.releases import Release
from nginxsim.render.bytecode import PackageBytecode
from nginxsim.render.environment import environment


def _template_folder() -> Path:
    """Within the package where it was installed as a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


TEMPLATE_FOLDER = _template_folder()


class Templates(Protocol):
    """Renders templates by their names, with what all of them share and what this one is told besides."""

    def render(self, name: str, shared: Mapping[str, object], **facts: object) -> str: ...


class OwnTemplates:
    """Those of the project in these folders, the first uppermost."""

    def __init__(self, folders: Sequence[Path]) -> None:
        loader = FileSystemLoader(folders)
        self._environment = environment(Environment, loader=loader, bytecode_cache=PackageBytecode(folders))

    def render(self, name: str, shared: Mapping[str, object], **facts: object) -> str:
        return self._environment.get_template(name).render(shared, **facts)


def templates_of(controller: Controller) -> Templates:
    """Those of this controller. Raises InputError for a user's folder or template that is of no use."""
    folders = folders_of(controller.release)
    if not controller.templates:
        return _own_templates(folders)
    from nginxsim.render.user_templates import Overlay  # noqa: PLC0415  # most runs have no use for a sandbox

    return Overlay(controller.templates, folders)


def folders_of(release: Release) -> tuple[Path, ...]:
    """Where the templates of a release lie: what differs in it, over what all have.

    Releases without any of their own share theirs, which are compiled once.
    """
    own = TEMPLATE_FOLDER / release.name
    return (own, TEMPLATE_FOLDER) if own.is_dir() else (TEMPLATE_FOLDER,)


def own_templates_of(release: Release) -> Templates:
    """Those of the project for a release, whatever lies over them."""
    return _own_templates(folders_of(release))


_own_templates = cache(OwnTemplates)
