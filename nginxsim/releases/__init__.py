"""What differs between releases of the controller, and the only place where a version matters.

Every fact has its dates once: in facts.py, settings.py and flags.py, and an annotation's in its own row. A Release is
what they come to for one version.
"""

from nginxsim.releases.facts import FACTS, Fact, Release
from nginxsim.releases.known import (
    NEWEST,
    RELEASES,
    Told,
    between,
    flag_dates,
    later,
    release,
    release_of_chart,
    release_of_tag,
    setting_dates,
)
from nginxsim.releases.scripts import SCRIPTS, Script
from nginxsim.releases.spans import EVER, number, span

__all__ = [
    "EVER",
    "FACTS",
    "NEWEST",
    "RELEASES",
    "SCRIPTS",
    "Fact",
    "Release",
    "Script",
    "Told",
    "between",
    "flag_dates",
    "later",
    "number",
    "release",
    "release_of_chart",
    "release_of_tag",
    "setting_dates",
    "span",
]
