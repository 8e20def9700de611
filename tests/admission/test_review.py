"""The validating webhook: what it refuses, in which words, and what it lets through."""

from __future__ import annotations

import itertools

import pytest

from nginxsim import simulate
from nginxsim.admission.overlap import Newcomer, Queue
from nginxsim.controller.build import build_model, configure
from nginxsim.controller.ingresses import Arrival

CLASS = """
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
"""

PREFIX = "nginx.ingress.kubernetes.io"


def ingress(
    name: str = "web",
    *,
    host: str = "web.example.com",
    path: str = "/",
    kind: str = "Prefix",
    service: str = "web",
    annotations: dict[str, str] | None = None,
    extra: str = "",
    spec: str = "",
) -> str:
    lines = "".join(f"\n    {key}: {value!r}" for key, value in (annotations or {}).items())
    notes = f"\n  annotations:{lines}" if lines else ""
    return f"""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {name}{notes}
  {extra}
spec:
  ingressClassName: nginx
  {spec}
  rules:
  - host: {host}
    http:
      paths:
      - path: {path!r}
        pathType: {kind}
        backend: {{service: {{name: {service}, port: {{number: 80}}}}}}
"""


def settings(**data: str) -> str:
    lines = "".join(f"\n  {key.replace('_', '-')}: {value!r}" for key, value in data.items())
    return f"""
apiVersion: v1
kind: ConfigMap
metadata: {{name: ingress-nginx-controller, namespace: ingress-nginx}}
data:{lines}
"""


@pytest.fixture
def simulation(tmp_path):
    def build(*documents: str, flags: tuple[str, ...] = ()):
        path = tmp_path / "manifests.yaml"
        path.write_text("---".join([CLASS, *documents]))
        return simulate([path], flags=list(flags))

    return build


@pytest.fixture
def reviews(simulation):
    def review(*documents: str, flags: tuple[str, ...] = ()):
        return {review.ingress: review for review in simulation(*documents, flags=flags).review()}

    return review


def annotated(**annotations: str) -> str:
    return ingress(annotations={f"{PREFIX}/{key.replace('_', '-')}": value for key, value in annotations.items()})


