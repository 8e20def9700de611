"""The requests to ask of two sides: every location, its near misses, and whoever the conf treats in his own way."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from nginxsim.diffing.access import ANYBODY, admitted, clients, rules_of
from nginxsim.diffing.conditions import STRANGE_ORIGIN, Maps, Variation, variations
from nginxsim.diffing.patterns import examples
from nginxsim.diffing.places import Pair, Place, pairs, server_names
from nginxsim.nginx.exchange import Request
from nginxsim.nginx.sizes import parse_offset
from nginxsim.nginx.tree import Directive
from nginxsim.render.servers import server_name
from nginxsim.verdict.provenance import Provenance

SCHEMES = ("http", "https")
USER, PASSWORD = "nginxsim", "nginxsim"
"""Whom every password file is taken to know: probes must get past a password to see what lies behind it."""

CREDENTIALS = ("Authorization", "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode())
UNKNOWN_HOST = "unknown-host.example"
LABEL = "any"
"""Stands for the star of a wildcard host."""

ASKING = ("auth_request", "access_by_lua_block", "access_by_lua_file")
"""Directives behind which an auth server may stand."""
HANDING = ("proxy_set_header", "grpc_set_header")
HANDED_ON = "asked.example.com"
"""The value of a header that is asked with to see whether the service gets it."""
_OF_REQUEST = re.compile(r"\$http_(\w+)")
MOST_REPLACED = 3
DEEPER = "/deeper/page?x=1"
NOWHERE = "/no/such/page"
_SAFE = "/:@!$&'()*+,;=-._~"


@dataclass(frozen=True, slots=True)
class Probe:
    """A request, what the auth server will answer to it, and the location it is meant for (its arguments, or "")."""

    request: Request
    auth_status: int = 200
    location: str = ""

    @property
    def url(self) -> str:
        return f"{self.request.scheme}://{self.request.host}{self.request.path}"

    @property
    def place(self) -> str:
        """Host and location without what leads there: "shop.example.com/cart", "shop.example.com ~* ^/cart"."""
        modifier, _, path = self.location.rpartition(" ")
        return (
            f"{self.request.host}{path or '/'}"
            if modifier in ("", "=", "^~")
            else f"{self.request.host} {self.location}"
        )

    @property
    def extras(self) -> tuple[str, ...]:
        """What makes it more than a plain GET, for people."""
        request = self.request
        shown = [] if request.method == "GET" else [request.method]
        shown += [f"from {request.client}"] if request.client != ANYBODY else []
        shown += ["with the password" if pair == CREDENTIALS else f"{pair[0]}: {pair[1]}" for pair in request.headers]
        shown += [f"with a body of {request.body_bytes} bytes"] if request.body_bytes else []
        shown += [f"and the auth server says {self.auth_status}"] if self.auth_status != 200 else []
        return tuple(shown)


@dataclass(frozen=True, slots=True)
class Side:
    """One side's http block, what it was written for, and the backends posted to its balancer, by name."""

    http: Directive
    provenance: Provenance
    backends: Mapping[str, Mapping[str, Any]]

    def chain(self, hostname: str) -> tuple[Directive, ...]:
        """The server block of a host and the block around it; empty without one."""
        servers = (block for block in self.http.all("server") if self.provenance.host_at(block.line) == hostname)
        server = next(servers, None)
        return () if server is None else (server, self.http)

    def backend(self, place: Place) -> Mapping[str, Any]:
        """The backend of the innermost of the model's locations around a place; empty without one."""
        found = filter(None, (self.provenance.location_at(block.line) for block in place.chain))
        location = next(found, None)
        return self.backends.get(location.backend, {}) if location else {}


def probes(hostname: str, further: Iterable[str], old: Side, new: Side) -> Iterator[Probe]:
    """What to ask about a host of the model; `further`: host names that only redirect to it."""
    chains = [side.chain(hostname) for side in (old, new)]
    host = host_for(server_name(hostname))
    found = list(pairs(*chains))
    for pair in found:
        yield from _Asker(host, pair, old, new).probes()
    paths = dict.fromkeys(("/", NOWHERE, *(path for pair in found[:1] for path in paths_of(pair)[:1])))
    others = [host_for(other) for chain in chains if chain for other in server_names(chain[0])]
    for also in dict.fromkeys((host, *others, *further)):
        for path in paths:
            yield from _both_schemes(Probe(Request(host=also, path=path)))


