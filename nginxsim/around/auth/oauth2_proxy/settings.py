"""What oauth2-proxy is told, from its command line, its environment and its configuration files, and why it would not
start with that.

oauth2-proxy 7.15.3: main.go, pkg/apis/options/load.go; spf13/pflag (StringSlice, Bool), spf13/viper (precedence)
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from nginxsim.around.auth.oauth2_proxy.table import BY_KEY, BY_NAME, Kind, Option
from nginxsim.around.auth.oauth2_proxy.versions import Version
from nginxsim.golang.strconv import parse_bool
from nginxsim.kube.objects import NOWHERE, Word
from nginxsim.origins import Origin


class Whence(StrEnum):
    """The way by which something is told; of two, the flag counts, then the environment."""

    FLAG = "flag"
    VARIABLE = "variable"
    FILE = "file"
    ALPHA = "alpha"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Setting:
    """The value of one option and the place that gives it. is_known: False where only the cluster knows it."""

    option: Option
    values: tuple[str, ...]
    whence: Whence = Whence.DEFAULT
    places: tuple[Origin, ...] = ()
    is_known: bool = True

    @property
    def text(self) -> str:
        return self.values[-1] if self.values else ""

    @property
    def origin(self) -> Origin | None:
        return next((place for place in self.places if place != NOWHERE), None)

    def place_of(self, value: str) -> Origin | None:
        """Of one value of a list."""
        found = (place for text, place in zip(self.values, self.places, strict=False) if text == value)
        return next((place for place in found if place != NOWHERE), self.origin)

    @property
    def called(self) -> str:
        """As whoever looks for it finds it written."""
        match self.whence:
            case Whence.FILE:
                return self.option.file_key
            case Whence.VARIABLE:
                return self.option.variable
        return f"--{self.option.name}"


class Problem(StrEnum):
    """Why it does not start."""

    UNKNOWN_FLAG = "unknown-flag"
    UNKNOWN_KEY = "unknown-key"
    BAD_VALUE = "bad-value"
    BAD_FILE = "bad-file"
    NO_EMAILS = "no-emails"
    NO_SECRET = "no-secret"  # noqa: S105  # a kind
    SECRET_LENGTH = "secret-length"  # noqa: S105  # a kind
    CLIENT_HEADER = "client-header"
    BAD_NETWORK = "bad-network"
    BAD_PATTERN = "bad-pattern"
    NO_HTTPS = "no-https"
    CLAIM_LAYOUT = "claim-layout"


class Fault(NamedTuple):
    """One reason for not starting: what is concerned, its value, and where that is written."""

    problem: Problem
    name: str
    value: str = ""
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """All that it is told."""

    given: Mapping[str, Setting] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    is_open: bool = False
    """There is more, which is not in the input."""

    def __getitem__(self, name: str) -> Setting:
        found = self.given.get(name)
        if found is not None:
            return found
        option = BY_NAME[name]
        return Setting(option, (option.default,) if option.default else ())

    def is_on(self, name: str) -> bool:
        return _truth(self.text(name))

    def text(self, name: str) -> str:
        """The default where only the cluster knows it."""
        setting = self[name]
        return setting.text if setting.is_known else setting.option.default

    def list(self, name: str) -> tuple[str, ...]:
        setting = self[name]
        return setting.values if setting.is_known else ()

    def is_given(self, name: str) -> bool:
        return name in self.given


def _truth(text: str) -> bool:
    try:
        return parse_bool(text)
    except ValueError:
        return False


def with_known(settings: Iterable[tuple[str, str]]) -> Settings:
    """Settings that need no reading: names of options with their values."""
    found: dict[str, Setting] = {}
    for name, value in settings:
        found[name] = _joined(found.get(name), Setting(BY_NAME[name], (value,), Whence.FLAG, (NOWHERE,)))
    return Settings(found)


def _joined(before: Setting | None, new: Setting) -> Setting:
    """A list grows with each flag; of anything else, the last counts."""
    if before is None or new.option.kind is not Kind.LIST:
        return new
    places, known = (*before.places, *new.places), before.is_known and new.is_known
    return Setting(new.option, (*before.values, *new.values), new.whence, places, known)


# --- the command line -------------------------------------------------------------------------------------------------


def of_words(words: Sequence[Word], version: Version, *, structured: bool) -> tuple[dict[str, Setting], list[Fault]]:
    """structured: there is an --alpha-config, which takes the place of some flags."""
    found: dict[str, Setting] = {}
    faults: list[Fault] = []
    for name, value, word in _flags(words):
        option = BY_NAME.get(name)
        if option is None or not option.is_known(version) or (structured and option.replaced):
            faults.append(Fault(Problem.UNKNOWN_FLAG, f"--{name}" if name else word.text, "", word.origin))
            continue
        if value is None or not _fits(option, value):
            faults.append(Fault(Problem.BAD_VALUE, f"--{name}", value or "", word.origin))
            continue
        found[name] = _joined(found.get(name), _setting(option, value, Whence.FLAG, word))
    return found, faults


def _flags(words: Sequence[Word]) -> Iterator[tuple[str, str | None, Word]]:
    """Name, value and word of each; value None: none is left for it."""
    pending = iter(words)
    for word in pending:
        text = word.text
        if text == "--":
            return
        if not text.startswith("-") or text == "-":
            continue
        if not text.startswith("--"):
            yield "", "", word
            continue
        name, equals, value = text[2:].partition("=")
        option = BY_NAME.get(name)
        if equals or option is None:
            yield name, value, word
        elif option.kind is Kind.BOOL:
            yield name, "true", word
        else:
            follows = next(pending, None)
            yield name, None if follows is None else follows.text, follows or word


def _fits(option: Option, value: str) -> bool:
    if option.kind is not Kind.BOOL:
        return True
    try:
        parse_bool(value)
    except ValueError:
        return False
    return True


def _setting(option: Option, value: str, whence: Whence, word: Word) -> Setting:
    values = _listed(value) if option.kind is Kind.LIST else (value,)
    return Setting(option, values, whence, (word.origin,) * len(values), not word.unknown)


def _listed(value: str) -> tuple[str, ...]:
    """As pflag's StringSlice reads it: a line of CSV."""
    try:
        return tuple(next(csv.reader([value], strict=True), ()))
    except csv.Error:
        return (value,)


