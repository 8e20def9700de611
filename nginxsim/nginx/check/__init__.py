"""What `nginx -t` refuses in a conf file, in nginx's own words.

nginx stops at the first fault; here all are listed, the one nginx would name first. The nginx is that of the
controller's image (1.27.1 with its patches and modules); `modules=("stock",)`: without the patches that take
directives away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nginxsim.nginx.check.faults import Fault
from nginxsim.nginx.check.reading import read
from nginxsim.nginx.check.scopes import Conf, Resolver
from nginxsim.nginx.check.values import resolves as exists
from nginxsim.nginx.check.walk import walk
from nginxsim.nginx.tree import Directive

__all__ = ["Fault", "check", "check_text"]

NO_FILES: Mapping[str, bytes] = {}


def check(
    tree: Directive,
    files: Mapping[str, bytes] = NO_FILES,
    *,
    resolves: Resolver = exists,
    modules: Iterable[str] = (),
    warnings: bool = False,
) -> list[Fault]:
    """The faults of a conf that was read to its end; none when nginx would take it.

    files: path -> content of files it names, as far as they are known. resolves: whether a host name exists.
    modules: .so files taken as loaded. warnings: list what nginx only warns about too.
    """
    conf = Conf(files, resolves)
    conf.modules.update(modules)
    conf.bare_conditions = True
    walk(conf, tree)
    return [fault for fault in conf.faults if warnings or fault.severity == "emerg"]


def check_text(
    text: str,
    files: Mapping[str, bytes] = NO_FILES,
    *,
    resolves: Resolver = exists,
    modules: Iterable[str] = (),
    warnings: bool = False,
) -> list[Fault]:
    """The same for the text of a file, which may break off: unbalanced braces, open quotes, a missing ";"."""
    reading = read(text)
    conf = Conf(files, resolves)
    conf.modules.update(modules)
    walk(conf, reading.root, reading.unfinished)
    faults = conf.faults + ([reading.fault] if reading.fault else [])
    return [fault for fault in faults if warnings or fault.severity == "emerg"]
