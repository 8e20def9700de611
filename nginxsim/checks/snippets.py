"""What snippets do to the blocks they are written into: swallow, double, replace, or never come to their turn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from nginxsim.checks.estate import Estate, at, finding
from nginxsim.checks.written import Written
from nginxsim.controller.model import Location, Server
from nginxsim.controller.traits import ServerTrait
from nginxsim.errors import InputError
from nginxsim.nginx.regex import MatchLimitError, Regex
from nginxsim.nginx.tree import Directive, parse_conf
from nginxsim.origins import Source
from nginxsim.render.locations import wants_regex
from nginxsim.verdict.swallowed import IN_LOCATIONS, OF_AUTH, swallowed
from nginxsim.verdict.types import Evidence, Finding

IN_SERVERS = ("server-snippet",)
ABOVE = ("http-snippet",)
SENDS = ("proxy_set_header", "grpc_set_header")
REPLACED = ("add_header", *SENDS)
"""Directives of which a block inherits all or, once it has one of its own, none."""


def _evidence(source: Source, directive: Directive, note: str = "") -> tuple[Evidence, ...]:
    return at(source.origin, " ".join((directive.name, *directive.args[:1])), note)


def _owner(estate: Estate, source: Source) -> str:
    return source.owner or estate.config_map


# --- a location that hands nothing on ---------------------------------------------------------------------------------


def hands_nothing_on(estate: Estate) -> Iterator[Finding]:
    """Locations of a Service that have no proxy_pass any more."""
    for piece in estate.snippets:
        for block, server in piece.servers():
            for inner in block.all("location"):
                location = piece.provenance.location_at(inner.line)
                if location and location.ingress and not location.denied:
                    yield from _hands_nothing_on(estate, piece, server, location, inner)


def _hands_nothing_on(
    estate: Estate, piece: Written, server: Server, location: Location, block: Directive
) -> Iterator[Finding]:
    assert location.ingress is not None
    lost = swallowed(block, location, piece.provenance)
    if lost:
        yield finding(
            "proxy-pass-missing",
            *(lost.evidence or estate.mark(location.ingress, *IN_LOCATIONS)),
            meta=location.ingress.meta,
            host=server.hostname,
            path=location.ingress_path or location.path,
            reason=lost.reason,
            fix=lost.fix,
        )


# --- headers sent twice -----------------------------------------------------------------------------------------------


class Double(NamedTuple):
    """A header that a snippet sets, and the other directive of the same block that sets it."""

    mine: Directive
    other: Directive


def sent_twice(estate: Estate) -> Iterator[Finding]:
    """Request headers that a snippet sets beside the controller's own: nginx sends both."""
    told: set[Source] = set()
    for piece in estate.snippets:
        for block, server in piece.servers():
            for inner in block.all("location"):
                for source, doubles in _doubles(piece, inner).items():
                    if source not in told:
                        told.add(source)
                        yield _sent_twice(estate, server, source, doubles)


def _doubles(piece: Written, block: Directive) -> Mapping[Source, list[Double]]:
    """By the snippet."""
    found: defaultdict[Source, list[Double]] = defaultdict(list)
    setters = [each for each in block.all(*SENDS) if len(each.args) == 2 and each.args[1]]
    for mine in setters:
        source = piece.snippet_of(mine, IN_LOCATIONS)
        others = (each for each in setters if each is not mine and each.args[0].lower() == mine.args[0].lower())
        if source and (other := next(others, None)):
            found[source].append(Double(mine, other))
    return found


def _sent_twice(estate: Estate, server: Server, source: Source, doubles: Sequence[Double]) -> Finding:
    names = list(dict.fromkeys(double.mine.args[0] for double in doubles))
    return finding(
        "header-sent-twice",
        *(item for double in doubles for item in _evidence(source, double.mine)),
        owner=_owner(estate, source),
        host=server.hostname,
        headers=", ".join(names),
        snippet=source.name,
        receiver="the auth server" if source.name in OF_AUTH else "the service",
        other=str(doubles[0].other),
        fix=_instead(source.name, names),
    )


def _instead(snippet: str, headers: Sequence[str]) -> str:
    rest = [name for name in headers if name.lower() != "host"]
    take_out = f"take {', '.join(rest)} out: the controller sets it" if rest else ""
    if len(rest) == len(headers):
        return take_out
    vhost = "use the annotation upstream-vhost, which replaces the controller's Host"
    host = vhost if snippet == "configuration-snippet" else "take Host out: the controller sets it"
    return "; ".join(filter(None, (host, take_out)))


