"""A nginx.tmpl of one's own in the place of the controller's: whether it still fits the new release.

ingress-nginx 1.15.1: internal/ingress/controller/template/template.go, charts/ingress-nginx/templates/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from nginxsim.kube.objects import ConfigMap
from nginxsim.releases import span
from nginxsim.releases.template_names import FIELDS, FUNCTIONS, template_of
from nginxsim.upgrade.charted import charted
from nginxsim.upgrade.kinds import Change, Kind
from nginxsim.upgrade.road import Road
from nginxsim.upgrade.wording import template_behind, template_broken
from nginxsim.upgrade.written import CustomTemplate, custom_templates_of

_ACTION = re.compile(r"\{\{((?:(?!\{\{|\}\}).)*+)\}\}", re.DOTALL)
_TEXT = re.compile(r'"(?:[^"\\]|\\.?)*+(?:"|\Z)|`[^`]*+(?:`|\Z)|/\*(?:(?!\*/).)*+(?:\*/|\Z)', re.DOTALL)
_NAME = re.compile(r"\.?[A-Za-z]\w*")
_VALUE = "controller.customTemplate.configMapName"


def template_changes(road: Road) -> Iterator[Change]:
    old, new = road.old.controller.release.name, road.new.controller.release.name
    if template_of(old) == template_of(new):
        return
    for custom in (*custom_templates_of(road.old.given), *_of_charts(road)):
        text = _text(road.old.given.config_maps, custom)
        gone = [name for name, when in _dated(text) if old in span(when) and new not in span(when)]
        if gone:
            course = road.dated(lambda name, gone=gone: not _has(gone[0], name))  # type: ignore[misc]
            yield Change(Kind.OBJECT, "nginx.tmpl", course, template_broken(custom, gone, course, new))
        else:
            course = road.dated(lambda name: template_of(name) == template_of(new))
            yield Change(Kind.OBJECT, "nginx.tmpl", course, template_behind(custom, course, new))


def _of_charts(road: Road) -> Iterator[CustomTemplate]:
    for values in charted(road.old.given.texts):
        for leaf in values.leaves.get(_VALUE, ()):
            if leaf.text:
                yield CustomTemplate(values.owner, leaf.text, leaf.origin)


def _text(config_maps: Mapping[str, ConfigMap], custom: CustomTemplate) -> str:
    """What the ConfigMap holds, "" where it is not in the input."""
    named = (each for key, each in config_maps.items() if key.rpartition("/")[2] == custom.config_map)
    return "\n".join(text for each in named for text in each.data.values())


def _dated(text: str) -> Iterator[tuple[str, str]]:
    """Names in the template that not every release has, in the order of their places, with those that have them."""
    seen: dict[str, str] = {}
    for action in _ACTION.findall(text):
        for name in _NAME.findall(_TEXT.sub(" ", action)):
            when = FIELDS.get(name[1:]) if name.startswith(".") else FUNCTIONS.get(name)
            if when:
                seen.setdefault(name, when)
    yield from seen.items()


def _has(name: str, release: str) -> bool:
    return release in span(FIELDS[name[1:]] if name.startswith(".") else FUNCTIONS[name])
