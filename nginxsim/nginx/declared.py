"""The variables that a whole configuration makes, wherever it does.

nginx 1.27.1: src/http/ngx_http_variables.c (ngx_http_add_variable, ngx_http_variables_init_vars). A variable is made
for the whole file. One whose name begins as nginx's own do ($arg_, $http_, $cookie_...) is read as nginx's own until it
is set, but only where nothing more than `set` makes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from nginxsim.nginx.directives import Part, Trait, having, route_of
from nginxsim.nginx.tree import Directive

_CAPTURE = re.compile(r"\(\?P?[<'](\w+)[>']")
"""A named group of a regular expression, wherever one may stand."""


class Declared(NamedTuple):
    """settable: what a directive sets. played: of these and of the groups of patterns, what is empty where nothing has
    set it. firm: what is never nginx's own. answered: what takes its value from an auth server's answer.
    """

    settable: frozenset[str]
    played: frozenset[str]
    firm: frozenset[str]
    answered: frozenset[str]


def declared_in(block: Directive) -> Declared:
    setters = having(Trait.VARIABLE)
    set_by: dict[str, set[str]] = {}
    captured: set[str] = set()
    for directive in _within(block):
        if directive.name in setters and directive.args:
            set_by.setdefault(directive.name, set()).add(directive.args[0].lstrip("$").strip("{}").lower())
        captured.update(_captured(directive))
    firm = _all(names for setter, names in set_by.items() if setter in having(Trait.FIRM))
    played = _all(names for setter, names in set_by.items() if route_of(setter).part in (Part.SCRIPT, Part.SETTING))
    answered = frozenset(set_by.get("auth_request_set", ()))
    return Declared(_all(set_by.values()), played | captured, firm | captured | _made_twice(set_by), answered)


def _made_twice(set_by: dict[str, set[str]]) -> frozenset[str]:
    """`set` makes a variable with an empty value, though a weak one. What other modules set by ndk_set_var.c is
    not weak, but has no value. Both together make it firm.
    """
    others = _all(names for setter, names in set_by.items() if setter != "set")
    return others & set_by.get("set", frozenset())


def _all(sets: Iterable[set[str]]) -> frozenset[str]:
    return frozenset().union(*sets)


def _captured(directive: Directive) -> Iterator[str]:
    for word in (directive.name, *directive.args):
        if "(?" in word:
            yield from (name.lower() for name in _CAPTURE.findall(word))


def _within(block: Directive) -> Iterator[Directive]:
    pending = [block]
    while pending:
        for child in pending.pop().block or ():
            yield child
            if child.block:
                pending.append(child)
