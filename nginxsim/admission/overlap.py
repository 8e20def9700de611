"""Who would already hold a path if an Ingress came last: what the webhook's overlap check compares a newcomer with.

The original builds its whole configuration anew for every Ingress it is asked about, with that Ingress at the end. All
it then looks at is which Ingresses own the locations of a host and path; that follows from an index of who claims what.
ingress-nginx 1.15.1: internal/ingress/controller/controller.go (getBackendServers, createUpstreams, checkOverlap)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import merge
from typing import NamedTuple

from nginxsim.controller.drafts import EXACT, PREFIX
from nginxsim.controller.ingresses import Arrival
from nginxsim.controller.model import DEFAULT_SERVER, ROOT
from nginxsim.controller.references import Claim, claims_of, default_ref, host_of, upstream_name
from nginxsim.kube.objects import Ingress, IngressRule
from nginxsim.origins import Origin


class Owner(NamedTuple):
    """Who holds a location, and where that is asked for."""

    ingress: Ingress
    origin: Origin


@dataclass(frozen=True, slots=True)
class Bid:
    """A claim in the queue: `order` sorts bids as the controller goes through them."""

    order: tuple[int, int]
    claim: Claim
    upstream: str

    @property
    def owner(self) -> Owner:
        return Owner(self.claim.ingress, self.claim.spec_path.origin)

    @property
    def gets_slash(self) -> bool:
        """A Prefix path that is no pattern is rendered with a slash behind it; beside that, as an exact match."""
        rewrite = self.claim.annotations.rewrite
        is_pattern = rewrite.use_regex or rewrite.target not in ("", self.claim.path)
        return self.claim.path_type == PREFIX and not is_pattern


def _order(bid: Bid) -> tuple[int, int]:
    return bid.order


def bids_of(arrival: Arrival, rank: int) -> list[Bid]:
    return [
        Bid((rank, position), claim, claim.upstream)
        for position, claim in enumerate(claims_of(arrival))
        if claim.leads_to_service
    ]


def served_hosts(arrival: Arrival) -> set[str]:
    """The hosts that get a server because of it; a canary makes none."""
    return set() if _is_canary(arrival) else {host_of(rule) for rule in arrival.ingress.rules}


def crashing_rules(arrival: Arrival) -> list[IngressRule]:
    """A canary's rules without `http`: the original looks into them all the same and crashes."""
    return [rule for rule in arrival.ingress.rules if rule.paths is None] if _is_canary(arrival) else []


def _default_upstream(arrival: Arrival) -> str:
    ref = default_ref(arrival)
    return upstream_name(arrival, ref) if ref else ""


def _is_canary(arrival: Arrival) -> bool:
    return arrival.annotations.canary.enabled


def _key(arrival: Arrival) -> str:
    return arrival.ingress.meta.key


@dataclass(slots=True)
class _Users:
    """Those who may decide whether an upstream is a canary's: enough of them that any one can be left out."""

    first: list[Arrival] = field(default_factory=list)
    last_as_default: list[Arrival] = field(default_factory=list)

    def add_path(self, arrival: Arrival) -> None:
        if len(self.first) < 2 and (not self.first or self.first[0] is not arrival):
            self.first.append(arrival)

    def add_default(self, arrival: Arrival) -> None:
        self.last_as_default = [*self.last_as_default[-1:], arrival]

    def decisive(self, without: str) -> Arrival | None:
        """The last to name the Service as its default backend, else the first to name it in a rule."""
        candidates = (*reversed(self.last_as_default), *self.first)
        return next((user for user in candidates if _key(user) != without), None)


class Queue:
    """All bids of the Ingresses that are served."""

    def __init__(self, arrivals: Sequence[Arrival]) -> None:
        """In the controller's order."""
        self.length = len(arrivals)
        self.all_canaries = all(map(_is_canary, arrivals))
        self.crashing = [arrival for arrival in arrivals if crashing_rules(arrival)]
        self.hosts = {DEFAULT_SERVER}.union(*map(served_hosts, arrivals))
        self.users: defaultdict[str, _Users] = defaultdict(_Users)
        self.catch_alls: list[Arrival] = []
        self._by_place: defaultdict[tuple[str, str, str], list[Bid]] = defaultdict(list)
        self._homeless: defaultdict[tuple[str, str], list[Bid]] = defaultdict(list)
        for rank, arrival in enumerate(arrivals):
            self._add_default(arrival)
            for bid in bids_of(arrival, rank):
                self._add(bid)

    def _add_default(self, arrival: Arrival) -> None:
        if upstream := _default_upstream(arrival):
            self.users[upstream].add_default(arrival)
            if not _is_canary(arrival) and not arrival.ingress.rules and len(self.catch_alls) < 2:
                self.catch_alls.append(arrival)

    def _add(self, bid: Bid) -> None:
        claim = bid.claim
        self.users[bid.upstream].add_path(claim.arrival)
        self._by_place[claim.host, claim.path, claim.path_type].append(bid)
        if claim.host not in self.hosts:
            self._homeless[claim.path, claim.path_type].append(bid)

    def at(self, server: str, path: str, path_type: str) -> Iterator[Bid]:
        """The bids for a place, in order. Those for a host without a server of its own fall to the catch-all."""
        bids = self._by_place.get((server, path, path_type), ())
        homeless = self._homeless.get((path, path_type), ()) if server == DEFAULT_SERVER else ()
        return merge(bids, homeless, key=_order)


