"""Numbers, quotes, addresses and URLs as Go reads and writes them, against what Go itself said of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import yaml

from nginxsim.golang import net, strconv, url
from tests.support.places import DATA

ROWS: dict[str, dict[str, list[tuple[str, Any]]]] = yaml.safe_load((DATA / "golang.yaml").read_text(encoding="utf-8"))


def address(text: str) -> str | None:
    found = net.parse_ip(text)
    return None if found is None else str(found)


def parts(read: Callable[[str], url.URL], text: str) -> list[str]:
    found = read(text)
    return [found.scheme, found.host, found.hostname]


FUNCTIONS: dict[str, Callable[[str], object]] = {
    "atoi": strconv.atoi,
    "network": net.network,
    "parse_bool": strconv.parse_bool,
    "parse_duration": strconv.parse_duration,
    "parse_float": strconv.parse_float,
    "parse_int": strconv.parse_int,
    "parse_ip": address,
    "parse_uint32": partial(strconv.parse_int, bits=32, signed=False),
    "quote": strconv.quote,
    "request_uri": partial(parts, url.parse_request_uri),
    "trim": strconv.trim,
    "url": partial(parts, url.parse),
}


def rows(kind: str) -> list[Any]:
    return [
        pytest.param(FUNCTIONS[name], text, result, id=f"{name} {text!a}")
        for name, kinds in ROWS.items()
        for text, result in kinds.get(kind, ())
    ]


@pytest.mark.parametrize(("function", "text", "result"), rows("says"))
def test_what_go_says(function: Callable[[str], object], text: str, result: object) -> None:
    said = function(text)
    assert said == pytest.approx(result, nan_ok=True) if isinstance(result, float) else said == result


@pytest.mark.parametrize(("function", "text", "words"), rows("refuses"))
def test_what_go_refuses(function: Callable[[str], object], text: str, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(words)}"):
        function(text)