def _both_schemes(probe: Probe) -> Iterator[Probe]:
    for scheme in SCHEMES:
        yield replace(probe, request=replace(probe.request, scheme=scheme))


def host_for(name: str) -> str:
    """A host that a server_name stands for."""
    if name.startswith("~"):
        return next(iter(examples(name[1:], caseless=True)), UNKNOWN_HOST)
    if name in ("_", ""):
        return UNKNOWN_HOST
    return name.replace("*", LABEL).removeprefix(".")


def paths_of(pair: Pair) -> tuple[str, ...]:
    """Paths that reach a location, the plainest first, then paths that just miss it."""
    if pair.modifier.startswith("~"):
        found = examples(pair.path, caseless="*" in pair.modifier, prefix="/") or ("/",)
        first = found[:1]
        near = [path for text in first for path in (text + DEEPER, text + "x", text[:-1] or "/")]
        return _quoted((*found, *near))
    path = pair.path if pair.path.startswith("/") else "/" + pair.path
    bare = path.rstrip("/")
    other = bare if path.endswith("/") else path + "/"
    return _quoted(filter(None, (path, other, bare + DEEPER, bare + "x" if bare else NOWHERE)))


def _quoted(paths: Iterable[str]) -> tuple[str, ...]:
    """As a client would send them; a query stays one only in what this module itself has added."""
    return tuple(dict.fromkeys(map(_as_sent, paths)))


def _as_sent(path: str) -> str:
    bare = path.removesuffix(DEEPER)
    return quote(bare, safe=_SAFE) + path[len(bare) :]


