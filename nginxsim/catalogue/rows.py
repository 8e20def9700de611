"""The rows of the catalogue, read from the package's YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
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
    return Entry(
        number,
        message=message,
        **{
            **row,
            "found": row.get("found", message),
            "bad": example_of(row.get("bad")),
            "good": example_of(row.get("good")),
            "links": tuple(HOME + link if link.startswith("#") else link for link in row.get("links", ())),
        },
    )


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


def entry(name: str) -> Entry:
    """The row of a number or a code, in any letter case. Raises UsageError with the nearest one."""
    found = BY_NUMBER.get(name.upper()) or BY_CODE.get(name.lower())
    if found is None:
        raise UsageError(f'no rule "{name}"{did_you_mean(name.lower(), [*BY_CODE, *map(str.lower, BY_NUMBER)])}')
    return found


def matching(name: str) -> frozenset[str]:
    """The codes that a number, a code or the start of a number ("NX63") stands for. Raises UsageError for none."""
    upper = name.strip().upper()
    codes = {code for number, code, _ in _TEXTS if upper.startswith("NX") and number.startswith(upper)}
    return frozenset(codes) if codes else frozenset({entry(name.strip()).code})
