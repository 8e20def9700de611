"""The machine and pod the controller runs on: what it reads from the kernel, /etc/resolv.conf and its own pod."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Host:
    """cpus: worker_processes auto; somaxconn: listen backlog; open_files: RLIMIT_NOFILE; resolvers: nameserver addresses;
    zone: the node's topology.kubernetes.io/zone label."""

    cpus: int = 2
    somaxconn: int = 4096
    open_files: int = 1048576
    ipv6: bool = True
    resolvers: tuple[str, ...] = ("10.96.0.10",)
    namespace: str = "ingress-nginx"
    pod: str = "ingress-nginx-controller-0"
    zone: str = ""
