"""Objects that have to be there, or be otherwise, before the new release starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from nginxsim.around.webhook.way import asks_in, is_the_controllers
from nginxsim.kube.kubernetes import NEWEST, Kubernetes
from nginxsim.releases import release as release_named
from nginxsim.releases import span
from nginxsim.releases.rights import RIGHTS, Right
from nginxsim.sources import File
from nginxsim.upgrade.kinds import Change, Course, Kind
from nginxsim.upgrade.road import Road
from nginxsim.upgrade.wording import (
    class_wanted,
    image_missing,
    metrics_missed,
    registration_old,
    right_wanted,
    version_gone,
)
from nginxsim.upgrade.written import Role, metric_readers_of, roles_of
from nginxsim.verdict.api import ApiFinding, api_findings_in

GONE = "api-version-gone"
OLD_VERSION = "beta"
"""What the names of versions have in them that end one day."""
REVIEW = "v1"
CHROOT = "controller-chroot"
"""The image in which nginx sees no files of the controller."""


def object_changes(road: Road) -> Iterator[Change]:
    yield from _rights(road)
    yield from _class(road)
    yield from _registration(road)
    yield from _versions(road)
    yield from _image(road)
    yield from _metrics(road)


def _rights(road: Road) -> Iterator[Change]:
    roles = roles_of(road.old.given)
    if any(role.reads_ingresses for role in roles):
        for right in RIGHTS:
            missing = [verb for verb in right.verbs if not _may(roles, right, verb)]
            if missing and _begins(road, right.releases):
                course = _course(road, right.releases)
                told = right_wanted(right, missing, _reading(roles), course)
                yield Change(Kind.OBJECT, right.resource, course, told)


def _may(roles: Sequence[Role], right: Right, verb: str) -> bool:
    return any(rule.grants(right, verb) for role in roles for rule in role.rules)


def _reading(roles: Sequence[Role]) -> Role:
    """The one that a person would change."""
    return next(role for role in roles if role.reads_ingresses)


def _begins(road: Road, when: str) -> bool:
    old, new = road.old.controller.release, road.new.controller.release
    return new.within(when) and not old.within(when)


def _course(road: Road, when: str) -> Course:
    return road.course(lambda name: name in span(when))


def _class(road: Road) -> Iterator[Change]:
    """An IngressClass is only looked for since classes are more than names."""
    old, new = road.old.controller, road.new.controller
    if not old.release.classes_are_names or new.release.classes_are_names:
        return
    users = [each for each in road.ingresses() if each.class_name == new.flags.ingress_class]
    classes = road.old.given.ingress_classes.values()
    if users and not any(each.controller == new.flags.controller_class for each in classes):
        course = road.course(lambda name: not release_named(name).classes_are_names)
        yield Change(Kind.OBJECT, "IngressClass", course, class_wanted(users[0], new.flags, course))


def _registration(road: Road) -> Iterator[Change]:
    """The API server asks the webhook in the first of these versions that it knows itself."""
    old, new = road.old.controller.release, road.new.controller.release
    if not old.webhook_reads_old_reviews or new.webhook_reads_old_reviews:
        return
    course = road.course(lambda name: not release_named(name).webhook_reads_old_reviews)
    for registration in road.old.given.registrations.values():
        for webhook in filter(is_the_controllers, registration.webhooks):
            if asks_in(webhook) != REVIEW:
                told = registration_old(registration, webhook, course)
                yield Change(Kind.OBJECT, "admissionReviewVersions", course, told)


def _versions(road: Road) -> Iterator[Change]:
    """Versions of objects that the newest Kubernetes of the new release no longer serves."""
    files = [file for file in road.old.given.texts if OLD_VERSION in file.text]
    if not files or road.old.kubernetes == road.new.kubernetes:
        return
    before = {_what(found) for found in _gone(tuple(files), str(road.old.controller.release.kubernetes))}
    for found in _gone(tuple(files), str(road.new.controller.release.kubernetes)):
        if _what(found) not in before:
            course = road.course(lambda name, found=found: _is_gone(tuple(files), found, name))  # type: ignore[misc]
            yield Change(Kind.OBJECT, "apiVersion", course, version_gone(found.finding, course))


def _is_gone(files: tuple[File, ...], found: ApiFinding, name: str) -> bool:
    return _what(found) in {_what(each) for each in _gone(files, release_named(name).kubernetes)}


def _image(road: Road) -> Iterator[Change]:
    deployed, release = road.old.controller.deployed, road.new.controller.release
    if deployed and CHROOT in deployed.container.image and not release.has_chroot_image:
        course = road.course(lambda name: not release_named(name).has_chroot_image)
        origin = deployed.container.image_origin or deployed.origin
        told = image_missing(str(deployed), deployed.container.image, origin, course)
        yield Change(Kind.OBJECT, CHROOT, course, told)


def _metrics(road: Road) -> Iterator[Change]:
    old, new = road.old.controller.flags, road.new.controller.flags
    if old.enable_metrics and not new.enable_metrics:
        course = road.course(lambda name: not road.controller(name).flags.enable_metrics)
        for reader in metric_readers_of(road.old.given):
            yield Change(Kind.OBJECT, "metrics", course, metrics_missed(reader, course))


@cache
def _gone(files: tuple[File, ...], kubernetes: str) -> tuple[ApiFinding, ...]:
    version = min(NEWEST, Kubernetes.named(kubernetes))
    return tuple(found for found in api_findings_in(files, version) if found.finding.code == GONE)


def _what(found: ApiFinding) -> tuple[object, ...]:
    return found.finding.owner, found.finding.origins
