"""Walks the way to the webhook and tells what is wrong with it, what may be, and which of it explains an error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nginxsim.around.webhook.certificates import secret_named
from nginxsim.around.webhook.faults import faults_of, knows_services
from nginxsim.around.webhook.kinds import Fault
from nginxsim.around.webhook.reach import Provider, Reach, reach_of
from nginxsim.around.webhook.way import ADDRESS, Way, flag, jobs_about, listens_on, ways_of
from nginxsim.checks.webhook_way import worded
from nginxsim.errors import some
from nginxsim.preflight.complaints import Complaint, complaint_of, service_in, webhook_in
from nginxsim.preflight.suspects import API_VERSIONS, ELSEWHERE, EXPLAINS, LOOK, LOOK_ELSEWHERE, POSSIBILITIES
from nginxsim.simulation import Simulation
from nginxsim.verdict.api import api_findings_in
from nginxsim.verdict.findings import at, finding
from nginxsim.verdict.types import Finding

SHOWN = 3
REGISTRATION = "ValidatingWebhookConfiguration"
_LIKELY = {"error": 0, "warning": 1, "notice": 2}


@dataclass(frozen=True, slots=True)
class Suspect:
    """One cause. is_sure: the input shows it; explains: it makes an API server say what it said. look: a command."""

    finding: Finding
    is_sure: bool
    explains: bool
    look: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """An error as it was typed, of which kind it is (None: an unknown one), and what it names."""

    text: str
    complaint: Complaint | None
    webhook: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class Preflight:
    """What was found: the ways that were walked, and the causes, the likeliest first."""

    ways: tuple[Way, ...]
    suspects: tuple[Suspect, ...]
    event: Event | None = None
    reach: Reach | None = None
    listens: Mapping[str, int] | None = None
    """By controller, as "namespace/name", the port of its webhook."""
    assumptions: tuple[str, ...] = ()

    @property
    def found(self) -> tuple[Suspect, ...]:
        """What the input shows."""
        return tuple(each for each in self.suspects if each.is_sure)

    @property
    def possible(self) -> tuple[Suspect, ...]:
        return tuple(each for each in self.suspects if not each.is_sure)

    @property
    def is_finding(self) -> bool:
        return any(each.finding.level != "notice" for each in self.found)


def event_of(text: str) -> Event:
    return Event(text.strip(), complaint_of(text), webhook_in(text), service_in(text))


def preflight(
    simulations: Sequence[Simulation], *, provider: Provider | None = None, event: Event | None = None
) -> Preflight:
    """Of one estate under each of its controllers; `provider`: who runs its API server, where somebody says so."""
    found: dict[Finding, Suspect] = {}
    ways: dict[tuple[str, str], Way] = {}
    listens: dict[str, int] = {}
    assumptions: dict[str, None] = {}
    reach = reach_of(simulations[0].given, provider) if simulations else None
    for one in simulations:
        own = ways_of(one.given, one.controller)
        ways.update({(way.registration.meta.name, way.webhook.name): way for way in own})
        if one.controller.deployed is not None:
            listens[one.controller.deployed.key] = listens_on(flag(one.controller, ADDRESS)[0])
        for suspect in (*_of_faults(one, own, reach, event), *_of_api(one, own)):
            found.setdefault(suspect.finding, suspect)
        assumptions |= dict.fromkeys(_taken(one, own, reach))
    for suspect in _of_possibilities(simulations, tuple(ways.values()), event):
        found.setdefault(suspect.finding, suspect)
    return Preflight(tuple(ways.values()), tuple(_ranked(found.values())), event, reach, listens, tuple(assumptions))


def _ranked(suspects: Iterable[Suspect]) -> Sequence[Suspect]:
    """What explains the error comes first, what the input shows before what may be, and worse before better."""
    return sorted(suspects, key=lambda each: (not each.is_sure, not each.explains, _LIKELY.get(each.finding.level, 3)))


def _of_faults(one: Simulation, ways: Sequence[Way], reach: Reach | None, event: Event | None) -> Iterator[Suspect]:
    for fault in faults_of(one.given, one.controller, reach):
        explains = event is not None and event.complaint in EXPLAINS[fault.kind]
        if fault.is_sure or event is None or explains:
            way = next((each for each in ways if each.webhook.service == fault.facts.get("service")), None)
            yield Suspect(_leveled(fault), fault.is_sure, explains, _look(LOOK[fault.kind], one, way))


def _of_api(one: Simulation, ways: Sequence[Way]) -> Iterator[Suspect]:
    """What the API server would not take of the configurations themselves."""
    names = {way.registration.meta.name for way in ways}
    files = [file for file in one.given.texts if REGISTRATION in file.text]
    for found in api_findings_in(files, one.kubernetes) if names else ():
        kind, _, key = found.finding.owner.partition(" ")
        # A version that is gone is not known to be outside of namespaces.
        if kind == REGISTRATION and key.rpartition("/")[2] in names:
            yield Suspect(found.finding, True, False, API_VERSIONS)


def _leveled(fault: Fault) -> Finding:
    """What may be so is worth a notice."""
    found = worded(fault)
    return found if fault.is_sure else replace(found, level="notice")


def _of_possibilities(simulations: Sequence[Simulation], ways: Sequence[Way], event: Event | None) -> Iterator[Suspect]:
    """Told where an error was given; it is about one way, or about all."""
    if event is None:
        return
    if event.service and not any(way.webhook.service == event.service for way in ways):
        name = event.service.partition("/")[2]
        look = LOOK_ELSEWHERE.format(asked_name=name)
        yield Suspect(finding(ELSEWHERE, asked=event.service), False, True, look)
    named = [way for way in ways if not event.service or way.webhook.service == event.service] or ways
    way = next(iter(named), None)
    one = simulations[0]
    for each in POSSIBILITIES:
        if event.complaint in each.explains and (way is not None or each.code == "webhook-answered-no"):
            facts = _facts(one, way)
            evidence = at(way.webhook.origin) if way is not None else ()
            meta = way.registration.meta if way is not None else None
            yield Suspect(finding(each.code, *evidence, meta=meta, **facts), False, True, _look(each.look, one, way))


def _facts(one: Simulation, way: Way | None) -> dict[str, Any]:
    if way is None:
        return {"namespace": "ingress-nginx", "name": "ingress-nginx-controller-admission", "pods": "the controller"}
    namespace, _, name = way.webhook.service.partition("/")
    secret = secret_named(one.controller, way) or f"{namespace}/{way.registration.meta.name}"
    runs = way.runs.workload.meta if way.runs else None
    return {
        "namespace": namespace,
        "name": name,
        "configuration": way.registration.meta.name,
        "secret": secret,
        "secret_namespace": secret.partition("/")[0],
        "secret_name": secret.partition("/")[2],
        "port": way.target or 8443,
        "port_name": way.port.name if way.port else "",
        "pods": str(runs) if runs else "the controller",
        "timeout": way.webhook.timeout,
        "host": way.host,
    }


def _look(template: str, one: Simulation, way: Way | None) -> str:
    """As somebody types it; what runs the controller is there by kind and name: deployment/NAME."""
    if way is None and "{" in template:
        return "kubectl get validatingwebhookconfigurations"
    facts = _facts(one, way)
    if way is not None and way.runs is not None:
        meta = way.runs.workload.meta
        facts["pods"] = f"{meta.kind.lower()}/{meta.name}"
    return template.format(**facts)


def _taken(one: Simulation, ways: Sequence[Way], reach: Reach | None) -> Iterator[str]:
    cluster = one.given
    yield from one.controller.identity
    for way in ways:
        meta = way.registration.meta
        if way.webhook.service and way.service is None and not knows_services(cluster, way.namespace):
            yield f"Service {way.webhook.service} exists and leads to the controller (it is not in the input)"
        if way.webhook.ca_bundle is None and not way.is_stored(cluster) and (by := list(jobs_about(cluster, way))):
            yield f"{some(by, SHOWN)} fills in the caBundle of {meta}"
        secret = secret_named(one.controller, way)
        known = cluster.secrets.get(secret)
        if secret and (known is None or not known.is_open):
            maker = cluster.made[secret].maker if secret in cluster.made else ""
            yield f"Secret {secret} has a certificate for {way.host}" + (f": {maker} makes it" if maker else "")
    if ways and reach is None:
        yield "the API server reaches every port of the Pods (--provider says who runs it)"
