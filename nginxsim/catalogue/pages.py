"""The catalogue in words: for the terminal, and as the pages of docs/rules.

usage: python -m nginxsim.catalogue.pages docs/rules
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nginxsim.catalogue import BY_NUMBER, Entry, Example

WIDTH = 100
PLACEHOLDER = re.compile(r"\{(\w+)\}")
GROUPS = {
    "NX0": "Answered as meant",
    "NX1": "Decided by the manifests",
    "NX2": "Refused on purpose",
    "NX3": "The service behind",
    "NX4": "Redirects",
    "NX5": "nginx itself",
    "NX60": "Annotations and settings",
    "NX61": "Annotations and settings",
    "NX62": "Hosts and paths",
    "NX63": "Services",
    "NX64": "Services",
    "NX65": "Certificates",
    "NX66": "Access",
    "NX67": "Canaries",
    "NX68": "Rewrites and redirects",
    "NX69": "The file as a whole",
    "NX70": "What the API server refuses",
    "NX71": "What the API server refuses",
    "NX72": "The way to the webhook",
    "NX73": "The way to the webhook",
    "NX74": "The way to the webhook",
    "NX75": "The way to the webhook",
    "NX80": "Access",
    "NX81": "Auth servers",
    "NX90": "What an upgrade changes",
    "NX91": "What an upgrade changes",
}
"""Start of a number -> what these rows are about; the longest start counts."""


def group(row: Entry) -> str:
    return GROUPS.get(row.number[:4]) or GROUPS[row.number[:3]]


def pattern(template: str) -> str:
    """A message template as people read it: {owner} becomes <owner>."""
    return PLACEHOLDER.sub(r"<\1>", template)


def data(row: Entry) -> dict[str, Any]:
    return {
        "number": row.number,
        "code": row.code,
        "title": row.title,
        "level": row.level,
        "message": pattern(row.found),
        "fix": pattern(row.fix),
        "about": row.about.strip(),
        "bad": row.bad.shown() if row.bad else "",
        "good": row.good.shown() if row.good else "",
        "links": list(row.urls),
    }


def explained(row: Entry) -> str:
    """One row for the terminal."""
    blocks = [f"{row.number} {row.code} ({row.level}): {row.title}", textwrap.fill(row.about.strip(), WIDTH)]
    if row.fix and row.fix != "{fix}":
        blocks.append(textwrap.fill(f"fix: {pattern(row.fix)}", WIDTH))
    blocks += [f"{word}:\n{textwrap.indent(example.shown().rstrip(), '  ')}" for word, example in _examples(row)]
    if row.links:
        blocks.append("see:\n" + "\n".join(f"  {url}" for url in row.urls))
    return "\n\n".join(blocks)


def _examples(row: Entry) -> Iterator[tuple[str, Example]]:
    if row.bad:
        yield "bad", row.bad
    if row.good:
        yield "good", row.good


def page(row: Entry) -> str:
    """One row as a page of Markdown."""
    blocks = [
        f"# {row.number} {row.code}",
        f"**{row.title}** (level: {row.level})",
        row.about.strip(),
        f"```text\n{pattern(row.found)}\n```",
    ]
    if row.fix and row.fix != "{fix}":
        blocks.append(f"**Fix:** {pattern(row.fix)}")
    blocks += [f"{word.capitalize()}:\n\n```yaml\n{example.shown().rstrip()}\n```" for word, example in _examples(row)]
    if row.links:
        threads = (f"- [{link}]({url})" for link, url in zip(row.links, row.urls, strict=True))
        blocks.append("Threads:\n\n" + "\n".join(threads))
    return "\n\n".join(blocks) + "\n"


def index() -> str:
    """The table of all rows, by group."""
    blocks = [
        "# Rules",
        "Every cause that `nginxsim why` names, and every finding of `nginxsim check` and `nginxsim upgrade`. Written "
        "by `python -m nginxsim.catalogue.pages docs/rules`; do not edit.",
    ]
    for title in dict.fromkeys(map(group, BY_NUMBER.values())):
        rows = [row for row in BY_NUMBER.values() if group(row) == title]
        lines = [f"| [{row.number}]({row.number}.md) | {row.code} | {row.level} | {row.title} |" for row in rows]
        blocks.append("\n".join((f"## {title}\n", "| number | code | level | about |", "|---|---|---|---|", *lines)))
    return "\n\n".join(blocks) + "\n"


def pages() -> dict[str, str]:
    """File name -> content."""
    return {"README.md": index(), **{f"{row.number}.md": page(row) for row in BY_NUMBER.values()}}


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
