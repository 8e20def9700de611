"""oauth2-proxy: what it answers to a request, rule by rule.

oauth2-proxy 7.0.0 to 7.15.3: oauthproxy.go, pkg/middleware/{healthcheck,basic_session,headers}.go; recorded answers of
7.15.6 and 7.1.3 (tests/data/oauth2_proxy)
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from nginxsim.around.auth.oauth2_proxy.addresses import Compared, client_address, trusts
from nginxsim.around.auth.oauth2_proxy.login import Login
from nginxsim.around.auth.oauth2_proxy.redirects import covers
from nginxsim.around.auth.oauth2_proxy.replies import Asked, End, Reply, Rule
from nginxsim.around.auth.oauth2_proxy.routes import Routes
from nginxsim.around.auth.oauth2_proxy.settings import Fault, Setting, Settings
from nginxsim.around.auth.oauth2_proxy.structured import Header, Served, Structure, of_settings
from nginxsim.around.auth.oauth2_proxy.validation import faults_of
from nginxsim.around.auth.oauth2_proxy.versions import NEWEST, Fact, Version
from nginxsim.nginx.exchange import Headers
from nginxsim.nginx.passwords import check_password, entry_of, is_costly
from nginxsim.nginx.visitors import NOBODY, Visitor

TEXT = [("Content-Type", "text/plain; charset=utf-8")]
HTML = [("Content-Type", "text/html; charset=utf-8")]
JSON = [("Content-Type", "application/json")]
NO_CACHE = [
    ("Cache-Control", "no-cache, no-store, must-revalidate, max-age=0"),
    ("Expires", "Thu, 01 Jan 1970 00:00:00 UTC"),
    ("X-Accel-Expires", "0"),
]
STATIC = frozenset({"/static/css/all.min.css", "/static/css/bulma.min.css", "/static/webfonts/fa-solid-900.woff2"})
CLAIMS: Mapping[str, Callable[[Visitor], list[str]]] = {
    "email": lambda who: [who.email],
    "user": lambda who: [who.user or ("<user>" if who.email else "")],
    "preferred_username": lambda who: [who.preferred_username],
    "groups": lambda who: list(who.groups),
    "access_token": lambda who: [who.access_token],
    "id_token": lambda who: [who.id_token],
}


class Let(NamedTuple):
    """Why somebody is let in, or, without a rule to do so, is not."""

    rule: Rule
    setting: Setting | None = None
    value: str = ""

    @property
    def is_in(self) -> bool:
        return self.rule in (Rule.PREFLIGHT, Rule.ROUTE, Rule.TRUSTED_ADDRESS, Rule.SESSION)

    @property
    def is_exempt(self) -> bool:
        return self.is_in and self.rule is not Rule.SESSION


@dataclass(frozen=True)
class OAuth2Proxy:
    """One oauth2-proxy. passwords and emails: the content of its files where it is known, None where it is not."""

    settings: Settings
    version: Version = NEWEST
    alpha: Structure | None = None
    passwords: bytes | None = None
    emails: frozenset[str] | None = None

    @cached_property
    def structure(self) -> Structure:
        return self.alpha or of_settings(self.settings)

    @cached_property
    def faults(self) -> tuple[Fault, ...]:
        """Why it does not start; empty when it does."""
        return self.settings.faults or tuple(faults_of(self.settings, self.version))

    @cached_property
    def address(self) -> str:
        """Where it listens for plain HTTP; "" where only a file that is not in the input says so."""
        if self.alpha is None:
            return self.settings.text("http-address") if self.settings["http-address"].is_known else ""
        return self.alpha.address

    @property
    def listens_to_itself(self) -> bool:
        """Only programs of its own Pod reach it."""
        return self.address.removeprefix("http://").startswith(("127.", "localhost:", "[::1]"))

    @cached_property
    def prefix(self) -> str:
        return self.settings.text("proxy-prefix")

    @cached_property
    def routes(self) -> Routes:
        return Routes(self.settings, self.version)

    @cached_property
    def login(self) -> Login:
        return Login(self.settings, self.version, self.structure, self.prefix)

    def reply(self, asked: Asked) -> Reply:
        if self.faults:
            return Reply(0, [], Rule.NOT_STARTED, faults=self.faults)
        return self._before(asked) or self._routed(asked)

    # --- before anybody is asked who he is ------------------------------------------------------------------------

    def _before(self, asked: Asked) -> Reply | None:
        if self.settings.is_on("force-https") and not self._is_https(asked):
            location = f"https://{asked.host}{asked.uri}"
            return Reply(308, [("Location", location)], Rule.TO_HTTPS, self.settings["force-https"])
        if name := self._health(asked):
            return Reply(200, TEXT, Rule.HEALTH, self.settings[name])
        if asked.path == "/robots.txt":
            return Reply(200, TEXT, Rule.ROBOTS)
        return None

    def _is_https(self, asked: Asked) -> bool:
        return trusts(asked.peer, self.settings) and asked.header("X-Forwarded-Proto").lower() == "https"

    def _health(self, asked: Asked) -> str:
        """The option by which it is a health check, which nobody has to sign in for; "" where it is none."""
        settings = self.settings
        google = settings.is_on("gcp-healthchecks")
        paths = {settings.text("ping-path"): "ping-path"}
        agents = {settings.text("ping-user-agent"): "ping-user-agent"} if settings.text("ping-user-agent") else {}
        if google:
            paths |= {"/liveness_check": "gcp-healthchecks", "/readiness_check": "gcp-healthchecks"}
            agents |= {"GoogleHC/1.0": "gcp-healthchecks"}
        by_path, by_agent = paths.get(asked.path, ""), agents.get(asked.header("User-Agent"), "")
        if not self.version.has(Fact.PING_BY_PATH):
            found = by_path or by_agent
        else:
            found = by_path if by_agent or not agents else ""
        is_ready = self.version.has(Fact.READY) and asked.path == settings.text("ready-path")
        return found or ("ready-path" if is_ready else "")

    # --- who is let in --------------------------------------------------------------------------------------------

    def compared(self, asked: Asked) -> Compared | None:
        """The address that is held against trusted-ip; None where there is no such list."""
        if not self.settings.list("trusted-ip"):
            return None
        values = asked.values(self.settings.text("real-client-ip-header"))
        return client_address(values, asked.peer, self.settings, self.version)

    def exempt(self, asked: Asked) -> Let | None:
        """What lets a request in that brings no session."""
        if self.settings.is_on("skip-auth-preflight") and asked.method == "OPTIONS":
            return Let(Rule.PREFLIGHT, self.settings["skip-auth-preflight"])
        if route := self.routes.match(asked):
            return Let(Rule.ROUTE, route.setting, route.written)
        compared = self.compared(asked)
        network = compared.within(self.settings.list("trusted-ip")) if compared else ""
        return Let(Rule.TRUSTED_ADDRESS, self.settings["trusted-ip"], network) if network else None

    def _let(self, asked: Asked, who: Visitor) -> Let:
        if found := self.exempt(asked):
            return found
        if not who.has_session:
            return Let(Rule.NO_SESSION)
        if who.email and not self.takes_email(who.email):
            return Let(Rule.EMAIL_REFUSED, self.settings["email-domain"], who.email)
        return self._by_group(who)

    def _by_group(self, who: Visitor) -> Let:
        wanted = self.structure.allowed_groups
        if wanted and not set(wanted) & set(who.groups):
            return Let(Rule.GROUPS_REFUSED, self.settings["allowed-group"], ", ".join(wanted))
        return Let(Rule.SESSION)

    def takes_email(self, email: str) -> bool:
        """By its domain, or by a list of addresses, which holds everybody where nobody knows what it says."""
        email, domains = email.lower(), [domain.lower() for domain in self.settings.list("email-domain")]
        if "*" in domains or not self.settings["email-domain"].is_known or (self.emails and email in self.emails):
            return True
        if self.settings.is_given("authenticated-emails-file") and self.emails is None:
            return True
        is_one = email.count("@") == 1 or not self.version.has(Fact.ONE_AT)
        return is_one and any(self._is_of(email, domain) for domain in domains)

    def _is_of(self, email: str, domain: str) -> bool:
        if email.endswith(f"@{domain}"):
            return True
        if domain.startswith("*.") and self.version.has(Fact.STAR_EMAILS):
            domain = domain[1:]
        dotted = domain.startswith(".") and self.version.has(Fact.DOT_EMAILS)
        return dotted and email.rpartition("@")[2].endswith(domain)

    # --- whose session it is --------------------------------------------------------------------------------------

    def _visitor(self, asked: Asked) -> tuple[Visitor, tuple[str, ...]]:
        """By credentials that come along, else by the cookie; and what is taken for granted of it."""
        basic = _basic(asked.header("Authorization"))
        if basic is None or not self.settings.text("htpasswd-file"):
            return asked.visitor, self._taken_of(asked.visitor)
        user, password = basic
        taken: tuple[str, ...] = ()
        if self.passwords is None:
            taken = (f"the password of {user} is the one in {self.settings.text('htpasswd-file')} of oauth2-proxy",)
        elif not self._fits(user, password):
            return asked.visitor, ()
        email = user if self.settings.is_on("prefer-email-to-user") else ""
        return Visitor(email=email, user=user, groups=self.settings.list("htpasswd-user-group")), taken

    def _taken_of(self, who: Visitor) -> tuple[str, ...]:
        emails = self.settings.text("authenticated-emails-file")
        unknown = (
            bool(emails) and self.emails is None and bool(who.email) and "*" not in self.settings.list("email-domain")
        )
        return (f"{who.email} is in {emails} of oauth2-proxy, whose content is not known",) if unknown else ()

    def _fits(self, user: str, password: str) -> bool:
        stored = entry_of(self.passwords or b"", user)
        return stored is not None and (is_costly(stored) or check_password(stored, password))

    def _refuses_token(self, asked: Asked) -> bool:
        """A bearer token that is none of a session's, where that is no reason to ask for a login."""
        settings, line = self.settings, asked.header("Authorization")
        if not line or not settings.is_on("skip-jwt-bearer-tokens") or settings.is_on("bearer-token-login-fallback"):
            return False
        return not (line.startswith("Bearer ey") and asked.visitor.has_session)

    # --- what is asked for ----------------------------------------------------------------------------------------

    def _routed(self, asked: Asked) -> Reply:
        if self._refuses_token(asked):
            return Reply(403, TEXT, Rule.TOKEN_REFUSED, self.settings["bearer-token-login-fallback"])
        who, taken = self._visitor(asked)
        let = self._let(asked, who)
        reply = self._answered(asked, who if who.has_session else NOBODY, let)
        setting, value = reply.setting or let.setting, reply.value or let.value
        return reply._replace(setting=setting, value=value, compared=self.compared(asked), taken=taken + reply.taken)

    def _answered(self, asked: Asked, who: Visitor, let: Let) -> Reply:
        own = asked.path.removeprefix(self.prefix) if asked.path.startswith(f"{self.prefix}/") else ""
        if let.is_exempt and not self.version.has(Fact.AUTH_BEFORE_UPSTREAM):
            no_cache = NO_CACHE if asked.path.startswith(self.prefix) and own != "/auth" else []
            return self._upstream(asked, let, [], no_cache)
        match own:
            case "/auth":
                return self._auth_only(asked, who, let)
            case "/sign_in":
                return self._sign_in(asked, Rule.SIGN_IN_PAGE, 200)
            case "/start":
                return self.login.start(asked, NO_CACHE)
            case "/callback":
                return self._callback(asked, who)
            case "/userinfo":
                status, kind = (200, JSON) if let.is_in else (401, TEXT)
                return Reply(status, [*NO_CACHE, *kind], Rule.USER_INFO)
            case "/sign_out":
                location = self.login.back(asked)
                headers = [*NO_CACHE, *HTML, ("Location", location), *self._cleared(asked, who)]
                return Reply(302, headers, Rule.SIGN_OUT)
        if own.startswith("/static/") and self.version.has(Fact.STATIC_FILES):
            return Reply(200 if own in STATIC else 404, [*NO_CACHE], Rule.STATIC_FILE)
        return self._proxied(asked, who, let)

    def _auth_only(self, asked: Asked, who: Visitor, let: Let) -> Reply:
        if not let.is_in:
            return Reply(401, [*TEXT, *self._cleared(asked, who)], let.rule)
        if refused := self._refused_by_query(asked, who):
            return refused
        return Reply(202, self._session_headers(who), let.rule)

    def _proxied(self, asked: Asked, who: Visitor, let: Let) -> Reply:
        if let.is_in:
            refused = self._refused_by_query(asked, who) if self.version.has(Fact.QUERY_EVERYWHERE) else None
            return refused or self._upstream(asked, let, self._session_headers(who), [])
        if let.rule is not Rule.NO_SESSION:
            return Reply(403, [*HTML, *self._cleared(asked, who)], let.rule)
        if self._wants_json(asked):
            return Reply(401, JSON, let.rule)
        if self.settings.is_on("skip-provider-button"):
            return self.login.start(asked, NO_CACHE)._replace(rule=let.rule)
        return self._sign_in(asked, let.rule, 403)

    def _wants_json(self, asked: Asked) -> bool:
        accepted = (part.strip() for line in asked.values("Accept") for part in line.split(","))
        return "application/json" in accepted or self.settings.is_on("force-json-errors") or self.routes.is_api(asked)

    def _refused_by_query(self, asked: Asked, who: Visitor) -> Reply | None:
        """Demands of the query on whoever has a session."""
        if not who.has_session:
            return None
        for name, meets in self._demands(who):
            if (wanted := asked.demanded(name)) and not meets(wanted):
                return Reply(403, TEXT, Rule.QUERY_REFUSED, value=f"{name}={','.join(wanted)}")
        return None

    def _demands(self, who: Visitor) -> Iterator[tuple[str, Callable[[list[str]], bool]]]:
        yield "allowed_groups", lambda wanted: bool(set(wanted) & set(who.groups))
        if self.version.has(Fact.ALLOWED_EMAILS):
            domain = who.email.rpartition("@")[2] if who.email.count("@") == 1 else ""
            yield "allowed_email_domains", lambda wanted: any(covers(each, domain, self.version) for each in wanted)
            yield "allowed_emails", lambda wanted: who.email in wanted

    def _sign_in(self, asked: Asked, rule: Rule, status: int) -> Reply:
        if self.settings.is_on("skip-provider-button"):
            return self.login.start(asked, NO_CACHE)._replace(rule=rule)
        return Reply(status, [*NO_CACHE, *HTML, *self._cleared(asked, NOBODY)], rule)

    def _callback(self, asked: Asked, who: Visitor) -> Reply:
        if status := self.login.broken(asked):
            return Reply(status, [*NO_CACHE, *HTML], Rule.CALLBACK)
        if not who.has_session or not self.takes_email(who.email) or not self._by_group(who).is_in:
            return Reply(403, [*NO_CACHE, *self.login.forgotten(asked), *HTML], Rule.CALLBACK)
        location = self.login.back_from_state(asked)
        headers = [
            *NO_CACHE,
            *HTML,
            ("Location", location),
            *self.login.forgotten(asked),
            self.login.session_cookie(asked),
        ]
        return Reply(302, headers, Rule.CALLBACK)

    def _upstream(self, asked: Asked, let: Let, session: Headers, no_cache: Headers) -> Reply:
        upstream = self.structure.upstream(asked.path)
        headers = [*session, *no_cache]
        match upstream.served if upstream else None:
            case Served.STATIC if upstream:
                return Reply(upstream.status, [*headers, *TEXT], let.rule, end=End.STATIC)
            case Served.FILES if upstream:
                taken = f"oauth2-proxy finds a file for {asked.path} under {upstream.uri}"
                return Reply(200, headers, let.rule, end=End.FILES, taken=(taken,))
            case Served.PROXIED if upstream:
                taken = f"the upstream {upstream.uri} of oauth2-proxy answers 200"
                return Reply(200, headers, let.rule, end=End.PROXIED, taken=(taken,))
        if self.structure.upstream(f"{asked.path}/"):
            return Reply(301, [*headers, ("Location", f"{asked.path}/")], let.rule, end=End.SLASH_ADDED)
        return Reply(404, [*headers, *TEXT], let.rule, end=End.NO_UPSTREAM)

    # --- headers --------------------------------------------------------------------------------------------------

    def _session_headers(self, who: Visitor) -> Headers:
        if not who.has_session:
            return []
        named: dict[str, list[str]] = {"GAP-Auth": [who.email or CLAIMS["user"](who)[0]]}
        for header in self.structure.headers:
            named.setdefault(header.name, []).extend(_injected(header, who))
        return [(name, ",".join(values)) for name, values in named.items() if values]

    def _cleared(self, asked: Asked, who: Visitor) -> Headers:
        """The session's cookie is taken back, where there is one."""
        name = self.settings.text("cookie-name")
        has_one = who.has_session or any(each == name or each.startswith(f"{name}_") for each in asked.cookies())
        return [self.login.cookie(asked, name, "", "-1")] if has_one else []


def _claims(claim: str, who: Visitor) -> list[str]:
    reader = CLAIMS.get(claim)
    return list(filter(None, reader(who))) if reader else []


def _injected(header: Header, who: Visitor) -> Iterator[str]:
    if header.value:
        yield header.value
        return
    for claim in _claims(header.claim, who):
        if header.password is None:
            yield f"{header.prefix}{claim}"
        else:
            yield "Basic " + base64.b64encode(f"{claim}:{header.password}".encode()).decode()


def _basic(line: str) -> tuple[str, str] | None:
    """User and password of an Authorization header."""
    kind, _, token = line.partition(" ")
    if kind != "Basic":
        return None
    try:
        text = base64.b64decode(token, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    user, colon, password = text.partition(":")
    return (user, password) if colon else None
