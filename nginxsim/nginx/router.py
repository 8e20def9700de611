"""The door to the simulated nginx: a directive tree goes in once, requests after that."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nginxsim.nginx.exchange import Answering, Request, RoutedOutcome, UpstreamRequest, everything_is_fine
from nginxsim.nginx.live_request import LiveRequest, Run, Setup
from nginxsim.nginx.lua_api import NO_LUA, LuaRuntime
from nginxsim.nginx.receive import receive
from nginxsim.nginx.server import Http
from nginxsim.nginx.tree import Directive

_MOST_OUTCOMES = 64
"""Branches of chance beyond this many are not followed."""


def _elsewhere(_host: str) -> bool:
    return False


class Router:
    """Plays requests against one configuration.

    tree: the whole file, or just an http block's directives. lua: stand-ins for its Lua files. files: path -> content
    of what the configuration reads at run time (htpasswd files, CA certificates). Raises InputError for values that
    nginx would refuse; a server's own are read when the first request comes to it.

    strict_services: services behave as HTTP servers do: they answer 400, before the answer function is asked, to a
    request line with a space in its target, and so does a TLS port where that function says that plain HTTP fails.

    knows_files: no other files exist than `files` and those that a request names; else nobody knows (nginx/disk).
    leads_here: whether a host name leads back to this nginx, past whatever writes the PROXY lines that it reads.
    unread: files that exist though nobody knows what they hold; the right password, say.
    has_http2_sizes: it is an nginx before 1.19.7, where http2_max_field_size and http2_max_header_size count.
    """

    def __init__(
        self,
        tree: Directive,
        lua: LuaRuntime = NO_LUA,
        files: Mapping[str, bytes] | None = None,
        *,
        strict_services: bool = True,
        knows_files: bool = True,
        leads_here: Callable[[str], bool] = _elsewhere,
        unread: frozenset[str] = frozenset(),
        has_http2_sizes: bool = False,
    ) -> None:
        http = Http(tree.first("http") or tree, has_http2_sizes=has_http2_sizes)
        self.setup = Setup(http, lua, files or {}, strict_services, knows_files, leads_here, unread)

    def listens_on(self, port: int) -> bool:
        """Whether any server does."""
        return self.setup.http.listens.has(port)

    def route(self, request: Request, answer: Answering = everything_is_fine) -> list[RoutedOutcome]:
        """Every way the request may end, most likely first; ways that look the same count as one."""
        run = Run(self.setup, answer, ())
        first = _outcome(run, receive(run, request))
        if not run.branches:
            return [first]
        outcomes = {_key(first): first}
        pending = run.branches
        while pending and len(outcomes) < _MOST_OUTCOMES:
            run = Run(self.setup, answer, pending.pop(0))
            outcome = _outcome(run, receive(run, request))
            pending += run.branches
            key = _key(outcome)
            known = outcomes.get(key)
            outcomes[key] = outcome if known is None else _likelier(known, outcome)
        return sorted(outcomes.values(), key=lambda outcome: -outcome.probability)


def _outcome(run: Run, request: LiveRequest | None) -> RoutedOutcome:
    also, assumptions = tuple(run.also), tuple(run.assumptions)
    if request is None or request.closed:
        return RoutedOutcome(run.odds, None, [], None, run.trace, run.ended, also, assumptions)
    headers = request.headers_out
    if request.content_type:
        headers.append(("Content-Type", request.content_type))
    return RoutedOutcome(run.odds, request.status, headers, request.upstream, run.trace, run.ended, also, assumptions)


def _key(outcome: RoutedOutcome) -> tuple[object, ...]:
    return outcome.status, tuple(sorted(outcome.headers)), _upstream_key(outcome.upstream)


def _upstream_key(sent: UpstreamRequest | None) -> tuple[object, ...] | None:
    if sent is None:
        return None
    return sent.service, sent.addresses, sent.protocol, sent.method, sent.uri, sent.host, tuple(sorted(sent.headers))


def _likelier(first: RoutedOutcome, second: RoutedOutcome) -> RoutedOutcome:
    """One outcome for two that look the same: the steps of the first, the odds of both."""
    return first._replace(probability=first.probability + second.probability)
