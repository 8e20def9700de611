"""What kubectl and the API server would say of documents, one step after the other as they take them.

Each step sees only what the one before let through: text to JSON, kubectl's own look at kind and metadata, the
versions that are served, decoding, unknown fields, and the values. An object's problems are those of the first step
that has any.

Source: kubernetes 1.35 staging/src/k8s.io/cli-runtime/pkg/resource (mapper.go, visitor.go, metadata_decoder.go),
staging/src/k8s.io/kubectl/pkg/validation; kubernetes 1.34 staging/src/k8s.io/apiserver/pkg/endpoints/handlers and
pkg/registry/rest (create.go).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import chain, takewhile
from typing import NamedTuple

import yaml

from nginxsim.golang.scalars import PLAIN
from nginxsim.kube.documents import Document, documents
from nginxsim.kube.kubernetes import Kubernetes
from nginxsim.kube.validation.constraints import broken
from nginxsim.kube.validation.decoding import unknown, wrong
from nginxsim.kube.validation.faults import Fault, Identity, Path, Problem, Reason, Refuser
from nginxsim.kube.validation.formats import FORMATS
from nginxsim.kube.validation.kinds import KINDS, Kind
from nginxsim.kube.validation.listed import incomplete
from nginxsim.kube.validation.place import Place
from nginxsim.kube.validation.rules import FIRST
from nginxsim.kube.validation.rules.metadata import metadata
from nginxsim.kube.validation.schema import Type
from nginxsim.kube.validation.served import unserved
from nginxsim.kube.validation.values import Json, is_hidden, place, read
from nginxsim.origins import Edit
from nginxsim.sources import File

_METADATA = Type("struct", "meta.ObjectMeta")


def problems(files: Iterable[File], release: Kubernetes) -> Iterator[Problem]:
    """Everything in these files, in the order of the documents. Raises InputError for broken YAML."""
    for file in files:
        parts = list(documents(file))
        for document in parts:
            yield from _in_document(document, release, alone=len(parts) == 1)


class Documents:
    """Files of which single documents are looked at: each is taken apart once, and each document examined once."""

    def __init__(self, files: Iterable[File], release: Kubernetes) -> None:
        self._files = {file.name: file for file in files}
        self._release = release
        self._documents = cache(lambda name: list(documents(self._files[name])))
        self._problems = cache(lambda name, at: tuple(_in_document(self._documents(name)[at], self._release)))

    def problems_at(self, places: Iterable[tuple[str, int]]) -> Iterator[Problem]:
        """Of the documents around these places: file and line. Raises InputError for broken YAML."""
        found = chain.from_iterable(self._around(name, line) for name, line in places if name in self._files)
        for name, at in sorted(set(found)):
            yield from self._problems(name, at)

    def _around(self, name: str, line: int) -> Iterator[tuple[str, int]]:
        """JSON documents may share a line."""
        parts = self._documents(name)
        first = bisect_left(parts, line, key=lambda document: document.file.last_line)
        begun = takewhile(lambda at: parts[at].file.first_line < line, range(first, len(parts)))
        return ((name, at) for at in begun)


def undecodable(value: Mapping[str, Json]) -> Iterator[Fault]:
    """What is of the wrong kind in one object of a kind that is known."""
    item = _Item(value, (), value["apiVersion"], value["kind"])
    kind = _kind(item)
    return wrong(value, Type("struct", kind.struct)) if kind else iter(())


class _Item(NamedTuple):
    """An object, or what should be one: its value, and where it stands in its document."""

    value: Json
    path: Path
    version: str = ""
    kind: str = ""


def _in_document(document: Document, release: Kubernetes, *, alone: bool = False) -> Iterator[Problem]:
    """`alone`: there is nothing else in its file."""
    root = document.root()
    if root is None or not (document.file.is_named or _looks_like_an_object(root)):
        return
    value, reading = read(root, document.file.text)
    teller = _Teller(document.file, root)
    if (value is None and not reading.faults) or _is_encrypted(value):
        return
    if document.oddly_separated:
        odd = "" if "Secret" in document.file.text else f': "{document.oddly_separated}"'
        reading.faults.insert(0, Fault(Reason.NOT_YAML, (), f"does not begin as kubectl wants it{odd}"))
    owner = _identity(value)
    yield from teller.told(Refuser.NOBODY, owner, (), reading.twice)
    if reading.faults:
        yield from teller.told(Refuser.KUBECTL, owner, (), reading.faults)
    else:
        yield from _in_value(value, teller, release, alone=alone)


def _is_encrypted(value: Json) -> bool:
    """By SOPS, which adds a part of its own: nobody applies such an object as it stands."""
    return isinstance(value, Mapping) and isinstance(value.get("sops"), Mapping)


def _looks_like_an_object(node: yaml.Node) -> bool:
    """Not any other YAML that lies in a folder."""
    names = {key.value for key, _ in node.value} if isinstance(node, yaml.MappingNode) else set()
    return len(names & {"apiVersion", "kind", "metadata"}) > 1


class _Teller:
    """Gives faults the place in the document's text."""

    def __init__(self, file: File, root: yaml.Node) -> None:
        self._file = file
        self._root = root

    def told(self, refuser: Refuser, owner: Identity, base: Path, faults: Iterable[Fault]) -> Iterator[Problem]:
        """`base`: where the object stands that the faults' paths begin at."""
        for fault in faults:
            path = (*base, *fault.path)
            node = place(self._root, path, on_name=fault.on_name)
            kept = replace(fault, value=None) if is_hidden(self._root, path) else fault
            edit = None if kept is not fault else _edit(fault, node, self._file)
            yield Problem(refuser, kept, owner, self._file.origin(node), edit)


