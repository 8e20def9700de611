"""Values of the chart ingress-nginx, wherever the input has them: files of values, and objects that install the chart.

Flux's HelmRelease, Argo CD's Application, HelmChart and HelmChartConfig of k3s and RKE2.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from nginxsim.releases import chart_values
from nginxsim.releases.charts import NAME
from nginxsim.sources import File
from nginxsim.sources.dependencies import CHART
from nginxsim.sources.files import text_if_any
from nginxsim.sources.folders import Loose, look_into
from nginxsim.sources.helm import Chart
from nginxsim.sources.ignoring import Patterns
from nginxsim.sources.naming import Naming
from nginxsim.sources.trace import Library, Text
from nginxsim.sources.trees import child, items, roots, text_of
from nginxsim.sources.values import Leaf, Tree, leaves, tree_of

_INSTALLERS = ("HelmRelease", "Application", "HelmChart", "HelmChartConfig")
_OURS = (NAME, "nginx-ingress")
_CONTROLLER = "controller"
_TYPICAL = frozenset({
    "admissionWebhooks", "allowSnippetAnnotations", "config", "enableAnnotationValidations", "extraArgs",
    "ingressClass", "ingressClassResource", "opentelemetry", "publishService", "watchIngressWithoutClass",
})  # fmt: skip
"""What below `controller` no other chart has."""


@dataclass(frozen=True, slots=True)
class Values:
    """One set of values. owner: the object or the file that has them; leaves: by the value's name, with dots."""

    owner: str
    leaves: Mapping[str, tuple[Leaf, ...]]


def charted(files: Iterable[File]) -> tuple[Values, ...]:
    """Of all objects and files of values among these files that are about the chart."""
    return tuple(found for file in files if _may_be_ours(file.text) for found in _in_file(file))


def _may_be_ours(text: str) -> bool:
    return _CONTROLLER in text and (not has_objects(text) or any(kind in text for kind in _INSTALLERS))


def has_objects(text: str) -> bool:
    return "kind:" in text or '"kind"' in text


def _in_file(file: File) -> Iterator[Values]:
    library = Library(Naming.of("."))
    library.known[library.naming.path(file.name)] = file
    for root in roots(file.text):
        kind = text_of(child(root, "kind"))
        if kind in _INSTALLERS:
            owner = f"{kind} {_name(root)}"
            for text in _of_object(root, kind, file, library):
                yield from _chart_part(owner, text, is_sure=_installs_ours(root))
        elif not kind:
            yield from _chart_part(file.name, Text(root, file.place), is_sure=file.is_named)


def _name(root: yaml.Node) -> str:
    metadata = child(root, "metadata")
    return "/".join(filter(None, (text_of(child(metadata, "namespace")), text_of(child(metadata, "name")))))


def _installs_ours(root: yaml.Node) -> bool:
    """By the name of the chart, or of what it is installed as."""
    spec = child(root, "spec")
    source = child(spec, "source")
    charts = (child(child(child(spec, "chart"), "spec"), "chart"), child(spec, "chart"), child(source, "chart"))
    named = [*map(text_of, charts), *(text_of(child(each, "chart")) for each in items(child(spec, "sources")))]
    return any(ours in name for ours in _OURS for name in (*named, _name(root)))


def _of_object(root: yaml.Node, kind: str, file: File, library: Library) -> Iterator[Text]:
    """The trees of values that an object holds, and those that it holds as a text."""
    spec = child(root, "spec")
    holders = [spec] if kind != "Application" else [child(spec, "source"), *items(child(spec, "sources"))]
    if kind == "Application":
        holders = [child(each, "helm") for each in holders]
    for holder in holders:
        for name in ("values", "valuesObject", "valuesContent"):
            node = child(holder, name)
            if isinstance(node, yaml.MappingNode):
                yield Text(node, file.place)
            elif isinstance(node, yaml.ScalarNode):
                yield from list(library.inside(file, node))[:1]


def _chart_part(owner: str, text: Text, *, is_sure: bool) -> Iterator[Values]:
    """is_sure: the values are those of our chart, or of one around it. Else they have to look like it."""
    tree = tree_of(text)
    inner = tree.get(NAME) if isinstance(tree, dict) else None
    if isinstance(inner, dict):
        tree, is_sure = inner, True
    controller = tree.get(_CONTROLLER) if isinstance(tree, dict) else None
    if isinstance(controller, dict) and (_TYPICAL & controller.keys() or (is_sure and _knows_any(controller))):
        yield Values(owner, _by_name(tree, () if tree is not inner else (NAME,)))


def _knows_any(controller: Collection[str]) -> bool:
    return any(chart_values.is_read_by_any(f"{_CONTROLLER}.{name}") for name in controller)


def _by_name(tree: Tree, within: tuple[str, ...]) -> Mapping[str, tuple[Leaf, ...]]:
    found: dict[str, list[Leaf]] = {}
    for leaf in leaves(tree):
        names = [name for name in leaf.path[len(within) :] if isinstance(name, str)]
        found.setdefault(".".join(names), []).append(leaf)
    return {name: tuple(each) for name, each in found.items()}


# --- files that hold no objects


def value_files(named: Iterable[str], exclude: tuple[Patterns, ...]) -> Iterator[File]:
    """Files of values in the folders that are named, by their names, and those of charts that have ours as a part."""
    for folder in filter(_is_folder, named):
        for entry in look_into(Naming.of(folder), exclude).entries:
            if isinstance(entry, Loose) and "values" in Path(entry.path).name:
                yield _file(entry.name, entry.path)
            elif isinstance(entry, Chart) and NAME in text_if_any(str(Path(entry.folder, CHART))):
                for path in sorted(Path(entry.folder).glob("values*.y*ml")):
                    yield _file(entry.naming.name(path), str(path))


def _is_folder(path: str) -> bool:
    return Path(path).is_dir()


def _file(name: str, path: str) -> File:
    return File(name, text_if_any(path), is_named=False)
