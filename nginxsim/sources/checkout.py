"""The repository that an input lies in: what objects of Flux and Argo CD call by a URL or by the name of a source."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nginxsim.sources.files import text_if_any
from nginxsim.sources.naming import Naming

_URL = re.compile(r"^[ \t]*+url[ \t]*+=[ \t]*+(\S++)", re.MULTILINE)
_OWN_NAMES = ("flux-system",)
"""What `flux bootstrap` calls the repository that it writes to."""


@dataclass(frozen=True)
class Checkout:
    naming: Naming

    @cached_property
    def tops(self) -> tuple[str, ...]:
        """Folders that may be the top of the repository, the likeliest first: git's, the input's, those around that.

        Where there is no git, the current folder is the outermost.
        """
        folder, here = Path(self.naming.folder), Path.cwd()
        around = [folder, *folder.parents]
        git = next((each for each in around if (each / ".git").exists()), None)
        last = git or (here if here in around else folder)
        between = around[: around.index(last) + 1]
        return tuple(dict.fromkeys(map(str, [*([git] if git else []), *between])))

    @cached_property
    def remotes(self) -> tuple[str, ...]:
        """Last parts of the URLs that git has fetched it from; none where that was another folder."""
        git = Path(self.tops[0], ".git")
        if git.is_file():  # of a further working tree
            inner = text_if_any(str(git)).removeprefix("gitdir:").strip()
            git = Path(self.tops[0], inner).parent.parent
        urls = _URL.findall(text_if_any(str(git / "config")))
        return tuple(last_part(url) for url in urls if is_remote(url))

    def is_this(self, url: str, name: str) -> bool | None:
        """Whether it is called so; None where nothing tells. A fork has another owner, so only the last part counts."""
        if name in _OWN_NAMES:
            return True
        if not url:
            return None
        if self.remotes:
            return last_part(url) in self.remotes
        return True if last_part(url) == Path(self.tops[0]).name.lower() else None

    def find(self, path: str, *, url: str = "", name: str = "") -> str | None:
        """The absolute path of a file or folder of the repository; None where it is not this one that is meant."""
        known = self.is_this(url, name)
        inside = os.path.normpath(f"/{path}").strip("/")
        if not inside:
            return self.tops[0] if known else None
        # A folder within a repository of another name may be the whole of the one that is meant.
        tops = self.tops[1:] if known is False else self.tops
        return next((str(found) for top in tops if (found := Path(top, inside)).exists()), None)

    def whole(self, url: str) -> str | None:
        """The top of the repository of that URL; None where it is not this one."""
        if self.is_this(url, "") is not False:
            return self.tops[0]
        return self.naming.folder if self.naming.folder != self.tops[0] else None

    def outermost(self, path: str) -> str:
        """The widest top above a path; what lies in none is its own."""
        around = [top for top in self.tops if path == top or path.startswith(f"{top.rstrip('/')}/")]
        return min(around, key=len, default=path)

    def top_of(self, path: str) -> str:
        """The top above a path that find() has found: nothing outside of it may be taken in."""
        return next((top for top in self.tops if path == top or path.startswith(f"{top.rstrip('/')}/")), path)


def is_remote(url: str) -> bool:
    return ("://" in url and not url.startswith("file:")) or ("@" in url and ":" in url)


def last_part(url: str) -> str:
    return re.split(r"[/:]", url.rstrip("/"))[-1].removesuffix(".git").lower()
