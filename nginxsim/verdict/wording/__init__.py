"""Facts put into words, a module for each room's vocabulary. Nothing that is decided hangs on what stands here."""

from nginxsim.verdict.wording.steps import client, said

__all__ = ["client", "said"]
