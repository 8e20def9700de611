"""What each annotation is and was: who knows it, its risk, and what becomes of a value that it does not take."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from nginxsim.annotations import NAMES, Effect, known_names
from nginxsim.annotations.rows import Annotation
from nginxsim.config.certificates import CertificateStore
from nginxsim.config.told import Told
from nginxsim.errors import UsageError, did_you_mean
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import Ingress, IngressClass, Meta
from nginxsim.origins import Origin
from nginxsim.releases import RELEASES
from nginxsim.releases import release as release_named
from nginxsim.releases.words import runs
from nginxsim.simulation import Simulation
from nginxsim.upgrade.gate import Gate, Rule
from nginxsim.upgrade.road import facts_of

BAD = "} no { value"
"""A value that hardly anything takes."""
PREFIX = "nginx.ingress.kubernetes.io/"
_CLASS = IngressClass(Meta("IngressClass", "nginx", ""), "k8s.io/ingress-nginx")


@dataclass(frozen=True, slots=True)
class Usage:
    """A place of the input that has the annotation."""

    ingress: str
    name: str
    value: str
    origin: Origin | None


@dataclass(frozen=True, slots=True)
class History:
    """One annotation. releases: who knows it; risks: by runs of releases, in words; fates: what a bad value does."""

    name: str
    aliases: tuple[str, ...]
    scope: str
    releases: str
    risks: tuple[tuple[str, str], ...]
    expected: str
    fates: tuple[tuple[str, str], ...]


def row_named(name: str) -> Annotation:
    """Of an annotation by any of its names, with its prefix or without. Raises UsageError with the nearest."""
    short = name.removeprefix(PREFIX)
    if short not in NAMES:
        raise UsageError(f'no annotation "{short}"{did_you_mean(short, NAMES)}')
    return NAMES[short]


def history_of(row: Annotation) -> History:
    fates = {name: _fate(_called(row, name), name) for name in RELEASES}
    risks = {name: str(row.at(release_named(name)).risk) for name in RELEASES}
    return History(
        name=row.name,
        aliases=row.aliases,
        scope=row.scope,
        releases=_known(row),
        risks=tuple(_by_run(risks)),
        expected=row.validator.expected,
        fates=tuple(_by_run(fates)),
    )


def _called(row: Annotation, release: str) -> str:
    """What the release calls it."""
    known = known_names(release_named(release))
    return next((name for name in row.names if name in known), row.name)


def _known(row: Annotation) -> str:
    names = {name: runs(lambda release, name=name: name in known_names(release_named(release))) for name in row.names}  # type: ignore[misc]
    return "; ".join(told if name == row.name else f"{name} {told}" for name, told in names.items())


def _by_run(values: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Each value with the releases that have it, in words."""
    for value in dict.fromkeys(values.values()):
        yield runs(lambda name, value=value: values[name] == value), value  # type: ignore[misc]


def _fate(name: str, release: str) -> str:
    """What the Ingress with a bad value of this annotation alone comes to: a word of FATES."""
    meta = Meta("Ingress", name, annotations={f"{PREFIX}{name}": BAD})
    troubles = _gate(release).troubles(Ingress(meta, class_name="nginx"))
    mine = [each for each in troubles if each.subject in ("", name)]
    for effect in (Effect.DROPPED, Effect.DENIED):
        if any(each.effect is effect for each in mine):
            return effect.value
    if any(each.rule is Rule.NO_SUCH_ANNOTATION for each in mine):
        return "unknown"
    return Effect.IGNORED.value if mine else "taken"


_GATES: dict[Hashable, Gate] = {}
"""By what releases have in common: one for those that are alike."""


def _gate(release: str) -> Gate:
    facts = facts_of(release)
    if facts not in _GATES:
        cluster = Cluster(ingress_classes={"nginx": _CLASS})
        controller = Told.of(release, ["--ingress-class=nginx"]).controller(cluster)
        _GATES[facts] = Gate(cluster, controller, CertificateStore(cluster, controller.flags))
    return _GATES[facts]


def usages(simulation: Simulation, rows: Sequence[Annotation]) -> Iterator[Usage]:
    """Where the Ingresses of an estate have these annotations, in the order of the manifests."""
    prefix = simulation.controller.flags.prefix
    wanted = {prefix + name for row in rows for name in row.names}
    for key, ingress in simulation.cluster.ingresses.items():
        for full, value in ingress.meta.annotations.items():
            if full in wanted:
                origin = ingress.meta.annotation_origins.get(full)
                yield Usage(key, full.removeprefix(prefix), value, origin)
