"""Python libraries, in the order in which their rows are tried."""

from rearguard.models.dsl import Library
from rearguard.models.python.fastapi import FASTAPI
from rearguard.models.python.flask import FLASK

__all__ = ["LIBRARIES"]

LIBRARIES: tuple[Library, ...] = (FLASK, FASTAPI)
