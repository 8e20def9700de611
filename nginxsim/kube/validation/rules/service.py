"""Service.

Source: kubernetes 1.34 pkg/apis/core/validation/validation.go (validateService), pkg/apis/core/v1/defaults.go
(SetDefaults_Service), pkg/registry/core/service/storage/alloc.go.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping

from nginxsim.golang.net import Address, parse_ip_sloppy
from nginxsim.golang.strconv import trim
from nginxsim.kube.validation.faults import Fault
from nginxsim.kube.validation.formats import FORMATS
from nginxsim.kube.validation.place import Place

NONE = "None"
"""clusterIP of a Service without an address of its own."""
TOPOLOGY_MODE = "service.kubernetes.io/topology-mode"
TOPOLOGY_HINTS = "service.kubernetes.io/topology-aware-hints"
SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
FAMILIES: Mapping[str, int] = {"IPv4": 4, "IPv6": 6}
POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")
_LONGEST_AFFINITY = 86400
# RFC 5737, RFC 3849: addresses for documents, which no cluster has
_DOCUMENTATION = tuple(
    map(ipaddress.ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"))
)


def service(place: Place) -> Iterator[Fault]:
    spec = place["spec"]
    yield from _annotations(place["metadata"]["annotations"], spec)
    yield from _spec(spec)


def _type(spec: Place) -> str:
    return spec["type"].text or "ClusterIP"


def _cluster_ips(spec: Place) -> list[str]:
    """As the API server completes them: clusterIP alone is the first of them."""
    single = spec["clusterIP"].text
    return spec["clusterIPs"].texts() or ([single] if single else [])


# Giving out addresses and node ports


def given_out(place: Place) -> Iterator[Fault]:
    """What comes before anything else is looked at."""
    spec = place["spec"]
    if _type(spec) != "ExternalName":
        faults = list(_addresses(spec)) or list(_families(spec)) or list(_in_no_range(spec))
        yield from faults
        if faults:
            return
    if _type(spec) in ("NodePort", "LoadBalancer"):
        yield from _node_ports_once(spec)


def _addresses(spec: Place) -> Iterator[Fault]:
    """Each by itself, then one of each family at the most."""
    single, several = spec["clusterIP"].text, spec["clusterIPs"]
    ips = _cluster_ips(spec)
    if not single and ips:
        yield several.invalid("is given without clusterIP")
    elif ips and ips[0] != single:
        yield several.invalid("does not begin with the clusterIP")
    yield from _families_written(spec)
    bad = list(_bad_addresses(spec, ips))
    yield from bad
    if len(ips) > 2:
        yield several.invalid("has more than 2 addresses")
    if not bad:
        yield from _one_of_each_family(spec, ips)


def _bad_addresses(spec: Place, ips: list[str]) -> Iterator[Fault]:
    several = spec["clusterIPs"]
    for i, ip in enumerate(ips):
        if i == 0 and ip == NONE:
            if len(ips) > 1:
                yield several.invalid("has more than the one value None")
            continue
        written = several.items()[i] if several else spec["clusterIP"]
        yield from (written.invalid(says, ip, named=f"{several.field}[{i}]") for says in FORMATS["ip"](ip))


def _one_of_each_family(spec: Place, ips: list[str]) -> Iterator[Fault]:
    several = spec["clusterIPs"]
    if len(ips) > 1 and sorted(map(_family, ips)) != [4, 6]:
        yield several.invalid("has two addresses of one family")
    if ips[:1] == [NONE]:
        return
    for i, (ip, family) in enumerate(zip(ips, spec["ipFamilies"].texts(), strict=False)):
        if FAMILIES.get(family, _family(ip)) != _family(ip):
            written = several.items()[i] if several else spec["clusterIP"]
            yield written.invalid(f"is not {family}, as ipFamilies has it", ip, named=f"{several.field}[{i}]")


def _family(ip: str) -> int:
    address = parse_ip_sloppy(ip)
    return address.version if address else 0


def _families_written(spec: Place) -> Iterator[Fault]:
    seen: set[str] = set()
    for family in spec["ipFamilies"].items():
        if family.text not in FAMILIES:
            yield family.unsupported(FAMILIES, family.text)
        if family.text in seen:
            yield family.duplicate()
        seen.add(family.text)
    policy = spec["ipFamilyPolicy"]
    if policy.is_there and policy.text not in POLICIES:
        yield policy.unsupported(POLICIES)


def _families(spec: Place) -> Iterator[Fault]:
    policy = spec["ipFamilyPolicy"]
    headless = spec["clusterIP"].text == NONE and not spec["selector"]
    default = "RequireDualStack" if headless else "SingleStack"
    if (policy.text or default) != "SingleStack":
        return
    if len(_cluster_ips(spec)) == 2:
        yield policy.invalid("has to be RequireDualStack or PreferDualStack for two clusterIPs", policy.text or default)
    if len(spec["ipFamilies"].texts()) == 2:
        yield policy.invalid("has to be RequireDualStack or PreferDualStack for two ipFamilies", policy.text or default)


def _in_no_range(spec: Place) -> Iterator[Fault]:
    """The range of Services is the cluster's own; but some addresses are in none."""
    for ip in _cluster_ips(spec):
        address = parse_ip_sloppy(ip)
        if address and (any(FORMATS["endpoint-ip"](ip)) or _is_nobodys(address)):
            written = spec["clusterIPs"] or spec["clusterIP"]
            yield written.invalid("is in no cluster's range of Services", ip, named=spec["clusterIPs"].field)


