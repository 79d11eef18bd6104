"""Permissions that `get_permissions` of a Django REST framework view gives for one action."""

from collections.abc import Callable, Mapping
from textwrap import indent

import pytest
from rearguard.models import ModelView, routes

Program = Callable[[Mapping[str, str]], ModelView]

VIEW = """
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated
from rest_framework.viewsets import ModelViewSet

class Books(ModelViewSet):
    permission_classes = [IsAuthenticated]
    by_action = {"list": [AllowAny], "create": [IsAdminUser]}

    def get_permissions(self):
"""
URLS = """
from rest_framework.routers import DefaultRouter
from api import Books

router = DefaultRouter()
router.register("books", Books)
urlpatterns = router.urls
"""


def permissions(program: Program, body: str) -> tuple[str, str]:
    """What is asked of who lists and of who creates, as the names of classes."""
    view = program({"api.py": VIEW + indent(body, " " * 8), "urls.py": URLS})
    asked = {
        endpoint.method: " ".join(link.label for link in endpoint.chain)
        for endpoint in routes(view)
        if endpoint.path == "/books"
    }
    return asked["GET"], asked["POST"]


@pytest.mark.parametrize(
    "body",
    [
        'if self.action == "list":\n    return [AllowAny()]\nreturn [IsAdminUser()]',
        'match self.action:\n    case "list" | "retrieve":\n        return [AllowAny()]\n'
        "    case _:\n        return [IsAdminUser()]",
        'match self.action:\n    case "list":\n        classes = [AllowAny]\n'
        "    case _:\n        classes = [IsAdminUser]\nreturn [one() for one in classes]",
        'match self.action:\n    case "create":\n        return [IsAdminUser()]\nreturn [AllowAny()]',
        'match self.action:\n    case other if self.request.method == "GET":\n        return [AllowAny()]\n'
        "return [IsAdminUser()]",
        'with lock:\n    if self.action == "list":\n        return [AllowAny()]\nreturn [IsAdminUser()]',
        'try:\n    action = self.action\nfinally:\n    log()\nif action == "list":\n    return [AllowAny()]\n'
        "return [IsAdminUser()]",
        "classes = self.by_action[self.action]\nclasses = classes\nreturn [one() for one in classes]",
        "first = [IsAdminUser]\nchosen = first\nfirst = [AllowAny]\n"
        'if self.action == "list":\n    chosen = first\nreturn [one() for one in chosen]',
    ],
)
def test_each_action_has_its_own(program: Program, body: str) -> None:
    assert permissions(program, body) == ("AllowAny", "IsAdminUser")


@pytest.mark.parametrize(
    "body",
    [
        'asked = super().get_permissions()\nif self.action == "create":\n    asked.append(IsAdminUser())\nreturn asked',
        'extra = [IsAdminUser()] if self.action not in ("list", "retrieve") else []\n'
        "return super().get_permissions() + extra",
        'asked = [IsAuthenticated()]\nif self.action == "create":\n    asked += [IsAdminUser()]\nreturn asked',
        'asked = [IsAuthenticated()]\nif self.action == "create":\n    asked.extend([IsAdminUser()])\nreturn asked',
        'classes = [IsAuthenticated]\nif self.action == "create":\n    classes.append(IsAdminUser)\n'
        "return [one() for one in classes]",
    ],
)
def test_more_is_put_behind_what_is_asked_of_all(program: Program, body: str) -> None:
    assert permissions(program, body) == ("IsAuthenticated", "IsAuthenticated IsAdminUser")


@pytest.mark.parametrize(
    "body",
    [
        'classes = [AllowAny]\nif self.action in ("list", "create"):\n    classes.insert(0, IsAdminUser)\n'
        "return [one() for one in classes]",
        "for one in self.known:\n    if one.fits(self.action):\n        return [AllowAny()]\nreturn [IsAdminUser()]",
        'match self.kwargs:\n    case {"kind": "list"}:\n        return [AllowAny()]\nreturn [IsAdminUser()]',
        "while True:\n    classes = classes\nreturn [one() for one in classes]",
        "return [one() for one in " + "self.by_other.get(self.action, " * 20 + "x" + ")" * 20 + "]",
        "if " + "not " * 90 + "self.action:\n    return [AllowAny()]\nreturn [IsAdminUser()]",
        'if self.action == "list"'
        + " and self.x" * 3000
        + ":\n    return [AllowAny()]\nreturn [IsAdminUser()]",
        "d = [AllowAny]\n" + "d = self.by_other.get(self.action, d)\n" * 3000 + "return [one() for one in d]",
    ],
    ids=["filled", "loop", "patterns", "itself", "defaults", "nots", "ands", "again"],
)
def test_what_cannot_be_told_is_left_to_the_method(program: Program, body: str) -> None:
    for asked in permissions(program, body):
        assert asked.endswith("Books.get_permissions")
