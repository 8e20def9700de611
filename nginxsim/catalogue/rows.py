"""The rows of the catalogue, read from the package's YAML once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml

from nginxsim.catalogue.examples import Example, example_of
from nginxsim.errors import UsageError, did_you_mean

TABLES = ("causes.yaml", "findings.yaml")
HOME = "kubernetes/ingress-nginx"
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of cause or finding.

    title: the row in a few words. `message` and `fix` are templates for str.format with the facts of the case; `found`
    is the message where no request was asked about. links: threads as "owner/repository#number", pages as URLs.
    """

    number: str
    code: str
    title: str
    level: str
    message: str
    fix: str = ""
    found: str = ""
    about: str = ""
    bad: Example | None = None
    good: Example | None = None
    links: tuple[str, ...] = ()

    @property
    def urls(self) -> tuple[str, ...]:
        """The links, for a browser."""
        threads = (link.replace("#", "/issues/") for link in self.links)
        return tuple(link if "://" in link else f"https://github.com/{link}" for link in threads)


def _rows() -> Iterator[Entry]:
    folder = files("nginxsim.catalogue")
    for table in TABLES:
        for number, row in yaml.load(folder.joinpath(table).read_text(encoding="utf-8"), _Loader).items():  # noqa: S506
            row["message"] = row["message"].rstrip()
            yield Entry(
                number,
                **{
                    **row,
                    "found": row.get("found", row["message"]),
                    "bad": example_of(row.get("bad")),
                    "good": example_of(row.get("good")),
                    "links": tuple(HOME + link if link.startswith("#") else link for link in row.get("links", ())),
                },
            )


CATALOGUE: tuple[Entry, ...] = tuple(_rows())
BY_CODE: Mapping[str, Entry] = {row.code: row for row in CATALOGUE}
BY_NUMBER: Mapping[str, Entry] = {row.number: row for row in CATALOGUE}


def entry(name: str) -> Entry:
    """The row of a number or a code, in any letter case. Raises UsageError with the nearest one."""
    found = BY_NUMBER.get(name.upper()) or BY_CODE.get(name.lower())
    if found is None:
        raise UsageError(f'no rule "{name}"{did_you_mean(name.lower(), [*BY_CODE, *map(str.lower, BY_NUMBER)])}')
    return found


def matching(name: str) -> frozenset[str]:
    """The codes that a number, a code or the start of a number ("NX63") stands for. Raises UsageError for none."""
    upper = name.strip().upper()
    codes = {row.code for row in CATALOGUE if upper.startswith("NX") and row.number.startswith(upper)}
    return frozenset(codes) if codes else frozenset({entry(name.strip()).code})
