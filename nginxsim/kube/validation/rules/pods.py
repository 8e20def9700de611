"""Pods and their containers.

Source: kubernetes 1.34 pkg/apis/core/validation/validation.go (ValidatePodSpec and what it calls),
pkg/apis/core/v1/defaults.go, pkg/apis/core/helper/helpers.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import chain

from nginxsim.kube.validation.faults import Fault
from nginxsim.kube.validation.formats import FORMATS
from nginxsim.kube.validation.place import UNBOUNDED, Place
from nginxsim.kube.validation.quantities import parse_quantity
from nginxsim.kube.validation.rules import metadata, scheduling

DEFAULT_GRACE = 30
"""Seconds that a Pod has to end."""
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_ENV_FIELDS = frozenset({
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "spec.host",
    "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
})  # fmt: skip
_AMOUNTS = ("cpu", "memory", "ephemeral-storage")
_ENV_RESOURCES = frozenset(f"{kind}.{name}" for kind in ("limits", "requests") for name in _AMOUNTS)
_HUGE = "hugepages-"
_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")


def pod(place: Place) -> Iterator[Fault]:
    """A Pod by itself."""
    spec = place["spec"]
    yield from in_context(spec)
    if spec["ephemeralContainers"]:
        yield spec["ephemeralContainers"].forbidden("cannot be there from the start")
    if spec["nodeName"] and spec["schedulingGates"]:
        yield spec["nodeName"].forbidden("cannot be there while there are schedulingGates")
    for container in chain(spec["containers"].items(), spec["initContainers"].items()):
        image = container["image"]
        if image.text != image.text.strip():
            yield image.invalid("has blanks around it")


def template(place: Place) -> Iterator[Fault]:
    """The Pods that something makes. The API server leaves "metadata" out when it names their labels."""
    yield from metadata.labels_of(place["metadata"]["labels"], named=f"{place.field}.labels")
    yield from metadata.annotations_of(place["metadata"]["annotations"], named=f"{place.field}.annotations")
    if place["spec"]["ephemeralContainers"]:
        yield place["spec"]["ephemeralContainers"].forbidden("is not for what makes Pods")


def in_context(spec: Place, claims: Sequence[str] = (), *, named_by_owner: bool = False) -> Iterator[Fault]:
    """What hangs on who makes the Pod. claims: volumes that it adds; named_by_owner: it gives them their names."""
    if not named_by_owner:
        for name in ("hostname", "subdomain"):
            if spec[name]:
                yield from spec[name].must_be("label")
    volumes = {volume["name"].text for volume in spec["volumes"].items()} | set(claims)
    for container in chain(spec["containers"].items(), spec["initContainers"].items()):
        for mount in chain(container["volumeMounts"].items(), container["volumeDevices"].items()):
            if mount["name"].text not in volumes:
                yield mount["name"].not_found("is no volume of this Pod")


def pod_spec(place: Place) -> Iterator[Fault]:
    containers, inits = place["containers"].items(), place["initContainers"].items()
    yield from _names(containers, inits)
    yield from _host_ports(containers)
    for init in inits:
        yield from _host_ports([init], named_under=place["initContainers"].field)
        yield from _init(init)
    if place["hostNetwork"].value:
        yield from _host_network(containers)
    yield from _probed(place, [*containers, *filter(_restarts, inits)])
    yield from _dns(place)
    yield from scheduling.spreads(place)
    if place["shareProcessNamespace"].value and place["hostPID"].value:
        named = f"{place.field}.securityContext.shareProcessNamespace"
        yield place["shareProcessNamespace"].invalid("does not go with hostPID", named=named)


def _names(containers: Iterable[Place], inits: Iterable[Place]) -> Iterator[Fault]:
    taken: set[str] = set()
    for container in chain(containers, inits):
        name = container["name"]
        if name.text in taken:
            yield name.duplicate(name.text)
        taken.add(name.text)


def _host_ports(containers: Iterable[Place], *, named_under: str = "") -> Iterator[Fault]:
    taken: set[str] = set()
    for container in containers:
        for i, port in enumerate(container["ports"].items()):
            number = port["hostPort"]
            key = f"{port['protocol'].text or 'TCP'}/{port['hostIP'].text}/{number.number}"
            if number and key in taken:
                yield number.duplicate(key, named=f"{named_under}[0].ports[{i}].hostPort" if named_under else "")
            taken.add(key)


def _host_network(containers: Iterable[Place]) -> Iterator[Fault]:
    for container in containers:
        for port in container["ports"].items():
            if port["hostPort"] and port["hostPort"].number != port["containerPort"].number:
                yield port["hostPort"].invalid("is not the containerPort, as hostNetwork needs it")


def _restarts(init: Place) -> bool:
    """An init container that stays beside the others; another policy than Always is dropped."""
    return init["restartPolicy"].text == "Always"


def _init(init: Place) -> Iterator[Fault]:
    for name in ("lifecycle", *_PROBES) if not _restarts(init) else ():
        if init[name].is_there:
            yield init[name].forbidden("is for init containers with restartPolicy Always only")


def _probed(spec: Place, containers: Iterable[Place]) -> Iterator[Fault]:
    grace = spec["terminationGracePeriodSeconds"]
    seconds = grace.number if grace.is_there else DEFAULT_GRACE
    for container in containers:
        for name in filter(lambda name: container[name].is_there, _PROBES):
            yield from _probe(container[name], once=name != "readinessProbe")
        for name in ("postStart", "preStop"):
            if container["lifecycle"][name].is_there:
                yield from _handler(container["lifecycle"][name], seconds)


def _probe(place: Place, *, once: bool) -> Iterator[Fault]:
    yield from _handler(place, UNBOUNDED)
    if once and place["successThreshold"].number not in (0, 1):
        yield place["successThreshold"].invalid("is not 1")
    grace = place["terminationGracePeriodSeconds"]
    if grace.is_there and not once:
        yield grace.invalid("is not for readinessProbe")
    if grace.is_there and grace.number <= 0:
        yield grace.invalid("is not more than 0")


def _handler(place: Place, grace: int) -> Iterator[Fault]:
    """What is done to ask a container, or to tell it; exactly one thing."""
    written = [place[name] for name in _HANDLERS if place[name].is_there]
    if not written:
        yield place.required("says nothing to do, such as httpGet")
        return
    yield from (other.forbidden("is one thing to do too many") for other in written[1:])
    first = written[0]
    match first.path[-1]:
        case "exec" if not first["command"]:
            yield first["command"].required()
        case "httpGet":
            yield from _http_get(first)
        case "tcpSocket" | "grpc":
            yield from _port(first["port"])
        case "sleep" if not 0 <= first["seconds"].number <= grace:
            says = f"is not 0 to {grace} seconds, the time that the Pod has to end"
            yield first.invalid(says, first["seconds"].number)


def _http_get(place: Place) -> Iterator[Fault]:
    yield from _port(place["port"])
    if place["scheme"] and place["scheme"].text not in ("HTTP", "HTTPS"):
        yield place["scheme"].unsupported(("HTTP", "HTTPS"))
    for header in place["httpHeaders"].items():
        yield from header["name"].must_be("header-name", named=place["httpHeaders"].field)


def _port(place: Place) -> Iterator[Fault]:
    yield from place.must_be("port-name") if isinstance(place.value, str) else place.within(1, 65535)


def container(place: Place) -> Iterator[Fault]:
    """Of any sort."""
    yield from _ports(place["ports"].items())
    yield from _mounts(place)
    security = place["securityContext"]
    if security["allowPrivilegeEscalation"].value is False:
        if security["privileged"].value:
            yield security.invalid("forbids escalation and is privileged")
        elif "CAP_SYS_ADMIN" in security["capabilities"]["add"].texts():
            yield security.invalid("forbids escalation and adds CAP_SYS_ADMIN")


def _ports(ports: Iterable[Place]) -> Iterator[Fault]:
    taken: set[str] = set()
    for port in ports:
        name, host = port["name"], port["hostPort"]
        if name and name.text in taken:
            yield name.duplicate()
        taken.add(name.text)
        if host:
            yield from host.within(1, 65535)


def _mounts(place: Place) -> Iterator[Fault]:
    taken: set[str] = set()
    mounts = place["volumeMounts"]
    for mount in mounts.items():
        path = mount["mountPath"]
        if path.text in taken:
            yield path.invalid("is taken by another mount", path.text)
        taken.add(path.text)
        for name in ("subPath", "subPathExpr"):
            yield from (mount[name].invalid(says, named=f"{mounts.field}.{name}") for says in below(mount[name].text))
        if mount["subPath"] and mount["subPathExpr"]:
            yield mount["subPathExpr"].invalid("does not go with subPath")
        yield from _propagation(mount, place, mounts)


def _propagation(mount: Place, place: Place, mounts: Place) -> Iterator[Fault]:
    """The API server names the list, not the item."""
    mode, known = mount["mountPropagation"], ("Bidirectional", "HostToContainer", "None")
    named = f"{mounts.field}.mountPropagation"
    if mode.is_there and mode.text not in known:
        yield mode.unsupported(known, named=named)
    elif mode.text == "Bidirectional" and not place["securityContext"]["privileged"].value:
        yield mode.forbidden("is for privileged containers only", named=named)


def below(path: str) -> Iterator[str]:
    """What keeps a path from leading downwards only."""
    if path.startswith("/"):
        yield "begins with a slash"
    if ".." in path.split("/"):
        yield "leads upwards"


def env(place: Place) -> Iterator[Fault]:
    source = place["valueFrom"]
    if not source.is_there:
        return
    written = [name for name in _SOURCES if source[name].is_there]
    if not written:
        yield source.invalid("names no source", "")
    elif place["value"]:
        yield source.invalid("does not go with a value", "")
    elif len(written) > 1:
        yield source.invalid("names more than one source", "")


def env_value(place: Place) -> Iterator[Fault]:
    """The source of an environment variable's value."""
    if place["fieldRef"].is_there:
        yield from _field_ref(place["fieldRef"])
    if place["resourceFieldRef"].is_there:
        yield from _env_resource(place["resourceFieldRef"]["resource"])


