"""What nginx refuses in a conf that somebody wrote for an nginx of their own: release and modules are not known.

Kept are the faults that do not depend on them: a known directive in the wrong place or with wrong values, what is
there twice, and an unknown directive that is a known one but for a letter. Any other may belong to a module.
"""

from __future__ import annotations

import difflib
import posixpath
from collections.abc import Iterator
from functools import cache
from itertools import chain

from nginxsim.nginx.configtest.builds import Build
from nginxsim.nginx.configtest.faults import Fault
from nginxsim.nginx.configtest.scopes import Conf
from nginxsim.nginx.configtest.walk import walk
from nginxsim.nginx.directives import rows
from nginxsim.nginx.includes import Conf as WrittenConf
from nginxsim.nginx.tree import Directive

HARMLESS = frozenset({"fastcgi.conf", "fastcgi_params", "mime.types", "proxy_params", "scgi_params", "uwsgi_params"})
"""Files that come with nginx: whoever has not read them misses nothing that another directive refers to."""
ALIKE = 0.8
"""How much of two names has to be the same for the one to be the other, misspelt."""


def check_written(written: WrittenConf) -> list[Fault]:
    """The faults of a conf with all that it includes, the one nginx would name first at the head.

    Where a part of it is not known, nobody can tell what is missing or there twice: only single directives are judged.
    """
    conf = Conf(written.contents, Build(modules=tuple({row.module for row in rows()})))
    tree = _completed(written.tree)
    walk(conf, tree, list(_blocks(tree)) if _is_partial(written) else ())
    return [fault for fault in conf.faults if fault.severity == "emerg" and _holds_anywhere(fault)]


def _completed(tree: Directive) -> Directive:
    """What nobody writes who asks about a part: the blocks that are around it, or beside it."""
    children = tree.block or ()
    if tree.first("http") is None:
        children = (Directive("http", block=children),)
    return Directive("", block=children if tree.first("events") else (Directive("events", block=()), *children))


def _blocks(block: Directive) -> Iterator[Directive]:
    yield block
    yield from chain.from_iterable(_blocks(child) for child in block.block or () if child.block is not None)


def _is_partial(written: WrittenConf) -> bool:
    """Whether it is a part of an http block itself, or something that it includes could not be read."""
    left = (child for block in _blocks(written.tree) for child in block.all("include"))
    unread = (posixpath.basename(child.args[0]) for child in left if child.args)
    is_part = written.tree.first("http") is None
    return is_part or bool(written.assumptions) or any(name not in HARMLESS for name in unread)


def _holds_anywhere(fault: Fault) -> bool:
    name = fault.directive.partition(" ")[0]
    return name != "load_module" and (not name or name in _known() or _is_misspelt(name))


def _is_misspelt(name: str) -> bool:
    """Whether it is a known name but for a letter."""
    close = (known for known in _known() if abs(len(known) - len(name)) <= 1)
    return bool(difflib.get_close_matches(name, close, n=1, cutoff=ALIKE))


@cache
def _known() -> frozenset[str]:
    """Directives of any release and module."""
    return frozenset(row.name for row in rows())
