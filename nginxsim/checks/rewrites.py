"""Rewrites that lose the path, and redirects that lead back to themselves."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from nginxsim.checks.estate import Estate, at, finding
from nginxsim.controller.model import DEFAULT_SERVER, Location
from nginxsim.controller.redirects import www_redirects
from nginxsim.controller.traits import ServerTrait
from nginxsim.errors import NginxsimError
from nginxsim.kube.objects import Ingress
from nginxsim.nginx.exchange import Request
from nginxsim.nginx.names import bare_host
from nginxsim.verdict.connection import behind_tls_fix
from nginxsim.verdict.types import Finding

REFERENCE = re.compile(r"\$(\d)")
GROUP = re.compile(r"\\.|\[(?:\\.|[^\]\\])*+(?:\]|\Z)|(\((?!\?(?![<P'])|\?<[=!]))")
HOPS = 10
REDIRECTS = ("permanent-redirect", "temporal-redirect", "app-root", "from-to-www-redirect")


def without_groups(estate: Estate) -> Iterator[Finding]:
    """Everything below the path is rewritten to one and the same address."""
    for ingress, path, target in _rewritten(estate):
        if not REFERENCE.search(target) and path != target and not _is_exact(ingress, path):
            yield _about(estate, "rewrite-without-groups", ingress, path, target, fix=_with_groups(path, target))


def _with_groups(path: str, target: str) -> str:
    if groups := _groups(path):
        return f"put ${groups} into the target, for what the path's last group captures"
    stem, base = path.rstrip("/"), target.rstrip("/")
    return f"capture what should stay: path {stem}(/|$)(.*) and rewrite-target {base}/$2"


def _groups(path: str) -> int:
    return sum(1 for match in GROUP.finditer(path) if match[1])


def missing_group(estate: Estate) -> Iterator[Finding]:
    """$2 in the target, and no second group in the path."""
    for ingress, path, target in _rewritten(estate):
        groups = _groups(path)
        wanted = max((int(number) for number in REFERENCE.findall(target)), default=0)
        if wanted > groups:
            yield _about(estate, "rewrite-group-missing", ingress, path, target, wanted=wanted, groups=groups or "none")


def _rewritten(estate: Estate) -> Iterator[tuple[Ingress, str, str]]:
    for ingress, parsed in estate.plain():
        if parsed.rewrite.target and not parsed.denied:
            for path in dict.fromkeys(path.path for rule in ingress.rules for path in rule.paths or ()):
                yield ingress, path or "/", parsed.rewrite.target


def _is_exact(ingress: Ingress, path: str) -> bool:
    """One address for one address is what the author of an Exact path, or of one that ends in $, wants."""
    exact = any(each.path == path and each.path_type == "Exact" for rule in ingress.rules for each in rule.paths or ())
    return exact or path.endswith("$")


def _about(estate: Estate, code: str, ingress: Ingress, path: str, target: str, **facts: Any) -> Finding:
    origin = next(each.origin for rule in ingress.rules for each in rule.paths or () if (each.path or "/") == path)
    return finding(
        code,
        *estate.mark(ingress, "rewrite-target", text=target),
        *at(origin, path, "the path it rewrites"),
        meta=ingress.meta,
        path=path,
        target=target,
        **facts,
    )


def loops(estate: Estate) -> Iterator[Finding]:
    """Redirects followed through the simulation until they leave the estate, end, or come back."""
    targets = _targets(estate)
    circling = _circling(targets)
    for ingress, _ in estate.plain():
        for host, location in estate.locations.get(ingress.meta.key, ()):
            if host in circling and _leads_to(host, location) and (chain := _chain(estate, host, location)):
                yield _loop(estate, ingress, host, location, chain)
                break


def _targets(estate: Estate) -> Mapping[str, set[str]]:
    """The hosts of the estate that the redirects of each host lead to; most redirects lead elsewhere."""
    names = _names(estate)
    targets: defaultdict[str, set[str]] = defaultdict(set)
    for server in estate.model.servers.values():
        for location in server.locations:
            for wanted in _leads_to(server.hostname, location):
                wildcard = "*." + wanted.partition(".")[2]
                targets[server.hostname].update(names[name] for name in (wanted, wildcard) if name in names)
    return targets


def _names(estate: Estate) -> Mapping[str, str]:
    """The server that each name leads to in the end: its own, an alias' or that of the other spelling with www."""
    names = {redirect.name: redirect.target.hostname for redirect in www_redirects(estate.model)}
    for server in estate.model.servers.values():
        names.update(dict.fromkeys((*server.traits.aliases, server.hostname), server.hostname))
    return names


