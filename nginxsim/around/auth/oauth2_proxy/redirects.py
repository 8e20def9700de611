"""Where oauth2-proxy sends a visitor back to.

oauth2-proxy 7.15.3: pkg/app/redirect/{getters,validator}.go, pkg/util/util.go (IsEndpointAllowed)
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from nginxsim.around.auth.oauth2_proxy.versions import Fact, Version

_BACKSLASHED = re.compile(r"[/\\](?:[\s\v]*|\.{1,2})[/\\]")
_URL = re.compile(r"https?://(?P<authority>[^/?#]*)")


def is_allowed(redirect: str, domains: Iterable[str], version: Version) -> bool:
    """A path always, a URL for a domain that is listed."""
    if redirect.startswith("/"):
        return not redirect.startswith("//") and not _BACKSLASHED.search(redirect)
    url = _URL.match(redirect)
    return url is not None and any(covers(domain, url["authority"], version) for domain in domains)


def covers(domain: str, authority: str, version: Version) -> bool:
    """Whether an entry of whitelist-domain stands for a host with its port."""
    listed, listed_port = _split(domain)
    host, port = _split(authority.rpartition("@")[2])
    return bool(listed) and _names(listed, host, version) and listed_port in ("*", port)


def _split(authority: str) -> tuple[str, str]:
    host, colon, port = authority.rpartition(":")
    return (host, port) if colon and (port.isdecimal() or port in ("", "*")) else (authority, "")


def _names(listed: str, host: str, version: Version) -> bool:
    if listed.startswith("*.") and version.has(Fact.STAR_DOMAINS):
        listed = listed[1:]
    if listed.startswith("."):
        return host == listed[1:] or host.endswith(listed)
    return host == listed
