"""Helm: a folder with a chart, rendered with the user's own helm, whose `template` asks no cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

import yaml

from nginxsim.errors import InputError
from nginxsim.sources.checkout import Checkout
from nginxsim.sources.dependencies import CHART, Dependency, Parts
from nginxsim.sources.files import File, text_if_any
from nginxsim.sources.naming import Naming
from nginxsim.sources.omissions import Omission, Omitted
from nginxsim.sources.settings import set_by_option
from nginxsim.sources.tools import Tool, output_of, scratch
from nginxsim.sources.trace import Text, at
from nginxsim.sources.trees import child, roots, text_of, yaml_of
from nginxsim.sources.values import Tree, laid_over

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
    options: tuple[str, ...] = ()
    """Further words for helm."""
    release: str = ""
    namespace: str = "default"
    top: str = ""
    """Absolute: charts that it takes in are looked for below; "": the repository that the input lies in."""
    has_values: bool = True
    """Its own values count, which Flux sets aside where it is told other files."""

    @cached_property
    def _about(self) -> yaml.Node | None:
        """What the chart says of itself; nothing where that cannot be read, which helm tells."""
        return next(iter(roots(text_if_any(str(Path(self.folder, CHART))))), None)

    @property
    def is_library(self) -> bool:
        """Parts for other charts: nothing comes of it alone."""
        return text_of(child(self._about, "type")) == "library"

    @cached_property
    def parts(self) -> Parts:
        return Parts(self.folder, self.top or Checkout(self.naming).outermost(self.folder))

    def variants(self) -> list[Chart]:
        """One for each file of values for an environment, else itself."""
        found = sorted({str(path) for pattern in _VARIANTS for path in Path(self.folder).glob(pattern)})
        return [replace(self, name=f"{self.name}/{Path(path).name}", values=(path,)) for path in found] or [self]

    def render(self, *, online: bool) -> list[File | Omitted]:
        """What helm would install, without tests, and what is left out of that. Raises InputError."""
        from nginxsim.sources.helm_trace import HelmTrace

        missing = self.parts.missing()
        is_nothing_else = missing and not (self.parts.inner() or Path(self.folder, "templates").is_dir())
        try:
            text = "" if is_nothing_else else self._template((), online=online)
        except InputError:
            if missing:
                raise InputError(_INCOMPLETE) from None
            raise
        back = HelmTrace(text, self, online)
        file = File(self.name, text, is_named=False, back=back, namespace=self.namespace)
        return [file, *self._instead(missing, back.values if missing else {})]

    def _instead(self, missing: Iterable[Dependency], values: Tree) -> Iterator[File | Omitted]:
        """Of charts that are not there: the controller by its values; any other is told."""
        from nginxsim.sources.controller_chart import is_controller

        for wanted in missing:
            if not wanted.is_on(values):
                continue
            file = File(self.naming.name(wanted.file), text_if_any(wanted.file))
            place = file.origin(child(wanted.node, "name") or wanted.node)
            if is_controller(wanted.name) and wanted.file.startswith(self.folder):
                yield from self._controller(wanted, file, values)
            else:
                title, why = f"{place} (chart {wanted.name})", _fetching(file.name, wanted.name)
                yield Omitted(title, Omission.ELSEWHERE, why, namespace=self.namespace)

    def _controller(self, wanted: Dependency, file: File, values: Tree) -> Iterator[File | Omitted]:
        from nginxsim.sources.controller_chart import Installed

        place = partial(at, file, child(wanted.node, "name") or wanted.node)
        for setting in self.settings:
            values = laid_over(values, set_by_option(setting, place))
        own = values.get(wanted.called, {}) if isinstance(values, dict) else {}
        asked = Installed(
            f"chart {self.name}", self._release, self.namespace, wanted.version(file), (own,), place, wanted.called
        )
        text, back, unfilled = asked.render()
        yield File(self.name, text, is_named=False, back=back, namespace=self.namespace)
        yield from asked.told(unfilled)

    @property
    def _release(self) -> str:
        return self.release or text_of(child(self._about, "name")) or "release-name"

    def _template(self, more: Sequence[str], *, online: bool) -> str:
        """`more`: further files of values, over all others. Raises InputError."""
        with scratch() as folder:
            files = (*self.values, *(_written(layer, folder, n) for n, layer in enumerate(self.layers)), *more)
            given = [word for file in files for word in ("--values", file)]
            given += [word for setting in self.settings for word in ("--set", setting)]
            chart = self.folder
            if not (self.parts.is_whole and self.has_values):
                chart = str(self.parts.assemble(folder / "chart", with_values=self.has_values))
            arguments = [self._release, chart, "--namespace", self.namespace, "--skip-tests", *given, *self.options]
            return output_of(HELM, arguments, Path(self.folder), online=online)

    def rendered_with(self, values: str, *, online: bool) -> str:
        """With values in a file of their own, over all others but settings. Raises InputError."""
        return self._template([values], online=online)


_INCOMPLETE = "charts that it depends on are not there; `helm dependency build` fetches them"


def _fetching(file: str, name: str) -> str:
    folder = file.rpartition("/")[0] or "."
    return f"not rendered: the chart {name} is elsewhere: `helm dependency build {folder}` fetches it"


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
