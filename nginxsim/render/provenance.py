"""Which line of the text comes from which manifest line: marks go in while rendering and come out in one pass."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar

from nginxsim.annotations import NAMES
from nginxsim.annotations.values import ParsedAnnotations
from nginxsim.config.flags import KNOWN as KNOWN_FLAGS
from nginxsim.config.flags import Flags
from nginxsim.config.settings import SETTING_KEYS, Settings
from nginxsim.origins import DEFAULT, Source
from nginxsim.render.text import QUOTED_BREAK

# Noncharacters: no manifest holds them.
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
MARKS = f"(?:{_OPEN}[0-9]*{_CLOSE})*"
_MARK = re.compile(f"{_OPEN}([0-9]*){_CLOSE}")
_SOURCE_MARK = re.compile(f"{_OPEN}[0-9]+{_CLOSE}")
_END = _OPEN + _CLOSE


@dataclass(frozen=True, slots=True)
class Rendered:
    """A configuration and, by line number (from 1), what made that line. Lines that nobody asked for are left out."""

    text: str
    sources: Mapping[int, tuple[Source, ...]]


@dataclass(frozen=True, slots=True)
class Line:
    """A directive's text with the mark of who asked for it."""

    text: str
    mark: str = ""


def stretch(text: str, mark: str) -> str:
    """Text of several lines, each of which comes from what the mark stands for."""
    return f"{mark}{text}{_END}" if mark else text


def hoisted(text: str) -> str:
    """Lines with line breaks inside quotes, their marks also before the first of these: where the directive starts."""
    if QUOTED_BREAK not in text:
        return text
    return "\n".join(map(_hoisted_line, text.split("\n")))


def _hoisted_line(line: str) -> str:
    first, quoted_break, rest = line.partition(QUOTED_BREAK)
    return "".join((first, *_SOURCE_MARK.findall(rest), quoted_break, rest)) if quoted_break else line


class Ledger:
    """Hands out a mark for a source and reads the marks again."""

    def __init__(self) -> None:
        self._sources: list[Source] = []
        self._marks: dict[Source, str] = {DEFAULT: ""}

    def mark(self, source: Source) -> str:
        """An invisible mark; "" for what is default."""
        known = self._marks.get(source)
        if known is None:
            known = self._marks[source] = f"{_OPEN}{len(self._sources)}{_CLOSE}"
            self._sources.append(source)
        return known

    def settle(self, text: str) -> Rendered:
        """The text without its marks, and what they said of each line."""
        plain, *rest = _MARK.split(text)
        out = [plain]
        line = begun = 1 + plain.count("\n")
        source = DEFAULT
        found: dict[int, tuple[Source, ...]] = {}
        for number, piece in zip(rest[::2], rest[1::2], strict=True):
            if number:
                source, begun = self._sources[int(number)], line
            # The end of a stretch speaks for all the lines since the mark that began it.
            for each in range(begun, line + 1):
                before = found.get(each, ())
                if source not in before:
                    found[each] = (*before, source)
            line += piece.count("\n")
            out.append(piece)
        return Rendered("".join(out), found)


class MarksByName(dict[str, str], ABC):
    """Marks by the name of what may have been written, each made on first use.

    A name that the controller knows nothing of is a KeyError: a template that asks for it has it wrong.
    """

    kind: ClassVar[str]
    """What the names are names of."""
    names: ClassVar[Collection[str]]

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self._ledger = ledger

    def __missing__(self, name: str) -> str:
        if name not in self.names:
            raise KeyError(name)
        mark = self[name] = self._ledger.mark(self._source(name))
        return mark

    @abstractmethod
    def _source(self, name: str) -> Source: ...


class ConfigMarks(MarksByName):
    """By ConfigMap key."""

    kind = "ConfigMap key"
    names = SETTING_KEYS

    def __init__(self, ledger: Ledger, settings: Settings) -> None:
        super().__init__(ledger)
        self._settings = settings

    def _source(self, name: str) -> Source:
        return self._settings.source(name)


class FlagMarks(MarksByName):
    """By the flag's name without dashes."""

    kind = "flag"
    names = KNOWN_FLAGS

    def __init__(self, ledger: Ledger, flags: Flags) -> None:
        super().__init__(ledger)
        self._given = flags.given

    def _source(self, name: str) -> Source:
        return Source("flag", f"--{name}") if name in self._given else DEFAULT


# Other names under which an annotation, or the ConfigMap's word on the same matter, may have been given.
_SAME = {
    "whitelist-source-range": ("allowlist-source-range", "whitelist-source-range"),
    "auth-url": ("auth-url", "global-auth-url"),
    "auth-signin": ("auth-signin", "global-auth-signin"),
    "auth-signin-redirect-param": ("auth-signin-redirect-param", "global-auth-signin-redirect-param"),
    "auth-method": ("auth-method", "global-auth-method"),
    "auth-response-headers": ("auth-response-headers", "global-auth-response-headers"),
    "auth-request-redirect": ("auth-request-redirect", "global-auth-request-redirect"),
    "auth-snippet": ("auth-snippet", "global-auth-snippet"),
    "auth-cache-key": ("auth-cache-key", "global-auth-cache-key"),
    "auth-cache-duration": ("auth-cache-duration", "global-auth-cache-duration"),
    "auth-always-set-cookie": ("auth-always-set-cookie", "global-auth-always-set-cookie"),
    "limit-whitelist": ("limit-allowlist", "limit-whitelist"),
}


class Marks(MarksByName):
    """By annotation; where an Ingress is silent or not understood, the ConfigMap's word on the same matter."""

    kind = "annotation"
    names = frozenset(NAMES)

    def __init__(self, ledger: Ledger, annotations: ParsedAnnotations, settings: Settings) -> None:
        super().__init__(ledger)
        self._annotations = annotations
        self._settings = settings
        self._ignored = {problem.annotation for problem in annotations.problems if problem.effect == "ignored"}

    def _source(self, name: str) -> Source:
        names = _SAME.get(name, (name,))
        heard = [name for name in names if name not in self._ignored]
        own = self._annotations.source(*heard)
        if own is not DEFAULT:
            return own
        return next((self._settings.sources[name] for name in names if name in self._settings.sources), DEFAULT)
