"""What is taken to be in the cluster: what operators make, what is encrypted, and kinds that the input wholly lacks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nginxsim import Request, Simulation, UsageError, Verdict, simulate
from nginxsim.sources import File
from tests.support.commands import Command
from tests.support.estates import Object, estate_text, ingress, manifests, secret, served, service, thing

GUARDED = ingress(annotations={"auth-type": "basic", "auth-secret": "users"})
ANN = [("Authorization", "Basic YW5uOnNlY3JldA==")]


def shop(*objects: Object, assume: tuple[str, ...] = ("secrets", "services", "ages")) -> Simulation:
    return simulate([File("all.yaml", estate_text(*objects))], assume=assume)


def asked(simulation: Simulation, **more: Any) -> Verdict:
    return simulation.route(Request(host="web.example.com", **more))


def made(kind: str, version: str, spec: Object, name: str = "users") -> Object:
    return thing(kind, name, version=version, spec=spec)


RENAMED = {"encryptedData": {"auth": "x"}, "template": {"metadata": {"name": "users"}}}
TARGETED = {"target": {"name": "users"}, "data": [{"secretKey": "auth"}]}
MAKERS = [
    made("SealedSecret", "bitnami.com/v1alpha1", {"encryptedData": {"auth": "AgBy"}}),
    made("SealedSecret", "bitnami.com/v1alpha1", RENAMED, "x"),
    made("ExternalSecret", "external-secrets.io/v1", TARGETED, "x"),
    made("ExternalSecret", "external-secrets.io/v1beta1", {"dataFrom": [{"extract": {"key": "a"}}]}),
    made(
        "SecretProviderClass",
        "secrets-store.csi.x-k8s.io/v1",
        {"secretObjects": [{"secretName": "users", "data": [{"key": "auth"}]}]},
    ),
    made("VaultStaticSecret", "secrets.hashicorp.com/v1beta1", {"destination": {"name": "users"}}, "x"),
    made("OnePasswordItem", "onepassword.com/v1", {}),
]


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: f"{maker['kind']} {maker['metadata']['name']}")
def test_a_secret_that_another_object_makes_exists(maker: Object) -> None:
    simulation = shop(*served("web"), GUARDED, maker)
    refused = asked(simulation)
    assert (refused.status, refused.cause.code) == (401, "credentials-refused")
    assert (
        f"Secret default/users exists: {maker['kind']} default/{maker['metadata']['name']} makes it" in simulation.taken
    )
    taken = asked(simulation, headers=ANN)
    assert taken.status == 200
    assert any("password of ann" in words for words in taken.assumptions)
    assert not [found for found in simulation.check() if found.level == "error"]


def test_without_the_assumption_it_is_missing() -> None:
    simulation = shop(*served("web"), GUARDED, MAKERS[0], assume=())
    assert asked(simulation).status == 503
    assert not simulation.taken


def test_a_secret_that_is_made_without_the_key_that_is_needed_denies_as_ever() -> None:
    wrong = made("SealedSecret", "bitnami.com/v1alpha1", {"encryptedData": {"password": "AgBy"}})
    assert asked(shop(*served("web"), GUARDED, wrong)).status == 503


SOPS = {"sops": {"version": "3.8.1", "mac": "ENC[AES256_GCM,data:x]"}}
ENCRYPTED = secret("users", auth="ENC[AES256_GCM,data:x,type:str]") | SOPS


@pytest.mark.parametrize("assume", [(), ("secrets",)])
def test_a_secret_that_sops_encrypted_exists_in_any_case(assume: tuple[str, ...]) -> None:
    simulation = shop(*served("web"), GUARDED, ENCRYPTED, assume=assume)
    assert asked(simulation).status == 401
    assert any("content is not in the input" in words for words in simulation.taken)
    assert not simulation.api_errors()


def test_an_encrypted_secret_that_nobody_names_is_nobodys_concern() -> None:
    simulation = shop(*served("web"), ingress(), ENCRYPTED, assume=())
    assert asked(simulation).status == 200
    assert not simulation.taken
    assert not simulation.check()


def certificate(*names: str) -> Object:
    return made("Certificate", "cert-manager.io/v1", {"secretName": "web-tls", "dnsNames": list(names)}, "web")


WITH_TLS = ingress(tls=[{"hosts": ["web.example.com"], "secretName": "web-tls"}])


def test_the_names_of_a_certificate_that_will_be_made_are_those_it_covers() -> None:
    covered = {found.code for found in shop(*served("web"), WITH_TLS, certificate("web.example.com")).check()}
    assert not covered & {"tls-secret-missing", "certificate-mismatch", "certificate-expired"}
    assert "certificate-mismatch" in {
        found.code for found in shop(*served("web"), WITH_TLS, certificate("other.example.com")).check()
    }


@pytest.mark.parametrize("notes", [{"cert-manager.io/cluster-issuer": "acme"}, {"kubernetes.io/tls-acme": "true"}])
def test_annotations_that_ask_cert_manager_for_a_certificate_make_it(notes: dict[str, str]) -> None:
    asking = ingress(annotations=notes, tls=[{"hosts": ["web.example.com"], "secretName": "web-tls"}])
    simulation = shop(*served("web"), asking, secret("other", a="b"))
    assert "tls-secret-missing" not in {found.code for found in simulation.check()}
    assert simulation.taken[0] == "Secret default/web-tls exists: cert-manager, for Ingress default/web, makes it"
    assert "tls-secret-missing" in {found.code for found in shop(*served("web"), asking, assume=()).check()}


def test_secrets_are_elsewhere_where_the_input_has_none() -> None:
    codes = {found.code for found in shop(*served("web"), WITH_TLS).check()}
    assert "tls-secret-missing" not in codes
    with_one = {found.code for found in shop(*served("web"), WITH_TLS, secret("other", a="b")).check()}
    assert "tls-secret-missing" in with_one


CLIENTS = ingress(annotations={"auth-tls-secret": "default/clients", "proxy-ssl-secret": "default/clients"})


def test_client_certificates_are_asked_for_though_the_authority_is_not_known() -> None:
    simulation = shop(*served("web"), CLIENTS)
    assert not simulation.nginx_errors()
    assert asked(simulation, scheme="https").status == 400


def test_services_are_elsewhere_where_the_input_has_none() -> None:
    paths = {"/": "web:80", "/named": "web:http", "/api": "api:8080"}
    simulation = shop(ingress(paths=paths))
    for path, name in (("/", "default-web-80"), ("/named", "default-web-http"), ("/api", "default-api-8080")):
        verdict = asked(simulation, path=path)
        assert verdict.status == 200
        assert verdict.upstream is not None
        assert verdict.upstream.service == name
    assert simulation.taken == (
        "the Services that are named exist and have ready Pods (the input has no Service at all)",
    )
    assert asked(shop(ingress(), service("other"))).status == 503
    assert asked(shop(ingress(), assume=())).status == 503


def test_the_controller_s_own_service_tells_nothing_of_others() -> None:
    own = service("edge", selector={"app.kubernetes.io/name": "ingress-nginx"})
    simulation = shop(ingress(), own)
    assert asked(simulation).status == 200
    assert any("none but the controller's own" in words for words in simulation.taken)


def test_the_commands_assume_what_simulate_does_not(nginxsim: Command, tmp_path: Path) -> None:
    text = manifests(ingress())
    assert simulate([File("all.yaml", text)]).route(Request(host="web.example.com")).status == 503
    assert nginxsim("why", "http://web.example.com/", "-", stdin=text).status == 0
    for options in (("--assume", "none"), ("--assume", "secrets,ages")):
        assert nginxsim("why", "http://web.example.com/", "-", *options, stdin=text).status == 1
    wrong = nginxsim("check", "-", "--assume", "service", stdin=text)
    assert (wrong.status, 'did you mean "services"?' in wrong.err) == (2, True)
    (tmp_path / "all.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "nginxsim.toml").write_text("[assume]\nservices = false\n", encoding="utf-8")
    assert nginxsim("why", "http://web.example.com/", str(tmp_path)).status == 1
    assert "NX631" in nginxsim("check", str(tmp_path)).out
    (tmp_path / "nginxsim.toml").write_text("[assume]\nservice = false\n", encoding="utf-8")
    wrong = nginxsim("why", "http://web.example.com/", str(tmp_path))
    assert (wrong.status, 'did you mean "services"?' in wrong.err) == (2, True)


def test_a_kind_that_cannot_be_assumed_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot assume"):
        simulate([File("all.yaml", manifests(ingress()))], assume=["pods"])


# --- ages -------------------------------------------------------------------------------------------------------------


def claims(name: str, created: str = "") -> list[Object]:
    stamp = {"creationTimestamp": created} if created else {}
    return [*served(name), ingress(name, "web.example.com", {"/": f"{name}:80"}, metadata=stamp)]


FIRST, SECOND = claims("alpha"), claims("beta")


@pytest.mark.parametrize("objects", [[*FIRST, *SECOND], [*SECOND, *FIRST]])
def test_of_two_that_came_at_once_the_alphabetically_last_wins_in_any_order_of_files(objects: list[Object]) -> None:
    verdict = asked(shop(*objects))
    assert verdict.upstream is not None
    assert verdict.upstream.service == "default-beta-80"
    (told,) = (words for words in verdict.assumptions if "is older" in words)
    assert (
        told == "Ingress default/beta is older than Ingress default/alpha; were it younger: 200 from default-alpha-80"
    )


def test_each_face_says_that_the_ages_are_not_known(nginxsim: Command) -> None:
    text = estate_text(*FIRST, *SECOND)
    for command in ("check", "ingresses", "admit"):
        run = nginxsim(command, "-", stdin=text)
        assert "do not say when they were created" in run.out + run.err, command
    assert (
        "were it younger: 200 from default-alpha-80" in nginxsim("why", "http://web.example.com/", "-", stdin=text).out
    )


def test_ages_that_are_told_are_no_assumption() -> None:
    simulation = shop(*claims("alpha", "2024-05-01T00:00:00Z"), *claims("beta", "2024-05-02T00:00:00Z"))
    verdict = asked(simulation)
    assert verdict.upstream is not None
    assert verdict.upstream.service == "default-alpha-80"
    assert not simulation.taken
    assert not any("older" in words for words in verdict.assumptions)


def test_one_of_two_ages_is_not_enough() -> None:
    for created in ("2020-05-01T00:00:00Z", "2030-05-01T00:00:00Z"):
        verdict = asked(shop(*claims("alpha", created), *SECOND))
        assert any("were it younger: 200 from" in words for words in verdict.assumptions)
