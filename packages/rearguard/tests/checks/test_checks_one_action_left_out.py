"""Actions, and objects, that the checks of an application leave out while what stands beside them is asked for."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.findings import Finding

Told = Callable[[Mapping[str, str]], set[tuple[str, str]]]
ROLE = "missing-authorization"
CHECK = "incorrect-authorization"


@pytest.fixture(scope="module")
def told(findings_of: Callable[..., list[Finding]]) -> Told:
    """`(files)` to the endpoints of which something is reported, with the check."""

    def run(files: Mapping[str, str]) -> set[tuple[str, str]]:
        found = findings_of(files, ROLE, CHECK)
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
    role = models.CharField(max_length=12)


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
        return Seat.objects.filter(user=request.user, club=boat.club, role="skipper").exists()


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


LEADS = """
from rest_framework import mixins, serializers, viewsets
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated

from .models import Seat


class SeatSerializer(serializers.ModelSerializer):
    class Meta:
        model = Seat
        fields = ["id", "club", "role"]
        read_only_fields = ["club"]


def clubs_of(user):
    return Seat.objects.filter(user=user).values_list("club_id", flat=True)


def leads(user, club_id):
    seat = Seat.objects.filter(user=user, club_id=club_id).first()
    return seat is not None and seat.role == "lead"


class Leads(BasePermission):
    %s


class SeatViewSet(mixins.UpdateModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet):
    serializer_class = SeatSerializer
    permission_classes = [IsAuthenticated, Leads]

    def get_queryset(self):
        return Seat.objects.filter(club__in=clubs_of(self.request.user))
"""


SEAT_URLS = """
from django.urls import include, path
from rest_framework.routers import DefaultRouter

from .views import SeatViewSet

router = DefaultRouter()
router.register("seats", SeatViewSet, basename="seat")
urlpatterns = [path("", include(router.urls))]
"""
NAMED = """def has_permission(self, request, view):
        if request.method in SAFE_METHODS:
            return True
        club = request.data.get("club")
        return club is not None and leads(request.user, int(club))"""
ITS_OWN = """def has_object_permission(self, request, view, seat):
        return leads(request.user, seat.club_id)"""


def test_a_role_in_what_the_client_names_and_not_in_what_is_changed(told: Told) -> None:
    """Who leads one club may change seats of every club that they are a mere member of."""
    files = {"club/models.py": MODELS, "club/urls.py": SEAT_URLS}
    assert told(files | {"club/views.py": LEADS % NAMED}) == {(CHECK, "DELETE /seats/<pk>")}
    assert told(files | {"club/views.py": LEADS % ITS_OWN}) == set()


BY_HAND = """
from django.core.exceptions import PermissionDenied
from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.views.decorators.http import require_POST

from .models import Seat


def clubs_of(user):
    return Seat.objects.filter(user=user).values_list("club_id", flat=True)


def role_in(user, club_id):
    seat = Seat.objects.filter(user=user, club_id=club_id).first()
    return seat.role if seat else None


@login_required
@require_POST
def promote(request, pk):
%s
    return JsonResponse({})


urlpatterns = [path("seats/<int:pk>/promote/", promote)]
"""
LOADED = "    seat = get_object_or_404(Seat, pk=pk, club__in=clubs_of(request.user))\n"
REFUSED = '    if role_in(request.user, %s) != "lead":\n        raise PermissionDenied\n'
CHANGED = '    seat.role = "lead"\n    seat.save()'


def test_a_role_that_a_function_asks_for_in_another_club(told: Told) -> None:
    """The same in a view that is written out; what names the club may be what the seat is looked up by, too."""
    files = {"club/models.py": MODELS}
    wrong = LOADED + REFUSED % 'request.POST["club"]' + CHANGED
    assert (CHECK, "POST /seats/<int:pk>/promote/") in told(files | {"club/urls.py": BY_HAND % wrong})
    right = LOADED + REFUSED % "seat.club_id" + CHANGED
    tied = LOADED.replace("club__in=clubs_of(request.user)", 'club_id=request.POST["club"]')
    for body in (right, tied + REFUSED % 'request.POST["club"]' + CHANGED):
        assert told(files | {"club/urls.py": BY_HAND % body}) == set()


ACTIONS = """
    def leads(self, boat):
        seat = Seat.objects.filter(user=self.request.user, club_id=boat.club_id).first()
        return seat is not None and seat.role == "lead"

    @action(detail=True, methods=["post"])
    def retire(self, request, pk=None):
        boat = self.get_object()
        if not self.leads(boat):
            raise PermissionDenied
        boat.state = "retired"
        boat.save()
        return Response({})

    @action(detail=True, methods=["post"])
    def lend(self, request, pk=None):
        boat = self.get_object()
        if not self.leads(boat):
            raise PermissionDenied
        boat.state = "lent"
        boat.save()
        return Response({})

    @action(detail=True, methods=["post"])
    def hand_over(self, request, pk=None):
        boat = self.get_object()