def _edit(fault: Fault, node: yaml.Node, file: File) -> Edit | None:
    if not isinstance(node, yaml.ScalarNode) or (fault.unquoted and node.tag is not PLAIN):
        return None
    if fault.on_name and node.value != fault.path[-1]:
        return None
    new = f'"{node.value}"' if fault.unquoted else fault.instead
    return Edit(file.origin(node), node.value, new, fault.on_name) if new else None


def _in_value(value: Json, teller: _Teller, release: Kubernetes, *, alone: bool) -> Iterator[Problem]:
    faults = list(_no_object(value)) or list(_no_list(value, alone=alone))
    if faults:
        yield from teller.told(Refuser.KUBECTL, _identity(value), (), faults)
    elif "items" in value:
        yield from _in_list(value, teller, release)
    else:
        yield from _in_object(_Item(value, (), value["apiVersion"], value["kind"]), teller, release)


def _no_object(value: Json) -> Iterator[Fault]:
    """What kubectl wants to see before it looks any further."""
    if not isinstance(value, dict):
        yield Fault(Reason.NOT_AN_OBJECT, (), "is no Kubernetes object, which is a mapping")
        return
    for name in ("apiVersion", "kind"):
        written = value.get(name)
        if written is None:
            yield Fault(Reason.REQUIRED, (name,), "is missing")
        elif not isinstance(written, str):
            yield Fault(Reason.WRONG_KIND, (name,), "is not text", written)
        elif (name == "kind" and not written) or (name == "apiVersion" and written.count("/") > 1):
            yield Fault(Reason.INVALID, (name,), "is empty" if not written else "is not GROUP/VERSION", written)


def _no_list(value: Json, *, alone: bool) -> Iterator[Fault]:
    """Whatever has items is a list to kubectl, of any kind."""
    items = value.get("items")
    if not isinstance(items, list) and (items is not None or value["kind"] == "List"):
        yield Fault(Reason.NOT_AN_OBJECT, ("items",), "is not a list of objects", items)
    elif "items" in value and not items and alone:
        yield Fault(Reason.NOT_AN_OBJECT, ("items",), "has no objects")


def _in_list(value: Json, teller: _Teller, release: Kubernetes) -> Iterator[Problem]:
    """Items of a List are looked at by kubectl itself."""
    checked = (value["apiVersion"], value["kind"]) == ("v1", "List")
    for i, item in enumerate(_items(value)):
        faults = list(_no_object(item)) or list(_no_item(item, checked=checked))
        if faults:
            yield from teller.told(Refuser.KUBECTL, _identity(item), ("items", i), faults)
        else:
            yield from _in_object(_Item(item, ("items", i), item["apiVersion"], item["kind"]), teller, release)


