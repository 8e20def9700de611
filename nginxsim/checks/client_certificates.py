"""Client certificates: asked for by one Ingress, checked by the whole host, and only where TLS is spoken."""

from __future__ import annotations

from collections.abc import Iterator

from nginxsim.checks.estate import Estate, at, finding
from nginxsim.controller.model import Location, Server
from nginxsim.controller.traits import ServerTrait
from nginxsim.errors import some
from nginxsim.kube.objects import Ingress
from nginxsim.lua.certificates import CertificateChooser
from nginxsim.render.locations import is_listed
from nginxsim.verdict.lua_config import served_certificates
from nginxsim.verdict.types import Finding

SECRET = "auth-tls-secret"  # noqa: S105  # an annotation's name
STRICT = "on"


def host_wide(estate: Estate) -> Iterator[Finding]:
    """Paths of other Ingresses that cannot be reached without a certificate either."""
    for server, owner in _guarded(estate):
        others = [each for each in server.locations if _is_anothers(estate, each, owner)]
        if others and others[0].ingress is not None:
            names = [f"{each.ingress_path or each.path}" for each in others]
            yield finding(
                "client-certificate-host-wide",
                *estate.mark(owner, SECRET),
                *at(others[0].spec_path.origin if others[0].spec_path else None, note="is guarded as well"),
                meta=owner.meta,
                host=server.hostname,
                paths=some(list(dict.fromkeys(names)), most=3),
                other=others[0].ingress.meta,
            )


def _guarded(estate: Estate) -> Iterator[tuple[Server, Ingress]]:
    """Servers that let nobody in without a certificate, with the Ingress that asked for it."""
    for server in estate.model.servers.values():
        wanted, owner = server.traits.client_certificate, server.owners.get(ServerTrait.CLIENT_CERTIFICATE)
        if owner and wanted.certificate.ca_file and not wanted.error and wanted.verify_client == STRICT:
            yield server, owner


def _is_anothers(estate: Estate, location: Location, owner: Ingress) -> bool:
    ingress = location.ingress
    if ingress is None or ingress is owner or location.spec_path is None:
        return False
    return estate.value(ingress, SECRET) is None


def bypassed(estate: Estate) -> Iterator[Finding]:
    """Paths that plain http reaches, where nobody can show a certificate."""
    chooser = CertificateChooser(served_certificates(estate.model))
    for server, owner in _guarded(estate):
        covered = chooser.covers(server.hostname)
        open_ = [each for each in server.locations if _is_open(estate, each, covered=covered)]
        if open_:
            yield finding(
                "client-certificate-bypassed",
                *estate.mark(owner, SECRET),
                *estate.mark(owner, "ssl-redirect", note="keeps plain http open"),
                meta=owner.meta,
                host=server.hostname,
                path=open_[0].ingress_path or open_[0].path,
                reason="redirects are turned off" if covered else "the host has no tls entry, so http stays",
            )


def _is_open(estate: Estate, location: Location, *, covered: bool) -> bool:
    """Whether a path that asked for certificates is served over http."""
    wanted, parsed = location.annotations.client_certificate, location.annotations
    if not wanted.certificate.secret or location.denied or parsed.redirect.url or location.spec_path is None:
        return False
    redirects = parsed.rewrite.force_ssl_redirect or (parsed.rewrite.ssl_redirect and covered)
    refuses = bool(wanted.match_cn)
    return not refuses and (not redirects or is_listed(location, estate.settings.no_tls_redirect_locations))
