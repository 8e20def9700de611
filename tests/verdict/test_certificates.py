"""Which certificate `why` says a client is shown, and what `check` says of the same name."""

from __future__ import annotations

from typing import Any

import pytest

from nginxsim import Request
from nginxsim.verdict.certificates import Objection, Reason
from tests.support.certificates import issue
from tests.support.estates import Object, estate, ingress, secret, served


def pair(name: str, *names: str, days: int = 300) -> Object:
    made = issue(names[0], *names, days=(-400, days))
    return secret(name, tls_crt=made.pem, tls_key=made.key_pem)


def tls(*hosts: str, name: str = "own") -> list[dict[str, Any]]:
    return [{"hosts": list(hosts), **({"secretName": name} if name else {})}]


WEB, WWW, SHOP = "web.example.com", "www.example.com", "shop.example.com"
OWN = pair("own", WEB)
CASES: dict[str, tuple[list[Object], str, Reason, Objection | None, str]] = {
    "its own": ([ingress(tls=tls(WEB)), OWN], WEB, Reason.OWN, None, ""),
    "no tls": ([ingress()], WEB, Reason.NO_TLS, Objection.FAKE, ""),
    "another host": ([ingress(tls=tls(WEB)), OWN], SHOP, Reason.UNKNOWN, Objection.FAKE, ""),
    "no name": ([ingress(tls=tls(WEB)), OWN], "", Reason.NO_NAME, Objection.FAKE, ""),
    "not listed": (
        [ingress(tls=tls(SHOP)), pair("own", SHOP)],
        WEB,
        Reason.NOT_LISTED,
        Objection.FAKE,
        "certificate-default",
    ),
    "no secretName": ([ingress(tls=tls(WEB, name=""))], WEB, Reason.NO_SECRET, Objection.FAKE, "certificate-default"),
    "no Secret": ([ingress(tls=tls(WEB))], WEB, Reason.SECRET_MISSING, Objection.FAKE, "tls-secret-missing"),
    "for another host": (
        [ingress(tls=tls(WEB)), pair("own", SHOP)],
        WEB,
        Reason.MISMATCH,
        Objection.FAKE,
        "certificate-mismatch",
    ),
    "expired": (
        [ingress(tls=tls(WEB)), pair("own", WEB, days=-3)],
        WEB,
        Reason.OWN,
        Objection.EXPIRED,
        "certificate-expired",
    ),
    "an alias that it does not name": (
        [ingress(tls=tls(WEB, WWW), annotations={"server-alias": WWW}), OWN],
        WWW,
        Reason.NOT_NAMED,
        Objection.FAKE,
        "certificate-mismatch",
    ),
    "an alias that it names": (
        [ingress(tls=tls(WEB, WWW), annotations={"server-alias": WWW}), pair("own", WEB, WWW)],
        WWW,
        Reason.OWN,
        None,
        "",
    ),
    "the other name of a www redirect": (
        [
            ingress(host="example.com", tls=tls("example.com"), annotations={"from-to-www-redirect": "true"}),
            pair("own", "example.com"),
        ],
        WWW,
        Reason.NOT_NAMED,
        Objection.FAKE,
        "certificate-mismatch",
    ),
    "a wildcard": ([ingress(tls=tls("*.example.com")), pair("own", "*.example.com")], WEB, Reason.OWN, None, ""),
}


@pytest.mark.parametrize("name", CASES)
def test_why_and_check_know_the_same_certificate(name: str) -> None:
    objects, host, reason, objection, code = CASES[name]
    simulation = estate(*served("web"), *objects)
    shown = simulation.shown_certificates.to(host)
    assert (shown.reason, shown.objection) == (reason, objection)
    verdict = simulation.route(Request(host=host or WEB, path="/", scheme="https", sni=host))
    assert any("the client accepts" in taken for taken in verdict.assumptions) == bool(objection)
    assert ("its own certificate" in verdict.trace[0].why) == (reason is Reason.OWN)
    found = {each.code for each in simulation.check() if each.host in (host, "") or code == "certificate-expired"}
    about = {"certificate-default", "tls-secret-missing", "certificate-mismatch", "certificate-expired"}
    assert found & about == ({code} if code else set())


def test_a_default_certificate_that_fits_is_no_matter() -> None:
    flags = ["--default-ssl-certificate=default/own"]
    simulation = estate(*served("web"), ingress(), pair("own", "*.example.com"), flags=flags)
    verdict = simulation.route(Request(host=WEB, path="/", scheme="https"))
    assert "the default certificate" in verdict.trace[0].why
    assert not any("accepts" in taken for taken in verdict.assumptions)
