"""Places in manifests as a compiler shows them: the source line, with the part that matters underlined."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

from nginxsim.kube.live import LABEL
from nginxsim.origins import Origin
from nginxsim.printing import link, paint
from nginxsim.reports.secrets import without_secrets
from nginxsim.reports.terminal import NARROWEST, columns
from nginxsim.sources import STDIN
from nginxsim.verdict.types import Evidence

if TYPE_CHECKING:
    from nginxsim.simulation import Simulation

WIDTH = 150
"""Columns of source that are shown at most; a longer line is cut around its span."""
INDENTED = 12
"""Columns that a report may put before such a line, and the bar."""
BLOCK_LINES = 60
"""So many lines of a block scalar are searched for the text that evidence names."""

_HELM_SOURCE = "# Source: "
"""What `helm template` writes above each document."""
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")
_END = re.compile(r"\s#")
_END_IN_FLOW = re.compile(r"[,}\]]|\s#")
LOOKED_BACK = 2000
"""So many characters before a value tell whether it stands in [brackets] or {braces}; other lines are not as long."""


class Sources:
    """The lines of the files that evidence points into, each file read when it is first asked for.

    texts: contents that cannot be read again, such as {"-": standard input}.
    """

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        self._texts = texts or {}
        self._lines: dict[str, list[str]] = {}

    @classmethod
    def of(cls, stdin: str, simulations: Iterable[Simulation] = ()) -> Sources:
        """With what was typed, and what clusters told."""
        stored = {file.name: file.text for one in simulations for file in one.given.stored if file.back}
        return cls({STDIN: stdin, **stored})

    def line(self, file: str, number: int) -> str | None:
        """A line without its end; None where it cannot be had."""
        if file not in self._lines:
            self._lines[file] = self._read(file)
        lines = self._lines[file]
        return lines[number - 1] if 0 < number <= len(lines) else None

    def template(self, origin: Origin) -> str:
        """The chart's template that Helm says a place was rendered from; "" where it says nothing."""
        for number in range(origin.line, 0, -1):
            line = self.line(origin.file, number) or ""
            if line.startswith(_HELM_SOURCE):
                return line.removeprefix(_HELM_SOURCE).strip()
            if line.startswith("---") and number < origin.line:
                return ""
        return ""

    def _read(self, file: str) -> list[str]:
        try:
            text = self._texts[file] if file in self._texts else _on_disk(file)
            return without_secrets(file, text).splitlines()
        except (OSError, UnicodeDecodeError):
            return []


def _on_disk(file: str) -> str:
    return Path(file).read_text(encoding="utf-8-sig") if file != STDIN else ""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of one line; column counts from 1, length in characters."""

    line: int
    column: int
    length: int
    source: str
    note: str = ""


def locate(evidence: Evidence, sources: Sources) -> Span | None:
    """The part of the source that evidence is about: its text where that is found, else the value that starts there."""
    origin, text = evidence.origin, evidence.text
    source = sources.line(origin.file, origin.line)
    if source is None:
        return None
    start = min(origin.column - 1, len(source))
    found = source.find(text, start) if text and "\n" not in text else -1
    if found >= 0:
        return Span(origin.line, found + 1, len(text), source, evidence.note)
    if text and source[start : start + 1] in ("|", ">"):
        return _in_block(evidence, sources) or Span(origin.line, start + 1, 1, source, evidence.note)
    return Span(origin.line, start + 1, _value_length(source, start), source, evidence.note)


def _in_block(evidence: Evidence, sources: Sources) -> Span | None:
    """The text's first line inside a block scalar."""
    wanted = next((line.strip() for line in evidence.text.splitlines() if line.strip()), "")
    for number in range(evidence.origin.line + 1, evidence.origin.line + BLOCK_LINES):
        source = sources.line(evidence.origin.file, number)
        if source is not None and wanted and wanted in source:
            return Span(number, source.index(wanted) + 1, len(wanted), source, evidence.note)
    return None


def _value_length(source: str, start: int) -> int:
    """How long the YAML value is that begins at `start`."""
    if quoted := _QUOTED.match(source, start):
        return len(quoted[0])
    before = source[max(start - LOOKED_BACK, 0) : start]
    in_flow = before.count("{") + before.count("[") > before.count("}") + before.count("]")
    end = (_END_IN_FLOW if in_flow else _END).search(source, start)
    return max(len(source[start : end.start() if end else None].rstrip()), 1)


