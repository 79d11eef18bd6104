"""Pages of views that are classes: the class names the template, and a method says what fills it."""

from pathlib import Path

import pytest
from rearguard.review import Options, review_path

MODELS = """
from django.db import models

class Notice(models.Model):
    title = models.CharField(max_length=80)
    body = models.TextField()
    feed = models.URLField()
"""
VIEWS = """
import requests
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.generic import CreateView, TemplateView, UpdateView
from .models import Notice

class Shared:
    def get_context_data(self, **kwargs):
        found = super().get_context_data(**kwargs)
        found.update(latest=Notice.objects.first())
        return found

class Page(Shared, TemplateView):
    template_name = "page.html"
%s

class Edit(UpdateView):
    model = Notice
    fields = [%s]

def fetch(request, pk):
    notice = get_object_or_404(Notice, pk=pk)
    return HttpResponse(requests.get(notice.feed, timeout=3).text, content_type="text/plain")
"""
URLS = """
from django.urls import path
from . import views
urlpatterns = [
    path("page", views.Page.as_view()), path("e/<int:pk>", views.Edit.as_view()), path("f/<int:pk>", views.fetch)
]
"""
HANDED = """
    def get_context_data(self, **kwargs):
        return super().get_context_data(notices=Notice.objects.all()[:9], **kwargs)
"""
SET = """
    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context["notices"] = Notice.objects.order_by("title")
        return context
"""
RAW = "{% for one in notices %}<p>{{ one.body|safe }}</p>{% endfor %}"


def told(root: Path, method: str, page: str, fields: str = '"title"') -> set[str]:
    files = {
        "models.py": MODELS,
        "views.py": VIEWS % (method, fields),
        "urls.py": URLS,
        "templates/page.html": page,
    }
    for name, text in {**files, "__init__.py": ""}.items():
        file = root / "notes" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (root / "manage.py").write_text("")
    return {finding.rule.id for finding in review_path(root, ".", Options(jobs=1)).result.findings}


@pytest.mark.parametrize(
    ("method", "page"),
    [(HANDED, RAW), (SET, RAW), ("", "{{ latest.body|safe }}"), (HANDED, "{{ latest.body|safe }}")],
)
def test_what_the_method_answers_fills_the_page(tmp_path: Path, method: str, page: str) -> None:
    assert "cross-site-scripting" in told(tmp_path, method, page)


@pytest.mark.parametrize(
    ("method", "page"),
    [
        (HANDED, RAW.replace("|safe", "")),
        (HANDED, "{{ other.body|safe }}"),
        (SET, "{% for one in notices %}{{ one.body|striptags }}{% endfor %}"),
    ],
)
def test_pages_that_escape_are_silent(tmp_path: Path, method: str, page: str) -> None:
    assert "cross-site-scripting" not in told(tmp_path, method, page)


@pytest.mark.parametrize(("fields", "kept"), [('"title", "feed"', True), ('"title"', False)])
def test_a_view_keeps_the_fields_of_its_own_form(tmp_path: Path, fields: str, kept: bool) -> None:
    assert ("server-side-request-forgery" in told(tmp_path, "", "", fields)) == kept
