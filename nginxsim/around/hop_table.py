"""The hops that are known by name, each with the page of its vendor that says so.

What a page leaves open is the usual set-up: the hop speaks to nginx as its client spoke to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from nginxsim.around.hops import Chain, Hop, Layer, Place, Tls

_PRIVATE = ("10.0.0.0/16",)
"""Where a load balancer of a cloud has its own addresses; which they are, only the cluster's network knows."""
_SCHEME = {"X-Forwarded-Proto": "{scheme}"}
_SCHEME_AND_PORT = {**_SCHEME, "X-Forwarded-Port": "{port}"}

# docs.cloud.google.com/load-balancing/docs/firewall-rules: the global and the classic one
_GFE = ("35.191.0.0/16", "130.211.0.0/22")
# cloudflare.com/ips-v4
_CLOUDFLARE = (
    "173.245.48.0/20",
    "103.21.244.0/22",
    "103.22.200.0/22",
    "103.31.4.0/22",
    "141.101.64.0/18",
    "108.162.192.0/18",
    "190.93.240.0/20",
    "188.114.96.0/20",
    "197.234.240.0/22",
    "198.41.128.0/17",
    "162.158.0.0/15",
    "104.16.0.0/13",
    "104.24.0.0/14",
    "172.64.0.0/13",
    "131.0.72.0/22",
)
# api.fastly.com/public-ip-list, 2026-02-11
_FASTLY = (
    "23.235.32.0/20",
    "43.249.72.0/22",
    "103.244.50.0/24",
    "103.245.222.0/23",
    "103.245.224.0/24",
    "104.156.80.0/20",
    "140.248.64.0/18",
    "140.248.128.0/17",
    "146.75.0.0/17",
    "151.101.0.0/16",
    "157.52.64.0/18",
    "167.82.0.0/17",
    "167.82.128.0/20",
    "167.82.160.0/20",
    "167.82.224.0/20",
    "172.111.64.0/18",
    "185.31.16.0/22",
    "199.27.72.0/21",
    "199.232.0.0/16",
)
# Of the service tag AzureFrontDoor.Backend, which changes
_FRONT_DOOR = ("147.243.0.0/16",)
_AWS = "https://docs.aws.amazon.com/elasticloadbalancing/latest"

_NLB = Hop(
    "aws-nlb",
    "AWS Network Load Balancer",
    f"{_AWS}/network/edit-target-group-attributes.html",
    Place.BALANCER,
    layer=Layer.TCP,
    tls=Tls.PASSED,
)
_ALB = Hop(
    "aws-alb",
    "AWS Application Load Balancer",
    f"{_AWS}/application/x-forwarded-headers.html",
    Place.BALANCER,
    connects_from=_PRIVATE,
    tls=Tls.ENDED,
    chain=Chain.APPENDED,
    sets=_SCHEME_AND_PORT,
    adds={"X-Amzn-Trace-Id": "Root=1-<id>"},
    removes=frozenset({"expect"}),
)
_ELB = Hop(
    "aws-classic-elb",
    "AWS Classic Load Balancer",
    f"{_AWS}/classic/enable-proxy-protocol.html",
    Place.BALANCER,
    layer=Layer.TCP,
    connects_from=_PRIVATE,
    tls=Tls.PASSED,
    remedy='set service.beta.kubernetes.io/aws-load-balancer-proxy-protocol: "*" and use-proxy-protocol: "true"',
)
_GCP_HTTPS = Hop(
    "gcp-https-lb",
    "Google's external Application Load Balancer",
    "https://docs.cloud.google.com/load-balancing/docs/https",
    Place.BALANCER,
    connects_from=_GFE,
    published=True,
    tls=Tls.ENDED,
    chain=Chain.APPENDED_WITH_OWN,
    separator=",",
    sets=_SCHEME,
    adds={"X-Cloud-Trace-Context": "<id>"},
    appends={"Via": "1.1 google"},
)
_GCP_NETWORK = Hop(
    "gcp-network-lb",
    "Google's passthrough Network Load Balancer",
    "https://docs.cloud.google.com/load-balancing/docs/passthrough-network-load-balancer",
    Place.BALANCER,
    layer=Layer.TCP,
    tls=Tls.PASSED,
)
_KUBE_PROXY = Hop(
    "kube-proxy",
    "kube-proxy with externalTrafficPolicy Cluster",
    "https://kubernetes.io/docs/tutorials/services/source-ip/",
    Place.NODE,
    layer=Layer.TCP,
    connects_from=_PRIVATE,
    tls=Tls.PASSED,
    remedy="set externalTrafficPolicy: Local in the controller's Service",
)
_CLOUDFLARE_EDGE = Hop(
    "cloudflare",
    "Cloudflare",
    "https://developers.cloudflare.com/fundamentals/reference/http-headers/",
    Place.EDGE,
    connects_from=_CLOUDFLARE,
    published=True,
    chain=Chain.APPENDED,
    separator=",",
    sets={
        "CF-Connecting-IP": "{client}",
        "X-Forwarded-Proto": "{scheme}",
        "CF-Visitor": '{{"scheme":"{scheme}"}}',
        "CF-Ray": "<id>",
        "CDN-Loop": "cloudflare",
        "Accept-Encoding": "gzip, br",
    },
    removes=frozenset({"x-real-ip"}),
    caches="cloudflare",
)


