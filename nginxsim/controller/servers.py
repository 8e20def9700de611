"""The servers: one for each host that an Ingress names, with what an Ingress can set for a whole host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nginxsim.annotations.families import proxy
from nginxsim.annotations.values import Logs, ParsedAnnotations, Redirect, Rewrite
from nginxsim.controller.context import Context
from nginxsim.controller.drafts import NO_SERVICE, PREFIX, BackendDraft, LocationDraft, ServerDraft
from nginxsim.controller.ingresses import Arrival
from nginxsim.controller.model import (
    DEFAULT_SERVER,
    ROOT,
    About,
    NoticeCode,
)
from nginxsim.controller.references import default_ref, host_of, upstream_name
from nginxsim.controller.server_certificates import choose_certificate
from nginxsim.controller.traits import FIRST_COME, FirstCome, ServerTrait, ServerTraits
from nginxsim.kube.objects import BackendRef, IngressRule


def create_servers(
    arrivals: Sequence[Arrival], upstreams: dict[str, BackendDraft], default: BackendDraft, context: Context
) -> dict[str, ServerDraft]:
    """Servers by host, each with its root location; canary Ingresses make none."""
    # ingress-nginx 1.15.1: internal/ingress/controller/controller.go, createServers
    plain = [arrival for arrival in arrivals if not arrival.annotations.canary.enabled]
    servers = {DEFAULT_SERVER: _catch_all(default, context)}
    for arrival in plain:
        ref = default_ref(arrival)
        upstream = upstreams[upstream_name(arrival, ref)] if ref else default
        if ref:
            _serve_catch_all(servers[DEFAULT_SERVER], arrival, ref, upstream, context)
        for rule in arrival.ingress.rules:
            if (host := host_of(rule)) not in servers:
                servers[host] = _server(host, rule, arrival, ref, upstream)
    for arrival in plain:
        for rule in arrival.ingress.rules:
            _configure(servers[host_of(rule)], arrival, rule, context)
    for server in servers.values():
        _settle_aliases(server, servers, context)
    return servers


def _catch_all(default: BackendDraft, context: Context) -> ServerDraft:
    settings = context.controller.settings
    annotations = ParsedAnnotations(
        # The original forgets proxy-redirect-to here.
        proxy=replace(proxy.defaults(settings), redirect_to=""),
        logs=Logs(access=settings.enable_access_log_for_default_backend),
    )
    root = LocationDraft(
        ROOT, PREFIX, True, default.name, annotations, service=default.service, default_backend_upstream=""
    )
    return ServerDraft(DEFAULT_SERVER, [root], ServerTraits(certificate=context.certificates.default))


def _serve_catch_all(
    server: ServerDraft, arrival: Arrival, ref: BackendRef, upstream: BackendDraft, context: Context
) -> None:
    """An Ingress with a backend and no rules takes the catch-all, if it is free; redirect and rewrite stay out.

    Where any other takes it as well, that changes where requests go, and no annotation.
    """
    root = server.first_at[ROOT]
    if root.is_default_backend and not arrival.ingress.rules:
        annotations = replace(arrival.annotations, redirect=Redirect(), rewrite=Rewrite())
        server.take_root(
            LocationDraft(
                ROOT,
                PREFIX,
                False,
                upstream.name,
                annotations,
                ingress=arrival.ingress,
                default_ref=ref,
                service=upstream.service,
            )
        )
    elif context.controller.release.any_backend_takes_catch_all:
        taken = replace(root, backend=upstream.name, ingress=arrival.ingress, default_ref=ref, service=upstream.service)
        server.take_root(taken)


def _server(
    host: str, rule: IngressRule, arrival: Arrival, ref: BackendRef | None, upstream: BackendDraft
) -> ServerDraft:
    root = LocationDraft(
        ROOT,
        PREFIX,
        True,
        upstream.name,
        arrival.annotations,
        ingress=arrival.ingress,
        rule=rule,
        default_ref=ref,
        service=NO_SERVICE,
    )
    server = ServerDraft(host, [root], origin=rule.origin)
    _pass_through(server, arrival)
    return server


def _pass_through(server: ServerDraft, arrival: Arrival) -> None:
    if arrival.annotations.ssl_passthrough and not server.traits.ssl_passthrough:
        server.decide(ServerTrait.SSL_PASSTHROUGH, True, arrival.ingress)


def _configure(server: ServerDraft, arrival: Arrival, rule: IngressRule, context: Context) -> None:
    server.origin = server.origin or rule.origin
    for row in FIRST_COME:
        if value := row.value(arrival.annotations):
            _come(server, row, value, arrival, context)
    if context.controller.release.any_ingress_passes_tls_through:
        _pass_through(server, arrival)
    if server.traits.certificate is None and arrival.ingress.tls:
        certificate = choose_certificate(server.hostname, arrival.ingress, context)
        server.decide(ServerTrait.CERTIFICATE, certificate, arrival.ingress)


def _come(server: ServerDraft, row: FirstCome, value: object, arrival: Arrival, context: Context) -> None:
    """Decides a trait if nobody has; where somebody has, the row may say that this one is to be told."""
    if server.owners.get(row.trait, arrival.ingress) is arrival.ingress:
        server.decide(row.trait, value, arrival.ingress)
    elif row.told:
        say_taken(server, row.trait, row.annotation, arrival, context)


def say_taken(server: ServerDraft, trait: ServerTrait, annotation: str, arrival: Arrival, context: Context) -> None:
    """Notes that an Ingress comes too late to decide a trait."""
    about = About(annotation, str(server.owners[trait].meta))
    origin, code = arrival.annotations.source(annotation).origin, NoticeCode(f"{annotation}-taken")
    context.notices.add(code, origin, ingress=arrival.ingress, host=server.hostname, about=about)


def _settle_aliases(server: ServerDraft, servers: dict[str, ServerDraft], context: Context) -> None:
    """Aliases without repeats, without the host itself and without hosts that have a server of their own."""
    owner, aliases = server.owners.get(ServerTrait.ALIASES), server.traits.aliases
    if owner is None:
        return
    for alias in dict.fromkeys(aliases):
        if alias in servers and alias != server.hostname:
            set_at = owner.meta.annotation_origins.get(f"{context.controller.flags.prefix}server-alias")
            places, about = (set_at, servers[alias].origin), About(alias, server.hostname)
            context.notices.add(NoticeCode.ALIAS_TAKEN, *places, ingress=owner, host=alias, about=about)
    server.give(ServerTrait.ALIASES, tuple(sorted({alias for alias in aliases if alias not in servers})))
