"""Reads the controller's ConfigMap: some keys by hand, the rest as weakly typed fields.

ingress-nginx 1.15.1: internal/ingress/controller/template/configmap.go (ReadConfig),
internal/ingress/controller/store/store.go (setConfig); mapstructure 1.5.0 with WeaklyTypedInput.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import partial
from typing import Any

from nginxsim.config.certificate import secret_file
from nginxsim.config.flags import Flags
from nginxsim.config.machine import Machine
from nginxsim.config.pem import first_block
from nginxsim.config.setting_readers import READERS, WEAK_READERS, Complain, SettingReader, lua_dicts_in_megabytes
from nginxsim.config.settings_table import NO_GLOBAL_AUTH, SettingProblem, Settings
from nginxsim.errors import nearest
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import ConfigMap, Meta
from nginxsim.origins import Source
from nginxsim.releases import Release

__all__ = ["SETTING_KEYS", "SettingProblem", "Settings", "dh_param_file", "read_settings"]

DH_PARAMETERS = "dhparam.pem"
"""The key of ssl-dh-param's Secret."""
BOOKKEEPING = frozenset({"sources", "problems", "checksum"})
TYPES: Mapping[str, str] = {
    field.name.replace("_", "-"): str(field.type) for field in fields(Settings) if field.name not in BOOKKEEPING
}
"""The keys that are fields, and the type each is read as."""

OLD_SIZES: Mapping[str, SettingReader] = {"lua-shared-dicts": lua_dicts_in_megabytes}

# Read by the controller into something else than a field of their own name; "Resolver" is overwritten from resolv.conf.
SETTING_KEYS = frozenset({*TYPES, *READERS, "Resolver"})


def read_settings(cluster: Cluster, flags: Flags, machine: Machine, release: Release) -> Settings:
    """The ConfigMap that --configmap names over the release's defaults; without that ConfigMap, the defaults.

    Never raises: what the controller only logs is in `problems`.
    """
    config_map = cluster.config_maps.get(flags.configmap) or ConfigMap(Meta("ConfigMap", ""))
    reading = _Reading(config_map, release, fetches_geoip=flags.fetches_geoip)
    reading.set_default("worker-processes", str(machine.cpus))
    reading.set_default("disable-ipv6-dns", not machine.ipv6)
    reading.read_by_hand()
    reading.read_fields()
    reading.finish()
    return reading.settings()


def dh_param_file(cluster: Cluster, reference: str) -> str:
    """The file that ssl-dh-param's Secret "ns/name" is written to; "" where it holds no DH parameters.

    ingress-nginx 1.15.1: internal/ingress/controller/nginx.go (generateTemplate), internal/net/ssl/ssl.go
    """
    secret = cluster.secrets.get(reference)
    if secret and not secret.is_open:
        return secret_file(reference) if secret.has(DH_PARAMETERS) else ""
    pem = secret.data.get(DH_PARAMETERS, b"") if secret else b""
    block = first_block(pem)
    return secret_file(reference) if block and block.type == "DH PARAMETERS" else ""


