"""What a step of the trace might have chosen instead, and why it did not: hosts, locations, canaries, address rules."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice, takewhile
from typing import TYPE_CHECKING, TypeVar

from nginxsim.annotations.values import Canary
from nginxsim.controller.model import (
    DEFAULT_SERVER,
    Backend,
    NoticeCode,
)
from nginxsim.errors import closest
from nginxsim.lua.events import Pinned
from nginxsim.nginx.events import AddressRuled, LocationChosen, NamedLocation, ServerChosen
from nginxsim.nginx.exchange import Request
from nginxsim.nginx.names import NameRule, bare_host
from nginxsim.nginx.regex import MatchLimitError, Regex
from nginxsim.nginx.steps import Phase, Step
from nginxsim.nginx.tree import Directive
from nginxsim.origins import Origin, Source
from nginxsim.verdict.decision import NO_DIRECTIVE
from nginxsim.verdict.types import TraceStep
from nginxsim.verdict.wording.controller import dropped_words, notice_words

if TYPE_CHECKING:
    from nginxsim.verdict.routing import ConfRouting, Routing

R = TypeVar("R", bound="ConfRouting")

MOST = 4
"""So many near misses of one step are told."""
CLOSE_NAMES = 3
UNNAMED = (NameRule.DEFAULT_SERVER, NameRule.FIRST_SERVER)
"""Rules that give a request to a server although no name leads there."""
NO_SLASH = "the request's path has no slash at its end"


def near_misses(routing: Routing, request: Request, step: Step, steps: Sequence[Step]) -> tuple[TraceStep, ...]:
    """The nearest first. steps: all of the request's, which tell what a session has settled before anything else."""
    pinned = next((each.event for each in steps if isinstance(each.event, Pinned)), None)
    if pinned is not None and step.phase is Phase.BALANCER:
        return () if pinned.canary else tuple(islice(_pinned(routing, step, pinned), MOST))
    return _found(FINDERS, routing, request, step)


def conf_near_misses(routing: ConfRouting, request: Request, step: Step) -> tuple[TraceStep, ...]:
    """Those that a conf alone can tell of."""
    return _found(CONF_FINDERS, routing, request, step)


def _found(
    finders: Mapping[Phase, Callable[[R, Request, Step], Iterator[TraceStep]]], routing: R, request: Request, step: Step
) -> tuple[TraceStep, ...]:
    finder = finders.get(step.phase)
    if finder is None or step.within:  # the inner steps of the controller's own servers: nobody's concern
        return ()
    return tuple(islice(finder(routing, request, step), MOST))


def _written(phase: Phase, text: str, why: str, origin: Origin | None, owner: str = "") -> TraceStep:
    return TraceStep(phase, text, why, source=Source("spec", "", origin, owner) if origin else None)


# --- hosts ------------------------------------------------------------------------------------------------------------


def _hosts(routing: Routing, request: Request, step: Step) -> Iterator[TraceStep]:
    event = step.event
    if not isinstance(event, ServerChosen) or not event.host:
        return
    servers = routing.estate.model.servers
    for name, why in _other_hosts(event, servers).items():
        yield _written(Phase.SERVER, name, why, servers[name].origin)
    if event.server == DEFAULT_SERVER and (claim := routing.estate.claims.best(event.host, request.path)):
        owner = str(claim.dropped.ingress.meta)
        why = f"{owner} is not served: {dropped_words(claim.dropped)}"
        yield _written(Phase.SERVER, claim.host or "*", why, claim.origin, owner)


def _other_hosts(chosen: ServerChosen, known: Collection[str]) -> dict[str, str]:
    """Host -> why it lost."""
    host = chosen.host.lower()
    if chosen.match.rule is NameRule.EXACT:
        wildcard = f"*.{host.partition('.')[2]}"
        return {wildcard: "would match too, but an exact name goes first"} if wildcard in known else {}
    if chosen.server != DEFAULT_SERVER:
        return {}
    close = closest(host, known, CLOSE_NAMES)
    return {**_wildcards(host, known), **{name: f"is not {host}" for name in close if not name.startswith("*")}}


def _wildcards(host: str, known: Collection[str]) -> dict[str, str]:
    """Wildcards that look as if they fitted."""
    labels = host.split(".")
    found = {f"*.{'.'.join(labels[first:])}": "the star stands for one label only" for first in range(2, len(labels))}
    found[f"*.{host}"] = "the star stands for a label, and there is none"
    return {name: why for name, why in found.items() if name in known}


