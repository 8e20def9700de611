"""A validating webhook of its own: AdmissionReview v1 over HTTPS, decided as the controller would.

Needs the extra `nginxsim[serve]` and a system that forks.
"""