def _leads_to(host: str, location: Location) -> tuple[str, ...]:
    """The host that an annotation of the location redirects to. Without any, http to https is no loop by itself."""
    if url := location.annotations.redirect.url:
        return (host,) if "$" in url else (urlsplit(url).hostname or host,)
    root = location.annotations.rewrite.app_root
    # Another path can only lead back by a redirect of its own, from which the loop is found as well.
    return (host,) if root and not root.strip("/") else ()


def _circling(targets: Mapping[str, set[str]]) -> set[str]:
    """Hosts from which redirects can go on for ever: all but those whose every way ends."""
    sources: defaultdict[str, set[str]] = defaultdict(set)
    for host, wanted in targets.items():
        for target in wanted:
            sources[target].add(host)
    ways = {host: len(wanted) for host, wanted in targets.items()}
    ends = [host for host in sources if not ways.get(host)]
    while ends:
        for source in sources[ends.pop()]:
            ways[source] -= 1
            if not ways[source]:
                ends.append(source)
    return {host for host, count in ways.items() if count}


def _chain(estate: Estate, host: str, location: Location) -> list[str]:
    """The URLs of a loop that starts at this location; empty when there is none."""
    if host == DEFAULT_SERVER or host.startswith(("*", "~")):
        return []
    path = location.path if location.path.startswith("/") else "/"
    url = f"http://{host}{path}"
    seen: list[str] = []
    while len(seen) < HOPS:
        if url in seen:
            return [*seen[seen.index(url) :], url]
        seen.append(url)
        following = _followed(estate, url)
        if following is None:
            return []
        url = following
    return []


def _followed(estate: Estate, url: str) -> str | None:
    """Where a client that asks for `url` is sent next; None when it is not, or when it leaves the estate."""
    parts = urlsplit(url)
    host = bare_host(parts.netloc)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        verdict = estate.simulation.route(Request(host=host, path=target, scheme=parts.scheme))
    except NginxsimError:
        return None
    status = verdict.status or 0
    place = next((value for name, value in verdict.headers if name.lower() == "location"), "")
    if not 300 <= status < 400 or not place or verdict.upstream is not None:
        return None
    following = urlsplit(urljoin(url, place))
    if following.scheme not in ("http", "https"):
        return None
    default = {"http": 80, "https": 443}[following.scheme]
    plain = following.hostname if following.port in (None, default) else following.netloc
    return following._replace(netloc=plain or host, path=following.path or "/", fragment="").geturl()


def _loop(estate: Estate, ingress: Ingress, host: str, location: Location, chain: list[str]) -> Finding:
    return finding(
        "redirect-loop",
        *estate.mark(ingress, *REDIRECTS),
        meta=ingress.meta,
        host=host,
        path=location.ingress_path or location.path,
        chain=" -> ".join(chain),
    )


def behind_tls(estate: Estate) -> Iterator[Finding]:
    """Https redirects behind a load balancer that ends TLS itself and speaks plain http to nginx."""
    balancer = estate.simulation.balancer
    listener = balancer.listener("https") if balancer else None
    if balancer is None or listener is None or not listener.hands_on_plain:
        return
    for ingress, parsed in estate.plain():
        forced = parsed.rewrite.force_ssl_redirect
        if (forced or (parsed.rewrite.ssl_redirect and ingress.tls)) and _comes_round(estate, ingress):
            evidence = estate.mark(ingress, "force-ssl-redirect") if forced else at(ingress.tls[0].origin)
            beside = at(balancer.service.meta.origin, note="ends TLS")
            front, fix = balancer.service.meta, behind_tls_fix(listener)
            yield finding("redirect-behind-tls", *evidence, *beside, meta=ingress.meta, front=front, fix=fix)


def www_port(estate: Estate) -> Iterator[Finding]:
    """A www redirect takes the scheme from X-Forwarded-Proto, and the port from X-Forwarded-Port or its own."""
    settings = estate.settings
    names_port = bool(estate.simulation.controller.release.scripts["www-redirect"].file)
    if not settings.use_forwarded_headers or not names_port:
        return
    for redirect in www_redirects(estate.model):
        owner = redirect.target.owners.get(ServerTrait.REDIRECT_FROM_TO_WWW)
        if owner is not None:
            yield finding(
                "www-redirect-port",
                *estate.mark(owner, "from-to-www-redirect"),
                *at(settings.source("use-forwarded-headers").origin, note="believes X-Forwarded-Proto"),
                meta=owner.meta,
                host=redirect.name,
                target=redirect.target.hostname,
            )


def _comes_round(estate: Estate, ingress: Ingress) -> bool:
    """Whether an https request to the Ingress is sent to https once more."""
    for host, location in estate.locations.get(ingress.meta.key, ()):
        path = location.ingress_path or location.path
        name = host.replace("*", "any") if not host.startswith(("_", "~")) else None
        request = Request(host=name, path=path if path.startswith("/") else "/", scheme="https")
        if estate.simulation.route(request).cause.code == "redirect-behind-tls":
            return True
    return False
