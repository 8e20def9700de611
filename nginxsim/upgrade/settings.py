"""Keys of the ConfigMap that a release no longer knows, and defaults of keys and flags that move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import partial
from typing import Any, Literal, TypeAlias

from nginxsim.config.flags import Flags
from nginxsim.config.settings import BOOKKEEPING, SETTING_KEYS, SettingProblem, Settings
from nginxsim.origins import Origin
from nginxsim.releases import Release
from nginxsim.releases import release as release_named
from nginxsim.upgrade.kinds import Change, Kind
from nginxsim.upgrade.road import Road
from nginxsim.upgrade.wording import default_moved, protocols_unheard, setting_heard, setting_read, setting_unknown

FEATURES: Mapping[str, str] = {
    "hsts-": "hsts",
    "http2-": "use-http2",
    "opentelemetry-": "enable-opentelemetry",
    "otel-": "enable-opentelemetry",
}
"""How keys begin whose defaults count only with another key."""
INNER = frozenset({"lua-shared-dicts"})
"""Keys whose defaults are the controller's own affair."""

PROTOCOLS, OLD_TLS, LOWEST = "ssl-protocols", ("TLSv1", "TLSv1.1"), "@SECLEVEL=0"

What: TypeAlias = Literal["setting", "flag"]


def settings_known(road: Road) -> Iterator[Change]:
    """Keys of the ConfigMap that do nothing any more, or count from now on."""
    old, new = road.old.controller.release, road.new.controller.release
    for key, origin in _written(road):
        if key in new.unknown_settings and key not in old.unknown_settings:
            course = road.course(partial(_lacks, key))
            yield Change(Kind.SETTING_UNKNOWN, key, course, setting_unknown(key, origin, course))
        elif key in old.unknown_settings and key not in new.unknown_settings:
            course = road.course(partial(_has, key))
            yield Change(Kind.HEARD, key, course, setting_heard(key, origin, course))


def settings_read(road: Road) -> Iterator[Change]:
    """Parts of keys that the old release could not read, and the new one can."""
    unread = {_piece(each) for each in road.new.controller.settings.problems}
    for problem in road.old.controller.settings.problems:
        if (
            not problem.is_unknown
            and _piece(problem) not in unread
            and problem.key in road.new.controller.settings.sources
        ):
            course = road.course(lambda name, problem=problem: _reads(road, problem, name))  # type: ignore[misc]
            yield Change(Kind.HEARD, problem.key, course, setting_read(problem, course))


def protocols_lost(road: Road) -> Iterator[Change]:
    """TLS of old that is asked for, and that the new release's OpenSSL does not speak like that."""
    old, new = road.old.controller, road.new.controller
    asked = [name for name in OLD_TLS if name in new.settings.ssl_protocols.split()]
    lost = new.release.old_tls_needs_security_level and not old.release.old_tls_needs_security_level
    if asked and lost and LOWEST not in new.settings.ssl_ciphers:
        course = road.course(lambda name: release_named(name).old_tls_needs_security_level)
        yield Change(Kind.IGNORED, PROTOCOLS, course, protocols_unheard(asked, new.settings, course))


def _reads(road: Road, problem: SettingProblem, name: str) -> bool:
    return _piece(problem) not in map(_piece, road.controller(name).settings.problems)


def _piece(problem: SettingProblem) -> tuple[str, str]:
    return problem.key, problem.value


def _lacks(key: str, asked: str) -> bool:
    return key in release_named(asked).unknown_settings


def _has(key: str, asked: str) -> bool:
    return not _lacks(key, asked)


def _written(road: Road) -> Iterator[tuple[str, Origin | None]]:
    config_map = road.old.cluster.config_maps.get(road.old.controller.flags.configmap)
    for key in sorted(config_map.data) if config_map else ():
        if key in SETTING_KEYS:
            yield key, (config_map.key_origins or config_map.origins).get(key) if config_map else None


def defaults_moved(road: Road) -> Iterator[Change]:
    """Defaults that count, as nobody set the key or the flag."""
    old, new = road.old.controller, road.new.controller
    for key in SETTING_DEFAULTS:
        if key not in old.settings.sources and key not in new.settings.sources and _counts(key, new.settings):
            yield from _moved(road, "setting", key)
    for name in FLAG_DEFAULTS:
        if name not in old.flags.given:
            yield from _moved(road, "flag", name)


def _counts(key: str, settings: Settings) -> bool:
    features = (feature for start, feature in FEATURES.items() if key.startswith(start))
    return key not in INNER and all(getattr(settings, feature.replace("-", "_")) for feature in features)


def _moved(road: Road, what: What, name: str) -> Iterator[Change]:
    was, now = (_default(what, end.controller.release, name) for end in (road.old, road.new))
    if was == now:
        return

    course = road.course(lambda asked: bool(_default(what, release_named(asked), name) == now))
    yield Change(Kind.DEFAULT, name, course, default_moved(what, name, (was, now), course))


def _default(what: What, release: Release, name: str) -> Any:
    if what == "setting":
        return release.settings.get(name, SETTING_DEFAULTS[name])
    return release.flags.get(name, FLAG_DEFAULTS[name])


SETTING_DEFAULTS: Mapping[str, Any] = {
    field.name.replace("_", "-"): getattr(Settings(), field.name)
    for field in fields(Settings)
    if field.name not in BOOKKEEPING
}
FLAG_DEFAULTS: Mapping[str, Any] = {
    field.name.replace("_", "-"): field.default for field in fields(Flags) if field.name != "given"
}
