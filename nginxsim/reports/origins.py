"""A rendered configuration with what made each of its directives, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nginxsim.nginx.tree import Directive, endings, parse_conf
from nginxsim.origins import DEFAULT, Source
from nginxsim.printing import visible
from nginxsim.render import Rendered
from nginxsim.reports.machine import dumps, source_data
from nginxsim.verdict.provenance import Provenance

KINDS = {
    "annotation": "annotation ",
    "configmap": "ConfigMap key ",
    "flag": "flag ",
    "spec": "",
    "conf": "",
    "default": "default",
}
WIDTH = 80
"""Comments of longer lines stand right behind them, so that one long line does not push all the others out of sight."""


def origins_text(rendered: Rendered) -> str:
    """The configuration with a comment behind each directive; nginx reads it as before."""
    notes = _notes(rendered)
    lines = rendered.text.splitlines()
    lengths = (len(lines[number - 1]) for number in notes)
    column = max((length for length in lengths if length <= WIDTH), default=0)
    written = (
        f"{line.ljust(column)}  # {notes[number]}" if number in notes else line for number, line in _numbered(lines)
    )
    return "\n".join(written) + "\n"


def _numbered(lines: list[str]) -> Iterator[tuple[int, str]]:
    return enumerate(lines, 1)


def _notes(rendered: Rendered) -> Mapping[int, str]:
    """Comments by the line that takes them: the end of a directive's head, as a comment in quotes would be text."""
    tree = parse_conf(rendered.text)
    provenance = Provenance(tree, rendered.sources)
    ends = endings(rendered.text)
    notes: dict[int, dict[str, None]] = {}
    for directive, _ in _walk(tree):
        told = "; ".join(map(described, _asked(provenance, directive)))
        if end := ends.get(directive.line):
            notes.setdefault(end, {})[told] = None
    return {line: "; ".join(told) for line, told in notes.items()}


def origins_json(rendered: Rendered) -> str:
    """Every directive with its line, the line of the block around it (0 at the top) and its sources."""
    tree = parse_conf(rendered.text)
    provenance = Provenance(tree, rendered.sources)
    return dumps({"directives": [_data(provenance, *found) for found in _walk(tree)]})


def _data(provenance: Provenance, directive: Directive, around: int) -> dict[str, Any]:
    return {
        "line": directive.line,
        "inside": around,
        "name": directive.name,
        "arguments": list(directive.args),
        "sources": [source_data(source) for source in _asked(provenance, directive)],
    }


def _walk(block: Directive) -> Iterator[tuple[Directive, int]]:
    for directive in block.block or ():
        yield directive, block.line
        yield from _walk(directive)


def _asked(provenance: Provenance, directive: Directive) -> tuple[Source, ...]:
    return provenance.asked(directive.line) or (DEFAULT,)


def described(source: Source) -> str:
    """ "annotation proxy-body-size  k8s/shop.yaml:7:5" and the like; never a line break."""
    words = visible(" ".join(f"{KINDS[source.kind]}{source.name}".split()))
    return f"{words} {visible(str(source.origin))}" if source.origin else words
