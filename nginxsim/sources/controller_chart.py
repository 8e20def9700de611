"""The controller's own chart where it is not at hand: the objects that it would make of the values, and their places.

Source: ingress-nginx charts/ingress-nginx/templates at helm-chart-4.15.1
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import yaml

from nginxsim.golang.scalars import plain
from nginxsim.golang.strconv import format_float
from nginxsim.origins import Origin
from nginxsim.releases import chart_flags as facts
from nginxsim.releases.charts import NAME, chart_for
from nginxsim.sources.omissions import Omission, Omitted
from nginxsim.sources.trace import Text, Trace, Where
from nginxsim.sources.trees import Path, Spot, mapping, roots, scalar, sequence, yaml_of
from nginxsim.sources.values import Leaf, Tree, laid_over, tree_of

_TAG = "tag:yaml.org,2002:"
_TYPED = ("bool", "int", "float")
_LONGEST = 63
_VALUE = re.compile(r"\{([^{}|]+)(?:\|((?:[^{}]|\{[^{}]*\})*))?\}")
_HERE = "$(POD_NAMESPACE)"
_CLASS_RESOURCE, _SERVICE = "controller.ingressClassResource", "controller.service"
_PART = "app.kubernetes.io/"


class Said(NamedTuple):
    """A text, the value that it was made of (None: a default of the chart's), and what it is in YAML."""

    text: str
    leaf: Leaf | None = None
    kind: str = "str"


Piece: TypeAlias = "Said | str | int | Mapping[str, Piece] | list[Piece] | None"
"""Part of an object; an entry that is None or empty is left out."""


@dataclass(frozen=True)
class Installed:
    """What a release of the chart was asked for.

    owner: what holds the values; place: where that stands. wanted: a version, or a range of them, where one is named.
    name: what the chart is called where it is used, which may be an alias.
    """

    owner: str
    release: str
    namespace: str
    wanted: Leaf | None = field(repr=False)
    layers: tuple[Tree, ...] = field(repr=False)
    place: Where = field(repr=False)
    name: str = NAME

    def render(self, version: str = "") -> tuple[str, ValuesTrace, list[str]]:
        """The text, the way back from it, and paths of values that only helm can fill in.

        version: of the chart, where that is not the one that is wanted.
        """
        objects = _Objects(self, version)
        pieces = [found for each in objects.all() if (found := _bare(each))]
        places: dict[tuple[int, Path], Leaf] = {}
        nodes = [_node(piece, places, number, ()) for number, piece in enumerate(pieces)]
        text = "---\n".join(map(yaml_of, nodes))
        return text, ValuesTrace(text, places, self), objects.unfilled

    def told(self, unfilled: Iterable[str]) -> Iterator[Omitted]:
        """What of the values only helm can fill in."""
        why = f"{Omission.UNKNOWN}, as helm fills in templates in values of {self.owner}"
        return (Omitted(path, Omission.UNKNOWN, why) for path in unfilled)


def is_controller(chart: str) -> bool:
    """Whether a chart of that name is the controller's."""
    return chart.rstrip("/").rpartition("/")[2] == NAME


@dataclass(frozen=True)
class ValuesTrace(Trace):
    """Back to the values that a text was made of; what is a default of the chart's stands where those do."""

    leaves: Mapping[tuple[int, Path], Leaf] = field(repr=False)
    asked: Installed = field(repr=False)

    def place(self, spot: Spot | None, line: int) -> Origin:  # noqa: ARG002  # a line by itself says nothing here
        if spot:
            for end in range(len(spot.path), 0, -1):
                if leaf := self.leaves.get((spot.document, spot.path[:end])):
                    return leaf.origin
        return self.asked.place(0, 0).settled()


# --- values


class _Values:
    """Of the chart with those that are laid over them."""

    def __init__(self, layers: Iterable[Tree], chart: str, whole: Where) -> None:
        self._whole = whole
        self._tree = self._written(dict(facts.DEFAULTS))
        for path, value in facts.defaults_of(chart):
            tree: facts.Plain = value
            for name in reversed(path.split(".")):
                tree = {name: tree}
            self._tree = laid_over(self._tree, self._written(tree))
        for layer in layers:
            self._tree = laid_over(self._tree, layer)

    def _written(self, value: facts.Plain) -> Tree:
        return tree_of(next((Text(root, self._whole) for root in roots(yaml.safe_dump(value))), None))

    def at(self, path: str) -> Tree | None:
        found: Tree | None = self._tree
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        return found

    def on(self, path: str) -> bool:
        """As a template's `if` sees it."""
        found = self.at(path.removeprefix("!"))
        is_set = found.value not in (None, False, 0, "") if isinstance(found, Leaf) else bool(found)
        return is_set != path.startswith("!")

    def said(self, path: str) -> Said:
        found = self.at(path)
        return self._said(found) if isinstance(found, Leaf) else Said("")

    def _said(self, leaf: Leaf) -> Said:
        return Said(text_of(leaf), None if leaf.where is self._whole else leaf)

    def piece(self, path: str) -> Piece:
        """As it was written."""
        return self._piece(self.at(path))

    def _piece(self, tree: Tree | None) -> Piece:
        if isinstance(tree, Leaf):
            kind = _kind(tree)
            return Said(tree.text, self._said(tree).leaf, kind) if kind in _TYPED else self._said(tree)
        if isinstance(tree, list):
            return [self._piece(each) for each in tree]
        return {name: self._piece(each) for name, each in tree.items()} if tree is not None else None

    def texts(self, path: str) -> dict[str, Said]:
        """A mapping whose values are printed as text."""
        found = self.at(path)
        leaves = found.items() if isinstance(found, dict) else ()
        return {name: self._said(leaf) for name, leaf in leaves if isinstance(leaf, Leaf)}


def text_of(leaf: Leaf) -> str:
    """As a template prints it: every number is a float64."""
    value = plain(leaf.text) if leaf.is_plain and _kind(leaf) in _TYPED else leaf.text
    if isinstance(value, bool):
        return "true" if value else "false"
    return format_float(value) if isinstance(value, (int, float)) else value or ""


def _kind(leaf: Leaf) -> str:
    return str(leaf.node.tag).rpartition(":")[2]


# --- objects


class _Objects:
    """What the templates come to."""

    def __init__(self, asked: Installed, version: str) -> None:
        self._asked = asked
        self._wanted = version or (asked.wanted.text if asked.wanted else "")
        self._chosen = chart_for(self._wanted)
        self._chart = self._chosen.version
        self._values = values = _Values(asked.layers, self._chart, asked.place)
        self._name = _short(values.said("nameOverride").text or asked.name)
        self._fullname = _short(values.said("fullnameOverride").text or _full(asked.release, self._name))
        self._namespace = _short(values.said("namespaceOverride").text or asked.namespace)
        self._controller = _short(f"{self._fullname}-{values.said('controller.name').text}")
        self._backend = _short(f"{self._fullname}-{values.said('defaultBackend.name').text}")
        self.unfilled: list[str] = []

    def all(self) -> Iterator[Piece]:
        yield self._workload()
        yield from self._config_maps()
        yield self._secret()
        yield from self._classes()
        yield from self._services()
        if self._values.on("defaultBackend.enabled"):
            yield from self._default_backend()

    def _meta(self, name: str | Said, component: str = "controller", annotations: Piece = None) -> dict[str, Piece]:
        labels = {"helm.sh/chart": f"{NAME}-{self._chart}", **self._labels(component)}
        return {"name": name, "namespace": self._namespace, "labels": labels, "annotations": annotations}

    def _labels(self, component: str) -> dict[str, Piece]:
        return {
            f"{_PART}name": self._name,
            f"{_PART}instance": self._asked.release,
            f"{_PART}component": component,
        }

    # --- the controller

    def _workload(self) -> Piece:
        values = self._values
        kind = values.said("controller.kind")
        is_scaled = values.on("controller.autoscaling.enabled") != values.on("controller.keda.enabled")
        has_replicas = kind.text != "DaemonSet" and not is_scaled
        notes: dict[str, Piece] = {facts.VALUES_OF: self._asked.owner}
        if not self._chosen.is_certain and not values.on("controller.image.tag"):
            notes[facts.CHART_RANGE] = self._wanted or "*"
        spec = self._pods("controller", values.piece("controller.replicaCount") if has_replicas else None)
        spec["template"] = {
            "metadata": {"labels": self._labels("controller")},
            "spec": {"containers": [self._container()]},
        }
        named = Said("DaemonSet" if kind.text == "DaemonSet" else "Deployment", kind.leaf)
        metadata = self._meta(self._controller, annotations=notes)
        return {"apiVersion": "apps/v1", "kind": named, "metadata": metadata, "spec": spec}

    def _pods(self, component: str, replicas: Piece) -> dict[str, Piece]:
        return {"replicas": replicas, "selector": {"matchLabels": self._labels(component)}}

    def _container(self) -> Piece:
        extra = self._values.piece("controller.extraEnvs")
        here: Piece = {"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}
        ports = self._values.at("controller.containerPort")
        return {
            "name": "controller",
            "image": self._image(),
            "args": ["/nginx-ingress-controller", *self._flags()],
            "env": [here, *(extra if isinstance(extra, list) else ())],
            "ports": [
                {"name": name, "containerPort": self._values.piece(f"controller.containerPort.{name}")}
                for name in (ports if isinstance(ports, dict) else ())
            ],
        }

    def _image(self) -> Piece:
        said = self._values.said
        whole, tag = said("controller.image.repository"), said("controller.image.tag")
        parts = (said("controller.image.registry").text, said("controller.image.image").text)
        name = whole.text or "/".join(filter(None, parts))
        given = tag if tag.text else Said(f"v{self._chosen.release}", self._asked.wanted)
        return Said(f"{name}:{given.text}", tag.leaf or whole.leaf or given.leaf)

    def _flags(self) -> Iterator[Piece]:
        for flag in facts.flags_of(self._chart):
            if all(map(self._values.on, flag.needs)):
                leaves = [self._values.said(path.lstrip("!")).leaf for path in flag.needs]
                filled = self._filled(flag.text)
                yield Said(f"--{flag.name}={filled.text}", next(filter(None, (filled.leaf, *leaves)), None))
        for name, value in sorted(self._values.texts(facts.EXTRA).items()):
            yield Said(f"--{name}={value.text}" if value.text else f"--{name}", value.leaf)

    def _filled(self, text: str) -> Said:
        """With values for what is in braces."""
        leaves: list[Leaf | None] = []

        def value_of(found: re.Match[str]) -> str:
            said = Said(self._fullname) if found[1] == "fullname" else self._values.said(found[1])
            leaves.append(said.leaf)
            return said.text or (self._filled(found[2]).text if found[2] else "")

        return Said(_VALUE.sub(value_of, text), next(filter(None, leaves), None))

    # --- ConfigMaps

    def _config_maps(self) -> Iterator[Piece]:
        settings: dict[str, Piece] = {}
        allowed = self._values.said("controller.allowSnippetAnnotations")
        if facts.writes_snippet_setting(self._chart) or self._values.on("controller.allowSnippetAnnotations"):
            settings["allow-snippet-annotations"] = allowed
        for path, key, end in _HEADERS:
            if headers := self._values.texts(path):
                settings[key] = f"{self._namespace}/{self._fullname}-{end}"
                yield self._config_map(f"{self._fullname}-{end}", {**headers})
        if self._values.on("dhParam"):
            settings["ssl-dh-param"] = f"{self._namespace}/{self._controller}"
        yield self._config_map(self._controller, {**settings, **self._settled("controller.config")})
        for name in ("tcp", "udp"):
            if self._values.on(name):
                yield self._config_map(f"{self._fullname}-{name}", {**self._settled(name)})

    def _settled(self, path: str) -> dict[str, Said]:
        """Without what is a template itself."""
        found = self._values.texts(path)
        self.unfilled += (f"{path}.{name}" for name, said in found.items() if "{{" in said.text)
        return {name: said for name, said in found.items() if "{{" not in said.text}

    def _config_map(self, name: str, data: Piece) -> Piece:
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": self._meta(name), "data": data}

    def _secret(self) -> Piece:
        if not self._values.on("dhParam"):
            return None
        data: Piece = {"dhparam.pem": self._values.said("dhParam")}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": self._meta(self._controller), "data": data}

    # --- IngressClasses

    def _classes(self) -> Iterator[Piece]:
        if not self._values.on(f"{_CLASS_RESOURCE}.enabled"):
            return
        by_flag, is_decorated = facts.names_class_by_flag(self._chart), facts.decorates_class(self._chart)
        notes = self._values.texts(f"{_CLASS_RESOURCE}.annotations") if is_decorated else {}
        default = self._values.on(f"{_CLASS_RESOURCE}.default")
        yield self._class(
            self._values.said("controller.ingressClass" if by_flag else f"{_CLASS_RESOURCE}.name"),
            {**({"ingressclass.kubernetes.io/is-default-class": "true"} if default else {}), **notes},
        )
        aliases = self._values.piece(f"{_CLASS_RESOURCE}.aliases") if is_decorated else None
        for alias in aliases if isinstance(aliases, list) else ():
            if isinstance(alias, Said):
                yield self._class(alias, {**notes})

    def _class(self, name: Said, annotations: Piece) -> Piece:
        metadata = {**self._meta(name, annotations=annotations), "namespace": None}
        spec = {"controller": self._values.said(f"{_CLASS_RESOURCE}.controllerValue")}
        return {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": metadata, "spec": spec}

    # --- Services

    def _services(self) -> Iterator[Piece]:
        if not self._values.on(f"{_SERVICE}.enabled"):
            return
        if self._values.on(f"{_SERVICE}.external.enabled"):
            yield self._service(self._controller, _SERVICE)
        inner = f"{_SERVICE}.internal"
        if self._values.on(f"{inner}.enabled") and self._values.on(f"{inner}.annotations"):
            yield self._service(f"{self._controller}-internal", inner)

    def _service(self, name: str, at: str) -> Piece:
        kept = {
            field: self._values.piece(f"{at}.{field}") for field in _SERVICE_FIELDS if self._values.on(f"{at}.{field}")
        }
        spec: dict[str, Piece] = {
            "type": self._values.piece(f"{_SERVICE}.type"),
            **kept,
            "ports": [*self._web_ports(at), *self._stream_ports()],
            "selector": self._labels("controller"),
        }
        notes: Piece = {**self._values.texts(f"{at}.annotations")}
        return {"apiVersion": "v1", "kind": "Service", "metadata": self._meta(name, annotations=notes), "spec": spec}

    def _web_ports(self, at: str) -> Iterator[Piece]:
        for name, switch in (("http", "enableHttp"), ("https", "enableHttps")):
            if self._values.on(f"{_SERVICE}.{switch}"):
                port, target = (
                    self._values.piece(f"{at}.{ports}.{name}") or self._values.piece(f"{_SERVICE}.{ports}.{name}")
                    for ports in ("ports", "targetPorts")
                )
                yield {"name": name, "port": port, "protocol": "TCP", "targetPort": target}

    def _stream_ports(self) -> Iterator[Piece]:
        prefix = self._values.said("portNamePrefix").text
        for protocol in ("tcp", "udp"):
            for port in self._values.texts(protocol):
                name = f"{prefix}-{port}-{protocol}" if prefix else f"{port}-{protocol}"
                number: Piece = int(port) if port.isdecimal() else port
                yield {"name": name, "port": number, "protocol": protocol.upper(), "targetPort": name}

    # --- the default backend

    def _default_backend(self) -> Iterator[Piece]:
        labels, said, piece = self._labels("default-backend"), self._values.said, self._values.piece
        image = said("defaultBackend.image.repository").text or said("defaultBackend.image.image").text
        ports: Piece = [{"name": "http", "containerPort": piece("defaultBackend.port"), "protocol": "TCP"}]
        container: Piece = {"name": "default-backend", "image": image, "ports": ports}
        spec = self._pods("default-backend", piece("defaultBackend.replicaCount"))
        spec["template"] = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
        metadata = self._meta(self._backend, "default-backend")
        yield {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
        port: Piece = {"name": "http", "port": piece("defaultBackend.service.servicePort"), "targetPort": "http"}
        front: Piece = {"type": piece("defaultBackend.service.type"), "ports": [port], "selector": labels}
        yield {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": front}


_HEADERS = (
    ("controller.addHeaders", "add-headers", "custom-add-headers"),
    ("controller.proxySetHeaders", "proxy-set-headers", "custom-proxy-headers"),
)
_SERVICE_FIELDS = (
    "type", "externalTrafficPolicy", "loadBalancerIP", "loadBalancerClass", "loadBalancerSourceRanges", "externalIPs",
)  # fmt: skip


def _full(release: str, name: str) -> str:
    return release if name in release else f"{release}-{name}"


def _short(name: str) -> str:
    return name[:_LONGEST].removesuffix("-")


# --- as a text


def _bare(piece: Piece) -> Piece:
    """Without entries that hold nothing."""
    if isinstance(piece, Mapping):
        return {name: found for name, each in piece.items() if (found := _bare(each)) not in (None, {}, [])}
    return [_bare(each) for each in piece] if isinstance(piece, list) else piece


def _node(piece: Piece, places: dict[tuple[int, Path], Leaf], document: int, path: Path) -> yaml.Node:
    """places: gets the values that scalars were made of."""
    if isinstance(piece, Said):
        if piece.leaf:
            places[document, path] = piece.leaf
        return yaml.ScalarNode(f"{_TAG}{piece.kind}", piece.text) if piece.kind in _TYPED else _quoted(piece.text)
    if isinstance(piece, Mapping):
        return mapping({name: _node(each, places, document, (*path, name)) for name, each in piece.items()})
    if isinstance(piece, list):
        return sequence(_node(each, places, document, (*path, number)) for number, each in enumerate(piece))
    if isinstance(piece, int):
        return yaml.ScalarNode(f"{_TAG}int", str(piece))
    return _quoted(piece or "")


def _quoted(text: str) -> yaml.Node:
    node = scalar(text)
    node.style = '"'
    return node
