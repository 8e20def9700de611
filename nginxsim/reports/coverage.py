"""Coverage for people (text, Markdown, an HTML page) and for coverage viewers (lcov, Cobertura)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from nginxsim import __version__
from nginxsim.printing import printed, visible
from nginxsim.reports.html import TAB, page
from nginxsim.reports.markdown import code, plain
from nginxsim.reports.secrets import without_secrets
from nginxsim.reports.terminal import for_people, table
from nginxsim.reports.xml import document
from nginxsim.suites.coverage import KINDS, Coverage, Item, percent


class Row(NamedTuple):
    """The figures of one kind of item."""

    kind: str
    exercised: int
    total: int
    percent: float


def rows(coverage: Coverage) -> list[Row]:
    """One row a kind, and one for all."""
    parts = [(kind, coverage.of(kind)) for kind in KINDS]
    return [_row(kind, items) for kind, items in [*parts, ("all", coverage.items)]]


def _percent(row: Row) -> str:
    return f"{row.percent:.0f} %" if row.total else "-"


def _row(kind: str, items: Sequence[Item]) -> Row:
    return Row(kind, sum(item.requests > 0 for item in items), len(items), percent(items))


def text(coverage: Coverage) -> str:
    """A table, and what no request exercised."""
    cells = [(row.kind, str(row.exercised), str(row.total), _percent(row)) for row in rows(coverage)]
    lines = ["coverage", *table([("", "exercised", "of", ""), *cells], indent="  ", gap="   ")]
    missed = [(item.kind, item.label, str(item.origin)) for item in coverage.items if not item.requests]
    if missed:
        lines += ["", "not exercised", *table(missed, indent="  ", gap="   ")]
    return for_people(lines)


def markdown(coverage: Coverage) -> str:
    return printed(_markdown_lines(coverage)) + "\n"


def _markdown_lines(coverage: Coverage) -> Iterator[str]:
    yield "| | exercised | of | |"
    yield "|---|---:|---:|---:|"
    for row in rows(coverage):
        yield f"| {row.kind} | {row.exercised} | {row.total} | {_percent(row)} |"
    missed = [item for item in coverage.items if not item.requests]
    if missed:
        yield ""
        yield "| not exercised | | at |"
        yield "|---|---|---|"
    for item in missed:
        yield f"| {item.kind} | {code(item.label)} | {plain(str(item.origin))} |"


class Source(NamedTuple):
    """A manifest for the page: (line number, text, requests or None for a line that makes nothing)."""

    file: str
    lines: Sequence[tuple[int, str, int | None]]


def html(coverage: Coverage) -> str:
    """A page of its own: no script, nothing loaded."""
    sources = [Source(file, _annotated(file, counts)) for file, counts in coverage.lines.items()]
    return page("coverage.html.j2", rows=rows(coverage), items=coverage.items, sources=sources)


def _annotated(file: str, counts: Mapping[int, int]) -> list[tuple[int, str, int | None]]:
    text_lines = without_secrets(file, Path(file).read_text(encoding="utf-8-sig")).splitlines()
    return [(number, line.replace("\t", TAB), counts.get(number)) for number, line in enumerate(text_lines, 1)]


def lcov(coverage: Coverage) -> str:
    """The tracefile format of geninfo(1): manifests as source files."""
    lines = []
    for file, counts in coverage.lines.items():
        hit = sum(count > 0 for count in counts.values())
        lines += [f"SF:{visible(file)}", *(f"DA:{line},{count}" for line, count in counts.items())]
        lines += [f"LF:{len(counts)}", f"LH:{hit}", "end_of_record"]
    return "\n".join(["TN:nginxsim", *lines]) + "\n"


def cobertura(coverage: Coverage) -> str:
    """Cobertura's coverage-04.dtd, as GitLab and Azure DevOps read it: a class a manifest."""
    every = [count for counts in coverage.lines.values() for count in counts.values()]
    about = {"version": __version__, "timestamp": "0", "complexity": "0"}
    root = ET.Element("coverage", {**_rates(every), **about, "branches-covered": "0", "branches-valid": "0"})
    ET.SubElement(ET.SubElement(root, "sources"), "source").text = "."
    packages = ET.SubElement(root, "packages")
    package = ET.SubElement(packages, "package", {"name": "manifests", **_rate(every), "complexity": "0"})
    classes = ET.SubElement(package, "classes")
    for file, counts in coverage.lines.items():
        about = {"name": file, "filename": file, **_rate(list(counts.values())), "complexity": "0"}
        element = ET.SubElement(classes, "class", about)
        ET.SubElement(element, "methods")
        lines = ET.SubElement(element, "lines")
        for line, count in counts.items():
            ET.SubElement(lines, "line", {"number": str(line), "hits": str(count), "branch": "false"})
    return document(root) + "\n"


def _rate(counts: Sequence[int]) -> dict[str, str]:
    share = sum(count > 0 for count in counts) / len(counts) if counts else 1.0
    return {"line-rate": f"{share:.4f}", "branch-rate": "0"}


def _rates(counts: Sequence[int]) -> dict[str, str]:
    return {
        **_rate(counts),
        "lines-covered": str(sum(count > 0 for count in counts)),
        "lines-valid": str(len(counts)),
    }
