"""What values and requests do: values (taint, constants, traces) below access (guards, matrix).

Checks see the linked program through this room, never through the models themselves.
"""

from rearguard.models.routing import Endpoint as Route
from rearguard.models.routing import Link
from rearguard.models.view import CallView, ModelView, ValueView

__all__ = ["CallView", "Link", "ModelView", "Route", "ValueView"]
