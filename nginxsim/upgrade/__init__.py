"""What an upgrade of the controller changes for an estate, worst first."""

from nginxsim.upgrade.comparison import compare, compare_each
from nginxsim.upgrade.kinds import Change, Kind, Upgrade

__all__ = ["Change", "Kind", "Upgrade", "compare", "compare_each"]
