"""The manifests in integrations/kubernetes fit together, and fit what the command line takes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from nginxsim.cli.admit import command
from tests.support.commands import Command
from tests.support.places import ROOT

FOLDER = ROOT / "integrations" / "kubernetes"


@pytest.fixture(scope="module")
def objects() -> dict[tuple[str, str], dict[str, Any]]:
    documents = (
        document for file in sorted(FOLDER.glob("*.yaml")) for document in yaml.safe_load_all(file.read_text())
    )
    return {(one["kind"], one.get("metadata", {}).get("name", "")): one for one in documents}


@pytest.fixture(scope="module")
def pod(objects: dict[tuple[str, str], dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = objects["Deployment", "nginxsim"]["spec"]["template"]["spec"]
    return found


def test_nothing_is_found_wrong_with_them(nginxsim: Command) -> None:
    files = (str(file) for file in sorted(FOLDER.glob("*.yaml")) if file.name != "kustomization.yaml")
    ran = nginxsim("check", *files)
    assert (ran.status, ran.out, ran.err) == (0, "no findings in 1 Ingress\n", "")


def test_the_command_line_takes_the_arguments(pod: dict[str, Any]) -> None:
    (container,) = pod["containers"]
    name, *arguments = container["args"]
    given = command.make_context(name, arguments).params
    assert name == "admit"
    assert given["linger"] + given["grace"] < pod["terminationGracePeriodSeconds"]
    ports = {port["name"]: str(port["containerPort"]) for port in container["ports"]}
    assert (given["serve"], given["monitor"]) == (ports["webhook"], ports["monitor"])
    mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
    assert {given["tls_cert"].rpartition("/")[0], *given["paths"]} == mounted


def test_the_certificate_is_for_the_service_that_is_called(objects: dict[tuple[str, str], dict[str, Any]]) -> None:
    configuration = objects["ValidatingWebhookConfiguration", "nginxsim"]
    (webhook,) = configuration["webhooks"]
    called = webhook["clientConfig"]["service"]
    certificate = objects["Certificate", "nginxsim"]
    assert f"{called['name']}.{called['namespace']}.svc" in certificate["spec"]["dnsNames"]
    assert configuration["metadata"]["annotations"]["cert-manager.io/inject-ca-from"] == "nginxsim/nginxsim"
    service = objects["Service", called["name"]]
    assert called["port"] in {port["port"] for port in service["spec"]["ports"]}
    labels = objects["Deployment", "nginxsim"]["spec"]["template"]["metadata"]["labels"]
    for chosen in (
        service["spec"]["selector"],
        objects["PodDisruptionBudget", "nginxsim"]["spec"]["selector"]["matchLabels"],
        objects["NetworkPolicy", "nginxsim"]["spec"]["podSelector"]["matchLabels"],
    ):
        assert chosen.items() <= labels.items()
    (own,) = (one for one in webhook["namespaceSelector"]["matchExpressions"] if one["operator"] == "NotIn")
    assert called["namespace"] in own["values"]


def test_the_pods_may_do_little(pod: dict[str, Any]) -> None:
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