def _is_nobodys(address: Address) -> bool:
    return address.is_multicast or address.is_reserved or any(address in network for network in _DOCUMENTATION)


def _node_ports_once(spec: Place) -> Iterator[Fault]:
    """Ports of one number share their node port, whatever their protocols; others cannot. The first clash ends it."""
    given: dict[int, int] = {}
    for port in spec["ports"].items():
        number, wanted = port["port"].number, port["nodePort"].number
        if number not in given:
            asked = (other["nodePort"].number for other in spec["ports"].items() if other["port"].number == number)
            wanted = next(filter(None, asked), 0)
        elif wanted in (0, given[number]):
            continue
        if wanted and wanted in given.values():
            yield port["nodePort"].invalid("is taken by another port of this Service", wanted)
            return
        given.setdefault(number, wanted)


# What is asked of the rest


def _annotations(place: Place, spec: Place) -> Iterator[Fault]:
    entries = place.entries()
    mode, hints = entries.get(TOPOLOGY_MODE), entries.get(TOPOLOGY_HINTS)
    if mode is not None and hints is not None and mode.text != hints.text:
        yield mode.invalid(f"is not what {TOPOLOGY_HINTS} says", mode.text)
    ranges = entries.get(SOURCE_RANGES)
    if ranges is not None and not spec["loadBalancerSourceRanges"]:
        if _type(spec) != "LoadBalancer":
            yield ranges.forbidden("goes with type LoadBalancer only")
        for value in trim(ranges.text).split(",") if trim(ranges.text) else ():
            yield from (ranges.invalid(says, trim(value)) for says in FORMATS["cidr"](trim(value)))


def _spec(spec: Place) -> Iterator[Fault]:
    kind, headless = _type(spec), _cluster_ips(spec)[:1] == [NONE]
    if not spec["ports"] and not headless and kind != "ExternalName":
        yield spec["ports"].required()
    if headless and kind in ("LoadBalancer", "NodePort"):
        yield spec["clusterIP"].invalid(f"cannot be None for type {kind}", named=f"{spec['clusterIPs'].field}[0]")
    if kind == "ExternalName":
        yield from _external_name(spec)
    yield from _ports(spec, kind)
    yield from _affinity(spec)
    yield from _from_outside(spec, kind)
    yield from _load_balancer(spec, kind)


