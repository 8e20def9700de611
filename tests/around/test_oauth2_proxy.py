"""The model of oauth2-proxy against what the real one answered (tests/data/oauth2_proxy)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from nginxsim.around.auth.oauth2_proxy.reading import oauth2_proxy
from nginxsim.around.auth.oauth2_proxy.replies import Asked
from nginxsim.around.auth.oauth2_proxy.settings import File
from nginxsim.around.auth.oauth2_proxy.versions import Version
from nginxsim.kube.objects import Word
from nginxsim.nginx.visitors import NOBODY, Visitor

RECORDED = Path(__file__).parent.parent / "data" / "oauth2_proxy"
ADA = Visitor("ada@example.com", ("ops", "dev"), "u1", "ada", access_token="at-123")
FILES = {
    "htpasswd": "bob:{SHA}GpHWL3ymc5liWkNopqtdSjuqYHM=",
    "alpha.yaml": """
upstreamConfig:
  upstreams:
  - {id: all, path: /, static: true, staticCode: 202}
  - {id: b, path: /b, static: true, staticCode: 203}
injectResponseHeaders:
- {name: X-Auth-Request-Email, values: [{claimSource: {claim: email}}]}
providers:
- {id: p, provider: oidc, clientID: app, clientSecret: s3, oidcConfig: {issuerURL: "http://127.0.0.1:19980"}}
""",
}


def recorded(version: str) -> list[pytest.param]:
    told = yaml.safe_load((RECORDED / f"{version}.yaml").read_text(encoding="utf-8"))
    return [pytest.param(version, told["base_flags"], case, id=f"{version} {case['case']}") for case in told["cases"]]


def proxy_of(version: str, base: list[str], case: dict):
    alone = "--alpha-config=alpha.yaml" in case["flags"] and case.get("problem") != "unknown-flag"
    words = [Word(text) for text in (*(() if alone else base), *case["flags"])]
    read = Version.read(version)
    assert read is not None
    return oauth2_proxy(words, {}, read, lambda path: File(FILES[path]))


def asked(request: dict) -> Asked:
    method, uri = request["request"].split(" ")
    sent = dict(request.get("with", {}))
    comes_back = sent.pop("session", "") == "after"
    known = "{session}" in sent.get("Cookie", "") or "{jwt}" in sent.get("Authorization", "") or comes_back
    headers = [("Cookie", "_oauth2_proxy=x") if "{session}" in value else (name, value) for name, value in sent.items()]
    return Asked(method, uri, "app.example.com", headers, "127.0.0.1", ADA if known else NOBODY)


def written(headers: list[tuple[str, str]]) -> dict[str, object]:
    """As the recordings have them: what changes from one answer to the next is left out."""
    out: dict[str, object] = {}
    for name, value in headers:
        lowered = name.lower()
        if lowered == "set-cookie":
            out.setdefault(lowered, []).append(_cookie(value))
        elif lowered not in ("expires", "x-accel-expires"):
            out[lowered] = value.replace("<state>", "...")
    return out


def _cookie(line: str) -> str:
    value, *attributes = line.split("; ")
    name, _, text = value.partition("=")
    shown = [re.sub(r"(Max-Age|Expires)=.*", r"\1=...", each) for each in attributes]
    star = "*" if name.endswith("_csrf") else ""
    return f"{name}{star}={'' if text else '(cleared)'} {'; '.join(shown)}".strip()


@pytest.mark.parametrize(("version", "base", "case"), [*recorded("7.15.6"), *recorded("7.1.3")])
def test_it_answers_as_the_real_one_did(version, base, case):
    proxy = proxy_of(version, base, case)
    if "problem" in case:
        assert [fault.problem for fault in proxy.faults][:1] == [case["problem"]]
        assert case.get("flag", proxy.faults[0].name) == proxy.faults[0].name
        return
    assert proxy.faults == ()
    for request in case.get("requests", []):
        if "behind" in request:
            continue
        reply = proxy.reply(asked(request))
        assert (reply.status, written(reply.headers)) == (request["status"], request.get("headers", {})), request


OLD, NEW = "7.1.3", "7.15.6"
READ = {
    "a health check by path and agent": ([NEW, "--ping-user-agent=probe"], "GET /ping", {"User-Agent": "probe"}, 200),
    "a health check of another agent": ([NEW, "--ping-user-agent=probe"], "GET /ping", {}, 403),
    "an agent passed for a health check": ([OLD, "--ping-user-agent=probe"], "GET /x", {"User-Agent": "probe"}, 200),
    "a program's path": ([NEW, "--api-route=^/api"], "GET /api/x", {}, 401),
    "straight to the provider": ([NEW, "--skip-provider-button"], "GET /x", {}, 302),
    "a way back without a mark": ([NEW], "GET /oauth2/callback?code=c&state=n:/x", {}, 403),
    "a way back without a code": ([OLD], "GET /oauth2/callback?state=n:/x", {}, 500),
    "a way back without a state": ([NEW], "GET /oauth2/callback?code=c", {}, 500),
    "a style sheet of the sign-in page": ([NEW], "GET /oauth2/static/css/bulma.min.css", {}, 200),
    "an upstream below a path": ([NEW, "--upstream=http://a/b/", "--skip-auth-regex=^/"], "GET /b/c", {}, 200),
    "the path without its slash": ([NEW, "--upstream=http://a/b/", "--skip-auth-regex=^/"], "GET /b", {}, 301),
    "a bearer token that is refused": (
        [NEW, "--skip-jwt-bearer-tokens", "--bearer-token-login-fallback=false"],
        "GET /oauth2/auth",
        {"Authorization": "Bearer eyx.eyy.z"},
        403,
    ),
    "plain http where https is forced": ([NEW, "--force-https", "--tls-cert-file=/c"], "GET /oauth2/auth", {}, 308),
    "forwarded addresses from the right": (
        [NEW, "--reverse-proxy", "--real-client-ip-header=X-Forwarded-For", "--trusted-proxy-ip=127.0.0.0/8",
         "--trusted-ip=203.0.113.9"],
        "GET /oauth2/auth",
        {"X-Forwarded-For": "198.51.100.4, 203.0.113.9, 127.0.0.2"},
        202,
    ),
}  # fmt: skip
"""By the source of these versions, where nothing is recorded."""


@pytest.mark.parametrize(("told", "request_", "headers", "status"), READ.values(), ids=READ.keys())
def test_it_answers_as_its_source_says(told, request_, headers, status):
    version, *flags = told
    base = ["--email-domain=*", "--cookie-secret=0123456789abcdef", "--client-id=app", "--provider=github"]
    proxy = proxy_of(version, base, {"flags": flags})
    assert proxy.faults == ()
    assert proxy.reply(asked({"request": request_, "with": headers})).status == status


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        (["--cookie-secret=short"], "secret-length"),
        (["--cookie-samesite=loose"], "bad-value"),
        (["--cookie-refresh=200h"], "bad-value"),
        (["--skip-auth-route=GET=("], "bad-pattern"),
        (["--trusted-ip=10.0.0.1/8"], "bad-network"),
        (["--reverse-proxy=maybe"], "bad-value"),
    ],
)
def test_what_keeps_it_from_starting(flags, problem):
    base = ["--email-domain=*", *([] if "--cookie-secret=short" in flags else ["--cookie-secret=0123456789abcdef"])]
    assert [fault.problem for fault in proxy_of(NEW, base, {"flags": flags}).faults] == [problem]
