"""What annotations of a Service ask of a cloud's load balancer: PROXY lines, an end of TLS, X-Forwarded-* headers.

Names and values as each provider's own controller reads them, by the constants and pages of their repositories:
kubernetes/cloud-provider-aws and -openstack, kubernetes-sigs/aws-load-balancer-controller, hetznercloud/hcloud-cloud-
controller-manager, and the cloud-controller-manager of DigitalOcean, Scaleway, Linode, Vultr, Oracle and the others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from nginxsim.kube.objects import Service, ServicePort

NO = frozenset({"", "false", "off", "none", "no", "0", "disabled"})
"""What says no wherever it stands."""

Says: TypeAlias = Callable[[str, ServicePort], bool]
"""Whether an annotation's value means a port of the Service."""


def _yes(value: str, _port: ServicePort) -> bool:
    return value.strip().lower() not in NO


def _star(value: str, _port: ServicePort) -> bool:
    return value.strip() == "*"


def _ports(value: str, port: ServicePort) -> bool:
    """All ports ("*", "true", "1"), or those that are listed by number or name; "443:certificate" is the port 443."""
    words = [word.strip().partition(":")[0] for word in value.split(",")]
    return value.strip().lower() in ("*", "true") or str(port.port) in words or port.name in words


def _attribute(value: str, _port: ServicePort) -> bool:
    pairs = (pair.partition("=") for pair in value.split(","))
    return any((name.strip(), text.strip()) == ("proxy_protocol_v2.enabled", "true") for name, _, text in pairs)


def _feature(value: str, _port: ServicePort) -> bool:
    return "proxy-protocol" in [word.strip() for word in value.split(",")]


def _https(value: str, _port: ServicePort) -> bool:
    return value.strip().lower() in ("https", "http2", "http3")


def _by_port(value: str, port: ServicePort) -> bool:
    """ "https:443,http:80" """
    return f"https:{port.port}" in [word.strip() for word in value.split(",")]


AWS = "service.beta.kubernetes.io/aws-load-balancer-"
LINODE_PORT = "service.beta.kubernetes.io/linode-loadbalancer-port-"
"""Followed by a port's number; the value is JSON."""

PROXY_LINES: Mapping[str, Says] = {
    f"{AWS}proxy-protocol": _star,
    f"{AWS}target-group-attributes": _attribute,
    "load-balancer.hetzner.cloud/uses-proxyprotocol": _yes,
    "service.beta.kubernetes.io/do-loadbalancer-enable-proxy-protocol": _yes,
    "service.beta.kubernetes.io/linode-loadbalancer-proxy-protocol": _yes,
    "service.beta.kubernetes.io/linode-loadbalancer-default-proxy-protocol": _yes,
    "service.beta.kubernetes.io/ovh-loadbalancer-proxy-protocol": _yes,
    "loadbalancer.openstack.org/proxy-protocol": _yes,
    "service.beta.kubernetes.io/scw-loadbalancer-proxy-protocol-v1": _ports,
    "service.beta.kubernetes.io/scw-loadbalancer-proxy-protocol-v2": _ports,
    "service.beta.kubernetes.io/vultr-loadbalancer-proxy-protocol": _yes,
    "service.beta.kubernetes.io/oci-load-balancer-connection-proxy-protocol-version": _yes,
    "oci-network-load-balancer.oraclecloud.com/is-ppv2-enabled": _yes,
    "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-proxy-protocol": _yes,
    "service.beta.kubernetes.io/azure-pls-proxy-protocol": _yes,
    "service.kubernetes.io/ibm-load-balancer-cloud-provider-enable-features": _feature,
    "kubernetes.civo.com/loadbalancer-enable-proxy-protocol": _yes,
    "lb.stackit.cloud/tcp-proxy-protocol": _yes,
    "yawol.stackit.cloud/tcpProxyProtocol": _yes,
    "service.beta.kubernetes.io/brightbox-load-balancer-listener-proxy-protocol": _yes,
    "service.beta.kubernetes.io/cloudstack-load-balancer-proxy-protocol": _yes,
    "service.beta.kubernetes.io/volcengine-loadbalancer-proxy-protocol": _yes,
    "service.beta.kubernetes.io/ncloud-load-balancer-proxy-protocol": _yes,
    "kubernetes.bizflycloud.vn/enable-proxy-protocol": _yes,
}
"""Annotation -> the ports at which it makes the load balancer write PROXY lines."""

TLS_ENDS: Mapping[str, Says] = {
    "service.beta.kubernetes.io/do-loadbalancer-tls-ports": _ports,
    "service.beta.kubernetes.io/do-loadbalancer-http2-ports": _ports,
    "load-balancer.hetzner.cloud/protocol": _https,
    "service.beta.kubernetes.io/scw-loadbalancer-certificate-ids": _ports,
    "service.beta.kubernetes.io/oci-load-balancer-ssl-ports": _ports,
    "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-protocol-port": _by_port,
    "service.beta.kubernetes.io/volcengine-loadbalancer-protocol-port": _by_port,
    "service.beta.kubernetes.io/ncloud-load-balancer-ssl-ports": _ports,
    "service.beta.kubernetes.io/vultr-loadbalancer-https-ports": _ports,
    "kubernetes.io/elb.protocol-port": _by_port,
}
"""Annotation -> the ports at which it makes the load balancer end TLS and speak plain HTTP to nginx."""

