"""Generates an estate: N Ingresses, one host each with two paths, annotations mixed as estates mix them."""

from __future__ import annotations

from collections.abc import Iterator

PREFIX = "nginx.ingress.kubernetes.io/"

MIX: tuple[dict[str, str], ...] = (
    {},
    {"proxy-body-size": "8m", "proxy-read-timeout": "120"},
    {"whitelist-source-range": "10.0.0.0/8,192.168.0.0/16"},
    {"enable-cors": "true", "cors-allow-origin": "https://app.example.com"},
    {"rewrite-target": "/$1", "use-regex": "true"},
    {"limit-rps": "10", "limit-connections": "20"},
    {"ssl-redirect": "false"},
    {"auth-url": "http://auth.default.svc.cluster.local/check"},
    {"affinity": "cookie", "session-cookie-name": "route"},
    {"custom-http-errors": "502,503"},
)
"""Annotation sets, dealt out in turn."""

INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: app-{n}
  namespace: default
  annotations:{annotations}
spec:
  ingressClassName: nginx
  rules:
    - host: app-{n}.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: {{service: {{name: app-{n}, port: {{number: 80}}}}}}
          - path: /api
            pathType: Prefix
            backend: {{service: {{name: app-{n}, port: {{number: 80}}}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: app-{n}, namespace: default}}
spec:
  selector: {{app: app-{n}}}
  ports:
    - {{port: 80, targetPort: 8080}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: app-{n}-1
  namespace: default
  labels: {{kubernetes.io/service-name: app-{n}}}
addressType: IPv4
ports:
  - {{name: "", port: 8080, protocol: TCP}}
endpoints:
  - addresses: ["10.{a}.{b}.10"]
    conditions: {{ready: true}}
  - addresses: ["10.{a}.{b}.11"]
    conditions: {{ready: true}}
"""

CLASS = """\
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
"""


def documents(count: int) -> Iterator[str]:
    """The YAML documents of an estate of `count` Ingresses."""
    yield CLASS
    for n in range(count):
        mix = MIX[n % len(MIX)]
        annotations = "".join(f'\n    {PREFIX}{name}: "{value}"' for name, value in mix.items()) or " {}"
        yield INGRESS.format(n=n, annotations=annotations, a=n // 256 % 256, b=n % 256)
