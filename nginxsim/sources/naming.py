"""What the user calls the files below a folder that they named."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Naming:
    """given: the folder as it was typed; folder: the same as an absolute path; label: what goes before every name.

    What lies at another place than its name says, such as a revision that has been checked out, is called so too.
    """

    given: str
    folder: str
    label: str = ""

    @classmethod
    def of(cls, given: str | Path) -> Naming:
        return cls(str(given), os.path.abspath(given))  # noqa: PTH100  # as it is called, links and all

    @property
    def top(self) -> str:
        """The folder itself."""
        return f"{self.label}{self.given}" if not self.label or self.given != "." else self.label

    def below(self, name: str, entry: str) -> str:
        """The entry of a folder that goes by that name."""
        return f"{name}{entry}" if self.label and name == self.label else f"{name.rstrip('/')}/{entry}"

    def name(self, path: str | Path) -> str:
        """Of an absolute path, also one outside of the folder."""
        inside = os.path.relpath(path, self.folder)
        if inside == ".":
            return self.top
        if inside.startswith(".."):
            return self.label + os.path.normpath(Path(self.given, inside))
        return self.below(self.top, inside)

    def path(self, name: str) -> str:
        """The absolute path of what goes by that name: name() the other way round."""
        inside = os.path.relpath(name.removeprefix(self.label) or ".", self.given)
        return os.path.normpath(Path(self.folder, inside))