# --- directives that are not inherited --------------------------------------------------------------------------------


def replaced(estate: Estate) -> Iterator[Finding]:
    """Headers set above a location that has some of its own: the location knows none of those above."""
    told: set[object] = set()
    for piece in estate.snippets:
        above = [(each, piece.snippet_of(each, ABOVE)) for each in piece.http.all(*REPLACED)]
        for block, server in piece.servers():
            here = [(each, piece.snippet_of(each, IN_SERVERS)) for each in block.all(*REPLACED)]
            for directive, source in (*above, *here):
                if source is None or (source, directive.name) in told:
                    continue
                if winner := _winner(piece, block, directive):
                    told.add((source, directive.name))
                    yield _replaced(estate, source, directive, Winner(server.hostname, *winner))


class Winner(NamedTuple):
    """A served location of a host and its own directive."""

    host: str
    location: Location
    own: Directive


def _winner(piece: Written, block: Directive, directive: Directive) -> tuple[Location, Directive] | None:
    """The first served location with such a directive of its own."""
    for inner in block.all("location"):
        location, own = piece.provenance.location_at(inner.line), inner.first(directive.name)
        if location and location.spec_path and own:
            return location, own
    return None


def _replaced(estate: Estate, source: Source, directive: Directive, winner: Winner) -> Finding:
    spec = winner.location.spec_path
    return finding(
        "header-directive-lost",
        *_evidence(source, directive),
        *at(spec.origin if spec else None, note=f"has {winner.own}"),
        owner=_owner(estate, source),
        host=winner.host,
        path=winner.location.ingress_path or winner.location.path,
        directive=str(directive),
        snippet=source.name,
        own=str(winner.own),
        fix=_kept(directive),
    )


def _kept(directive: Directive) -> str:
    if directive.name == "add_header":
        name, value = (*directive.args, "", "")[:2]
        return f'write more_set_headers "{name}: {value}" instead, which adds to what is there'
    return "write it into the configuration-snippet of the Ingress"


# --- locks that do not lock -------------------------------------------------------------------------------------------


def never_reached(estate: Estate) -> Iterator[Finding]:
    """Prefix locations of a server-snippet on a host of patterns: a pattern that matches goes first."""
    for server in estate.model.servers.values():
        if any(map(wants_regex, server.locations)):
            yield from _never_reached(estate, server)


def _never_reached(estate: Estate, server: Server) -> Iterator[Finding]:
    owner = server.owners.get(ServerTrait.SNIPPET)
    prefix = estate.prefix + "server-snippet"
    place = owner.meta.annotation_origins.get(prefix) if owner else None
    key = estate.settings.source("server-snippet").origin
    for text, origin, name in (
        (server.traits.snippet, place, str(owner.meta) if owner else ""),
        (estate.settings.server_snippet, key, estate.config_map),
    ):
        for lock in _locks(text):
            if winner := _taker(server, lock.args[0]):
                yield finding(
                    "lock-never-reached",
                    *at(origin, f"location {lock.args[0]}"),
                    *at(winner.spec_path.origin if winner.spec_path else None, note="takes its requests"),
                    owner=name,
                    host=server.hostname,
                    path=lock.args[0],
                    winner=f'~* "^{winner.path}"',
                )


def _locks(snippet: str) -> Iterator[Directive]:
    """Locations that go by a prefix and let nobody, or only some, in."""
    with suppress(InputError):
        for location in parse_conf(snippet).all("location"):
            if (
                len(location.args) == 1
                and not location.args[0].startswith("@")
                and any(map(_refuses, location.block or ()))
            ):
                yield location


def _refuses(directive: Directive) -> bool:
    name, args = directive.name, directive.args
    if name == "return":
        return bool(args) and args[0].isdigit() and int(args[0]) >= 400
    return name in ("deny", "internal", "auth_request") or (name in ("auth_basic", "auth_digest") and args != ("off",))


def _taker(server: Server, path: str) -> Location | None:
    """The location that nginx takes for this path: the first pattern that matches."""
    for location in server.locations:
        with suppress(InputError, MatchLimitError):
            if Regex(f"^{location.path}", caseless=True).span(path) is not None:
                return location
    return None
