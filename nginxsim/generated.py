"""Pages under docs/ whose tables are written by program: the words above a mark are people's, what follows is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path


def block(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A heading with a table of Markdown under it."""
    yield from ("", f"## {title}", "", _row(heads), _row(["---"] * len(heads)))
    yield from map(_row, rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def code(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def page_of(mark: str, tables: Callable[[], str]) -> Callable[[str], str]:
    """What makes a document's text the one with its tables as they are today."""

    def page(text: str) -> str:
        head, _, _ = text.partition(mark)
        return f"{head.rstrip()}\n\n{mark}\n{tables()}\n"

    return page


def rewrite(path: str, made: Callable[[str], str]) -> None:
    """The same for a file."""
    Path(path).write_text(made(Path(path).read_text(encoding="utf-8")), encoding="utf-8")