class Newcomer:
    """The configuration with one Ingress moved to the end of the queue."""

    def __init__(self, queue: Queue, arrival: Arrival) -> None:
        self._queue = queue
        self._arrival = arrival
        self._hosts = served_hosts(arrival)
        own = bids_of(arrival, queue.length)
        self.claims = [bid.claim for bid in own]
        self._own: defaultdict[tuple[str, str, str], list[Bid]] = defaultdict(list)
        for bid in own:
            server = bid.claim.host if self._has_server(bid.claim.host) else DEFAULT_SERVER
            self._own[server, bid.claim.path, bid.claim.path_type].append(bid)

    def crashes_on(self) -> Iterator[Origin]:
        """The rules that no configuration with an Ingress that is no canary gets past, the newcomer's own first."""
        if self._queue.all_canaries and _is_canary(self._arrival):
            return
        others = (other for other in self._queue.crashing if _key(other) != _key(self._arrival))
        for arrival in (self._arrival, *others):
            yield from (rule.origin for rule in crashing_rules(arrival))

    def owners(self, host: str, path: str) -> Iterator[Owner]:
        """Who holds the locations rendered for exactly this path, in their order; implicit roots have no owner."""
        if not self._has_server(host):
            return
        if path == ROOT:
            yield from self._owners_of_root(host)
            return
        # An Exact path next to a Prefix path leaves that only the rendering with a slash.
        slash_only = not path.endswith("/") and any(self._bids(host, path, EXACT))
        yield from (bid.owner for bid in self._winners(host, path) if not (bid.gets_slash and slash_only))
        if path.endswith("/"):
            yield from (bid.owner for bid in self._winners(host, path[:-1]) if bid.gets_slash)

    def _owners_of_root(self, host: str) -> Iterator[Owner]:
        """The implicit root is a Prefix: the first such bid replaces it, unless an Ingress without rules has it."""
        catch_alls = self._queue.catch_alls if host == DEFAULT_SERVER else ()
        holder = next((arrival for arrival in catch_alls if _key(arrival) != _key(self._arrival)), None)
        ref = default_ref(holder) if holder else None
        if holder and ref:
            yield Owner(holder.ingress, ref.origin)
        else:
            yield from (bid.owner for bid in self._first(host, ROOT, PREFIX))
        yield from (bid.owner for bid in self._bids(host, ROOT, EXACT))

    def _winners(self, host: str, path: str) -> Iterator[Bid]:
        """The first bid wins the path; bids of the other path type get in beside it, each of them."""
        firsts = [*self._first(host, path, PREFIX), *self._first(host, path, EXACT)]
        if not firsts:
            return
        first = min(firsts, key=_order)
        yield first
        yield from self._bids(host, path, EXACT if first.claim.path_type == PREFIX else PREFIX)

    def _first(self, host: str, path: str, path_type: str) -> Sequence[Bid]:
        first = next(self._bids(host, path, path_type), None)
        return (first,) if first else ()

    def _bids(self, host: str, path: str, path_type: str) -> Iterator[Bid]:
        """The bids that may get a location, the newcomer's own at the end."""
        for bid in self._queue.at(host, path, path_type):
            claim = bid.claim
            strayed = claim.host != host and claim.host in self._hosts
            if _key(claim.arrival) != _key(self._arrival) and not strayed and not self._goes_to_canary(bid):
                yield bid
        own = self._own.get((host, path, path_type), ())
        yield from (bid for bid in own if not self._goes_to_canary(bid))

    def _has_server(self, host: str) -> bool:
        return host in self._queue.hosts or host in self._hosts

    def _goes_to_canary(self, bid: Bid) -> bool:
        """Such an upstream gets no location: the Ingress that decides about it is a canary."""
        if _default_upstream(self._arrival) == bid.upstream:
            return _is_canary(self._arrival)
        users = self._queue.users.get(bid.upstream)
        decisive = users.decisive(_key(self._arrival)) if users else None
        return _is_canary(decisive or self._arrival)