def _server_names(routing: ConfRouting, request: Request, step: Step) -> Iterator[TraceStep]:  # noqa: ARG001
    """Names that look like the one that no server has."""
    event = step.event
    if not isinstance(event, ServerChosen) or not event.host or event.match.rule not in UNNAMED:
        return
    blocks = (routing.tree.first("http") or routing.tree).all("server")
    names = {name: each.line for block in blocks for each in block.all("server_name") for name in each.args}
    for name in closest(event.host, names, CLOSE_NAMES):
        yield routing.lost(Phase.SERVER, name, f"is not {event.host}", names[name])


# --- locations --------------------------------------------------------------------------------------------------------


def _locations(routing: Routing, request: Request, step: Step) -> Iterator[TraceStep]:
    yield from _conf_locations(routing, request, step)
    chosen = routing.directive(step.line)
    if chosen.name == "location" and not isinstance(step.event, NamedLocation):
        yield from _claims(routing, request, chosen, _uri(request, step))


def _conf_locations(routing: ConfRouting, request: Request, step: Step) -> Iterator[TraceStep]:
    chosen = routing.directive(step.line)
    if not chosen.name or isinstance(step.event, NamedLocation) or chosen.first("internal"):
        return
    uri = _uri(request, step)
    found = list(_other_locations(routing, chosen, uri))
    for _, location, why in sorted(found, key=lambda miss: miss[0]):
        yield routing.lost(Phase.LOCATION, str(location), why, location.line)


def _uri(request: Request, step: Step) -> str:
    """What a location was looked for by, which rewrites may have changed."""
    return step.event.uri if isinstance(step.event, LocationChosen) else request.path.partition("?")[0]


def _other_locations(
    routing: ConfRouting, chosen: Directive, uri: str
) -> Iterator[tuple[tuple[int, int], Directive, str]]:
    """(rank, location, why it lost); those that match the URI come first, then those that share most of it."""
    server = _around(routing, chosen, "server")
    for location in server.all("location") if server else ():
        if location is chosen or not location.args or location.args[-1].startswith("@") or location.first("internal"):
            continue
        why = _why_not(location, chosen, uri)
        if why is not None:
            matches, words = why
            shared = _shared(uri, location.args[-1].lstrip("^"))
            yield (0 if matches else 1, -shared), location, words


def _around(routing: ConfRouting, directive: Directive, name: str) -> Directive | None:
    """The block of this name that the directive is, or lies in."""
    lines = routing.provenance.lines_around(directive.line)
    return next((block for block in map(routing.directive, lines) if block.name == name), None)


def _why_not(location: Directive, chosen: Directive, uri: str) -> tuple[bool, str] | None:
    """(whether it matches, why it lost); None for what is not worth a word."""
    kind, name = location.args if len(location.args) == 2 else ("", location.args[0])
    if kind.startswith("~"):
        if name.lstrip("^") == uri + "/":
            return False, NO_SLASH
        return _why_not_regex(Regex(name, kind == "~*", location.line), chosen, uri)
    if kind == "=":
        return _why_not_exact(name, uri)
    if uri.startswith(name):
        return True, f"matches, but {_stronger(chosen, name)}"
    if name == uri + "/":
        return False, NO_SLASH
    if uri.lower().startswith(name.lower()):
        return False, "letter case differs"
    return (False, f"{uri} does not begin so") if _shared(uri, name) > 1 else None


def _why_not_exact(name: str, uri: str) -> tuple[bool, str] | None:
    if uri.startswith(name.rstrip("/")) and len(name) > 1:
        return False, f"only exactly this path, not {uri}"
    return (False, f"is not {uri}") if _shared(uri, name) > 1 else None


def _why_not_regex(regex: Regex, chosen: Directive, uri: str) -> tuple[bool, str]:
    try:
        matches = regex.groups(uri) is not None
    except MatchLimitError:
        return False, "gives up on this path"
    if not matches:
        return False, "does not match"
    return True, f"matches, but {_stronger(chosen, '', later='an expression before it does')}"


