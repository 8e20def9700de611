"""Which server blocks could answer to a name: the index that keeps asking about one host cheap in a large estate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from nginxsim.controller.model import DEFAULT_SERVER, Model, Server
from nginxsim.controller.redirects import www_name


class HostIndex:
    """Host name -> the servers nginx would have to consider for it, in O(labels of the name)."""

    def __init__(self, model: Model) -> None:
        self._exact: dict[str, list[str]] = defaultdict(list)
        self._suffixes: dict[str, list[str]] = defaultdict(list)
        self._prefixes: dict[str, list[str]] = defaultdict(list)
        self._patterns: list[str] = []
        for server in model.servers.values():
            for name in _names(server):
                self._add(name.lower(), server.hostname)

    def _add(self, name: str, hostname: str) -> None:
        if name.startswith("~"):
            self._patterns.append(hostname)
        elif name.startswith("*."):
            self._suffixes[name[2:]].append(hostname)
        elif name.startswith("."):
            self._exact[name[1:]].append(hostname)
            self._suffixes[name[1:]].append(hostname)
        elif name.endswith(".*"):
            self._prefixes[name[:-2]].append(hostname)
        else:
            self._exact[name].append(hostname)

    def candidates(self, *names: str | None) -> frozenset[str]:
        """Hostnames of the servers that may answer for any of these names; the catch-all is always among them."""
        found = {DEFAULT_SERVER, *self._patterns}
        for name in names:
            if name:
                found.update(self._matching(name.lower().partition(":")[0].rstrip(".")))
        return frozenset(found)

    def _matching(self, name: str) -> Iterator[str]:
        yield from self._exact.get(name, ())
        labels = name.split(".")
        for i in range(1, len(labels)):
            yield from self._suffixes.get(".".join(labels[i:]), ())
            yield from self._prefixes.get(".".join(labels[:i]), ())


def _names(server: Server) -> Iterator[str]:
    yield server.hostname
    yield from server.traits.aliases
    if server.traits.redirect_from_to_www:
        yield www_name(server.hostname)
