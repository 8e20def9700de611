"""What the configuration of oauth2-proxy makes of the paths that it guards: open doors, and doors that never open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from nginxsim.around.auth.deployed import Deployed
from nginxsim.around.auth.oauth2_proxy.addresses import trusts
from nginxsim.around.auth.oauth2_proxy.advisories import advisories
from nginxsim.around.auth.oauth2_proxy.redirects import covers as listed
from nginxsim.around.auth.oauth2_proxy.replies import End, Reply, Rule
from nginxsim.around.auth.oauth2_proxy.routes import FORWARDED_URI, Route
from nginxsim.around.auth.oauth2_proxy.settings import Settings
from nginxsim.around.auth.oauth2_proxy.validation import network
from nginxsim.around.auth.oauth2_proxy.versions import Fact, Version
from nginxsim.checks.access import EVERYONE
from nginxsim.checks.estate import Estate, at, finding
from nginxsim.checks.guards import OWN_HEADERS, Guard, asked_by, guards, told
from nginxsim.kube.networks import is_private
from nginxsim.kube.objects import Meta
from nginxsim.nginx.sizes import parse_size
from nginxsim.render.auth import signin_url
from nginxsim.verdict.auth_server import FIXES, NO_AUTH_PATH, NO_UPSTREAM
from nginxsim.verdict.types import Evidence, Finding
from nginxsim.verdict.wording.auth import fault_words, reply_words

SMALL = 8 * 1024
"""Bytes: with less, answers with tokens or a session's cookie often do not fit."""
ROUTES = ("skip-auth-route", "skip-auth-regex")


def _each(estate: Estate) -> Iterator[tuple[Deployed, Guard]]:
    """Every oauth2-proxy that is asked and whose configuration is known, with the first path that it guards."""
    seen: set[str] = set()
    for guard in guards(estate):
        if guard.runs.owner is not None and guard.runs.called not in seen:
            seen.add(guard.runs.called)
            yield guard.runs, guard


def _starting(estate: Estate) -> Iterator[tuple[Settings, Version, Guard]]:
    for runs, guard in _each(estate):
        if not runs.proxy.faults:
            yield runs.proxy.settings, runs.proxy.version, guard


def _meta(guard: Guard) -> Meta:
    assert guard.runs.owner is not None
    return guard.runs.owner


# --- it does not work at all ------------------------------------------------------------------------------------------


def not_started(estate: Estate) -> Iterator[Finding]:
    for runs, guard in _each(estate):
        for fault in runs.proxy.faults[:1]:
            fix = FIXES[fault.problem].format(name=fault.name)
            place = () if fault.origin is None or not fault.origin.file else (Evidence(fault.origin, fault.value),)
            reason = fault_words(fault)
            yield finding("auth-server-not-started", *place, *asked_by(estate, guard), meta=_meta(guard), reason=reason,
                          fix=fix)  # fmt: skip


def unreachable(estate: Estate) -> Iterator[Finding]:
    """It listens on the Pod's own address only, as it does when nobody tells it."""
    for settings, _, guard in _starting(estate):
        proxy = guard.runs.proxy
        if proxy.listens_to_itself and not settings.is_open and not _has_sidecar(guard):
            yield finding("auth-server-unreachable", *told(guard, "http-address"), *asked_by(estate, guard),
                          meta=_meta(guard), address=proxy.address)  # fmt: skip


def _has_sidecar(guard: Guard) -> bool:
    """Another container of the Pod may hand requests on to it."""
    return guard.runs.containers > 1


def without_upstream(estate: Estate) -> Iterator[Finding]:
    """Whoever is exempt gets 404, and so 500 of nginx."""
    for settings, version, guard in _starting(estate):
        reply = _of_trusted(settings, guard) or guard.reply()
        if reply.end is End.NO_UPSTREAM:
            asks_auth = guard.path.partition("?")[0].endswith("/auth")
            place = told(guard, reply.setting.option.name, reply.value) if reply.setting else ()
            yield finding(
                "auth-upstream-missing",
                *place,
                *asked_by(estate, guard),
                meta=_meta(guard),
                version=version,
                why=reply_words(reply._replace(end=End.ITSELF)),
                fix=NO_UPSTREAM if asks_auth else NO_AUTH_PATH.format(path=f"{guard.runs.proxy.prefix}/auth"),
            )


def _of_trusted(settings: Settings, guard: Guard) -> Reply | None:
    """What it answers about a client at the first trusted address; None where none lets anybody in."""
    for text in settings.list("trusted-ip"):
        if found := network(text):
            reply = guard.reply(str(found[0]), settings.text("real-client-ip-header"))
            if reply.rule is Rule.TRUSTED_ADDRESS:
                return reply
    return None


