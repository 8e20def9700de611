"""From manifests to a Cluster."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TextIO, TypeAlias

import yaml

from nginxsim.collector import collector_paused
from nginxsim.errors import InputError
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.configuration import read_config_map, read_namespace, read_node, read_secret
from nginxsim.kube.documents import Document, documents
from nginxsim.kube.edges import EDGES, Edge
from nginxsim.kube.fields import Fields
from nginxsim.kube.ingresses import read_beta_ingress, read_ingress, read_ingress_class
from nginxsim.kube.kubernetes import Kubernetes
from nginxsim.kube.live import LABEL, SLICES, Live
from nginxsim.kube.makers import MAKERS, Maker, made_by
from nginxsim.kube.metadata import FIRST_CREATED, read_meta
from nginxsim.kube.objects import (
    ConfigMap,
    EndpointSlice,
    Ingress,
    IngressClass,
    Meta,
    Namespace,
    Node,
    Object,
    Secret,
    Service,
    Workload,
)
from nginxsim.kube.services import Endpoints, mirrored, read_endpoints, read_service, read_slice
from nginxsim.kube.snapshots import KIND as SNAPSHOT
from nginxsim.kube.snapshots import VERSION, Snapshot, read_snapshot
from nginxsim.kube.webhooks import OBJECTS as WEBHOOKS
from nginxsim.kube.webhooks import UNNAMESPACED, Job, Policy, Registration
from nginxsim.kube.workloads import FOREIGN_WORKLOADS, AssumedEndpoints, read_pod, read_template
from nginxsim.sources import (
    PLAIN_READING,
    Estate,
    File,
    Naming,
    Omission,
    Omitted,
    Reading,
    by_cluster,
    read_files,
    split,
    tell,
)

Reader: TypeAlias = Callable[[Fields, Meta], Any]
Readable: TypeAlias = str | Path | File | Naming | Live
"""What manifests are read from: files and folders by their names, texts, a cluster that runs."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object that matters, and how each version of its API that is understood is read."""

    name: str
    readers: Mapping[str, Reader]
    namespaced: bool = True
    varies: bool = True
    """Two that differ are for two clusters."""
    is_usual: bool = True
    """A running cluster is asked for it whatever is wanted of it."""


_INGRESS: Mapping[str, Reader] = {
    "networking.k8s.io/v1": read_ingress,
    "networking.k8s.io/v1beta1": read_beta_ingress,
    "extensions/v1beta1": read_beta_ingress,
}
_INGRESS_CLASS = dict.fromkeys(("networking.k8s.io/v1", "networking.k8s.io/v1beta1"), read_ingress_class)
_SLICE = dict.fromkeys(("discovery.k8s.io/v1", "discovery.k8s.io/v1beta1"), read_slice)
_TEMPLATE = {"apps/v1": read_template}

KINDS = {
    kind.name: kind
    for kind in (
        Kind("ConfigMap", {"v1": read_config_map}),
        Kind("DaemonSet", _TEMPLATE),
        Kind("Deployment", _TEMPLATE),
        Kind("EndpointSlice", _SLICE),
        Kind("Endpoints", {"v1": read_endpoints}),
        Kind("Ingress", _INGRESS),
        Kind("IngressClass", _INGRESS_CLASS, namespaced=False, varies=False),
        Kind("Namespace", {"v1": read_namespace}, namespaced=False, varies=False),
        Kind("Node", {"v1": read_node}, namespaced=False, varies=False),
        Kind("Pod", {"v1": read_pod}),
        Kind("ReplicaSet", _TEMPLATE),
        Kind("Secret", {"v1": read_secret}),
        Kind("Service", {"v1": read_service}),
        Kind(SNAPSHOT, {VERSION: read_snapshot}, namespaced=False, varies=False),
        Kind("StatefulSet", _TEMPLATE),
        *(Kind(name, {version: read_template}) for name, version in FOREIGN_WORKLOADS.items()),
        *(Kind(name, readers) for name, readers in MAKERS.items()),
        *(Kind(name, readers) for name, readers in EDGES.items()),
        *(
            Kind(name, readers, name not in UNNAMESPACED, varies=False, is_usual=False)
            for name, readers in WEBHOOKS.items()
        ),
    )
}


# kubernetes 1.34: staging/src/k8s.io/apiserver/pkg/storage/names/generate.go, apimachinery/pkg/util/rand
_LONGEST, _ENDING, _LETTERS = 63, 5, "bcdfghjklmnpqrstvwxz2456789"

