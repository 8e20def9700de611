"""AdmissionReview v1: what an API server asks, and how it wants to be answered.

ingress-nginx 1.15.1: internal/admission/controller/server.go, main.go; the statuses are the original's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NoReturn

from nginxsim.errors import NginxsimError

API_VERSION = "admission.k8s.io/v1"
INGRESS = {"group": "networking.k8s.io", "version": "v1", "kind": "Ingress"}


class RequestError(NginxsimError):
    """No AdmissionReview that can be answered; `status` is the HTTP status that says so."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Question:
    """May this object be stored? `object` is as sent: any JSON value, None for none."""

    uid: str
    name: str
    namespace: str
    operation: str
    object: object


@dataclass(frozen=True, slots=True)
class Decision:
    """What the API server is told. check: what decided, for the log; "" when all checks were passed."""

    allowed: bool
    message: str = ""
    warnings: tuple[str, ...] = ()
    check: str = ""


def question_from(body: bytes) -> Question:
    """Raises RequestError: 400 for what is no AdmissionReview v1, 500 for one that is not about an Ingress v1."""
    review = _mapping(_parsed(body), "an AdmissionReview")
    if (review.get("kind"), review.get("apiVersion")) != ("AdmissionReview", API_VERSION):
        _malformed(f"expected kind AdmissionReview of {API_VERSION}")
    if review.get("request") is None:
        # The original dereferences it and drops the connection.
        raise RequestError(HTTPStatus.INTERNAL_SERVER_ERROR, "the AdmissionReview has no request")
    request = _mapping(review["request"], "request")
    question = Question(
        uid=_text(request, "uid"),
        name=_text(request, "name"),
        namespace=_text(request, "namespace"),
        operation=_text(request, "operation"),
        object=request.get("object"),
    )
    kind = _mapping(request.get("kind") or {}, "request.kind")
    if {field: _text(kind, field) for field in INGRESS} != INGRESS:
        raise RequestError(HTTPStatus.INTERNAL_SERVER_ERROR, _not_an_ingress(kind, question))
    return question


def _parsed(body: bytes) -> object:
    """Stricter than Python and as Go has it: no NaN. Bytes that are no UTF-8 are replaced."""
    try:
        return json.loads(body.decode("utf-8", "replace"), parse_constant=_no_number)
    except RecursionError:
        _malformed("nested too deeply")
    except ValueError as problem:
        _malformed(f"not valid JSON: {problem}")


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        _malformed(f"{what} has to be an object")
    return value


def _text(mapping: Mapping[str, Any], field: str) -> str:
    value = mapping.get(field)
    if not isinstance(value, str | None):
        _malformed(f"{field} has to be text")
    return value or ""


def _malformed(message: str) -> NoReturn:
    raise RequestError(HTTPStatus.BAD_REQUEST, message)


def _not_an_ingress(kind: Mapping[str, Any], question: Question) -> str:
    described = f"{kind.get('group', '')}/{kind.get('version', '')}, Kind={kind.get('kind', '')}"
    where = f"with name {question.name} in namespace {question.namespace}"
    return (
        f"rejecting admission review because the request does not contain an Ingress resource but {described} {where}"
    )


def answer_to(question: Question, decision: Decision) -> bytes:
    """The AdmissionReview that goes back; the question is not repeated in it."""
    response: dict[str, Any] = {"uid": question.uid, "allowed": decision.allowed}
    if not decision.allowed:
        response["status"] = {
            "metadata": {},
            "status": "Failure",
            "message": decision.message,
            "reason": "BadRequest",
            "code": HTTPStatus.BAD_REQUEST.value,
        }
    if decision.warnings:
        response["warnings"] = list(decision.warnings)
    return json.dumps({"kind": "AdmissionReview", "apiVersion": API_VERSION, "response": response}).encode()
