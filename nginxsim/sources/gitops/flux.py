"""Flux: what Kustomizations and HelmReleases apply.

Source: fluxcd/kustomize-controller internal/controller/kustomization_controller.go and fluxcd/pkg kustomize; fluxcd/
helm-controller api/v2/helmrelease_types.go, internal/release/name.go and fluxcd/pkg chartutil/values.go
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import yaml

from nginxsim.errors import InputError
from nginxsim.sources.amended import Amended, amended
from nginxsim.sources.checkout import last_part
from nginxsim.sources.controller_chart import Installed, is_controller
from nginxsim.sources.files import File
from nginxsim.sources.gitops.context import Claim, Context, Elsewhere, Place, Result, is_true
from nginxsim.sources.gitops.objects import Datum, Held
from nginxsim.sources.helm import Chart
from nginxsim.sources.kustomize_trace import Written
from nginxsim.sources.omissions import Omission, Omitted
from nginxsim.sources.settings import set_by
from nginxsim.sources.substitution import BadSubstitution, filled_in, stand_in
from nginxsim.sources.substitution_trace import SubstitutionTrace, Variable
from nginxsim.sources.trace import Library, Text, Trace, at
from nginxsim.sources.trees import child, entries, items, mapping, roots, sequence, text_of
from nginxsim.sources.values import Leaf, tree_of

_LONGEST_RELEASE, _HASH = 53, 12
_NAME = re.compile(r"[_a-zA-Z]\w*\Z", re.ASCII)
_CHANGES = ("patches", "patchesStrategicMerge", "patchesJson6902", "images")
_DISABLED = "kustomize.toolkit.fluxcd.io/substitute"
_SEPARATOR = re.compile(r"^---$", re.MULTILINE)
_VALUES = "values.yaml"


@dataclass(frozen=True)
class Source:
    """What a sourceRef or chartRef names. held: the object, where it is in the input."""

    kind: str
    name: str
    namespace: str
    held: Held | None = field(repr=False)

    @classmethod
    def of(cls, node: yaml.Node | None, user: Held, context: Context) -> Source:
        kind, name = text_of(child(node, "kind")), text_of(child(node, "name"))
        namespace = text_of(child(node, "namespace")) or user.namespace
        return cls(kind, name, namespace, context.stock.find(kind, name, namespace, user.file))

    def text(self, *path: str) -> str:
        return self.held.text("spec", *path) if self.held else ""

    def leaf(self, *path: str) -> Leaf | None:
        return self.held.leaf(self.held.at("spec", *path)) if self.held else None

    @property
    def names(self) -> tuple[str, ...]:
        """What --chart-source may call it."""
        return self.name, f"{self.namespace}/{self.name}", self.text("url")

    def place(self, path: str, context: Context) -> Place:
        """Raises Elsewhere and InputError."""
        if self.kind == "GitRepository":
            url = self.text("url")
            found = context.checkout.find(path, url=url, name=self.name)
            if found and not (set(self.names) & context.copies.keys()):
                return Place(found, context.checkout.top_of(found))
        if self.kind == "ExternalArtifact" and (inside := self._artifact(path, context)):
            return inside
        return context.copy(self.names, path, self._fetched())

    def _fetched(self) -> str:
        url = self.text("url")
        if self.kind == "GitRepository":
            branch = self.text("ref", "branch") or self.text("ref", "tag")
            command = f"git clone {f'--branch {branch} ' if branch else ''}{url or 'URL'} DIR"
        elif self.kind == "OCIRepository":
            tag = self.text("ref", "tag") or self.text("ref", "semver") or "latest"
            command = f"flux pull artifact {url or 'URL'}:{tag} --output DIR"
        else:
            return f"it is in {self.kind} {self.name}: copy what it holds to a folder DIR"
        return f"it is in {self.kind} {self.name}: `{command}` fetches it"

    def _artifact(self, path: str, context: Context) -> Place | None:
        """Where a folder of an artifact comes from that is made of parts of the repository."""
        inside = f"{path.removeprefix('./').strip('/')}/".lstrip("/")
        for made in context.stock.artifacts(self.name):
            for copied in items(child(made, "copy")):
                start, target = (text_of(child(copied, name)) for name in ("from", "to"))
                alias, _, folder = start.removeprefix("@").partition("/")
                folder = folder.removesuffix("**").removesuffix("*")
                prefix = target.removeprefix("@artifact/")
                if alias and inside.startswith(prefix):
                    found = context.checkout.find(folder + inside.removeprefix(prefix), name="flux-system")
                    if found:
                        return Place(found, context.checkout.top_of(found))
        return None

    def chart(self, name: str, version: str, context: Context) -> Place:
        """Of a chart by its name, or its path in a repository. Raises Elsewhere and InputError."""
        if self.kind != "HelmRepository":
            return self.place(name, context)
        url = self.text("url")
        where = f"{url.rstrip('/')}/{name}" if url.startswith("oci:") else f"{name} --repo {url or 'URL'}"
        return context.copy(
            (self.name, f"{self.namespace}/{self.name}", url, name), name, _pulled(name, where, version)
        )


@dataclass(frozen=True)
class Wanted:
    """A chart that somebody asks for. is_whole: the source is nothing but the chart."""

    source: Source
    name: str
    wanted: Leaf | None
    is_whole: bool = False

    @property
    def version(self) -> str:
        return self.wanted.text if self.wanted else ""

    @classmethod
    def of(cls, spec: yaml.Node | None, user: Held, context: Context) -> Wanted:
        source = Source.of(child(spec, "sourceRef"), user, context)
        return cls(source, text_of(child(spec, "chart")), user.leaf(child(spec, "version")))

    def place(self, context: Context) -> Place:
        """Raises Elsewhere and InputError."""
        if not self.is_whole:
            return self.source.chart(self.name, self.version, context)
        pulled = _pulled(self.source.name, self.source.text("url") or "URL", self.version)
        return context.copy(self.source.names, self.name, pulled)


def _pulled(name: str, where: str, version: str) -> str:
    asked = f" --version '{version}'" if version and version != "*" else ""
    return f"its chart {name} is elsewhere: `helm pull {where}{asked} --untar --untardir DIR` fetches it"


# --- Kustomization


@dataclass(frozen=True)
class FluxKustomization:
    held: Held
    context: Context

    def _place(self) -> Place:
        source = Source.of(self.held.at("spec", "sourceRef"), self.held, self.context)
        place = source.place(self.held.text("spec", "path"), self.context)
        if not Path(place.folder).is_dir():
            raise InputError(f"spec.path {self.held.text('spec', 'path')} is no folder")
        return place

    def claims(self) -> list[Claim]:
        try:
            folder = self._place().folder
        except (Elsewhere, InputError):
            return []
        return [Claim.on(folder, deep=True)]

    def render(self) -> Result:
        """Raises Elsewhere and InputError."""
        place = self._place()
        fields = {name: node for name, node in self._fields(place.folder) if node is not None}
        written = Written(mapping(fields, self.held.root), self.held.file, place.folder)
        built = Amended(place.folder, place.top, self.context.naming, written, generates=True)
        text, back = built.render(online=self.context.online)
        return [*(self._filled(text, back) if back else []), *built.left_out(online=self.context.online)]

    def _filled(self, text: str, back: Trace) -> Result:
        """With variables, and what is not known of them. Raises InputError."""
        known, encrypted, missing = self._variables()
        if not (known or missing):
            return [self.context.made(self.held, text, back)]
        try:
            filled = _substituted(text, partial(_value, known, bool(missing)))
        except BadSubstitution as problem:
            raise InputError(f"postBuild: bad substitution: {problem}") from None
        told: Result = [Omitted(name, Omission.UNKNOWN, _PLACEHOLDERS) for name in (*encrypted, *missing)]
        return [self.context.made(self.held, filled, SubstitutionTrace(filled, back, known)), *told]

    def _fields(self, folder: str) -> Iterator[tuple[str, yaml.Node | None]]:
        """Those of a kustomization that the object sets."""
        spec = self.held.at("spec")
        yield "namespace", child(spec, "targetNamespace")
        for name in ("namePrefix", "nameSuffix", *_CHANGES):
            yield name, child(spec, name)
        lenient = is_true(child(spec, "ignoreMissingComponents"))
        components = [
            node for node in items(child(spec, "components")) if not lenient or Path(folder, text_of(node)).exists()
        ]
        yield "components", sequence(components) if components else None
        yield from _common(*(self.held.at("spec", "commonMetadata", name) for name in ("labels", "annotations")))

    # --- variables

    def _variables(self) -> tuple[dict[str, Variable], list[str], list[str]]:
        """Those whose names are known, and what holds some that are encrypted or not there. Raises InputError."""
        known: dict[str, Variable] = {}
        encrypted: dict[str, None] = {}
        missing: list[str] = []
        for reference in items(self.held.at("spec", "postBuild", "substituteFrom")):
            kind, name = text_of(child(reference, "kind")), text_of(child(reference, "name"))
            found = self.context.stock.find(kind, name, self.held.namespace, self.held.file)
            if found is None:
                missing += [] if is_true(child(reference, "optional")) else [f"{kind} {self.held.namespace}/{name}"]
                continue
            for key, datum in found.data.items():
                known[key] = Variable(_one_line(datum.value), partial(found.file.origin, datum.node))
                if datum.value is None:
                    encrypted[found.label] = None
        for key, (_, node) in entries(self.held.at("spec", "postBuild", "substitute")).items():
            known[key] = Variable(_one_line(text_of(node)), partial(self.held.file.origin, node))
        for key in known:
            if not _NAME.match(key):
                raise InputError(f'postBuild: "{key}" is no name of a variable')
        return known, list(encrypted), missing


def _common(labels: yaml.Node | None, annotations: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    if labels is not None:
        yield "labels", sequence([mapping({"pairs": labels})])
    if annotations is not None:
        yield "commonAnnotations", annotations


_PLACEHOLDERS = "its values are not known, so where ${SOME_NAME} asks for one stands some-name"


def _one_line(value: str | None) -> str | None:
    return None if value is None else value.replace("\n", "")


def _value(known: Mapping[str, Variable], missing: bool, name: str) -> str | None:  # by partial()
    """missing: something that may set variables is not in the input."""
    if name in known:
        value = known[name].value
        return stand_in(name) if value is None else value
    return None if missing else ""


def _substituted(text: str, value: partial[str | None]) -> str:
    """Object by object, but for those that want none of it. Raises BadSubstitution."""
    pieces = _SEPARATOR.split(text)
    return "---".join(piece if _is_disabled(piece) else filled_in(piece, value) for piece in pieces)


def _is_disabled(text: str) -> bool:
    if _DISABLED not in text:
        return False
    metadata = child(next(iter(roots(text)), None), "metadata")
    return any(text_of(child(child(metadata, name), _DISABLED)) == "disabled" for name in ("labels", "annotations"))


# --- HelmRelease


@dataclass(frozen=True)
class HelmRelease:
    held: Held
    context: Context

    def _wanted(self) -> Wanted:
        """Its chart. Raises InputError."""
        reference = self.held.at("spec", "chartRef")
        if reference is None:
            return Wanted.of(self.held.at("spec", "chart", "spec"), self.held, self.context)
        source = Source.of(reference, self.held, self.context)
        if source.kind != "HelmChart":
            version = source.leaf("ref", "tag") or source.leaf("ref", "semver")
            return Wanted(source, last_part(source.text("url")), version, is_whole=True)
        if source.held is None:
            raise InputError(f"there is no HelmChart {source.name} in the input")
        return Wanted.of(source.held.at("spec"), source.held, self.context)

    def _place(self) -> Place:
        """Of its chart. Raises Elsewhere and InputError."""
        return self._wanted().place(self.context)

    def claims(self) -> list[Claim]:
        try:
            return [Claim(self._place().folder)]
        except (Elsewhere, InputError):
            return []

    def render(self) -> Result:
        """Raises Elsewhere and InputError."""
        told: list[str] = []
        layers = list(self._layers(told))
        try:
            place = self._place()
        except Elsewhere:
            made = self._stood_in(layers)
        else:
            rendered = self._charted(place, layers)
            made = [self._changed(each, place.folder) if isinstance(each, File) else each for each in rendered]
        why = f"{Omission.UNKNOWN}, so they are no values of {self.held.label}"
        return [*made, *(Omitted(name, Omission.UNKNOWN, why) for name in told)]

    @property
    def _namespace(self) -> str:
        return self.held.text("spec", "targetNamespace") or self.held.namespace or self.held.file.namespace

    def _charted(self, place: Place, layers: list[Text]) -> Result:
        """Raises InputError."""
        files = tuple(self._files(place))
        chart = Chart(
            self.held.label,
            place.folder,
            self.context.naming,
            values=files,
            release=_short(self._release()),
            namespace=self._namespace,
            top=place.top,
            has_values=not files or str(Path(place.folder, _VALUES)) in files,
        )
        return self.context.charted(self.held, chart, layers)

    def _stood_in(self, layers: list[Text]) -> Result:
        """Of its values alone, where its chart is the controller's. Raises Elsewhere and InputError."""
        wanted = self._wanted()
        if not is_controller(wanted.name):
            wanted.place(self.context)
        place = partial(at, self.held.file, self.held.at("metadata", "name") or self.held.root)
        release = _short(self._release())
        asked = Installed(self.held.label, release, self._namespace, wanted.wanted, tuple(map(tree_of, layers)), place)
        return self.context.stood_in(self.held, asked)

    def _changed(self, made: File, folder: str) -> File:
        """By what the object does after helm. Raises InputError."""
        for fields in self._afterwards():
            written = Written(mapping(fields, self.held.root), self.held.file, folder)
            made = amended(made, written, self.context.naming, online=self.context.online)
        return made

    def _afterwards(self) -> Iterator[dict[str, yaml.Node]]:
        """Fields of kustomizations that what helm has rendered goes through, one after the other."""
        for each in items(self.held.at("spec", "postRenderers")):
            fields = {name: value for name, (_, value) in entries(child(each, "kustomize")).items()}
            yield {name: value for name, value in fields.items() if name in _CHANGES}
        common = {name: self.held.at("spec", "commonMetadata", name) for name in ("labels", "annotations")}
        if any(common.values()):
            yield dict(_common(common["labels"], common["annotations"]))

    def _release(self) -> str:
        given, target = (self.held.text("spec", name) for name in ("releaseName", "targetNamespace"))
        return given or "-".join(filter(None, (target, self.held.name)))

    def _files(self, place: Place) -> Iterator[str]:
        """Files of the source that are to be the chart's values."""
        spec = self.held.at("spec", "chart", "spec")
        for name in map(text_of, [*filter(None, [child(spec, "valuesFile")]), *items(child(spec, "valuesFiles"))]):
            path = Path(place.top, name.strip("/"))
            if path.is_file():
                yield str(path)
            elif not is_true(child(spec, "ignoreMissingValuesFiles")):
                raise InputError(f"valuesFiles: there is no {name}")

    def _layers(self, told: list[str]) -> Iterator[Text]:
        """What is named before what is written in the object itself. told: gets what is not known."""
        library = Library(self.context.naming)
        for reference in items(self.held.at("spec", "valuesFrom")):
            kind, name = text_of(child(reference, "kind")), text_of(child(reference, "name"))
            key = text_of(child(reference, "valuesKey")) or _VALUES
            found = self.context.stock.find(kind, name, self.held.namespace, self.held.file)
            datum = found.data.get(key) if found else None
            if datum is not None and datum.value is not None:
                yield from _from(datum, text_of(child(reference, "targetPath")), library)
            elif not is_true(child(reference, "optional")):
                told.append(found.label if found else f"{kind} {name}")
        own = self.held.at("spec", "values")
        if own is not None:
            yield Text(own, self.held.file.place)


def _from(datum: Datum, target: str, library: Library) -> Iterator[Text]:
    """Source: fluxcd/pkg chartutil/values.go (ReplacePathValue)"""
    value = datum.value or ""
    if not target:
        if datum.is_base64:
            yield from (Text(root, partial(at, datum.owner.file, datum.node)) for root in roots(value)[:1])
        else:
            yield from list(library.inside(datum.owner.file, datum.node))[:1]
        return
    quoted = value[:1] in ("'", '"') and value[-1:] in ("'", '"') and len(value) > 1
    node = set_by(target, value.strip("'\"") if quoted else value, is_text=quoted)
    yield Text(node, partial(at, datum.owner.file, datum.node))


def _short(name: str) -> str:
    if len(name) <= _LONGEST_RELEASE:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_HASH]
    return f"{name[: _LONGEST_RELEASE - _HASH - 1]}-{digest}"