class _Reading:
    """One pass over one ConfigMap."""

    def __init__(self, config_map: ConfigMap, release: Release, *, fetches_geoip: bool) -> None:
        self.config_map = config_map
        self.fetches_geoip = fetches_geoip
        self.left = dict(config_map.data)
        self.readers = {**READERS, **(OLD_SIZES if release.lua_sizes_are_megabytes else {})}
        self.known = SETTING_KEYS - release.unknown_settings
        self.values: dict[str, Any] = {_field(key): value for key, value in release.settings.items() if key in TYPES}
        self.auth: dict[str, Any] = {}
        self.sources: dict[str, Source] = {}
        self.problems: list[SettingProblem] = []

    def set_default(self, key: str, value: Any) -> None:
        self.values[_field(key)] = value

    def read_by_hand(self) -> None:
        """Keys that are looked up exactly as documented, before the others."""
        for key, reader in self.readers.items():
            if key in self.left and key in self.known:
                self._use(key, key, partial(self._spread, key, reader))

    def _spread(self, key: str, reader: SettingReader, text: str) -> None:
        target = self.auth if key.startswith("global-auth-") else self.values
        target.update(reader(text, {**self.values, **self.auth}, self._complainer(key)))

    def read_fields(self) -> None:
        """Keys that fill the field of their name, in any letter case; the proper spelling goes first."""
        folded: dict[str, list[str]] = {}
        for key in sorted(self.left):
            folded.setdefault(key.lower(), []).append(key)
        for key, kind in TYPES.items():
            spellings = folded.get(key, [])
            if key in self.known and spellings:
                chosen = key if key in spellings else spellings[0]
                self._use(key, chosen, partial(self._read_field, key, kind))

    def _read_field(self, key: str, kind: str, text: str) -> None:
        name = _field(key)
        default = self.values.get(name, DEFAULTS[name])
        self.values[name] = WEAK_READERS[kind](key, text, default)

    def _use(self, key: str, spelling: str, read: Callable[[str], None]) -> None:
        text = self.left.pop(spelling)
        origin = self.config_map.origins.get(spelling)
        try:
            read(text)
        except ValueError as error:
            self.problems.append(SettingProblem(spelling, str(error), origin, text))
        else:
            self.sources[key] = Source("configmap", key, origin, str(self.config_map.meta))

    def _complainer(self, key: str) -> Complain:
        def complain(reason: str, part: str) -> None:
            self.problems.append(SettingProblem(key, reason, self.config_map.origins.get(key), part))

        return complain

    def finish(self) -> None:
        """What the store does with a ConfigMap it has read, and a word on the keys that nothing reads."""
        if self.values.get("use_geoip2") and not self.fetches_geoip:
            self._withdraw(
                "use-geoip2", False, "The GeoIP2 feature is enabled but the databases are missing. Disabling"
            )
        self._check_ticket_key(self.values.get("ssl_session_ticket_key", ""))
        for key in self.left:
            self._report_unread(key)

    def _check_ticket_key(self, key: str) -> None:
        if len(key) // 4 * 3 not in (0, 48, 81):
            self._report("ssl-session-ticket-key", "ssl-session-ticket-key must contain either 48 or 80 bytes")
        try:
            b64decode(key.replace("\r", "").replace("\n", ""), validate=True)
        except ValueError:
            reason = "unexpected error decoding ssl-session-ticket-key: illegal base64 data"
            self._withdraw("ssl-session-ticket-key", "", reason)

    def _withdraw(self, key: str, value: Any, reason: str) -> None:
        self._report(key, reason)
        self.values[_field(key)] = value

    def _report(self, key: str, reason: str) -> None:
        value = str(self.values[_field(key)])
        source = self.sources.get(key)
        self.problems.append(SettingProblem(key, reason, source.origin if source else None, value))

    def _report_unread(self, key: str) -> None:
        is_unknown = key != "Resolver" and key.lower() not in self.sources
        if key == "Resolver":
            reason, near = "overwritten with the name servers of the controller's pod", ""
        elif key.lower() in self.sources:
            reason, near = "the same key is read in another spelling", key.lower()
        else:
            reason, near = "unknown key", nearest(key.lower(), sorted(self.known - {"Resolver"})) or ""
        origins = self.config_map.key_origins or self.config_map.origins
        self.problems.append(SettingProblem(key, reason, origins.get(key), self.left[key], near, is_unknown))

    def settings(self) -> Settings:
        return replace(
            Settings(**self.values),
            global_external_auth=replace(NO_GLOBAL_AUTH, **self.auth),
            sources=self.sources,
            problems=tuple(sorted(self.problems, key=lambda problem: problem.origin or ("", 0, 0))),
            checksum=_checksum(self.config_map.data),
        )


DEFAULTS: Mapping[str, Any] = {name: getattr(Settings(), name) for name in map(str, Settings.__slots__)}


def _field(key: str) -> str:
    return key.replace("-", "_")


def _checksum(data: Mapping[str, str]) -> str:
    # The controller hashes its whole configuration into 64 bits; that number cannot be had without Go's memory layout.
    digest = hashlib.sha256(repr(sorted(data.items())).encode()).digest()
    return str(int.from_bytes(digest[:8], "big"))