def has_structure(words: Sequence[Word]) -> str:
    """The path that --alpha-config names; "" for none."""
    return next((value or "" for name, value, _ in _flags(words) if name == "alpha-config"), "")


def config_path(words: Sequence[Word]) -> str:
    return next((value or "" for name, value, _ in _flags(words) if name == "config"), "")


# --- the environment --------------------------------------------------------------------------------------------------


def of_variables(
    variables: Mapping[str, Word], version: Version, *, structured: bool
) -> tuple[dict[str, Setting], list[Fault]]:
    """Those of its own; what else stands in the environment is nothing to it."""
    found: dict[str, Setting] = {}
    faults: list[Fault] = []
    for key, option in BY_KEY.items():
        word = variables.get(option.variable)
        if word is None or (not word.text and not word.unknown):
            continue
        if not option.is_known(version) or (structured and option.replaced):
            continue
        if not word.unknown and not _fits(option, word.text):
            faults.append(Fault(Problem.BAD_VALUE, option.variable, word.text, word.origin))
            continue
        values = tuple(word.text.split(",")) if option.kind is Kind.LIST and not word.unknown else (word.text,)
        places = (word.origin,) * len(values)
        found[BY_KEY[key].name] = Setting(option, values, Whence.VARIABLE, places, not word.unknown)
    return found, faults


# --- the configuration file -------------------------------------------------------------------------------------------


class File(NamedTuple):
    """The text of a configuration file, and where in a manifest its first line is."""

    text: str
    origin: Origin = NOWHERE

    def place(self, key: str) -> Origin:
        """Of a key at the beginning of a line."""
        for number, line in enumerate(self.text.splitlines()):
            if line.split("=")[0].strip().strip("\"'") == key and "=" in line:
                return self.line(number, len(line) - len(line.lstrip()))
        return self.origin

    def line(self, number: int, indent: int = 0) -> Origin:
        """number: from 0."""
        if self.origin == NOWHERE or "\n" not in self.text.strip("\n"):
            return self.origin
        # A text of several lines begins on the line below its key.
        return self.origin._replace(line=self.origin.line + 1 + number, column=self.origin.column + indent)


def of_file(file: File, version: Version, *, structured: bool) -> tuple[dict[str, Setting], list[Fault]]:
    try:
        written = tomllib.loads(file.text)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        return {}, [Fault(Problem.BAD_FILE, "configuration file", str(problem), file.origin)]
    found: dict[str, Setting] = {}
    faults: list[Fault] = []
    for key, value in written.items():
        option, place = BY_KEY.get(key), file.place(key)
        if option is None or not option.is_known(version) or (structured and option.replaced):
            faults.append(Fault(Problem.UNKNOWN_KEY, key, "", place))
            continue
        values = _told(option, value)
        found[option.name] = Setting(option, values, Whence.FILE, (place,) * len(values))
    return found, faults


def _told(option: Option, value: Any) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, list):
        return tuple(map(str, value))
    return tuple(str(value).split(",")) if option.kind is Kind.LIST else (str(value),)
