"""The controllers of an input: what of each was used, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from nginxsim.config.deployed import Whence
from nginxsim.config.zone import zone_of
from nginxsim.origins import Source
from nginxsim.printing import paint
from nginxsim.reports.machine import dumps, place
from nginxsim.reports.terminal import for_people, plural, table

if TYPE_CHECKING:
    from nginxsim.around.balancer import Balancer, Listener
    from nginxsim.config.deployed import Deployed
    from nginxsim.config.flags import Given
    from nginxsim.simulation import Simulation

CONFIG_MAPS = ("configmap", "tcp-services-configmap", "udp-services-configmap")
SECRET = frozenset({"maxmind-license-key"})
"""Flags whose values are nobody's business."""
COMMAND_LINE = "--flag"
MISSING = "not in the input"

Row = tuple[str, str, str, str]
"""What it is, what was used, where that comes from, and the place."""


def text(simulations: Sequence[Simulation]) -> str:
    blocks = (list(_lines(one)) for one in simulations)
    return for_people(chain.from_iterable([*([""] if number else []), *lines] for number, lines in enumerate(blocks)))


def _lines(one: Simulation) -> Iterator[str]:
    if name := one.whose.estate:
        yield f"{paint('estate', bold=True)} {name}"
    deployed = one.controller.deployed
    named = str(deployed) if deployed else "no controller in the input"
    yield "  ".join([paint(named, bold=True), *([str(deployed.origin)] if deployed else [])])
    yield from table(list(_rows(one)), indent="  ")
    yield from (f"  taken  {words}" for words in one.taken if words not in one.controller.identity)


def _rows(one: Simulation) -> Iterator[Row]:
    controller = one.controller
    yield _row("release", controller.release.name, controller.release_from)
    yield from _class_rows(one)
    yield from (_config_map_row(one, name) for name in CONFIG_MAPS if _flag(one, name))
    if deployed := controller.deployed:
        number = "one on each node" if deployed.replicas is None else str(deployed.replicas)
        yield _row("replicas", number, Whence("", deployed.workload.replicas_origin))
    if zone := zone_of(one.given, controller).name:
        yield "zone", zone, "", ""
    for hop in one.hops:
        yield _row("hop", hop.word, Whence(hop.by, hop.origin))
    if balancer := one.balancer:
        yield _row("in front", _front(balancer), Whence(str(balancer.service.meta), balancer.service.meta.origin))
    for name, given in controller.flags.given.items():
        yield _row("flag", _written(name, given), _whence(given.source))
    served, known = sum(1 for _ in one.own()), len(one.given.ingresses)
    beside = f" of {known}" if known != served else ""
    yield "serves", f"{served} {plural('Ingress', served)}{beside}", "", ""


def _row(what: str, used: str, whence: Whence) -> Row:
    return what, used, whence.words, str(whence.origin) if whence.origin else ""


def _whence(source: Source) -> Whence:
    return Whence(source.owner or COMMAND_LINE, source.origin)


def _class_rows(one: Simulation) -> Iterator[Row]:
    flags = one.controller.flags
    names = sorted(name for name, known in one.cluster.ingress_classes.items() if one.gate.is_own_class(name))
    yield "class", ", ".join(names) or "none", f"IngressClass of {flags.controller_class}", ""
    yield "annotation", flags.ingress_class, "kubernetes.io/ingress.class", ""
    yield "without class", "served" if flags.watch_ingress_without_class else "not served", "", ""
    if watched := flags.watch_namespace or flags.watch_namespace_selector:
        yield "namespaces", watched, "", ""


def _flag(one: Simulation, name: str) -> str:
    return str(getattr(one.controller.flags, name.replace("-", "_")))


def _config_map_row(one: Simulation, name: str) -> Row:
    key = _flag(one, name)
    found = one.given.config_maps.get(key)
    if found is None:
        return name, key, MISSING, ""
    return name, key, f"{len(found.data)} {plural('key', len(found.data))}", str(found.meta.origin)


def _written(name: str, given: Given) -> str:
    return f"--{name}={'...' if name in SECRET else given.text}"


def _front(balancer: Balancer) -> str:
    return ", ".join(f"{listener.port.port} {_listener_words(listener)}" for listener in balancer.listeners())


def _listener_words(listener: Listener) -> str:
    spoken = "https" if listener.tls and listener.tls.speaks_tls else "http"
    words = [f"ends TLS and speaks {spoken}" if listener.tls else "", "writes PROXY lines" if listener.proxy else ""]
    return " and ".join(filter(None, words)) or "as it comes"


def as_json(simulations: Sequence[Simulation]) -> str:
    return dumps([_data(one) for one in simulations])


def _data(one: Simulation) -> dict[str, Any]:
    controller, flags = one.controller, one.controller.flags
    return {
        **({"estate": one.whose.estate} if one.whose.estate else {}),
        "controller": _deployed_data(controller.deployed) if controller.deployed else None,
        "release": {"name": controller.release.name, **_from(controller.release_from)},
        "flags": [
            {"name": name, "value": None if name in SECRET else given.text, **_from(_whence(given.source))}
            for name, given in flags.given.items()
        ],
        "config_maps": [_config_map_data(one, name) for name in CONFIG_MAPS if _flag(one, name)],
        "class": {
            "controller": flags.controller_class,
            "names": sorted(name for name in one.cluster.ingress_classes if one.gate.is_own_class(name)),
            "annotation": flags.ingress_class,
            "without_class": flags.watch_ingress_without_class,
            "namespace": flags.watch_namespace or None,
            "namespace_selector": flags.watch_namespace_selector or None,
        },
        "zone": zone_of(one.given, controller).name or None,
        "hops": [{"hop": hop.word, "by": hop.by, "origin": place(hop.origin)} for hop in one.hops],
        "service": _front_data(one.balancer) if one.balancer else None,
        "ingresses": sorted(ingress.meta.key for ingress in one.own()),
        "assumptions": list(one.taken),
    }


def _from(whence: Whence) -> dict[str, Any]:
    return {"from": whence.words, "origin": place(whence.origin)}


def _deployed_data(deployed: Deployed) -> dict[str, Any]:
    meta = deployed.workload.meta
    return {
        "kind": meta.kind,
        "namespace": meta.namespace,
        "name": meta.name,
        "origin": place(deployed.origin),
        "image": deployed.container.image,
        "replicas": deployed.replicas,
    }


def _config_map_data(one: Simulation, name: str) -> dict[str, Any]:
    key = _flag(one, name)
    found = one.given.config_maps.get(key)
    return {"flag": name, "name": key, "origin": place(found.meta.origin) if found else None}


def _front_data(front: Balancer) -> dict[str, Any]:
    meta = front.service.meta
    return {"name": meta.key, "origin": place(meta.origin), "ports": list(map(_listener_data, front.listeners()))}


def _listener_data(listener: Listener) -> dict[str, Any]:
    return {
        "port": listener.port.port,
        "target": listener.target or None,
        "ends_tls": listener.tls is not None,
        "speaks_tls": listener.tls.speaks_tls if listener.tls else None,
        "proxy_line": bool(listener.proxy),
    }


FORMATS = {"text": text, "json": as_json}