def _items(value: Json) -> Iterator[Json]:
    """Those of a typed list need not say what they are."""
    kind = value["kind"].removesuffix("List")
    for item in value["items"] or ():
        silent = isinstance(item, dict) and not item.get("kind") and not item.get("apiVersion")
        yield {**item, "kind": kind, "apiVersion": value["apiVersion"]} if silent and kind else item


def _no_item(item: Json, *, checked: bool) -> Iterator[Fault]:
    known = KINDS.get((_version(item["apiVersion"]), item["kind"]))
    if "items" in item:
        yield Fault(Reason.NOT_AN_OBJECT, ("items",), "makes a list within a list")
    elif checked and known:
        yield from incomplete(item, Type("struct", known.struct))


def _in_object(item: _Item, teller: _Teller, release: Kubernetes) -> Iterator[Problem]:
    for refuser, step in _STEPS:
        faults = list(step(item, release))
        if faults:
            yield from teller.told(refuser, _identity(item.value), item.path, faults)
            return


def _identity(value: Json) -> Identity:
    if not isinstance(value, dict):
        return Identity()
    fields = value.get("metadata")
    fields = fields if isinstance(fields, dict) else {}
    texts = (value.get("kind"), fields.get("namespace"), fields.get("name") or fields.get("generateName"))
    kind, namespace, name = (text if isinstance(text, str) else "" for text in texts)
    known = KINDS.get((_version(value.get("apiVersion")), kind))
    placed = known is None or known.namespaced
    return Identity(kind, (namespace or "default") if placed else "", name)


def _version(written: Json) -> str:
    return written.removeprefix("/") if isinstance(written, str) else ""


def _kind(item: _Item) -> Kind | None:
    return KINDS.get((_version(item.version), item.kind))


# The steps


def _wrong_metadata(item: _Item, _release: Kubernetes) -> Iterator[Fault]:
    return wrong(item.value.get("metadata"), _METADATA, ("metadata",))


def _unserved(item: _Item, release: Kubernetes) -> Iterator[Fault]:
    return unserved(_version(item.version), item.kind, release)


def _no_path(item: _Item, _release: Kubernetes) -> Iterator[Fault]:
    """The namespace becomes a part of an URL."""
    if _has_namespace(item):
        yield from Place(item.value)["metadata"]["namespace"].must_be("path-segment")


def _has_namespace(item: _Item) -> bool:
    """Of a foreign kind its name tells: the server drops the namespace of what lives outside of all."""
    kind = _kind(item)
    return kind.namespaced if kind else not item.kind.startswith("Cluster")


def _wrong_values(item: _Item, _release: Kubernetes) -> Iterator[Fault]:
    kind = _kind(item)
    return wrong(item.value, Type("struct", kind.struct)) if kind else iter(())


def _unknown_fields(item: _Item, _release: Kubernetes) -> Iterator[Fault]:
    kind = _kind(item)
    return unknown(item.value, Type("struct", kind.struct)) if kind else iter(())


def _no_namespace(item: _Item, _release: Kubernetes) -> Iterator[Fault]:
    """A namespace can only be there if it can be created."""
    name = Place(item.value)["metadata"]["namespace"]
    if name and _has_namespace(item) and any(FORMATS["label"](name.text)):
        says = "cannot be a namespace, whose name is a lower-case label"
        yield Fault(Reason.NO_NAMESPACE, name.path, says, name.text)


def _broken_values(item: _Item, _release: Kubernetes) -> Iterator[Fault]:
    """What is written under status is not looked at: it is empty when an object is created."""
    kind = _kind(item)
    if kind is not None:
        whole = Place({name: value for name, value in item.value.items() if name != "status"})
        first = list(FIRST[kind.struct](whole)) if kind.struct in FIRST else []
        yield from first or chain(metadata(whole["metadata"], kind), broken(whole, kind.struct))


_STEPS: tuple[tuple[Refuser, Callable[[_Item, Kubernetes], Iterator[Fault]]], ...] = (
    (Refuser.KUBECTL, _wrong_metadata),
    (Refuser.KUBECTL, _unserved),
    (Refuser.KUBECTL, _no_path),
    (Refuser.SERVER, _wrong_values),
    (Refuser.STRICT, _unknown_fields),
    (Refuser.SERVER, _no_namespace),
    (Refuser.SERVER, _broken_values),
)
