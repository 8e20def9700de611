"""What an API server says when a webhook fails, by kinds.

kubernetes 1.34: apiserver/pkg/admission/plugin/webhook/validating/dispatcher.go, apiserver/pkg/util/proxy/proxy.go
(ResolveEndpoint), client-go/rest/request.go; Go 1.26: net/http, crypto/tls, crypto/x509.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum


class Complaint(StrEnum):
    """The first whose words an error has is meant: what is named first is said beside the others."""

    REFUSED_BY_WEBHOOK = "denied"
    NO_SERVICE = "service-not-found"
    NO_PORT = "no-service-port"
    NO_ENDPOINTS = "no-endpoints"
    UNTRUSTED = "unknown-authority"
    NAMES = "wrong-names"
    EXPIRED = "expired"
    BUNDLE = "unreadable-bundle"
    NO_CERTIFICATE = "no-certificate"
    PLAIN = "plain-http"
    REFUSED = "connection-refused"
    NOT_FOUND = "not-found"
    BAD_REVIEW = "bad-review"
    SERVER_ERROR = "server-error"
    OTHER_VERSION = "other-version"
    PROXY = "proxy"
    TUNNEL = "tunnel"
    TIMEOUT = "timeout"


_ANY_CASE = re.IGNORECASE
WORDS: Mapping[Complaint, re.Pattern[str]] = {
    Complaint.REFUSED_BY_WEBHOOK: re.compile(r"denied the request", _ANY_CASE),
    Complaint.NO_SERVICE: re.compile(r'services? "[^"]*" not found', _ANY_CASE),
    Complaint.NO_PORT: re.compile(r"no service port", _ANY_CASE),
    Complaint.NO_ENDPOINTS: re.compile(r"no endpoints available|endpoints? \"[^\"]*\" not found", _ANY_CASE),
    Complaint.UNTRUSTED: re.compile(
        r"unknown authority|failed to verify certificate: x509: certificate signed", _ANY_CASE
    ),
    Complaint.NAMES: re.compile(
        r"certificate is (?:not )?valid for|doesn't contain any IP SANs|relies on legacy Common Name", _ANY_CASE
    ),
    Complaint.EXPIRED: re.compile(r"expired or is not yet valid|certificate has expired", _ANY_CASE),
    Complaint.BUNDLE: re.compile(r"unable to (?:load root certificates|parse bytes as PEM)", _ANY_CASE),
    Complaint.NO_CERTIFICATE: re.compile(
        r"tls: internal error|tls: unrecognized name|tls: handshake failure", _ANY_CASE
    ),
    Complaint.PLAIN: re.compile(
        r"gave HTTP response to HTTPS client|first record does not look like a TLS handshake", _ANY_CASE
    ),
    Complaint.REFUSED: re.compile(r"connection refused", _ANY_CASE),
    Complaint.NOT_FOUND: re.compile(r"could not find the requested resource|\b404\b", _ANY_CASE),
    Complaint.BAD_REVIEW: re.compile(r"rejected our request for an unknown reason", _ANY_CASE),
    Complaint.SERVER_ERROR: re.compile(r"an error on the server", _ANY_CASE),
    Complaint.OTHER_VERSION: re.compile(r"expected webhook response of|received invalid webhook response", _ANY_CASE),
    Complaint.PROXY: re.compile(
        r"proxyconnect|no such host|Forbidden$|\b403\b|Service Unavailable|Bad Gateway", _ANY_CASE
    ),
    Complaint.TUNNEL: re.compile(
        r"error dialing backend|\bEOF\b|Address is not allowed|connection reset by peer", _ANY_CASE
    ),
    Complaint.TIMEOUT: re.compile(
        r"deadline exceeded|i/o timeout|Client\.Timeout|TLS handshake timeout|timed? ?out|no route to host", _ANY_CASE
    ),
}
TITLES: Mapping[Complaint, str] = {
    Complaint.REFUSED_BY_WEBHOOK: "the webhook was reached, and refuses the Ingress",
    Complaint.NO_SERVICE: "the Service that the configuration names does not exist",
    Complaint.NO_PORT: "the Service has no port of that number",
    Complaint.NO_ENDPOINTS: "the Service has no Pod that is ready",
    Complaint.UNTRUSTED: "the certificate is not of an authority in caBundle",
    Complaint.NAMES: "the certificate is for other names than the Service's",
    Complaint.EXPIRED: "a certificate has ended",
    Complaint.BUNDLE: "the caBundle cannot be read",
    Complaint.NO_CERTIFICATE: "whoever was reached has no certificate to show",
    Complaint.PLAIN: "whoever was reached speaks plain HTTP",
    Complaint.REFUSED: "nobody listens where the API server asked",
    Complaint.NOT_FOUND: "whoever was reached is not the webhook, or knows no such path",
    Complaint.BAD_REVIEW: "the webhook does not read reviews of that version (400)",
    Complaint.SERVER_ERROR: "the webhook failed on the review (500)",
    Complaint.OTHER_VERSION: "the answer was no review of the version that was asked for",
    Complaint.PROXY: "a proxy answered, or did not know the name",
    Complaint.TUNNEL: "the connection broke on its way",
    Complaint.TIMEOUT: "no answer came in time",
}
"""What each says, in words."""


def complaint_of(text: str) -> Complaint | None:
    """None where no known words are in it."""
    line = " ".join(text.split())
    return next((each for each, words in WORDS.items() if words.search(line)), None)


_WEBHOOK = re.compile(r'failed calling webhook "([^"]+)"|admission webhook "([^"]+)"')
_ADDRESS = re.compile(r'https://([^\s"/:]+)\.([^\s"/:.]+)\.svc(?::(\d+))?(/[^\s"?]*)?')


def webhook_in(text: str) -> str:
    """The name of the webhook that an error is about; "" where it has none."""
    found = _WEBHOOK.search(text)
    return (found[1] or found[2]) if found else ""


def service_in(text: str) -> str:
    """ "namespace/name" of the Service that was asked; "" where the error does not say."""
    found = _ADDRESS.search(text)
    return f"{found[2]}/{found[1]}" if found else ""
