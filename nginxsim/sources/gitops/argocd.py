"""Argo CD: what Applications apply.

Source: argo-cd 3 reposerver/repository/repository.go, util/app/discovery/discovery.go, util/helm/cmd.go,
util/kustomize/kustomize.go
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
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
from nginxsim.sources.gitops.context import Claim, Context, Elsewhere, Place, Result, has_kustomization, is_true, told
from nginxsim.sources.gitops.objects import Held
from nginxsim.sources.globs import glob
from nginxsim.sources.helm import Chart
from nginxsim.sources.kustomize_trace import Written
from nginxsim.sources.omissions import Omission, Omitted
from nginxsim.sources.settings import is_simple, set_by
from nginxsim.sources.trace import Library, Text, at
from nginxsim.sources.trees import child, entries, items, mapping, scalar, sequence, text_of
from nginxsim.sources.values import tree_of

_SUFFIXES = (".yaml", ".yml", ".json")
_FIELDS = (
    "namePrefix", "nameSuffix", "namespace", "patches", "components", "commonAnnotations", "commonLabels", "replicas",
)  # fmt: skip
_REFERENCE = re.compile(r"\$([^{}/]+)/(.*)", re.DOTALL)
_JSONNET = ".jsonnet"
_VARIABLE = re.compile(r"\$\$|\$(\w+)|\$\{(\w+)\}", re.ASCII)
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
        wanted = [source for source in self._sources if _is_rendered(source)]
        for source in wanted:
            try:
                found += self._rendered(source)
            except (Elsewhere, InputError) as problem:
                if len(wanted) == 1:
                    raise
                found.append(told(self.held, problem))
        return found

    def _rendered(self, source: yaml.Node) -> Result:
        """Raises Elsewhere and InputError."""
        try:
            place = self._place(source)
        except Elsewhere:
            if not is_controller(text_of(child(source, "chart"))):
                raise
            return self._stood_in(source)
        kind = _kind(source, place.folder)
        if kind == "plugin":
            raise InputError("a plugin renders it, which nginxsim does not run")
        render = {"helm": self._helm, "kustomize": self._kustomize, "directory": self._directory}[kind]
        return render(source, place)

    # --- helm

    def _helm(self, source: yaml.Node, place: Place) -> Result:
        helm = child(source, "helm")
        parameters = list(_parameters(helm, self._environment(source)))
        chart = Chart(
            self.held.label,
            place.folder,
            self.context.naming,
            values=tuple(self._files(source, place)),
            settings=tuple(
                f"{name}={value}" for name, value, is_text, _ in parameters if not (is_simple(name) or is_text)
            ),
            options=tuple(self._options(source, place, parameters)),
            release=text_of(child(helm, "releaseName")) or self.held.name,
            namespace=text_of(child(helm, "namespace")) or self._namespace,
            top=place.top,
        )
        layers = [*self._values(helm), *self._set(parameters)]
        return self.context.charted(self.held, chart, layers)

    def _options(self, source: yaml.Node, place: Place, parameters: list[_Parameter]) -> Iterator[str]:
        """Raises InputError for a file that is not there."""
        helm = child(source, "helm")
        for name, value, is_text, _ in parameters:
            if is_text and not is_simple(name):
                yield from ("--set-string", f"{name}={value}")
        for each in items(child(helm, "fileParameters")):
            given = _filled(text_of(child(each, "path")), self._environment(source))
            path = os.path.normpath(Path(place.top if given.startswith("/") else place.folder, given.lstrip("/")))
            if not _is_within(path, place.top) or not Path(path).is_file():
                raise InputError(f"fileParameters: there is no {given}")
            yield from ("--set-file", f"{text_of(child(each, 'name'))}={path}")
        if version := text_of(child(helm, "kubeVersion")):
            yield from ("--kube-version", version)
        for version in map(text_of, items(child(helm, "apiVersions"))):
            yield from ("--api-versions", version)

    def _environment(self, source: yaml.Node) -> Mapping[str, str]:
        """What Argo CD fills in. The revision is what is rendered."""
        told = {name: text_of(child(source, name)) for name in ("path", "repoURL", "targetRevision")}
        return {
            "ARGOCD_APP_NAME": self.held.name,
            "ARGOCD_APP_NAMESPACE": self._namespace,
            "ARGOCD_APP_PROJECT_NAME": self.held.text("spec", "project"),
            "ARGOCD_APP_SOURCE_PATH": told["path"],
            "ARGOCD_APP_SOURCE_REPO_URL": told["repoURL"],
            "ARGOCD_APP_SOURCE_TARGET_REVISION": told["targetRevision"],
        }

    def _stood_in(self, source: yaml.Node) -> Result:
        """The controller by its values alone. Raises Elsewhere and InputError."""
        helm = child(source, "helm")
        parameters = list(_parameters(helm, self._environment(source)))
        nowhere = Place(os.devnull, os.devnull)
        library = Library(self.context.naming)
        files = [text for path in self._files(source, nowhere) for text in list(library.texts(path))[:1]]
        asked = Installed(
            self.held.label,
            text_of(child(helm, "releaseName")) or self.held.name,
            text_of(child(helm, "namespace")) or self._namespace,
            self.held.leaf(child(source, "targetRevision")),
            tuple(map(tree_of, (*files, *self._values(helm), *self._set(parameters)))),
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

    def _files(self, source: yaml.Node, place: Place) -> Iterator[str]:
        """Relative to the chart, to the repository (/...) or to another source of the application ($name/...)."""
        helm, environment = child(source, "helm"), self._environment(source)
        lenient = is_true(child(helm, "ignoreMissingValueFiles"))
        for given in map(text_of, items(child(helm, "valueFiles"))):
            reference = _REFERENCE.match(given)
            if reference and reference[1] not in environment:
                top = self._referenced(reference[1])
                path = Path(top, reference[2])
            else:
                filled, top = _filled(given, environment), place.top
                path = Path(top, filled.lstrip("/")) if filled.startswith("/") else Path(place.folder, filled)
            found = [each for each in _matching(path) if _is_within(each, top)]
            if not (found or lenient):
                raise InputError(f"valueFiles: there is no {given}")
            yield from found

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
                elif wanted and name.endswith(_JSONNET):
                    title = self.context.naming.name(Path(path, name))
                    found.append(Omitted(title, Omission.NOT_RENDERED, "not rendered: nginxsim runs no Jsonnet"))
        return found

    def _as_it_is(self, path: str) -> File:
        name = self.context.naming.name(path)
        made = self.context.made(self.held, read_text(path, name), None, self._namespace)
        return replace(made, name=name)


def _is_rendered(source: yaml.Node) -> bool:
    """Others are only referred to, by the files of values of these."""
    return child(source, "path") is not None or child(source, "chart") is not None


_Parameter = tuple[str, str, bool, yaml.Node]
"""Name, value, whether it is a text in any case, and where it stands."""


def _filled(text: str, environment: Mapping[str, str]) -> str:
    """Source: argo-cd 3 pkg/apis/application/v1alpha1/types.go (Envsubst)"""

    def value_of(found: re.Match[str]) -> str:
        return "$" if found[0] == "$$" else environment.get(found[1] or found[2], "")

    return _VARIABLE.sub(value_of, text)


def _is_within(path: str, top: str) -> bool:
    return os.path.realpath(path).startswith(f"{os.path.realpath(top).rstrip('/')}/")


def _matching(path: Path) -> list[str]:
    """The file, or the files that a pattern finds."""
    if path.is_file() or "*" not in str(path):
        return [os.path.normpath(path)] if path.is_file() else []
    first = next(number for number, part in enumerate(path.parts) if "*" in part)
    top, pattern = Path(*path.parts[:first]), "/".join(path.parts[first:])
    return sorted(str(each) for each in top.glob(pattern) if each.is_file())


def _parameters(helm: yaml.Node | None, environment: Mapping[str, str]) -> Iterator[_Parameter]:
    for each in items(child(helm, "parameters")):
        value = child(each, "value")
        text = _filled(text_of(value), environment)
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
