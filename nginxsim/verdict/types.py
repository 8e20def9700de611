"""What a verdict is made of: outcomes, their causes with evidence in the manifests, and the trace."""

from __future__ import annotations

import copy
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Generic, Literal, NamedTuple, TypeVar

from nginxsim.around.caching import Kept
from nginxsim.catalogue.entries import Level
from nginxsim.nginx.events import AuthAnswered, LocationChosen
from nginxsim.nginx.exchange import Headers, Request, UpstreamRequest
from nginxsim.nginx.steps import Event, Phase
from nginxsim.origins import Edit, Origin, Source

LEVELS: tuple[Level, ...] = ("error", "warning", "notice")
"""Of findings, the worst first."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place in a manifest that bears on a cause: what stands there, and what about it."""

    origin: Origin
    text: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a request ends as it does. `code` is stable and listed in nginxsim/catalogue; `number` is its short form."""

    code: str
    number: str
    level: Level
    message: str
    fix: str = ""
    evidence: tuple[Evidence, ...] = ()

    @property
    def origins(self) -> list[Origin]:
        """(file, line, column) of each piece of evidence, the deciding one first."""
        return [item.origin.settled() for item in self.evidence]


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a trace's text: of the step's phase, text or why, a line of the conf, or the origin in a manifest.

    It links to `origin` in a manifest, or to `line` of the rendered conf, where these are set.
    """

    role: Literal["phase", "text", "why", "conf", "origin"]
    text: str
    origin: Origin | None = None
    line: int = 0


def _nothing() -> tuple[TraceStep, ...]:
    return ()


def _no_cache() -> Kept | None:
    return None


T = TypeVar("T")


