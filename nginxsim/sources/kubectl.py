"""The user's own kubectl, with their configuration, plugins and rights: whoever asks it wants to know of a cluster."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

from nginxsim.errors import InputError
from nginxsim.sources.tools import Ended, Tool, in_short, run

KUBECTL = Tool("kubectl", "https://kubernetes.io/docs/tasks/tools/ has it")
SAYS = "kubectl says: "
WAIT = 20
"""Seconds that the API server has for each request."""
_LOG = re.compile(r"[IWE][0-9]{4} [0-9:.]+ +[0-9]+ [^\]]+\] ")
"""How a line of its log begins, which says at length what its last line says again."""


@dataclass(frozen=True, slots=True)
class Kubectl:
    """As it is called: --context and --kubeconfig, where they are given."""

    context: str = ""
    kubeconfig: str = ""

    @property
    def options(self) -> tuple[str, ...]:
        given = (("--context", self.context), ("--kubeconfig", self.kubeconfig))
        return tuple(f"{name}={value}" for name, value in given if value)

    def ask(self, *arguments: str, command: tuple[str, ...] = ()) -> Ended:
        """command: to be run in a container. Raises InputError where it takes too long or says too much."""
        last = ("--", *command) if command else (f"--request-timeout={WAIT}s",)
        return run(KUBECTL, (*arguments, *self.options, *last), Path.cwd())

    def tell(self, *arguments: str, command: tuple[str, ...] = ()) -> str:
        """What it prints. Raises InputError, in its own words, for what it fails at."""
        began = time.monotonic()
        ended = self.ask(*arguments, command=command)
        if ended.status:
            is_late = time.monotonic() - began >= WAIT
            late = f" (the cluster has {WAIT} s for each answer)" if is_late else ""
            raise InputError(f"{SAYS}{words_of(ended)}{late}")
        return ended.told


def words_of(ended: Ended) -> str:
    """What it complains of, on one line."""
    return words_in(ended.complaint)


def words_in(complaint: str) -> str:
    lines = complaint.splitlines()
    return in_short("\n".join([line for line in lines if not _LOG.match(line)] or lines))
