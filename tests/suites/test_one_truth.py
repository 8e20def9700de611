"""Every face tells the same truth: one question, asked of all of them, over examples, samples and odd estates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache

import pytest
import yaml

from nginxsim import Request, Simulation, Verdict, simulate
from nginxsim.catalogue import BY_NUMBER
from nginxsim.diffing import compare
from nginxsim.kube.objects import NOWHERE
from nginxsim.sources import File
from nginxsim.suites.cases import Case, EstateSpec, Expectation
from nginxsim.suites.running import Player
from nginxsim.verdict.admission import Admissions, admissions_of
from nginxsim.verdict.certificates import Objection, Reason
from nginxsim.verdict.ingresses import PathState, stored_rows_of
from tests.support.estates import manifests, served, service
from tests.support.examples import filled
from tests.support.places import DATA, ROOT, plain_manifests

SERVICES = manifests(*served("web"), *served("other"), service("down"))
EMPTY = {
    "service-missing",
    "port-missing",
    "no-slice",
    "endpoints-unknown",
    "no-ready-endpoint",
    "selector-matches-nothing",
    "no-selector",
    "external-name-refused",
    "endpoints-in-other-zones",
}
"""What `check` may say of a path whose state is "no endpoints"."""
LEFT_OUT = {"ingress-dropped", "class-missing", "class-foreign", "namespace-unwatched"}


def texts() -> Iterator[tuple[str, tuple[str, tuple[str, ...]]]]:
    """Manifests with the controller's flags, by name."""
    for row in BY_NUMBER.values():
        for kind, example in (("bad", row.bad), ("good", row.good)):
            if example and example.objects:
                yield f"{row.number} {kind}", ("---\n".join((SERVICES, filled(example.manifests()))), example.flags)
    for name, text in yaml.safe_load((DATA / "truth.yaml").read_text(encoding="utf-8")).items():
        yield name, ("---\n".join((SERVICES, text)), ())


TEXTS = dict(texts())
FOLDERS = {str(path.parent.relative_to(ROOT)): path.parent for path in plain_manifests()}
FOLDERS.pop("samples/plain-conf", None)
SLOW = [pytest.mark.slow]
NAMES = [pytest.param(name, marks=SLOW if name.endswith(" good") else []) for name in (*TEXTS, *FOLDERS)]
"""What is sound says little that the rest does not."""


@cache
def opened(name: str) -> Simulation:
    if name in FOLDERS:
        return simulate([FOLDERS[name]])
    text, flags = TEXTS[name]
    return simulate([File("estate.yaml", text)], flags=flags)


@cache
def admitted(name: str) -> Admissions:
    return admissions_of(opened(name))


@cache
def listed(name: str) -> list[PathState]:
    return stored_rows_of(opened(name))


def asked(simulation: Simulation, row: PathState) -> Verdict:
    """The path of a row, by https where http is only sent there."""
    host = row.host.replace("*", "any") if row.host != "*" else "nobody.example.com"
    request = Request(host=host, path=row.path)
    verdict = simulation.route(request)
    if verdict.cause.code == "https-redirect":
        return simulation.route(Request(host=host, path=row.path, scheme="https"))
    return verdict


ANY = Case("", "", "", Request(host="nobody.example.com", path="/"), EstateSpec(()), Expectation(), NOWHERE)
"""A test that expects nothing."""


def failing(simulation: Simulation) -> set[str]:
    """What of the estate fails even a test that expects nothing of a request."""
    return {fault.field for fault in Player(simulation, [ANY]).result(ANY).mismatches}


# --- nginx refuses the file -------------------------------------------------------------------------------------------

REFUSED: Mapping[str, Callable[[str], set[str]]] = {
    "check": lambda name: {each.message for each in opened(name).check() if each.code == "nginx-refuses"},
    "why": lambda name: {
        each.message
        for each in opened(name).route(Request(host="nobody.example.com", path="/")).obstacles
        if each.code == "nginx-refuses"
    },
    "nginx_errors": lambda name: {each.message for each in opened(name).nginx_errors()},
    "admit": lambda name: {
        fault.finding.message
        for faults in (admitted(name).elsewhere, *(one.nginx for one in admitted(name).ingresses))
        for fault in faults
    },
    "diff": lambda name: {each.message for each in compare(opened(name), opened(name)).still},
}