# --- doors that are open ----------------------------------------------------------------------------------------------


def admits_all(estate: Estate) -> Iterator[Finding]:
    """A stranger gets 2xx, whatever he asks for."""
    known: dict[tuple[str, str, str], Reply] = {}
    for guard in guards(estate):
        if guard.runs.proxy.faults:
            continue
        key = (guard.runs.called, guard.path, guard.auth.method)
        reply = known[key] if key in known else known.setdefault(key, guard.reply())
        if 200 <= reply.status < 300 and reply.rule is not Rule.TRUSTED_ADDRESS:
            place = asked_by(estate, guard, note=reply_words(reply))
            also = told(guard, reply.setting.option.name, reply.value) if reply.setting else ()
            path = guard.path.partition("?")[0]
            right = f"{guard.runs.proxy.prefix}/auth"
            fix = f"let auth-url name {right}" if path != right else f"take {reply.value} out of {_called(reply)}"
            yield finding("auth-admits-all", *place, *also, meta=guard.ingress.meta, host=guard.host, asked=path,
                          why=reply_words(reply), fix=fix)  # fmt: skip


def _called(reply: Reply) -> str:
    return reply.setting.called if reply.setting else "its defaults"


def trusts_controller(estate: Estate) -> Iterator[Finding]:
    """trusted-ip is held against the address of the controller's own Pod, which lies in it."""
    for settings, _, guard in _starting(estate):
        reply = guard.reply()
        if reply.rule is Rule.TRUSTED_ADDRESS and not trusts(guard.peer, settings):
            place = told(guard, "trusted-ip", reply.value)
            fix = "add --reverse-proxy, and name the clients' networks in trusted-ip"
            yield finding("auth-trusts-controller", *place, *asked_by(estate, guard), meta=_meta(guard),
                          network=reply.value, address=guard.peer, fix=fix)  # fmt: skip


def bypassed_by_uri(estate: Estate) -> Iterator[Finding]:
    """A client's own X-Forwarded-Uri reaches oauth2-proxy, which takes it for the path."""
    seen: set[str] = set()
    for guard in guards(estate):
        route = _route_by_header(guard)
        if route is None or guard.sets(FORWARDED_URI) or guard.ingress.meta.key in seen:
            continue
        seen.add(guard.ingress.meta.key)
        place = told(guard, route.setting.option.name, route.written)
        yield finding("auth-bypass-by-uri", *place, *asked_by(estate, guard), meta=guard.ingress.meta, host=guard.host,
                      route=route.written, option=route.setting.called)  # fmt: skip


def _route_by_header(guard: Guard) -> Route | None:
    """An exemption by path that only such a header can bring about."""
    proxy = guard.runs.proxy
    if proxy.faults or not trusts(guard.peer, proxy.settings) or not proxy.version.has(Fact.FORWARDED_URI):
        return None
    method = guard.auth.method or "GET"
    own = guard.path.partition("?")[0]
    found = (route for route in proxy.routes.exempt if route.method in ("", method))
    return next((route for route in found if not route.matches(method, own)), None)


def bypassed_by_header(estate: Estate) -> Iterator[Finding]:
    """The header that trusted-ip goes by is one that any client may send, and nginx passes it on."""
    seen: set[str] = set()
    for guard in guards(estate):
        settings = guard.runs.proxy.settings
        networks = settings.list("trusted-ip")
        if guard.runs.proxy.faults or not networks or not trusts(guard.peer, settings):
            continue
        forged = _forged(estate, guard)
        if forged is None or guard.ingress.meta.key in seen:
            continue
        seen.add(guard.ingress.meta.key)
        header, fix = forged
        yield finding("auth-bypass-by-header", *told(guard, "real-client-ip-header"), *told(guard, "trusted-ip"),
                      *asked_by(estate, guard), meta=guard.ingress.meta, host=guard.host, header=header,
                      network=networks[0], fix=fix)  # fmt: skip


NAME_REAL_IP = "name X-Real-IP in real-client-ip-header: nginx sets it, whatever the client sends"
BELIEVE_FEWER = "let proxy-real-ip-cidr hold the load balancer's or the CDN's networks only"


