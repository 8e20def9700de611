"""Canaries: backends without a server of their own join the backends whose traffic they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nginxsim.controller.context import Context
from nginxsim.controller.drafts import BackendDraft, ServerDraft
from nginxsim.controller.ingresses import Arrival
from nginxsim.controller.model import (
    DEFAULT_SERVER,
    DEFAULT_UPSTREAM,
    About,
    NoticeCode,
)
from nginxsim.controller.references import Claim, host_of, upstream_name
from nginxsim.kube.objects import IngressRule
from nginxsim.origins import Origin


class _Places:
    """Where the locations of a server stand in its list, by backend and by path."""

    def __init__(self, server: ServerDraft) -> None:
        self.first_of_backend: dict[str, int] = {}
        self.by_path: dict[tuple[str, str], list[tuple[str, int]]] = {}
        for position, location in enumerate(server.locations):
            self.first_of_backend.setdefault(location.backend, position)
            at = self.by_path.setdefault((location.path, location.path_type), [])
            at.append((location.backend, position))


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A canary backend in search of backends to join."""

    arrival: Arrival
    name: str
    host: str
    path: str
    origin: Origin


class CanaryMerger:
    """Merges canary Ingresses, oldest first. `upstreams` loses the canary backends that find no place."""

    # ingress-nginx 1.15.1: internal/ingress/controller/controller.go, mergeAlternativeBackends

    def __init__(self, upstreams: dict[str, BackendDraft], servers: dict[str, ServerDraft], context: Context) -> None:
        self._upstreams = upstreams
        self._servers = servers
        self._context = context
        self._places: dict[str, _Places] = {}

    def merge(self, arrivals: Sequence[Arrival]) -> None:
        """Takes every canary in, provided there is any Ingress that is none."""
        canaries = [arrival for arrival in arrivals if arrival.annotations.canary.enabled]
        if len(canaries) == len(arrivals):
            return
        for arrival in canaries:
            self._merge_default(arrival)
            for rule in arrival.ingress.rules:
                if rule.paths is None:
                    self._say_crash(arrival, rule)
                for path in rule.paths or ():
                    self._merge_path(Claim(arrival, rule, path))

    def _merge_default(self, arrival: Arrival) -> None:
        """A canary's default backend joins every backend of the catch-all server."""
        ref = arrival.ingress.default_backend
        if ref is None:
            return
        name = upstream_name(arrival, ref)
        candidate = _Candidate(arrival, name, DEFAULT_SERVER, "", ref.origin)
        if self._is_there(candidate):
            places = self._places_of(DEFAULT_SERVER)
            self._join(candidate, places, list(places.first_of_backend.items()))

    def _merge_path(self, claim: Claim) -> None:
        """A canary's path joins the backends that serve the same host, path and path type."""
        candidate = _Candidate(claim.arrival, claim.upstream, claim.host, claim.path, claim.spec_path.origin)
        if not claim.leads_to_service or not self._is_there(candidate):
            return
        if not self._finds_server(claim):
            self._say(NoticeCode.CANARY_HOST_UNKNOWN, candidate)
            return
        places = self._places_of(claim.host)
        self._join(candidate, places, places.by_path.get((claim.path, claim.path_type), []))

    def _finds_server(self, claim: Claim) -> bool:
        named = bool(claim.rule.host) or self._context.controller.release.canaries_may_lack_host
        return named and claim.host in self._servers

    def _join(self, candidate: _Candidate, places: _Places, matches: list[tuple[str, int]]) -> None:
        """Joins what matches, up to the first location that the canary's own backend serves as a main one."""
        own = places.first_of_backend.get(candidate.name)
        primaries = [
            backend
            for backend, position in matches
            if (own is None or position < own) and self._can_lead(backend, candidate.name)
        ]
        for backend in primaries:
            self._attach(self._upstreams[backend], self._upstreams[candidate.name], candidate)
        if primaries:
            return
        if own is not None:
            self._say(NoticeCode.CANARY_IS_MAIN, candidate)
        else:
            self._remove(candidate)

    def _can_lead(self, name: str, alternative: str) -> bool:
        primary = self._upstreams.get(name)
        return primary is not None and name not in (alternative, DEFAULT_UPSTREAM) and not primary.no_server

    def _attach(self, primary: BackendDraft, alternative: BackendDraft, candidate: _Candidate) -> None:
        if alternative.name in primary.alternatives:
            return
        if candidate.arrival.annotations.session_affinity.canary_behavior != "legacy":
            alternative.affinity = primary.affinity
        if primary.alternatives:
            first = next(iter(primary.alternatives))
            self._say(NoticeCode.CANARY_NOT_FIRST, candidate, About(primary.name, first))
        primary.alternatives[alternative.name] = None

    def _remove(self, candidate: _Candidate) -> None:
        """Takes the backend away, even from other hosts that it serves as a main one."""
        removed = self._upstreams.pop(candidate.name)
        served = "" if removed.no_server else removed.name
        self._say(NoticeCode.CANARY_UNMERGED, candidate, About(candidate.name, served))

    def _is_there(self, candidate: _Candidate) -> bool:
        if candidate.name in self._upstreams:
            return True
        self._say(NoticeCode.CANARY_REMOVED, candidate)
        return False

    def _places_of(self, host: str) -> _Places:
        if host not in self._places:
            self._places[host] = _Places(self._servers[host])
        return self._places[host]

    def _say_crash(self, arrival: Arrival, rule: IngressRule) -> None:
        host = host_of(rule)
        self._context.notices.add(NoticeCode.CONTROLLER_CRASH, rule.origin, ingress=arrival.ingress, host=host)

    def _say(self, code: NoticeCode, candidate: _Candidate, about: About | None = None) -> None:
        self._context.notices.add(
            code,
            candidate.origin,
            ingress=candidate.arrival.ingress,
            host=candidate.host,
            path=candidate.path,
            about=about or About(candidate.name),
        )
