"""Which cause a verdict names, where nginx alone could not tell: who was left out, which server really answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginxsim import Answer, Request, simulate

SERVICES = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
---
"""


def ingress(name: str, host: str, path: str, **annotations: str) -> str:
    written = ", ".join(
        f'nginx.ingress.kubernetes.io/{key.replace("_", "-")}: "{value}"' for key, value in annotations.items()
    )
    backend = "{service: {name: web, port: {number: 80}}}"
    return f"""\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}, annotations: {{{written}}}}}
spec:
  ingressClassName: nginx
  rules:
    - host: "{host}"
      http: {{paths: [{{path: "{path}", pathType: Prefix, backend: {backend}}}]}}
---
"""


CASES = {
    "a path that a wildcard host does not have": (
        [ingress("shop", "*.example.com", "/cart")],
        Request(host="a.example.com", path="/other"),
        (404, "path-unknown"),
    ),
    "a longer path is missing because its Ingress was dropped": (
        [ingress("shop", "a.example.com", "/"), ingress("api", "a.example.com", "/api", upstream_vhost="a b")],
        Request(host="a.example.com", path="/api/x"),
        (200, "ingress-dropped"),
    ),
    "another path of that host is served as ever": (
        [ingress("shop", "a.example.com", "/"), ingress("api", "a.example.com", "/api", upstream_vhost="a b")],
        Request(host="a.example.com", path="/apis"),
        (200, "served"),
    ),
    "the service's own error behind an error page": (
        [ingress("shop", "a.example.com", "/", custom_http_errors="418")],
        Request(host="a.example.com", path="/"),
        (404, "error-page"),
    ),
    "a host that nobody has": (
        [ingress("shop", "a.example.com", "/")],
        Request(host="b.example.com", path="/"),
        (404, "host-unknown"),
    ),
}


@pytest.mark.parametrize(("manifests", "request_", "expected"), CASES.values(), ids=CASES.keys())
def test_cause(manifests: list[str], request_: Request, expected: tuple[int, str], tmp_path: Path) -> None:
    (tmp_path / "estate.yaml").write_text(SERVICES + "".join(manifests), encoding="utf-8")
    status = 418 if expected[1] == "error-page" else 200
    verdict = simulate([tmp_path]).route(request_, answer=lambda _: Answer(status))
    assert (verdict.status, verdict.cause.code) == expected
    assert all(origin.file.endswith("estate.yaml") for origin in verdict.cause.origins)


@pytest.mark.parametrize(
    ("flags", "host", "service", "code"),
    [
        (["--enable-ssl-passthrough"], "a.example.com", "default-web-80", "passed-through"),
        (["--enable-ssl-passthrough"], "b.example.com", "default-web-80", "served"),
        ([], "a.example.com", "default-web-80", "served"),
    ],
)
def test_tls_is_passed_through_only_with_the_flag(
    flags: list[str], host: str, service: str, code: str, tmp_path: Path
) -> None:
    hosts = [ingress("one", "a.example.com", "/", ssl_passthrough="true"), ingress("two", "b.example.com", "/")]
    (tmp_path / "estate.yaml").write_text(SERVICES + "".join(hosts), encoding="utf-8")
    verdict = simulate([tmp_path], flags=flags).route(Request(host=host, path="/x", scheme="https"))
    assert (verdict.status, verdict.cause.code) == (200, code)
    assert verdict.upstream is not None
    assert verdict.upstream.service == service
    forwarded = dict(verdict.upstream.headers).get("X-Forwarded-Port")
    assert forwarded == (None if code == "passed-through" else "443")
