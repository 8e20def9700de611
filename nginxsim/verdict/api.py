"""Findings about what the API server, or kubectl before it, refuses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from nginxsim.catalogue import BY_CODE
from nginxsim.kube.validation import (
    OF_VALUES,
    Documents,
    Fault,
    Identity,
    Problem,
    Reason,
    Refuser,
    problems,
    shown,
)
from nginxsim.sources import Omission, Omitted
from nginxsim.verdict.types import Evidence, Finding

if TYPE_CHECKING:
    from nginxsim.kube.kubernetes import Kubernetes
    from nginxsim.origins import Origin
    from nginxsim.simulation import Simulation
    from nginxsim.sources import File

WHO: Mapping[Refuser, str] = {
    Refuser.KUBECTL: "kubectl refuses",
    Refuser.STRICT: "kubectl's strict validation refuses",
    Refuser.SERVER: "the API server refuses",
    Refuser.NOBODY: "kubectl takes",
}

_BY_REASON: Mapping[Reason, str] = {
    Reason.NOT_YAML: "api-text",
    Reason.NOT_AN_OBJECT: "api-text",
    Reason.UNKNOWN_KIND: "api-kind-unknown",
    Reason.NOT_SERVED: "api-version-gone",
    Reason.UNKNOWN_FIELD: "api-field-unknown",
    Reason.WRONG_KIND: "api-value-kind",
    Reason.REQUIRED: "api-value-missing",
    Reason.NO_NAMESPACE: "api-name",
    Reason.KEY_TWICE: "key-twice",
}
_BY_FIELD: tuple[tuple[str, str, str], ...] = (
    ("Ingress", "spec.rules.http.paths.pathType", "api-path-type"),
    ("Ingress", "spec.rules.http.paths.path", "api-path"),
    ("Ingress", "spec.rules.host", "api-host"),
    ("Ingress", "spec.tls.hosts", "api-host"),
    ("Ingress", "spec", "api-no-rules"),
    ("Ingress", "spec.rules.http.paths", "api-no-rules"),
    ("Ingress", "spec.ingressClassName", "api-class"),
    ("Ingress", "annotations.kubernetes.io/ingress.class", "api-class"),
    ("Ingress", "spec.rules.http.paths.backend*", "api-backend"),
    ("Ingress", "spec.defaultBackend*", "api-backend"),
    ("Service", "spec.ports*", "api-port"),
    ("*", "*ports.*", "api-port"),
    ("*", "metadata.name", "api-name"),
    ("*", "metadata.generateName", "api-name"),
    ("*", "metadata.namespace", "api-name"),
    ("*", "*labels", "api-label"),
    ("*", "*annotations", "api-label"),
    ("*", "*elector*", "api-label"),
)
"""Kind of object, field without indexes, and the code of a value there that is not allowed."""
_INDEX = re.compile(r"\[\d+\]")
_ANNOTATIONS = "metadata.annotations"


class ApiFinding(NamedTuple):
    """refused: somebody refuses it, rather than only being odd. by: who does."""

    finding: Finding
    refused: bool
    by: Refuser


def api_findings(simulation: Simulation) -> list[ApiFinding]:
    """Of everything that was read, and of the manifests that could not be."""
    unreadable = list(_findings(_unreadable(simulation.given.omitted)))
    return [*api_findings_in(simulation.given.texts, simulation.kubernetes), *unreadable]


def _unreadable(omitted: Iterable[Omitted]) -> Iterator[Problem]:
    for each in omitted:
        if each.why is Omission.BROKEN and each.origin:
            yield Problem(Refuser.KUBECTL, Fault(Reason.NOT_YAML, (), f"is {each.detail}"), Identity(), each.origin)


def api_findings_in(files: Iterable[File], kubernetes: Kubernetes) -> list[ApiFinding]:
    return list(_findings(problems(files, kubernetes)))


def api_findings_at(documents: Documents, origins: Iterable[Origin]) -> list[ApiFinding]:
    """Of the documents at these places only."""
    # Of the text that was read, whoever made it.
    return list(_findings(documents.problems_at((file, line) for file, line, _ in origins)))


def _findings(found: Iterable[Problem]) -> Iterator[ApiFinding]:
    return (ApiFinding(_finding(problem), problem.refused, problem.refuser) for problem in found)


def _finding(problem: Problem) -> Finding:
    fault, owner = problem.fault, str(problem.owner)
    row = BY_CODE[_code(problem)]
    facts = {
        "who": WHO[problem.refuser],
        "owner": owner or "a document",
        "what": " ".join(filter(None, (fault.field, shown(fault.value)))) or "it",
        "says": fault.says,
    }
    return Finding(
        row.code,
        row.found.format(**facts),
        row.level,
        row.number,
        evidence=(Evidence(problem.origin),),
        fix=row.fix.format(**facts),
        owner=owner,
        field=fault.field,
        value=shown(fault.value),
        edit=problem.edit,
    )


def _code(problem: Problem) -> str:
    """Values have codes by where they stand, all else by what is wrong with it."""
    fault, kind = problem.fault, problem.owner.kind
    if fault.reason is Reason.WRONG_KIND and fault.field == _ANNOTATIONS:
        return "api-annotation-kind"
    by_reason = _BY_REASON.get(fault.reason, "api-value-refused")
    if fault.reason not in OF_VALUES:
        return by_reason
    return _by_field(kind, _INDEX.sub("", fault.field)) or by_reason


@lru_cache(maxsize=1024)
def _by_field(kind: str, field: str) -> str:
    rows = (code for of, name, code in _BY_FIELD if fnmatchcase(kind, of) and fnmatchcase(field, name))
    return next(rows, "")
