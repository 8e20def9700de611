"""The `listen` lines of a server."""

from __future__ import annotations

from dataclasses import dataclass

from nginxsim.config.controller import Controller
from nginxsim.config.machine import Machine
from nginxsim.controller.model import DEFAULT_SERVER

# ingress-nginx 1.15.1: internal/ingress/controller/util.go
SMALLEST_BACKLOG = 512
DEFAULT_BACKLOG = 511


def backlog(machine: Machine) -> int:
    return machine.somaxconn if machine.somaxconn >= SMALLEST_BACKLOG else DEFAULT_BACKLOG


@dataclass(frozen=True, slots=True)
class Listeners:
    """What follows `listen` for plain and for TLS ports."""

    http: tuple[str, ...]
    https: tuple[str, ...]


def listeners(hostname: str, controller: Controller) -> Listeners:
    """ingress-nginx 1.15.1: template.go, buildHTTPListener and buildHTTPSListener."""
    settings, flags = controller.settings, controller.flags
    options = _options(hostname == DEFAULT_SERVER, controller)
    addresses = _addresses(controller)
    port, protocol = flags.https_port, []
    if flags.enable_ssl_passthrough:
        port = flags.ssl_passthrough_proxy_port
        protocol = [] if settings.use_proxy_protocol else ["proxy_protocol"]
    http2 = ["http2"] if settings.use_http2 and not controller.release.has_http2_directive else []
    return Listeners(
        http=tuple(" ".join([f"{address}{flags.http_port}", *options]) for address in addresses),
        https=tuple(" ".join([f"{address}{port}", *protocol, *options, "ssl", *http2]) for address in addresses),
    )


def has_ipv6(controller: Controller) -> bool:
    return controller.machine.ipv6 and not controller.settings.disable_ipv6


def _addresses(controller: Controller) -> list[str]:
    settings = controller.settings
    v4 = [f"{address}:" if address else "" for address in settings.bind_address_ipv4 or ("",)]
    v6 = [f"{address}:" if address else "" for address in settings.bind_address_ipv6 or ("[::]",)]
    return v4 + v6 if has_ipv6(controller) else v4


def _options(catch_all: bool, controller: Controller) -> list[str]:
    settings = controller.settings
    options = ["proxy_protocol"] if settings.use_proxy_protocol else []
    if catch_all:
        options.append("default_server")
        options += ["reuseport"] if settings.reuse_port else []
        options.append(f"backlog={backlog(controller.machine)}")
    return options
