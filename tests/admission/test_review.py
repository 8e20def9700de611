"""The validating webhook: what it refuses, in which words, and what it lets through."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest

from nginxsim import Review
from nginxsim.admission.overlap import Newcomer, Queue
from nginxsim.controller.build import build_model, configure
from nginxsim.controller.ingresses import Arrival
from tests.support.estates import PREFIX, Object, backend, config_map, estate, estate_text, ingress


def reviews(*objects: Object, settings: dict[str, str] | None = None, flags: Sequence[str] = ()) -> dict[str, Review]:
    return {review.ingress: review for review in estate(*objects, settings=settings, flags=flags).review()}


def annotated(**annotations: str) -> Object:
    return ingress(annotations={key.replace("_", "-"): value for key, value in annotations.items()})


@pytest.mark.parametrize(
    ("documents", "flags", "error"),
    [
        (
            [ingress(paths="~/x alias /etc;")],
            (),
            "invalid object: invalid rule in ingress default/web: "
            "invalid http path: invalid value found: /x alias /etc;",
        ),
        (
            [ingress(defaultBackend=backend("web:80"))],
            ("--disable-catch-all",),
            "this deployment is trying to create a catch-all ingress while DisableCatchAll flag is set to true. "
            "Remove '.spec.defaultBackend' or set DisableCatchAll flag to false",
        ),
        (
            [ingress(metadata={"uid": "ABC"})],
            (),
            'ingress has invalid UID: [<nil>: Invalid value: "ABC": must be a lowercase UUID in 8-4-4-4-12 format]',
        ),
        (
            [ingress(paths="/a b")],
            (),
            "ingress contains invalid paths: path /a b cannot be used with pathType Prefix",
        ),
        (
            [ingress(annotations={"ssl-redirect": "true"})],
            ("--annotations-prefix=acme.io",),
            "this deployment has a custom annotation prefix defined. "
            "Use 'acme.io' instead of 'nginx.ingress.kubernetes.io'",
        ),
        (
            [annotated(app_root="/secret"), config_map({"annotation-value-word-blocklist": "load_module, secret"})],
            (),
            f"{PREFIX}app-root annotation contains invalid word  secret",
        ),
        (
            [annotated(server_snippet="return 200;")],
            (),
            f"{PREFIX}server-snippet annotation cannot be used. "
            "Snippet directives are disabled by the Ingress administrator",
        ),
        (
            [annotated(upstream_vhost="a;b")],
            (),
            f"annotation {PREFIX}upstream-vhost contains invalid value",
        ),
        (
            [annotated(server_alias="a.example.com"), config_map({"annotations-risk-level": "Low"})],
            (),
            "annotation group Aliases contains risky annotation based on ingress configuration",
        ),
        (
            [ingress("old"), ingress("web")],
            (),
            'host "web.example.com" and path "/" is already defined in ingress default/old',
        ),
    ],
)
def test_refusals(documents: list[Object], flags: Sequence[str], error: str) -> None:
    review = reviews(*documents, flags=flags)["default/web"]
    assert not review.allowed
    assert review.error == error
    assert review.origins
    assert review.check


def test_an_overlap_points_at_both_places() -> None:
    objects = ingress("old"), ingress("web")
    found = reviews(*objects)
    lines = estate_text(*objects).splitlines()
    web, old = found["default/web"].origins
    assert web.line > old.line
    assert all(lines[origin.line - 1].strip() == "- path: /" for origin in (web, old))
    assert found["default/old"].error.endswith("is already defined in ingress default/web")


GOOD_UID = "0a1b2c3d-4e5f-6789-abcd-ef0123456789"


@pytest.mark.parametrize(
    ("uid", "allowed"),
    [
        (GOOD_UID, True),
        (f"{GOOD_UID}0", False),
        (f"0{GOOD_UID}", False),
        (GOOD_UID.upper(), False),
        (GOOD_UID.replace("-", ""), False),
        (f"{GOOD_UID}\n", False),
    ],
)
def test_a_uid_is_a_uuid_from_end_to_end(uid: str, allowed: bool) -> None:
    assert reviews(ingress(metadata={"uid": uid}))["default/web"].allowed is allowed


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        ({}, {}, True),
        ({"canary": "true", "canary-weight": "5"}, {}, False),
        ({"canary": "false"}, {}, False),
        ({"canary": "true"}, {"canary": "true"}, False),
        ({"rewrite-target": "/x"}, {"use-regex": "true"}, True),
    ],
)
def test_what_counts_as_overlap(first: dict[str, str], second: dict[str, str], clash: bool) -> None:
    one = ingress("one", annotations=first)
    two = ingress("two", paths={"/": "other:80"}, annotations=second)
    assert reviews(one, two)["default/two"].allowed is not clash


def test_an_exact_path_leaves_the_prefix_alone() -> None:
    prefix, exact = ingress("one", paths="/a"), ingress("two", paths="=/a")
    found = reviews(prefix, exact)
    assert found["default/two"].allowed
    assert not found["default/one"].allowed


@pytest.mark.parametrize(
    "document",
    [
        ingress(paths="/a b", class_name="other"),
        ingress(paths="~/a b"),
    ],
)
def test_what_the_webhook_does_not_look_at(document: Object) -> None:
    assert reviews(document)["default/web"].allowed


def test_a_foreign_class_is_let_through_unseen() -> None:
    found = reviews(ingress(class_name="other"))["default/web"]
    assert (found.allowed, found.check) == (True, "class")
    assert found.unseen == 'IngressClass "other" does not exist'


def test_a_denied_location_is_allowed_but_said() -> None:
    found = reviews(annotated(whitelist_source_range="10.0.0.0/99"))["default/web"]
    assert found.allowed
    assert found.denied == f"annotation {PREFIX}whitelist-source-range contains invalid value"
    assert found.origins


def test_warnings_come_with_any_answer() -> None:
    refused = reviews(ingress(paths="/a b"))["default/web"]
    assert refused.warnings == ("path /a b cannot be used with pathType Prefix",)
    lax = reviews(ingress(paths="/a b"), settings={"strict-validate-path-type": "false"})["default/web"]
    assert (lax.allowed, lax.warnings) == (True, refused.warnings)
    deprecated = reviews(annotated(secure_verify_ca_secret="x"))["default/web"]
    assert deprecated.warnings == (f"annotation {PREFIX}secure-verify-ca-secret is deprecated",)


def test_all_but_the_last_bad_path_share_a_warning() -> None:
    found = reviews(ingress(paths={f"/{name} x": "web:80" for name in "abc"}))["default/web"]
    assert [warning.count("\n") for warning in found.warnings] == [1, 0]


def test_every_broken_rule_is_known() -> None:
    found = reviews(annotated(configuration_snippet="a", server_snippet="b"))["default/web"]
    assert found.error.startswith(f"{PREFIX}configuration-snippet")
    assert [error.split()[0] for error in found.also] == [f"{PREFIX}server-snippet"]


def crowd() -> list[Object]:
    """Ingresses that get in each other's way: on the same hosts and paths, as patterns, as canaries."""
    choices = itertools.product(("", "canary", "use-regex"), ("/", "/a", "/a/"), ("", "="), ("one", "two"), ("h", "k"))
    return [
        ingress(f"i{number}", host, {sign + path: f"{service}:80"}, annotations={mark: "true"} if mark else None)
        for number, (mark, path, sign, service, host) in enumerate(choices)
        if number % 3 != 1
    ]


