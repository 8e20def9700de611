"""What kubectl and the API server refuse, before any controller sees it.

The rules are those of Kubernetes 1.34. `problems` looks at whole files, `problems_at` at the documents around some
places, `undecodable` at one object that is no manifest any more; none is run unless somebody asks.
"""

from nginxsim.kube.validation.examine import problems, problems_at, undecodable
from nginxsim.kube.validation.faults import OF_VALUES, Fault, Identity, Problem, Reason, Refuser, shown

__all__ = [
    "OF_VALUES",
    "Fault",
    "Identity",
    "Problem",
    "Reason",
    "Refuser",
    "problems",
    "problems_at",
    "shown",
    "undecodable",
]
