"""The tables of docs/releases.md: what differs between releases, by annotation, key, flag, switch and chart.

usage: python -m nginxsim.upgrade.pages docs/releases.md
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from importlib.resources import files
from itertools import pairwise

from nginxsim.annotations import TABLE
from nginxsim.config.flags import Flags
from nginxsim.config.settings import Settings
from nginxsim.generated import block, code, page_of, rewrite
from nginxsim.releases import FACTS, RELEASES, chart_values, flags, release, settings
from nginxsim.releases.charts import charts_of
from nginxsim.releases.facts import Fact
from nginxsim.releases.words import runs, when

MARK = "<!-- Written by `python -m nginxsim.upgrade.pages docs/releases.md` from here on; do not edit. -->"


def tables() -> str:
    """All of them as Markdown."""
    blocks = (
        ("Which there are", ("release", "day", "nginx", "Kubernetes up to", "chart"), _releases()),
        ("Annotations", ("annotation", "known", "risk", "before"), _annotations()),
        ("Keys of the ConfigMap", ("key", "known", "default", "before"), _keys(settings, Settings())),
        ("Flags", ("flag", "known", "default", "before"), _keys(flags, Flags())),
        ("Values of the chart", ("value", "read", "default", "before"), _chart_values()),
        ("Switches", ("switch", "releases", "what it says"), _switches()),
    )
    return "\n".join("\n".join(block(title, heads, rows)) for title, heads, rows in blocks)


def releases_rows() -> Iterator[tuple[str, str, str, str, str]]:
    """Release, day, nginx, the newest Kubernetes it is for, charts; the newest release first."""
    for name in reversed(RELEASES):
        known = release(name)
        yield name, known.date, known.nginx, known.kubernetes, ", ".join(charts_of(name))


_releases = releases_rows


def _annotations() -> Iterator[tuple[str, str, str, str]]:
    for row in sorted(TABLE, key=lambda row: row.name):
        names = code(row.name) + (f" (also {', '.join(map(code, row.aliases))})" if row.aliases else "")
        before = [f"risk {risk} {when(span)}" for span, risk in row.risk_was]
        before += [f"took other values {when(span)}" for span, _ in row.validator.past]
        yield names, when(row.releases), str(row.risk), "; ".join(before)


def _keys(table: object, newest: object) -> Iterator[tuple[str, str, str, str]]:
    known: Mapping[str, str] = getattr(table, "KNOWN")  # noqa: B009
    defaults: Mapping[str, Mapping[str, Fact]] = getattr(table, "DEFAULTS")  # noqa: B009
    for key in sorted({*known, *defaults}):
        now = getattr(newest, key.replace("-", "_"), None)
        before = "; ".join(f"{_value(value)} {when(span)}" for span, value in defaults.get(key, {}).items())
        yield code(key), when(known.get(key, "..")), _value(now), before


def _chart_values() -> Iterator[tuple[str, str, str, str]]:
    """Those that not every chart reads, or that had other defaults."""
    told = {value for value, span in chart_values.KNOWN.items() if span != ".."} | chart_values.DEFAULTS.keys()
    for value in sorted(told):
        *before, now = chart_values.DEFAULTS.get(value, {"": None}).items()
        words = "; ".join(f"{_value(was)} {when(span)}" for span, was in before)
        entry = chart_values.entry_of(value)
        yield code(value), when(chart_values.KNOWN[entry]), _value(now[1]), words


def _value(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, Mapping):
        return code(", ".join(f"{name}: {part}" for name, part in value.items()))
    if isinstance(value, tuple):
        return code(",".join(map(str, value)) or '""')
    return code(str(value) or '""')


def _switches() -> Iterator[tuple[str, str, str]]:
    words = _said()
    for name in FACTS:
        values = {each: getattr(release(each), name) for each in RELEASES}
        known = list(dict.fromkeys(values.values()))
        if all(isinstance(value, bool) for value in known):
            told = runs(lambda each, values=values: bool(values[each]))  # type: ignore[misc]
        else:
            told = "; ".join(f"{_value(value)} {_runs_with(values, value)}" for value in known)
        yield code(name.replace("_", "-")), told, " ".join(words.get(name, "").split())


def _runs_with(values: Mapping[str, Fact], value: Fact) -> str:
    return runs(lambda name: values[name] == value)


def _said() -> Mapping[str, str]:
    """Switch -> what stands below it in nginxsim/releases/facts.py."""
    tree = ast.parse(files("nginxsim.releases").joinpath("facts.py").read_text(encoding="utf-8"))
    (body,) = (node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Release")
    found: dict[str, str] = {}
    for field, text in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and _is_text(text):
            found[field.target.id] = ast.literal_eval(text.value)  # type: ignore[attr-defined]
    return found


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


page = page_of(MARK, tables)


if __name__ == "__main__":
    rewrite(sys.argv[1], page)
