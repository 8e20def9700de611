"""Options that take several words with commas between, and what a shell may complete them to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import click
from click.shell_completion import CompletionItem

Known = Callable[[str], Iterable[tuple[str, str]]]
"""From the begin of a word to the words that are known, each with what a shell says beside it."""


class Listed(click.ParamType):
    """What the words mean is for the command to say; this only knows how they may go on."""

    name = "list"

    def __init__(self, known: Known) -> None:
        self._known = known

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        before, comma, begun = incomplete.rpartition(",")
        return [
            CompletionItem(before + comma + word, help=beside)
            for word, beside in self._known(begun)
            if word.lower().startswith(begun.lower())
        ]


def codes(begun: str) -> Iterator[tuple[str, str]]:
    """Numbers where a number is begun, or nothing; else codes."""
    from nginxsim.catalogue import names

    for number, code in names():
        is_number = begun.lower() == number[: len(begun)].lower()
        yield (number, code) if is_number else (code, number)
