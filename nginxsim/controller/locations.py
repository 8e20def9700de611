"""The locations: each path of each rule finds its server, and what it brings along for host and upstream."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from nginxsim.controller.context import Context
from nginxsim.controller.drafts import EXACT, PREFIX, BackendDraft, LocationDraft, ServerDraft
from nginxsim.controller.ingresses import Arrival
from nginxsim.controller.model import (
    DEFAULT_SERVER,
    NOTHING,
    ROOT,
    About,
    NoticeCode,
)
from nginxsim.controller.references import Claim, host_of
from nginxsim.controller.servers import say_taken
from nginxsim.controller.traits import ServerTrait
from nginxsim.kube.objects import IngressRule
from nginxsim.origins import Origin


class PathFiller:
    """Gives every path its location, oldest Ingress first: who comes later finds the path taken."""

    # ingress-nginx 1.15.1: internal/ingress/controller/controller.go, getBackendServers

    def __init__(
        self, upstreams: Mapping[str, BackendDraft], servers: Mapping[str, ServerDraft], context: Context
    ) -> None:
        self._upstreams = upstreams
        self._servers = servers
        self._context = context
        self._sticky: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        """Upstream -> host -> the paths that its cookie is for."""

    def fill(self, arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            for rule in arrival.ingress.rules:
                self._take_rule(arrival, rule)
        for name, paths in self._sticky.items():
            upstream = self._upstreams[name]
            locations = {host: tuple(found) for host, found in paths.items()}
            upstream.affinity = replace(upstream.affinity, locations=locations)

    def _take_rule(self, arrival: Arrival, rule: IngressRule) -> None:
        host = host_of(rule)
        server = self._servers.get(host) or self._servers[DEFAULT_SERVER]
        if rule.paths is None and host != DEFAULT_SERVER:
            self._context.notices.add(NoticeCode.RULE_WITHOUT_PATHS, rule.origin, ingress=arrival.ingress, host=host)
            return
        self._claim_client_certificate(server, arrival)
        if not self._context.controller.settings.proxy_ssl_location_only:
            self._claim_proxy_tls(server, arrival)
        for path in rule.paths or ():
            self._take_path(server, Claim(arrival, rule, path))

    def _claim_client_certificate(self, server: ServerDraft, arrival: Arrival) -> None:
        """It is the host's: the last Ingress counts until one has a usable CA."""
        wanted, ingress = arrival.annotations.client_certificate, arrival.ingress
        trait = ServerTrait.CLIENT_CERTIFICATE
        if wanted.error and not server.traits.auth_tls_error:
            server.decide(ServerTrait.AUTH_TLS_ERROR, wanted.error, ingress)
        if not server.traits.client_certificate.certificate.ca_file:
            server.decide(trait, wanted, ingress)
        elif wanted.certificate.secret and server.owners[trait] is not ingress:
            say_taken(server, trait, "auth-tls-secret", arrival, self._context)

    def _claim_proxy_tls(self, server: ServerDraft, arrival: Arrival) -> None:
        """The same for the TLS towards the upstreams."""
        wanted, ingress = arrival.annotations.proxy_tls, arrival.ingress
        if not server.traits.proxy_tls.certificate.ca_file:
            server.decide(ServerTrait.PROXY_TLS, wanted, ingress)
        elif wanted.certificate.secret and server.owners[ServerTrait.PROXY_TLS] is not ingress:
            say_taken(server, ServerTrait.PROXY_TLS, "proxy-ssl-secret", arrival, self._context)

    def _take_path(self, server: ServerDraft, claim: Claim) -> None:
        if not claim.leads_to_service:
            self._say(NoticeCode.RESOURCE_BACKEND, claim)
            return
        upstream = self._upstreams[claim.upstream]
        if upstream.no_server:
            if not claim.annotations.canary.enabled:
                self._say(NoticeCode.SERVICE_IS_CANARY, claim, upstream.origin, about=About(upstream.name))
            return
        self._place(server, upstream, claim)
        self._share_affinity(upstream, server, claim)

    def _place(self, server: ServerDraft, upstream: BackendDraft, claim: Claim) -> None:
        holder = server.first_at.get(claim.path)
        if holder is None or holder.path_type != claim.path_type:
            server.add(_location(upstream, claim))
        elif holder.is_default_backend:
            server.take_root(_location(upstream, claim))
        else:
            self._say_path_taken(holder, claim)
            return
        if claim.annotations.redirect.from_to_www and not server.traits.redirect_from_to_www:
            server.decide(ServerTrait.REDIRECT_FROM_TO_WWW, True, claim.ingress)

    def _share_affinity(self, upstream: BackendDraft, server: ServerDraft, claim: Claim) -> None:
        """Affinity is the upstream's: the first type and mode stay, the last cookie counts, the paths add up."""
        wanted, had = claim.annotations.session_affinity, upstream.affinity
        if wanted.type or wanted.mode:
            upstream.affinity = replace(had, type=had.type or wanted.type, mode=had.mode or wanted.mode)
        if wanted.type != "cookie":
            return
        upstream.affinity = replace(upstream.affinity, cookie=wanted.cookie)
        for host in (claim.host, *server.traits.aliases):
            self._sticky[upstream.name][host].append(claim.path)
        if claim.annotations.rewrite.use_regex and not wanted.cookie.path:
            origin = claim.annotations.source("use-regex").origin
            self._say(NoticeCode.COOKIE_PATH_MISSING, claim, origin)

    def _say(self, code: NoticeCode, claim: Claim, *further: Origin | None, about: About = NOTHING) -> None:
        self._context.notices.add(
            code,
            claim.spec_path.origin,
            *further,
            ingress=claim.ingress,
            host=claim.host,
            path=claim.path,
            about=about,
        )

    def _say_path_taken(self, holder: LocationDraft, claim: Claim) -> None:
        about = About(other=str(holder.ingress.meta) if holder.ingress else "")
        taken_at = holder.spec_path or holder.default_ref
        self._say(NoticeCode.PATH_TAKEN, claim, taken_at.origin if taken_at else None, about=about)


