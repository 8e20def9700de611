"""Argo CD: what Applications apply.

Source: argo-cd 3 reposerver/repository/repository.go, util/app/discovery/discovery.go, util/helm/cmd.go,
util/kustomize/kustomize.go
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import yaml

from nginxsim.errors import InputError
from nginxsim.sources.amended import Amended
from nginxsim.sources.checkout import is_remote, last_part
from nginxsim.sources.controller_chart import Installed, is_controller
from nginxsim.sources.dependencies import CHART
from nginxsim.sources.files import File, read_text
from nginxsim.sources.gitops.context import Claim, Context, Elsewhere, Place, Result, has_kustomization, is_true
from nginxsim.sources.gitops.objects import Held
from nginxsim.sources.globs import glob
from nginxsim.sources.helm import Chart
from nginxsim.sources.kustomize_trace import Written
from nginxsim.sources.settings import is_simple, set_by
from nginxsim.sources.trace import Library, Text, at
from nginxsim.sources.trees import child, entries, items, mapping, scalar, sequence, text_of
from nginxsim.sources.values import tree_of

_SUFFIXES = (".yaml", ".yml", ".json")
_FIELDS = ("namePrefix", "nameSuffix", "namespace", "patches", "components", "commonAnnotations", "commonLabels")
_COMMA = re.compile(r"(?<!\\),")


@dataclass(frozen=True)
class Application:
    held: Held
    context: Context

    @property
    def _sources(self) -> list[yaml.Node]:
        several = items(self.held.at("spec", "sources"))
        one = self.held.at("spec", "source")
        return several or ([one] if one is not None else [])

    @property
    def _namespace(self) -> str:
        return self.held.text("spec", "destination", "namespace") or "default"

    def _place(self, source: yaml.Node) -> Place:
        """Raises Elsewhere and InputError."""
        url, chart, path, version = (
            text_of(child(source, name)) for name in ("repoURL", "chart", "path", "targetRevision")
        )
        names = (chart, self.held.name, url) if chart else (last_part(url), self.held.name, url)
        if chart:
            oci = not url.startswith(("http://", "https://"))
            where = f"oci://{url.removeprefix('oci://')}/{chart}" if oci else f"{chart} --repo {url}"
            asked = f" --version '{version}'" if version else ""
            return self.context.copy(
                names,
                chart,
                f"its chart {chart} is elsewhere: `helm pull {where}{asked} --untar --untardir DIR` fetches it",
            )
        given = set(names) & self.context.copies.keys()
        found = (
            None if given else self.context.checkout.find(path, url=url if is_remote(url) else "", name=self.held.name)
        )
        if found:
            return Place(found, self.context.checkout.top_of(found))
        return self.context.copy(names, path, f"its repository is elsewhere: `git clone {url} DIR` fetches it")

    def claims(self) -> list[Claim]:
        found = []
        for source in self._sources:
            try:
                folder = self._place(source).folder if child(source, "path") is not None else ""
            except (Elsewhere, InputError):
                continue
            if folder:
                recurse = is_true(child(child(source, "directory"), "recurse"))
                found.append(Claim.on(folder, deep=recurse and _kind(source, folder) == "directory"))
        return found

    def render(self) -> Result:
        """Raises Elsewhere and InputError."""
        found: Result = []
        for source in self._sources:
            if child(source, "path") is None and child(source, "chart") is None:
                continue  # only a reference for the files of values of others
            try:
                place = self._place(source)
            except Elsewhere:
                if not is_controller(text_of(child(source, "chart"))):
                    raise
                found += self._stood_in(source)
                continue
            kind = _kind(source, place.folder)
            if kind == "plugin":
                raise InputError("a plugin renders it, which nginxsim does not run")
            render = {"helm": self._helm, "kustomize": self._kustomize, "directory": self._directory}[kind]
            found += render(source, place)
        return found

    # --- helm

    def _helm(self, source: yaml.Node, place: Place) -> Result:
        helm = child(source, "helm")
        parameters = list(_parameters(helm))
        chart = Chart(
            self.held.label,
            place.folder,
            self.context.naming,
            values=tuple(self._files(helm, place)),
            settings=tuple(f"{name}={value}" for name, value, _, _ in parameters if not is_simple(name)),
            release=text_of(child(helm, "releaseName")) or self.held.name,
            namespace=text_of(child(helm, "namespace")) or self._namespace,
            top=place.top,
        )
        layers = [*self._values(helm), *self._set(parameters)]
        return self.context.charted(self.held, chart, layers)

    def _stood_in(self, source: yaml.Node) -> Result:
        """The controller by its values alone. Raises Elsewhere and InputError."""
        helm = child(source, "helm")
        nowhere = Place(os.devnull, os.devnull)
        library = Library(self.context.naming)
        files = [text for path in self._files(helm, nowhere) for text in list(library.texts(path))[:1]]
        asked = Installed(
            self.held.label,
            text_of(child(helm, "releaseName")) or self.held.name,
            text_of(child(helm, "namespace")) or self._namespace,
            self.held.leaf(child(source, "targetRevision")),
            tuple(map(tree_of, (*files, *self._values(helm), *self._set(list(_parameters(helm)))))),
            partial(at, self.held.file, self.held.at("metadata", "name") or self.held.root),
        )
        return self.context.stood_in(self.held, asked)

    def _values(self, helm: yaml.Node | None) -> Iterator[Text]:
        whole, text = child(helm, "valuesObject"), child(helm, "values")
        if whole is not None:
            yield Text(whole, self.held.file.place)
        elif text is not None:
            yield from list(Library(self.context.naming).inside(self.held.file, text))[:1]

    def _set(self, parameters: list[_Parameter]) -> Iterator[Text]:
        for name, value, is_text, node in parameters:
            if is_simple(name):
                tree = set_by(name, value, is_text=is_text)
                yield Text(tree, partial(at, self.held.file, node))

    def _files(self, helm: yaml.Node | None, place: Place) -> Iterator[str]:
        """Relative to the chart, to the repository (/...) or to another source of the application ($name/...)."""
        for given in map(text_of, items(child(helm, "valueFiles"))):
            if given.startswith("$"):
                name, _, inside = given[1:].partition("/")
                top, name = self._referenced(name), inside
            else:
                top, name = (place.top, given.lstrip("/")) if given.startswith("/") else (place.folder, given)
            path = os.path.normpath(Path(top, name))
            if not Path(path).is_file():
                if is_true(child(helm, "ignoreMissingValueFiles")):
                    continue
                raise InputError(f"valueFiles: there is no {given}")
            yield path

    def _referenced(self, name: str) -> str:
        """The top of the source that goes by that name. Raises Elsewhere and InputError."""
        for source in self._sources:
            if text_of(child(source, "ref")) == name:
                url = text_of(child(source, "repoURL"))
                if top := self.context.checkout.whole(url if is_remote(url) else ""):
                    return top
                wanted = f"files of its values are elsewhere: `git clone {url} DIR` fetches them"
                return self.context.copy((last_part(url), url), "", wanted).top
        raise InputError(f"valueFiles: no source has the ref {name}")

    # --- kustomize

    def _kustomize(self, source: yaml.Node, place: Place) -> Result:
        own = child(source, "kustomize")
        fields = {name: node for name in _FIELDS if (node := child(own, name)) is not None}
        images = [_image(text_of(each)) for each in items(child(own, "images"))]
        if images:
            fields["images"] = sequence(images)
        written = Written(mapping(fields, self.held.root), self.held.file, place.folder)
        built = Amended(place.folder, place.top, self.context.naming, written)
        text, back = built.render(online=self.context.online)
        made = self.context.made(self.held, text, back, self._namespace)
        return [made, *built.left_out(online=self.context.online)]

    # --- manifests as they are

    def _directory(self, source: yaml.Node, place: Place) -> Result:
        directory = child(source, "directory")
        given = (text_of(child(directory, name)) for name in ("include", "exclude"))
        include, exclude = (glob(text, across=True, choices=True) if text else None for text in given)
        found: Result = []
        for path, folders, files in os.walk(place.folder):
            folders[:] = sorted(folders) if is_true(child(directory, "recurse")) else []
            for name in sorted(files):
                inside = os.path.relpath(Path(path, name), place.folder)
                wanted = (include is None or include.search(inside)) and not (exclude and exclude.search(inside))
                if wanted and name.endswith(_SUFFIXES):
                    found.append(self._as_it_is(str(Path(path, name))))
        return found

    def _as_it_is(self, path: str) -> File:
        name = self.context.naming.name(path)
        made = self.context.made(self.held, read_text(path, name), None, self._namespace)
        return replace(made, name=name)


_Parameter = tuple[str, str, bool, yaml.Node]
"""Name, value, whether it is a text in any case, and where it stands."""


def _parameters(helm: yaml.Node | None) -> Iterator[_Parameter]:
    for each in items(child(helm, "parameters")):
        value = child(each, "value")
        text = text_of(value)
        if not (text.startswith("{") and text.endswith("}")):
            text = _COMMA.sub(r"\\,", text)
        yield text_of(child(each, "name")), text, is_true(child(each, "forceString")), value or each


def _kind(source: yaml.Node, folder: str) -> str:
    """What it says itself counts before what is in the folder."""
    said = [name for name in ("kustomize", "helm", "directory", "plugin") if entries(source).get(name)]
    if said:
        return said[0]
    if has_kustomization(folder):
        return "kustomize"
    return "helm" if Path(folder, CHART).is_file() else "directory"


def _image(text: str) -> yaml.Node:
    """As `kustomize edit set image` reads it: [name=]new[:tag][@digest]; a colon before a slash belongs to a host."""
    name, equals, rest = text.rpartition("=")
    rest, _, digest = rest.partition("@")
    folder, slash, last = rest.rpartition("/")
    last, _, tag = last.partition(":")
    new = f"{folder}{slash}{last}"
    parts = {"name": name or new, "newName": new if equals else "", "newTag": tag, "digest": digest}
    return mapping({field: scalar(part) for field, part in parts.items() if part})
