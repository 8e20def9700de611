"""Argo CD: the Applications that ApplicationSets generate from lists and from the repository's folders and files.

Source: argo-cd 3 applicationset/generators (list.go, git.go, matrix.go), applicationset/utils/utils.go
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import TypeAlias

import yaml

from nginxsim.errors import InputError
from nginxsim.sources.checkout import is_remote
from nginxsim.sources.files import text_if_any
from nginxsim.sources.gitops.argocd import Application
from nginxsim.sources.gitops.context import Claim, Context, Elsewhere, Result, is_true, told
from nginxsim.sources.gitops.objects import Held
from nginxsim.sources.globs import glob
from nginxsim.sources.trees import child, entries, items, mapping, roots, scalar, text_of

Parameters: TypeAlias = Mapping[str, str]
"""By the names that a template without Go's syntax has: path.basename, path[0], values.region."""

MOST = 1000
"""Applications of one set."""
_BRACES = re.compile(r"\{\{([^{}]*+)\}\}")
_GO_NAME = re.compile(r"\.([\w.-]++)\Z")
_GO_INDEX = re.compile(r"index \.(\w++)\.segments (\d++)\Z")
_UNFIT = re.compile(r"[^a-z0-9.-]++")


@dataclass(frozen=True)
class ApplicationSet:
    held: Held
    context: Context

    @cached_property
    def _applications(self) -> list[Application]:
        """Raises InputError."""
        if self.held.at("spec", "templatePatch") is not None:
            raise InputError("it has a templatePatch, which nginxsim does not fill in")
        template = self.held.at("spec", "template")
        if template is None:
            raise InputError("it has no template")
        found: list[Application] = []
        for generator in items(self.held.at("spec", "generators")):
            for parameters in self._parameters(generator):
                if len(found) == MOST:
                    raise InputError(f"it has more than {MOST:,} applications")
                found.append(Application(self._filled(template, parameters), self.context))
        return found

    def claims(self) -> list[Claim]:
        try:
            return [claim for each in self._applications for claim in each.claims()]
        except InputError:
            return []

    def render(self) -> Result:
        """Raises InputError."""
        found: Result = []
        for each in self._applications:
            try:
                found += each.render()
            except (Elsewhere, InputError) as problem:
                found.append(told(each.held, problem))
        return found

    # --- generators

    def _parameters(self, generator: yaml.Node) -> Iterator[Parameters]:
        """Raises InputError for a generator that asks something else than the input."""
        for name, (_, node) in entries(generator).items():
            if name == "list":
                yield from (_flat(element) for element in items(child(node, "elements")))
            elif name == "git":
                yield from self._of_git(node)
            elif name == "matrix":
                sides = [list(self._parameters(each)) for each in items(child(node, "generators"))]
                yield from ({**one, **other} for one, other in product(*sides) if len(sides) == 2)
            elif name not in ("selector", "template"):
                raise InputError(f"its generator {name} asks something else than the input")

    def _of_git(self, node: yaml.Node) -> Iterator[Parameters]:
        url = text_of(child(node, "repoURL"))
        top = self.context.checkout.whole(url if is_remote(url) else "")
        if top is None:
            raise InputError(f"its generator git looks into {url}, which is elsewhere")
        folders = items(child(node, "directories"))
        for folder in _chosen(folders, sorted(_folders(top))):
            yield _of_path(folder)
        for file in _chosen(items(child(node, "files")), sorted(_files(top))):
            for root in roots(text_if_any(str(Path(top, file))))[:1]:
                for element in items(root) if isinstance(root, yaml.SequenceNode) else [root]:
                    yield {**_flat(element), **_of_path(os.path.dirname(file))}  # noqa: PTH120  # relative to the top

    # --- the template

    def _filled(self, template: yaml.Node, parameters: Parameters) -> Held:
        is_go = is_true(self.held.at("spec", "goTemplate"))

        def changed(node: yaml.Node) -> yaml.Node:
            if isinstance(node, yaml.ScalarNode):
                text = _BRACES.sub(lambda found: _value(found, parameters, is_go=is_go), node.value)
                return yaml.ScalarNode(node.tag, text, node.start_mark, node.end_mark, node.style)
            if isinstance(node, yaml.SequenceNode):
                return yaml.SequenceNode(node.tag, list(map(changed, node.value)), node.start_mark, node.end_mark)
            pairs = [(changed(name), changed(value)) for name, value in node.value]
            return yaml.MappingNode(node.tag, pairs, node.start_mark, node.end_mark)

        fields = {name: changed(value) for name, (_, value) in entries(template).items()}
        names = {name: value for name, (_, value) in entries(fields.get("metadata")).items()}
        names.setdefault("namespace", scalar(self.held.namespace))
        fields["metadata"] = mapping(names, fields.get("metadata"))
        root = mapping(
            {"apiVersion": scalar("argoproj.io/v1alpha1"), "kind": scalar("Application"), **fields}, template
        )
        return Held(self.held.file, root)


def _value(found: re.Match[str], parameters: Parameters, *, is_go: bool) -> str:
    """Raises InputError for what takes a real template engine."""
    name = found[1].strip("- \t\n")
    if not is_go:
        return parameters.get(name, found[0])
    named, indexed = _GO_NAME.match(name), _GO_INDEX.match(name)
    if named:
        name = "path" if named[1] == "path.path" else named[1]
    elif indexed:
        name = f"{indexed[1]}[{indexed[2]}]"
    if name not in parameters:
        raise InputError(f"its template says {found[0]}, which nginxsim does not fill in")
    return parameters[name]


def _flat(node: yaml.Node, before: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, (_, value) in entries(node).items():
        if isinstance(value, yaml.ScalarNode):
            found[before + name] = text_of(value)
        found |= _flat(value, f"{before}{name}.")
    return found


def _of_path(path: str) -> dict[str, str]:
    base = path.rpartition("/")[2]
    parts = {f"path[{number}]": part for number, part in enumerate(path.split("/"))}
    return {
        "path": path,
        "path.basename": base,
        "path.basenameNormalized": _UNFIT.sub("-", base.lower()).strip("-."),
        **parts,
    }


def _chosen(wanted: list[yaml.Node], paths: list[str]) -> Iterator[str]:
    """What fits a pattern and none that excludes."""
    patterns = [(glob(text_of(child(each, "path")).strip("/")), is_true(child(each, "exclude"))) for each in wanted]
    for path in paths:
        fitting = [excluded for pattern, excluded in patterns if pattern.search(path)]
        if fitting and not any(fitting):
            yield path


def _walk(top: str) -> Iterator[tuple[str, list[str]]]:
    for path, folders, files in os.walk(top):
        folders[:] = [each for each in folders if not each.startswith(".")]
        inside = os.path.relpath(path, top)
        yield ("" if inside == "." else inside), files


def _folders(top: str) -> list[str]:
    return [path for path, _ in _walk(top) if path]


def _files(top: str) -> list[str]:
    return [
        f"{path}/{file}".lstrip("/")
        for path, files in _walk(top)
        for file in files
        if file.endswith((".json", ".yaml", ".yml"))
    ]
