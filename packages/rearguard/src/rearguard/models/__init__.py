"""What libraries mean: concepts, one file per framework or library, and the routing tree."""

from rearguard.models import javascript, python
from rearguard.models.compile import Models, Row, Tables
from rearguard.models.dsl import Library
from rearguard.models.routing import Endpoint, Link, RouteNode, assemble
from rearguard.models.view import CallView, ModelView, ValueView

__all__ = [
    "CallView",
    "Endpoint",
    "Library",
    "Link",
    "ModelView",
    "Models",
    "RouteNode",
    "Row",
    "Tables",
    "ValueView",
    "assemble",
    "caught",
    "load",
    "routes",
]


def load() -> Models:
    """Every library this version knows, compiled."""
    return Models((*python.LIBRARIES, *javascript.LIBRARIES))


def caught(view: ModelView) -> dict[str, str]:
    """Functions that frameworks call with errors nobody foresaw -> the parameter that is the error."""
    return {
        fid: name
        for library in view.models.libraries
        if library.caught is not None
        for fid, name in library.caught(view)
    }


def pages(view: ModelView) -> dict[str, str]:
    """Functions that answer beside the routes -> what becomes of what they return."""
    return {
        fid: kind
        for library in view.models.libraries
        if library.pages is not None
        for fid, kind in library.pages(view)
    }


def routes(view: ModelView) -> tuple[Endpoint, ...]:
    """All endpoints that the frameworks' routing functions find."""
    nodes = [
        node
        for library in view.models.libraries
        if library.routes is not None
        for node in library.routes(view)
    ]
    return assemble(nodes)