@pytest.mark.parametrize(
    ("documents", "flags", "error"),
    [
        (
            [ingress(path="/x alias /etc;", kind="ImplementationSpecific")],
            (),
            "invalid object: invalid rule in ingress default/web: "
            "invalid http path: invalid value found: /x alias /etc;",
        ),
        (
            [ingress(spec="defaultBackend: {service: {name: web, port: {number: 80}}}")],
            ("--disable-catch-all",),
            "this deployment is trying to create a catch-all ingress while DisableCatchAll flag is set to true. "
            "Remove '.spec.defaultBackend' or set DisableCatchAll flag to false",
        ),
        (
            [ingress(extra="uid: ABC")],
            (),
            'ingress has invalid UID: [<nil>: Invalid value: "ABC": must be a lowercase UUID in 8-4-4-4-12 format]',
        ),
        (
            [ingress(path="/a b")],
            (),
            "ingress contains invalid paths: path /a b cannot be used with pathType Prefix",
        ),
        (
            [ingress(annotations={f"{PREFIX}/ssl-redirect": "true"})],
            ("--annotations-prefix=acme.io",),
            "this deployment has a custom annotation prefix defined. "
            "Use 'acme.io' instead of 'nginx.ingress.kubernetes.io'",
        ),
        (
            [annotated(app_root="/secret"), settings(annotation_value_word_blocklist="load_module, secret")],
            (),
            f"{PREFIX}/app-root annotation contains invalid word  secret",
        ),
        (
            [annotated(server_snippet="return 200;")],
            (),
            f"{PREFIX}/server-snippet annotation cannot be used. "
            "Snippet directives are disabled by the Ingress administrator",
        ),
        (
            [annotated(upstream_vhost="a;b")],
            (),
            f"annotation {PREFIX}/upstream-vhost contains invalid value",
        ),
        (
            [annotated(server_alias="a.example.com"), settings(annotations_risk_level="Low")],
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
def test_refusals(reviews, documents, flags, error):
    review = reviews(*documents, flags=flags)["default/web"]
    assert not review.allowed
    assert review.error == error
    assert review.origins
    assert review.check


def test_an_overlap_points_at_both_places(reviews):
    found = reviews(ingress("old"), ingress("web"))
    assert [origin.line for origin in found["default/web"].origins] == [35, 19]
    assert found["default/old"].error.endswith("is already defined in ingress default/web")


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
def test_what_counts_as_overlap(reviews, first, second, clash):
    one = ingress("one", annotations={f"{PREFIX}/{key}": value for key, value in first.items()})
    two = ingress("two", annotations={f"{PREFIX}/{key}": value for key, value in second.items()}, service="other")
    assert reviews(one, two)["default/two"].allowed is not clash


def test_an_exact_path_leaves_the_prefix_alone(reviews):
    prefix, exact = ingress("one", path="/a"), ingress("two", path="/a", kind="Exact")
    found = reviews(prefix, exact)
    assert found["default/two"].allowed
    assert not found["default/one"].allowed


@pytest.mark.parametrize(
    "document",
    [
        ingress(path="/a b").replace("ingressClassName: nginx", "ingressClassName: other"),
        ingress(path="/a b", kind="ImplementationSpecific"),
    ],
)
def test_what_the_webhook_does_not_look_at(reviews, document):
    assert reviews(document)["default/web"].allowed


def test_a_foreign_class_is_let_through_unseen(reviews):
    found = reviews(ingress().replace("ingressClassName: nginx", "ingressClassName: other"))["default/web"]
    assert (found.allowed, found.check) == (True, "class")
    assert found.unseen == 'IngressClass "other" does not exist'


def test_a_denied_location_is_allowed_but_said(reviews):
    found = reviews(annotated(whitelist_source_range="10.0.0.0/99"))["default/web"]
    assert found.allowed
    assert found.denied == f"annotation {PREFIX}/whitelist-source-range contains invalid value"
    assert found.origins


def test_warnings_come_with_any_answer(reviews):
    refused = reviews(ingress(path="/a b"))["default/web"]
    assert refused.warnings == ("path /a b cannot be used with pathType Prefix",)
    lax = reviews(ingress(path="/a b"), settings(strict_validate_path_type="false"))["default/web"]
    assert (lax.allowed, lax.warnings) == (True, refused.warnings)
    deprecated = reviews(annotated(secure_verify_ca_secret="x"))["default/web"]
    assert deprecated.warnings == (f"annotation {PREFIX}/secure-verify-ca-secret is deprecated",)


def test_all_but_the_last_bad_path_share_a_warning(reviews):
    paths = "".join(
        f"\n      - path: '/{name} x'\n        pathType: Prefix\n"
        "        backend: {service: {name: web, port: {number: 80}}}"
        for name in "abc"
    )
    found = reviews(ingress().partition("\n      - path")[0] + paths + "\n")["default/web"]
    assert [warning.count("\n") for warning in found.warnings] == [1, 0]


def test_every_broken_rule_is_known(reviews):
    found = reviews(annotated(configuration_snippet="a", server_snippet="b"))["default/web"]
    assert found.error.startswith(f"{PREFIX}/configuration-snippet")
    assert [error.split()[0] for error in found.also] == [f"{PREFIX}/server-snippet"]


def test_the_overlap_index_agrees_with_a_configuration_built_anew(simulation):
    """The index must name the very owners that the builder gives the locations with the newcomer in last place."""
    choices = itertools.product(
        ("", "canary", "use-regex"), ("/", "/a", "/a/"), ("Prefix", "Exact"), ("one", "two"), ("h", "k")
    )
    documents = [
        ingress(
            f"i{number}",
            host=host,
            path=path,
            kind=kind,
            service=service,
            annotations={f"{PREFIX}/{mark}": "true"} if mark else None,
        )
        for number, (mark, path, kind, service, host) in enumerate(choices)
        if number % 3 != 1
    ]
    sim = simulation(*documents)
    model = build_model(sim.cluster, sim.controller, sim.certificates)
    arrivals = [Arrival(one, sim.extractor.extract(one).parsed) for one in model.ingresses]
    queue = Queue(arrivals)
    for arrival in arrivals:
        others = [other for other in arrivals if other is not arrival]
        anew = configure(
            [*others, arrival],
            sim.cluster,
            sim.controller,
            sim.certificates,
        )
        newcomer = Newcomer(queue, arrival)
        for host, path in itertools.product(("h", "k"), ("/", "/a", "/a/")):
            built = [
                location.ingress.meta.name
                for location in anew.servers[host].locations
                if location.path == path and not location.is_default_backend
            ]
            indexed = [owner.ingress.meta.name for owner in newcomer.owners(host, path)]
            assert set(indexed) == set(built)
            assert indexed[:1] == built[:1]


def test_a_canary_rule_without_http_crashes_the_webhook_for_everyone(reviews):
    canary = ingress("canary", annotations={f"{PREFIX}/canary": "true"}).partition("    http:")[0]
    found = reviews(ingress("web"), canary)
    assert {name: (review.allowed, review.check) for name, review in found.items()} == {
        "default/web": (False, "crash"),
        "default/canary": (False, "crash"),
    }
    assert reviews(canary)["default/canary"].allowed