def _forged(estate: Estate, guard: Guard) -> tuple[str, str] | None:
    """The header by which a client may name any address, and what to do; None where there is none."""
    header, settings = guard.runs.proxy.settings.text("real-client-ip-header"), estate.settings
    reads = settings.use_forwarded_headers or settings.enable_real_ip
    believed = reads and EVERYONE.intersection(settings.proxy_real_ip_cidr)
    if guard.sets(header):
        return None
    match header.lower():
        case "x-real-ip" | "x-forwarded-for" if believed and not settings.use_proxy_protocol:
            return settings.forwarded_for_header, BELIEVE_FEWER
        case "x-forwarded-for":
            by_proxies = guard.runs.proxy.version.has(Fact.ADDRESS_OF_PROXIES)
            known = by_proxies and guard.runs.proxy.settings.list("trusted-proxy-ip")
            return (header, NAME_REAL_IP) if settings.compute_full_forwarded_for and not known else None
        case lowered if lowered not in OWN_HEADERS:
            return header, NAME_REAL_IP
    return None


# --- doors that never open --------------------------------------------------------------------------------------------


def idle_exemptions(estate: Estate) -> Iterator[Finding]:
    """Exemptions that nothing of what ingress-nginx sends can bring about."""
    for settings, _, guard in _starting(estate):
        for name, why, fix in _idle(settings, guard):
            yield finding("auth-exemption-idle", *told(guard, name), *asked_by(estate, guard), meta=_meta(guard),
                          option=settings[name].called, why=why, fix=fix)  # fmt: skip


SET_URI = f'set it: auth-snippet "proxy_set_header {FORWARDED_URI} $request_uri;", with --reverse-proxy'
CORS = "let nginx answer preflights: enable-cors on the Ingress"


def _idle(settings: Settings, guard: Guard) -> Iterator[tuple[str, str, str]]:
    """Option, why it never counts, and what to do."""
    method = guard.auth.method or "GET"
    if settings.is_on("skip-auth-preflight") and method != "OPTIONS":
        yield "skip-auth-preflight", f"nginx asks with {method}, whatever the client's method is", CORS
    own = guard.path.partition("?")[0]
    by_header = _route_by_header(guard) is not None
    for name in ROUTES:
        routes = [route for route in guard.runs.proxy.routes.exempt if route.setting.option.name == name]
        if routes and not by_header and not any(route.matches(method, own) for route in routes):
            yield name, f"oauth2-proxy sees {own}, and no {FORWARDED_URI} counts", SET_URI
    yield from _idle_addresses(settings, guard)


BELIEVE_CONTROLLER = "let trusted-proxy-ip hold the controller's Pods"


def _idle_addresses(settings: Settings, guard: Guard) -> Iterator[tuple[str, str, str]]:
    """trusted-ip, where no client's address is ever compared with it."""
    if not settings.list("trusted-ip") or guard.reply().rule is Rule.TRUSTED_ADDRESS:
        return
    # Networks of one's own may be those of the Pods, which nobody knows.
    if not settings.is_on("reverse-proxy") and not all(map(is_private, settings.list("trusted-ip"))):
        yield "trusted-ip", "it compares the address of the controller's Pod", "add --reverse-proxy"
    proxies, version = settings.list("trusted-proxy-ip"), guard.runs.proxy.version
    foreign = settings.is_on("reverse-proxy") and bool(proxies) and not any(map(is_private, proxies))
    if foreign and version.has(Fact.ADDRESS_OF_PROXIES) and not trusts(guard.peer, settings):
        why = f"the controller is none of trusted-proxy-ip {', '.join(proxies)}, so that its own address is compared"
        yield "trusted-ip", why, BELIEVE_CONTROLLER


# --- signing in -------------------------------------------------------------------------------------------------------


def cookie_elsewhere(estate: Estate) -> Iterator[Finding]:
    """The session's cookie is for other hosts than the one that asks for it."""
    seen: set[tuple[str, str]] = set()
    for guard in guards(estate):
        settings = guard.runs.proxy.settings
        if guard.runs.owner is None or guard.host.startswith(("_", "~")) or not _signs_in(guard):
            continue
        domains = settings.list("cookie-domain")
        reason = _cookie_reason(domains, guard)
        if reason and (guard.ingress.meta.key, guard.host) not in seen:
            seen.add((guard.ingress.meta.key, guard.host))
            place = told(guard, "cookie-domain") or estate.mark(guard.ingress, "auth-signin")
            yield finding("session-cookie-elsewhere", *place, *asked_by(estate, guard), meta=guard.ingress.meta,
                          host=guard.host, why=reason, domain=_parent(guard.host))  # fmt: skip


def _signs_in(guard: Guard) -> str:
    """The host of auth-signin; "" for none."""
    target = guard.auth.signin_url
    for variable in ("$host", "$http_host", "$best_http_host"):
        target = target.replace(variable, guard.host)
    return urlsplit(target).hostname or ""


def _cookie_reason(domains: tuple[str, ...], guard: Guard) -> str:
    page = _signs_in(guard)
    if domains:
        fits = any(_is_within(guard.host, domain) and _is_within(page, domain) for domain in domains)
        return "" if fits else f"cookie-domain is {', '.join(domains)}"
    return "" if page == guard.host else f"without cookie-domain it is for {page} alone"


