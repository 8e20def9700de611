"""What nginx says about a line it does not accept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """message: nginx's own words, without "[emerg]" and "in FILE:LINE". line: of the directive, 0 for the whole file.
    directive: its text. severity: "emerg" (the file is refused) or "warn". beside: the line of what it stands against,
    0 for nothing.
    """

    message: str
    line: int
    directive: str = ""
    severity: str = "emerg"
    beside: int = 0

    def __str__(self) -> str:
        return f"[{self.severity}] {self.message}" + (f" (line {self.line})" if self.line else "")


class Refused(Exception):  # noqa: N818 (it is a verdict on the input, not a failure of ours)
    """Raised by whatever reads a directive; the walk turns it into a Fault."""
