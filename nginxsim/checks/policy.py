"""Which findings somebody wants to hear of, and how bad they are to them: by flag and by nginxsim.toml."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import chain
from os.path import relpath
from typing import Any, Literal, NamedTuple, TypeAlias

from nginxsim.catalogue import matching
from nginxsim.catalogue.entries import Level
from nginxsim.errors import UsageError, did_you_mean
from nginxsim.sources import Project
from nginxsim.verdict.types import LEVELS, Finding

KEYS = ("select", "extend-select", "ignore", "per-file-ignores", "levels", "show", "fail-on", "baseline")
"""What [check] of nginxsim.toml may say."""

Ruling: TypeAlias = Literal["told", "ignored", "unasked"]


@dataclass(frozen=True, slots=True)
class Selector:
    """Codes, everywhere or where `pattern` fits: on the file of the first evidence, the object ("namespace/name") or
    the host. `folder`: what file names are relative to, "" for as they were given.
    """

    codes: frozenset[str]
    pattern: str = ""
    folder: str = ""
    files_only: bool = False

    def fits(self, found: Finding) -> bool:
        if found.code not in self.codes:
            return False
        return not self.pattern or any(fnmatchcase(name, self.pattern) for name in self._names(found))

    def _names(self, found: Finding) -> Iterator[str]:
        for item in found.evidence[:1]:
            yield relpath(item.origin.file, self.folder) if self.folder else item.origin.file
        if not self.files_only:
            yield found.owner.partition(" ")[2]
            yield found.host


@dataclass(frozen=True, slots=True)
class Wishes:
    """What one place says: nginxsim.toml, or the command line."""

    select: tuple[Selector, ...] = ()
    """Only these, where there are any."""
    extend: tuple[Selector, ...] = ()
    """These too."""
    ignore: tuple[Selector, ...] = ()


class _Wish(NamedTuple):
    selector: Selector
    is_told: bool
    layer: int

    @property
    def weight(self) -> tuple[bool, int, int, bool]:
        """What is said of fewer findings counts for more; then what is said later; then what leaves out."""
        return bool(self.selector.pattern), -len(self.selector.codes), self.layer, not self.is_told


@dataclass(frozen=True, slots=True)
class Config:
    """[check] of nginxsim.toml; "" where it says nothing."""

    wishes: Wishes = Wishes()
    levels: Mapping[str, Level] = field(default_factory=dict)
    """By code."""
    show: str = ""
    fail_on: str = ""
    baseline: str = ""
    """A path."""


class Policy:
    """What nginxsim.toml and the command line say together."""

    def __init__(self, config: Config, asked: Wishes) -> None:
        self._levels = config.levels
        select = [asked.select, config.wishes.select] if not asked.select else [asked.select]
        self._is_selective = any(select)
        self._wishes = [
            *_wishes(asked, 1),
            *_wishes(replace(config.wishes, select=() if asked.select else config.wishes.select), 0),
        ]

    def ruling(self, found: Finding) -> Ruling:
        fitting = [wish for wish in self._wishes if wish.selector.fits(found)]
        if fitting:
            return "told" if max(fitting, key=lambda wish: wish.weight).is_told else "ignored"
        return "unasked" if self._is_selective else "told"

    def levelled(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Each at the level that it has here."""
        for found in findings:
            level = self._levels.get(found.code, found.level)
            yield found if level == found.level else replace(found, level=level)


def _wishes(of: Wishes, layer: int) -> Iterator[_Wish]:
    yield from (_Wish(selector, True, layer) for selector in (*of.select, *of.extend))
    yield from (_Wish(selector, False, layer) for selector in of.ignore)


def selectors(given: Iterable[str], folder: str = "") -> tuple[Selector, ...]:
    """Of texts that each hold one or several, with commas between. Raises UsageError."""
    words = (word.strip() for text in given for word in text.split(","))
    return tuple(_selector(word, folder) for word in words if word)


def _selector(text: str, folder: str) -> Selector:
    """ "CODE" or "CODE=GLOB"; CODE is a number (NX604), the start of numbers (NX60) or a code."""
    code, _, pattern = text.partition("=")
    return Selector(matching(code), pattern, folder)


def config_of(project: Project) -> Config:
    """What its [check] says. Raises UsageError."""
    try:
        return _config(project.table("check"), str(project.folder))
    except UsageError as error:
        raise UsageError(f"{project.path}: [check] {error}") from None


def _config(table: Mapping[str, Any], folder: str) -> Config:
    for key in table:
        if key not in KEYS:
            raise UsageError(f'unknown key "{key}"{did_you_mean(key, KEYS)}')
    select, extend, ignore = (
        selectors(_texts(table.get(key, []), key), folder) for key in ("select", "extend-select", "ignore")
    )
    wishes = Wishes(select, extend, (*ignore, *_of_files(_table(table, "per-file-ignores"), folder)))
    baseline = table.get("baseline", "")
    if not isinstance(baseline, str):
        raise UsageError('baseline must be a file, such as "nginxsim-baseline.json"')
    return Config(wishes, _levels(table), _level(table, "show"), _level(table, "fail-on"), baseline)


def _of_files(table: Mapping[str, Any], folder: str) -> Iterator[Selector]:
    for pattern, codes in table.items():
        known = frozenset(chain.from_iterable(map(matching, _texts(codes, f'per-file-ignores."{pattern}"'))))
        yield Selector(known, pattern, folder, files_only=True)


def _levels(table: Mapping[str, Any]) -> dict[str, Level]:
    """Of what several words stand for, the one that stands for the fewest decides."""
    given = _table(table, "levels")
    meant = [(matching(word), _level(given, word)) for word in given]
    levels: dict[str, Level] = {}
    for codes, level in sorted(meant, key=lambda pair: -len(pair[0])):
        levels |= {code: known for code in codes for known in LEVELS if known == level}
    return levels


def _table(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise UsageError(f"{key} must be a table: [check.{key}]")
    return value


def _texts(value: object, key: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UsageError(f'{key} must be a list of codes, such as ["NX604", "NX620=legacy/*"]')
    return value


def _level(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    if value != "" and value not in LEVELS:
        raise UsageError(f'{key} = "{value}" must be one of {", ".join(LEVELS)}{did_you_mean(str(value), LEVELS)}')
    return str(value)
