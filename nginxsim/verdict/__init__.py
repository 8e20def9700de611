"""From what nginx did to why: causes, provenance, fixes."""

from nginxsim.verdict.types import Cause, Evidence, Finding, Fragment, Outcome, TraceStep, Verdict, nested

__all__ = ["Cause", "Evidence", "Finding", "Fragment", "Outcome", "TraceStep", "Verdict", "nested"]
