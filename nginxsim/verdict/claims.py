"""Who wanted a path and did not get it: Ingresses that never reached the model, by the hosts they name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from nginxsim.controller.model import ROOT, Dropped, Model
from nginxsim.kube.cluster import Cluster
from nginxsim.nginx.names import bare_host
from nginxsim.origins import Origin

_SPECIAL = re.compile(r"[(\[{.*+?^$|\\]")


@dataclass(frozen=True, slots=True)
class Claim:
    """A path of an Ingress that the controller left out."""

    dropped: Dropped
    host: str
    path: str
    origin: Origin

    @property
    def is_foreign(self) -> bool:
        """Whether the Ingress is another controller's business, rather than one that failed here."""
        return self.dropped.reason.is_foreign


class Claims:
    """All claims of an estate, found by host."""

    def __init__(self, model: Model) -> None:
        self._by_host: dict[str, list[Claim]] = defaultdict(list)
        for dropped in model.dropped:
            for rule in dropped.ingress.rules:
                for path in rule.paths or ():
                    claim = Claim(dropped, rule.host, path.path or ROOT, path.origin)
                    self._by_host[rule.host.lower()].append(claim)

    def best(self, host: str, uri: str) -> Claim | None:
        """The longest path claimed for this request; one that failed goes before one that is foreign."""
        labels = bare_host(host.lower()).split(".", 1)
        names = [".".join(labels), f"*.{labels[-1]}" if len(labels) > 1 else "", ""]
        claims = (claim for name in dict.fromkeys(names) for claim in self._by_host.get(name, ()))
        fitting = [claim for claim in claims if covers(claim.path, uri)]
        return max(fitting, key=lambda claim: (not claim.is_foreign, len(claim.path)), default=None)


class Wishes:
    """Where the Ingresses stand that want a path, whatever became of them, by host."""

    def __init__(self, cluster: Cluster) -> None:
        self._by_host: dict[str, list[tuple[str, Origin]]] = defaultdict(list)
        for ingress in cluster.ingresses.values():
            for rule in ingress.rules:
                for path in rule.paths or ():
                    self._by_host[rule.host.lower()].append((path.path or ROOT, ingress.meta.origin))
            if ingress.default_backend is not None:
                self._by_host[""].append((ROOT, ingress.meta.origin))

    def of(self, host: str, uri: str) -> Iterator[Origin]:
        """Of the Ingresses that name the host or a wildcard for it; where none does, of those for all hosts."""
        name = host.lower().partition(":")[0]
        named = (each for each in (name, f"*.{name.partition('.')[2]}", "") if each in self._by_host)
        return (origin for path, origin in self._by_host.get(next(named, ""), ()) if covers(path, uri))


def covers(path: str, uri: str) -> bool:
    """Prefix by elements; a pattern is taken up to its first special character."""
    if special := _SPECIAL.search(path):
        return uri.startswith(path[: special.start()])
    return uri == path or uri.startswith(path if path.endswith("/") else path + "/")
