"""What an account's own properties say of its power, and what members of a tenant must not set for it."""

from collections.abc import Callable

import pytest
from rearguard.findings import Finding

Found = Callable[..., list[Finding]]

SIGN_UP = {
    "urls.py": """
from django.urls import path
from club import views
urlpatterns = [path("join/", views.join), path("books/", views.books)]
""",
    "settings.py": """
ROOT_URLCONF = "urls"
INSTALLED_APPS = ["django.contrib.auth", "club"]
AUTH_USER_MODEL = "club.Person"
""",
    "club/models.py": """
from django.contrib.auth.models import AbstractBaseUser
from django.db import models


class Person(AbstractBaseUser):
    email = models.EmailField(unique=True)
    sort = models.CharField(max_length=9, default="guest")

    @property
    def is_treasurer(self):
        return self.sort == "treasurer"


class Book(models.Model):
    title = models.CharField(max_length=9)
""",
    "club/forms.py": """
from django import forms
from .models import Person


class JoinForm(forms.ModelForm):
    class Meta:
        model = Person
        fields = ["email", "sort"]
""",
    "club/views.py": """
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseForbidden, JsonResponse
from django.shortcuts import redirect
from django.contrib.auth.decorators import login_required
from .forms import JoinForm
from .models import Book


def too_many(key, most):
    count = cache.get(key, 0) + 1
    cache.set(key, count, 3600)
    return count > most


def join(request):
    form = JoinForm(request.POST or None)
    if request.method == "POST":
        if too_many(f"join:{request.META['REMOTE_ADDR']}", 10):
            return HttpResponseForbidden("Later.")
        if form.is_valid():
            form.save()
    return redirect("/")


@login_required
def books(request):
    if not request.user.is_treasurer:
        raise PermissionDenied
    return JsonResponse({"books": list(Book.objects.values("title"))})
""",
}


def test_a_form_for_everybody_writes_what_a_property_decides_by(findings_of: Found) -> None:
    """`sort` is a power since `is_treasurer` compares it; a limit on how often one may ask is no role."""
    (found,) = findings_of(SIGN_UP, "mass-assignment")
    assert "`sort`" in found.message
    fixed = {**SIGN_UP, "club/forms.py": SIGN_UP["club/forms.py"].replace(', "sort"', "")}
    assert findings_of(fixed, "mass-assignment") == []


PHOTO = {
    "urls.py": """
from django.urls import path
from farm import views
urlpatterns = [path("n/<int:pk>/", views.note), path("p/<int:pk>/", views.photo)]
""",
    "settings.py": """
ROOT_URLCONF = "urls"
INSTALLED_APPS = ["django.contrib.auth", "farm"]
""",
    "farm/models.py": """
from django.contrib.auth.models import User
from django.db import models


class Plot(models.Model):
    name = models.CharField(max_length=9)
    tenants = models.ManyToManyField(User)


class Note(models.Model):
    plot = models.ForeignKey(Plot, on_delete=models.CASCADE)
    text = models.TextField()


class Photo(models.Model):
    plot = models.ForeignKey(Plot, on_delete=models.CASCADE)
    image = models.ImageField()
""",
    "farm/views.py": """
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, JsonResponse
from django.shortcuts import get_object_or_404
from .models import Note, Photo


@login_required
def note(request, pk):
    return JsonResponse({"text": get_object_or_404(Note, pk=pk, plot__tenants=request.user).text})


@login_required
def photo(request, pk):
    return FileResponse(get_object_or_404(Photo, pk=pk).image.open("rb"))
""",
}


def test_the_same_reference_says_whose_another_object_is(findings_of: Found) -> None:
    """Notes of a plot are kept to its tenants, and photos of a plot are not."""
    check = "insecure-direct-object-reference"
    (found,) = findings_of(PHOTO, check)
    assert found.endpoint is not None
    assert found.endpoint.path == "/p/<int:pk>/"
    text = PHOTO["farm/views.py"].replace("(Photo, pk=pk)", "(Photo, pk=pk, plot__tenants=request.user)")
    assert findings_of({**PHOTO, "farm/views.py": text}, check) == []


TENANT = {
    "main.py": """
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session
from db import Seat, Team, User, current_user, get_db


class Shown(BaseModel):
    name: str = ""
    seat_limit: int = 5


class TeamPatch(Shown):
    name: str | None = None


app = FastAPI()


@app.patch("/teams/{team_id}")
def edit(team_id: int, data: TeamPatch, user: User = Depends(current_user), db: Session = Depends(get_db)):
    if db.scalar(select(Seat).where(Seat.team_id == team_id, Seat.user_id == user.id)) is None:
        raise HTTPException(404)
    team = db.get(Team, team_id)
    for name, value in data.model_dump(exclude_unset=True).items():
        setattr(team, name, value)
    db.commit()
    return {"ok": True}
""",
    "db.py": """
import jwt
from fastapi import Depends, Header, HTTPException
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)


class Team(Base):
    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    seat_limit: Mapped[int]


class Seat(Base):
    __tablename__ = "seats"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


def get_db():
    with sessionmaker()() as session:
        yield session


def current_user(authorization: str = Header(), db: Session = Depends(get_db)) -> User:
    try:
        data = jwt.decode(authorization, KEY, algorithms=["HS256"])
    except jwt.PyJWTError:
        raise HTTPException(401)
    user = db.get(User, data["sub"])
    if user is None:
        raise HTTPException(401)
    return user
""",
}


@pytest.mark.parametrize("fixed", [False, True])
def test_members_set_what_their_tenant_has_paid_for(findings_of: Found, fixed: bool) -> None:
    """A schema that extends what is shown takes all that is shown."""
    files = TENANT
    if fixed:
        files = {**TENANT, "main.py": TENANT["main.py"].replace("TeamPatch(Shown)", "TeamPatch(BaseModel)")}
    found = findings_of(files, "mass-assignment")
    assert ["`seat_limit`" in one.message for one in found] == ([] if fixed else [True])
