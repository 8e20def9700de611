"""What the trace of a request is made of: steps, each an event in a phase, by a line of the conf.

An event is a fact: a closed kind (its class) with typed data. Words are made of it where it is shown
(nginxsim/verdict/wording); nobody decides anything by words.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

from nginxsim.origins import Source


class Phase(StrEnum):
    """The parts of a request's way, in order; `error_page` and `filter` come in between, `hop` comes before nginx."""

    HOP = "hop"
    LISTEN = "listen"
    TLS = "tls"
    SERVER = "server"
    LOCATION = "location"
    REWRITE = "rewrite"
    ACCESS = "access"
    AUTH = "auth"
    LIMIT = "limit"
    BALANCER = "balancer"
    CONTENT = "content"
    PROXY = "proxy"
    ERROR_PAGE = "error_page"
    FILTER = "filter"
    LOG = "log"


class Event:
    """Base of all that can happen; a kind is a frozen dataclass, its data are the fields.

    A field that stands for one of these properties is written `= field()`: a dataclass would take the property for its
    default otherwise.
    """

    __slots__ = ()

    @property
    def phase(self) -> Phase:
        raise NotImplementedError

    @property
    def directive(self) -> str:
        """The directive that acted, as written or by its name; "" where none or one of another kind did."""
        return ""

    @property
    def asked_by(self) -> Source | None:
        """What was written for it to happen, where that is no line of a conf."""
        return None

    @property
    def service(self) -> str:
        """Whom it is about behind nginx: the balancer's name of a backend, or a host; "" for nobody."""
        return ""


Entry: TypeAlias = tuple[Callable[..., Event], int, tuple[Any, ...], tuple[str, ...]]
"""A Step before anybody asks for it: kind, line, the kind's data, and `within`."""


class Step(NamedTuple):
    """One decision on the way.

    line: of the deciding directive in the conf the router was given; 0 where none decided (a rule of nginx's own).
    within: addresses of this same nginx that the request was passed on to before it came to this step, innermost first.
    """

    event: Event
    line: int = 0
    within: tuple[str, ...] = ()

    @property
    def phase(self) -> Phase:
        return self.event.phase

    @classmethod
    def of(cls, entry: Entry) -> Step:
        kind, line, data, within = entry
        return cls(kind(*data), line, within)
