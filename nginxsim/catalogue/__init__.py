"""The catalogue of causes and findings: one row each, with its page of documentation.

The rows are data: causes.yaml has the ways a request can end (NX0xx to NX5xx), findings.yaml what an estate can have
wrong without being asked (NX6xx and up). A number or code, once given, is never used for anything else.
"""

from nginxsim.catalogue.examples import Example
from nginxsim.catalogue.rows import BY_CODE, BY_NUMBER, Entry, entry, matching

__all__ = ["BY_CODE", "BY_NUMBER", "Entry", "Example", "entry", "matching"]
