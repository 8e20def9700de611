"""What one server block says beside its locations.

ingress-nginx 1.15.1: internal/ingress/controller/template/template.go and pkg/util/ingress/ingress.go.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from nginxsim.config.flags import Flags
from nginxsim.controller.model import Server
from nginxsim.controller.redirects import NameRedirect
from nginxsim.controller.traits import BY_ANNOTATION, ServerTraits
from nginxsim.golang.strconv import quote
from nginxsim.origins import Source
from nginxsim.releases import Release
from nginxsim.render.limits import MarksOf
from nginxsim.render.locations import LocationView
from nginxsim.render.marks import MarksByName
from nginxsim.render.provenance import Ledger
from nginxsim.render.sources import annotation_source
from nginxsim.render.text import in_quotes

_LABEL = r"~^(?<subdomain>[\w-]+)\."


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """The error pages that one upstream answers."""

    upstream: str
    codes: tuple[int, ...]
    mark: str = ""


@dataclass(frozen=True, slots=True)
class MirrorView:
    source: str
    host: str
    target: str
    mark: str


@dataclass(frozen=True, slots=True)
class RedirectView:
    """A server that only sends its visitors to the other one of www.name and name."""

    sender: str
    target: str
    name: str
    """What server_name says."""
    mark: str


@dataclass(frozen=True, slots=True)
class ServerView:
    """A server for the template. `opens`: mark of the rule that names the host; `by`: marks by annotation."""

    hostname: str
    names: tuple[str, ...]
    """What server_name says."""
    is_default: bool
    traits: ServerTraits
    global_errors: ErrorGroup
    errors: tuple[ErrorGroup, ...]
    mirrors: tuple[MirrorView, ...]
    locations: tuple[LocationView, ...]
    opens: str
    by: dict[str, str]


class ServerMarks(MarksByName):
    """By annotation, of those that hold for a whole server."""

    kind = "annotation of a whole server"
    names = frozenset(BY_ANNOTATION)

    def __init__(self, ledger: Ledger, server: Server, flags: Flags) -> None:
        super().__init__(ledger)
        self._server = server
        self._prefix = flags.annotations_prefix

    def _source(self, name: str) -> Source:
        owners = self._server.owners
        owner = next((owners[trait] for trait in BY_ANNOTATION[name] if trait in owners), None)
        return annotation_source(owner, self._prefix, name)


def names_of(server: Server, release: Release) -> tuple[str, ...]:
    """What server_name says, the host first."""
    host = server_name(server.hostname)
    if not release.quotes_names:
        return (host, *server.traits.aliases)
    return (quote(host), *(f'"{in_quotes(alias)}"' for alias in server.traits.aliases))


def server_name(hostname: str) -> str:
    """A wildcard becomes a regex that allows one label only."""
    if not hostname.startswith("*"):
        return hostname
    return _LABEL + r"\.".join(hostname.replace("*.", "", 1).split(".")) + "$"


def redirect_view(redirect: NameRedirect, release: Release, mark: str) -> RedirectView:
    sender = redirect.name
    return RedirectView(sender, redirect.target.hostname, quote(sender) if release.quotes_names else sender, mark)


def error_groups(server: Server, marks_of: MarksOf) -> Iterator[ErrorGroup]:
    """Custom errors by the upstream that answers them."""
    codes: dict[str, set[int]] = defaultdict(set)
    asked: dict[str, dict[str, None]] = defaultdict(dict)
    for location in server.locations:
        if wanted := location.annotations.custom_http_errors:
            codes[location.default_backend_upstream].update(wanted)
            asked[location.default_backend_upstream][marks_of(location)["custom-http-errors"]] = None
    for upstream in sorted(codes):
        yield ErrorGroup(upstream, tuple(sorted(codes[upstream])), "".join(asked[upstream]))


def mirrors_of(server: Server, marks_of: MarksOf, release: Release) -> Iterator[MirrorView]:
    """One location a mirror source."""
    seen = set()
    for location in server.locations:
        mirror = location.annotations.mirror
        if (
            mirror.source
            and mirror.target
            and mirror.source not in seen
            and (mirror.host or not release.mirrors_need_host)
        ):
            seen.add(mirror.source)
            yield MirrorView(mirror.source, mirror.host, mirror.target, marks_of(location)["mirror-target"])
