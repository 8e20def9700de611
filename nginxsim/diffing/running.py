"""The nginx.conf of a controller that runs, beside the one that is predicted for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from nginxsim.diffing.confs import Written, conf_changes
from nginxsim.diffing.places import server_name
from nginxsim.diffing.types import FRAME, ConfChange
from nginxsim.errors import InputError
from nginxsim.nginx.tree import ConfError, Directive, parse_conf
from nginxsim.render.provenance import Rendered
from nginxsim.verdict.provenance import Provenance

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation

CONF = "/etc/nginx/nginx.conf"
OF_THE_MACHINE = frozenset({"worker_processes", "worker_rlimit_nofile", "resolver"})
"""Directives that the Pod's limits, its node and its resolv.conf decide, none of which the API tells."""
BACKLOG = "backlog="
"""And an argument of `listen`, which the node's kernel decides."""
IPV6 = "[::]:"
"""Whether nginx listens there is the Pod's network's."""


class _Either(Written):
    """One of the two. What is a host's own is told by the name of its server alike in both."""

    def servers(self) -> dict[str, Directive]:
        found: dict[str, Directive] = {}
        for child in self.http.all("server"):
            found.setdefault(_host(child), child)
        return found


def _host(server: Directive) -> str:
    """A server that the controller has for itself has no name, but a port of its own."""
    listened = server.first("listen")
    return server_name(server) if server.first("server_name") else " ".join(listened.args[:1]) if listened else ""


def running_conf(simulation: Simulation) -> str:
    """What the controller has written in its Pod. Raises InputError, in the words of kubectl."""
    deployed, clusters = simulation.controller.deployed, simulation.given.live
    if not clusters:
        raise InputError("--compare-conf compares with a controller that runs: it goes with --cluster")
    if deployed is None:
        raise InputError("no controller runs in what was looked at of the cluster: there is nothing to compare with")
    pods = [each for each in deployed.members if each.meta.kind == "Pod" and each.replicas]
    pod = next((each for each in pods if each.ready), next(iter(pods), None))
    if pod is None:
        raise InputError(f"{deployed} has no Pod that runs: there is nothing to compare with")
    return clusters[0].content(pod.meta.namespace, pod.meta.name, deployed.container.name, CONF)


def compare_running(rendered: Rendered, running: str, host: str | None = None) -> list[ConfChange]:
    """From the predicted conf to that which runs; host: of this one's server only. Raises InputError."""
    predicted = _Either(_settled(parse_conf(rendered.text)), Provenance(parse_conf(rendered.text), rendered.sources))
    try:
        tree = parse_conf(running)
    except ConfError as problem:
        raise InputError(f"the controller's {CONF} cannot be read: {problem}") from None
    real = _Either(_settled(tree), Provenance(tree, {}))
    hosts = {*predicted.servers(), *real.servers()} if host is None else {host}
    changes = conf_changes(predicted, real, hosts)
    return [change for change in changes if host is None or change.host != FRAME]


def _settled(directive: Directive) -> Directive:
    """Without what differs by its nature."""
    if directive.block is None:
        return directive
    return replace(directive, block=tuple(_settled(_plain(each)) for each in _kept(directive.block)))


def _kept(block: Iterable[Directive]) -> Iterable[Directive]:
    return (each for each in block if each.name not in OF_THE_MACHINE and not _is_ipv6(each))


def _is_ipv6(directive: Directive) -> bool:
    return directive.name == "listen" and directive.args[:1] != () and directive.args[0].startswith(IPV6)


def _plain(directive: Directive) -> Directive:
    if directive.name != "listen":
        return directive
    return replace(directive, args=tuple(word for word in directive.args if not word.startswith(BACKLOG)))
