"""Middleware that knows who calls, and handlers that make nothing of it."""

from collections.abc import Callable

import pytest
from rearguard.analysis.access import AccessMatrix

DJANGO = {
    "shop/settings.py": """
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "shop.middleware.PersonMiddleware",
]
ROOT_URLCONF = "shop.urls"
""",
    "shop/middleware.py": """
from .models import Person

class PersonMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.person = None
        pid = request.session.get("pid")
        if pid:
            person = Person.objects.filter(pk=pid).first()
            if person and person.stamp == request.session.get("stamp"):
                request.person = person
        return self.get_response(request)
""",
    "shop/models.py": """
from django.db import models

class Person(models.Model):
    stamp = models.CharField(max_length=20)

class Invoice(models.Model):
    person = models.ForeignKey(Person, models.CASCADE)
    paid = models.BooleanField()
""",
    "shop/urls.py": """
import json
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from .models import Invoice

@csrf_exempt
@require_POST
def told(request):
    Invoice.objects.filter(pk=json.loads(request.body)["number"]).update(paid=True)
    return HttpResponse()

@csrf_exempt
@require_POST
def own(request):
    Invoice.objects.filter(pk=request.POST["number"], person=request.person).update(paid=True)
    return HttpResponse()

urlpatterns = [path("told", told), path("own", own)]
""",
}

EXPRESS = {
    "app.js": """
const express = require("express");
const session = require("express-session");
const { PrismaClient } = require("@prisma/client");
const prisma = new PrismaClient();
const app = express();
app.use(express.urlencoded({ extended: true }));
app.use(session({ secret: process.env.KEY, cookie: { sameSite: "none", secure: true } }));
app.use(async (req, res, next) => {
  if (req.session.pid) req.user = await prisma.user.findUnique({ where: { id: req.session.pid } });
  next();
});
app.post("/told", async (req, res) => {
  await prisma.invoice.update({ where: { id: req.body.number }, data: { paid: true } });
  res.end();
});
app.post("/own", async (req, res) => {
  await prisma.invoice.updateMany({ where: { id: req.body.number, userId: req.user.id }, data: { paid: true } });
  res.end();
});
app.listen(3000);
"""
}


@pytest.mark.parametrize("files", [DJANGO, EXPRESS])
def test_what_rests_on_nobody_cannot_be_forged(
    matrix: Callable[..., AccessMatrix], files: dict[str, str]
) -> None:
    """Another site gains nothing by sending what anyone may send."""
    states = {row.endpoint.path.strip("/"): row.csrf.state for row in matrix(files)}
    assert states == {"told": "unneeded", "own": "missing"}
