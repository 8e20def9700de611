"""What `nginx -t` refuses in a conf file, in nginx's own words.

nginx stops at the first fault; here all are listed, the one nginx would name first. What a file may hold depends on who
built the nginx; without a word about that, it is the newest controller's, with no module to load.
"""

from __future__ import annotations

from collections.abc import Mapping

from nginxsim.nginx.configtest.builds import PATCHED, STOCK, Build
from nginxsim.nginx.configtest.faults import Fault
from nginxsim.nginx.configtest.scopes import Conf, Resolver
from nginxsim.nginx.configtest.values import resolves as exists
from nginxsim.nginx.configtest.walk import walk
from nginxsim.nginx.tree import read

__all__ = ["PATCHED", "STOCK", "Build", "Fault", "check"]

NO_FILES: Mapping[str, bytes] = {}


def check(
    text: str,
    files: Mapping[str, bytes] = NO_FILES,
    *,
    build: Build = PATCHED,
    resolves: Resolver = exists,
    warnings: bool = False,
) -> list[Fault]:
    """The faults of a conf file's text, which may break off (braces, quotes, ";"); none when nginx would take it.

    files: path -> content of files it names, as far as they are known. resolves: whether a host name exists.
    warnings: list what nginx only warns about too.
    """
    reading = read(text)
    conf = Conf(files, build, resolves)
    walk(conf, reading.root, reading.unfinished)
    faults = list(conf.faults)
    if reading.broken:
        (line, _), reason = reading.broken
        faults.append(Fault(reason, line))
    return [fault for fault in faults if warnings or fault.severity == "emerg"]
