"""What nginx of the new release refuses in the file, and what the webhook no longer keeps out of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from nginxsim.upgrade.kinds import Change, Kind
from nginxsim.upgrade.road import Road
from nginxsim.upgrade.wording import reloads_fail, untested
from nginxsim.verdict.types import Finding


def file_changes(road: Road) -> Iterator[Change]:
    before = set(map(_what, road.old.refused_by_nginx))
    once = {_what(found): found for found in reversed(road.new.refused_by_nginx)}
    for found in reversed(once.values()):
        if _what(found) not in before:
            yield _reloads_fail(road, found)
        elif _tested_before(road) and found.owner.startswith("Ingress "):
            yield _untested(road, found)


def _what(found: Finding) -> tuple[str, str]:
    return found.message, found.owner


def _tested_before(road: Road) -> bool:
    old, new = road.old.controller.release, road.new.controller.release
    return old.webhook_tests_conf and not new.webhook_tests_conf


def _reloads_fail(road: Road, found: Finding) -> Change:
    course = road.bisected(partial(_is_refused, road, found), partial(_is_taken, road, found))
    return Change(Kind.RELOADS_FAIL, _subject(found), course, reloads_fail(found, course))


def _is_refused(road: Road, found: Finding, name: str) -> bool:
    part = road.part(name, [found.ingress] if found.ingress else [])
    return found.message in {each.message for each in part.refused_by_nginx}


def _is_taken(road: Road, found: Finding, name: str) -> bool:
    """And not for want of the Ingress."""
    return not _is_refused(road, found, name) and not road.drops(found.ingress, name)


def _untested(road: Road, found: Finding) -> Change:
    course = road.course(lambda name: not road.controller(name).release.webhook_tests_conf)
    return Change(Kind.UNTESTED, _subject(found), course, untested(found, course))


def _subject(found: Finding) -> str:
    return found.evidence[0].text if found.evidence else found.message
