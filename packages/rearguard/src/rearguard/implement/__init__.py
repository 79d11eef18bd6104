"""Make it: a control put into an application that exists, as a plan that a person applies."""

from rearguard.implement.add import Added, plan_control
from rearguard.implement.controls import CONTROLS, Control
from rearguard.implement.disk import WriteError, write
from rearguard.implement.plan import File, Package, Plan, PresentError, RefusedError, diff
from rearguard.implement.settings import Settings

__all__ = [
    "CONTROLS",
    "Added",
    "Control",
    "File",
    "Package",
    "Plan",
    "PresentError",
    "RefusedError",
    "Settings",
    "WriteError",
    "diff",
    "plan_control",
    "write",
]