_Identity = tuple[str, str, str]

_OBJECT = re.compile(r"(?:^|\A\s*\{\s*)[\"']?(?:apiVersion|kind)[\"']?\s*:", re.MULTILINE)
"""What a text has that was meant to be objects, even where it is no YAML."""


@dataclass(slots=True)
class _Stock:
    """What has been read so far. An object that comes again replaces the earlier one but keeps its age."""

    objects: dict[_Identity, Any] = field(default_factory=dict)
    ages: dict[_Identity, int] = field(default_factory=dict)
    seen: int = 0
    began: int = 0
    """How much had been seen before this input; older objects keep their age."""
    twice: list[tuple[_Identity, Meta]] = field(default_factory=list)
    """What an object of the same identity came after."""
    texts: list[File] = field(default_factory=list)
    stored: dict[str, None] = field(default_factory=dict)
    """The names of files with what an API server has stored."""
    newest: float = FIRST_CREATED - 1
    """When the youngest of that was created."""
    omitted: list[Omitted] = field(default_factory=list)
    written: dict[_Identity, list[File]] = field(default_factory=dict)
    """The documents that each object is written in."""

    @classmethod
    def of(cls, files: Iterable[File], after: Sequence[Cluster], name: str = "") -> _Stock:
        """`after`: what was there before, by the estate's name; one that has no name is that of all."""
        stock = cls()
        before = next((cluster for cluster in after if cluster.name in ("", name)), None)
        if before is not None and before.ages:
            stock.ages.update(before.ages)
            stock.seen = stock.began = max(before.ages.values()) + 1
        with collector_paused():
            for file in files:
                _read_file(file, stock)
        return stock

    def apart(self) -> Iterator[list[str]]:
        """Units of folders that hold the same object in different ways; a namespace is the same wherever it is."""
        for (kind, _, _), files in self.written.items():
            if len(files) > 1 and KINDS[kind].varies:
                found = [file for file in files if not file.is_named]
                if not _alike(found):
                    yield [file.unit for file in found]

    def put(self, identity: _Identity, made: Any) -> None:
        before = self.objects.get(identity)
        if before is not None and self.is_stored(before.meta) and not self.is_stored(made.meta):
            made = replace(made, meta=_applied(made.meta, before.meta))
        elif before is not None and before.meta.origin != made.meta.origin and not self._is_repeated(identity):
            self.twice.append((identity, before.meta))
        self.objects[identity] = made

    def _is_repeated(self, identity: _Identity) -> bool:
        """Folders repeat a namespace, say, word for word in each that may be applied alone: that is once."""
        files = self.written[identity]
        are_apart = len({file.unit for file in files}) == len(files)
        return are_apart and not any(file.is_named for file in files) and _alike(files)

    def is_stored(self, meta: Meta) -> bool:
        return meta.origin[0] in self.stored

    def age(self, identity: _Identity) -> int:
        return self.ages.setdefault(identity, self.seen)

    def by_key(self, kind: type[Object]) -> dict[str, Object]:
        return {value.meta.key: value for value in self.objects.values() if isinstance(value, kind)}


def _applied(meta: Meta, before: Meta) -> Meta:
    """Of a stored object that is changed: it stays the object that it is."""
    return replace(meta, created=before.created, is_dated=before.is_dated, batch=before.batch, uid=before.uid)


def _alike(files: Iterable[File]) -> bool:
    return len({file.text.strip().removeprefix("---").strip() for file in files}) < 2


def load(
    paths: Sequence[Readable],
    stdin: TextIO | None = None,
    *,
    after: Cluster | None = None,
    reading: Reading = PLAIN_READING,
) -> Cluster:
    """The one estate of these files and folders; see load_each. Raises InputError where there are several."""
    clusters = load_each(paths, stdin, after=[after] if after else (), reading=reading)
    if len(clusters) > 1:
        names = ", ".join(cluster.name for cluster in clusters)
        raise InputError(f"there is not one estate here but several: {names}; name one of them")
    return clusters[0]


