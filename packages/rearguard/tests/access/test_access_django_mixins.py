"""Mixins of Django's views: those that stand behind the view never run."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import AccessMatrix
from rearguard.models.routing import BEHIND

Matrices = Callable[[Mapping[str, str]], AccessMatrix]

VIEWS = """
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import JsonResponse
from django.urls import path
from django.views import View
from django.views.generic import ListView
from .models import Parcel

class KnownMixin(LoginRequiredMixin):
    raise_exception = True

class Base(ListView):
    model = Parcel

class Known(LoginRequiredMixin, View):
    pass

class Parcels(BASES):
    model = Parcel
    def get(self, request, key):
        return JsonResponse({"parcel": Parcel.objects.get(pk=key).label})

urlpatterns = [path("parcels/<int:key>/", Parcels.as_view())]
"""
MODELS = """
from django.db import models
class Parcel(models.Model):
    label = models.CharField(max_length=20)
"""


@pytest.mark.parametrize(
    ("bases", "state"),
    [
        ("LoginRequiredMixin, ListView", "required"),
        ("ListView, LoginRequiredMixin", "none"),
        ("KnownMixin, Base", "required"),
        ("Base, KnownMixin", "none"),
        # Python puts `View` behind what `Known` puts before it.
        ("ListView, Known", "required"),
    ],
)
def test_a_mixin_runs_where_it_stands_before_the_view(matrix: Matrices, bases: str, state: str) -> None:
    files = {"shop/views.py": VIEWS.replace("BASES", bases), "shop/models.py": MODELS}
    (row,) = matrix(files)
    assert row.authentication.state == state


def test_only_a_mixin_that_would_ask_is_told_as_one_that_does_not_run(matrix: Matrices) -> None:
    def behind(bases: str) -> list[str]:
        text = VIEWS.replace("BASES", bases).replace(
            "class Base", "class TitleMixin:\n    title = 1\n\nclass Base"
        )
        (row,) = matrix({"shop/views.py": text, "shop/models.py": MODELS})
        return [link.label for link in row.endpoint.behind if link.how == BEHIND]

    assert behind("Base, TitleMixin") == []
    assert behind("Base, KnownMixin") == ["KnownMixin"]


MIDDLEWARE = """
from django.contrib.auth.views import redirect_to_login

class Back:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        if TEST:
            if not request.user.is_authenticated:
                return redirect_to_login(request.path)
        return self.get_response(request)
"""
URLS = """
from django.http import JsonResponse
from django.urls import path
from .models import Parcel

def parcel(request, key):
    Parcel.objects.filter(pk=key).delete()
    return JsonResponse({})

urlpatterns = [path("back/parcels/<int:key>/", parcel), path("parcels/<int:key>/", parcel)]
"""
SETTINGS = """
ROOT_URLCONF = "shop.urls"
MIDDLEWARE = ["django.contrib.auth.middleware.AuthenticationMiddleware", "shop.middleware.Back"]
"""


@pytest.mark.parametrize(
    "test",
    [
        'request.path_info.startswith("/back/")',
        'request.get_full_path().startswith("/back/")',
        'request.META["PATH_INFO"].startswith("/back/")',
    ],
)
def test_a_middleware_may_look_at_the_address_by_any_name(matrix: Matrices, test: str) -> None:
    files = {
        "shop/middleware.py": MIDDLEWARE.replace("TEST", test),
        "shop/urls.py": URLS,
        "shop/models.py": MODELS,
        "shop/settings.py": SETTINGS,
    }
    states = {row.endpoint.path: row.authentication.state for row in matrix(files)}
    assert states == {"/back/parcels/<int:key>/": "required", "/parcels/<int:key>/": "none"}
