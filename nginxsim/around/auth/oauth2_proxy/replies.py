"""What oauth2-proxy is asked and what it replies, with the rule that decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from nginxsim.around.auth.oauth2_proxy.addresses import Compared
from nginxsim.around.auth.oauth2_proxy.settings import Fault, Setting
from nginxsim.nginx.exchange import Headers
from nginxsim.nginx.visitors import NOBODY, Visitor


@dataclass(frozen=True)
class Asked:
    """A request as it comes to oauth2-proxy. peer: the address of whoever sends it."""

    method: str = "GET"
    uri: str = "/"
    host: str = ""
    headers: Sequence[tuple[str, str]] = ()
    peer: str = "127.0.0.1"
    visitor: Visitor = NOBODY

    @cached_property
    def path(self) -> str:
        return unquote(self.uri.partition("?")[0])

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.uri.partition("?")[2], keep_blank_values=True)

    def values(self, name: str) -> list[str]:
        lowered = name.lower()
        return [value for key, value in self.headers if key.lower() == lowered]

    def header(self, name: str) -> str:
        return next(iter(self.values(name)), "")

    def parameter(self, name: str) -> str:
        return next((value for key, value in self.query if key == name), "")

    def demanded(self, name: str) -> list[str]:
        """What a parameter of the query lists."""
        return [each for key, value in self.query if key == name for each in value.split(",") if each]

    def cookies(self) -> Iterator[str]:
        """Their names."""
        for line in self.values("Cookie"):
            yield from (part.partition("=")[0].strip() for part in line.split(";"))


class Rule(StrEnum):
    """What decided."""

    NOT_STARTED = "not-started"
    HEALTH = "health"
    ROBOTS = "robots"
    PREFLIGHT = "preflight"
    ROUTE = "route"
    TRUSTED_ADDRESS = "trusted-address"
    NO_SESSION = "no-session"
    EMAIL_REFUSED = "email-refused"
    GROUPS_REFUSED = "groups-refused"
    QUERY_REFUSED = "query-refused"
    SESSION = "session"
    SIGN_IN_PAGE = "sign-in-page"
    LOGIN = "login"
    CALLBACK = "callback"
    SIGN_OUT = "sign-out"
    USER_INFO = "user-info"
    TO_HTTPS = "to-https"
    TOKEN_REFUSED = "token-refused"  # noqa: S105  # a kind
    STATIC_FILE = "static-file"


class End(StrEnum):
    """Who answered once the rule let a request in."""

    ITSELF = "itself"
    STATIC = "static"
    FILES = "files"
    PROXIED = "proxied"
    NO_UPSTREAM = "no-upstream"
    SLASH_ADDED = "slash-added"


class Reply(NamedTuple):
    """An answer and why. setting: the option that decided, None where a default did; value: which of its values.

    compared: the address that trusted-ip was held against, None where there is no trusted-ip. faults: why it does not
    start, with Rule.NOT_STARTED.
    """

    status: int
    headers: Headers
    rule: Rule
    setting: Setting | None = None
    value: str = ""
    compared: Compared | None = None
    end: End = End.ITSELF
    taken: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
