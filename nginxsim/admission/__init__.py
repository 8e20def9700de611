"""The validating webhook's decision on each Ingress."""

from nginxsim.admission.review import Review, review

__all__ = ["Review", "review"]
