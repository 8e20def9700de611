"""Which faults explain which complaint, where one looks, and what manifests cannot show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nginxsim.around.webhook.kinds import Kind
from nginxsim.preflight.complaints import Complaint

C = Complaint
EXPLAINS: Mapping[Kind, frozenset[Complaint]] = {
    Kind.INGRESS_VERSION: frozenset({C.SERVER_ERROR, C.OTHER_VERSION}),
    Kind.REVIEW_VERSION: frozenset({C.BAD_REVIEW, C.OTHER_VERSION}),
    Kind.UNASKED: frozenset(),
    Kind.TWICE: frozenset({C.UNTRUSTED, C.TIMEOUT}),
    Kind.SERVICE_MISSING: frozenset({C.NO_SERVICE}),
    Kind.PORT_MISSING: frozenset({C.NO_PORT, C.REFUSED}),
    Kind.NO_POD: frozenset({C.NO_ENDPOINTS, C.REFUSED}),
    Kind.FIREWALL: frozenset({C.TIMEOUT}),
    Kind.OVERLAY: frozenset({C.TIMEOUT, C.TUNNEL}),
    Kind.TUNNEL: frozenset({C.TIMEOUT, C.TUNNEL, C.PROXY}),
    Kind.SHUT_OUT: frozenset({C.TIMEOUT}),
    Kind.OFF: frozenset({C.REFUSED}),
    Kind.PORT_DIFFERS: frozenset({C.REFUSED, C.NOT_FOUND, C.PLAIN, C.NAMES, C.UNTRUSTED}),
    Kind.HOST_PORT: frozenset({C.UNTRUSTED, C.NAMES, C.REFUSED}),
    Kind.WITHOUT_CERTIFICATE: frozenset({C.NO_CERTIFICATE, C.NO_ENDPOINTS, C.REFUSED}),
    Kind.NAMES: frozenset({C.NAMES}),
    Kind.EXPIRED: frozenset({C.EXPIRED}),
    Kind.UNTRUSTED: frozenset({C.UNTRUSTED}),
    Kind.CA_MISSING: frozenset({C.UNTRUSTED}),
    Kind.CA_UNREADABLE: frozenset({C.BUNDLE}),
    Kind.JOB_FAILED: frozenset({C.UNTRUSTED, C.NO_CERTIFICATE, C.NO_ENDPOINTS}),
    Kind.SLOW: frozenset({C.TIMEOUT}),
}

_ASKED = 'kubectl get --raw "/api/v1/namespaces/{namespace}/services/https:{name}:{port_name}/proxy/"'
_CONFIGURATION = "kubectl get validatingwebhookconfiguration {configuration} -o yaml"
_BUNDLE = (
    "kubectl get validatingwebhookconfiguration {configuration} -o jsonpath='{{.webhooks[0].clientConfig.caBundle}}' "
    "| base64 -d | openssl x509 -noout -subject -dates"
)
_SHOWN = (
    "kubectl -n {secret_namespace} get secret {secret_name} -o jsonpath='{{.data.cert}}' | base64 -d "
    "| openssl x509 -noout -issuer -dates -ext subjectAltName"
)
_SLICES = "kubectl -n {namespace} get pods,endpointslices -l app.kubernetes.io/name=ingress-nginx"
_SERVICE = "kubectl -n {namespace} get service {name} -o yaml"
_LOG = "kubectl -n {namespace} logs {pods} | grep -i -e webhook -e certificate"
_NODES = "kubectl get nodes --show-labels"
LOOK: Mapping[str, str] = {
    Kind.INGRESS_VERSION: _CONFIGURATION,
    Kind.REVIEW_VERSION: _CONFIGURATION,
    Kind.UNASKED: "kubectl get namespaces --show-labels",
    Kind.TWICE: "kubectl get validatingwebhookconfigurations",
    Kind.SERVICE_MISSING: "kubectl get services -A | grep admission",
    Kind.PORT_MISSING: _SERVICE,
    Kind.NO_POD: _SLICES,
    Kind.FIREWALL: _ASKED,
    Kind.OVERLAY: "kubectl -n kube-system get daemonsets",
    Kind.TUNNEL: "kubectl -n kube-system get pods | grep -e konnectivity -e tunnel",
    Kind.SHUT_OUT: "kubectl -n {namespace} get networkpolicies -o yaml",
    Kind.OFF: "kubectl -n {namespace} get {pods} -o jsonpath='{{..args}}'",
    Kind.PORT_DIFFERS: _SERVICE,
    Kind.HOST_PORT: "kubectl get pods -A -o wide | grep ingress",
    Kind.WITHOUT_CERTIFICATE: _LOG,
    Kind.NAMES: _SHOWN,
    Kind.EXPIRED: _SHOWN,
    Kind.UNTRUSTED: _BUNDLE,
    Kind.CA_MISSING: _BUNDLE,
    Kind.CA_UNREADABLE: _BUNDLE,
    Kind.JOB_FAILED: "kubectl -n {secret_namespace} get jobs,events",
    Kind.SLOW: "kubectl get ingresses -A --no-headers | wc -l",
}
"""By code, the command that shows how it is in the cluster."""


@dataclass(frozen=True, slots=True)
class Possibility:
    """What no manifest shows: the code of its row, what it explains, the command that shows it."""

    code: str
    explains: frozenset[Complaint]
    look: str


ELSEWHERE = "webhook-elsewhere"
"""The code of a cause that is told where an error is about a Service that no configuration of the input asks."""
LOOK_ELSEWHERE = "kubectl get validatingwebhookconfigurations -o yaml | grep -B12 {asked_name}"
API_VERSIONS = "kubectl api-versions | grep admissionregistration"
POSSIBILITIES = (
    Possibility("webhook-answered-no", frozenset({C.REFUSED_BY_WEBHOOK}), "nginxsim admit PATH..."),
    Possibility(
        "webhook-hooks-not-run", frozenset({C.UNTRUSTED, C.NAMES, C.EXPIRED, C.BUNDLE, C.NO_CERTIFICATE}), _BUNDLE
    ),
    Possibility("webhook-pod-away", frozenset({C.NO_ENDPOINTS, C.REFUSED, C.TUNNEL}), _SLICES),
    Possibility("webhook-packets-dropped", frozenset({C.TIMEOUT, C.TUNNEL}), _ASKED),
    Possibility("webhook-busy", frozenset({C.TIMEOUT}), "kubectl -n {namespace} top pods"),
    Possibility(
        "webhook-proxied",
        frozenset({C.PROXY, C.TIMEOUT, C.NOT_FOUND, C.SERVER_ERROR}),
        "kubectl -n kube-system get pods -l component=kube-apiserver -o yaml | grep -i proxy",
    ),
)
"""The likeliest first."""
