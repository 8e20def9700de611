"""From a question to a decision: the object that was sent, reviewed against what is stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from nginxsim.errors import InputError
from nginxsim.kube import load
from nginxsim.kube.objects import Ingress
from nginxsim.kube.validation import undecodable
from nginxsim.simulation import Simulation
from nginxsim.sources import File
from nginxsim.webhook.messages import INGRESS, Decision, Question
from nginxsim.webhook.strict import Strictness

SENT = "(sent)"
"""The file that origins name where they point into the object that was sent."""


class Judge:
    """Decides as the controller's webhook would; prepared once, then asked about one Ingress after the other.

    strict: refuse besides what nginx would refuse, and an Ingress whose requests would all come out denied.
    """

    def __init__(self, stored: Simulation, *, strict: bool = False) -> None:
        self._reviewer = stored.reviewer
        self._strictness = Strictness(stored) if strict else None

    def decide(self, question: Question) -> Decision:
        try:
            ingress = ingress_from(question)
        except InputError as problem:
            return Decision(False, _without_place(problem), check="decoding")
        review = self._reviewer.review(ingress)
        if not review.allowed:
            return Decision(False, review.error, review.warnings, review.check)
        if self._strictness and not review.unseen and (objections := self._strictness.objections(ingress, review)):
            return Decision(False, "\n".join(objections), review.warnings, "strict")
        return Decision(True, review.unseen, review.warnings, review.check)


def ingress_from(question: Question) -> Ingress:
    """The Ingress that was sent. Raises InputError for one that does not decode."""
    sent = question.object
    if sent is None:
        # As the original has it, for a DELETE as well: an object that is left out is empty JSON to its decoder.
        raise InputError("couldn't get version/kind; json parse error: unexpected end of JSON input")
    if not isinstance(sent, dict):
        raise InputError("the request's object is not a JSON object")
    completed = _completed(sent, question)
    for fault in undecodable(completed):
        raise InputError(f"{fault.field} {fault.says}")
    cluster = load([File(SENT, json.dumps(completed))])
    return next(iter(cluster.ingresses.values()))


def _completed(sent: Mapping[str, Any], question: Question) -> dict[str, Any]:
    """Whatever its kind says it is read as the Ingress that was announced. What nobody reads is left out."""
    metadata = sent.get("metadata") or {}
    if isinstance(metadata, dict):
        named = {"name": question.name, "namespace": question.namespace}
        given = {field: value for field, value in metadata.items() if field != "managedFields" and value is not None}
        metadata = {**named, **given}
    return {
        "apiVersion": f"{INGRESS['group']}/{INGRESS['version']}",
        "kind": INGRESS["kind"],
        "metadata": metadata,
        "spec": sent.get("spec"),
    }


def _without_place(problem: InputError) -> str:
    """Lines and columns count in JSON that nobody wrote."""
    return str(problem).removeprefix(f"{problem.origin}: ")
