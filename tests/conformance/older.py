"""What older controllers made of the cases, held against the simulator's conf for their release.

The recordings of older releases are the real controllers' own code, run without its container. In three places that
shows in the file, and nothing that can be asked of a simulator would bring it about. Both sides are brought to the same
form there, and nowhere else:

- The machine had no IPv6, and only one of the two places that look for it was told otherwise: `resolver` says ipv6=off
  beside `listen [::]`. ingress-nginx 1.3.1: internal/ingress/controller/template/configmap.go (ReadConfig sets
  DisableIpv6DNS by what the machine has), nginx.go (isIPV6Enabled, which was told).
- Where there is no ConfigMap the settings were never read, and so the Lua dictionaries are missing, which leaves the
  semicolon behind their list, and the size that is reckoned from them. ingress-nginx 1.3.1: store/store.go (New reads
  an absent ConfigMap as an empty one), template/configmap.go (ReadConfig brings the dictionaries), template/template.go
  (buildLuaSharedDictionaries, luaConfigurationRequestBodySize).
- Up to 0.47.0 scripts of the image lay the file out; without them it goes out as the template has it. What is laid out
  anew shows in values of several lines alone. ingress-nginx 0.43.0: template/template.go (Write), rootfs/ingress-
  controller/clean-nginx-conf.sh, indent.sh.

Two more things the original leaves to chance (Go's map order): the order of the limits' zones where a release does not
sort them (1.9.6, 1.11.5: template.go, buildRateLimitZones), and which of several reasons denies a location.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from nginxsim import Simulation
from nginxsim.annotations import Effect
from nginxsim.releases import span

Lines = list[str]

UNSORTED = span("1.9.6 1.11.5")
LAID_OUT_BY_SCRIPT = span("..0.47.0")

_NO_DICTIONARIES = "    ; "
_DICTIONARY = re.compile(r" {4}lua_shared_dict (?!tcp_udp_)")
_SIZE = re.compile(r"(\s+(?:client_max_body_size|client_body_buffer_size)) \S+;")
_ZONE = re.compile(r"\s+limit_(?:req|conn)_zone ")
_REASON = "#denied "
BREAK = re.compile(r"(?:\\[nrt]| )*\\n(?:\\[nrt]| )*")
_LUA = re.compile(r'(_by_lua_block (?:\$\w+ )?)"(?:[^"\\]|\\.)*";')


def comparable(lines: Sequence[str], release: str, *, reads_settings: bool, reasons: frozenset[str]) -> Lines:
    """The lines of a conf without what the recording and chance decide.

    reads_settings: whether the recording controller read its settings. reasons: those of which chance picks one.
    """
    out = [line.replace(" ipv6=off", "") if line.lstrip().startswith("resolver ") else line for line in lines]
    if not reads_settings:
        out = list(_without_dictionaries(out))
    if release in LAID_OUT_BY_SCRIPT:
        out = [BREAK.sub(r"\\n", line) for line in out]
    if release in UNSORTED:
        out = _with_zones_sorted(out)
    return [_any_of(reasons, line) for line in out]


def _without_dictionaries(lines: Lines) -> Iterator[str]:
    at_configuration = False
    for line in lines:
        if _DICTIONARY.match(line):
            continue
        words = line.strip()
        at_configuration = words == "location /configuration {" or (at_configuration and words != "}")
        text = line.replace(_NO_DICTIONARIES, "    ", 1) if line.startswith(_NO_DICTIONARIES) else line
        yield _SIZE.sub(r"\1 ?;", text) if at_configuration else text


def _with_zones_sorted(lines: Lines) -> Lines:
    zones = iter(sorted(line for line in lines if _ZONE.match(line)))
    return [next(zones) if _ZONE.match(line) else line for line in lines]


def _any_of(reasons: frozenset[str], line: str) -> str:
    before, denied, text = line.partition(_REASON)
    return f"{before}{denied}any of {len(reasons)}" if denied and text in reasons else line


def read_settings(lines: Sequence[str]) -> bool:
    """Whether the recording controller did, by its conf."""
    return not any(line.startswith(_NO_DICTIONARIES) for line in lines)


def reasons_of(simulation: Simulation) -> frozenset[str]:
    """Why locations are denied, where there is more than one reason for an Ingress."""
    several = (
        {problem.reason for problem in problems if problem.effect is Effect.DENIED}
        for problems in simulation.model.problems.values()
    )
    return frozenset(json.dumps(one, ensure_ascii=False) for found in several if len(found) > 1 for one in found)


def without_lua(lines: Sequence[str]) -> Lines:
    """The Lua that releases before 1.12.0 write out, left away."""
    return [_LUA.sub(r"\1...;", line) for line in lines]


def is_without_lua(lines: Sequence[str]) -> bool:
    return any(line.endswith("_by_lua_block ...;") for line in lines)
