"""Which certificate a server name gets.

ingress-nginx 1.15.1: rootfs/etc/nginx/lua/certificate.lua
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nginxsim.lua.values import wildcard_of

DEFAULT_NAME = "_"


@dataclass(frozen=True, slots=True)
class CertificateChooser:
    """certificates: server name (lower case, `*.` for wildcards, `_` for the catch-all) -> what stands for one."""

    certificates: Mapping[str, Any]

    def shown(self, server_name: str | None) -> Any | None:
        """The certificate for a TLS server name; None leaves the one that the conf names (the fake one)."""
        found = self._find(server_name or DEFAULT_NAME)
        return found if found is not None else self._find(DEFAULT_NAME)

    def covers(self, host: str) -> bool:
        """Whether the controller has a certificate for this very host: what ssl-redirect asks."""
        return self._find(host) is not None

    def _find(self, name: str) -> Any | None:
        if not self.certificates:
            return None
        name = name.removesuffix(".").lower()
        found = self.certificates.get(name)
        return found if found is not None else self.certificates.get(wildcard_of(name))
