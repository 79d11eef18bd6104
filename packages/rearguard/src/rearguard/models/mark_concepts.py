"""The vocabulary of marks: what a decorator, or a registration, writes down about a route for guards."""

from dataclasses import dataclass

from rearguard.models.concepts import Concept

__all__ = ["MarkMaker", "MarkRead", "MarkedPlace", "RouteHandler", "RouteMark", "RouteOptions"]


@dataclass(frozen=True, slots=True)
class RouteMark(Concept):
    """The call is a decorator that marks a route under the key that its first argument names."""


@dataclass(frozen=True, slots=True)
class MarkMaker(Concept):
    """The call makes a decorator that marks routes; it is its own key."""


@dataclass(frozen=True, slots=True)
class MarkRead(Concept):
    """The call reads what the route is marked with under the key that its first argument names."""


@dataclass(frozen=True, slots=True)
class MarkedPlace(Concept):
    """The call gives what is marked: the method that handles the request, or its class."""

    place: str
    """handler, class."""


@dataclass(frozen=True, slots=True)
class RouteHandler(Concept):
    """The value is the handler that a request was routed to: the program's own, and nothing that is sent."""


@dataclass(frozen=True, slots=True)
class RouteOptions(Concept):
    """The value is what the route that a request was routed to was registered with, or a part of that."""

    within: str = ""
    """The key of those options under which the part stands; "" for all of them."""
