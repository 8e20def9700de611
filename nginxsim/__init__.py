"""What ingress-nginx would make of your manifests, and what nginx would then answer, without a cluster."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nginxsim.admission import Review
    from nginxsim.conf_simulation import ConfSimulation, simulate_conf
    from nginxsim.config.machine import Host
    from nginxsim.errors import InputError, NginxsimError, UsageError
    from nginxsim.nginx.exchange import Answer, Request, UpstreamRequest
    from nginxsim.nginx.visitors import Visitor
    from nginxsim.origins import Origin, Source
    from nginxsim.simulation import Simulation, simulate
    from nginxsim.verdict import Cause, Finding, Outcome, TraceStep, Verdict

__version__ = "0.1.0"

_HOMES = {
    "Answer": "nginxsim.nginx.exchange",
    "Cause": "nginxsim.verdict",
    "ConfSimulation": "nginxsim.conf_simulation",
    "Finding": "nginxsim.verdict",
    "Host": "nginxsim.config.machine",
    "InputError": "nginxsim.errors",
    "NginxsimError": "nginxsim.errors",
    "Origin": "nginxsim.origins",
    "Outcome": "nginxsim.verdict",
    "Request": "nginxsim.nginx.exchange",
    "Review": "nginxsim.admission",
    "Simulation": "nginxsim.simulation",
    "Source": "nginxsim.origins",
    "TraceStep": "nginxsim.verdict",
    "UpstreamRequest": "nginxsim.nginx.exchange",
    "UsageError": "nginxsim.errors",
    "Verdict": "nginxsim.verdict",
    "Visitor": "nginxsim.nginx.visitors",
    "simulate": "nginxsim.simulation",
    "simulate_conf": "nginxsim.conf_simulation",
}

__all__ = [
    "Answer",
    "Cause",
    "ConfSimulation",
    "Finding",
    "Host",
    "InputError",
    "NginxsimError",
    "Origin",
    "Outcome",
    "Request",
    "Review",
    "Simulation",
    "Source",
    "TraceStep",
    "UpstreamRequest",
    "UsageError",
    "Verdict",
    "Visitor",
    "simulate",
    "simulate_conf",
]


def __getattr__(name: str) -> Any:
    # Names load on first use: `nginxsim --help` must not pay for the template engine or the TLS library.
    if home := _HOMES.get(name):
        return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
