"""Manifests as a git revision holds them, read from the repository without touching the working tree."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from nginxsim.errors import InputError, UsageError
from nginxsim.sources import STDIN, SUFFIXES, File


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

    def files(self, revision: str, label: str) -> list[File]:
        """The manifests under the paths, in the order in which a folder is read; named "label:path"."""
        commit = self.commit(revision)
        found: dict[str, bytes] = {}
        for path in self.paths:
            names = sorted(self._names(commit, path), key=lambda name: name.split("/"))
            found.update(self._contents(commit, names))
        return [File(f"{label}:{name}", _text(f"{label}:{name}", content)) for name, content in found.items()]

    def _names(self, commit: str, path: Path) -> Iterator[str]:
        """A file that is named itself may have any suffix; in folders the manifests count, hidden files do not."""
        inside = self._inside(path)
        listed = _git(
            self.top, "--literal-pathspecs", "ls-tree", "-r", "-z", "--name-only", commit, "--", inside or "."
        )
        for name in filter(None, listed.stdout.decode("utf-8", "surrogateescape").split("\0")):
            below = name.removeprefix(f"{inside}/") if inside else name
            hidden = any(part.startswith(".") for part in below.split("/"))
            if "\n" not in name and (name == inside or (name.endswith(SUFFIXES) and not hidden)):
                yield name

    def _inside(self, path: Path) -> str:
        """The path within the repository, "" for its top."""
        try:
            inside = path.resolve().relative_to(self.top.resolve())
        except ValueError:
            raise InputError(f"{path}: not in the git repository {self.top}") from None
        return "" if inside == Path() else inside.as_posix()

    def _contents(self, commit: str, names: Sequence[str]) -> dict[str, bytes]:
        """By name; symbolic links are followed within the repository, what leads to a folder or nowhere is left out."""
        asked = "".join(f"{commit}:{name}\n" for name in names)
        answer = _git(
            self.top, "cat-file", "--batch", "--follow-symlinks", stdin=asked.encode("utf-8", "surrogateescape")
        )
        stream = BytesIO(answer.stdout)
        found = {name: _next_object(stream) for name in names}
        return {name: content for name, content in found.items() if content is not None}


def _next_object(stream: BytesIO) -> bytes | None:
    """The next answer of `git cat-file --batch`; None for what is no file."""
    words = stream.readline().split(b" ")
    if not words[-1].strip().isdigit():
        return None
    content = stream.read(int(words[-1]))
    stream.read(1)
    return content if words[1] == b"blob" else None


def _existing(path: Path) -> Path:
    """The path's folder, or the nearest one around it that there still is."""
    folder = path.resolve()
    while not folder.is_dir():
        folder = folder.parent
    return folder


def _git(folder: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603  # arguments are a list; revisions come after --end-of-options or verified
            ["git", "-C", str(folder), *arguments],  # noqa: S607  # whichever git the user has
            input=stdin,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise InputError("--git needs git, which is not installed") from None


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InputError(f"{name}: not UTF-8 text ({problem.reason} at byte {problem.start})") from None
