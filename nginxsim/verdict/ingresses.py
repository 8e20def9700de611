"""The state of every Ingress path: what became of it on its way into the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from nginxsim.controller.ingresses import CLASS_ANNOTATION
from nginxsim.controller.model import DEFAULT_SERVER, ROOT, Backend, Location, Model
from nginxsim.kube.objects import BackendRef, Ingress, IngressPath, IngressRule
from nginxsim.origins import Origin
from nginxsim.verdict.wording.controller import dropped_words, gap_words

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation
    from nginxsim.verdict.ages import Ages

State: TypeAlias = Literal[
    "served", "canary", "no endpoints", "denied", "dropped", "shadowed", "unknown age", "foreign", "refused"
]
STATES: tuple[State, ...] = get_args(State)
FINDINGS: frozenset[State] = frozenset({"no endpoints", "denied", "dropped", "shadowed", "unknown age", "refused"})


@dataclass(frozen=True, slots=True)
class PathState:
    """One path of one Ingress. reason: why it is not served."""

    namespace: str
    name: str
    host: str
    path: str
    service: str
    endpoints: int
    state: State
    reason: str
    origin: Origin
    ingress_class: str = ""
    """As spec or annotation name it; "" where neither does."""
    path_type: str = ""
    addresses: tuple[str, ...] = ()
    """Of the endpoints."""

    def fields(self) -> dict[str, Any]:
        return asdict(self)


def rows_of(simulation: Simulation) -> list[PathState]:
    """Every path of every Ingress read, in the order of the manifests."""
    judge = _Judge(simulation.model)
    return [
        PathState(
            namespace=ingress.meta.namespace,
            name=ingress.meta.name,
            host=rule.host or "*",
            path=path.path or ROOT,
            service=f"{path.backend.service}:{path.backend.port}",
            endpoints=len(addresses),
            state=state,
            reason=reason,
            origin=path.origin,
            ingress_class=ingress.class_name or ingress.meta.annotations.get(CLASS_ANNOTATION, ""),
            path_type=path.path_type or "",
            addresses=addresses,
        )
        for ingress in simulation.cluster.ingresses.values()
        for rule, path in _paths(ingress)
        for state, reason in [judge.state(ingress, rule, path)]
        for addresses in [judge.addresses(ingress, path.backend)]
    ]


def stored_rows_of(simulation: Simulation) -> list[PathState]:
    """The same; of Ingresses that the API server refuses nothing else counts, and paths that go to the older of two
    Ingresses go to nobody knows whom where one does not say how old it is.
    """
    return [_as_stored(_as_aged(row, simulation.ages), simulation) for row in rows_of(simulation)]


def _as_stored(row: PathState, simulation: Simulation) -> PathState:
    ingress = simulation.cluster.ingresses[f"{row.namespace}/{row.name}"]
    refused = simulation.obstacles.unstored([ingress.meta.origin])
    return replace(row, state="refused", reason=refused[0].message) if refused else row


def _as_aged(row: PathState, ages: Ages) -> PathState:
    host = DEFAULT_SERVER if row.host == "*" else row.host
    contests = ages.claims.get((host, row.path), ()) if row.state in ("served", "shadowed") else ()
    key = f"{row.namespace}/{row.name}"
    if row.state == "shadowed":
        reasons = (f"taken to be younger than Ingress {each.winner}" for each in contests if each.loser == key)
    else:
        reasons = (f"taken to be older than Ingress {each.loser}" for each in contests if each.winner == key)
    reason = next(reasons, "")
    return replace(row, state="unknown age", reason=reason) if reason else row


def _paths(ingress: Ingress) -> Iterator[tuple[IngressRule, IngressPath]]:
    if ingress.default_backend is not None:
        catch_all = IngressPath("", None, ingress.default_backend, ingress.default_backend.origin)
        yield IngressRule("", (catch_all,), ingress.default_backend.origin), catch_all
    for rule in ingress.rules:
        for path in rule.paths or ():
            yield rule, path


class _Judge:
    """Looks paths up in the model by index."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._dropped = {gone.ingress.meta.key: gone for gone in model.dropped}
        self._locations: dict[tuple[str, str], list[Location]] = {}
        for server in model.servers.values():
            for location in server.locations:
                written = location.ingress_path or location.path
                self._locations.setdefault((server.hostname, written), []).append(location)

    def state(self, ingress: Ingress, rule: IngressRule, path: IngressPath) -> tuple[State, str]:
        if gone := self._dropped.get(ingress.meta.key):
            return ("foreign" if gone.reason.is_foreign else "dropped"), dropped_words(gone)
        host = rule.host or DEFAULT_SERVER
        here = self._locations.get((host, path.path or ROOT), [])
        mine = [location for location in here if _belongs(location, ingress, path)]
        if mine:
            denied = self._model.servers[host].traits.auth_tls_error or mine[0].denied
            return ("denied", denied) if denied is not None else self._answering(mine[0])
        backend = self._backend(ingress, path.backend)
        if backend is not None and backend.no_server:
            return "canary", "" if self._is_alternative(backend) else "attached to no main backend"
        if backend is None:
            return "shadowed", "its canary backend found no main backend"
        owner = next((str(location.ingress.meta) for location in here if location.ingress), "another Ingress")
        return "shadowed", f"{owner} has it"

    def _answering(self, location: Location) -> tuple[State, str]:
        """A location that lets requests in: what is behind it, which redirects do not need."""
        backend = self._model.backends.get(location.backend)
        if location.annotations.redirect.url or backend is None or backend.endpoints:
            return "served", ""
        return "no endpoints", gap_words(backend.gap)

    def addresses(self, ingress: Ingress, ref: BackendRef) -> tuple[str, ...]:
        backend = self._backend(ingress, ref)
        return tuple(f"{each.address}:{each.port}" for each in backend.endpoints) if backend else ()

    def _backend(self, ingress: Ingress, ref: BackendRef) -> Backend | None:
        return self._model.backends.get(f"{ingress.meta.namespace}-{ref.service}-{ref.port}")

    def _is_alternative(self, backend: Backend) -> bool:
        return any(backend.name in main.alternatives for main in self._model.backends.values())


def _belongs(location: Location, ingress: Ingress, path: IngressPath) -> bool:
    if location.ingress is None or location.ingress.meta.key != ingress.meta.key:
        return False
    return location.spec_path is None or location.spec_path.origin == path.origin


__all__ = ["FINDINGS", "STATES", "PathState", "State", "rows_of", "stored_rows_of"]
