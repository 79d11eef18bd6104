"""Which methods a view function of Django answers, as its decorators say.

API reference: https://docs.djangoproject.com/en/stable/topics/http/decorators/
"""

from rearguard.models.python.support import call_of, constants
from rearguard.models.routing import Link
from rearguard.models.view import ModelView, ValueView

__all__ = ["said_methods", "says_methods"]

_METHODS = {
    "require_POST": ("POST",),
    "require_GET": ("GET",),
    "require_safe": ("GET", "HEAD"),
}
_MARKERS = ("django.views.decorators.http.", "rest_framework.decorators.")
"""Decorators that say which methods are answered, or are read apart (`explicit_policies`)."""


def says_methods(each: Link) -> bool:
    """Whether a decorator says which methods a view answers."""
    return any(name.startswith(_MARKERS) for name in each.names)


def said_methods(view: ModelView, links: tuple[Link, ...]) -> tuple[str, ...]:
    """The methods that decorators of `django.views.decorators.http` or DRF's `api_view` let through."""
    for each in links:
        for name in each.names:
            member = name.removesuffix("()").rpartition(".")[2]
            if member in _METHODS:
                return _METHODS[member]
            if member in ("require_http_methods", "api_view") and each.value is not None:
                call = call_of(ValueView(view, *each.value))
                given = constants(call.args[0]) if call is not None and call.args else ("GET",)
                return tuple(method.upper() for method in given) if given else ("*",)
    return ("*",)
