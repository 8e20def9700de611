"""What the chart ingress-nginx makes of its values, as far as that is data, for those who have only the values.

ingress-nginx: charts/ingress-nginx/values.yaml and templates/_params.tpl at the helm-chart-* tags. Spans are of the
chart's versions. The objects of the templates are made in nginxsim/sources/controller_chart.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from nginxsim.releases.spans import span

Plain: TypeAlias = "str | int | bool | dict[str, Plain]"

DEFAULTS: Mapping[str, Plain] = {
    "controller": {
        "name": "controller",
        "image": {"image": "ingress-nginx/controller"},
        "containerPort": {"http": 80, "https": 443},
        "config": {},
        "ingressClass": "nginx",
        "ingressClassResource": {"name": "nginx", "enabled": True, "controllerValue": "k8s.io/ingress-nginx"},
        "publishService": {"enabled": True},
        "scope": {"enabled": False},
        "kind": "Deployment",
        "replicaCount": 1,
        "service": {
            "enabled": True,
            "external": {"enabled": True},
            "type": "LoadBalancer",
            "enableHttp": True,
            "enableHttps": True,
            "ports": {"http": 80, "https": 443},
            "targetPorts": {"http": "http", "https": "https"},
        },
        "admissionWebhooks": {
            "enabled": True,
            "port": 8443,
            "certificate": "/usr/local/certificates/cert",
            "key": "/usr/local/certificates/key",
        },
        "metrics": {"enabled": False},
    },
    "defaultBackend": {
        "enabled": False,
        "name": "defaultbackend",
        "image": {"image": "defaultbackend-amd64"},
        "port": 8080,
        "replicaCount": 1,
        "service": {"type": "ClusterIP", "servicePort": 80},
    },
}
_DATED: tuple[tuple[str, str, Plain], ...] = (
    ("..3.41.0", "controller.ingressClassResource.enabled", False),
    ("3.37.0..3.41.0 4.0.2..4.7.5", "controller.allowSnippetAnnotations", True),
    ("4.8.0..4.11.8", "controller.allowSnippetAnnotations", False),
    ("4.8.0..4.11.8", "controller.enableAnnotationValidations", False),
    ("4.12.0..", "controller.enableAnnotationValidations", True),
)
"""Defaults that are, or were, others: when, and the path."""


@dataclass(frozen=True, slots=True)
class Flag:
    """One of the command line, in the order in which the chart writes them.

    text: "{a.b}" is the value of that path, "{a.b|c}" is c where that is empty; {fullname} is what the chart calls its
    objects. needs: paths of values without which it is left out, "!" before one that must be empty.
    """

    name: str
    text: str
    needs: tuple[str, ...] = ()
    when: str = ".."


_HERE = "$(POD_NAMESPACE)"
_FULL = "{fullname}-{controller.name}"
_WEBHOOK = "controller.admissionWebhooks"
FLAGS = (
    Flag("enable-annotation-validation", "true", ("controller.enableAnnotationValidations",), when="4.8.0..4.11.8"),
    Flag("enable-annotation-validation", "false", ("!controller.enableAnnotationValidations",), when="4.12.0.."),
    Flag("default-backend-service", f"{_HERE}/{{fullname}}-{{defaultBackend.name}}", ("defaultBackend.enabled",)),
    Flag(
        "publish-service",
        f"{{controller.publishService.pathOverride|{_HERE}/{_FULL}}}",
        ("controller.publishService.enabled", "controller.service.enabled", "controller.service.external.enabled"),
    ),
    Flag(
        "publish-service",
        f"{{controller.publishService.pathOverride|{_HERE}/{_FULL}}}-internal",
        (
            "controller.publishService.enabled",
            "controller.service.enabled",
            "!controller.service.external.enabled",
            "controller.service.internal.enabled",
        ),
    ),
    Flag("controller-class", "{controller.ingressClassResource.controllerValue}", when="4.0.0.."),
    Flag("ingress-class", "{controller.ingressClass}", ("controller.ingressClass",), when="..3.41.0 4.0.16.."),
    Flag("configmap", f"{{controller.configMapNamespace|{_HERE}}}/{_FULL}"),
    Flag("tcp-services-configmap", f"{{controller.tcp.configMapNamespace|{_HERE}}}/{{fullname}}-tcp", ("tcp",)),
    Flag("udp-services-configmap", f"{{controller.udp.configMapNamespace|{_HERE}}}/{{fullname}}-udp", ("udp",)),
    Flag("watch-namespace", f"{{controller.scope.namespace|{_HERE}}}", ("controller.scope.enabled",)),
    Flag(
        "watch-namespace-selector",
        "{controller.scope.namespaceSelector}",
        ("!controller.scope.enabled", "controller.scope.namespaceSelector"),
        when="4.0.7..",
    ),
    Flag("validating-webhook", f":{{{_WEBHOOK}.port}}", (f"{_WEBHOOK}.enabled",)),
    Flag("validating-webhook-certificate", f"{{{_WEBHOOK}.certificate}}", (f"{_WEBHOOK}.enabled",)),
    Flag("validating-webhook-key", f"{{{_WEBHOOK}.key}}", (f"{_WEBHOOK}.enabled",)),
    Flag("maxmind-license-key", "{controller.maxmindLicenseKey}", ("controller.maxmindLicenseKey",)),
    Flag("health-check-path", "{controller.healthCheckPath}", ("controller.healthCheckPath",)),
    Flag("ingress-class-by-name", "true", ("controller.ingressClassByName",), when="4.0.2.."),
    Flag("watch-ingress-without-class", "true", ("controller.watchIngressWithoutClass",), when="4.0.1.."),
    Flag("enable-metrics", "false", ("!controller.metrics.enabled",), when="4.10.0..4.11.8"),
    Flag("enable-metrics", "true", ("controller.metrics.enabled",), when="4.12.0.."),
    Flag("enable-topology-aware-routing", "true", ("controller.enableTopologyAwareRouting",), when="4.5.0.."),
)
EXTRA = "controller.extraArgs"
"""Further flags by name, behind all others."""
_SNIPPET_SETTING, _CLASS_BY_FLAG, _DECORATED = "3.37.0..3.41.0 4.0.2..4.11.8", "..3.41.0", "4.11.0.."


def defaults_of(chart: str) -> Iterator[tuple[str, Plain]]:
    """Paths and values that this version of the chart has besides DEFAULTS, or otherwise."""
    return ((path, value) for when, path, value in _DATED if chart in span(when))


def flags_of(chart: str) -> Iterator[Flag]:
    return (flag for flag in FLAGS if chart in span(flag.when))


def writes_snippet_setting(chart: str) -> bool:
    """Whether its ConfigMap says in any case if snippets are allowed."""
    return chart in span(_SNIPPET_SETTING)


def names_class_by_flag(chart: str) -> bool:
    """Whether its IngressClass goes by controller.ingressClass."""
    return chart in span(_CLASS_BY_FLAG)


def decorates_class(chart: str) -> bool:
    """Whether its IngressClass may have annotations, and further names."""
    return chart in span(_DECORATED)


VALUES_OF, CHART_RANGE = "nginxsim/values-of", "nginxsim/chart-range"
"""Annotations of a controller that was made of values: what holds those, and the range that its chart is from."""