def _external_name(spec: Place) -> Iterator[Fault]:
    for part in ("clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        if _cluster_ips(spec) if part == "clusterIPs" else spec[part].value:
            yield spec[part].forbidden("does not go with type ExternalName")
    name = spec["externalName"]
    target = name.text.removesuffix(".")
    yield from (name.invalid(says, target) for says in FORMATS["subdomain"](target)) if target else (name.required(),)


def _ports(spec: Place, kind: str) -> Iterator[Fault]:
    ports = spec["ports"].items()
    names: set[str] = set()
    for port in ports:
        yield from _port_name(port["name"], names, needed=len(ports) > 1)
        yield from _target(port)
        if kind == "ClusterIP" and port["nodePort"]:
            yield port["nodePort"].forbidden("does not go with type ClusterIP")
    yield from _once(ports, "port")
    yield from _once([port for port in ports if port["nodePort"]], "nodePort")


def _once(ports: list[Place], name: str) -> Iterator[Fault]:
    """No two ports have the number and the protocol alike."""
    seen: set[tuple[str, int]] = set()
    for port in ports:
        key = (port["protocol"].text or "TCP", port[name].number)
        if key in seen:
            place = port if name == "port" else port[name]
            yield place.duplicate(f"{key[1]}/{key[0]}")
        seen.add(key)


def _port_name(name: Place, taken: set[str], *, needed: bool) -> Iterator[Fault]:
    if not name:
        if needed:
            yield name.required("is missing; each of several ports has a name")
        return
    yield from name.must_be("label")
    if name.text in taken:
        yield name.duplicate()
    taken.add(name.text)


def _target(port: Place) -> Iterator[Fault]:
    """Where none is written (or 0), it is the port itself."""
    target = port["targetPort"]
    if isinstance(target.value, str) and target.value:
        yield from target.must_be("port-name")
    else:
        number = target.number if target else port["port"].number
        yield from Place(number, target.path).within(1, 65535)


def _affinity(spec: Place) -> Iterator[Fault]:
    seconds = spec["sessionAffinityConfig"]["clientIP"]["timeoutSeconds"]
    if spec["sessionAffinity"].text == "ClientIP" and seconds.is_there:
        yield from seconds.within(1, _LONGEST_AFFINITY)


def _from_outside(spec: Place, kind: str) -> Iterator[Fault]:
    policy, check = spec["externalTrafficPolicy"], spec["healthCheckNodePort"]
    is_open = kind in ("NodePort", "LoadBalancer") or (kind == "ClusterIP" and bool(spec["externalIPs"]))
    if policy and not is_open:
        yield policy.invalid("goes with types NodePort and LoadBalancer, or externalIPs, only")
    elif policy and policy.text not in ("Cluster", "Local"):
        yield policy.unsupported(("Cluster", "Local"))
    if kind != "LoadBalancer" or policy.text != "Local":
        if check:
            yield check.invalid("goes with type LoadBalancer and externalTrafficPolicy Local only")
    elif check:
        yield from check.within(1, 65535)
    for ip in spec["externalIPs"].items():
        yield from ip.must_be("endpoint-ip")


def _load_balancer(spec: Place, kind: str) -> Iterator[Fault]:
    for name in ("allocateLoadBalancerNodePorts", "loadBalancerClass"):
        if spec[name].is_there and kind != "LoadBalancer":
            yield spec[name].forbidden("goes with type LoadBalancer only")
    if kind == "LoadBalancer" and spec["loadBalancerClass"].is_there:
        yield from spec["loadBalancerClass"].must_be("qualified")
    ranges = spec["loadBalancerSourceRanges"]
    named = f"{spec.field}.LoadBalancerSourceRanges"
    if ranges and kind != "LoadBalancer":
        yield ranges.forbidden("goes with type LoadBalancer only", named=named)
    for i, item in enumerate(ranges.items()):
        value = trim(item.text)
        yield from (item.invalid(says, value, named=f"{named}[{i}]") for says in FORMATS["cidr"](value))
