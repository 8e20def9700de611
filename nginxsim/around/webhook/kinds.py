"""What can be wrong on the way to the webhook, as closed kinds with typed data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from nginxsim.kube.objects import Meta
from nginxsim.origins import Origin


class Kind(StrEnum):
    """Codes of the catalogue, in the order of the way."""

    INGRESS_VERSION = "webhook-ingress-version"
    REVIEW_VERSION = "webhook-review-version"
    TWICE = "webhook-asked-twice"
    UNASKED = "webhook-never-asked"
    SERVICE_MISSING = "webhook-service-missing"
    PORT_MISSING = "webhook-port-missing"
    NO_POD = "webhook-no-pod"
    FIREWALL = "webhook-firewall"
    OVERLAY = "webhook-in-overlay"
    TUNNEL = "webhook-tunnel"
    SHUT_OUT = "webhook-shut-out"
    OFF = "webhook-off"
    PORT_DIFFERS = "webhook-port-differs"
    HOST_PORT = "webhook-host-port"
    WITHOUT_CERTIFICATE = "webhook-without-certificate"
    NAMES = "webhook-certificate-names"
    EXPIRED = "webhook-certificate-expired"
    UNTRUSTED = "webhook-certificate-untrusted"
    CA_MISSING = "webhook-ca-missing"
    CA_UNREADABLE = "webhook-ca-unreadable"
    JOB_FAILED = "webhook-job-failed"
    SLOW = "webhook-slow"


class Empty(StrEnum):
    """Why a Service leads to no Pod."""

    UNSELECTED = "unselected"
    SCALED_DOWN = "scaled-down"
    PORT_UNNAMED = "port-unnamed"
    NOT_READY = "not-ready"


class Bare(StrEnum):
    """Why a controller has no certificate to show."""

    NO_FLAG = "no-flag"
    NOT_MOUNTED = "not-mounted"
    UNMADE = "unmade"
    NO_KEY = "no-key"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    about: the object that is to blame. places: the deciding one first; None where the input does not have it.
    facts: names and numbers, as the catalogue's templates and whoever words them want them. is_sure: the input shows
    it, or somebody said so; else it may be so in clusters like this one.
    """

    kind: Kind
    about: Meta
    places: tuple[Origin | None, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)
    is_sure: bool = True