def _location(upstream: BackendDraft, claim: Claim) -> LocationDraft:
    return LocationDraft(
        claim.path,
        claim.path_type,
        is_default_backend=False,
        backend=upstream.name,
        annotations=claim.annotations,
        ingress=claim.ingress,
        rule=claim.rule,
        spec_path=claim.spec_path,
        service=upstream.service,
        port=upstream.port,
    )


def in_rendering_order(locations: Iterable[LocationDraft]) -> list[LocationDraft]:
    """Longest path first (in bytes); of the same length, the alphabetically last first."""
    by_path = sorted(locations, key=lambda location: location.path, reverse=True)
    return sorted(by_path, key=lambda location: len(location.path.encode()), reverse=True)


class Block(NamedTuple):
    """A location block to be written for a location: its own path and type, and the path that the Ingress has."""

    location: LocationDraft
    path: str
    path_type: str
    ingress_path: str


def blocks_of(locations: Sequence[LocationDraft]) -> Iterator[Block]:
    """The blocks for the locations of a server; the root's `ingress_path` is "".

    A Prefix path becomes two: `path/` for what lies below, and the path itself as an exact match, unless that exists
    already.
    """
    # ingress-nginx 1.15.1: internal/ingress/controller/location.go
    exact = {location.path for location in locations if location.path_type == EXACT}
    for location in locations:
        path, path_type = location.path, location.path_type
        if path == ROOT:
            yield Block(location, path, path_type, "")
        elif path_type != PREFIX or _is_pattern(location):
            yield Block(location, path, path_type, path)
        else:
            yield Block(location, path if path.endswith("/") else f"{path}/", path_type, path)
            if path not in exact:
                yield Block(location, path, EXACT, path)


def _is_pattern(location: LocationDraft) -> bool:
    rewrite = location.annotations.rewrite
    return rewrite.use_regex or rewrite.target not in ("", location.path)
