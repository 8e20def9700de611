"""What a shell may complete options to that take several words with commas between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import click
from click.shell_completion import CompletionItem

Known = Callable[[str], Iterable[tuple[str, str]]]
"""From the begin of a word to the words that are known, each with what a shell says beside it."""


def listed(known: Known) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """As `shell_complete` of an option: the last of the words is the one that goes on."""

    def complete(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        before, comma, begun = incomplete.rpartition(",")
        return [
            CompletionItem(before + comma + word, help=beside)
            for word, beside in known(begun)
            if word.lower().startswith(begun.lower())
        ]

    return complete


def codes(begun: str) -> Iterator[tuple[str, str]]:
    """Numbers where a number is begun, or nothing; else codes."""
    from nginxsim.catalogue import names

    for number, code in names():
        is_number = begun.lower() == number[: len(begun)].lower()
        yield (number, code) if is_number else (code, number)