_AZURE_LB = Hop(
    "azure-lb",
    "Azure Load Balancer",
    "https://learn.microsoft.com/azure/load-balancer/concepts",
    Place.BALANCER,
    layer=Layer.TCP,
    tls=Tls.PASSED,
)
_FRONT_DOOR_EDGE = Hop(
    "azure-front-door",
    "Azure Front Door",
    "https://learn.microsoft.com/azure/frontdoor/front-door-http-headers-protocol",
    Place.EDGE,
    connects_from=_FRONT_DOOR,
    published=True,
    chain=Chain.APPENDED,
    sets={
        "X-Azure-SocketIP": "{client}",
        "X-Azure-FDID": "<id>",
        "X-Forwarded-Host": "{host}",
        "X-Forwarded-Proto": "{scheme}",
    },
    appends={"Via": "1.1 Azure"},
)
_TUNNEL = replace(
    _CLOUDFLARE_EDGE,
    name="cloudflare-tunnel",
    title="Cloudflare Tunnel",
    source="https://developers.cloudflare.com/cloudflare-one/networks/connectors/cloudflare-tunnel/configure-tunnels/",
    place=Place.BALANCER,
    connects_from=("10.244.0.0/16",),
    published=False,
    tls=Tls.ENDED,
)
_AKAMAI = Hop(
    "akamai",
    "Akamai",
    "https://techdocs.akamai.com/terraform/docs/origin",
    Place.EDGE,
    connects_from=("23.32.0.0/11",),
    chain=Chain.APPENDED,
    sets={"True-Client-IP": "{client}"},
    appends={"Via": "1.1 akamai.net(ghost) (AkamaiGHost)"},
    unsure="appends to X-Forwarded-For and writes True-Client-IP, as a property does unless it says otherwise",
)
_FASTLY_EDGE = Hop(
    "fastly",
    "Fastly",
    "https://www.fastly.com/documentation/reference/http/http-headers/",
    Place.EDGE,
    connects_from=_FASTLY,
    published=True,
    chain=Chain.APPENDED_OVER_TLS,
    adds={"Fastly-Client-IP": "{client}"},
    caches="fastly",
)
_HETZNER = Hop(
    "hetzner-lb",
    "Hetzner Load Balancer",
    "https://github.com/hetznercloud/hcloud-cloud-controller-manager/blob/main/docs/reference/load_balancer_annotations.md",
    Place.BALANCER,
    layer=Layer.TCP,
    connects_from=_PRIVATE,
    tls=Tls.PASSED,
    remedy='set load-balancer.hetzner.cloud/uses-proxyprotocol: "true" and use-proxy-protocol: "true"',
)
_DIGITALOCEAN = Hop(
    "digitalocean-lb",
    "DigitalOcean Load Balancer",
    "https://github.com/digitalocean/digitalocean-cloud-controller-manager/blob/master/docs/controllers/services/annotations.md",
    Place.BALANCER,
    layer=Layer.TCP,
    connects_from=_PRIVATE,
    tls=Tls.PASSED,
    remedy='set service.beta.kubernetes.io/do-loadbalancer-enable-proxy-protocol: "true" and '
    'use-proxy-protocol: "true"',
)


