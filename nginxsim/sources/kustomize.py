"""Kustomize: a folder with a kustomization, rendered with the user's own kustomize or kubectl."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from nginxsim.sources.files import File
from nginxsim.sources.kustomization import Closure
from nginxsim.sources.naming import Naming
from nginxsim.sources.omissions import Omitted
from nginxsim.sources.tools import Tool, output_of, scratch

_GET = "https://kubectl.docs.kubernetes.io/installation/kustomize/ has it, and kubectl holds it too"
KUSTOMIZE = Tool("kustomize", _GET, ("build",))
KUBECTL = Tool("kubectl", _GET, ("kustomize",))


def kustomize() -> Tool:
    """Kustomize itself where it is on PATH, else that of kubectl."""
    return KUBECTL if KUSTOMIZE.path is None and KUBECTL.path else KUSTOMIZE


@dataclass(frozen=True)
class Overlay:
    """A kustomization to be rendered. name: its folder, as the user calls it; folder: the same as an absolute path."""

    name: str
    folder: str
    naming: Naming = field(repr=False)

    @cached_property
    def closure(self) -> Closure:
        """Raises InputError."""
        return Closure.of(self.folder)

    @property
    def variant_of(self) -> frozenset[str]:
        return self.closure.bases

    def render(self, *, online: bool) -> list[File | Omitted]:
        """What kubectl would apply. Raises InputError."""
        from nginxsim.sources.kustomize_trace import KustomizeTrace
        from nginxsim.sources.trace import Library

        if not (self.closure.is_whole or (online and not any(part.charts for part in self.closure.parts))):
            return self._reduced(online=online)
        tool = kustomize()
        text = output_of(tool, [self.folder], Path(self.folder), online=online)
        back = KustomizeTrace(text, self.closure, Library(self.naming), partial(self._told, tool, online=online))
        return [File(self.name, text, is_named=False, back=back, variant_of=self.variant_of)]

    def _reduced(self, *, online: bool) -> list[File | Omitted]:
        """What can be had without what is elsewhere. Raises InputError."""
        from nginxsim.sources.amended import Amended
        from nginxsim.sources.kustomize_trace import Written

        top = self.closure.top
        nothing = Written(None, File(self.naming.name(top.file), top.text), self.folder)
        reduced = Amended(self.folder, "", self.naming, nothing)
        text, back = reduced.render(online=online)
        file = File(self.name, text, is_named=False, back=back, variant_of=self.variant_of)
        return [file, *reduced.left_out(online=online)]

    def _told(self, tool: Tool, *, online: bool) -> tuple[str, Path]:
        """With origin annotations: rendered as the only part of another kustomization. Raises InputError."""
        with scratch() as folder:
            target = os.path.relpath(Path(self.folder).resolve(), folder)
            wrapper = f'resources: ["{target}"]\nbuildMetadata: [originAnnotations]\n'
            (folder / "kustomization.yaml").write_text(wrapper, encoding="utf-8")
            return output_of(tool, [str(folder)], folder, online=online), folder
