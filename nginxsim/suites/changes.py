"""`with:` — what a test changes before its request: annotations, keys of the controller's ConfigMap, flags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from nginxsim.annotations import known_names
from nginxsim.config.flags import Flags, parse_flags
from nginxsim.config.settings import Settings
from nginxsim.errors import InputError, UsageError, did_you_mean
from nginxsim.kube.cluster import Cluster
from nginxsim.kube.objects import ConfigMap, Ingress, Meta
from nginxsim.origins import Origin
from nginxsim.releases import NEWEST, RELEASES, Release
from nginxsim.releases import release as release_named
from nginxsim.suites.cases import Change
from nginxsim.suites.fields import WITH
from nginxsim.suites.nodes import Value

EVERY = "*"


def check_release(value: Value, release: str | None, check: Callable[[Release], object]) -> None:
    """Refuses the value where the check raises UsageError for the release; where none is named, for every one there is.

    Which one it is the manifests tell, later on.
    """
    asked = release_named(release or NEWEST)
    try:
        check(asked)
    except UsageError as problem:
        if release or not any(_passes(check, release_named(name)) for name in reversed(RELEASES)):
            value.refuse(str(problem))


def _passes(check: Callable[[Release], object], release: Release) -> bool:
    try:
        check(release)
    except UsageError:
        return False
    return True


def read_flags(value: Value | None, release: str | None) -> tuple[str, ...]:
    """Flags that the controller of this release takes."""
    if value is None:
        return ()
    flags = tuple(flag.text() for flag in value.items())
    check_release(value, release, partial(parse_flags, flags))
    return flags


def read_changes(value: Value | None, release: str | None) -> tuple[tuple[str, ...], tuple[Change, ...]]:
    """Further flags, and the changes to the manifests."""
    given = value.fields(WITH) if value else {}
    return read_flags(given.get("flags"), release), (
        *_annotations(given.get("annotations"), release),
        *_keys(given.get("configmap")),
    )


def _annotations(value: Value | None, release: str | None) -> Iterator[Change]:
    for owner, given in (value.entries() if value else {}).items():
        if owner != EVERY and owner.count("/") != 1:
            given.refuse(f'"{owner}" is no Ingress; write "namespace/name", or "{EVERY}" for all')
        for name, text in given.entries().items():
            check_release(text, release, partial(_check_annotation, name))
            yield Change(owner, name, None if text.is_null else text.text(), text.origin)


def _check_annotation(name: str, release: Release) -> None:
    """Raises UsageError for one that the release does not know."""
    known = known_names(release)
    if "/" not in name and name not in known:
        raise UsageError(f'unknown annotation "{name}"{did_you_mean(name, known)}')


def check_annotations(changes: Sequence[Change], release: Release) -> None:
    """Raises InputError for a changed annotation that the release of the manifests does not know."""
    for change in changes:
        if change.owner:
            try:
                _check_annotation(change.name, release)
            except UsageError as problem:
                raise InputError(f"release {release.name}: {problem}", change.origin) from None


def _keys(value: Value | None) -> Iterator[Change]:
    for name, text in (value.entries() if value else {}).items():
        yield Change("", name, None if text.is_null else text.text(), text.origin)


def changed(cluster: Cluster, changes: Sequence[Change], flags: Flags) -> Cluster:
    """The cluster with these changes. Raises InputError where one names an Ingress that is not there."""
    keys = [change for change in changes if not change.owner]
    return replace(
        cluster,
        ingresses={**cluster.ingresses, **_changed_ingresses(cluster, changes, flags.prefix)},
        config_maps={**cluster.config_maps, **(_changed_config_map(cluster, keys, flags.configmap) if keys else {})},
    )


def _changed_ingresses(cluster: Cluster, changes: Sequence[Change], prefix: str) -> dict[str, Ingress]:
    by_owner: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        if not change.owner:
            continue
        if change.owner != EVERY and change.owner not in cluster.ingresses:
            hint = did_you_mean(change.owner, cluster.ingresses)
            raise InputError(f'no Ingress "{change.owner}" in the manifests{hint}', change.origin)
        for key in cluster.ingresses if change.owner == EVERY else (change.owner,):
            by_owner[key].append(change)
    return {
        key: replace(cluster.ingresses[key], meta=_annotated(cluster.ingresses[key].meta, made, prefix))
        for key, made in by_owner.items()
    }


def _annotated(meta: Meta, changes: Sequence[Change], prefix: str) -> Meta:
    full = {change.name if "/" in change.name else prefix + change.name: change for change in changes}
    origins = _origins_of(full)
    return replace(
        meta,
        annotations=_merged(meta.annotations, full),
        annotation_origins={**meta.annotation_origins, **origins},
        annotation_name_origins={**meta.annotation_name_origins, **origins},
    )


def _changed_config_map(cluster: Cluster, changes: Sequence[Change], key: str) -> dict[str, ConfigMap]:
    namespace, _, name = key.partition("/")
    given = cluster.config_maps.get(key) or ConfigMap(Meta("ConfigMap", name, namespace))
    made = {change.name: change for change in changes}
    origins = _origins_of(made)
    data = _merged(given.data, made)
    return {
        key: replace(
            given, data=data, origins={**given.origins, **origins}, key_origins={**given.key_origins, **origins}
        )
    }


def _merged(texts: Mapping[str, str], changes: Mapping[str, Change]) -> dict[str, str]:
    kept = {name: text for name, text in texts.items() if name not in changes}
    return kept | {name: change.value for name, change in changes.items() if change.value is not None}


def _origins_of(changes: Mapping[str, Change]) -> dict[str, Origin]:
    return {name: change.origin for name, change in changes.items()}


def check_keys(changes: Sequence[Change], settings: Settings) -> None:
    """Raises InputError for a changed ConfigMap key that the controller does not know."""
    unread = {problem.key: problem for problem in settings.problems if problem.is_unknown}
    for change in changes:
        if not change.owner and change.name in unread:
            near = unread[change.name].nearest
            hint = f'; did you mean "{near}"?' if near else ""
            raise InputError(f'unknown ConfigMap key "{change.name}"{hint}', change.origin)