def catching_all(*marks: str) -> list[Object]:
    """Ingresses for every host: one with a rule, the others with a default backend alone."""
    alone = [
        ingress(f"all-{n}", rules={}, annotations={mark: "true"} if mark else None, defaultBackend=backend("one:80"))
        for n, mark in enumerate(marks)
    ]
    return [ingress("ruled", "", {"/": "one:80", "/a": "two:80"}), *alone]


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param(crowd(), id="named hosts"),
        pytest.param(catching_all(), id="a rule for every host"),
        pytest.param(catching_all(""), id="and a default backend"),
        pytest.param(catching_all("", ""), id="and two"),
        pytest.param(catching_all("", "", ""), id="and three"),
        pytest.param(catching_all("canary", ""), id="and one of them a canary"),
        pytest.param(catching_all("", "")[::-1], id="the rule youngest"),
    ],
)
def test_the_overlap_index_agrees_with_a_configuration_built_anew(objects: list[Object]) -> None:
    """The index must name the very owners that the builder gives the locations with the newcomer in last place."""
    sim = estate(*objects)
    model = build_model(sim.cluster, sim.controller, sim.certificates)
    arrivals = [Arrival(one, sim.extractor.extract(one).parsed) for one in model.ingresses]
    queue = Queue(arrivals)
    for arrival in arrivals:
        if not arrival.ingress.rules:
            continue  # It claims no path that the webhook would ask for.
        others = [other for other in arrivals if other is not arrival]
        anew = configure([*others, arrival], sim.cluster, sim.controller, sim.certificates)
        newcomer = Newcomer(queue, arrival)
        for host, path in itertools.product(anew.servers, ("/", "/a", "/a/")):
            built = [
                location.ingress.meta.name
                for location in anew.servers[host].locations
                if location.path == path and not location.is_default_backend
            ]
            indexed = [owner.ingress.meta.name for owner in newcomer.owners(host, path)]
            assert set(indexed) == set(built)
            assert indexed[:1] == built[:1]


def test_a_canary_rule_without_http_crashes_the_webhook_for_everyone() -> None:
    canary = ingress("canary", paths={}, annotations={"canary": "true"})
    found = reviews(ingress("web"), canary)
    assert {name: (review.allowed, review.check) for name, review in found.items()} == {
        "default/web": (False, "crash"),
        "default/canary": (False, "crash"),
    }
    assert reviews(canary)["default/canary"].allowed