%s        boat.state = "free"
        boat.save()
        return Response({})
"""
IMPORT = "from rest_framework.exceptions import PermissionDenied\n"


def test_an_action_without_the_check_of_those_beside_it(told: Told) -> None:
    """`retire` and `lend` ask for a role in the boat's club, and `hand_over` takes every member."""
    asked = "        if not self.leads(boat):\n            raise PermissionDenied\n"
    for line, expected in (("", {(ROLE, "POST /boats/<pk>/hand_over")}), (asked, set())):
        files = club(ACTIONS % line)
        assert told(files | {"club/views.py": IMPORT + files["club/views.py"]}) == expected
    # Where one of the others asks nobody either, there is no custom.
    files = club((ACTIONS % "").replace(asked, "", 1))
    assert told(files | {"club/views.py": IMPORT + files["club/views.py"]}) == set()


FASTAPI = """
import os

import jwt
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import Session, declarative_base

from .db import session

app = FastAPI()
scheme = OAuth2PasswordBearer(tokenUrl="/token")
Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    role = Column(String)
    active = Column(Integer)


class Parcel(Base):
    __tablename__ = "parcels"
    id = Column(Integer, primary_key=True)
    state = Column(String)
    depot = Column(String)


class Change(BaseModel):
    role: str


def me(token: str = Depends(scheme), db: Session = Depends(session)) -> User:
    said = jwt.decode(token, os.environ["KEY"], algorithms=["HS256"])
    found = db.get(User, said["sub"])
    if found is None:
        raise HTTPException(401)
    return found


def staff(user: User = Depends(me)):
    if user.role not in ("staff", "manager"):
        raise HTTPException(403)


def manager(user: User = Depends(me)):
    if user.role != "manager":
        raise HTTPException(403)


router = APIRouter(prefix="/team", dependencies=[Depends(staff)])


@router.post("/{key}/deactivate", dependencies=[Depends(manager)])
def deactivate(key: int, db: Session = Depends(session)):
    found = db.get(User, key)
    found.active = 0
    db.commit()
    return {}


@router.post("/{key}/role"%s)
def change(key: int, to: Change, db: Session = Depends(session)):
    found = db.get(User, key)
    found.role = to.role
    db.commit()
    return {}


@router.post("/parcels/{key}/move")
def move(key: int, db: Session = Depends(session)):
    found = db.get(Parcel, key)
    found.depot = "north"
    db.commit()
    return {}


@router.post("/parcels/{key}/lose", dependencies=[Depends(manager)])
def lose(key: int, db: Session = Depends(session)):
    found = db.get(Parcel, key)
    found.state = "lost"
    db.commit()
    return {}


app.include_router(router)
"""


def test_less_is_asked_for_a_role_than_for_all_else_beside_it(told: Told) -> None:
    """The guard of the router stands before every route, and the second one not before this; everyday work is not meant."""
    assert told({"app/main.py": FASTAPI % ""}) == {(ROLE, "POST /team/{key}/role")}
    assert told({"app/main.py": FASTAPI % ", dependencies=[Depends(manager)]"}) == set()


FLASK = """
from functools import wraps

from flask import Blueprint, Flask, abort, g, request
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)
bp = Blueprint("team", __name__, url_prefix="/team")


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    role = db.Column(db.String(12))
    token = db.Column(db.String(64))


@app.before_request
def load():
    g.user = User.query.filter_by(token=request.cookies.get("token", "")).first()


def role_required(*roles):
    def wrap(view):
        @wraps(view)
        def inner(*args, **kwargs):
            if g.user is None:
                abort(401)
            if g.user.role not in roles:
                abort(403)
            return view(*args, **kwargs)
        return inner
    return wrap


@bp.post("/<int:key>/remove")
@role_required("manager")
def remove(key):
    User.query.filter_by(id=key).delete()
    db.session.commit()
    return ""


@bp.post("/<int:key>/role")
@role_required(%s)
def change(key):
    found = db.session.get(User, key)
    found.role = "manager"
    db.session.commit()
    return ""


app.register_blueprint(bp)
"""


def test_a_longer_list_of_roles_or_a_lower_one(told: Told) -> None:
    """Who may set a role is asked for less than who may remove an account."""
    for less in ('"staff", "manager"', '"staff"'):
        assert told({"app.py": FLASK % less}) == {(ROLE, "POST /team/<int:key>/role")}
    for more in ('"manager"', '"admin"'):
        assert told({"app.py": FLASK % more}) == set()