def load_each(
    paths: Sequence[Readable],
    stdin: TextIO | None = None,
    *,
    after: Sequence[Cluster] = (),
    reading: Reading = PLAIN_READING,
) -> list[Cluster]:
    """What these files and folders ("-" for stdin) hold; other kinds of objects, and other YAML, are passed over.

    Folders that hold the same objects, each in its own way, are an estate each; what lies beside them is in all.

    `after`: what was there before and is replaced. What it knew keeps its age, what is new is younger than all.
    `reading`: what of folders is left out.

    What the API server would refuse is read as it was meant; nginxsim.kube.validation tells of it. What is found in a
    folder and cannot be read is told (SkippedFile) and left out. Raises InputError for a path that cannot be read, and
    for broken YAML in a file that was named itself.
    """
    live = tuple(path for path in paths if isinstance(path, Live))
    found = list(read_files([each for path in paths for each in _known(path)], stdin, reading))
    files = [each for each in found if isinstance(each, File)]
    whole = _Stock.of(files, after)
    omitted = (*(each for each in found if isinstance(each, Omitted)), *whole.omitted)
    tell(omitted)
    estates = list(_estates(files, whole, after))
    if len(estates) == 1:
        return [_cluster(whole, omitted, live)]
    stocks = {estate.name: _Stock.of(estate.files, after, estate.name) for estate in estates}
    return [_cluster(stock, omitted, live, name) for name, stock in stocks.items()]


def _estates(files: Sequence[File], whole: _Stock, after: Sequence[Cluster]) -> Iterator[Estate]:
    groups = by_cluster(files)
    for group in groups:
        stock = whole if len(groups) == 1 else _Stock.of(group.files, after)
        for estate in split(group.files, stock.apart()):
            yield Estate("/".join(filter(None, (group.name, estate.name))), estate.files)


def _known(path: Readable) -> Sequence[str | Path | File | Naming]:
    return asked(path).told if isinstance(path, Live) else [path]


def asked(live: Live) -> Live:
    """A cluster with what it tells of the kinds that are read. Raises InputError where it cannot be asked."""
    kinds = (kind for kind in KINDS.values() if kind.is_usual or live.looks_around)
    wanted = {kind.name: {version.rpartition("/")[0] for version in kind.readers} for kind in kinds}
    return live if live.told else replace(live, told=tuple(live.files(wanted)))


def _read_file(file: File, stock: _Stock) -> None:
    if file.is_named:
        stock.texts.append(file)
        for document in documents(file):
            _read_root(document, stock)
    else:
        _read_found(file, stock)


def _read_found(file: File, stock: _Stock) -> None:
    """What of a file that nobody named can be used: the whole, unless some documents cannot be read."""
    sound: list[File] = []
    faults: dict[Omitted, None] = {}
    has_objects = False
    for document in documents(file):
        try:
            has_objects |= _read_root(document, stock)
            sound.append(document.file)
        except InputError as problem:
            faults[_fault(document.file, problem)] = None
    if not has_objects and not file.back and not _OBJECT.search(file.text):
        faults = {Omitted(file.name, Omission.FOREIGN): None}
    stock.texts += sound if faults else [file]
    stock.omitted += faults


def _fault(document: File, problem: InputError) -> Omitted:
    if "{{" in document.text:
        return Omitted(document.name, Omission.TEMPLATE)
    says = str(problem).removeprefix(f"{problem.origin}: ")
    return Omitted(document.name, Omission.BROKEN, says, problem.origin)


def _read_root(document: Document, stock: _Stock) -> bool:
    """Whether there is an object in it. Raises InputError."""
    try:
        node = document.root()
        if not (isinstance(node, yaml.MappingNode) and _may_be_an_object(node)):
            return False
        if "{{" in document.file.text:
            _refuse_template(node, document.file)
        _read_document(Fields(document.file, node), stock)
    except RecursionError:
        raise InputError(f"{document.file.name}: nested too deeply, or an alias inside its own anchor") from None
    return True


def _may_be_an_object(node: yaml.MappingNode) -> bool:
    """Other YAML, such as Helm values, may be as odd as it likes."""
    names = [key.value for key, _ in node.value]
    return "<<" in names or ("kind" in names and ("apiVersion" in names or "metadata" in names))


def _refuse_template(node: yaml.Node, file: File) -> None:
    """Braces that nobody has filled in are YAML: a mapping whose name is a mapping."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if isinstance(name, yaml.MappingNode):
                raise file.error("a mapping stands where a name should", file.origin(node))
            _refuse_template(value, file)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_template(item, file)


def _read_document(document: Fields, stock: _Stock, kind: str = "", version: str = "") -> None:
    """A list's items may leave out what the list already says of them: `kind` and `version`."""
    kind = document.text("kind") or kind
    version = document.text("apiVersion") or version
    if kind.endswith("List") and "items" in document:
        for item in document.items("items"):
            _read_document(item, stock, kind.removesuffix("List"), version if kind != "List" else "")
    elif kind:
        _read_object(document, stock, kind, version)
        stock.seen += 1


