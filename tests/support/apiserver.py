"""A small stand-in for a Kubernetes API server: discovery, lists in chunks, single objects, watches.

It holds what a test gives it, refuses what the test says, and keeps what it was asked. A real kubectl talks to it.
"""

from __future__ import annotations

import json
import queue
import re
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import NAMESPACE_URL, uuid5

from tests.support.estates import Object

VERSION = "v1.34.2"
NAMED = {
    "ConfigMap": "configmaps", "Endpoints": "endpoints", "Ingress": "ingresses", "IngressClass": "ingressclasses",
    "NetworkPolicy": "networkpolicies",
}  # fmt: skip
UNSPACED = {"IngressClass", "Namespace", "Node", "ValidatingWebhookConfiguration"}
CORE = {
    "v1": ("ConfigMap", "Endpoints", "Namespace", "Node", "Pod", "Secret", "Service"),
    "apps/v1": ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"),
    "networking.k8s.io/v1": ("Ingress", "IngressClass"),
    "discovery.k8s.io/v1": ("EndpointSlice",),
}
AROUND: dict[str, tuple[str, ...]] = {
    **CORE,
    "networking.k8s.io/v1": ("Ingress", "IngressClass", "NetworkPolicy"),
    "admissionregistration.k8s.io/v1": ("ValidatingWebhookConfiguration",),
    "batch/v1": ("Job",),
}
"""With what stands on the way to webhooks."""


_TIMEOUT = re.compile(r"[?&]timeout=\w+$")


def resource_of(kind: str) -> str:
    return NAMED.get(kind, f"{kind.lower()}s")


@dataclass
class ApiServer:
    """refused: resource, or resource/name, and the message with which the server refuses it (403)."""

    objects: list[Object] = field(default_factory=list)
    kinds: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(CORE))
    refused: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    """Path and query of each request, but for how long kubectl waits."""
    url: str = ""
    files: dict[str, str] = field(default_factory=dict)
    """What `cat` prints in a container."""
    executed: list[tuple[str, str, list[str]]] = field(default_factory=list)
    """Namespace, Pod and command of each that was run."""
    hangs: threading.Event | None = None
    """Nothing is answered until it is set."""
    watchers: list[tuple[str, queue.Queue[Object | None]]] = field(default_factory=list)

    def kubeconfig(self, folder: Path) -> Path:
        file = folder / "kubeconfig"
        context = {"name": "live", "context": {"cluster": "live", "user": "somebody"}}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "live",
            "clusters": [{"name": "live", "cluster": {"server": self.url}}],
            "users": [{"name": "somebody", "user": {}}],
            "contexts": [context],
        }
        file.write_text(json.dumps(config))
        return file

    def of(self, resource: str, namespace: str = "") -> list[Object]:
        found = [each for each in self.objects if resource_of(each["kind"]) == resource]
        return [each for each in found if namespace in ("", each["metadata"].get("namespace"))]

    def change(self, kind: str, thing: Object) -> None:
        """ADDED, MODIFIED or DELETED, as those who watch are told."""
        key = _key(thing)
        self.objects = [each for each in self.objects if _key(each) != key]
        if kind != "DELETED":
            self.objects.append(thing)
        for resource, events in list(self.watchers):
            if resource == resource_of(thing["kind"]):
                events.put({"type": kind, "object": stored(thing)})

    def end_watches(self) -> None:
        for _, events in list(self.watchers):
            events.put(None)


def _key(thing: Object) -> tuple[str, str, str]:
    return thing["kind"], thing["metadata"].get("namespace", ""), thing["metadata"]["name"]


def stored(thing: Object) -> Object:
    """With what the server adds."""
    thing = deepcopy(thing)
    metadata = thing["metadata"]
    if thing["kind"] in UNSPACED:
        metadata.pop("namespace", None)
    metadata.setdefault("creationTimestamp", "2026-03-01T10:00:00Z")
    metadata.setdefault("uid", str(uuid5(NAMESPACE_URL, "/".join(_key(thing)))))
    metadata["resourceVersion"] = "7"
    metadata["managedFields"] = [{"manager": "kubectl", "operation": "Apply"}]
    return thing


@contextmanager
def serving(server: ApiServer) -> Iterator[ApiServer]:
    class Handler(_Handler):
        api = server

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as http:
        server.url = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.end_watches()
            http.shutdown()


