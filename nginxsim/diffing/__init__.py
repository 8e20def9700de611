"""What changes between two estates: directives of the conf, decisions of the controller, answers to requests."""

from nginxsim.diffing.comparison import behaviour_of, compare
from nginxsim.diffing.types import BehaviourChange, ConfChange, Difference, ModelChange

__all__ = ["BehaviourChange", "ConfChange", "Difference", "ModelChange", "behaviour_of", "compare"]
