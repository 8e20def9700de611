"""What it takes to render what an object of Flux or Argo CD asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, TypeAlias

import yaml

from nginxsim.errors import InputError
from nginxsim.origins import WayBack
from nginxsim.sources.checkout import Checkout
from nginxsim.sources.controller_chart import Installed
from nginxsim.sources.dependencies import CHART
from nginxsim.sources.files import File
from nginxsim.sources.gitops.objects import Held, Stock
from nginxsim.sources.helm import Chart
from nginxsim.sources.kustomization import NAMES, Closure
from nginxsim.sources.naming import Naming
from nginxsim.sources.omissions import Omission, Omitted
from nginxsim.sources.trace import Text


class Elsewhere(Exception):  # noqa: N818  # no failure: nobody has given a copy
    """Its words say how to have what is not at hand."""


class Place(NamedTuple):
    """A folder of a source, and the top of that source; both absolute."""

    folder: str
    top: str


@dataclass(frozen=True)
class Claim:
    """What an object takes from the repository, so that nobody reads it by itself: a folder or what is in it."""

    folder: str
    files: frozenset[str] = frozenset()
    """Absolute paths of what it takes besides."""
    deep: bool = False
    """With all that lies below the folder."""

    @classmethod
    def on(cls, folder: str, *, deep: bool) -> Claim:
        """deep: with what lies in folders within, unless a kustomization says what counts."""
        if has_kustomization(folder):
            try:
                return cls(folder, Closure.of(folder).mentioned)
            except InputError:
                return cls(folder)
        if deep:
            return cls(folder, deep=True)
        return cls(folder, frozenset(str(path) for path in Path(folder).iterdir() if path.is_file()))


@dataclass
class Claims:
    """Which objects take a path, by their numbers."""

    _exact: dict[str, set[int]] = field(default_factory=dict)
    _deep: dict[str, set[int]] = field(default_factory=dict)

    def add(self, number: int, claim: Claim) -> None:
        for path in (claim.folder, *claim.files):
            self._exact.setdefault(path, set()).add(number)
        if claim.deep:
            self._deep.setdefault(claim.folder, set()).add(number)

    def takers(self, path: str) -> set[int]:
        found = set(self._exact.get(path, ()))
        if self._deep:
            found.update(*(self._deep.get(str(parent), ()) for parent in Path(path).parents))
        return found


@dataclass(frozen=True)
class Context:
    checkout: Checkout
    stock: Stock
    copies: Mapping[str, str] = field(default_factory=dict)
    """Folders with local copies of what is elsewhere, by the names of sources."""
    online: bool = False

    @property
    def naming(self) -> Naming:
        return self.checkout.naming

    def copy(self, names: Iterable[str], path: str, wanted: str) -> Place:
        """Where a copy is that somebody has given. Raises Elsewhere, with what to do, and InputError for no copy."""
        known = [name for name in names if name]
        given = next((self.copies[name] for name in known if name in self.copies), None)
        if given is None:
            raise Elsewhere(f"{wanted}, then --chart-source {known[0]}=DIR")
        inside = Path(given, path.strip("/")) if path else Path(given)
        if inside.is_dir():
            return Place(str(inside), given)
        if Path(given, CHART).is_file():
            return Place(given, given)
        raise InputError(f"--chart-source {known[0]}={given} has no folder {path}")

    def made(self, held: Held, text: str, back: WayBack | None, namespace: str = "default") -> File:
        """What the object has had made."""
        within = unit_of(held)
        kinds = frozenset({held.label})
        made = File(held.label, text, is_named=False, back=back, variant_of=kinds, namespace=namespace, within=within)
        return replace(made, cluster=_cluster(held) or held.file.cluster)

    def charted(self, held: Held, chart: Chart, layers: Iterable[Text]) -> Result:
        """Of a chart with the values of an object. Raises InputError."""
        whole = replace(chart, layers=tuple(layers))
        return [
            self.made(held, each.text, each.back, each.namespace) if isinstance(each, File) else each
            for each in whole.render(online=self.online)
        ]

    def stood_in(self, held: Held, asked: Installed) -> Result:
        """Of the controller, made of the values of an object."""
        text, back, unfilled = asked.render()
        return [self.made(held, text, back, asked.namespace), *asked.told(unfilled)]


_SAME = ("https://kubernetes.default.svc", "in-cluster")


def _cluster(held: Held) -> str:
    """The one that the object applies to, where that is not the one it is in."""
    named = held.text("spec", "destination", "name") or held.text("spec", "destination", "server")
    references = (held.text("spec", "kubeConfig", field, "name") for field in ("secretRef", "configMapRef"))
    return next(filter(None, references), "" if named in _SAME else named.partition("://")[2] or named)


def unit_of(held: Held) -> str:
    return f"{held.file.unit}/{held.name}" if held.file.unit else held.name


def has_kustomization(folder: str) -> bool:
    return any(Path(folder, name).is_file() for name in NAMES)


def is_true(node: yaml.Node | None) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value in ("true", "True")


Result: TypeAlias = list[File | Omitted]


def told(held: Held, problem: Elsewhere | InputError) -> Omitted:
    """What could not be rendered, and why."""
    why = Omission.ELSEWHERE if isinstance(problem, Elsewhere) else Omission.NOT_RENDERED
    return Omitted(held.title, why, f"not rendered: {problem}", namespace=_target(held))


def _target(held: Held) -> str:
    """The namespace that it applies to; of a release also its own."""
    told = held.text("spec", "targetNamespace") or held.text("spec", "destination", "namespace")
    return told or (held.namespace if held.kind == "HelmRelease" else "")
