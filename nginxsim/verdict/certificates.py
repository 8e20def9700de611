"""Which certificate a name is shown, why, and whether a client that verifies it goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from nginxsim.config.certificate import Certificate
from nginxsim.config.certificate_names import covers
from nginxsim.config.certificates import FAKE
from nginxsim.controller.model import DEFAULT_SERVER, Model, Notice, NoticeCode, Server
from nginxsim.controller.redirects import www_redirects
from nginxsim.controller.traits import ServerTrait
from nginxsim.kube.objects import IngressTLS
from nginxsim.lua.certificates import CertificateChooser
from nginxsim.verdict.lua_config import served_certificates


class Reason(StrEnum):
    """Why a name is shown the certificate it is shown."""

    OWN = "own"
    """The one of its own `tls` entry."""
    NO_NAME = "no-name"
    """The client sent no name."""
    UNKNOWN = "unknown"
    """No Ingress has the name."""
    NO_TLS = "no-tls"
    """No Ingress of the host has a `tls` section."""
    NOT_LISTED = "not-listed"
    NO_SECRET = "no-secret"  # noqa: S105  # a reason
    """The entry names none."""
    SECRET_MISSING = "secret-missing"  # noqa: S105  # a reason
    SECRET_UNUSABLE = "secret-unusable"  # noqa: S105  # a reason
    MISMATCH = "mismatch"
    """The Secret's certificate does not fit the host."""
    NOT_NAMED = "not-named"
    """An alias or the other name of a www redirect, which the certificate of its server does not name."""


class Objection(StrEnum):
    """What a client that verifies a certificate has against it. Who issued it nobody can tell from here."""

    FAKE = "fake"
    NAME = "name"
    EXPIRED = "expired"


OF_NOTICE: Mapping[NoticeCode, Reason] = {
    NoticeCode.TLS_SECRET_MISSING: Reason.SECRET_MISSING,
    NoticeCode.TLS_SECRET_UNUSABLE: Reason.SECRET_UNUSABLE,
    NoticeCode.CERTIFICATE_MISMATCH: Reason.MISMATCH,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """server: whose name it is, or that has it as a further name; None for nobody. notice: what the controller logs."""

    name: str
    certificate: Certificate
    reason: Reason
    server: Server | None = None
    notice: Notice | None = None

    @property
    def objection(self) -> Objection | None:
        if self.certificate.is_fake:
            return Objection.FAKE
        if self.name and not covers(self.certificate, self.name):
            return Objection.NAME
        return Objection.EXPIRED if 0 < self.certificate.expires < time.time() else None


class ShownCertificates:
    """Looked up by name, as the controller's Lua does."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._chooser = CertificateChooser(served_certificates(model))

    def to(self, name: str) -> Shown:
        """What a client sees that asks for this name; "" for one that names none."""
        certificate = self._chooser.shown(name or None) or FAKE
        server = next(filter(None, map(self._servers.get, _patterns(name))), None)
        reason, notice = self._reason(name, server)
        return Shown(name, certificate, reason, server, notice)

    def _reason(self, name: str, server: Server | None) -> tuple[Reason, Notice | None]:
        if not name:
            return Reason.NO_NAME, None
        if server is None or server.hostname == DEFAULT_SERVER:
            return Reason.UNKNOWN, None
        owner = server.owners.get(ServerTrait.CERTIFICATE)
        if owner is None:
            return Reason.NO_TLS, None
        if notice := self._notices.get(server.hostname):
            assert isinstance(notice.code, NoticeCode)
            return OF_NOTICE[notice.code], notice
        if server.traits.certificate is not self._chooser.shown(name):
            return Reason.NOT_NAMED, None
        return self._of_entry(entry_for(owner.tls, server.hostname), server), None

    def _of_entry(self, entry: IngressTLS | None, server: Server) -> Reason:
        if server.traits.certificate is not (self._chooser.shown(None) or FAKE):
            return Reason.OWN
        if entry is None:
            return Reason.NOT_LISTED
        return Reason.OWN if entry.secret else Reason.NO_SECRET

    @cached_property
    def _servers(self) -> Mapping[str, Server]:
        """By all the names that lead to them."""
        named = dict(self._further)
        return named | {server.hostname: server for server in self._model.servers.values()}

    @property
    def _further(self) -> Iterator[tuple[str, Server]]:
        yield from ((each.name, each.target) for each in www_redirects(self._model))
        for server in self._model.servers.values():
            yield from ((alias, server) for alias in server.traits.aliases)

    def further(self) -> Iterator[Shown]:
        """What aliases, and the other names of www redirects, are shown."""
        return (self.to(name) for name, _ in self._further if name in self._servers)

    @cached_property
    def _notices(self) -> Mapping[str, Notice]:
        """The first of each host."""
        found = [notice for notice in self._model.notices if notice.code in OF_NOTICE]
        return {notice.host: notice for notice in reversed(found)}


def _patterns(name: str) -> Iterator[str]:
    """The name, then the wildcards that hold it, the closest first."""
    labels = name.split(".")
    yield name
    yield from (".".join(["*", *labels[at:]]) for at in range(1, len(labels)))


def entry_for(entries: tuple[IngressTLS, ...], host: str) -> IngressTLS | None:
    """The entry of a `tls` section that lists the host."""
    wanted = host.lower()
    return next((entry for entry in entries if wanted in map(str.lower, entry.hosts)), None)
