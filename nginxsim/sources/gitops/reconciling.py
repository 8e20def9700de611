"""What the objects of Flux and Argo CD in an input apply, with what the objects among that apply in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from nginxsim.errors import InputError
from nginxsim.sources.files import File
from nginxsim.sources.gitops.application_sets import ApplicationSet
from nginxsim.sources.gitops.argocd import Application
from nginxsim.sources.gitops.context import Claim, Claims, Context, Elsewhere, Result, is_true, told
from nginxsim.sources.gitops.flux import FluxKustomization, HelmRelease
from nginxsim.sources.gitops.objects import ARGO, FLUX, Held, appliers_in
from nginxsim.sources.omissions import Omission, Omitted
from nginxsim.sources.trees import yaml_of

_ODD = (OSError, ValueError, RecursionError)
"""What paths and patterns of strangers come to."""
DEEPEST = 8
"""Objects that make objects that make objects."""
Applier: TypeAlias = FluxKustomization | HelmRelease | Application | ApplicationSet
_KINDS: Mapping[tuple[str, str], Callable[[Held, Context], Applier]] = {
    (f"kustomize.{FLUX}", "Kustomization"): FluxKustomization,
    (f"helm.{FLUX}", "HelmRelease"): HelmRelease,
    (ARGO, "Application"): Application,
    (ARGO, "ApplicationSet"): ApplicationSet,
}


def applier_of(held: Held, context: Context) -> Applier | None:
    kind = _KINDS.get((held.group, held.kind))
    return kind(held, context) if kind else None


class Static:
    """The objects that lie in files of the repository, and what they take, before anything is rendered."""

    def __init__(self, files: Iterable[tuple[str, File]], context: Context) -> None:
        self._objects: list[tuple[str, Held]] = []
        self.claims = Claims()
        for path, file in files:
            for held in appliers_in(file):
                self._add(path, applier_of(held, context))

    def _add(self, path: str, applier: Applier | None) -> None:
        if applier:
            for claim in _claims(applier):
                self.claims.add(len(self._objects), claim)
            self._objects.append((path, applier.held))

    @property
    def fills_in(self) -> bool:
        """Whether any of the objects fills in variables."""
        return any(held.at("spec", "postBuild") is not None for _, held in self._objects)

    def takes(self, path: str) -> bool:
        """Whether an object has the file, or the folder, applied."""
        return bool(self.claims.takers(path))

    @property
    def roots(self) -> list[Held]:
        """Objects that only come with what they apply themselves, such as the one that `flux bootstrap` writes."""
        takers = [self.claims.takers(path) for path, _ in self._objects]
        taken: list[list[int]] = [[] for _ in self._objects]
        for number, those in enumerate(takers):
            for each in those:
                taken[each].append(number)
        found: list[Held] = []
        reached: set[int] = set()
        for number in sorted(range(len(takers)), key=lambda each: _rank(each, takers[each])):
            if number not in reached:
                found += [self._objects[number][1]] if takers[number] else []
                _reach(number, taken, reached)
        return found


def _rank(number: int, takers: set[int]) -> int:
    """Those first that no other object applies, then those that apply themselves."""
    return 0 if takers <= {number} else 1 if number in takers else 2


def _reach(number: int, taken: Sequence[Sequence[int]], reached: set[int]) -> None:
    todo = [number]
    while todo:
        at = todo.pop()
        if at not in reached:
            reached.add(at)
            todo += taken[at]


class _Turn(NamedTuple):
    """An object whose turn it is. base: where the first of its makers was; makers: their labels."""

    held: Held
    base: str
    makers: tuple[str, ...] = ()

    @property
    def identity(self) -> tuple[str, str, str]:
        return self.base, self.held.label, yaml_of(self.held.root)


@dataclass
class Reconciliation:
    """What comes of objects, wave after wave; those of one wave are rendered at once."""

    context: Context
    tools: Executor
    render: bool = True
    named: bool = False
    """What cannot be rendered is an error."""
    claims: Claims = field(default_factory=Claims)
    """What has been taken in, also by objects that came of others."""

    def __call__(self, roots: Iterable[Held], files: Iterable[File]) -> list[File | Omitted]:
        """`roots`, and the objects in these files. Raises InputError."""
        wave = [_Turn(held, held.file.name) for held in roots]
        wave += [_Turn(held, file.name) for file in files for held in appliers_in(file)]
        found: list[File | Omitted] = []
        seen: set[tuple[str, str, str]] = set()
        for _ in range(DEEPEST):
            made = self._wave([turn for turn in wave if turn.identity not in seen])
            seen |= {turn.identity for turn in wave}
            found += (each for _, each in made)
            files_made = [(turn, each) for turn, each in made if isinstance(each, File)]
            self.context.stock.rendered += (file for _, file in files_made)
            wave = [
                _Turn(held, turn.base, (*turn.makers, turn.held.label))
                for turn, file in files_made
                for held in appliers_in(file)
                if held.label not in (*turn.makers, turn.held.label)
            ]
        told = dict.fromkeys(each for each in found if isinstance(each, Omitted))
        return [*(each for each in found if isinstance(each, File)), *told]

    def _wave(self, turns: Iterable[_Turn]) -> list[tuple[_Turn, File | Omitted]]:
        appliers = [(turn, applier) for turn in turns if (applier := applier_of(turn.held, self.context))]
        pending = [(turn, self.tools.submit(self._outcome, applier)) for turn, applier in appliers]
        for claim in (claim for _, applier in appliers for claim in _claims(applier)):
            self.claims.add(0, claim)
        return [(turn, made) for turn, outcome in pending for made in outcome.result()]

    def _outcome(self, applier: Applier) -> Result:
        if not self.render:
            return [Omitted(applier.held.title, Omission.NOT_RENDERED)]
        try:
            return _rendered(applier)
        except (Elsewhere, InputError) as problem:
            if self.named and isinstance(problem, InputError):
                raise InputError(f"{applier.held.title}: not rendered: {problem}") from None
            return [told(applier.held, problem)]


def _rendered(applier: Applier) -> Result:
    """Raises Elsewhere and InputError, also for names that no file can have and patterns that are none."""
    try:
        is_suspended = is_true(applier.held.at("spec", "suspend"))
        told = [Omitted(applier.held.title, Omission.SUSPENDED)] if is_suspended else []
        return [*applier.render(), *told]
    except _ODD as problem:
        raise InputError(str(problem)) from None


def _claims(applier: Applier) -> list[Claim]:
    try:
        return applier.claims()
    except (InputError, *_ODD):
        return []
