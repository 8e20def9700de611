"""The rows of the catalogue, read from the package's YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from nginxsim.catalogue.entries import Entry
from nginxsim.catalogue.examples import Example, example_of, mended
from nginxsim.catalogue.outside import outside_entries
from nginxsim.errors import UsageError, did_you_mean

TABLES = ("causes.yaml", "findings.yaml", "webhook.yaml", "api.yaml", "upgrade.yaml")
HOME = "kubernetes/ingress-nginx"
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Rows(Mapping[str, Entry]):
    """The rows by one of their names. Each is read when it is asked for: the cause of a request is one of a hundred."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def __getitem__(self, name: str) -> Entry:
        return _entry(self._texts[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


@cache
def _entry(text: str) -> Entry:
    ((number, row),) = yaml.load(text, _Loader).items()  # noqa: S506
    message = row.pop("message").rstrip()
    mend = row.pop("mend", None)
    return Entry(
        number,
        message=message,
        mended=_mended(row, mend),
        mended_elsewhere=mend == "elsewhere",
        **{
            **row,
            "bad": example_of(row.get("bad")),
            "good": example_of(row.get("good")),
            "links": tuple(HOME + link if link.startswith("#") else link for link in row.get("links", ())),
        },
    )


def _mended(row: Mapping[str, Any], mend: Any) -> Example | None:
    """`mend` is a patch of the bad example, or says that the good one is what the fix makes of it."""
    if mend is None or mend == "elsewhere":
        return None
    return example_of(row["good"] if mend == "good" else mended(row["bad"], mend))


def _texts() -> Iterator[tuple[str, str, str]]:
    """Number, code and YAML of each row."""
    folder = files("nginxsim.catalogue")
    for table in TABLES:
        for text in re.split(r"^(?=NX)", folder.joinpath(table).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            number, code = re.findall(r"\A(NX\d+):\n  code: (\S+)$", text, re.MULTILINE)[0]
            yield number, code, text


_TEXTS = tuple(_texts())
BY_NUMBER: Mapping[str, Entry] = Rows({number: text for number, _, text in _TEXTS})
BY_CODE: Mapping[str, Entry] = Rows({code: text for _, code, text in _TEXTS})


def every_entry() -> Iterator[Entry]:
    """The rows of the project, then those of rules from other packages."""
    yield from BY_NUMBER.values()
    yield from outside_entries()


def entry(name: str) -> Entry:
    """The row of a number or a code, in any letter case. Raises UsageError with the nearest one."""
    found = BY_NUMBER.get(name.upper()) or BY_CODE.get(name.lower()) or _outside(name)
    if found is None:
        names = (name for row in outside_entries() for name in (row.number, row.code))
        raise UsageError(f'no rule "{name}"{did_you_mean(name, [*BY_CODE, *BY_NUMBER, *names])}')
    return found


def _outside(name: str) -> Entry | None:
    return next((row for row in outside_entries() if name.lower() in (row.number.lower(), row.code.lower())), None)


def names() -> Iterator[tuple[str, str]]:
    """Number and code of every row, none of which is read."""
    yield from ((number, code) for number, code, _ in _TEXTS)
    yield from ((row.number, row.code) for row in outside_entries())


def matching(name: str) -> frozenset[str]:
    """The codes that a number, a code or the start of a number ("NX63") stands for. Raises UsageError for none."""
    upper = name.strip().upper()
    named = ((number, code) for number, code, _ in _TEXTS)
    if not upper.startswith("NX"):
        named = ((row.number, row.code) for row in outside_entries())
    codes = {code for number, code in named if upper and number.startswith(upper)}
    return frozenset(codes) if codes else frozenset({entry(name.strip()).code})
