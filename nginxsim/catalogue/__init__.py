"""The catalogue of causes and findings: one row each, with its page of documentation.

The rows are data: causes.yaml has the ways a request can end (NX0xx to NX5xx), findings.yaml what an estate can have
wrong without being asked (NX6xx and up). A number or code, once given, is never used for anything else.
"""

from nginxsim.catalogue.entries import Entry
from nginxsim.catalogue.examples import Example
from nginxsim.catalogue.outside import Rule, outside_rules
from nginxsim.catalogue.rows import BY_CODE, BY_NUMBER, entry, every_entry, matching, names

__all__ = [
    "BY_CODE",
    "BY_NUMBER",
    "Entry",
    "Example",
    "Rule",
    "entry",
    "every_entry",
    "matching",
    "names",
    "outside_rules",
]