def _shared(uri: str, name: str) -> int:
    """How many characters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(uri, name, strict=False)))


def _stronger(chosen: Directive, name: str, later: str = "expressions go before prefixes") -> str:
    if chosen.name != "location":
        return "no location was looked for with this path"
    kind = chosen.args[0] if len(chosen.args) == 2 else ""
    if kind == "=":
        return "an exact path goes first"
    if kind == "^~":
        return f"^~ {chosen.args[-1]} ends the search"
    if kind.startswith("~"):
        return later
    return f"{chosen.args[-1]} is longer" if name else "another location ends the search"


def _claims(routing: Routing, request: Request, chosen: Directive, uri: str) -> Iterator[TraceStep]:
    """Rules of Ingresses that wanted this path and never became a location."""
    host = bare_host((request.host or "").lower())
    claim = routing.estate.claims.best(host, uri)
    if claim is not None and len(claim.path) >= len(chosen.args[-1].strip("^")):
        owner = str(claim.dropped.ingress.meta)
        yield _written(
            Phase.LOCATION, claim.path, f"{owner} is not served: {dropped_words(claim.dropped)}", claim.origin, owner
        )
    for notice in routing.estate.model.notices:
        taken = notice.code is NoticeCode.PATH_TAKEN and notice.host.lower() == host
        if taken and uri.startswith(notice.path) and notice.origins:
            owner = f"Ingress {notice.ingress}"
            yield _written(Phase.LOCATION, notice.path, f"of {owner}: {notice_words(notice)}", notice.origins[0], owner)


# --- canaries ---------------------------------------------------------------------------------------------------------


def _canaries(routing: Routing, request: Request, step: Step) -> Iterator[TraceStep]:
    backends = routing.estate.model.backends
    main = backends.get(step.event.service)
    if main is None or not step.line:
        return
    for number, name in enumerate(main.alternatives):
        canary = backends.get(name)
        why = "only the first canary of a backend counts" if number else _why_no_canary(canary, request)
        if why:
            yield _written(Phase.BALANCER, f"canary {name}", why, canary.origin if canary else None)


def _pinned(routing: Routing, step: Step, pinned: Pinned) -> Iterator[TraceStep]:
    backends = routing.estate.model.backends
    main = backends.get(step.event.service)
    for name in main.alternatives if main and step.line else ():
        why = f"the cookie {pinned.cookie} pins the client to the main backend, before any header or weight counts"
        canary = backends.get(name)
        yield _written(Phase.BALANCER, f"canary {name}", why, canary.origin if canary else None)


def _why_no_canary(canary: Backend | None, request: Request) -> str:
    """ "" where the trace tells already: a draw, a word of the header or the cookie."""
    if canary is None or not canary.endpoints:
        return "it has no endpoints"
    shaping = canary.shaping
    told = [*_why_no_header(shaping, request), *_why_no_cookie(shaping, request)]
    if shaping.weight <= 0:
        told.append("its weight is 0")
    elif told:
        told.append(f"the draw of its weight {shaping.weight} was lost")
    return ", ".join(told)


def _why_no_header(shaping: Canary, request: Request) -> Iterator[str]:
    if shaping.header:
        given = [value for name, value in request.headers if name.lower() == shaping.header.lower()]
        wanted = shaping.header_value or shaping.header_pattern or "always"
        if not given:
            yield f"no header {shaping.header}"
        elif given[0] != wanted:
            yield f"header {shaping.header} is {given[0]}, not {wanted}"


def _why_no_cookie(shaping: Canary, request: Request) -> Iterator[str]:
    if shaping.cookie:
        jars = (value for name, value in request.headers if name.lower() == "cookie")
        pairs = (pair.strip().partition("=") for jar in jars for pair in jar.split(";"))
        given = [value for name, _, value in pairs if name == shaping.cookie]
        yield f"cookie {shaping.cookie} is {given[0]}, not always" if given else f"no cookie {shaping.cookie}"


# --- addresses --------------------------------------------------------------------------------------------------------


def _addresses(routing: ConfRouting, request: Request, step: Step) -> Iterator[TraceStep]:  # noqa: ARG001
    """The rules before the one that decided."""
    if not isinstance(step.event, AddressRuled):
        return
    client = step.event.client
    lines = routing.provenance.lines_around(step.line)
    block = next(map(routing.directive, islice(lines, 1, None)), NO_DIRECTIVE)
    for rule in block.all("allow", "deny"):
        if rule.line < step.line and not _holds(rule.args[0], client):
            yield routing.lost(Phase.ACCESS, str(rule), f"{client} is not in it", rule.line)


def _holds(network: str, client: str) -> bool:
    try:
        return ipaddress.ip_address(client) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return network == "all"


FINDERS: Mapping[Phase, Callable[[Routing, Request, Step], Iterator[TraceStep]]] = {
    Phase.SERVER: _hosts,
    Phase.LOCATION: _locations,
    Phase.BALANCER: _canaries,
    Phase.ACCESS: _addresses,
}
CONF_FINDERS: Mapping[Phase, Callable[[ConfRouting, Request, Step], Iterator[TraceStep]]] = {
    Phase.SERVER: _server_names,
    Phase.LOCATION: _conf_locations,
    Phase.ACCESS: _addresses,
}
