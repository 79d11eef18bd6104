"""Callers who are members of what the request names: what that says of objects, and of what it does not."""

from collections.abc import Callable, Mapping
from pathlib import Path

from rearguard.analysis.access import Row
from rearguard.review import Options, review_path

Rows = Mapping[str, Row]

EXPRESS = """
const express = require("express");
const { PrismaClient } = require("@prisma/client");
const jwt = require("jsonwebtoken");
const prisma = new PrismaClient();
const app = express();
app.use(express.json());
function auth(req, res, next) {
  try { req.user = jwt.verify((req.headers.authorization || "").slice(7), process.env.KEY, { algorithms: ["HS256"] }); }
  catch { return res.sendStatus(401); }
  next();
}
async function member(req, res, next) {
  const m = await prisma.membership.findFirst({ where: { orgId: req.params.orgId, userId: req.user.sub } });
  if (!m) return res.sendStatus(403);
  req.membership = m;
  next();
}
async function admin(req, res, next) {
  const m = await prisma.membership.findFirst({ where: { orgId: req.params.orgId, userId: req.user.sub } });
  if (!m || m.role !== "admin") return res.sendStatus(403);
  next();
}
app.get("/orgs/:orgId/projects/:id", auth, member, async (req, res) => {
  res.json(await prisma.project.findUnique({ where: { id: req.params.id } }));
});
app.get("/orgs/:orgId/good/:id", auth, member, async (req, res) => {
  res.json(await prisma.project.findFirst({ where: { id: req.params.id, orgId: req.params.orgId } }));
});
app.delete("/orgs/:orgId/projects/:id", auth, admin, async (req, res) => {
  await prisma.project.delete({ where: { id: req.params.id } });
  res.end();
});
app.delete("/orgs/:orgId/good/:id", auth, admin, async (req, res) => {
  await prisma.project.deleteMany({ where: { id: req.params.id, orgId: req.params.orgId } });
  res.end();
});
app.delete("/orgs/:orgId/good2/:id", auth, admin, async (req, res) => {
  const p = await prisma.project.findUnique({ where: { id: req.params.id } });
  if (!p || p.orgId !== req.params.orgId) return res.sendStatus(404);
  await prisma.project.delete({ where: { id: p.id } });
  res.end();
});
"""

DJANGO = """
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.views import View
from django.views.generic import DetailView, DeleteView


class Club(models.Model):
    slug = models.SlugField()


class Member(models.Model):
    club = models.ForeignKey(Club, on_delete=models.CASCADE)
    user = models.ForeignKey("auth.User", on_delete=models.CASCADE)
    role = models.CharField(max_length=8)
    iban = models.CharField(max_length=40)


class Doc(models.Model):
    club = models.ForeignKey(Club, on_delete=models.CASCADE)
    text = models.TextField()


class ClubMixin(LoginRequiredMixin):
    def dispatch(self, request, *args, **kwargs):
        self.club = get_object_or_404(Club, slug=kwargs["slug"])
        self.membership = Member.objects.filter(club=self.club, user=request.user).first()
        if self.membership is None:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class DocView(ClubMixin, View):
    def get(self, request, slug, pk):
        doc = get_object_or_404(Doc, pk=pk)
        return JsonResponse({"text": doc.text})


class GoodDoc(ClubMixin, View):
    def get(self, request, slug, pk):
        doc = get_object_or_404(Doc, pk=pk, club=self.club)
        return JsonResponse({"text": doc.text})


class DocDetail(ClubMixin, DetailView):
    model = Doc


class GoodDetail(ClubMixin, DetailView):
    model = Doc

    def get_queryset(self):
        return super().get_queryset().filter(club=self.club)


def view(request, slug, pk):
    member = Member.objects.filter(club__slug=slug, user=request.user).first()
    if member is None:
        raise PermissionDenied
    doc = get_object_or_404(Doc, pk=pk)
    return JsonResponse({"text": doc.text})


def view2(request, slug, pk):
    member = Member.objects.filter(club__slug=slug, user=request.user).first()
    if member is None or member.role != "officer":
        raise PermissionDenied
    doc = get_object_or_404(Doc, pk=pk)
    return JsonResponse({"text": doc.text})


def view3(request, slug, pk):
    member = Member.objects.filter(club__slug=slug, user=request.user).first()
    if member is None or member.role != "officer":
        raise PermissionDenied
    doc = get_object_or_404(Doc, pk=pk, club__slug=slug)
    return JsonResponse({"text": doc.text})


urlpatterns = [
    path("<slug:slug>/docview/<int:pk>", DocView.as_view()),
    path("<slug:slug>/gooddoc/<int:pk>", GoodDoc.as_view()),
    path("<slug:slug>/docdetail/<int:pk>", DocDetail.as_view()),
    path("<slug:slug>/gooddetail/<int:pk>", GoodDetail.as_view()),
    path("<slug:slug>/fn/<int:pk>", view),
    path("<slug:slug>/fnrole/<int:pk>", view2),
    path("<slug:slug>/fngood/<int:pk>", view3),
]
"""

