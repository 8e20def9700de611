"""The dates of the controller's flags: which releases know them, and the defaults they had.

The default of the newest release is that of the field in config/flags.py; here stands what it was otherwise.
ingress-nginx: cmd/nginx/flags.go, later pkg/flags/flags.go, at the tag of each release.
"""

from __future__ import annotations

from collections.abc import Mapping

from nginxsim.releases.facts import Fact

KNOWN: Mapping[str, str] = {
    "bucket-factor": "1.12.0..",
    "controller-class": "1.0.0..",
    "deep-inspect": "1.2.0..",
    "disable-full-test": "1.0.1..",
    "disable-leader-election": "1.11.0..",
    "disable-svc-external-name": "0.48.1..",
    "disable-sync-events": "1.6.4..",
    "dynamic-configuration-retries": "1.2.0..",
    "election-ttl": "1.11.0..",
    "enable-annotation-validation": "1.9.0..",
    "enable-topology-aware-routing": "1.6.4..",
    "exclude-socket-metrics": "1.7.1..",
    "healthz-host": "1.0.1..",
    "ingress-class-by-name": "1.0.1..",
    "internal-logger-address": "1.2.0..",
    "length-buckets": "1.1.2..",
    "max-buckets": "1.12.0..",
    "maxmind-retries-count": "0.49.0..",
    "maxmind-retries-timeout": "0.49.0..",
    "metrics-per-undefined-host": "1.12.0..",
    "post-shutdown-grace-period": "1.1.2..",
    "profiler-address": "1.6.4..",
    "report-status-classes": "1.2.1..",
    "shutdown-grace-period": "0.44.0..",
    "size-buckets": "1.1.2..",
    "time-buckets": "1.1.2..",
    "watch-ingress-without-class": "1.0.0..",
    "watch-namespace-selector": "1.0.5..",
}
"""Flags that not every release knows; a controller refuses to start with one that it does not know."""

DEFAULTS: Mapping[str, Mapping[str, Fact]] = {
    "deep-inspect": {"..1.1.3": False},
    "enable-annotation-validation": {"..1.11.8": False},
    "enable-metrics": {"..1.11.8": True},
    "ingress-class": {"..0.51.0": ""},
}
"""Defaults of the past. What a release does not know has the default that comes to the same as not knowing it."""