def _is_within(host: str, domain: str) -> bool:
    bare = domain.lstrip(".").lower()
    return host == bare or host.endswith(f".{bare}")


def _parent(host: str) -> str:
    return "." + host.removeprefix("*.").partition(".")[2]


def forgotten_way(estate: Estate) -> Iterator[Finding]:
    """auth-signin sends an address to come back to that whitelist-domain does not take."""
    seen: set[str] = set()
    for guard in guards(estate):
        back = _back(guard)
        if guard.runs.owner is None or not back or guard.ingress.meta.key in seen:
            continue
        proxy = guard.runs.proxy
        domains = proxy.settings.list("whitelist-domain")
        if any(listed(domain, guard.host, proxy.version) for domain in domains):
            continue
        seen.add(guard.ingress.meta.key)
        why = f"whitelist-domain is {', '.join(domains)}" if domains else "no whitelist-domain is set"
        place = told(guard, "whitelist-domain") or estate.mark(guard.ingress, "auth-signin")
        yield finding("sign-in-forgets-way", *place, *asked_by(estate, guard), meta=guard.ingress.meta, host=guard.host,
                      why=why)  # fmt: skip


def _back(guard: Guard) -> bool:
    """Whether the address to come back to is a whole URL of this host."""
    if guard.host.startswith(("_", "~", "*")) or not guard.auth.signin_url:
        return False
    query = dict(parse_qsl(urlsplit(signin_url(guard.auth)).query))
    return query.get("rd", "").startswith(("http", "$pass_access_scheme", "$scheme"))


# --- what does not fit ------------------------------------------------------------------------------------------------


def too_large(estate: Estate) -> Iterator[Finding]:
    """Its answers have tokens or cookies that small buffers do not hold."""
    seen: set[str] = set()
    for guard in guards(estate):
        size = guard.location.annotations.proxy.buffer_size
        large = _large(guard)
        if not large or (parse_size(size) or SMALL) >= SMALL or guard.ingress.meta.key in seen:
            continue
        seen.add(guard.ingress.meta.key)
        name, why = large
        mark = estate.mark(guard.ingress, "proxy-buffer-size") or asked_by(estate, guard)
        found = finding("auth-answer-too-large", *mark, *(told(guard, name) if name else ()), meta=guard.ingress.meta,
                        host=guard.host, why=why, size=size)  # fmt: skip
        # Of one whose configuration nobody knows, it is worth no more than a look.
        yield found if guard.runs.owner is not None else replace(found, level="notice")


def _large(guard: Guard) -> tuple[str, str] | None:
    """The option that makes answers large, and how."""
    if guard.runs.owner is None:
        return "", "with tokens or a session's cookie"
    settings, structure = guard.runs.proxy.settings, guard.runs.proxy.structure
    claims = {header.claim for header in structure.headers}
    if "id_token" in claims:
        return "set-authorization-header", "with the ID token"
    if "access_token" in claims:
        return "pass-access-token", "with the access token"
    if settings.text("session-store-type") == "cookie" and settings.text("cookie-refresh") not in ("", "0", "0s"):
        return "cookie-refresh", "with the session's cookie, when it is refreshed"
    if "groups" in claims:
        return "set-xauthrequest", "with all groups of the visitor"
    return None


# --- versions ---------------------------------------------------------------------------------------------------------


def vulnerable(estate: Estate) -> Iterator[Finding]:
    """Known ways past the login, of a version that has them, with settings to which they apply."""
    for settings, version, guard in _starting(estate):
        found = advisories(settings, version)
        if found:
            place = at(guard.runs.image_origin)
            told_of = "; ".join(f"{each.what} ({each.name})" for each in found)
            mended = max(each.mended for each in found)
            yield finding("auth-server-vulnerable", *place, meta=_meta(guard), version=version, what=told_of,
                          mended=mended)  # fmt: skip


AUTH_CHECKS: Mapping[str, Callable[[Estate], Iterator[Finding]]] = {
    "auth-server-not-started": not_started,
    "auth-server-unreachable": unreachable,
    "auth-upstream-missing": without_upstream,
    "auth-admits-all": admits_all,
    "auth-trusts-controller": trusts_controller,
    "auth-bypass-by-uri": bypassed_by_uri,
    "auth-bypass-by-header": bypassed_by_header,
    "auth-exemption-idle": idle_exemptions,
    "session-cookie-elsewhere": cookie_elsewhere,
    "sign-in-forgets-way": forgotten_way,
    "auth-answer-too-large": too_large,
    "auth-server-vulnerable": vulnerable,
}
