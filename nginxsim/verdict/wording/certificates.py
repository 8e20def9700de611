"""What is said of the certificate that a client is shown."""

from __future__ import annotations

import time
from collections.abc import Mapping

from nginxsim.config.certificate import Certificate
from nginxsim.verdict.certificates import Objection, Reason, Shown
from nginxsim.verdict.wording.controller import notice_words

REASONS: Mapping[Reason, str] = {
    Reason.OWN: "",
    Reason.NO_NAME: "the client names no host",
    Reason.UNKNOWN: "no Ingress has host {name}",
    Reason.NO_TLS: "no Ingress of {host} has a `tls` section",
    Reason.NOT_LISTED: "no `tls` entry lists {host}",
    Reason.NO_SECRET: "the `tls` entry of {host} names no secretName",
    Reason.NOT_NAMED: "{name} belongs to {host}, whose certificate does not name it",
}
"""Of those that the controller does not log itself."""


def reason_words(shown: Shown) -> str:
    """Why the default certificate is shown; "" for one of its own."""
    if shown.notice is not None:
        return notice_words(shown.notice)
    return REASONS[shown.reason].format(name=shown.name, host=shown.server.hostname if shown.server else "")


def certificate_words(shown: Shown) -> str:
    """Which certificate it is."""
    if shown.reason is Reason.OWN:
        return f"its own certificate ({_secret(shown.certificate)})"
    return "the controller's fake certificate" if shown.certificate.is_fake else "the default certificate"


def _secret(certificate: Certificate) -> str:
    return f"Secret {certificate.namespace}/{certificate.name}" if certificate.name else "fake"


def objection_words(shown: Shown) -> str:
    """What a client takes for granted that goes on all the same; "" where it need not."""
    certificate, why = shown.certificate, reason_words(shown)
    match shown.objection:
        case None:
            return ""
        case Objection.FAKE:
            fault = f"the controller's fake certificate, which clients that verify it refuse ({why})"
        case Objection.NAME:
            names = ", ".join(certificate.dns_names) or "no name"
            fault = f"a certificate for {names} that is not made out to {shown.name}" + (f" ({why})" if why else "")
        case Objection.EXPIRED:
            day = time.strftime("%Y-%m-%d", time.gmtime(certificate.expires))
            fault = f"a certificate that expired on {day}"
    return f"the client accepts {fault}"