class _Handler(BaseHTTPRequestHandler):
    api: ApiServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        self.api.asked.append(_TIMEOUT.sub("", self.path))
        if self.api.hangs:
            self.api.hangs.wait(30)
        split = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(split.query).items()}
        steps = split.path.strip("/").split("/")
        if steps == ["version"]:
            self.send({"major": "1", "minor": "34", "gitVersion": VERSION})
        elif steps == ["api"]:
            self.send({"kind": "APIVersions", "versions": ["v1"]})
        elif steps == ["apis"]:
            self.send({"kind": "APIGroupList", "apiVersion": "v1", "groups": list(map(_group, self._groups()))})
        else:
            version = "/".join(steps[1:2] if steps[0] == "api" else steps[1:3])
            self._of_version(version, steps[2 if steps[0] == "api" else 3 :], query)

    def do_POST(self) -> None:
        """What kubectl tries where it is refused a WebSocket."""
        self.do_GET()

    def _groups(self) -> list[str]:
        return [version for version in self.api.kinds if "/" in version]

    def _of_version(self, version: str, rest: list[str], query: dict[str, str]) -> None:
        if version not in self.api.kinds:
            self.fail(404, "NotFound", "the server could not find the requested resource")
        elif not rest:
            resources = [_resource(kind) for kind in self.api.kinds[version]]
            self.send({"kind": "APIResourceList", "groupVersion": version, "resources": resources})
        else:
            namespace, rest = (rest[1], rest[2:]) if rest[0] == "namespaces" and len(rest) > 2 else ("", rest)
            self._of_resource(version, namespace, rest, query)

    def _of_resource(self, version: str, namespace: str, rest: list[str], query: dict[str, str]) -> None:
        resource, *names = rest
        if resource in self.api.refused or "/".join(rest) in self.api.refused:
            verb, of = ("get", f' "{names[0]}"') if names else ("list", "")
            where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
            says = f'User "somebody" cannot {verb} resource "{resource}" in API group "" {where}'
            self.fail(403, "Forbidden", f"{resource}{of} is forbidden: {says}")
        elif names[1:] == ["exec"]:
            self._exec(namespace, names[0])
        elif not names:
            self._watch(resource, namespace) if query.get("watch") else self._list(version, resource, namespace, query)
        elif found := [each for each in self.api.of(resource, namespace) if each["metadata"]["name"] == names[0]]:
            self.send(stored(found[0]))
        else:
            self.fail(404, "NotFound", f'{resource} "{names[0]}" not found')

    def _list(self, version: str, resource: str, namespace: str, query: dict[str, str]) -> None:
        every = self.api.of(resource, namespace)
        at, limit = int(query.get("continue", "0")), int(query.get("limit", "0")) or len(every)
        metadata = {"resourceVersion": "7"}
        if at + limit < len(every):
            metadata["continue"] = str(at + limit)
        kind = next(kind for kind in self.api.kinds[version] if resource_of(kind) == resource)
        items = [stored(each) for each in every[at : at + limit]]
        self.send({"kind": f"{kind}List", "apiVersion": version, "metadata": metadata, "items": items})

    def _watch(self, resource: str, namespace: str) -> None:
        events: queue.Queue[Object | None] = queue.Queue()
        self.api.watchers.append((resource, events))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while (event := events.get()) is not None:
            if namespace in ("", event["object"]["metadata"].get("namespace")):
                line = json.dumps(event).encode() + b"\n"
                self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
                self.wfile.flush()
        self.api.watchers.remove((resource, events))
        self.wfile.write(b"0\r\n\r\n")

    def _exec(self, namespace: str, pod: str) -> None:
        """`cat FILE` over a WebSocket, as v5.channel.k8s.io has it: a byte of each message is its channel."""
        wanted = parse_qs(urlsplit(self.path).query)["command"]
        self.api.executed.append((namespace, pod, wanted))
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", b64encode(sha1(key.encode()).digest()).decode())
        self.send_header("Sec-WebSocket-Protocol", "v5.channel.k8s.io")
        self.end_headers()
        text = self.api.files[wanted[-1]].encode()
        for at in range(0, len(text), 20_000):
            self._message(1, text[at : at + 20_000])
        self._message(3, b'{"metadata":{},"status":"Success"}')
        self.wfile.write(b"\x88\x02\x03\xe8")
        self.wfile.flush()
        self.close_connection = True

    def _message(self, channel: int, content: bytes) -> None:
        payload = bytes([channel]) + content
        length = bytes([len(payload)]) if len(payload) < 126 else b"\x7e" + len(payload).to_bytes(2, "big")
        self.wfile.write(b"\x82" + length + payload)

    def send(self, value: Any, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def fail(self, status: int, reason: str, message: str) -> None:
        told = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": status}
        self.send({**told, "message": message}, status)


def _group(version: str) -> Object:
    group = version.partition("/")[0]
    served = {"groupVersion": version, "version": version.rpartition("/")[2]}
    return {"name": group, "versions": [served], "preferredVersion": served}


def _resource(kind: str) -> Object:
    verbs = ["get", "list", "watch"]
    return {
        "name": resource_of(kind),
        "singularName": kind.lower(),
        "kind": kind,
        "namespaced": kind not in UNSPACED,
        "verbs": verbs,
    }
