"""What somebody's build of a release has otherwise: "KEY=VALUE", where KEY is a ConfigMap key, a flag or a switch.

A ConfigMap key or flag stands for its default in that build; a switch is a field of Release, with dashes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from nginxsim.config.flags import KNOWN as FLAG_READERS
from nginxsim.config.flags import WITHOUT_EFFECT
from nginxsim.config.setting_readers import WEAK_READERS, split
from nginxsim.config.settings import TYPES
from nginxsim.errors import UsageError, did_you_mean
from nginxsim.golang.patterns import check_pattern
from nginxsim.golang.strconv import parse_bool
from nginxsim.releases import FACTS, Fact, Release, number

_LIST = "tuple[str, ...]"
_SCALARS = frozenset(WEAK_READERS) - {_LIST, "tuple[int, ...]", "Mapping[str, int]", "ExternalAuth"}
SETTINGS = tuple(key for key, kind in TYPES.items() if kind in _SCALARS or kind == _LIST)
FLAGS = tuple(name for name in FLAG_READERS if name not in WITHOUT_EFFECT)
SWITCHES = tuple(name.replace("_", "-") for name in FACTS)
TEXTS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "nginx": (number, "a version such as 1.27.1"),
    "strict-path": (check_pattern, "a regular expression of Go's"),
}
"""Switches that are text: what raises ValueError for a text of no use, and what would be of use."""


def with_facts(release: Release, texts: Iterable[str]) -> Release:
    """The release as changed by each "KEY=VALUE". Raises UsageError for a key that it has not, or a value of no use."""
    for text in texts:
        release = _with_fact(release, text)
    return release


def facts_known_to(release: Release, texts: Iterable[str]) -> tuple[str, ...]:
    """Those of the facts that the release has something of that name for."""
    known = _known(release)
    return tuple(text for text in texts if text.partition("=")[0] in known)


def _with_fact(release: Release, text: str) -> Release:
    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f'fact "{text}": write it as KEY=VALUE')
    known = _known(release)
    if key not in known:
        raise UsageError(f'fact "{key}": release {release.name} has none of that name{did_you_mean(key, known)}')
    try:
        changed = known[key](release, key, value)
    except ValueError as error:
        raise UsageError(f"fact {key}: {error}") from None
    words = f"{key} is {' '.join(value.split()) or 'empty'} in this build (--fact)"
    return replace(changed, assumptions=(*release.assumptions, words))


def _known(release: Release) -> Mapping[str, Callable[[Release, str, str], Release]]:
    """What can be said of the release -> how it is said."""
    return {
        **{key: _with_setting for key in SETTINGS if key not in release.unknown_settings},
        **{name: _with_flag for name in FLAGS if name not in release.unknown_flags},
        **dict.fromkeys(SWITCHES, _with_switch),
    }


def _with_setting(release: Release, key: str, text: str) -> Release:
    kind = TYPES[key]
    value = split(text) if kind == _LIST else WEAK_READERS[kind](key, text, None)
    return replace(release, settings={**release.settings, key: value})


def _with_flag(release: Release, name: str, text: str) -> Release:
    return replace(release, flags={**release.flags, name: FLAG_READERS[name](text)})


def _with_switch(release: Release, key: str, text: str) -> Release:
    name = key.replace("-", "_")
    value: Any = _switch(key, text, getattr(release, name))
    return replace(release, **{name: value})


def _switch(key: str, text: str, now: Fact) -> Fact:
    """A value of the kind that the switch has now."""
    match now:
        case bool():
            return parse_bool(text)
        case tuple():
            return split(text)
        case _:
            return _text(key, text)


def _text(key: str, text: str) -> str:
    reads, expected = TEXTS.get(key, (str, "a text"))
    try:
        reads(text)
    except ValueError:
        raise ValueError(f'"{text}" is not {expected}') from None
    return text
