"""Which cause a verdict names, where nginx alone could not tell: who was left out, which server really answered."""

from __future__ import annotations

import pytest

from nginxsim import Answer, Request
from tests.support.estates import Object, estate, ingress, served


def claimed(name: str, host: str, path: str, **annotations: str) -> Object:
    return ingress(name, host, path, annotations={key.replace("_", "-"): text for key, text in annotations.items()})


CASES = {
    "a path that a wildcard host does not have": (
        [claimed("shop", "*.example.com", "/cart")],
        Request(host="a.example.com", path="/other"),
        (404, "path-unknown"),
    ),
    "a longer path is missing because its Ingress was dropped": (
        [claimed("shop", "a.example.com", "/"), claimed("api", "a.example.com", "/api", upstream_vhost="a b")],
        Request(host="a.example.com", path="/api/x"),
        (200, "ingress-dropped"),
    ),
    "another path of that host is served as ever": (
        [claimed("shop", "a.example.com", "/"), claimed("api", "a.example.com", "/api", upstream_vhost="a b")],
        Request(host="a.example.com", path="/apis"),
        (200, "served"),
    ),
    "the service's own error behind an error page": (
        [claimed("shop", "a.example.com", "/", custom_http_errors="418")],
        Request(host="a.example.com", path="/"),
        (404, "error-page"),
    ),
    "a host that nobody has": (
        [claimed("shop", "a.example.com", "/")],
        Request(host="b.example.com", path="/"),
        (404, "host-unknown"),
    ),
}


@pytest.mark.parametrize(("ingresses", "request_", "expected"), CASES.values(), ids=CASES.keys())
def test_cause(ingresses: list[Object], request_: Request, expected: tuple[int, str]) -> None:
    status = 418 if expected[1] == "error-page" else 200
    verdict = estate(*served(), *ingresses).route(request_, answer=lambda _: Answer(status))
    assert (verdict.status, verdict.cause.code) == expected
    assert all(origin.file == "estate.yaml" for origin in verdict.cause.origins)


@pytest.mark.parametrize(
    ("flags", "host", "service", "code"),
    [
        (["--enable-ssl-passthrough"], "a.example.com", "default-web-80", "passed-through"),
        (["--enable-ssl-passthrough"], "b.example.com", "default-web-80", "served"),
        ([], "a.example.com", "default-web-80", "served"),
    ],
)
def test_tls_is_passed_through_only_with_the_flag(flags: list[str], host: str, service: str, code: str) -> None:
    hosts = [claimed("one", "a.example.com", "/", ssl_passthrough="true"), claimed("two", "b.example.com", "/")]
    verdict = estate(*served(), *hosts, flags=flags).route(Request(host=host, path="/x", scheme="https"))
    assert (verdict.status, verdict.cause.code) == (200, code)
    assert verdict.upstream is not None
    assert verdict.upstream.service == service
    forwarded = dict(verdict.upstream.headers).get("X-Forwarded-Port")
    assert forwarded == (None if code == "passed-through" else "443")


SIGN_IN = {"auth-url": "http://10.9.9.9/check", "auth-signin": "https://login.example.com/"}


def test_the_error_page_that_leads_to_the_sign_in_page_is_no_news() -> None:
    """It is how auth-signin works, and the address to repair is that of auth-url."""
    shop = estate(*served(), ingress(annotations=SIGN_IN))
    cause = shop.route(Request(host="web.example.com"), lambda sent: Answer(401 if sent.role == "auth" else 200)).cause
    assert cause.code == "sign-in-redirect"
    assert [item.note for item in cause.evidence] == ["auth-url"]


@pytest.mark.parametrize(("status", "code"), [(401, "external-auth-refused"), (503, "external-auth-failed")])
def test_an_error_page_that_redirects_is_no_sign_in_page(status: int, code: str) -> None:
    """custom-http-errors hand the refusal to the default backend, and what that answers signs nobody in."""
    pages = {"auth-url": SIGN_IN["auth-url"], "custom-http-errors": "401,500", "default-backend": "api"}
    shop = estate(*served(), *served("api"), ingress(annotations=pages))
    verdict = shop.route(Request(host="web.example.com"), lambda sent: Answer(status if sent.role == "auth" else 302))
    assert (verdict.status, verdict.cause.code) == (302, code)


def test_an_auth_server_that_redirects_by_itself_has_failed() -> None:
    shop = estate(*served(), ingress(annotations=SIGN_IN))
    verdict = shop.route(Request(host="web.example.com"), lambda sent: Answer(302))
    assert (verdict.status, verdict.cause.code) == (500, "external-auth-failed")


def test_another_error_page_is_told_beside_the_cause() -> None:
    shop = estate(*served(), ingress(annotations={"auth-url": "http://10.9.9.9/check", "custom-http-errors": "403"}))
    cause = shop.route(Request(host="web.example.com"), lambda sent: Answer(403 if sent.role == "auth" else 200)).cause
    assert cause.code == "external-auth-refused"
    assert cause.evidence[-1].note == "turns status 403 into an error page, which answers 404"
