"""A cluster that runs, asked through the user's own kubectl for the kinds that are read.

Each object is a text of its own, as `kubectl get -o yaml` would print it, less what nobody reads: places in it are told
by the path of the field, for `kubectl edit`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from nginxsim.errors import InputError
from nginxsim.kube.blanking import BLANK
from nginxsim.kube.fields import dotted
from nginxsim.kube.objects import Meta
from nginxsim.kube.recognition import runs_controller
from nginxsim.kube.secrecy import APPLIED
from nginxsim.kube.snapshots import Snapshot
from nginxsim.kube.workloads import FOREIGN_WORKLOADS
from nginxsim.kube.written import as_yaml
from nginxsim.origins import Origin, in_field
from nginxsim.sources import File
from nginxsim.sources.kubectl import SAYS, Kubectl, words_of
from nginxsim.sources.trees import Spot, places, roots

LABEL = "cluster:"
"""What the names of live objects begin with."""
BY_NAME = ("ConfigMap", "Secret")
"""Kinds of which only those are fetched that something names."""
SLICES = "EndpointSlice"
TWIN = "Endpoints"
"""The control plane makes slices of them, and the controller reads those."""
INGRESS = "Ingress"
AT_ONCE = 4
"""So many kubectl run at a time."""
CHUNK = 500
CERTIFIER = "webhook-certgen"
"""In the image of what makes certificates for webhooks and writes them into caBundle."""
OWN_GROUPS = frozenset({
    "", "apps", "networking.k8s.io", "discovery.k8s.io", "admissionregistration.k8s.io", "batch",
})  # fmt: skip
"""Of the kinds that every cluster has."""
NOT_SERVED = "the cluster does not serve this kind"

Json: TypeAlias = dict[str, Any]


class _Resource(NamedTuple):
    """As kubectl calls it: ingresses.networking.k8s.io."""

    name: str
    group: str
    kind: str
    is_namespaced: bool

    @property
    def full_name(self) -> str:
        return f"{self.name}.{self.group}" if self.group else self.name


class _Listed(NamedTuple):
    """The objects of a kind; complaint: why they are not all."""

    resource: _Resource
    objects: list[Json]
    complaint: str = ""


@dataclass(frozen=True, slots=True)
class Live:
    """A cluster, by what `kubectl` has to be told.

    namespaces: those that are looked at; none: all. secrets: those that Ingresses and the controller name are fetched.
    """

    kubectl: Kubectl = Kubectl()
    namespaces: tuple[str, ...] = ()
    secrets: bool = True
    looks_around: bool = False
    """It is asked for what stands on the way to webhooks as well."""
    told: tuple[File, ...] = field(default=(), repr=False, compare=False)
    """What it has told already; it is asked only for what is named besides."""

    def __str__(self) -> str:
        return f"the cluster {self.kubectl.context}".rstrip()

    def files(self, wanted: Mapping[str, Iterable[str]]) -> list[File]:
        """What there is of the wanted kinds, by the groups of their APIs; first what is known of it as a whole.

        Raises InputError, in the words of kubectl, where there is no cluster or no Ingress to be seen.
        """
        version = self._version()
        resources = self._resources(wanted)
        listed = _without_twins(self._list(resources))
        unknown = _unknown(listed, wanted)
        if INGRESS in unknown:
            raise InputError(f"{SAYS}{unknown[INGRESS]}{self._hint()}")
        told = Snapshot(Meta("Snapshot", ""), version, self.namespaces, self._whole(wanted, unknown), unknown)
        objects = [file_of(each) for listing in listed for each in listing.objects]
        return [File(LABEL, as_yaml(told.fields)), *objects]

    def _whole(self, wanted: Iterable[str], unknown: Iterable[str]) -> frozenset[str]:
        return frozenset(wanted) - frozenset(unknown) - {TWIN} - (frozenset() if self.secrets else {"Secret"})

    def named(self, kind: str, keys: Iterable[str]) -> list[File]:
        """Those objects of "namespace/name" that are there; of a Secret that may not be read, that it is."""
        by_namespace: dict[str, list[str]] = {}
        for key in sorted(set(keys)):
            namespace, _, name = key.partition("/")
            if namespace and name:
                by_namespace.setdefault(namespace, []).append(name)
        if kind == "Secret" and not self.secrets:
            return [_withheld(namespace, name) for namespace, names in by_namespace.items() for name in names]
        with ThreadPoolExecutor(max_workers=AT_ONCE) as together:
            fetched = together.map(lambda each: self._fetch(kind, *each), by_namespace.items())
            return [file for files in fetched for file in files]

    def content(self, namespace: str, pod: str, container: str, path: str) -> str:
        """Of a file in a container. Raises InputError."""
        chosen = (f"--container={container}",) if container else ()
        return self.kubectl.tell("exec", pod, f"--namespace={namespace}", *chosen, command=("cat", path))

    def _hint(self) -> str:
        return "" if self.namespaces else " (--namespace NAME looks at one namespace only)"

    def _version(self) -> str:
        """Of the server; the first question of all, whose failure tells that there is none."""
        told = json.loads(self.kubectl.tell("version", "--output=json"))
        return str(told.get("serverVersion", {}).get("gitVersion", ""))

    def _resources(self, wanted: Mapping[str, Iterable[str]]) -> list[_Resource]:
        """One for each kind. A group that does not answer is told, and those that do are listed all the same."""
        ended = self.kubectl.ask("api-resources", "--verbs=list", "--no-headers")
        found: dict[str, _Resource] = {}
        for line in ended.told.splitlines():
            resource = _resource(line)
            if resource and resource.kind not in BY_NAME and resource.group in wanted.get(resource.kind, ()):
                found.setdefault(resource.kind, resource)
        if not found:
            raise InputError(f"{SAYS}{words_of(ended)}")
        return list(found.values())

    def _list(self, resources: Sequence[_Resource]) -> Sequence[_Listed]:
        """All at once, as credentials may take their time; where that fails, each by itself."""
        try:
            return self._got(resources)
        except InputError:
            with ThreadPoolExecutor(max_workers=AT_ONCE) as together:
                return list(together.map(self._alone, resources))

    def _alone(self, resource: _Resource) -> _Listed:
        try:
            return next(iter(self._got([resource])))
        except InputError as problem:
            return _Listed(resource, [], str(problem).removeprefix(SAYS))

    def _got(self, resources: Sequence[_Resource]) -> Sequence[_Listed]:
        """Raises InputError where some of it cannot be had."""
        found: dict[str, list[Json]] = {each.kind: [] for each in resources}
        for scope, names in self._scopes(resources):
            told = self.kubectl.tell("get", ",".join(names), scope, f"--chunk-size={CHUNK}", "--output=json")
            for thing in filter(None, map(kept, _items(told))):
                found.setdefault(thing["kind"], []).append(thing)
        return [_Listed(each, found[each.kind]) for each in resources]

    def _scopes(self, resources: Sequence[_Resource]) -> Iterator[tuple[str, list[str]]]:
        """What belongs to no namespace is asked for with the first."""
        for number, name in enumerate(self.namespaces or ("",)):
            asked = [each.full_name for each in resources if each.is_namespaced or number == 0]
            if asked:
                yield f"--namespace={name}" if name else "--all-namespaces", asked

    def _fetch(self, kind: str, namespace: str, names: Sequence[str]) -> list[File]:
        """Kubectl gets what it can, and complains of the rest."""
        ended = self.kubectl.ask(
            "get", kind.lower(), *names, f"--namespace={namespace}", "--ignore-not-found", "--output=json"
        )
        files = [file_of(each) for each in map(kept, _items(ended.told)) if each]
        refused = [name for name in names if f'"{name}" is forbidden' in ended.complaint]
        if ended.status and not refused:
            raise InputError(f"{SAYS}{words_of(ended)}")
        return files + [_withheld(namespace, name) for name in refused if kind == "Secret"]


def _without_twins(listed: Sequence[_Listed]) -> Sequence[_Listed]:
    """Endpoints say what slices say, where there are any."""
    has_slices = any(each.resource.kind == SLICES and not each.complaint for each in listed)
    return [each for each in listed if each.resource.kind != TWIN] if has_slices else listed


def _unknown(listed: Iterable[_Listed], wanted: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Kinds that could not be listed, and why."""
    answers = {each.resource.kind: each.complaint for each in listed}
    expected = (kind for kind, groups in wanted.items() if set(groups) & OWN_GROUPS and kind not in (*BY_NAME, TWIN))
    absent = dict.fromkeys((kind for kind in expected if kind not in answers), NOT_SERVED)
    return {**{kind: complaint for kind, complaint in answers.items() if complaint}, **absent}


