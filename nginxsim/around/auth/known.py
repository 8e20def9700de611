"""The auth servers that are recognised, one row each: by their images, by what Services and charts call them, and by
the paths that they are asked at.

What is said of an answer and of headers is said by the page that stands beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple


class Known(NamedTuple):
    """One kind of auth server.

    names: words in images, Services, labels and host names. paths: with which its documentation has nginx ask.
    answers and needs: in words, of those that are not modelled; page: where that is documented.
    """

    title: str
    names: tuple[str, ...]
    paths: tuple[str, ...]
    page: str
    answers: str = ""
    needs: str = ""
    is_modelled: bool = False
    is_go: bool = False
    """It answers 400 to a request with two Host headers, as Go's net/http does (readRequest in server.go)."""

    @property
    def what_is_known(self) -> str:
        return f"{self.title} answers {self.answers}, and needs {self.needs} from nginx ({self.page})"


OAUTH2_PROXY = Known(
    "oauth2-proxy",
    ("oauth2-proxy", "oauth2_proxy"),
    ("/oauth2/auth",),
    "https://oauth2-proxy.github.io/oauth2-proxy/configuration/integrations/nginx",
    "202 to whoever is signed in and 401 to anybody else",
    "the cookies of the client",
    is_modelled=True,
    is_go=True,
)
KNOWN: tuple[Known, ...] = (
    OAUTH2_PROXY,
    Known(
        "Authelia",
        ("authelia",),
        ("/api/verify", "/api/authz/auth-request"),
        "https://www.authelia.com/integration/kubernetes/nginx-ingress/",
        "200 to whoever may pass, 401 to whoever has to sign in and 403 to whoever may not",
        "X-Original-URL and X-Original-Method (ingress-nginx sends them)",
    ),
    Known(
        "authentik",
        ("authentik", "goauthentik"),
        ("/outpost.goauthentik.io/auth/nginx",),
        "https://docs.goauthentik.io/add-secure-apps/providers/proxy/server_nginx/",
        "200 to whoever is signed in and 401 to anybody else",
        "X-Original-URL and X-Forwarded-Host (the latter by auth-snippet)",
        is_go=True,
    ),
    Known(
        "vouch-proxy",
        ("vouch-proxy", "vouch"),
        ("/validate",),
        "https://github.com/vouch/vouch-proxy",
        "200 to whoever is signed in and 401 to anybody else",
        "the Host and the cookies of the client",
        is_go=True,
    ),
    Known(
        "Pomerium",
        ("pomerium",),
        ("/verify",),
        "https://pomerium.com/docs/reference/forward-auth",
        "(until 0.20; later ones are no auth servers) 200 to whoever may pass, 401 to whoever has to sign in and 403 "
        "to whoever may not",
        "the address asked for as the parameter uri",
    ),
)
_NAMES = sorted((re.escape(name) for row in KNOWN for name in row.names), key=len, reverse=True)
_NAMED = re.compile(f"(?<![a-z0-9])(?:{'|'.join(_NAMES)})(?![a-z0-9])")


def known_by_name(texts: Iterable[str]) -> Known | None:
    """By a name of an image, a Service, a label or a host."""
    text = " ".join(texts).lower()
    found = set(_NAMED.findall(text))
    return next((row for row in KNOWN if found.intersection(row.names)), None)


def known_by_path(path: str) -> Known | None:
    """By the path of auth-url, as far as that is nobody else's: a plain /validate may be anything."""
    return next((row for row in KNOWN if path in row.paths and path.count("/") > 1), None)
