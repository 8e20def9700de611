"""Known ways past the login of oauth2-proxy, by version and by the settings to which they apply.

oauth2-proxy: CHANGELOG.md (7.1.0, 7.11.0, 7.15.2) and the advisories of these names at
https://github.com/oauth2-proxy/oauth2-proxy/security/advisories
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from nginxsim.around.auth.oauth2_proxy.settings import Settings
from nginxsim.around.auth.oauth2_proxy.versions import Version


class Advisory(NamedTuple):
    """A way past the login of versions before `mended`; applies: to these settings."""

    name: str
    mended: Version
    what: str
    applies: Callable[[Settings], bool]
    since: Version = Version(7, 0, 0)


def _by_path(settings: Settings) -> bool:
    return bool(settings.list("skip-auth-route") or settings.list("skip-auth-regex"))


ADVISORIES: tuple[Advisory, ...] = (
    Advisory(
        "GHSA-5hvv-m4w4-gf6v",
        Version(7, 15, 2),
        "a User-Agent passes for a health check",
        lambda it: bool(it.text("ping-user-agent")) or it.is_on("gcp-healthchecks"),
    ),
    Advisory(
        "GHSA-7x63-xv5r-3p2x",
        Version(7, 15, 2),
        "X-Forwarded-Uri of anybody counts",
        lambda it: it.is_on("reverse-proxy") and _by_path(it),
        Version(7, 5, 0),
    ),
    Advisory(
        "GHSA-pxq7-h93f-9jrg", Version(7, 15, 2), "a fragment counts for exempt paths", _by_path
    ),
    Advisory(
        "GHSA-c5c4-8r6x-56w3",
        Version(7, 15, 2),
        "an address with two @ passes email-domain",
        lambda it: bool(it.list("email-domain")) and "*" not in it.list("email-domain"),
    ),
    Advisory(
        "GHSA-7rh7-c77v-6434",
        Version(7, 11, 0),
        "the query counts for exempt paths",
        lambda it: it.is_on("reverse-proxy") and bool(it.list("skip-auth-route")),
        Version(7, 5, 0),
    ),
    Advisory(
        "GHSA-652x-m2gr-hppm", Version(7, 1, 0), "gitlab-group is not looked at", lambda it: it.is_given("gitlab-group")
    ),
)  # fmt: skip


def advisories(settings: Settings, version: Version) -> list[Advisory]:
    """Those that apply."""
    return [each for each in ADVISORIES if each.since <= version < each.mended and each.applies(settings)]
