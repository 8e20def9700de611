"""An nginx.conf of a controller, asked about by itself: its Lua acts, and what the file does not tell is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginxsim import Outcome, Request, simulate_conf
from nginxsim.simulation import Simulation
from tests.support.estates import estate, ingress, served

SITES = (
    ingress("plain", rules={"plain.example.com": "/"}),
    ingress("forced", rules={"forced.example.com": "/"}, annotations={"force-ssl-redirect": "true"}),
    ingress("off", rules={"off.example.com": "/"}, annotations={"ssl-redirect": "false"}),
    ingress("www", rules={"bare.example.com": "/"}, annotations={"from-to-www-redirect": "true"}),
    ingress("limited", rules={"limited.example.com": "/"}, annotations={"allowlist-source-range": "10.0.0.0/8"}),
)
CERTIFICATE = "ssl_certificate_by_lua {} leaves the certificate as it is"
ENDPOINTS = "default-web-80 has endpoints, and no canary takes its requests"
HSTS = "hsts and what belongs to it are the ConfigMap's defaults"
NO_CERTIFICATE = "no Ingress has a certificate for plain.example.com; with one, http is redirected to https"
RELEASES = {"1.15.1": "ngx_conf_certificate.lua", "1.11.5": "block", "1.9.6": "block"}
SETTINGS = {"hsts-max-age": "60", "http-redirect-code": "301"}


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def manifests(release: str) -> Simulation:
    return estate(*served(), *SITES, release=release)


def outcome(manifests: Simulation, folder: Path, url: str) -> Outcome:
    (folder / "nginx.conf").write_text(manifests.nginx_conf())
    return simulate_conf(folder / "nginx.conf").route(request(url)).outcomes[0]


def request(url: str) -> Request:
    scheme, _, rest = url.partition("://")
    return Request(host=rest.partition("/")[0], path="/x", scheme="https" if scheme == "https" else "http")


@pytest.mark.parametrize("name", ["plain", "forced", "off", "bare", "www.bare", "limited", "nobody"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_it_ends_as_from_the_manifests(manifests: Simulation, tmp_path: Path, scheme: str, name: str) -> None:
    url = f"{scheme}://{name}.example.com"
    known, found = manifests.route(request(url)), outcome(manifests, tmp_path, url)
    assert found.status == known.status
    assert found.headers == known.headers
    assert (found.upstream and found.upstream.service) == (known.upstream and known.upstream.service)


def test_what_the_file_does_not_tell_is_named(manifests: Simulation, tmp_path: Path, release: str) -> None:
    certificate = CERTIFICATE.format(RELEASES[release])
    hsts = () if RELEASES[release] == "block" else (HSTS,)
    assert outcome(manifests, tmp_path, "http://plain.example.com").assumptions == (NO_CERTIFICATE, ENDPOINTS)
    assert outcome(manifests, tmp_path, "http://off.example.com").assumptions == (ENDPOINTS,)
    assert outcome(manifests, tmp_path, "https://plain.example.com").assumptions == (certificate, ENDPOINTS, *hsts)


def test_the_file_of_an_older_release_tells_the_settings(tmp_path: Path) -> None:
    older = estate(*served(), *SITES, settings=SETTINGS, release="1.11.5")
    assert outcome(older, tmp_path, "http://forced.example.com").status == 301
    secured = outcome(older, tmp_path, "https://plain.example.com")
    assert ("Strict-Transport-Security", "max-age=60; includeSubDomains") in secured.headers


def test_a_redirect_is_told_as_the_lua_makes_it(manifests: Simulation, tmp_path: Path) -> None:
    cause = outcome(manifests, tmp_path, "http://forced.example.com").cause
    assert (cause.code, cause.message) == (
        "conf-redirects",
        "the controller's Lua (force-ssl-redirect) redirects the request",
    )
    assert cause.origins[0].file == str(tmp_path / "nginx.conf")