def _resource(line: str) -> _Resource | None:
    """From a row of `kubectl api-resources`: name, perhaps short names, version, whether in namespaces, kind."""
    cells = line.split()
    if len(cells) not in (4, 5):
        return None
    version, namespaced, kind = cells[-3:]
    return _Resource(cells[0], version.rpartition("/")[0], kind, namespaced == "true")


def _items(told: str) -> list[Json]:
    """Of what `kubectl get -o json` prints: a list, one object, or nothing."""
    if not told.strip():
        return []
    try:
        read = json.loads(told)
    except ValueError:
        raise InputError("kubectl prints what is no JSON") from None
    return list(read["items"]) if read.get("kind") == "List" else [read]


def file_of(thing: Json) -> File:
    """An object as a text of its own."""
    name, text = name_of(thing["kind"], thing["metadata"]), as_yaml(thing)
    return File(name, text, back=_FieldPaths(name, text))


@dataclass(frozen=True)
class _FieldPaths:
    """From a place in an object's text to the field there."""

    name: str
    text: str = field(repr=False)

    def origin(self, line: int, column: int) -> Origin:
        spot = self._spots.get((line, column))
        return in_field(self.name, line, column, dotted(spot.path)) if spot else Origin(self.name, line, column)

    @cached_property
    def _spots(self) -> Mapping[tuple[int, int], Spot]:
        return places(roots(self.text))


