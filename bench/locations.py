"""Typical locations: the Ingress that asks for each, a request to it, and what a plain nginx.conf says for the same."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha1
from typing import NamedTuple

from estate import CLASS, PREFIX

from nginxsim import Request

PASSWORDS = "ann:{SHA}" + b64encode(sha1(b"secret").digest()).decode()
LOGIN = ("Authorization", "Basic " + b64encode(b"ann:secret").decode())


class Case(NamedTuple):
    """annotations: of the Ingress; canary: those of a second one for the same path; plain: inside an nginx location."""

    name: str
    request: Request
    annotations: Mapping[str, str]
    plain: str = "proxy_pass http://services;"
    path: str = "/"
    location: str = "/"
    canary: Mapping[str, str] | None = None

    @property
    def host(self) -> str:
        return f"{self.name.replace(' ', '-').replace('_', '-')}.example.com"


def _case(name: str, annotations: Mapping[str, str], **more: object) -> Case:
    headers = (LOGIN,) if name == "auth_basic" else ()
    case = Case(name, Request(path="/api/v1/items?page=2", headers=headers), annotations, **more)  # type: ignore[arg-type]
    return case._replace(request=Request(host=case.host, path=case.request.path, headers=headers))


CASES: tuple[Case, ...] = (
    _case(
        "denied",
        {"whitelist-source-range": "10.0.0.0/8"},
        plain="allow 10.0.0.0/8; deny all; proxy_pass http://services;",
    ),
    _case("proxied", {}),
    _case("canary", {}, canary={"canary": "true", "canary-weight": "20"}),
    _case(
        "regex host",
        {"use-regex": "true", "rewrite-target": "/$1"},
        path="/api/(v[0-9]+/.*)",
        location="~* ^/api/(v[0-9]+/.*)",
        plain="rewrite (?i)/api/(v[0-9]+/.*) /$1 break; proxy_pass http://services;",
    ),
    _case(
        "auth_basic",
        {"auth-type": "basic", "auth-secret": "passwords"},
        plain="auth_basic users; auth_basic_user_file passwords.sha; proxy_pass http://services;",
    ),
    _case(
        "external auth",
        {"auth-url": "http://auth.default.svc.cluster.local/check"},
        plain="auth_request /auth; proxy_pass http://services;",
    ),
)

INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}, namespace: default, annotations: {annotations}}}
spec:
  ingressClassName: nginx
  rules:
    - host: {host}
      http:
        paths:
          - path: {path}
            pathType: ImplementationSpecific
            backend: {{service: {{name: {service}, port: {{number: 80}}}}}}
"""

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: default}}
spec: {{selector: {{app: {name}}}, ports: [{{port: 80, targetPort: 8080}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {name}-1, namespace: default, labels: {{kubernetes.io/service-name: {name}}}}}
addressType: IPv4
ports: [{{name: "", port: 8080, protocol: TCP}}]
endpoints:
  - {{addresses: [10.1.0.1], conditions: {{ready: true}}}}
  - {{addresses: [10.1.0.2], conditions: {{ready: true}}}}
"""


def manifests() -> Iterator[str]:
    """The YAML documents of all cases."""
    yield CLASS
    auth = b64encode(PASSWORDS.encode()).decode()
    yield f"apiVersion: v1\nkind: Secret\nmetadata: {{name: passwords, namespace: default}}\ndata: {{auth: {auth}}}\n"
    for case in CASES:
        yield from _backed(case, case.annotations, "web")
        if case.canary:
            yield from _backed(case, case.canary, "next")


def _backed(case: Case, annotations: Mapping[str, str], role: str) -> Iterator[str]:
    """An Ingress and a service of its own: a canary would draw requests from all Ingresses for the same one."""
    pairs = ", ".join(f'{PREFIX}{name}: "{value}"' for name, value in annotations.items())
    name = f"{case.host.partition('.')[0]}-{role}"
    yield INGRESS.format(name=name, annotations=f"{{{pairs}}}", host=case.host, path=case.path, service=name)
    yield SERVICE.format(name=name)
