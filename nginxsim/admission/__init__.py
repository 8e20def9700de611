"""The validating webhook's decision on each Ingress."""

from nginxsim.admission.review import Review, Reviewer

__all__ = ["Review", "Reviewer"]