_OWN = """

class OwnMixin(ClubMixin):
    officers = False

    def dispatch(self, request, *args, **kwargs):
        self.club = get_object_or_404(Club, slug=kwargs["slug"])
        self.membership = Member.objects.filter(club=self.club, user=request.user).first()
        if self.membership is None:
            raise PermissionDenied
        if self.officers and not self.membership.is_officer:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class Scoped(OwnMixin):
    def get_queryset(self):
        return super().get_queryset().filter(club=self.club)


class Change(Scoped, UpdateView):
    officers = True
    model = Doc
    fields = ["text"]


class Remove(Scoped, DeleteView):
    model = Doc


urlpatterns += [
    path("<slug:slug>/change/<int:pk>", Change.as_view()),
    path("<slug:slug>/remove/<int:pk>", Remove.as_view()),
]
"""


def _told(root: Path, name: str, text: str, check: str) -> list[str]:
    (root / name).write_text(text)
    options = Options(only=(check,), cache=False, repair=False)
    found = review_path(root, ".", options).result.findings
    return sorted(f.endpoint.name for f in found if f.endpoint is not None)


def test_what_a_member_reaches_has_to_be_of_the_same_whole(tmp_path: Path) -> None:
    assert _told(tmp_path, "app.js", EXPRESS, "insecure-direct-object-reference") == [
        "DELETE /orgs/:orgId/projects/:id",
        "GET /orgs/:orgId/projects/:id",
    ]


def test_a_whole_needs_no_name_that_is_known(tmp_path: Path) -> None:
    text = EXPRESS.replace("orgId", "bandId").replace("orgs", "bands")
    assert len(_told(tmp_path, "app.js", text, "insecure-direct-object-reference")) == 2


def test_views_and_mixins_that_keep_the_whole(tmp_path: Path) -> None:
    assert _told(tmp_path, "urls.py", DJANGO, "insecure-direct-object-reference") == [
        "* /<slug:slug>/fn/<int:pk>",
        "* /<slug:slug>/fnrole/<int:pk>",
        "GET /<slug:slug>/docdetail/<int:pk>",
        "GET /<slug:slug>/docview/<int:pk>",
    ]


def test_the_attributes_of_the_class_that_answers_decide(rows: Callable[..., Rows], tmp_path: Path) -> None:
    text = DJANGO.replace("DeleteView\n", "DeleteView, UpdateView\n") + _OWN
    read = rows(text, "urls.py")
    assert read["POST /<slug:slug>/change/<int:pk>"].authorization.state == "required"
    assert read["POST /<slug:slug>/remove/<int:pk>"].authorization.state == "none"
    assert read["POST /<slug:slug>/remove/<int:pk>"].ownership.state == "restricted"
    assert _told(tmp_path, "urls.py", text, "missing-authorization") == ["POST /<slug:slug>/remove/<int:pk>"]


def test_a_role_everywhere_is_one_for_every_object(rows: Callable[..., Rows]) -> None:
    """The role of whoever is looked up by nothing but who calls is one everywhere."""
    text = DJANGO.replace("club__slug=slug, user=", "user=")
    assert rows(text, "urls.py")["* /<slug:slug>/fnrole/<int:pk>"].ownership.state == "restricted"
