"""The report of `nginxsim admit`, for people and as JSON. Field names are part of the interface."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nginxsim.admission import Review
from nginxsim.errors import some
from nginxsim.kube.validation import Refuser
from nginxsim.printing import paint
from nginxsim.reports.machine import dumps, finding_data, place
from nginxsim.reports.spans import Sources, excerpt
from nginxsim.reports.terminal import for_people, plural, taken
from nginxsim.verdict.admission import Admission, Admissions, Fault
from nginxsim.verdict.api import ApiFinding
from nginxsim.verdict.types import Evidence

COLOURS = {
    "refused": "red",
    "nginx": "red",
    "denied": "yellow",
    "warning": "yellow",
    "unseen": "cyan",
    "allowed": "green",
}
"""What a line can say of an Ingress; the words stand at its head."""
WIDTH = max(map(len, COLOURS))
SUMMARY = {
    "allowed": "allowed",
    "refused": "refused",
    "unseen": "not looked at",
    "denied": "allowed but denied",
}
BY: Mapping[Refuser, str] = {
    Refuser.KUBECTL: "kubectl itself",
    Refuser.STRICT: "the API server, asked by kubectl to be strict",
    Refuser.SERVER: "the API server",
}
"""Who refuses before the webhook does."""
LINES_SHOWN = 3
"""Of the lines of nginx.conf that have a fault in common."""


@dataclass(frozen=True, slots=True)
class AdmissionReport:
    """What a report is made of."""

    admissions: Admissions
    sources: Sources = field(default_factory=Sources)


def text(report: AdmissionReport) -> str:
    """The Ingresses one after the other, then what nginx would refuse besides, and a line that sums it all up."""
    admissions, sources = report.admissions, report.sources
    blocks = [list(_block(one, sources)) for one in admissions.ingresses]
    blocks.extend(list(_unstored(found.finding.ingress, [found], sources)) for found in admissions.unread)
    blocks.extend(list(_fault("nginx.conf", fault, sources)) for fault in admissions.elsewhere)
    return for_people([*_spaced(blocks), *taken(admissions.assumptions), _summary(admissions)])


def _spaced(blocks: Sequence[list[str]]) -> Iterator[str]:
    """Blocks of several lines stand apart from what is around them."""
    for before, block in zip([[], *blocks], blocks, strict=False):
        if len(before) == 1 < len(block):
            yield ""
        yield from block
        if len(block) > 1:
            yield ""
    if blocks and len(blocks[-1]) == 1:
        yield ""


def _block(admission: Admission, sources: Sources) -> Iterator[str]:
    review = admission.review
    if admission.api:
        # What the webhook would say is never heard.
        yield from _unstored(review.ingress, admission.api, sources)
    else:
        yield from _reviewed(review, sources)
    for fault in admission.nginx:
        yield from _fault(review.ingress, fault, sources)


def _reviewed(review: Review, sources: Sources) -> Iterator[str]:
    if not review.allowed:
        yield from _refusal(review, sources)
    elif review.unseen:
        yield from _head("unseen", review.ingress, f"not looked at: {review.unseen}")
    else:
        yield from _head("allowed", review.ingress)
    for warning in review.warnings:
        yield from _head("warning", review.ingress, warning)
    if review.denied:
        yield from _head("denied", review.ingress, f"allowed, yet no request will get through: {review.denied}")
        yield from _places(review, sources, "yellow")


def _unstored(ingress: str, api: Sequence[ApiFinding], sources: Sources) -> Iterator[str]:
    for each in api:
        found = each.finding
        yield from _head("refused", ingress, found.message)
        remarks = (f"by {BY[each.by]}, before the webhook is asked", f"fix: {found.fix}" if found.fix else "")
        yield from excerpt(found.evidence, sources, "red", filter(None, remarks))


def _refusal(review: Review, sources: Sources) -> Iterator[str]:
    yield from _head("refused", review.ingress, review.error)
    others = (f"or, as chance has it: {reason}" for reason in review.also)
    yield from _places(review, sources, "red", (f"by the webhook, check: {review.check}", *others))


def _places(review: Review, sources: Sources, colour: str, remarks: Iterable[str] = ()) -> Iterator[str]:
    yield from excerpt([Evidence(origin) for origin in review.origins], sources, colour, remarks)


def _fault(where: str, fault: Fault, sources: Sources) -> Iterator[str]:
    found = fault.finding
    yield from _head("nginx", where, f"would refuse the file: {found.message}")
    remarks = (f"in nginx.conf: {_numbered(fault.lines)}", f"fix: {found.fix}" if found.fix else "")
    yield from excerpt(found.evidence, sources, "red", filter(None, remarks))


def _numbered(lines: Sequence[int]) -> str:
    return f"{plural('line', len(lines))} {some(list(map(str, lines)), LINES_SHOWN)}"


def _head(word: str, ingress: str, message: str = "") -> Iterator[str]:
    """Further lines of a message are indented as far as the first."""
    head = f"{paint(word.ljust(WIDTH), fg=COLOURS[word], bold=True)}  {paint(ingress, bold=True)}"
    first, *further = message.splitlines() or [""]
    yield f"{head}: {first}" if message else head
    yield from (" " * (WIDTH + 2) + line for line in further)


def _summary(admissions: Admissions) -> str:
    counts = summary_data(admissions)
    told = [f"{counts[field]} {words}" for field, words in SUMMARY.items() if counts[field]]
    if faults := counts["nginx"]:
        told.append(f"{faults} {plural('fault', faults)} that nginx would refuse")
    total, others = counts["ingresses"], admissions.others
    more = (
        f"; of other objects the API server refuses {others} {plural('thing', others)} (nginxsim check)"
        if others
        else ""
    )
    return f"{total} {plural('Ingress', total)}: {', '.join(told)}{more}"


def as_json(report: AdmissionReport) -> str:
    admissions = report.admissions
    return dumps(
        {
            "ingresses": [admission_data(one) for one in admissions.ingresses],
            "nginx": [fault_data(fault) for fault in admissions.elsewhere],
            "unread": [api_data(found) for found in admissions.unread],
            "summary": summary_data(admissions),
            "assumptions": list(admissions.assumptions),
        }
    )


def admission_data(admission: Admission) -> dict[str, Any]:
    """From `check` to `denied` it is the webhook's own word, which is not heard where `api` has anything."""
    review, api = admission.review, admission.api
    return {
        "ingress": review.ingress,
        "refused_by": admission.refuser or "",
        "api": [api_data(found) for found in api],
        "allowed": admission.refuser is None,
        "error": api[0].finding.message if api else review.error,
        "check": review.check,
        "also": list(review.also),
        "warnings": list(review.warnings),
        "unseen": review.unseen,
        "denied": review.denied,
        "origins": [place(origin) for origin in review.origins],
        "nginx": [fault_data(fault) for fault in admission.nginx],
    }


def api_data(found: ApiFinding) -> dict[str, Any]:
    return {**finding_data(found.finding), "by": found.by}


def fault_data(fault: Fault) -> dict[str, Any]:
    return {**finding_data(fault.finding), "nginx_conf_lines": list(fault.lines)}


def summary_data(admissions: Admissions) -> dict[str, int]:
    stored = [one.review for one in admissions.ingresses if one.refuser is None]
    return {
        "ingresses": len(admissions.ingresses),
        "allowed": sum(not review.unseen for review in stored),
        "refused": len(admissions.ingresses) - len(stored) + len(admissions.unread),
        "unseen": sum(bool(review.unseen) for review in stored),
        "denied": sum(bool(review.denied) for review in stored),
        "nginx": len(admissions.elsewhere) + sum(len(one.nginx) for one in admissions.ingresses),
    }