class _Known(Generic[T]):
    """What used to be worked out when asked for."""

    def __init__(self, found: T) -> None:
        self._found = found

    def __call__(self) -> T:
        return self._found


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One decision on the way to the outcome.

    event: what happened, None for what might have; text and why say it, for people. `conf` names the deciding line
    ("nginx.conf:412"), empty where a rule of nginx's own decided, and `line` is its number there; `source` is the
    manifest line, ConfigMap key or flag that put that line there. within: see nginxsim.nginx.steps.Step.
    `steps`: those of a request that was sent within this step, once `nested` has put them there.
    """

    phase: Phase
    text: str
    why: str = ""
    conf: str = ""
    source: Source | None = None
    steps: tuple[TraceStep, ...] = ()
    event: Event | None = None
    line: int = 0
    within: tuple[str, ...] = ()
    _look_around: Callable[[], tuple[TraceStep, ...]] = field(default=_nothing, repr=False, compare=False)

    @property
    def considered(self) -> tuple[TraceStep, ...]:
        """What might have been chosen instead and why it was not, looked for when asked: hosts, locations, canaries."""
        return self._look_around()

    @property
    def fragments(self) -> tuple[Fragment, ...]:
        """The step as text with links; empty pieces are left out."""
        origin = self.source.origin if self.source else None
        pieces = (
            Fragment("phase", self.phase),
            Fragment("text", self.text),
            Fragment("why", " ".join(filter(None, (self.why, *(f"[{address}]" for address in self.within))))),
            Fragment("conf", self.conf, line=self.line),
            Fragment("origin", str(origin or ""), origin),
        )
        return tuple(piece for piece in pieces if piece.text)

    def __reduce__(self) -> tuple[object, ...]:
        known = _Known(self.considered) if self._look_around is not _nothing else _nothing
        what = (self.phase, self.text, self.why, self.conf, self.source, self.steps)
        return TraceStep, (*what, self.event, self.line, self.within, known)


def nested(trace: Iterable[TraceStep]) -> tuple[TraceStep, ...]:
    """The trace as a tree: under each step those of what it asked, an auth location or a server of the same nginx."""
    tree: list[TraceStep] = []
    inner: list[TraceStep] = []
    for step in trace:
        if step.within:
            inner.append(replace(step, within=step.within[:-1]))
            continue
        inner = _of_subrequest(step, tree) + inner
        tree.append(replace(step, steps=nested(inner)) if inner else step)
        inner = []
    return (*tree, *nested(inner)) if inner else tuple(tree)


def _of_subrequest(step: TraceStep, before: list[TraceStep]) -> list[TraceStep]:
    """Takes the steps of an auth subrequest, which stand before the step that tells its answer, out of `before`."""
    if not isinstance(step.event, AuthAnswered):
        return []
    begin = next((at for at in reversed(range(len(before))) if _enters(before[at], step.event.uri)), len(before))
    taken = before[begin:]
    del before[begin:]
    return taken


def _enters(step: TraceStep, uri: str) -> bool:
    event = step.event
    return isinstance(event, LocationChosen) and event.kind == "=" and event.name == uri


class Explanation(ABC):
    """Cause and trace of an outcome, each worked out when first asked for."""

    @abstractmethod
    def find_cause(self) -> Cause: ...

    @abstractmethod
    def tell(self) -> tuple[TraceStep, ...]: ...

    def keep(self) -> Kept | None:
        """What a cache before nginx does with it; None where none is known."""
        return None

    @cached_property
    def cause(self) -> Cause:
        return self.find_cause()

    @cached_property
    def cache(self) -> Kept | None:
        return self.keep()

    @cached_property
    def trace(self) -> tuple[TraceStep, ...]:
        return self.tell()

    def __reduce__(self) -> tuple[object, ...]:
        """Copies, and what another process gets, no longer need the simulation that the explanation comes from."""
        return Explained, (_Known(self.cause), _Known(self.trace), _Known(self.cache))


class Explained(Explanation):
    """By whoever knows: a function for the cause, one for the trace, one for what a cache does."""

    def __init__(
        self,
        cause: Callable[[], Cause],
        trace: Callable[[], tuple[TraceStep, ...]],
        keep: Callable[[], Kept | None] = _no_cache,
    ) -> None:
        self._cause, self._trace, self._keep = cause, trace, keep

    def find_cause(self) -> Cause:
        return self._cause()

    def tell(self) -> tuple[TraceStep, ...]:
        return self._trace()

    def keep(self) -> Kept | None:
        return self._keep()


class Standing(ABC):
    """Whether the estate that answered could ever be there: its obstacles are looked for when first asked for."""

    @abstractmethod
    def look(self) -> tuple[Finding, ...]: ...

    @cached_property
    def obstacles(self) -> tuple[Finding, ...]:
        return self.look()

    def __reduce__(self) -> tuple[object, ...]:
        return Stood, (_Known(self.obstacles),)


class Stood(Standing):
    """As whoever knows says."""

    def __init__(self, look: Callable[[], tuple[Finding, ...]]) -> None:
        self._look = look

    def look(self) -> tuple[Finding, ...]:
        return self._look()


SOUND = Stood(tuple)


class Outcome(NamedTuple):
    """One way a request may end. cause and trace are worked out when asked for."""

    probability: float
    status: int | None
    headers: Headers
    upstream: UpstreamRequest | None
    also: tuple[UpstreamRequest, ...]
    assumptions: tuple[str, ...]
    explanation: Explanation
    places: tuple[int, int] | None = None
    """Of many requests at once: the first and the last that end so."""

    @property
    def cause(self) -> Cause:
        return self.explanation.cause

    @property
    def trace(self) -> tuple[TraceStep, ...]:
        return self.explanation.trace

    @property
    def cache(self) -> Kept | None:
        """What a cache among the hops before nginx may do with the answer; None where there is none."""
        return self.explanation.cache

    @property
    def share(self) -> str:
        """Which requests end so, in words; "" when all do."""
        if self.places is None:
            return "" if self.probability > 1 - 1e-9 else f"in {self.probability * 100:.4g} % of requests"
        first, last = self.places
        return f"request {first}" if first == last else f"requests {first} to {last}"


class Verdict(NamedTuple):
    """The answer to one request: one outcome, or several where chance decides, most likely first."""

    request: Request
    outcomes: list[Outcome]
    standing: Standing = SOUND

    @property
    def obstacles(self) -> tuple[Finding, ...]:
        """Why no such answer is ever given, in the order in which one would meet it; empty when nothing is in its way.

        An object that had a part in it is never stored ("api-..."), the controller ends ("controller-crash"), nginx
        refuses the file ("nginx-refuses", "conf-refused").
        """
        return self.standing.obstacles

    @property
    def status(self) -> int | None:
        return self.outcomes[0].status

    @property
    def headers(self) -> Headers:
        return self.outcomes[0].headers

    @property
    def upstream(self) -> UpstreamRequest | None:
        return self.outcomes[0].upstream

    @property
    def cause(self) -> Cause:
        return self.outcomes[0].cause

    @property
    def trace(self) -> tuple[TraceStep, ...]:
        return self.outcomes[0].trace

    @property
    def assumptions(self) -> tuple[str, ...]:
        return self.outcomes[0].assumptions

    def settled(self) -> Verdict:
        """The same with everything worked out, which no longer holds on to the simulation it comes from."""
        return copy.deepcopy(self)

    @property
    def is_finding(self) -> bool:
        """Whether any outcome is a 5xx, no answer at all, or a refusal, or something keeps it from being given."""
        return bool(self.obstacles) or any(
            outcome.status is None or outcome.status >= 500 or outcome.cause.level in ("error", "denied")
            for outcome in self.outcomes
        )


class Whose(NamedTuple):
    """Of an input with several estates, or several controllers in one: which it is about; "" where there is one."""

    estate: str = ""
    controller: str = ""

    @property
    def named(self) -> dict[str, str]:
        """Of these two, what there is."""
        return {what: name for what, name in self._asdict().items() if name}

    def __str__(self) -> str:
        return " ".join(filter(None, self))


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about an estate that needs no request to be seen; `code` and `number` are those of nginxsim/catalogue.

    level: "error" (an outage, or a door left open), "warning" (hardly meant so) or "notice" (worth knowing).
    owner: the object it is about, as "Ingress default/shop"; empty for the controller and for the estate as a whole.
    """

    code: str
    message: str
    level: Level = "error"
    number: str = ""
    evidence: tuple[Evidence, ...] = ()
    """The deciding place first; the others are what made it matter."""
    fix: str = ""
    owner: str = ""
    host: str = ""
    path: str = ""
    line: int = 0
    """In nginx.conf, 0 where no line is concerned."""
    field: str = ""
    """Of the object, as the API server writes it: "spec.rules[0].host"; empty where no field is concerned."""
    value: str = ""
    """What stands in the field, as messages show it."""
    edit: Edit | None = None
    """What mends it, where that is a safe change of one name or value."""
    estates: tuple[str, ...] = ()
    """Where it was found, of an input that holds several."""
    controllers: tuple[str, ...] = ()
    """Of several, those that it is about; none where it is about all of them."""

    @property
    def origins(self) -> tuple[Origin, ...]:
        return tuple(item.origin.settled() for item in self.evidence)

    @property
    def ingress(self) -> str:
        """ "namespace/name" of the Ingress it is about, "" when it is not about one."""
        kind, _, key = self.owner.partition(" ")
        return key if kind == "Ingress" else ""

    @property
    def fingerprint(self) -> str:
        """The same for the same finding when lines move or files are renamed; 16 hexadecimal digits."""
        texts = (item.text for item in self.evidence[:1])
        parts = (self.number or self.code, self.owner, self.host, self.path, *texts)
        return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()[:16]


__all__ = [
    "LEVELS",
    "SOUND",
    "Cause",
    "Evidence",
    "Finding",
    "Fragment",
    "Outcome",
    "Standing",
    "TraceStep",
    "Verdict",
    "nested",
]
