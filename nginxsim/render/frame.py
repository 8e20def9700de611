"""What nginx.conf says outside the servers' own blocks, as far as it takes more than a look at the settings."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from nginxsim.config.controller import Controller
from nginxsim.config.scope import in_scope
from nginxsim.config.settings import Settings, dh_param_file
from nginxsim.controller.model import Model, StreamService
from nginxsim.golang.strconv import quote
from nginxsim.kube.cluster import Cluster
from nginxsim.origins import Source
from nginxsim.render.listeners import backlog, has_ipv6
from nginxsim.render.modules import Modules, modules_of, tracer_of
from nginxsim.render.provenance import Ledger, Line
from nginxsim.render.sources import annotation_source
from nginxsim.render.text import kilobytes

# ingress-nginx 1.15.1: internal/ingress/controller/nginx.go, generateTemplate
RESERVED_FILES = 1024
FEWEST_FILES = 1024
_WORD = 8
_WWW = len("www.")


@dataclass(frozen=True, slots=True)
class Frame:
    """Facts about the whole configuration."""

    open_files: int
    connections: int
    name_hash_bucket: int
    name_hash_size: int
    modules: Modules
    tracer: str
    """The library that OpenTracing loads; "" for none."""
    resolver: str
    ipv6: bool
    backlog: int
    shared_dicts: tuple[str, ...]
    body_size_for_lua: str
    request_headers: tuple[tuple[str, Line], ...]
    """ConfigMap proxy-set-headers: name and quoted value."""
    response_headers: tuple[Line, ...]
    """ConfigMap add-headers, quoted."""
    dh_param: str
    certificate: str
    geo_databases: tuple[str, ...]
    tcp: tuple[StreamService, ...]
    udp: tuple[StreamService, ...]
    stream_snippets: tuple[Line, ...]


def build_frame(model: Model, controller: Controller, cluster: Cluster, ledger: Ledger) -> Frame:
    settings, flags, machine = controller.settings, controller.flags, controller.machine
    seen = in_scope(cluster, flags)
    open_files = settings.max_worker_open_files or open_file_limit(controller)
    bucket, size = _name_hash(model, settings)
    certificate = model.default_certificate
    dicts = settings.lua_shared_dicts
    return Frame(
        open_files=open_files,
        connections=settings.max_worker_connections or int(open_files * 3 / 4),
        name_hash_bucket=bucket,
        name_hash_size=size,
        modules=modules_of(model.servers, settings),
        tracer=tracer_of(settings),
        resolver=resolver(machine.resolvers, without_ipv6=settings.disable_ipv6_dns),
        ipv6=has_ipv6(controller),
        backlog=backlog(machine),
        shared_dicts=tuple(sorted(f"{name} {kilobytes(dicts[name])}" for name in dicts)),
        body_size_for_lua=_body_size(
            max(dicts.get("configuration_data", 0), dicts.get("certificate_data", 0)), controller
        ),
        request_headers=tuple(
            (name, Line(quote(line.text), line.mark))
            for name, line in _headers(settings.proxy_set_headers, seen, ledger)
        ),
        response_headers=tuple(
            Line(quote(f"{name}: {line.text}"), line.mark)
            for name, line in _headers(settings.add_headers, seen, ledger)
        ),
        dh_param=dh_param_file(seen, settings.ssl_dh_param),
        certificate=certificate.pem_file if certificate else "",
        geo_databases=tuple(flags.maxmind_edition_ids.split(",")) if settings.use_geoip2 else (),
        tcp=model.tcp_services,
        udp=model.udp_services,
        stream_snippets=tuple(_stream_snippets(model, controller, ledger)),
    )


def _stream_snippets(model: Model, controller: Controller, ledger: Ledger) -> Iterator[Line]:
    """The Ingresses' in their order, then the ConfigMap's."""
    name = "stream-snippet"
    full = controller.flags.prefix + name
    owners = {ingress.meta.annotations.get(full): ingress for ingress in reversed(model.ingresses)}
    for text in model.stream_snippets:
        yield Line(text, ledger.mark(annotation_source(owners.get(text), controller.flags.annotations_prefix, name)))
    yield Line(controller.settings.stream_snippet, ledger.mark(controller.settings.source(name)))


def _body_size(largest: int, controller: Controller) -> str:
    """Of the controller's own posts: a megabyte more than the largest dictionary that they fill."""
    size = kilobytes(largest + 1024)
    return size.lower() if controller.release.lua_sizes_are_megabytes else size


def open_file_limit(controller: Controller) -> int:
    """Files a worker may open: what the controller's process may, less a reserve; its share of that in old releases.

    ingress-nginx 1.15.1: internal/ingress/controller/nginx.go (generateTemplate), util.go (rlimitMaxNumFiles)
    """
    limit = controller.machine.open_files
    if controller.release.divides_open_files:
        workers = controller.settings.worker_processes
        limit //= int(workers) if workers.isdecimal() and int(workers) else 1
    return max(limit - RESERVED_FILES, FEWEST_FILES)


def resolver(addresses: tuple[str, ...], *, without_ipv6: bool) -> str:
    """The arguments of `resolver`; "" where the host names no server."""
    parsed = [ipaddress.ip_address(address) for address in addresses]
    plain = [getattr(address, "ipv4_mapped", None) or address for address in parsed]
    shown = [f"[{ip}]" if ip.version == 6 else str(ip) for ip in plain if ip.version == 4 or not without_ipv6]
    if not plain:
        return ""
    return " ".join([*shown, "valid=30s", *(["ipv6=off"] if without_ipv6 else [])])


def _name_hash(model: Model, settings: Settings) -> tuple[int, int]:
    """Bucket and table size that hold every server name."""
    longest = total = 0
    for server in model.servers.values():
        length = len(server.hostname.encode()) + (_WWW if server.traits.redirect_from_to_www else 0)
        longest = max(longest, length, *(len(alias.encode()) for alias in server.traits.aliases), 0)
        total += length
    aligned = (longest + 2 + _WORD - 1) // _WORD * _WORD
    bucket = _power_of_two(2 * _WORD + aligned)
    return max(settings.server_name_hash_bucket_size, bucket), max(
        settings.server_name_hash_max_size, _power_of_two(total)
    )


def _power_of_two(number: int) -> int:
    """The smallest power of two that is not below `number`; 0 for 0."""
    return 1 << (number - 1).bit_length() if number > 0 else 0


def _headers(key: str, cluster: Cluster, ledger: Ledger) -> list[tuple[str, Line]]:
    """The entries of the ConfigMap `key` in order of their names."""
    found = cluster.config_maps.get(key)
    if found is None:
        return []
    owner = str(found.meta)
    return [
        (name, Line(value, ledger.mark(Source("configmap", name, found.origins.get(name), owner))))
        for name, value in sorted(found.data.items())
    ]