@pytest.mark.parametrize("name", NAMES)
def test_all_say_the_same_of_what_nginx_refuses(name: str) -> None:
    said = {face: ask(name) for face, ask in REFUSED.items()}
    assert len(set(map(frozenset, said.values()))) == 1, said
    assert ("nginx_refuses" in failing(opened(name))) == bool(said["check"])


# --- an object is never stored ----------------------------------------------------------------------------------------

UNSTORED: Mapping[str, Callable[[str], set[str]]] = {
    "check": lambda name: {
        each.ingress for each in opened(name).check() if each.number.startswith("NX7") and each.level == "error"
    },
    "api_errors": lambda name: {each.ingress for each in opened(name).api_errors()},
    "admit": lambda name: (
        {one.review.ingress for one in admitted(name).ingresses if one.api}
        | {each.finding.ingress for each in admitted(name).unread}
    ),
    "ingresses": lambda name: (
        {f"{row.namespace}/{row.name}" for row in listed(name) if row.state == "refused"} | pathless(name)
    ),
    "why": lambda name: (
        {
            each.ingress
            for row in listed(name)
            for each in asked(opened(name), row).obstacles
            if each.number.startswith("NX7")
        }
        | pathless(name)
    ),
}


def pathless(name: str) -> set[str]:
    """Ingresses that are refused and have no path that anybody could ask about."""
    paths = {f"{row.namespace}/{row.name}" for row in listed(name) if row.path.startswith("/")}
    return {each.ingress for each in opened(name).api_errors() if each.ingress not in paths}


@pytest.mark.parametrize("name", NAMES)
def test_all_say_the_same_of_what_is_never_stored(name: str) -> None:
    said = {face: ask(name) - {""} for face, ask in UNSTORED.items()}
    assert len(set(map(frozenset, said.values()))) == 1, said


# --- what became of a path --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_why_and_check_agree_with_the_state_of_each_path(name: str) -> None:
    simulation = opened(name)
    found = simulation.check()
    for row in listed(name):
        owner, cause = f"{row.namespace}/{row.name}", asked(simulation, row).cause
        told = {each.code for each in found if each.ingress == owner}
        if row.state == "no endpoints":
            assert told & EMPTY, (row, told)
            assert cause.code not in ("served", "location-denied"), (row, cause)
        elif row.state == "served":
            assert cause.code not in ("no-endpoints", "ingress-dropped", "ingress-ignored"), (row, cause)
        elif row.state == "dropped":
            assert told & LEFT_OUT, (row, told)
        elif row.state == "denied":
            assert cause.code != "served", (row, cause)


# --- which certificate is shown ---------------------------------------------------------------------------------------

OF_REASON = {
    Reason.NOT_LISTED: "certificate-default",
    Reason.NO_SECRET: "certificate-default",
    Reason.SECRET_MISSING: "tls-secret-missing",
    Reason.SECRET_UNUSABLE: "tls-secret-unusable",
    Reason.MISMATCH: "certificate-mismatch",
    Reason.NOT_NAMED: "certificate-mismatch",
}


@pytest.mark.parametrize("name", NAMES)
def test_why_and_check_know_the_same_certificate(name: str) -> None:
    simulation = opened(name)
    found = {(each.code, each.host) for each in simulation.check()}
    hosts = {row.host for row in listed(name)} - {"*"}
    hosts |= {shown.name for shown in simulation.shown_certificates.further()}
    for host in (each for each in hosts if not each.startswith(("*", "~"))):
        shown = simulation.shown_certificates.to(host.lower())
        verdict = simulation.route(Request(host=host, path="/", scheme="https"))
        accepts = any(taken.startswith("the client accepts") for taken in verdict.assumptions)
        # Where a load balancer ends TLS, clients see its certificate and none of nginx'.
        unseen = verdict.cause.code in ("passed-through", "nginx-refuses") or verdict.request.scheme == "http"
        assert accepts == (shown.objection is not None and not unseen), (host, shown)
        if shown.objection is Objection.FAKE and shown.reason in OF_REASON:
            of = host if shown.reason is Reason.NOT_NAMED or shown.server is None else shown.server.hostname
            assert (OF_REASON[shown.reason], of) in found, (host, shown.reason, found)