def name_of(kind: str, metadata: Mapping[str, Any]) -> str:
    """cluster:Ingress/default/shop"""
    return LABEL + "/".join(filter(None, (kind, metadata.get("namespace", ""), metadata.get("name", ""))))


def _withheld(namespace: str, name: str) -> File:
    metadata = {"namespace": namespace, "name": name}
    return file_of({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": BLANK})


# --- What is kept of an object ----------------------------------------------------------------------------------------

METADATA = (
    "name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "labels", "annotations", "ownerReferences",
)  # fmt: skip
CONTAINER = ("name", "image", "ports")
_KEY = re.compile(r"^(-?-maxmind-license-key=).*")


def kept(thing: Json) -> Json | None:
    """What of an object is read; None for what its owner stands for."""
    metadata = {name: thing["metadata"][name] for name in METADATA if name in thing["metadata"]}
    notes = {name: text for name, text in metadata.pop("annotations", {}).items() if name != APPLIED}
    metadata |= {"annotations": notes} if notes else {}
    thing = {**thing, "metadata": metadata}
    cut = KEPT.get(thing["kind"])
    return cut(thing) if cut else thing


def _bare(thing: Json) -> Json:
    return {name: thing[name] for name in ("apiVersion", "kind", "metadata")}


def _pod(thing: Json) -> Json:
    status = thing.get("status", {})
    said = {name: status[name] for name in ("phase", "podIP") if name in status}
    ready = [
        {"type": each["type"], "status": each["status"]}
        for each in status.get("conditions", ())
        if each["type"] == "Ready"
    ]
    spec = {**_pod_spec(thing["spec"]), **_some(thing["spec"], "nodeName")}
    return {**_bare(thing), "spec": spec, "status": {**said, "conditions": ready}}


def _workload(thing: Json) -> Json:
    """Without the status: what runs is told by Pods."""
    spec, template = thing["spec"], thing["spec"].get("template", {})
    template = {**_some(template, "metadata"), "spec": _pod_spec(template.get("spec", {}))}
    return {**_bare(thing), "spec": {**_some(spec, "replicas", "selector"), "template": template}}


def _job(thing: Json) -> Json | None:
    """Those that fill in a webhook's certificates, as the controller's charts have them."""
    template = thing["spec"]["template"]["spec"]
    images = [each.get("image", "") for each in template.get("containers", ())]
    if not any(CERTIFIER in image for image in images):
        return None
    words = [_some(each, *CONTAINER, "command", "args", "env") for each in template["containers"]]
    return {**_bare(thing), "spec": {"template": {"spec": {"containers": words}}}, **_some(thing, "status")}


def _replica_set(thing: Json) -> Json | None:
    return None if thing["metadata"].get("ownerReferences") else _workload(thing)


def _pod_spec(spec: Json) -> Json:
    """Of what is no controller neither arguments nor environment, which may hold anything."""
    containers = spec.get("containers", ())
    volumes = _some(spec, "volumes") if any(map(_is_controller, containers)) else {}
    return {
        "containers": [_controller(each) if _is_controller(each) else _some(each, *CONTAINER) for each in containers],
        **volumes,
        **_some(spec, "hostNetwork"),
    }


def _controller(container: Json) -> Json:
    """With those variables that its command line has."""
    found = _some(container, *CONTAINER, "command", "args", "envFrom", "volumeMounts")
    for name in ("command", "args"):
        if name in found:
            found[name] = [_KEY.sub(r"\1withheld", word) for word in found[name]]
    env = _named(container.get("env", ()), " ".join((*found.get("command", ()), *found.get("args", ()))))
    return {**found, "env": env} if env else found


def _named(variables: Sequence[Json], text: str) -> list[Json]:
    """Those that the text names, and those that their values name in turn."""
    named = {each["name"] for each in variables if f"$({each['name']})" in text}
    for each in reversed(variables):  # a value may name those before it only
        if each["name"] in named:
            value = each.get("value", "")
            named |= {other["name"] for other in variables if f"$({other['name']})" in value}
    return [each for each in variables if each["name"] in named]


def _is_controller(container: Json) -> bool:
    words = (*container.get("command", ()), *container.get("args", ()))
    return runs_controller(container.get("image", ""), words)


def _some(thing: Json, *names: str) -> Json:
    return {name: thing[name] for name in names if name in thing}


KEPT: Mapping[str, Callable[[Json], Json | None]] = {
    "DaemonSet": _workload,
    "Deployment": _workload,
    "Job": _job,
    "Namespace": _bare,
    "Node": _bare,
    "Pod": _pod,
    "ReplicaSet": _replica_set,
    "StatefulSet": _workload,
    **dict.fromkeys(FOREIGN_WORKLOADS, _workload),
}
"""By kind, what is kept besides metadata; of other kinds all is."""
