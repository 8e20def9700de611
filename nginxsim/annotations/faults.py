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


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a fault points at. annotation: as the Ingress spells it, without prefix; offending: a part of value."""

    annotation: str = ""
    value: str = ""
    offending: str = ""
    expected: str = ""


NO_EVIDENCE = Evidence()


class Fault(Exception):  # noqa: N818 -- a family of outcomes, not of programming errors
    """Base; `reason` is the text the controller logs or renders."""

    def __init__(self, reason: str, evidence: Evidence = NO_EVIDENCE) -> None:
        super().__init__(reason)
        self.reason = reason
        self.evidence = evidence


class Missing(Fault):
    """No annotation of the family asks for anything."""

    def __init__(self) -> None:
        super().__init__("ingress rule without annotations")


class BadContent(Fault):
    """The value is not what its reader takes."""

    def __init__(self, full_name: str, evidence: Evidence) -> None:
        text = f"the annotation {full_name} does not contain a valid value ({evidence.value})"
        super().__init__(text, evidence)


class Refused(Fault):
    """The validator does not let the value pass."""

    def __init__(self, full_name: str, evidence: Evidence) -> None:
        super().__init__(f"annotation {full_name} contains invalid value", evidence)


class Denied(Fault):
    """`kept` is what the family's parser hands back beside the error, None where it hands back nothing."""

    def __init__(self, reason: str, evidence: Evidence = NO_EVIDENCE, kept: object = None) -> None:
        super().__init__(reason, evidence)
        self.kept = kept

    @classmethod
    def because(cls, reason: str, evidence: Evidence = NO_EVIDENCE, kept: object = None) -> Denied:
        """With the introduction that most, but not all, denials carry."""
        return cls(f"location denied, reason: {reason}", evidence, kept)


class Unusable(Fault):
    """The parser gives up without denying anything."""
