"""Hosts and paths: who got them, who never will, and what became a regular expression on the way."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from nginxsim.checks.estate import Estate, at, finding
from nginxsim.controller.drafts import EXACT
from nginxsim.controller.model import DEFAULT_SERVER, Location, Notice, Server
from nginxsim.controller.traits import ServerTrait
from nginxsim.errors import InputError
from nginxsim.kube.objects import Ingress, IngressRule
from nginxsim.nginx.regex import MatchLimitError, Regex
from nginxsim.render.locations import wants_regex
from nginxsim.verdict.notices import places
from nginxsim.verdict.types import Evidence, Finding
from nginxsim.verdict.wording.controller import notice_words

PATTERN = re.compile(r"[\\^$*+?()\[\]{}|]")
"""A character that makes a path a pattern; the dot alone is common in names."""
CANDIDATES = 40
"""So many earlier patterns a path is compared with; what comes first takes most."""
PROBES = ("", "x", "/", "/x")
"""What a request may have behind a path."""


def taken(estate: Estate) -> Iterator[Finding]:
    """Paths that an older rule has already, of another Ingress or of the same."""
    for notice in estate.notices["path-taken"]:
        twice = notice.about.other == f"Ingress {notice.ingress}"
        yield finding(
            "path-taken",
            *places(notice),
            owner=f"Ingress {notice.ingress}",
            host=notice.host,
            path=notice.path,
            reason=_said_twice(notice) if twice else notice_words(notice),
            fix=ONE_OF_TWO if twice else "give the path to one Ingress, or make the younger one a canary",
        )


ONE_OF_TWO = "take one of the two rules out; a rule that was meant for one host needs `host` and `http` under one dash"


def _said_twice(notice: Notice) -> str:
    host = "a rule without host" if notice.host == DEFAULT_SERVER else notice.host
    return f"{notice.about.other} has {notice.path} of {host} twice; the first of the two counts"


def without_paths(estate: Estate) -> Iterator[Finding]:
    """Rules of a host alone, whose paths often stand in a rule of their own, one dash too many."""
    for notice in estate.notices["rule-without-paths"]:
        rules = estate.cluster.ingresses[notice.ingress].rules if notice.ingress else ()
        split = next((rule for rule in _behind(rules, notice) if rule.paths and not rule.host), None)
        beside = at(split.origin, note="a rule of its own, for every host") if split else ()
        fix = "take away the dash before the `http` that follows" if split else "add `http.paths` to the rule"
        yield finding(
            "rule-without-paths",
            *places(notice),
            *beside,
            owner=f"Ingress {notice.ingress}",
            host=notice.host,
            path=notice.path,
            reason=notice_words(notice),
            fix=fix,
        )


def _behind(rules: Sequence[IngressRule], notice: Notice) -> Sequence[IngressRule]:
    """The rule that follows the one of the notice, if any."""
    place = next((at for at, rule in enumerate(rules) if rule.origin == notice.origins[0]), len(rules))
    return rules[place + 1 : place + 2]


def regex_spread(estate: Estate) -> Iterator[Finding]:
    """Paths of one Ingress that another one turns into case-insensitive patterns."""
    for server in _regex_servers(estate):
        culprits = [location for location in server.locations if _asks_for_regex(location)]
        guilty = {_key(location) for location in culprits}
        for ingress, victims in _by_ingress(server).items():
            if ingress not in guilty:
                yield _spread(estate, server, victims, culprits[0])


def _spread(estate: Estate, server: Server, victims: Sequence[Location], culprit: Location) -> Finding:
    assert victims[0].ingress is not None
    assert culprit.ingress is not None
    paths = ", ".join(dict.fromkeys(location.ingress_path or location.path for location in victims))
    return finding(
        "regex-spread",
        *_at_path(victims[0]),
        *_reason(estate, culprit),
        meta=victims[0].ingress.meta,
        host=server.hostname,
        path=victims[0].ingress_path or victims[0].path,
        culprit=culprit.ingress.meta,
        paths=paths,
        exact=_no_longer_exact(victims),
    )


def _no_longer_exact(victims: Sequence[Location]) -> str:
    found = [each for each in victims if each.spec_path and each.spec_path.path_type == EXACT]
    names = ", ".join(dict.fromkeys(each.path for each in found))
    return f"; {names} is Exact no more and takes whatever begins so" if found else ""


def exact_as_regex(estate: Estate) -> Iterator[Finding]:
    """Exact paths of the very Ingress that asks for patterns."""
    for server in _regex_servers(estate):
        culprits = {_key(each): each for each in reversed(server.locations) if _asks_for_regex(each)}
        for location in server.locations:
            culprit = culprits.get(_key(location))
            exact = location.spec_path is not None and location.spec_path.path_type == EXACT
            if culprit and exact and location.ingress and not PATTERN.search(location.path):
                yield finding(
                    "exact-as-regex",
                    *_at_path(location),
                    *_reason(estate, culprit),
                    meta=location.ingress.meta,
                    host=server.hostname,
                    path=location.path,
                )


def _regex_servers(estate: Estate) -> Iterator[Server]:
    return (server for server in estate.model.servers.values() if _has_patterns(server))


def _has_patterns(server: Server) -> bool:
    return any(map(wants_regex, server.locations))


def _asks_for_regex(location: Location) -> bool:
    return location.ingress is not None and wants_regex(location)


def _key(location: Location) -> str:
    return location.ingress.meta.key if location.ingress else ""


def _by_ingress(server: Server) -> Mapping[str, list[Location]]:
    """The locations that an Ingress asked for by a path of its own."""
    found: defaultdict[str, list[Location]] = defaultdict(list)
    for location in server.locations:
        if location.ingress is not None and location.spec_path is not None:
            found[_key(location)].append(location)
    return found


def _at_path(location: Location, note: str = "") -> tuple[Evidence, ...]:
    return at(location.spec_path.origin, location.spec_path.path, note) if location.spec_path else ()


def _reason(estate: Estate, culprit: Location) -> tuple[Evidence, ...]:
    assert culprit.ingress is not None
    name = "use-regex" if culprit.annotations.rewrite.use_regex else "rewrite-target"
    return estate.mark(
        culprit.ingress, name, note=f"{name} of {culprit.ingress.meta} makes every path of the host a pattern"
    )


def shadowed(estate: Estate) -> Iterator[Finding]:
    """Where paths are patterns the first that matches is taken: a path that begins like an earlier one is lost."""
    for server in _regex_servers(estate):
        index = _PatternIndex()
        for location in server.locations:
            if not PATTERN.search(location.path):
                winner = index.taker(location.path)
                asked = location.ingress and location.spec_path and location.spec_path.path == location.path
                if winner and asked and not _is_its_own_root(location, winner):
                    yield _shadow(server, location, winner)
            index.add(location)


def _is_its_own_root(location: Location, winner: Location) -> bool:
    """The root that the controller adds for an Ingress does for the same path what the Ingress asks for."""
    return winner.spec_path is None and winner.path == location.path and _key(winner) == _key(location)


def _shadow(server: Server, location: Location, winner: Location) -> Finding:
    assert location.ingress is not None
    owner = winner.ingress.meta if winner.ingress else "the default backend"
    return finding(
        "location-shadowed",
        *_at_path(location),
        *_at_path(winner, "takes its requests"),
        meta=location.ingress.meta,
        host=server.hostname,
        path=location.path,
        winner=winner.path,
        winner_owner=owner,
    )


class _PatternIndex:
    """The locations passed so far, by the plain text they begin with."""

    def __init__(self) -> None:
        self._by_start: defaultdict[str, list[tuple[Regex, Location]]] = defaultdict(list)

    def add(self, location: Location) -> None:
        special = PATTERN.search(location.path)
        start = location.path[: special.start()] if special else location.path
        if special and special[0] in "*?{":
            start = start[:-1]
        known = self._by_start[start.lower()]
        if len(known) < CANDIDATES:
            with suppress(InputError):
                known.append((Regex(f"^{location.path}", caseless=True), location))

    def taker(self, path: str) -> Location | None:
        """The earlier location that takes every request beginning with this path."""
        lowered = path.lower()
        for end in range(1, len(lowered) + 1):
            for pattern, location in self._by_start.get(lowered[:end], ()):
                if all(_matches(pattern, path + probe) for probe in PROBES):
                    return location
        return None


def _matches(pattern: Regex, text: str) -> bool:
    try:
        return pattern.span(text) is not None
    except MatchLimitError:
        return False


def regex_unused(estate: Estate) -> Iterator[Finding]:
    """A path that looks like a pattern on a host where paths are plain text."""
    for server in estate.model.servers.values():
        if _has_patterns(server):
            continue
        told: set[tuple[str, str]] = set()
        for location in server.locations:
            spec = location.spec_path
            if location.ingress and spec and PATTERN.search(spec.path) and (_key(location), spec.path) not in told:
                told.add((_key(location), spec.path))
                yield finding(
                    "regex-unused",
                    *_at_path(location),
                    meta=location.ingress.meta,
                    host=server.hostname,
                    path=spec.path,
                )


def cookie_path(estate: Estate) -> Iterator[Finding]:
    """Session cookies for the text of a pattern, which is no path that a browser asks for."""
    told: set[str] = set()
    for server in _regex_servers(estate):
        for location in server.locations:
            wanted, ingress = location.annotations.session_affinity, location.ingress
            lost = wanted.type == "cookie" and not wanted.cookie.path and PATTERN.search(location.path)
            if lost and ingress and location.spec_path and ingress.meta.key not in told:
                told.add(ingress.meta.key)
                yield finding(
                    "cookie-path-missing",
                    *estate.mark(ingress, "affinity"),
                    *_at_path(location, "the cookie's path"),
                    meta=ingress.meta,
                    host=server.hostname,
                    path=location.path,
                )


def alias_shared(estate: Estate) -> Iterator[Finding]:
    """Nginx gives a name to the first server that has it."""
    owners: dict[str, Server] = {}
    for server in estate.model.servers.values():
        for alias in server.traits.aliases:
            first = owners.setdefault(alias.lower(), server)
            if first is not server:
                yield _shared(estate, alias, first.owners[ServerTrait.ALIASES], server)


def _shared(estate: Estate, alias: str, first: Ingress, server: Server) -> Finding:
    second = server.owners[ServerTrait.ALIASES]
    return finding(
        "alias-shared",
        *estate.mark(second, "server-alias", text=alias),
        *estate.mark(
            first, "server-alias", text=alias, note=f"{first.meta} has it as well, and its server comes first"
        ),
        meta=second.meta,
        host=alias,
        first=first.meta,
    )
