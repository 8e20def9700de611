"""What `nginxsim check --fix` changes, as `diff -u` shows it, without the values of Secrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nginxsim.printing import paint
from nginxsim.reports.secrets import without_secrets
from nginxsim.sources.edits import Changed, unified

COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def diff_lines(changes: Iterable[Changed]) -> Iterator[str]:
    for name, before, after, _ in changes:
        text = unified(name, without_secrets(name, before), without_secrets(name, after))
        for line in text.removesuffix("\n").split("\n"):
            colour = COLOURS.get(line[:1])
            yield paint(line, fg=colour) if colour else line