class _Asker:
    """Makes the probes of one location."""

    def __init__(self, host: str, pair: Pair, old: Side, new: Side) -> None:
        self.host = host
        self.pair = pair
        self.sides = (old, new)
        self.paths = paths_of(pair)
        self.rules = [rules_of(place.effective("allow", "deny")) for place in pair.sides]
        self.trusted = _address_header(old, new)

    def probes(self) -> Iterator[Probe]:
        base = [Variation(client=client, headers=headers) for client in self.admitted for headers in self.credentials]
        for path in self.paths:
            for variation in base:
                yield from self._ask(replace(variation, path=path))
        for variation in self._special():
            for plain in base:
                yield from self._ask(_with(plain, variation))

    @property
    def admitted(self) -> tuple[str, ...]:
        return admitted(*self.rules)

    @property
    def credentials(self) -> tuple[tuple[tuple[str, str], ...], ...]:
        asks = any(place.effective("auth_basic_user_file") for place in self.pair.sides)
        return ((CREDENTIALS,), ()) if asks else ((),)

    @property
    def _replaced(self) -> list[int]:
        """Statuses that error pages stand in for, which an auth server may answer as well."""
        pages = (page for place in self.pair.sides for page in place.effective("error_page"))
        words = (word for page in pages for word in page.args[:-1])
        return sorted({int(word) for word in words if word.isdigit()} - {401})[:MOST_REPLACED]

    def _special(self) -> Iterator[Variation]:
        yield from (Variation(client=client) for client in clients(*self.rules))
        asks = any(place.effective(*ASKING) for place in self.pair.sides)
        if asks:
            yield from (Variation(auth_status=code) for code in (401, *self._replaced))
        for variation in self._conditional():
            yield variation
            if asks and variation.headers:
                yield replace(variation, auth_status=401)
        yield from self._canaries()
        yield from self._bodies()
        yield from self._handed_on()

    def _conditional(self) -> Iterator[Variation]:
        """One variation for each branch of a condition, with each method that a condition names."""
        found: dict[Variation, None] = {}
        for place, side in zip(self.pair.sides, self.sides, strict=True):
            maps = Maps(side.http)
            for condition in place.conditions():
                for test in maps.tests(condition):
                    found.update(dict.fromkeys(variations(*test)))
        if any(name == "Origin" for variation in found for name, _ in variation.headers):
            found[Variation(headers=(("Origin", STRANGE_ORIGIN),))] = None
        methods = [variation for variation in found if variation.method != "GET"]
        for variation in found:
            yield variation
            if variation.headers:
                yield from (replace(variation, method=by.method) for by in methods)

    def _canaries(self) -> Iterator[Variation]:
        found: dict[Variation, None] = {}
        for place, side in zip(self.pair.sides, self.sides, strict=True):
            for name in side.backend(place).get("alternativeBackends") or ():
                shaping = side.backends.get(name, {}).get("trafficShapingPolicy") or {}
                found.update(dict.fromkeys(_chosen_by(shaping)))
        yield from found

    def _bodies(self) -> Iterator[Variation]:
        limits = [_body_limit(place.effective("client_max_body_size")) for place in self.pair.sides]
        if limits[0] != limits[1]:
            for size in sorted({size for limit in limits if limit for size in (limit, limit + 1)}):
                yield Variation(method="POST", body_bytes=size)

    def _handed_on(self) -> Iterator[Variation]:
        """Request headers that one side alone hands on to the service as they come."""
        handed = [set(_request_headers(place.effective(*HANDING))) for place in self.pair.sides]
        for name in sorted({name for name, _ in handed[0] ^ handed[1]} if all(handed) else ()):
            yield Variation(headers=((name, HANDED_ON),))

    def _ask(self, variation: Variation) -> Iterator[Probe]:
        path = variation.path or self.paths[0]
        if variation.query:
            path += ("&" if "?" in path else "?") + variation.query
        request = Request(
            host=self.host,
            path=path,
            method=variation.method,
            headers=variation.headers,
            client=variation.client,
            body_bytes=variation.body_bytes,
        )
        location = " ".join(self.pair.args)
        yield from _both_schemes(Probe(request, variation.auth_status, location))
        if self.trusted and variation.client != ANYBODY:
            headers = (*variation.headers, (self.trusted, variation.client))
            forwarded = replace(request, client=ANYBODY, headers=headers)
            yield from _both_schemes(Probe(forwarded, variation.auth_status, location))


def _with(plain: Variation, special: Variation) -> Variation:
    """The special variation as asked by somebody who may enter, unless who asks is what is special."""
    client = plain.client if special.client == ANYBODY else special.client
    return replace(special, client=client, headers=(*plain.headers, *special.headers))


def _address_header(old: Side, new: Side) -> str:
    """The request header that a side takes the client's address from, "" for none."""
    for side in (old, new):
        named = side.http.first("real_ip_header")
        if named is not None and named.args[0] != "proxy_protocol":
            return named.args[0]
    return ""


def _chosen_by(shaping: Mapping[str, Any]) -> Iterator[Variation]:
    """Requests that a canary's header and cookie rules speak about."""
    if header := shaping.get("header"):
        value, pattern = shaping.get("headerValue"), shaping.get("headerPattern")
        values = [value] if value else examples(pattern)[:1] if pattern else ["always", "never"]
        yield from (Variation(headers=((header, text),)) for text in (*values, "something-else"))
    if cookie := shaping.get("cookie"):
        yield from (Variation(headers=(("Cookie", f"{cookie}={word}"),)) for word in ("always", "never"))


def _request_headers(directives: Iterable[Directive]) -> Iterator[tuple[str, str]]:
    """Each that a directive has as its value, and the header that it goes on as."""
    for directive in directives:
        if len(directive.args) == 2 and (found := _OF_REQUEST.fullmatch(directive.args[1])):
            yield "-".join(word.capitalize() for word in found[1].split("_")), directive.args[0]


def _body_limit(directives: list[Directive]) -> int:
    """Bytes; 0 for no limit or for what nginx would not understand. nginx's own limit is 1m."""
    return parse_offset(directives[0].args[0] if directives else "1m") or 0


__all__ = ["CREDENTIALS", "PASSWORD", "USER", "Probe", "Side", "host_for", "probes"]
