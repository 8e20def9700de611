"""Objects of the input that the controller never reads: its roles and its webhook's registration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import yaml

from nginxsim.errors import InputError
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.documents import Document, documents
from nginxsim.kube.fields import Fields
from nginxsim.origins import Origin
from nginxsim.releases.rights import Right

ROLES = ("ClusterRole", "Role")
MONITORS, SCRAPED = ("ServiceMonitor", "PodMonitor"), "prometheus.io/scrape"
WORKLOADS = ("Deployment", "DaemonSet")
TEMPLATES = "/etc/nginx/template"
OURS = ("ingress-nginx", "nginx-ingress")
"""What names of the controller's own objects have in them."""
_EVERY = "*"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a role; group "" is the core group."""

    groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]

    def grants(self, right: Right, verb: str) -> bool:
        return _has(self.groups, right.group) and _has(self.resources, right.resource) and _has(self.verbs, verb)


def _has(listed: tuple[str, ...], word: str) -> bool:
    return word in listed or _EVERY in listed


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the controller: what it may do. owner: as "ClusterRole ingress-nginx"."""

    owner: str
    rules: tuple[Rule, ...]
    origin: Origin

    @property
    def reads_ingresses(self) -> bool:
        return any("ingresses" in rule.resources or _EVERY in rule.resources for rule in self.rules)


@dataclass(frozen=True, slots=True)
class CustomTemplate:
    """A ConfigMap that lies over the controller's template, and who has it so."""

    owner: str
    config_map: str
    origin: Origin

    def __str__(self) -> str:
        return f"the nginx.tmpl of ConfigMap {self.config_map}, with which {self.owner} runs,"


def custom_templates_of(cluster: Cluster) -> Iterator[CustomTemplate]:
    """Of all workloads that mount one where the controller has its template."""
    for workload in _objects(cluster, WORKLOADS, TEMPLATES):
        pod = workload.fields("spec").fields("template").fields("spec")
        mounted = {
            mount.text("name")
            for container in pod.items("containers")
            for mount in container.items("volumeMounts")
            if mount.text("mountPath").startswith(TEMPLATES)
        }
        for volume in pod.items("volumes"):
            name = volume.fields("configMap").text("name")
            if name and volume.text("name") in mounted:
                yield CustomTemplate(_owner(workload), name, volume.fields("configMap").origin("name"))


@dataclass(frozen=True, slots=True)
class Reader:
    """What asks the controller for metrics."""

    owner: str
    origin: Origin


def metric_readers_of(cluster: Cluster) -> Iterator[Reader]:
    """Monitors of the operator of Prometheus, and Pods that ask to be scraped."""
    for monitor in _objects(cluster, MONITORS):
        if _is_ours(monitor):
            yield Reader(_owner(monitor), monitor.fields("metadata").origin("name"))
    for workload in _objects(cluster, WORKLOADS, SCRAPED):
        notes = workload.fields("spec").fields("template").fields("metadata").fields("annotations")
        if _is_ours(workload) and notes.text(SCRAPED) == "true":
            yield Reader(_owner(workload), notes.origin(SCRAPED))


def roles_of(cluster: Cluster) -> list[Role]:
    """Those of the controller, as far as the input has any."""
    return [_role(each) for each in _objects(cluster, ROLES) if _is_ours(each)]


def _objects(cluster: Cluster, kinds: Iterable[str], word: str = "") -> Iterator[Fields]:
    """Objects of these kinds, in files with the word; what cannot be read is told elsewhere."""
    wanted = frozenset(kinds)
    for file in cluster.texts:
        if word in file.text and any(kind in file.text for kind in wanted):
            for document in documents(file):
                fields = _fields(document)
                if fields is not None and fields.text("kind") in wanted:
                    yield fields


def _fields(document: Document) -> Fields | None:
    try:
        node = document.root()
    except (InputError, RecursionError):
        return None
    return Fields(document.file, node) if isinstance(node, yaml.MappingNode) else None


def _is_ours(fields: Fields) -> bool:
    metadata = fields.fields("metadata")
    names: Mapping[str, str] = metadata.fields("labels").texts()
    return any(ours in name for ours in OURS for name in (metadata.text("name"), *names.values()))


def _owner(fields: Fields) -> str:
    metadata = fields.fields("metadata")
    name = "/".join(filter(None, (metadata.text("namespace"), metadata.text("name"))))
    return f"{fields.text('kind')} {name}"


def _role(fields: Fields) -> Role:
    rules = tuple(
        Rule(rule.words("apiGroups"), rule.words("resources"), rule.words("verbs")) for rule in fields.items("rules")
    )
    return Role(_owner(fields), rules, fields.origin("rules"))
