"""The shape of a row of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from nginxsim.catalogue.examples import Example

Level: TypeAlias = Literal["error", "denied", "warning", "notice", "fine"]
"""How bad it is. Causes are errors (a 5xx or an outage), denied (refused on purpose), notices (redirects, defaults) or
fine; findings are errors (an outage, or a door left open), warnings (hardly meant so) or notices (worth knowing)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of cause or finding.

    title: the row in a few words. `message` and `fix` are templates for str.format with the facts of the case; `found`
    is the message where no request was asked about. links: threads as "owner/repository#number", pages as URLs.

    mended: `bad` once the fix is done; None where the fix is no change of manifests (`mended_elsewhere`), or there is
    none. ask: of a cause, the request that `bad` answers so; then: how `mended` answers it, a served 200 if it says
    nothing. Tests do what the fix tells and ask again.
    """

    number: str
    code: str
    title: str
    level: Level
    message: str
    fix: str = ""
    found: str = ""
    about: str = ""
    bad: Example | None = None
    good: Example | None = None
    links: tuple[str, ...] = ()
    mended: Example | None = None
    mended_elsewhere: bool = False
    ask: Mapping[str, Any] | None = None
    then: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if not self.found:
            object.__setattr__(self, "found", self.message)

    @property
    def urls(self) -> tuple[str, ...]:
        """The links, for a browser."""
        threads = (link.replace("#", "/issues/") for link in self.links)
        return tuple(link if "://" in link else f"https://github.com/{link}" for link in threads)