def env_from(place: Place) -> Iterator[Fault]:
    """The API server names the list, not the item."""
    written = sum(place[name].is_there for name in ("configMapRef", "secretRef"))
    if written != 1:
        says = "has an item that names more than one source" if written else "has an item that names no source"
        yield Place(None, place.path[:-1]).invalid(says, "")


def env_source(place: Place) -> Iterator[Fault]:
    """A whole ConfigMap or Secret."""
    name = place["name"]
    yield from name.must_be("prefix") if name else (name.required(),)


def key_selector(place: Place) -> Iterator[Fault]:
    """One key of a ConfigMap or Secret."""
    yield from place["name"].must_be("subdomain")
    yield from place["key"].must_be("data-key") if place["key"] else (place["key"].required(),)


def _field_ref(place: Place) -> Iterator[Fault]:
    path = place["fieldPath"]
    base, bracket, rest = path.text.partition("['")
    if not path:
        yield path.required()
    elif place["apiVersion"].text not in ("", "v1"):
        yield path.invalid("cannot be read in another version than v1")
    elif bracket and rest.endswith("']") and base in ("metadata.labels", "metadata.annotations"):
        key = rest.removesuffix("']")
        says = FORMATS["qualified"](key.lower() if base == "metadata.annotations" else key)
        yield from (place.invalid(each, key) for each in says)
    elif path.text not in _ENV_FIELDS:
        yield path.unsupported(_ENV_FIELDS)


