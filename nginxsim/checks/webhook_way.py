"""The way from the API server to the webhook, where the input shows that nothing gets through, or the wrong thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from nginxsim.around.webhook.kinds import Bare, Empty, Fault, Kind
from nginxsim.around.webhook.reach import Provider
from nginxsim.checks.estate import Estate
from nginxsim.errors import some
from nginxsim.verdict.findings import at, finding
from nginxsim.verdict.types import Evidence, Finding

if TYPE_CHECKING:
    from nginxsim.checks import Check

SHOWN = 3
Facts: TypeAlias = Mapping[str, Any]


def told(kind: Kind) -> Check:
    """The check that finds what is so for sure."""

    def find(estate: Estate) -> Iterator[Finding]:
        return (worded(fault) for fault in estate.webhook_faults if fault.kind is kind)

    return find


def worded(fault: Fault) -> Finding:
    """As a row of the catalogue has it."""
    facts = {**fault.facts, **_WORDS.get(fault.kind, _nothing)(fault.facts)}
    notes = NOTES.get(fault.kind, ())
    evidence: list[Evidence] = []
    for number, place in enumerate(fault.places):
        evidence += at(place, note=notes[number].format(**facts) if number < len(notes) else "")
    return finding(fault.kind, *evidence, meta=fault.about, effect=_effect(fault.facts), **facts)


def _effect(facts: Facts) -> str:
    if facts.get("policy") == "Ignore":
        return "Ingresses are stored without a review (failurePolicy: Ignore)"
    return "no Ingress can be created or changed"


def _nothing(_facts: Facts) -> Facts:
    return {}


def _service_missing(facts: Facts) -> Facts:
    others = f" (there is {some(facts['others'], SHOWN)})" if facts["others"] else ""
    return {"others": others}


def _port_missing(facts: Facts) -> Facts:
    return {"ports": some(list(map(str, facts["ports"])), SHOWN) or "none"}


_EMPTY: Mapping[Empty, tuple[str, str]] = {
    Empty.UNSELECTED: (
        "its selector matches no Pod",
        "make its selector that of the controller's Pods, or install the controller; a configuration that is left over "
        "goes with kubectl delete validatingwebhookconfiguration",
    ),
    Empty.SCALED_DOWN: ("{pods} has no replicas", "scale {pods} up"),
    Empty.PORT_UNNAMED: (
        "targetPort {port} is no port of its Pods",
        "give the controller's container the port {port}, with the number of --validating-webhook",
    ),
    Empty.NOT_READY: (
        "none of its Pods is ready",
        "look at why the controller's Pods are not ready: kubectl describe and kubectl logs",
    ),
}


def _no_pod(facts: Facts) -> Facts:
    reason, fix = _EMPTY[facts["why"]]
    return {"reason": reason.format(**facts), "fix": fix.format(**facts)}


_NGINX = {
    "http": ", which is nginx's own, and plain HTTP",
    "https": ", which is nginx's own: it shows another certificate, and answers 404",
    "": "",
}


def _port_differs(facts: Facts) -> Facts:
    return {"nginx": _NGINX[facts["nginx"]]}


_BARE: Mapping[Bare, tuple[str, str]] = {
    Bare.NO_FLAG: ("{flag} is not set", "set {flag} to the file that the Secret is mounted as"),
    Bare.NOT_MOUNTED: (
        "{flag} names {path}, which no volume of its container holds",
        "mount the Secret with the webhook's certificate there",
    ),
    Bare.UNMADE: (
        "Secret {secret}, which holds {path}, does not exist",
        "let the Job that makes the Secret run again (helm upgrade runs it), or create it",
    ),
    Bare.NO_KEY: (
        "Secret {secret} has no {key}, which {path} would be",
        "put {key} into the Secret, or point {flag} at a key that it has (cert-manager writes tls.crt and tls.key)",
    ),
    Bare.REFUSED: (
        "Secret {secret} is not usable: {words}",
        "delete the Secret and let what makes it run again (helm upgrade runs the Job), then restart the controller",
    ),
}


def _without_certificate(facts: Facts) -> Facts:
    reason, fix = _BARE[facts["why"]]
    return {"reason": reason.format(**facts), "fix": fix.format(**facts)}


def _names(facts: Facts) -> Facts:
    common = f"no host (only the common name {facts['common']}, which does not count)"
    return {"names": some(facts["names"], SHOWN) if facts["names"] else common}


def _expired(facts: Facts) -> Facts:
    return {"what": "the authority in its caBundle" if facts["authority"] else "the webhook's certificate in it"}


_REACHES: Mapping[Provider, tuple[str, str]] = {
    Provider.GKE_PRIVATE: (
        "the control plane of a private GKE cluster reaches ports 443 and 10250 of its nodes, not {port}",
        "gcloud compute firewall-rules create allow-ingress-nginx-webhook --direction INGRESS --action ALLOW --rules "
        "tcp:{port} --source-ranges CONTROL_PLANE_RANGE --target-tags NODE_TAG; or let the webhook listen on 10250 "
        "(chart: controller.admissionWebhooks.port). The range: gcloud container clusters describe NAME "
        "--format='value(privateClusterConfig.masterIpv4CidrBlock)'",
    ),
    Provider.GKE: (
        "if the cluster is private, its control plane reaches ports 443 and 10250 of the nodes, not {port}",
        "say --provider gke-private if it is; then a firewall rule has to let tcp:{port} in from the control plane's "
        "range",
    ),
    Provider.EKS: (
        "the security group of EKS nodes may let in from the control plane's only 443 and 10250, not {port}",
        "let {port} in to the nodes' security group from that of the cluster "
        "(terraform-aws-modules/eks: node_security_group_additional_rules)",
    ),
}


def _firewall(facts: Facts) -> Facts:
    reason, fix = _REACHES[facts["provider"]]
    return {"reason": reason.format(**facts), "fix": fix.format(**facts)}


def _overlay(facts: Facts) -> Facts:
    return {"network": facts["network"] or "another CNI than Amazon's"}


def _tunnel(facts: Facts) -> Facts:
    return {"tunnel": facts["tunnel"] or "konnectivity-agent in kube-system"}


def _shut_out(facts: Facts) -> Facts:
    pods = f"lets only Pods in on port {facts['port']}, and the API server is none"
    return {"reason": pods if facts["only_pods"] else f"lets nobody in on port {facts['port']}"}


def _slow(facts: Facts) -> Facts:
    tested = f"; {facts['release']} also runs nginx -t, which is not in it" if facts["tests"] else ""
    return {"takes": f"{facts['takes']:.0f}" if facts["takes"] >= 10 else f"{facts['takes']:.1f}", "tested": tested}


_WORDS: Mapping[Kind, Callable[[Facts], Facts]] = {
    Kind.SERVICE_MISSING: _service_missing,
    Kind.PORT_MISSING: _port_missing,
    Kind.NO_POD: _no_pod,
    Kind.PORT_DIFFERS: _port_differs,
    Kind.WITHOUT_CERTIFICATE: _without_certificate,
    Kind.NAMES: _names,
    Kind.EXPIRED: _expired,
    Kind.FIREWALL: _firewall,
    Kind.OVERLAY: _overlay,
    Kind.TUNNEL: _tunnel,
    Kind.SHUT_OUT: _shut_out,
    Kind.SLOW: _slow,
}
NOTES: Mapping[Kind, tuple[str, ...]] = {
    Kind.SERVICE_MISSING: ("no such Service{others}",),
    Kind.PORT_MISSING: ("", "has {ports}"),
    Kind.NO_POD: ("{reason}", "asks this Service"),
    Kind.OFF: ("", "asks it"),
    Kind.PORT_DIFFERS: ("leads to {port}", "listens on {listens}"),
    Kind.HOST_PORT: ("on the network of its node", "on the network of its node as well"),
    Kind.NAMES: ("for {names}", "asked as {wanted}"),
    Kind.UNTRUSTED: ("trusts other authorities", "shows this one's certificate"),
    Kind.TWICE: ("", "asks the same"),
    Kind.FIREWALL: ("has to be reached on port {port}", "tells who runs the cluster"),
    Kind.OVERLAY: ("in the Pod network", "makes the Pod network"),
    Kind.SHUT_OUT: ("", "asks through here"),
}
"""What stands at each place of a fault."""
