"""The tables of what one Ingress decides for a whole host fit each other."""

from __future__ import annotations

from dataclasses import fields

from nginxsim.annotations import NAMES
from nginxsim.controller.traits import BY_ANNOTATION, FIRST_COME, ServerTrait, ServerTraits


def test_every_trait_has_its_field_and_is_decided_once():
    assert sorted(field.name for field in fields(ServerTraits)) == sorted(ServerTrait)
    assert len({row.trait for row in FIRST_COME}) == len(FIRST_COME)


def test_every_trait_is_heard_from_an_annotation_but_the_certificate():
    assert BY_ANNOTATION.keys() <= NAMES.keys()
    heard = {trait for traits in BY_ANNOTATION.values() for trait in traits}
    assert set(ServerTrait) - heard == {ServerTrait.CERTIFICATE}
