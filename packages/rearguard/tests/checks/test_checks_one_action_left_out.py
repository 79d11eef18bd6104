"""Actions, and objects, that the checks of an application leave out while what stands beside them is asked for."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.checks import CHECKS
from rearguard.frontends import settings_kind
from rearguard.models import Models
from rearguard.program import Source
from rearguard.review import analyse_sources, run_checks
from rearguard.review.collect import LANGUAGES
from rearguard.review.read import lower

Told = Callable[[Mapping[str, str]], set[tuple[str, str]]]
ROLE = "missing-authorization"


@pytest.fixture(scope="module")
def told(all_models: Models) -> Told:
    """`(files)` to the endpoints of which the check of roles reports something."""

    def run(files: Mapping[str, str]) -> set[tuple[str, str]]:
        sources = [
            Source(path, text.encode(), LANGUAGES.get(f".{path.rpartition('.')[2]}") or settings_kind(path))
            for path, text in sorted(files.items())
        ]
        program = analyse_sources(sources, lower(sources, 1), models=all_models)
        drafts = run_checks(program, [one for one in CHECKS if one.rule.id == ROLE])
        found = [draft.finding for draft in drafts]
        return {(f.rule.id, f.endpoint.name) for f in found if f.endpoint is not None}

    return run


MODELS = """
from django.conf import settings
from django.db import models


class Club(models.Model):
    name = models.CharField(max_length=80)


class Seat(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    club = models.ForeignKey(Club, on_delete=models.CASCADE)
    rank = models.CharField(max_length=12)


class Boat(models.Model):
    club = models.ForeignKey(Club, on_delete=models.CASCADE)
    name = models.CharField(max_length=80)
    state = models.CharField(max_length=12)
"""

VIEWS = """
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.response import Response

from .models import Boat, Seat


class BoatSerializer(serializers.ModelSerializer):
    class Meta:
        model = Boat
        fields = ["id", "name"]


class Skipper(BasePermission):
    def has_object_permission(self, request, view, boat):
        return Seat.objects.filter(user=request.user, club=boat.club, rank="skipper").exists()


class BoatViewSet(viewsets.ModelViewSet):
    serializer_class = BoatSerializer
    permission_classes = [IsAuthenticated]

    def get_queryset(self):
        clubs = Seat.objects.filter(user=self.request.user).values_list("club_id", flat=True)
        return Boat.objects.filter(club__in=clubs)
%s
"""

URLS = """
from django.urls import include, path
from rest_framework.routers import DefaultRouter

from .views import BoatViewSet

router = DefaultRouter()
router.register("boats", BoatViewSet, basename="boat")
urlpatterns = [path("", include(router.urls))]
"""

BY_ACTION = (
    # a list of actions
    """
    def get_permissions(self):
        if self.action in (%s):
            return [IsAuthenticated(), Skipper()]
        return [IsAuthenticated()]
""",
    # what is asked of all, and more of some
    """
    def get_permissions(self):
        asked = super().get_permissions()
        if self.action in [%s]:
            asked.append(Skipper())
        return asked
""",
    # attributes that are set by the action
    """
    def get_permissions(self):
        if self.action in {%s}:
            self.permission_classes = [IsAuthenticated, Skipper]
        return super().get_permissions()
""",
    """
    def get_permissions(self):
        permission_classes = [IsAuthenticated]
        if self.action in [%s]:
            permission_classes = [IsAuthenticated, Skipper]
        return [permission() for permission in permission_classes]
""",
)


def club(views: str) -> dict[str, str]:
    """The program with the rest of its view set."""
    return {"club/models.py": MODELS, "club/views.py": VIEWS % views, "club/urls.py": URLS}


@pytest.mark.parametrize("form", BY_ACTION)
def test_a_change_in_part_is_left_out_of_the_list_of_actions(told: Told, form: str) -> None:
    """`update` is in it, and `partial_update`, which changes the same, is not."""
    assert told(club(form % '"update", "destroy"')) == {(ROLE, "PATCH /boats/<pk>")}
    assert told(club(form % '"update", "partial_update", "destroy"')) == set()
