"""What kubectl and the API server refuse, before any controller sees it.

The rules are those of Kubernetes 1.34. `problems` looks at whole files, `Documents` at those around some
places, `undecodable` at one object that is no manifest any more; none is run unless somebody asks.
"""

from nginxsim.kube.validation.examine import Documents, problems, undecodable
from nginxsim.kube.validation.faults import OF_VALUES, Fault, Identity, Problem, Reason, Refuser, shown

__all__ = [
    "OF_VALUES",
    "Documents",
    "Fault",
    "Identity",
    "Problem",
    "Reason",
    "Refuser",
    "problems",
    "shown",
    "undecodable",
]