def _by_connection(hop: Hop, version: int) -> Iterator[Hop]:
    """A load balancer that forwards connections, that writes PROXY lines, or that understands HTTP."""
    kind = hop.name.partition(":")[0]
    yield hop
    yield replace(hop, name=f"{kind}:proxy", title=f"{hop.title} that sends PROXY lines", proxy=version, remedy="")
    yield replace(
        hop,
        name=f"{kind}:http",
        title=f"{hop.title} with an HTTP listener",
        layer=Layer.HTTP,
        tls=Tls.ENDED,
        chain=Chain.APPENDED,
        sets=_SCHEME_AND_PORT,
        unsure="appends to X-Forwarded-For (its pages do not say)",
        remedy="",
    )


def _cdns() -> Iterator[Hop]:
    """Google's cache in each of its modes."""
    for mode in ("", ":use-origin-headers", ":force-cache-all"):
        title = "Google's Application Load Balancer with Cloud CDN"
        yield replace(
            _GCP_HTTPS,
            name=f"gcp-cdn{mode}",
            title=title,
            caches=f"gcp-cdn{mode}",
            unsure="keeps answers of other statuses for a while too (negativeCaching, which GKE switches on)",
        )


def _modes() -> Iterator[Hop]:
    """Each hop as it usually is, and the modes in which it does otherwise."""
    yield _NLB
    yield replace(
        _NLB, name="aws-nlb:proxy-v2", title=f"{_NLB.title} that sends PROXY lines", connects_from=_PRIVATE, proxy=2
    )
    yield replace(
        _NLB,
        name="aws-nlb:no-client-ip",
        title=f"{_NLB.title} that does not preserve the client's address",
        connects_from=_PRIVATE,
        remedy="set preserve_client_ip.enabled=true or proxy_protocol_v2.enabled=true in "
        "service.beta.kubernetes.io/aws-load-balancer-target-group-attributes",
    )
    yield replace(_NLB, name="aws-nlb:tls", title=f"{_NLB.title} that ends TLS", tls=Tls.ENDED)
    yield _ALB
    for mode, chain in (("preserve", Chain.UNTOUCHED), ("remove", Chain.REMOVED)):
        remedy = "set routing.http.xff_header_processing.mode to append"
        yield replace(_ALB, name=f"aws-alb:{mode}", title=f"{_ALB.title} ({mode})", chain=chain, remedy=remedy)
    yield _ELB
    yield replace(_ELB, name="aws-classic-elb:proxy-v1", title=f"{_ELB.title} that sends PROXY lines", proxy=1)
    yield replace(
        _ELB,
        name="aws-classic-elb:http",
        title=f"{_ELB.title} with an HTTP listener",
        source=f"{_AWS}/classic/x-forwarded-headers.html",
        layer=Layer.HTTP,
        tls=Tls.ENDED,
        chain=Chain.APPENDED,
        sets=_SCHEME_AND_PORT,
        remedy="",
    )
    yield _GCP_HTTPS
    yield from _cdns()
    yield _GCP_NETWORK
    yield _AZURE_LB
    yield _FRONT_DOOR_EDGE
    yield _CLOUDFLARE_EDGE
    yield replace(_CLOUDFLARE_EDGE, name="cloudflare:flexible", title="Cloudflare (SSL mode Flexible)", tls=Tls.ENDED)
    yield _TUNNEL
    yield _AKAMAI
    yield _FASTLY_EDGE
    yield from _by_connection(_HETZNER, 1)
    yield from _by_connection(_DIGITALOCEAN, 1)
    yield _KUBE_PROXY


HOPS: Mapping[str, Hop] = {hop.name: hop for hop in _modes()}
"""By the word that names it."""
