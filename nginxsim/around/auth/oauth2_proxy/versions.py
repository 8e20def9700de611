"""The versions of oauth2-proxy: what differs between them, by date.

Each fact holds from the version that stands beside it on. Found in the tags of oauth2-proxy/oauth2-proxy; those of
7.15.4 to 7.15.6, whose source is not at hand, by recorded answers of 7.15.6.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Version(NamedTuple):
    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    def has(self, fact: Fact) -> bool:
        return self >= SINCE[fact]

    @classmethod
    def read(cls, text: str) -> Version | None:
        """ "v7.4.0", "7.4.0-alpine", "7.4"; None for what is no number."""
        match = _TAG.match(text)
        return cls(*(int(digits or 0) for digits in match.groups())) if match else None


_TAG = re.compile(r"v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?![\d.])")
OLDEST, NEWEST = Version(7, 0, 0), Version(7, 15, 6)
"""Whose behaviour is known."""


class Fact(StrEnum):
    AUTH_BEFORE_UPSTREAM = "auth-before-upstream"
    """/oauth2/auth answers an exempt request itself; before, that went to the upstream as any other did."""
    READY = "ready"
    ALLOWED_EMAILS = "allowed-emails"
    """The query's allowed_emails and allowed_email_domains."""
    QUERY_EVERYWHERE = "query-everywhere"
    """The query's demands count on every path, not only on /oauth2/auth."""
    NEGATED_ROUTES = "negated-routes"
    FORWARDED_URI = "forwarded-uri"
    """Routes are compared with X-Forwarded-Uri where that is trusted."""
    ROUTE_PATH_ONLY = "route-path-only"
    """Without the query."""
    UNAMBIGUOUS_ROUTES = "unambiguous-routes"
    """A path that may be read in two ways is never exempt."""
    PING_BY_PATH = "ping-by-path"
    """A User-Agent alone is no health check."""
    CLOUD_HEADERS = "cloud-headers"
    """CF-Connecting-IP and X-Envoy-External-Address may be named as real-client-ip-header."""
    ADDRESS_OF_PROXIES = "address-of-proxies"
    """The header with the client's address counts only from trusted proxies, X-Forwarded-For from its right end."""
    STAR_DOMAINS = "star-domains"
    """ "*.example.com" in whitelist-domain means what ".example.com" does."""
    DOT_EMAILS = "dot-emails"
    """ ".example.com" in email-domain means the domains below it."""
    STAR_EMAILS = "star-emails"
    ONE_AT = "one-at"
    """An address with two "@" belongs to no domain."""
    CLAIM_SOURCE = "claim-source"
    """Values of headers in the alpha configuration are named under claimSource and secretSource."""
    STATIC_FILES = "static-files"
    """The sign-in page brings its own style sheets."""
    MARK_BEFORE_CODE = "mark-before-code"
    """On the way back the csrf cookie is looked for before the code is redeemed."""
    STATE_FIRST = "state-first"
    """And the state before that."""
    MAX_AGE = "max-age"
    """Cookies say Max-Age; before, Expires."""


SINCE: Mapping[Fact, Version] = {
    Fact.AUTH_BEFORE_UPSTREAM: Version(7, 2, 0),
    Fact.READY: Version(7, 5, 0),
    Fact.ALLOWED_EMAILS: Version(7, 3, 0),
    Fact.QUERY_EVERYWHERE: Version(7, 13, 0),
    Fact.NEGATED_ROUTES: Version(7, 4, 0),
    Fact.FORWARDED_URI: Version(7, 5, 0),
    Fact.ROUTE_PATH_ONLY: Version(7, 11, 0),
    Fact.UNAMBIGUOUS_ROUTES: Version(7, 15, 5),
    Fact.PING_BY_PATH: Version(7, 15, 2),
    Fact.CLOUD_HEADERS: Version(7, 8, 0),
    Fact.ADDRESS_OF_PROXIES: Version(7, 15, 5),
    Fact.STAR_DOMAINS: Version(7, 3, 0),
    Fact.DOT_EMAILS: Version(7, 2, 0),
    Fact.STAR_EMAILS: Version(7, 3, 0),
    Fact.ONE_AT: Version(7, 15, 2),
    Fact.CLAIM_SOURCE: Version(7, 14, 0),
    Fact.STATIC_FILES: Version(7, 5, 0),
    Fact.MARK_BEFORE_CODE: Version(7, 3, 0),
    Fact.STATE_FIRST: Version(7, 8, 0),
    Fact.MAX_AGE: Version(7, 8, 2),
}
