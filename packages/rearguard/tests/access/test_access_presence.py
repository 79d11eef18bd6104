"""Refusals of those who are logged in already, and forms that keep an account of their own."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from rearguard.analysis.access import Row
from rearguard.review import Options, review_path

Rows = Mapping[str, Row]

DJANGO = """
from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.db import models
from django.http import HttpResponse, HttpResponseForbidden
from django.shortcuts import get_object_or_404
from django.urls import path
from django.views.decorators.http import require_POST

class Project(models.Model):
    owner = models.ForeignKey(User, models.CASCADE)

class Check(models.Model):
    project = models.ForeignKey(Project, models.CASCADE)

class SignupForm(forms.Form):
    identity = forms.EmailField()

    def clean_identity(self):
        self.user = User.objects.filter(email=self.cleaned_data["identity"]).first()
        return self.cleaned_data["identity"]

def _started(email):
    user = User(username=email, email=email)
    user.set_unusable_password()
    user.save()
    project = Project(owner=user)
    project.save()
    check = Check(project=project)
    check.save()
    return user

@require_POST
def signup(request):
    if not settings.REGISTRATION_OPEN or request.user.is_authenticated:
        return HttpResponseForbidden()
    form = SignupForm(request.POST)
    if form.is_valid():
        _started(form.cleaned_data["identity"])
    return HttpResponse()

@require_POST
def closed(request):
    if not (settings.REGISTRATION_OPEN and request.user.is_authenticated):
        return HttpResponseForbidden()
    _started(request.POST["identity"])
    return HttpResponse()

@require_POST
@login_required
def remove(request, pk):
    get_object_or_404(Project, pk=pk, owner=request.user).delete()
    return HttpResponse()

urlpatterns = [path("signup/", signup), path("closed/", closed), path("remove/<int:pk>/", remove)]
"""

EXPRESS = """
const express = require("express");
const passport = require("passport");
const { PrismaClient } = require("@prisma/client");
const prisma = new PrismaClient();
const app = express();
app.use(express.json());
app.use(passport.session());
app.post("/signup", async (req, res) => {
  if (!process.env.SIGNUPS || req.isAuthenticated()) return res.sendStatus(403);
  res.json(await prisma.user.create({ data: { email: req.body.email } }));
});
app.post("/signup2", async (req, res) => {
  if (process.env.CLOSED || req.user) return res.status(403).end();
  res.json(await prisma.user.create({ data: { email: req.body.email } }));
});
app.post("/signup3", async (req, res) => {
  if (req.isAuthenticated()) return res.status(403).end();
  res.json(await prisma.user.create({ data: { email: req.body.email } }));
});
app.post("/inside3", async (req, res) => {
  if (!req.isAuthenticated()) return res.status(403).end();
  res.json(await prisma.note.create({ data: { text: req.body.text } }));
});
app.post("/inside", async (req, res) => {
  if (process.env.CLOSED || !req.user) return res.status(403).end();
  res.json(await prisma.note.create({ data: { text: req.body.text } }));
});
app.post("/inside2", async (req, res) => {
  if (!(process.env.OPEN && req.user)) return res.status(403).end();
  res.json(await prisma.note.create({ data: { text: req.body.text } }));
});
app.listen(3000);
"""


@pytest.mark.parametrize(
    ("name", "source", "signups", "insides"),
    [
        ("views.py", DJANGO, ["/signup/"], ["/closed/", "/remove/<int:pk>/"]),
        ("app.js", EXPRESS, ["/signup", "/signup2", "/signup3"], ["/inside", "/inside2", "/inside3"]),
    ],
)
def test_who_is_logged_in_already_is_refused(
    rows: Callable[..., Rows], name: str, source: str, signups: list[str], insides: list[str]
) -> None:
    """`if not settings.OPEN or user.is_authenticated: refuse()` asks nobody to log in."""
    states = {row.endpoint.path: row.authentication.state for row in rows(source, name).values()}
    assert {states[path] for path in insides} == {"required"}
    assert "required" not in {states[path] for path in signups}


def test_what_a_form_keeps_is_its_own(tmp_path: Path) -> None:
    """A form's `self.user` is whom the form names, and `request.user` is who calls all the same."""
    (tmp_path / "views.py").write_text(DJANGO)
    found = review_path(tmp_path, ".", Options()).result.findings
    access = ("insecure-direct-object-reference", "missing-authorization", "missing-authentication")
    assert not [f.message for f in found if f.rule.id in access]
