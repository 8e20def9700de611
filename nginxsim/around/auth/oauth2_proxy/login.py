"""The way to the identity provider and back: redirects and cookies.

oauth2-proxy 7.15.3: oauthproxy.go (doOAuthStart, OAuthCallback, getOAuthRedirectURI), pkg/cookies/*.go, providers/*.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from nginxsim.around.auth.oauth2_proxy.addresses import trusts
from nginxsim.around.auth.oauth2_proxy.redirects import is_allowed
from nginxsim.around.auth.oauth2_proxy.replies import Asked, Reply, Rule
from nginxsim.around.auth.oauth2_proxy.settings import Settings
from nginxsim.around.auth.oauth2_proxy.structured import Structure
from nginxsim.around.auth.oauth2_proxy.versions import Fact, Version
from nginxsim.nginx.exchange import Headers


class Provider(NamedTuple):
    """Where its login page is, what is asked for, and further parameters."""

    page: str
    scope: str
    more: tuple[tuple[str, str], ...] = ()


PROVIDERS: Mapping[str, Provider] = {
    "google": Provider("https://accounts.google.com/o/oauth2/auth", "profile email", (("access_type", "offline"),)),
    "github": Provider("https://github.com/login/oauth/authorize", "user:email read:org"),
    "facebook": Provider("https://www.facebook.com/v2.5/dialog/oauth", "public_profile email"),
    "linkedin": Provider("https://www.linkedin.com/uas/oauth2/authorization", "r_emailaddress r_basicprofile"),
    "bitbucket": Provider("https://bitbucket.org/site/oauth2/authorize", "email"),
    "digitalocean": Provider("https://cloud.digitalocean.com/v1/oauth/authorize", "read"),
}
OIDC_SCOPE = "openid email profile"


class Login:
    """Of one oauth2-proxy."""

    def __init__(self, settings: Settings, version: Version, structure: Structure, prefix: str) -> None:
        self._settings, self._version, self._structure, self._prefix = settings, version, structure, prefix

    def start(self, asked: Asked, no_cache: Headers) -> Reply:
        page, taken = self._page()
        url = f"{page}?{urlencode(sorted(self._parameters(asked)))}&state=<state>"
        one_of_many = "_<id>" if self._settings.is_on("cookie-csrf-per-request") else ""
        csrf = self.cookie(asked, f"{self._settings.text('cookie-name')}_csrf{one_of_many}", "<value>", "900")
        headers = [*no_cache, ("Content-Type", "text/html; charset=utf-8"), ("Location", url), csrf]
        return Reply(302, headers, Rule.LOGIN, taken=taken)

    def _page(self) -> tuple[str, tuple[str, ...]]:
        """The provider's login page, and what is taken for granted of it."""
        structure = self._structure
        if structure.login_url:
            return structure.login_url, ()
        if known := PROVIDERS.get(structure.provider):
            return known.page, ()
        page = (
            f"{structure.issuer.rstrip('/')}/authorize" if structure.issuer else f"<login page of {structure.provider}>"
        )
        return page, (f"the identity provider's login page is {page}, which its discovery document says",)

    def _parameters(self, asked: Asked) -> list[tuple[str, str]]:
        structure, known = self._structure, PROVIDERS.get(self._structure.provider)
        default = known.scope if known else f"{OIDC_SCOPE} groups" if structure.allowed_groups else OIDC_SCOPE
        prompt = self._settings.text("prompt") if not structure.is_alpha else ""
        found = {
            "approval_prompt": structure.approval_prompt,
            "prompt": prompt,
            "client_id": structure.client_id,
            "redirect_uri": self._callback(asked),
            "response_type": "code",
            "scope": structure.scope or default,
            **dict(known.more if known else ()),
        }
        return [(name, value) for name, value in found.items() if value]

    def _callback(self, asked: Asked) -> str:
        told = self._settings.text("redirect-url")
        if "://" in told:
            return told
        trusted = trusts(asked.peer, self._settings)
        host = (asked.header("X-Forwarded-Host") if trusted else "") or asked.host
        scheme = (asked.header("X-Forwarded-Proto") if trusted else "") or "http"
        if self._settings.is_on("cookie-secure"):
            scheme = "https"
        return f"{scheme}://{host}{told or f'{self._prefix}/callback'}"

    def back(self, asked: Asked) -> str:
        """Where it sends a visitor once all is done: the first of these that is allowed."""
        given = (
            asked.parameter("rd"),
            asked.header("X-Auth-Request-Redirect"),
            self._forwarded(asked),
            self._own(asked),
        )
        return next((each for each in given if each and self._allows(each)), "/")

    def back_from_state(self, asked: Asked) -> str:
        target = asked.parameter("state").partition(":")[2]
        return target if self._allows(target) else "/"

    def _allows(self, redirect: str) -> bool:
        return is_allowed(redirect, self._settings.list("whitelist-domain"), self._version)

    def _forwarded(self, asked: Asked) -> str:
        host = asked.header("X-Forwarded-Host")
        if not trusts(asked.peer, self._settings) or host in ("", asked.host):
            return ""
        uri = asked.header("X-Forwarded-Uri") or asked.uri
        path = "/" if uri.startswith(f"{self._prefix}/") else uri
        return f"{asked.header('X-Forwarded-Proto') or 'http'}://{host}{path}"

    def _own(self, asked: Asked) -> str:
        forwarded = asked.header("X-Forwarded-Uri") if trusts(asked.peer, self._settings) else ""
        uri = forwarded or asked.uri
        return "/" if uri.startswith(f"{self._prefix}/") else uri

    def broken(self, asked: Asked) -> int:
        """The status for a way back that nobody has sent the visitor on; 0 for one that is whole."""
        if asked.parameter("error"):
            return 403
        if self._version.has(Fact.STATE_FIRST) and not self._has_state(asked):
            return 500
        is_marked = self._is_marked(asked)
        if self._version.has(Fact.MARK_BEFORE_CODE) and not is_marked:
            return 403
        if not asked.parameter("code"):
            return 500
        return 0 if is_marked else 403

    def _has_state(self, asked: Asked) -> bool:
        state = asked.parameter("state")
        return bool(state) if self._settings.is_on("encode-state") else ":" in state

    def _is_marked(self, asked: Asked) -> bool:
        """Whether the cookie comes along that was set on the way to the provider."""
        name = f"{self._settings.text('cookie-name')}_csrf"
        return any(each.startswith(name) for each in asked.cookies())

    # --- cookies --------------------------------------------------------------------------------------------------

    def session_cookie(self, asked: Asked) -> tuple[str, str]:
        return self.cookie(asked, self._settings.text("cookie-name"), "<value>", "604800")

    def forgotten(self, asked: Asked) -> Headers:
        """The mark of the way there is taken back."""
        name = f"{self._settings.text('cookie-name')}_csrf"
        return [self.cookie(asked, name, "", "-1")] if self._is_marked(asked) else []

    def _domain(self, asked: Asked) -> str:
        """The longest of cookie-domain that the host ends in, else the shortest of them."""
        domains = sorted(self._settings.list("cookie-domain"), key=len, reverse=True)
        trusted = trusts(asked.peer, self._settings)
        host = (asked.header("X-Forwarded-Host") if trusted else "") or asked.host
        return next((each for each in domains if host.endswith(each)), domains[-1] if domains else "")

    def cookie(self, asked: Asked, name: str, value: str, age: str) -> tuple[str, str]:
        settings = self._settings
        lasts = f"Max-Age={age}" if self._version.has(Fact.MAX_AGE) else "Expires=<time>"
        domain = self._domain(asked).lstrip(".")
        parts = [f"{name}={value}", f"Path={settings.text('cookie-path')}"]
        parts += [f"Domain={domain}"] if domain else []
        parts += [
            lasts,
            *(
                word
                for on, word in (("cookie-httponly", "HttpOnly"), ("cookie-secure", "Secure"))
                if settings.is_on(on)
            ),
        ]
        if same_site := settings.text("cookie-samesite"):
            parts.append(f"SameSite={same_site.capitalize()}")
        return "Set-Cookie", "; ".join(parts)
