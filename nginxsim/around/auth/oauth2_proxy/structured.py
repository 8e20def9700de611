"""What of oauth2-proxy has a structure: its upstreams and the headers of its answers, by flags or by the file that
--alpha-config names.

oauth2-proxy 7.15.3: pkg/apis/options/{legacy_options,alpha_options,header,upstreams}.go, pkg/upstream/proxy.go
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import yaml

from nginxsim.around.auth.oauth2_proxy.settings import Fault, File, Problem, Settings
from nginxsim.around.auth.oauth2_proxy.versions import Fact, Version
from nginxsim.golang.patterns import compile_pattern

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Served(StrEnum):
    STATIC = "static"
    FILES = "files"
    PROXIED = "proxied"


@dataclass(frozen=True, slots=True)
class Upstream:
    """One place where requests go that are let in: all below a path that ends in a slash, else that very path."""

    path: str
    served: Served
    status: int = 200
    uri: str = ""
    pattern: str = ""
    """With a rewriteTarget the path is a regular expression, which goes before any plain one."""

    def covers(self, path: str) -> bool:
        if self.pattern:
            return _matches(self.pattern, path)
        return path.startswith(self.path) if self.path.endswith("/") else path == self.path


def _matches(pattern: str, path: str) -> bool:
    try:
        return compile_pattern(pattern).search(path)
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Header:
    """A header of its answers. claim: of the session; password: what makes it a Basic one, None for any other."""

    name: str
    claim: str
    prefix: str = ""
    password: str | None = None
    value: str = ""
    """One that is the same for everybody."""


@dataclass(frozen=True, slots=True)
class Structure:
    upstreams: tuple[Upstream, ...] = ()
    headers: tuple[Header, ...] = ()
    allowed_groups: tuple[str, ...] = ()
    provider: str = "google"
    issuer: str = ""
    login_url: str = ""
    client_id: str = ""
    scope: str = ""
    approval_prompt: str = ""
    is_alpha: bool = False
    address: str = ""

    def upstream(self, path: str) -> Upstream | None:
        """The longest path that covers it."""
        found = (each for each in self.upstreams if each.covers(path))
        return max(found, key=lambda each: (bool(each.pattern), len(each.path)), default=None)


# --- by flags ---------------------------------------------------------------------------------------------------------


def of_settings(settings: Settings) -> Structure:
    return Structure(
        upstreams=tuple(map(_upstream, settings.list("upstream"))),
        headers=tuple(_headers(settings)),
        allowed_groups=settings.list("allowed-group"),
        provider=settings.text("provider"),
        issuer=settings.text("oidc-issuer-url"),
        login_url=settings.text("login-url"),
        client_id=settings.text("client-id"),
        scope=settings.text("scope"),
        approval_prompt="" if settings.text("prompt") else settings.text("approval-prompt"),
    )


def _upstream(text: str) -> Upstream:
    scheme, _, rest = text.partition("://")
    host, slash, path = rest.partition("/")
    if scheme == "static":
        return Upstream("/", Served.STATIC, _status(int(host) if host.isdecimal() and len(host) < 9 else 200), text)
    if scheme == "file":
        below, _, fragment = path.partition("#")
        return Upstream(fragment or slash + below, Served.FILES, uri=text)
    return Upstream("/" if scheme == "unix" else slash + path.partition("#")[0] or "/", Served.PROXIED, uri=text)


def _status(code: int) -> int:
    """One that Go refuses to send ends in an error of the server."""
    return code if 100 <= code <= 999 else 500


X_AUTH_REQUEST: Mapping[str, str] = {
    "X-Auth-Request-User": "user",
    "X-Auth-Request-Email": "email",
    "X-Auth-Request-Preferred-Username": "preferred_username",
    "X-Auth-Request-Groups": "groups",
}


def _headers(settings: Settings) -> Iterator[Header]:
    if settings.is_on("set-xauthrequest"):
        yield from (Header(name, claim) for name, claim in X_AUTH_REQUEST.items())
        if settings.is_on("pass-access-token"):
            yield Header("X-Auth-Request-Access-Token", "access_token")
    if settings.is_on("set-basic-auth"):
        claim = "email" if settings.is_on("prefer-email-to-user") else "user"
        yield Header("Authorization", claim, password=settings.text("basic-auth-password"))
    if settings.is_on("set-authorization-header"):
        yield Header("Authorization", "id_token", "Bearer ")


# --- by the alpha configuration ---------------------------------------------------------------------------------------


def of_alpha(file: File, version: Version) -> tuple[Structure, list[Fault]]:
    try:
        written = yaml.load(file.text, _Loader) or {}  # noqa: S506
    except (yaml.YAMLError, RecursionError) as problem:
        return Structure(is_alpha=True), [Fault(Problem.BAD_FILE, "--alpha-config", str(problem), file.origin)]
    if not isinstance(written, dict):
        return Structure(is_alpha=True), [Fault(Problem.BAD_FILE, "--alpha-config", "no mapping", file.origin)]
    provider = next(iter(_rows(written, "providers")), {})
    values = [(row, value) for row in _rows(written, "injectResponseHeaders") for value in _rows(row, "values")]
    structure = Structure(
        upstreams=tuple(map(_alpha_upstream, _alpha_upstreams(written))),
        headers=tuple(_alpha_header(row, value, version) for row, value in values),
        allowed_groups=_texts(provider.get("allowedGroups")),
        provider=str(provider.get("provider") or "google"),
        issuer=str(_part(provider, "oidcConfig").get("issuerURL") or ""),
        login_url=str(provider.get("loginURL") or ""),
        client_id=str(provider.get("clientID") or ""),
        scope=str(provider.get("scope") or ""),
        is_alpha=True,
        address=str(_part(written, "server").get("BindAddress") or _part(written, "server").get("bindAddress") or ""),
    )
    return structure, list(_layout(written, file, version))


def _part(written: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = written.get(key)
    return found if isinstance(found, dict) else {}


def _rows(written: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = written.get(key)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _texts(written: Any) -> tuple[str, ...]:
    return tuple(map(str, written)) if isinstance(written, list) else ()


def _alpha_upstreams(written: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return _rows(_part(written, "upstreamConfig"), "upstreams") or _rows(written, "upstreams")


def _alpha_upstream(row: Mapping[str, Any]) -> Upstream:
    path, uri = str(row.get("path") or ""), str(row.get("uri") or "")
    pattern = path if row.get("rewriteTarget") else ""
    if row.get("static"):
        code = row.get("staticCode")
        return Upstream(path, Served.STATIC, _status(code if isinstance(code, int) else 200), pattern=pattern)
    return Upstream(path, Served.FILES if uri.startswith("file:") else Served.PROXIED, uri=uri, pattern=pattern)


def _alpha_header(row: Mapping[str, Any], value: Mapping[str, Any], version: Version) -> Header:
    source = _part(value, "claimSource") if version.has(Fact.CLAIM_SOURCE) else value
    password = _part(source, "basicAuthPassword").get("value") if "basicAuthPassword" in source else None
    fixed = "" if source.get("claim") else "<secret>"
    prefix, claim = str(source.get("prefix") or ""), str(source.get("claim") or "")
    return Header(str(row.get("name")), claim, prefix, None if password is None else str(password), fixed)


NEW_LAYOUT, OLD_LAYOUT = frozenset({"claimSource", "secretSource"}), frozenset({"claim", "prefix", "value", "fromEnv"})


def _layout(written: Mapping[str, Any], file: File, version: Version) -> Iterator[Fault]:
    unknown = OLD_LAYOUT if version.has(Fact.CLAIM_SOURCE) else NEW_LAYOUT
    for row in (*_rows(written, "injectRequestHeaders"), *_rows(written, "injectResponseHeaders")):
        for value in _rows(row, "values"):
            for key in unknown & value.keys():
                yield Fault(Problem.CLAIM_LAYOUT, str(row.get("name")), key, _place(file, key))


def _place(file: File, key: str) -> Any:
    lines: Sequence[str] = file.text.splitlines()
    number = next((number for number, line in enumerate(lines) if f"{key}:" in line), 0)
    return file.line(number, lines[number].find(key) if lines else 0)
