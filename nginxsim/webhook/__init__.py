"""A validating webhook of its own: AdmissionReview v1 over HTTPS, decided as the controller would."""

from nginxsim.webhook.judge import Judge
from nginxsim.webhook.server import Webhook, address_from

__all__ = ["Judge", "Webhook", "address_from"]
