"""Who plays what nginx asks: whoever is told to, the auth servers of the input as they are configured, else a 200."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nginxsim.nginx.exchange import Answer, AnswerFunction, Request, Role, RoutedOutcome, UpstreamRequest
from nginxsim.nginx.visitors import Visitor

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation

FINE = Answer()
MOST_ROUNDS = 3
"""So often a request may come back to the controller before it counts as going round for ever."""
FOR_EVER = "a request that comes back to the controller for ever ends without an answer"


class Playing:
    """Of one request. given: what is told of services; rounds: how often it has come back to the controller."""

    __slots__ = ("_estate", "_given", "_rounds", "_servers", "_visitor")

    def __init__(self, estate: Simulation, visitor: Visitor, given: AnswerFunction | None, rounds: int = 0) -> None:
        self._estate, self._visitor, self._given, self._rounds = estate, visitor, given, rounds
        self._servers = estate.auth_servers

    def __call__(self, sent: UpstreamRequest) -> Answer:
        if self._given is not None and (found := self._given(sent)) is not None:
            return found
        if sent.role is not Role.AUTH and not self._servers.any_runs:
            return FINE
        return self._servers.answer(sent, self._visitor, self._come_back) or FINE

    def _come_back(self, request: Request) -> RoutedOutcome:
        """One that nginx sends to a host of the controller's own, through whatever the cluster puts before it."""
        if self._rounds == MOST_ROUNDS:
            return RoutedOutcome(1.0, None, [], None, (), None, assumptions=(FOR_EVER,))
        balancer = self._estate.balancer
        if balancer is None or not balancer.is_named:
            # An address of the load balancer, the cluster's network hands on at once.
            flags = self._estate.controller.flags
            request = replace(request, port=flags.https_port if request.scheme == "https" else flags.http_port)
        routing = self._estate.routing(request.host, request.sni)
        arrival = routing.arriving(request)
        again = Playing(self._estate, self._visitor, self._given, self._rounds + 1)
        first = routing.routed(arrival.request, again)[0]
        # Lines of another text mean nothing in this one.
        lines = routing is self._estate.whole_routing
        trace = first.trace if lines else [(kind, 0, data, within) for kind, _, data, within in first.trace]
        return first._replace(trace=trace, assumptions=(*arrival.taken, *first.assumptions))
