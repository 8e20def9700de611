"""What a suite file says: cases with request, estate, played services and expectations. All of it can be pickled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from nginxsim.kube.live import Live
from nginxsim.nginx.exchange import Answer, Request
from nginxsim.origins import Origin
from nginxsim.sources import Release
from nginxsim.suites.nodes import Place


@dataclass(frozen=True, slots=True)
class Change:
    """One value that a test sets or, with None, takes away. owner: the Ingress "ns/name", "" for the ConfigMap."""

    owner: str
    name: str
    value: str | None
    origin: Origin = field(compare=False)


@dataclass(frozen=True, slots=True)
class EstateSpec:
    """What has to be simulated; equal specs share one simulation."""

    manifests: tuple[str, ...]
    flags: tuple[str, ...] = ()
    release: str | None = None
    """None: as nginxsim.toml or the manifests say, else the newest known."""
    templates: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    controller: str = ""
    """Of several in the manifests, the one that is meant."""
    chart: Release | None = None
    """What a chart among the manifests is rendered with."""
    changes: tuple[Change, ...] = ()
    live: Live | None = None
    """The cluster that is asked instead of the manifests."""
    origin: Origin | None = field(default=None, compare=False)
    """Where a suite names the manifests."""

    @property
    def called(self) -> str:
        return str(self.live) if self.live else ", ".join(self.manifests)

    @property
    def unchanged(self) -> EstateSpec:
        """The same estate without the test's changes."""
        return replace(self, changes=())


@dataclass(frozen=True, slots=True)
class Played:
    """What one service (or URL) answers under one path.

    target: "ns/name", "ns/name:port" or "http://host:port"; path: "/exact", "/under/*" or "*".
    """

    target: str
    path: str
    answer: Answer
    origin: Origin


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation. name: the header's name, for those on headers; wanted: as the field's reader made it."""

    field: str
    wanted: str | bool | float
    place: Place
    name: str = ""

    @property
    def label(self) -> str:
        return f"{self.field}.{self.name}" if self.name else self.field


@dataclass(frozen=True, slots=True)
class Expectation:
    """All that is expected of a request; with `outcomes`, of the several ways it may end."""

    checks: tuple[Check, ...] = ()
    probability: Check | None = None
    outcomes: tuple[Expectation, ...] = ()
    nginx_refuses: Check | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One request and what is expected of it: a test, or one row of a test's table."""

    suite: str
    name: str
    url: str
    request: Request
    estate: EstateSpec
    expect: Expectation
    origin: Origin
    played: tuple[Played, ...] = ()
    plays: bool = False
    """The test itself, not its suite, says what services answer."""
    what_if: bool = False
    """The test changes the manifests or the flags."""
    draw: int | None = None
    client_given: bool = False
    tags: tuple[str, ...] = ()
    only: bool = False
    skip: str | None = None
    """Why the test is left out; None: it runs."""

    @property
    def title(self) -> str:
        return f"{self.suite}: {self.name}"


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite file."""

    file: str
    cases: Sequence[Case]
