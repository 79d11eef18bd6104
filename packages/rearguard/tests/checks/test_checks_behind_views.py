"""Views that stand before the mixins that are to guard them, so that nobody is asked."""

from collections.abc import Callable

from rearguard.findings import Finding

Found = Callable[..., list[Finding]]

FILES = {
    "urls.py": """
from django.urls import path
from stock import views
urlpatterns = [path("items/", views.Items.as_view()), path("items/<int:pk>/", views.Item.as_view()), path("x/", views.Export.as_view()), path("y/", views.Stats.as_view())]
""",
    "settings.py": """
ROOT_URLCONF = "urls"
INSTALLED_APPS = ["django.contrib.auth", "stock"]
""",
    "stock/models.py": """
from django.db import models
from django.contrib.auth.models import User
class Ware(models.Model):
    owner = models.ForeignKey(User, on_delete=models.CASCADE)
    name = models.CharField(max_length=20)
""",
    "stock/access.py": """
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
class KeeperOnly:
    def dispatch(self, request, *args, **kwargs):
        if not request.user.is_authenticated:
            return redirect("login")
        if not request.user.groups.filter(name="keepers").exists():
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)
""",
    "stock/views.py": """
import csv
from django.contrib.auth.mixins import LoginRequiredMixin, UserPassesTestMixin
from django.http import HttpResponse, JsonResponse
from django.views import View
from django.views.generic import DeleteView, ListView
from .access import KeeperOnly
from .models import Ware
class Items(LoginRequiredMixin, ListView):
    model = Ware
class Item(DeleteView, KeeperOnly):
    model = Ware
    success_url = "/items/"
class Export(View, LoginRequiredMixin):
    def get(self, request):
        return JsonResponse({"wares": list(Ware.objects.filter(owner_id=request.GET.get("owner") or request.user.id).values())})
class Stats(ListView, UserPassesTestMixin):
    model = Ware
    def test_func(self):
        return self.request.user.is_staff
""",
}


def test_what_stands_behind_a_view_asks_nobody(findings_of: Found) -> None:
    """Neither a mixin of the project's own nor a test that only a mixin behind the view would ask."""
    check = "missing-authentication"
    found = {f.endpoint.name for f in findings_of(FILES, check) if f.endpoint is not None}
    assert found == {"POST /items/<int:pk>/", "GET /x/", "GET /y/"}
    text = FILES["stock/views.py"]
    for view in ("DeleteView, KeeperOnly", "View, LoginRequiredMixin", "ListView, UserPassesTestMixin"):
        one, _, other = view.partition(", ")
        text = text.replace(f"({view})", f"({other}, {one})")
    assert findings_of({**FILES, "stock/views.py": text}, check) == []