def _read_object(document: Fields, stock: _Stock, kind_name: str, version: str) -> None:
    kind = KINDS.get(kind_name)
    reader = _reader(document, kind, version) if kind else None
    if kind is None or reader is None:
        return
    metadata = document.fields("metadata")
    if kind_name == SNAPSHOT or document.file.name.startswith(LABEL):
        stock.stored[document.file.name] = None
    namespace = (metadata.text("namespace") or document.file.namespace) if kind.namespaced else ""
    name = metadata.text("name") or _generated(metadata.text("generateName"), stock)
    identity = (kind_name, namespace, name)
    stock.written.setdefault(identity, []).append(document.file)
    age = stock.age(identity)
    ages = age, stock.began if age >= stock.began else 0
    meta = read_meta(metadata, kind_name, namespace, name, ages, first=stock.newest + 1)
    if stock.is_stored(meta):
        stock.newest = max(stock.newest, meta.created)
    stock.put(identity, reader(document, meta))


def _reader(document: Fields, kind: Kind, version: str) -> Reader | None:
    """Of a version that nobody knows, or that is not written, the present one.

    None for what is another thing: a group with a dot may use the same name for a kind of its own, and a mapping
    without metadata is no object at all.
    """
    version = version.removeprefix("/")
    if version in kind.readers:
        return kind.readers[version]
    group = version.rpartition("/")[0]
    known = any(each.rpartition("/")[0] == group for each in kind.readers)
    meant = "metadata" in document and (known or "." not in group)
    return next(iter(kind.readers.values())) if meant else None


def _generated(start: str, stock: _Stock) -> str:
    """A name as the API server makes of generateName; the ending, which it draws, is the object's place in line."""
    if not start:
        return ""
    letters, number = "", stock.seen
    for _ in range(_ENDING):
        number, letter = divmod(number, len(_LETTERS))
        letters = _LETTERS[letter] + letters
    return start[: _LONGEST - _ENDING] + letters


def _cluster(stock: _Stock, omitted: tuple[Omitted, ...], live: tuple[Live, ...] = (), name: str = "") -> Cluster:
    services = stock.by_key(Service)
    told = next(iter(stock.by_key(Snapshot).values()), Snapshot(Meta(SNAPSHOT, "")))
    workloads = tuple(value for value in stock.objects.values() if isinstance(value, Workload))
    return Cluster(
        name=name,
        ingresses=stock.by_key(Ingress),
        ingress_classes=stock.by_key(IngressClass),
        services=services,
        slices=_slices(stock, services, () if SLICES in told.whole else workloads),
        secrets=stock.by_key(Secret),
        config_maps=stock.by_key(ConfigMap),
        namespaces=stock.by_key(Namespace),
        made=made_by(value for value in stock.objects.values() if isinstance(value, Maker)),
        edges=tuple(value for value in stock.objects.values() if isinstance(value, Edge)),
        nodes=stock.by_key(Node),
        workloads=workloads,
        registrations=stock.by_key(Registration),
        policies=tuple(stock.by_key(Policy).values()),
        jobs=tuple(stock.by_key(Job).values()),
        twice=tuple((stock.objects[identity].meta, lost) for identity, lost in stock.twice),
        whole=told.whole,
        unknown=told.unknown,
        only_in=told.namespaces,
        kubernetes=Kubernetes.of_server(told.kubernetes),
        live=live,
        files=tuple(dict.fromkeys(file.name for file in stock.texts)),
        texts=tuple(file for file in stock.texts if file.name not in stock.stored),
        stored=tuple(file for file in stock.texts if file.name in stock.stored),
        omitted=omitted,
        ages=stock.ages,
    )


def _slices(
    stock: _Stock, services: dict[str, Service], workloads: Sequence[Workload]
) -> dict[str, Sequence[EndpointSlice]]:
    slices: dict[str, list[EndpointSlice]] = {}
    for value in stock.objects.values():
        if isinstance(value, EndpointSlice) and value.service:
            slices.setdefault(f"{value.meta.namespace}/{value.service}", []).append(value)
    endpoints = stock.by_key(Endpoints)
    assumed = AssumedEndpoints(workloads)
    for key, service in services.items():
        if key not in slices:
            made = mirrored(endpoints[key]) if key in endpoints else assumed.slices(service)
            if made:
                slices[key] = made
    return dict(slices)
