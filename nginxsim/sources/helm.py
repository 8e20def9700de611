"""Helm: a folder with a chart, rendered with the user's own helm, whose `template` asks no cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from glob import escape
from pathlib import Path

import yaml

from nginxsim.errors import InputError
from nginxsim.sources.files import File, text_if_any
from nginxsim.sources.naming import Naming
from nginxsim.sources.tools import Tool, output_of, scratch
from nginxsim.sources.trace import Text
from nginxsim.sources.trees import child, items, roots, text_of, yaml_of

CHART = "Chart.yaml"
OWN_FOLDERS = frozenset({"templates", "charts", "crds", "ci", "files", "tests"})
"""Of a chart: what lies there is no manifest."""
HELM = Tool("helm", "https://helm.sh/docs/intro/install/ has it", ("template",))
_VARIANTS = ("values-*.yaml", "values-*.yml", "values.*.yaml", "values.*.yml")
"""Values for one environment each, by habit."""


@dataclass(frozen=True)
class Chart:
    """A chart to be rendered with values. name: its folder, as the user calls it, and which of several values.

    release, namespace: as `helm install` would be told; the release goes by the chart's name where nobody says so.
    """

    name: str
    folder: str
    naming: Naming = field(repr=False)
    values: tuple[str, ...] = ()
    """Files, absolute, over the chart's own values."""
    layers: tuple[Text, ...] = field(default=(), repr=False)
    """Values that are written in objects, over those files."""
    settings: tuple[str, ...] = ()
    """As --set takes them."""
    release: str = ""
    namespace: str = "default"

    @cached_property
    def _about(self) -> yaml.Node | None:
        """What the chart says of itself; nothing where that cannot be read, which helm tells."""
        return next(iter(roots(text_if_any(str(Path(self.folder, CHART))))), None)

    @property
    def is_library(self) -> bool:
        """Parts for other charts: nothing comes of it alone."""
        return text_of(child(self._about, "type")) == "library"

    @property
    def missing(self) -> list[str]:
        """Charts that it depends on and that are not in its folder `charts`."""
        names = (text_of(child(each, "name")) for each in items(child(self._about, "dependencies")))
        inner = Path(self.folder, "charts")
        return [name for name in names if not (inner / name).is_dir() and not any(inner.glob(f"{escape(name)}-*.tgz"))]

    def variants(self) -> list[Chart]:
        """One for each file of values for an environment, else itself."""
        found = sorted({str(path) for pattern in _VARIANTS for path in Path(self.folder).glob(pattern)})
        return [replace(self, name=f"{self.name}/{Path(path).name}", values=(path,)) for path in found] or [self]

    def render(self, *, online: bool) -> File:
        """What helm would install, without tests. Raises InputError."""
        if self.missing:
            raise InputError("charts that it depends on are not there; `helm dependency build` fetches them")
        from nginxsim.sources.helm_trace import HelmTrace

        text = self._template((), online=online)
        back = HelmTrace(text, self, online)
        return File(self.name, text, is_named=False, back=back, namespace=self.namespace)

    def _template(self, more: Sequence[str], *, online: bool) -> str:
        """`more`: further files of values, over all others. Raises InputError."""
        release = self.release or text_of(child(self._about, "name")) or "release-name"
        with scratch() as folder:
            files = (*self.values, *(_written(layer, folder, n) for n, layer in enumerate(self.layers)), *more)
            given = [word for file in files for word in ("--values", file)]
            given += [word for setting in self.settings for word in ("--set", setting)]
            arguments = [release, self.folder, "--namespace", self.namespace, "--skip-tests", *given]
            return output_of(HELM, arguments, Path(self.folder), online=online)

    def rendered_with(self, values: str, *, online: bool) -> str:
        """With values in a file of their own, over all others but settings. Raises InputError."""
        return self._template([values], online=online)


def _written(layer: Text, folder: Path, number: int) -> str:
    """The file that helm reads it from."""
    file = folder / f"{number}.yaml"
    file.write_text(yaml_of(layer.root), encoding="utf-8")
    return str(file)


@dataclass(frozen=True, slots=True)
class Release:
    """A chart with what it is installed with, as nginxsim.toml says; paths are absolute."""

    chart: str
    values: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    name: str = ""
    namespace: str = "default"
    label: str = ""
    """What tells it from other releases of the chart."""

    def of(self, found: Chart) -> Chart:
        return replace(
            found,
            name=f"{found.name}/{self.label}" if self.label else found.name,
            values=self.values,
            settings=self.settings,
            release=self.name,
            namespace=self.namespace,
        )
