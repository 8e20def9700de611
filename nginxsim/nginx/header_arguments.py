"""The arguments of more_set_headers and its like: "Name: value".

openresty/headers-more-nginx-module 0.37: src/ngx_http_headers_more_util.c
"""

from __future__ import annotations

import re

BLANKS = " \t\n\v\f\r"
_ARGUMENT = re.compile(rf"[{BLANKS}]*([^{BLANKS}]?[^:{BLANKS}]*)[:{BLANKS}]*(.*)", re.DOTALL)


def name_and_value(argument: str) -> tuple[str, str]:
    """A colon or a blank ends the name; the value begins behind all that follow. Either may be empty."""
    match = _ARGUMENT.fullmatch(argument)
    assert match is not None
    return match[1], match[2]


def types_in(argument: str) -> frozenset[str]:
    """The media types of the option -t."""
    return frozenset(filter(None, re.split(rf"[;{BLANKS}]", argument)))
