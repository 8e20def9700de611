"""Values of the chart that the new release reads no longer, reads anew, or has by default otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cache, partial

from nginxsim.config.flags import Flags
from nginxsim.config.settings import SETTING_KEYS
from nginxsim.errors import nearest
from nginxsim.releases import Release, chart_values
from nginxsim.releases import release as release_named
from nginxsim.releases.chart_values import is_read
from nginxsim.sources import File
from nginxsim.sources.values import Leaf
from nginxsim.upgrade.charted import Values, charted
from nginxsim.upgrade.kinds import Change, Course, Kind
from nginxsim.upgrade.road import Road
from nginxsim.upgrade.wording import (
    chart_default,
    setting_heard,
    setting_unknown,
    value_dead,
    value_gone,
    value_heard,
    value_unread,
)
from nginxsim.verdict.types import Finding

CONFIG, ARGUMENTS = "controller.config", "controller.extraArgs"
ANNOTATIONS = ("controller.annotations", "controller.configAnnotations", "controller.podAnnotations")
"""Where people write what is to be below CONFIG."""
WHOLES: Mapping[str, frozenset[str]] = {
    "controller.image.registry": frozenset({"controller.image.repository", "global.image.registry"})
}
"""Value -> those that it is a part of."""
OF_KEYS: Mapping[str, str] = {"controller.allowSnippetAnnotations": "allow-snippet-annotations"}
"""Value -> the key of the ConfigMap that the chart writes it as."""
FLAGS = frozenset(field.name.replace("_", "-") for field in fields(Flags) if field.name != "given")


def chart_changes(road: Road, files: Iterable[File]) -> Iterator[Change]:
    """files: of values, beside those that objects of the estate have."""
    if not road.path:
        return
    every = {file.name: file for file in (*road.old.given.texts, *files)}
    for values in charted(every.values()):
        chart = _Chart(road, values)
        yield from chart.written()
        yield from chart.defaults()


class _Chart:
    """One set of values under both releases."""

    def __init__(self, road: Road, values: Values) -> None:
        self.road, self.values = road, values
        self.old, self.new = road.old.controller.release, road.new.controller.release

    def written(self) -> Iterator[Change]:
        gone: dict[str, list[Leaf]] = {}
        for name, found in self.values.leaves.items():
            key = name.removeprefix(f"{CONFIG}.")
            was, now = is_read(name, self.old.name), is_read(name, self.new.name)
            if was and not now:
                gone.setdefault(chart_values.entry_of(name), []).extend(found)
            elif key != name and key in SETTING_KEYS:
                yield from self._setting(key, found[0])
            elif is_misplaced(name) or not (was or now):
                yield Change(Kind.CHART, name, Course(), self._useless(name, found[0]))
            elif now and not was:
                course = self.road.dated(partial(is_read, name))
                yield Change(Kind.HEARD, name, course, value_heard(name, found[0], self.values.owner, course))
        for name, lost in gone.items():
            yield self._gone(name, tuple(lost))

    def _gone(self, name: str, found: tuple[Leaf, ...]) -> Change:
        course = self.road.dated(lambda release: not is_read(name, release))
        return Change(Kind.CHART, name, course, value_gone(name, found, course))

    def _useless(self, name: str, leaf: Leaf) -> Finding:
        """It does nothing already."""
        last = "" if is_misplaced(name) else chart_values.last_reader(name, self.old.name)
        return value_dead(name, leaf, last) if last else value_unread(name, leaf, meant_by(name, self.new))

    def _setting(self, key: str, leaf: Leaf) -> Iterator[Change]:
        """Told here where the ConfigMap that the chart makes of it is not in the input."""
        if self.road.old.controller.flags.configmap in self.road.old.cluster.config_maps:
            return
        if key in self.new.unknown_settings and key not in self.old.unknown_settings:
            course = self.road.dated(lambda name: key in release_named(name).unknown_settings)
            yield Change(Kind.SETTING_UNKNOWN, key, course, setting_unknown(key, leaf.origin, course))
        elif key in self.old.unknown_settings and key not in self.new.unknown_settings:
            course = self.road.dated(lambda name: key not in release_named(name).unknown_settings)
            yield Change(Kind.HEARD, key, course, setting_heard(key, leaf.origin, course))

    def defaults(self) -> Iterator[Change]:
        for name in chart_values.DEFAULTS:
            was, now = (chart_values.default_of(name, release.name) for release in (self.old, self.new))
            if was != now and name not in self.values.leaves and not self._is_beside_the_point(name):
                course = self.road.dated(lambda asked, name=name, now=now: chart_values.default_of(name, asked) == now)  # type: ignore[misc]
                yield Change(Kind.DEFAULT, name, course, chart_default(name, (was, now), self.values.owner, course))

    def _is_beside_the_point(self, name: str) -> bool:
        """Whether the default does not count, as another value is written over it, or is told of as the key's."""
        key = OF_KEYS.get(name)
        written = not WHOLES.get(name, frozenset()).isdisjoint(self.values.leaves)
        return written or (key is not None and key not in self.road.old.controller.settings.sources)


def is_misplaced(name: str) -> bool:
    """Whether it means nothing where it stands: an unknown key, or an annotation that is a setting's name."""
    if name.startswith(f"{CONFIG}."):
        return name.removeprefix(f"{CONFIG}.") not in SETTING_KEYS
    above = next((each for each in ANNOTATIONS if name.startswith(f"{each}.")), "")
    return bool(above) and "/" not in name and bool(_key_meant(name))


def meant_by(name: str, release: Release) -> str:
    """The value that does what this one is named for, or is called most alike; "" for none."""
    known = [each for each in _known() if is_read(each, release.name)]
    alike = {_plain(each): each for each in known}
    if _plain(name) in alike and alike[_plain(name)] != name:
        return alike[_plain(name)]
    if key := _key_meant(name):
        return f"{CONFIG}.{key}"
    last = name.rpartition(".")[2]
    if last in FLAGS:
        return f"{ARGUMENTS}.{last}"
    if name.startswith(f"{CONFIG}."):
        key = nearest(name.removeprefix(f"{CONFIG}."), SETTING_KEYS) or ""
        return f"{CONFIG}.{key}" if key else ""
    return _same_last(last, known) or nearest(name, known) or ""


def _same_last(last: str, known: Iterable[str]) -> str:
    """The only one with that last name."""
    found = [each for each in known if each.rpartition(".")[2] == last]
    return found[0] if len(found) == 1 else ""


def _key_meant(name: str) -> str:
    """The ConfigMap key that the last names come to, however they are joined."""
    parts = name.split(".")
    for begin in range(len(parts)):
        if key := _keys().get(_plain("".join(parts[begin:]))):
            return key
    return ""


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()


@cache
def _keys() -> Mapping[str, str]:
    return {_plain(key): key for key in sorted(SETTING_KEYS)}


@cache
def _known() -> tuple[str, ...]:
    return tuple(chart_values.KNOWN)