TLS_AT_443 = (
    "service.beta.kubernetes.io/do-loadbalancer-certificate-id",
    "service.beta.kubernetes.io/do-loadbalancer-certificate-name",
    "service.beta.kubernetes.io/oci-load-balancer-tls-secret",
    "service.beta.kubernetes.io/vultr-loadbalancer-ssl",
    "loadbalancer.openstack.org/default-tls-container-ref",
)
"""A certificate for the load balancer, which it shows at port 443 where nothing says otherwise."""
PASSES_TLS = ("service.beta.kubernetes.io/do-loadbalancer-tls-passthrough",)
"""These take such an end of TLS back."""

PREFIXES = (
    AWS,
    "load-balancer.hetzner.cloud/",
    "service.beta.kubernetes.io/do-loadbalancer-",
    "service.beta.kubernetes.io/linode-loadbalancer-",
    "service.beta.kubernetes.io/ovh-loadbalancer-",
    "loadbalancer.openstack.org/",
    "service.beta.kubernetes.io/scw-loadbalancer-",
    "service.beta.kubernetes.io/vultr-loadbalancer-",
    "service.beta.kubernetes.io/oci-",
    "oci-network-load-balancer.oraclecloud.com/",
    "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-",
    "service.beta.kubernetes.io/azure-",
    "service.kubernetes.io/ibm-load-balancer-",
    "kubernetes.civo.com/loadbalancer-",
    "lb.stackit.cloud/",
    "yawol.stackit.cloud/",
)
"""Annotations of a provider whose load balancer sends no PROXY line unless it is asked to."""

NAMED = (
    AWS,
    "load-balancer.hetzner.cloud/hostname",
    "service.beta.kubernetes.io/do-loadbalancer-hostname",
    "service.beta.kubernetes.io/scw-loadbalancer-use-hostname",
    "loadbalancer.openstack.org/hostname",
    "service.beta.kubernetes.io/linode-loadbalancer-hostname-only-ingress",
)
"""With these the status names the load balancer by a host name, so that the cluster's own requests go through it too
(kube-proxy shortens the way to addresses only).
"""


class TlsEnd(NamedTuple):
    """Where the load balancer ends TLS: the annotation, and what it speaks to nginx behind it."""

    annotation: str
    speaks_tls: bool = False
    adds_forwarded: bool = True


def proxy_annotation(service: Service, port: ServicePort) -> str:
    """What makes the load balancer write PROXY lines at a port; "" where nothing does."""
    notes = service.meta.annotations
    found = (name for name, says in PROXY_LINES.items() if name in notes and says(notes[name], port))
    return next(found, "") or _linode(notes, port, "proxy-protocol", NO, "")


def says_no_proxy(service: Service) -> str:
    """What tells of a load balancer that sends no PROXY lines: an annotation that denies them, or its provider's."""
    notes = service.meta.annotations
    denied = (name for name in PROXY_LINES if name in notes)
    return next(denied, "") or next((name for name in notes if name.startswith(PREFIXES)), "")


def tls_end(service: Service, port: ServicePort) -> TlsEnd | None:
    """How TLS ends before nginx at a port of the Service; None where it does not."""
    notes = service.meta.annotations
    if f"{AWS}ssl-cert" in notes:
        return _aws(notes, port)
    if any(_yes(notes.get(name, ""), port) for name in PASSES_TLS):
        return None
    listed = next((name for name, says in TLS_ENDS.items() if name in notes and says(notes[name], port)), "")
    shown = next((name for name in TLS_AT_443 if name in notes), "") if port.port == HTTPS else ""
    found = listed or shown or _linode(notes, port, "protocol", frozenset(), "https")
    return TlsEnd(found) if found else None


HTTPS = 443


def _aws(notes: Mapping[str, str], port: ServicePort) -> TlsEnd | None:
    """A classic load balancer understands HTTP where it is told to; a network load balancer never does."""
    if not _ports(notes.get(f"{AWS}ssl-ports", "*"), port):
        return None
    behind = notes.get(f"{AWS}backend-protocol", "tcp").strip().lower()
    network = notes.get(f"{AWS}type", "").startswith(("nlb", "external"))
    return TlsEnd(f"{AWS}ssl-cert", behind in ("https", "ssl"), behind in ("http", "https") and not network)


def _linode(notes: Mapping[str, str], port: ServicePort, field: str, unlike: frozenset[str], wanted: str) -> str:
    name = f"{LINODE_PORT}{port.port}"
    try:
        value = str(json.loads(notes.get(name, "{}")).get(field, ""))
    except (ValueError, AttributeError):
        return ""
    return name if value and (value == wanted if wanted else value not in unlike) else ""