def excerpt(
    evidence: Iterable[Evidence], sources: Sources, colour: str = "red", remarks: Iterable[str] = ()
) -> Iterator[str]:
    """Lines that show every piece of evidence, file by file, and then the remarks.

    The first piece is underlined with ^, the others with -.
    """
    items = [item for item in evidence if item.origin.file]
    spans = [(item, locate(item, sources)) for item in items]
    gutter = max((len(str(span.line)) for _, span in spans if span), default=1) + 1
    for number, group in enumerate(_by_file(spans)):
        first = min(group, key=lambda pair: pair[0] is not items[0])[0].origin
        arrow = "-->" if number == 0 else "..>"
        template = sources.template(first)
        rendered = f" ({template})" if template else ""
        yield f"{' ' * gutter}{paint(arrow, fg='blue')} {linked(str(first), first)}{rendered}"
        shown = [(span, item is items[0]) for item, span in group if span]
        if shown:
            yield from _file_lines(shown, gutter, colour, _room(gutter))
        for item in (item for item, span in group if span is None and item.note):
            yield f"{' ' * gutter} {paint('=', fg='blue')} {item.note}"
    for remark in remarks:
        yield f"{' ' * gutter} {paint('=', fg='blue')} {remark}"


def _by_file(spans: Iterable[tuple[Evidence, Span | None]]) -> list[list[tuple[Evidence, Span | None]]]:
    files: dict[str, list[tuple[Evidence, Span | None]]] = {}
    for item, span in spans:
        files.setdefault(item.origin.file, []).append((item, span))
    return list(files.values())


def _room(gutter: int) -> int:
    """Columns for a line of a file, behind its number."""
    wide = columns()
    return WIDTH if wide is None else max(min(WIDTH, wide - gutter - INDENTED), NARROWEST // 2)


def _file_lines(spans: list[tuple[Span, bool]], gutter: int, colour: str, room: int) -> Iterator[str]:
    bar = paint("|", fg="blue")
    yield f"{' ' * gutter} {bar}"
    previous, cut = 0, _Cut("", 0, room)
    for span, primary in sorted(spans, key=lambda pair: (pair[0].line, pair[0].column)):
        if span.line != previous or not cut.holds(span):
            if previous and span.line > previous + 1:
                yield paint("...", fg="blue")
            cut = _Cut.around(span, room)
            yield f"{paint(str(span.line).rjust(gutter), fg='blue')} {bar} {cut}"
        mark = ("^" if primary else "-") * max(_width(span.source[span.column - 1 : span.column - 1 + span.length]), 1)
        for line in _drawn(mark, span.note, cut.before(span), room):
            yield f"{' ' * gutter} {bar} {paint(line, fg=colour if primary else 'blue', bold=primary)}"
        previous = span.line


def _drawn(mark: str, note: str, before: int, room: int) -> Iterator[str]:
    """The line under a span, and its note beside it, or below where there is no room."""
    shown = mark[: max(room - before, 1)]
    beside = " " * before + f"{shown} {note}".rstrip()
    if len(beside) <= room or columns() is None:
        yield beside
        return
    yield " " * before + shown
    indent = min(before, room // 3)
    yield from wrap(note, room, initial_indent=" " * indent, subsequent_indent=" " * indent, break_long_words=False)


@dataclass(frozen=True, slots=True)
class _Cut:
    """A line as shown, at most `room` wide. first: how many characters are cut off before it."""

    source: str
    first: int
    room: int

    @classmethod
    def around(cls, span: Span, room: int) -> _Cut:
        source = span.source.replace("\t", " ").rstrip()
        return cls(source, max(0, min(span.column - 1 - room // 3, len(source) - room)), room)

    def __str__(self) -> str:
        last = self.first + self.room
        return ("…" if self.first else "") + self.source[self.first : last] + ("…" if last < len(self.source) else "")

    def holds(self, span: Span) -> bool:
        """Whether the span begins in what is shown."""
        return self.first < span.column <= self.first + self.room

    def before(self, span: Span) -> int:
        """The columns before a span."""
        return bool(self.first) + _width(self.source[self.first : span.column - 1])


def _width(text: str) -> int:
    """Terminal columns."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def linked(text: str, origin: Origin) -> str:
    """The text as a hyperlink to the file, for terminals that take OSC 8."""
    if not _wants_links() or origin.file == STDIN or origin.file.startswith(LABEL):
        return text
    return link(text, f"{Path(origin.file).resolve().as_uri()}#{origin.line}")


def _wants_links() -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb":
        return False
    return sys.stdout.isatty() and os.environ.get("FORCE_HYPERLINK") != "0"
