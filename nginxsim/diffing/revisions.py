"""Manifests as a git revision holds them, read from the repository without touching the working tree."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nginxsim.errors import InputError, UsageError
from nginxsim.sources import STDIN, Naming, Reading


@dataclass(frozen=True, slots=True)
class Revisions:
    """What `--git` names: two commits; `new` is "" for the working tree."""

    old: str
    new: str = ""
    from_merge_base: bool = False


def parse_revisions(text: str) -> Revisions:
    """REV, OLD..NEW, or OLD...NEW (from where NEW has left OLD), as git itself takes them."""
    for dots in ("...", ".."):
        old, found, new = text.partition(dots)
        if found:
            return Revisions(old or "HEAD", new or "HEAD", from_merge_base=dots == "...")
    return Revisions(text)


class Repository:
    """The git repository that some paths lie in."""

    def __init__(self, paths: Sequence[str]) -> None:
        if STDIN in paths:
            raise UsageError('--git compares files and folders; standard input ("-") has no history')
        self.paths = [Path(path) for path in paths]
        start = _existing(self.paths[0])
        found = _git(start, "rev-parse", "--show-toplevel")
        if found.returncode:
            raise InputError(f"{paths[0]}: not in a git repository")
        self.top = Path(found.stdout.decode().removesuffix("\n"))

    def commit(self, revision: str) -> str:
        """The commit's full name. Raises InputError when there is none."""
        found = _git(self.top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if found.returncode:
            raise InputError(f'no revision "{revision}" in the git repository {self.top}')
        return found.stdout.decode().strip()

    def merge_base(self, one: str, other: str) -> str:
        found = _git(self.top, "merge-base", self.commit(one), self.commit(other))
        if found.returncode:
            raise InputError(f'"{one}" and "{other}" have no common ancestor in the git repository {self.top}')
        return found.stdout.decode().strip()

    def checked_out(self, revision: str, label: str, into: Path) -> list[Naming]:
        """The paths as the revision has them, in a folder that is empty yet; what they hold is named "label:path".

        The working tree and its index stay as they are.
        """
        index = {"GIT_INDEX_FILE": str(into / "index"), "GIT_LFS_SKIP_SMUDGE": "1"}
        tree = into / "tree"
        (tree / ".git").mkdir(parents=True)  # where the repository ends, for what looks for its .gitignore
        for words in (("read-tree", self.commit(revision)), ("checkout-index", "--all", f"--prefix={tree}/")):
            ran = _git(self.top, *words, environment=index)
            if ran.returncode:
                raise InputError(f"git {words[0]}: {ran.stderr.decode(errors='replace').strip()}")
        return [Naming(inside or ".", str(tree / inside), f"{label}:") for inside in map(self._inside, self.paths)]

    def moved(self, reading: Reading, into: Path) -> Reading:
        """What was said of places in the working tree, said of what is checked out."""
        old, new = str(self.top.resolve()), str(into / "tree")
        exclude = tuple(replace(each, base=each.base.replace(old, new, 1)) for each in reading.exclude)
        releases = (
            replace(
                each, chart=each.chart.replace(old, new, 1), values=tuple(v.replace(old, new, 1) for v in each.values)
            )
            for each in reading.releases
        )
        copies = tuple((name, folder.replace(old, new, 1)) for name, folder in reading.copies)
        return replace(reading, exclude=exclude, releases=tuple(releases), copies=copies)

    def _inside(self, path: Path) -> str:
        """The path within the repository, "" for its top."""
        try:
            inside = path.resolve().relative_to(self.top.resolve())
        except ValueError:
            raise InputError(f"{path}: not in the git repository {self.top}") from None
        return "" if inside == Path() else inside.as_posix()


def _existing(path: Path) -> Path:
    """The path's folder, or the nearest one around it that there still is."""
    folder = path.resolve()
    while not folder.is_dir():
        folder = folder.parent
    return folder


def _git(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603  # arguments are a list; revisions come after --end-of-options or verified
            ["git", "-C", str(folder), *arguments],  # noqa: S607  # whichever git the user has
            env={**os.environ, **(environment or {})},
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise InputError("--git needs git, which is not installed") from None