def _env_resource(name: Place) -> Iterator[Fault]:
    if not name:
        yield name.required()
    elif name.text not in _ENV_RESOURCES and not name.text.startswith(("limits.hugepages-", "requests.hugepages-")):
        yield name.unsupported(_ENV_RESOURCES)


def resources(place: Place) -> Iterator[Fault]:
    """What is asked and allowed of a container."""
    limits, requests = place["limits"].entries(), place["requests"].entries()
    for name, entry in [*limits.items(), *requests.items()]:
        yield from (entry.invalid(says, name) for says in _no_resource(name))
        if (amount := _amount(entry)) < 0:
            yield entry.invalid("is below 0")
        elif "/" in name and amount.denominator != 1:
            yield entry.invalid("is not a whole number")
    for name, entry in requests.items():
        yield from _limited(entry, name, limits.get(name), place)
    huge = any(name.startswith(_HUGE) for name in (*limits, *requests))
    if huge and not {"cpu", "memory"} & {*limits, *requests}:
        yield place.forbidden("has huge pages, but neither cpu nor memory")


def _amount(entry: Place) -> Fraction:
    return parse_quantity(str(entry.value)) or Fraction(0) if entry.is_there else Fraction(0)


def _no_resource(name: str) -> Iterator[str]:
    problems = list(FORMATS["qualified"](name))
    yield from problems
    if not problems and "/" not in name and name not in _AMOUNTS and not name.startswith(_HUGE):
        yield f"is not one of {', '.join(_AMOUNTS)}, nor a name with a domain"


def _limited(request: Place, name: str, limit: Place | None, place: Place) -> Iterator[Fault]:
    """What cannot be shared has to be asked for as much as it is limited."""
    shared = "/" not in name and not name.startswith(_HUGE)
    if limit is None:
        if not shared:
            yield place["limits"].required(f"has no {name}, which requests have")
    elif _amount(request) > _amount(limit):
        yield request.invalid(f"is more than the limit of {name}", named=place["requests"].field)
    elif not shared and _amount(request) != _amount(limit):
        yield request.invalid(f"is not the limit of {name}", named=place["requests"].field)


def _dns(spec: Place) -> Iterator[Fault]:
    config = spec["dnsConfig"]
    servers, searches = config["nameservers"], config["searches"]
    if spec["dnsPolicy"].text == "None":
        if not config.is_there:
            yield config.required("is missing, which dnsPolicy None needs")
            return
        if not servers:
            yield servers.required("is missing, which dnsPolicy None needs")
            return
    if len(servers.items()) > 3:
        yield servers.invalid("has more than 3 servers")
    if len(searches.items()) > 32:
        yield searches.invalid("has more than 32 domains")
    if len(" ".join(searches.texts())) > 2048:
        yield searches.invalid("has more than 2048 characters")
    for search in searches.items():
        if search.text != ".":
            says = FORMATS["subdomain-underscored"](search.text.removesuffix("."))
            yield from map(search.invalid, says)
    for option in config["options"].items():
        if not option["name"]:
            yield option.required("has no name")
