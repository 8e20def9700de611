"""Why an annotation could not be used, with the controller's own words.

Fault
├── Missing     not set at all; nobody is told
├── BadContent  set, but not what the getter reads (ingress-nginx: InvalidContentError)
├── Refused     stopped by the annotation's validator (ValidationError): the Ingress is dropped
├── Denied      the locations answer 503 (LocationDenied)
└── Unusable    anything else: the family keeps its zero value

ingress-nginx 1.15.1: internal/ingress/errors/errors.go
"""

from __future__ import annotations

from dataclasses import dataclass

from nginxsim.annotations.values import Named, Wrong


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a fault points at. annotation: as the Ingress spells it, without prefix; offending: a part of value.

    missing: what the value names and what is not there.
    """

    annotation: str = ""
    value: str = ""
    offending: str = ""
    expected: str = ""
    missing: Named | None = None


NO_EVIDENCE = Evidence()


class Fault(Exception):  # noqa: N818 -- a family of outcomes, not of programming errors
    """Base; `reason` is the text the controller logs or renders, `complaint` what of it is not mere introduction."""

    def __init__(self, reason: str, evidence: Evidence = NO_EVIDENCE, kind: Wrong = Wrong.OTHER) -> None:
        super().__init__(reason)
        self.reason = self.complaint = reason
        self.evidence = evidence
        self.kind = Wrong.ABSENT if evidence.missing else kind


class Missing(Fault):
    """No annotation of the family asks for anything."""

    def __init__(self) -> None:
        super().__init__("ingress rule without annotations")


class BadContent(Fault):
    """The value is not what its reader takes."""

    def __init__(self, full_name: str, evidence: Evidence) -> None:
        text = f"the annotation {full_name} does not contain a valid value ({evidence.value})"
        super().__init__(text, evidence, Wrong.VALUE)


class Refused(Fault):
    """The validator does not let the value pass."""

    def __init__(self, full_name: str, evidence: Evidence) -> None:
        super().__init__(f"annotation {full_name} contains invalid value", evidence, Wrong.VALUE)


class Denied(Fault):
    """`kept` is what the family's parser hands back beside the error, None where it hands back nothing."""

    def __init__(
        self, reason: str, evidence: Evidence = NO_EVIDENCE, kept: object = None, kind: Wrong = Wrong.OTHER
    ) -> None:
        super().__init__(reason, evidence, kind)
        self.kept = kept
        self.introduced = False

    def introduce(self, words: str) -> None:
        """Puts what its release says first before the reason, where that is said at all."""
        if self.introduced:
            self.reason = words + self.complaint

    @classmethod
    def because(cls, reason: str, evidence: Evidence = NO_EVIDENCE) -> Denied:
        """With the introduction that most, but not all, denials carry."""
        denied = cls(reason, evidence)
        denied.introduced = True
        return denied


class Unusable(Fault):
    """The parser gives up without denying anything."""
