"""From what somebody calls a release to its facts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from nginxsim.errors import UsageError
from nginxsim.releases import flags, settings
from nginxsim.releases.charts import CHARTS
from nginxsim.releases.charts import NAME as CHART
from nginxsim.releases.facts import Fact, Release, facts_of
from nginxsim.releases.published import PUBLISHED
from nginxsim.releases.scripts import scripts_of
from nginxsim.releases.spans import EVER, Number, number, span

OLDEST = "0.43.0"
"""The first release whose nginx.conf is known here line by line."""

RELEASES = tuple(name for name in PUBLISHED if number(name) >= number(OLDEST))
"""Every release that can be asked for, oldest number first."""

NEWEST = RELEASES[-1]

# A tag or an image's tag: controller-v1.15.1, nginx-1.15.1-hardened1, v1.15.1@sha256:...
_NAME = re.compile(r"(?:controller-)?(?:nginx-)?v?(?P<number>\d+\.\d+\.\d+)(?P<build>[-+._]\S*)?(?:@\S+)?")


def release(name: str = NEWEST) -> Release:
    """The release of "1.15.1", of a tag "controller-v1.15.1", or what a build such as "1.15.1-hardened1" is taken for.

    A number above the newest is taken for the newest. Raises UsageError for any other that was not published.
    """
    written = _NAME.fullmatch(name.strip())
    if written is None:
        raise UsageError(f'unknown release "{name}" (known: {_known()}); write it as {NEWEST}')
    asked, build = written["number"], written["build"] or ""
    if asked in RELEASES:
        return _published(asked) if not build else _build_of(asked, f"{asked}{build}")
    if CHARTS.get(asked) in RELEASES and not build:
        raise UsageError(f'"{name}" is a version of the chart, which installs release {CHARTS[asked]}: write that')
    if number(asked) > number(NEWEST):
        return _newer(f"{asked}{build}")
    raise UsageError(f'unknown release "{name}" (known: {_known()}); the nearest is {_nearest(number(asked))}')


class Told(NamedTuple):
    """What an image's tag or a label tells of a release. is_certain: it is the very one."""

    release: Release
    is_certain: bool = True


def release_of_tag(tag: str) -> Told | None:
    """Of an image's tag or of what else somebody calls a release; None where that is no number, as "latest".

    Of one that is not known, the nearest.
    """
    written = _NAME.fullmatch(tag.strip())
    if written is None:
        return None
    asked = written["number"]
    if asked in RELEASES or number(asked) > number(NEWEST):
        return Told(release(tag), asked in RELEASES)
    near = _nearest(number(asked))
    words = f"{asked} does what {near} does, the release nearest to it that is known"
    return Told(replace(_published(near), assumptions=(words,)), is_certain=False)


def release_of_chart(label: str) -> Told | None:
    """Of the label helm.sh/chart, as "ingress-nginx-4.12.2"."""
    name, _, version = label.rpartition("-")
    return release_of_tag(CHARTS[version]) if name == CHART and version in CHARTS else None


@cache
def _published(name: str) -> Release:
    return Release(
        name=name,
        date=PUBLISHED[name],
        settings=_defaults(settings.DEFAULTS, name),
        flags=_defaults(flags.DEFAULTS, name),
        unknown_settings=_unknown(settings.KNOWN, name),
        unknown_flags=_unknown(flags.KNOWN, name),
        scripts=scripts_of(name),
        **facts_of(name),
    )


def _defaults(table: Mapping[str, Mapping[str, Fact]], name: str) -> Mapping[str, Fact]:
    return {key: value for key, runs in table.items() for when, value in runs.items() if name in span(when)}


def _unknown(table: Mapping[str, str], name: str) -> frozenset[str]:
    return frozenset(key for key, when in table.items() if name not in span(when))


def between(old: Release, new: Release) -> tuple[str, ...]:
    """The published releases above the one and up to the other, by number; empty where the other is not above it."""
    return tuple(name for name in RELEASES if number(old.name) < number(name) <= number(new.name))


def later(than: Release) -> tuple[str, ...]:
    """The published releases above this one, by number, that are not older than it."""
    return tuple(name for name in RELEASES if number(name) > number(than.name) and PUBLISHED[name] >= than.date)


def setting_dates(key: str, release: Release) -> str:
    """Which other releases know a ConfigMap key, in words; "" for a key that none does, or that this one does."""
    return _dates(settings.KNOWN, key, release)


def flag_dates(name: str, release: Release) -> str:
    """The same for a flag, named without dashes."""
    return _dates(flags.KNOWN, name, release)


def _dates(table: Mapping[str, str], key: str, release: Release) -> str:
    known = span(table.get(key, EVER))
    if release.name in known:
        return ""
    coming, gone = known.next_after(release.name), known.left_before(release.name)
    return f"it comes with release {coming}" if coming else f"release {gone} took it out"


def _build_of(name: str, build: str) -> Release:
    return replace(_published(name), assumptions=(f"{build} does what {name} does, which it is a build of",))


def _newer(build: str) -> Release:
    return replace(_published(NEWEST), assumptions=(f"{build} does what {NEWEST} does, the newest release known",))


def _nearest(asked: Number, known: Iterable[str] = RELEASES) -> str:
    """The last release before it on its branch, else the first after it."""
    before = [name for name in known if number(name) < asked and number(name)[:2] == asked[:2]]
    return before[-1] if before else next(name for name in known if number(name) > asked)


def _known() -> str:
    return f"{RELEASES[0]} to {NEWEST}"
