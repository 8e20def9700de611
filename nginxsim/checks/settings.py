"""The controller's ConfigMap and what it refers to."""

from __future__ import annotations

from collections.abc import Iterator

from nginxsim.checks.estate import Estate, at, finding
from nginxsim.config.settings import SETTING_KEYS, SettingProblem
from nginxsim.errors import misspelt
from nginxsim.origins import Edit
from nginxsim.releases import setting_dates
from nginxsim.verdict.types import Finding

REFERENCES = ("proxy-set-headers", "add-headers")


def unknown_key(estate: Estate) -> Iterator[Finding]:
    for problem in estate.settings.problems:
        if problem.is_unknown:
            yield finding(
                "setting-unknown",
                *at(problem.origin, problem.key),
                owner=estate.config_map,
                key=problem.key,
                hint=_hint(problem, estate),
                edit=_renaming(problem, estate),
            )


def _renaming(problem: SettingProblem, estate: Estate) -> Edit | None:
    """None where the ConfigMap has the other key as well."""
    config_map = estate.cluster.config_maps.get(estate.flags.configmap)
    meant = misspelt(problem.key, SETTING_KEYS) if problem.nearest else ""
    if not meant or not problem.origin or not config_map or meant in config_map.data:
        return None
    return Edit(problem.origin, problem.key, meant, is_name=True)


def _hint(problem: SettingProblem, estate: Estate) -> str:
    if dates := setting_dates(problem.key, estate.simulation.controller.release):
        return f"; {dates}"
    name = problem.key.rpartition("/")[2]
    if name != problem.key and name in estate.annotation_names:
        return (
            f"; it is an annotation of Ingresses, here the key is {name}"
            if name in SETTING_KEYS
            else "; it is an annotation of Ingresses"
        )
    if problem.nearest:
        return f'; did you mean "{problem.nearest}"?'
    return "; it is an annotation of Ingresses" if problem.key in estate.annotation_names else ""


def ignored_key(estate: Estate) -> Iterator[Finding]:
    for problem in estate.settings.problems:
        if not problem.is_unknown:
            yield finding(
                "setting-ignored",
                *at(problem.origin, problem.value),
                owner=estate.config_map,
                key=problem.key,
                reason=problem.reason,
            )


def unread(estate: Estate) -> Iterator[Finding]:
    """A ConfigMap full of the controller's keys that is not the one it reads, where no other controller may read it."""
    if estate.flags.configmap in estate.cluster.config_maps or estate.simulation.controller.others:
        return
    for config_map in estate.cluster.config_maps.values():
        known = [key for key in config_map.data if key in SETTING_KEYS]
        if known and len(known) * 2 >= len(config_map.data):
            evidence = at(config_map.key_origins.get(known[0]), known[0])
            yield finding("config-map-unread", *evidence, meta=config_map.meta, read=estate.flags.configmap)


def missing_reference(estate: Estate) -> Iterator[Finding]:
    """Objects that the ConfigMap or a flag names and that are not there."""
    settings, cluster = estate.settings, estate.cluster
    for key in REFERENCES:
        if (wanted := getattr(settings, key.replace("-", "_"))) and wanted not in cluster.config_maps:
            yield _absent(estate, key, f"ConfigMap {wanted}", wanted)
    if settings.ssl_dh_param and settings.ssl_dh_param not in cluster.secrets:
        yield _absent(estate, "ssl-dh-param", f"Secret {settings.ssl_dh_param}", settings.ssl_dh_param)
    certificate = estate.flags.default_ssl_certificate
    if certificate and estate.simulation.certificates.local(certificate) is None:
        given = estate.flags.given.get("default-ssl-certificate")
        place = at(given.source.origin if given else None)
        wanted = f"Secret {certificate}"
        yield finding("config-reference-missing", *place, name="--default-ssl-certificate", wanted=wanted)
    for notice in estate.notices["stream-configmap-missing"]:
        if missing := notice.about.missing:
            wanted = f"{missing.kind} {missing.key}"
            yield finding("config-reference-missing", name=notice.about.option, wanted=wanted)


def _absent(estate: Estate, key: str, wanted: str, text: str) -> Finding:
    origin = estate.settings.source(key).origin
    return finding("config-reference-missing", *at(origin, text), owner=estate.config_map, name=key, wanted=wanted)


def twice(estate: Estate) -> Iterator[Finding]:
    """An object that is written twice: a cluster keeps what is applied last."""
    for kept, lost in estate.cluster.twice:
        yield finding("object-twice", *at(lost.origin), *at(kept.origin, note="counts, as the last one"), meta=kept)
