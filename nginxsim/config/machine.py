"""The machine the controller runs on: what it reads from the kernel and /etc/resolv.conf."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Machine:
    """The defaults are those of a node of common size.

    cpus: worker_processes auto. somaxconn: the listen backlog. open_files: the limit of open files (RLIMIT_NOFILE) that
    the controller's own process has. resolvers: nameserver addresses. zone: the node's label
    topology.kubernetes.io/zone.
    """

    cpus: int = 2
    somaxconn: int = 4096
    open_files: int = 1048576
    ipv6: bool = True
    resolvers: tuple[str, ...] = ("10.96.0.10",)
    zone: str = ""


Host = Machine
"""The name it has for users: simulate(host=Host(cpus=8))."""
