"""Callers who are members of what the request names: what that says of objects, and of what it does not."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from rearguard.analysis.access import Row
from rearguard.review import Options, review_path

from packages.rearguard.tests.access.conftest import Reviewed

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

FLASK = """
from functools import wraps
from flask import Flask, abort, g, jsonify, session
from flask_sqlalchemy import SQLAlchemy
app = Flask(__name__)
app.secret_key = __import__("os").environ["K"]
db = SQLAlchemy(app)
class Crew(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    slug = db.Column(db.String)
class Place(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    crew_id = db.Column(db.ForeignKey("crew.id"))
    user_id = db.Column(db.Integer)
    captain = db.Column(db.Boolean)
class Log(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    crew_id = db.Column(db.ForeignKey("crew.id"))
    text = db.Column(db.String)
    def as_dict(self):
        return {"text": self.text}
def in_crew(view):
    @wraps(view)
    def inner(slug, **kwargs):
        if "uid" not in session:
            abort(401)
        g.crew = Crew.query.filter_by(slug=slug).first_or_404()
        g.place = Place.query.filter_by(crew_id=g.crew.id, user_id=session["uid"]).first()
        if not g.place:
            abort(403)
        return view(**kwargs)
    return inner
def captain(view):
    @in_crew
    @wraps(view)
    def inner(**kwargs):
        if not g.place.captain:
            abort(403)
        return view(**kwargs)
    return inner
@app.get("/<slug>/logs/<int:log_id>")
@in_crew
def bad(log_id):
    return jsonify(Log.query.get_or_404(log_id).as_dict())
@app.get("/<slug>/good/<int:log_id>")
@in_crew
def good(log_id):
    return jsonify(Log.query.filter_by(id=log_id, crew_id=g.crew.id).first_or_404().as_dict())
@app.post("/<slug>/logs/<int:log_id>/delete")
@captain
def bad2(log_id):
    db.session.delete(Log.query.get_or_404(log_id))
    db.session.commit()
    return "", 204
@app.post("/<slug>/good/<int:log_id>/delete")
@captain
def good2(log_id):
    row = Log.query.get_or_404(log_id)
    if row.crew_id != g.crew.id:
        abort(404)
    db.session.delete(row)
    db.session.commit()
    return "", 204
"""

FASTAPI = """
from typing import Annotated
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer
import jwt
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

class Base(DeclarativeBase):
    pass
class Band(Base):
    __tablename__ = "bands"
    id: Mapped[int] = mapped_column(primary_key=True)
class Seat(Base):
    __tablename__ = "seats"
    id: Mapped[int] = mapped_column(primary_key=True)
    band_id: Mapped[int] = mapped_column(ForeignKey("bands.id"))
    user_id: Mapped[int]
    role: Mapped[str]
class Song(Base):
    __tablename__ = "songs"
    id: Mapped[int] = mapped_column(primary_key=True)
    band_id: Mapped[int] = mapped_column(ForeignKey("bands.id"))
    text: Mapped[str]

scheme = OAuth2PasswordBearer(tokenUrl="t")
def get_db():
    yield Session()
def me(token: Annotated[str, Depends(scheme)]) -> int:
    try:
        return jwt.decode(token, "k", algorithms=["HS256"])["sub"]
    except jwt.PyJWTError:
        raise HTTPException(401)
def seat(band_id: int, user: Annotated[int, Depends(me)], db: Annotated[Session, Depends(get_db)]) -> Seat:
    found = db.scalar(select(Seat).where(Seat.band_id == band_id, Seat.user_id == user))
    if found is None:
        raise HTTPException(403)
    return found
def leader(s: Annotated[Seat, Depends(seat)]) -> Seat:
    if s.role != "leader":
        raise HTTPException(403)
    return s

router = APIRouter(prefix="/bands/{band_id}")
@router.get("/songs/{song_id}")
def bad(band_id: int, song_id: int, s: Annotated[Seat, Depends(seat)], db: Annotated[Session, Depends(get_db)]):
    song = db.get(Song, song_id)
    if song is None:
        raise HTTPException(404)
    return {"text": song.text}
@router.get("/good/{song_id}")
def good(band_id: int, song_id: int, s: Annotated[Seat, Depends(seat)], db: Annotated[Session, Depends(get_db)]):
    song = db.scalar(select(Song).where(Song.id == song_id, Song.band_id == band_id))
    if song is None:
        raise HTTPException(404)
    return {"text": song.text}
@router.get("/good2/{song_id}")
def good2(song_id: int, s: Annotated[Seat, Depends(seat)], db: Annotated[Session, Depends(get_db)]):
    song = db.get(Song, song_id)
    if song is None or song.band_id != s.band_id:
        raise HTTPException(404)
    return {"text": song.text}
@router.delete("/songs/{song_id}")
def bad2(song_id: int, s: Annotated[Seat, Depends(leader)], db: Annotated[Session, Depends(get_db)]):
    song = db.get(Song, song_id)
    db.delete(song)
    db.commit()
@router.delete("/good3/{song_id}")
def good3(song_id: int, s: Annotated[Seat, Depends(leader)], db: Annotated[Session, Depends(get_db)]):
    song = db.scalar(select(Song).where(Song.id == song_id, Song.band_id == s.band_id))
    db.delete(song)
    db.commit()
app = FastAPI()
app.include_router(router)
"""

NEST = """
import { Body, CanActivate, Controller, Delete, ExecutionContext, ForbiddenException, Get, Injectable, Module, NotFoundException, Param, Req, UnauthorizedException, UseGuards } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { InjectRepository } from '@nestjs/typeorm';
import { Column, Entity, ManyToOne, PrimaryGeneratedColumn, Repository } from 'typeorm';

@Entity() export class Guild { @PrimaryGeneratedColumn('uuid') id: string; @Column() name: string; }
@Entity() export class Mate { @PrimaryGeneratedColumn('uuid') id: string; @Column() guildId: string; @Column() userId: string; @Column() role: string; }
@Entity() export class Quest { @PrimaryGeneratedColumn('uuid') id: string; @Column() guildId: string; @Column() text: string; }

@Injectable()
export class AuthGuard implements CanActivate {
  constructor(private readonly jwt: JwtService) {}
  async canActivate(ctx: ExecutionContext) {
    const req = ctx.switchToHttp().getRequest();
    try { req.user = await this.jwt.verifyAsync((req.headers.authorization ?? '').slice(7)); } catch { throw new UnauthorizedException(); }
    return true;
  }
}
@Injectable()
export class MateGuard implements CanActivate {
  constructor(@InjectRepository(Mate) private readonly mates: Repository<Mate>) {}
  async canActivate(ctx: ExecutionContext) {
    const req = ctx.switchToHttp().getRequest();
    const mate = await this.mates.findOneBy({ guildId: req.params.guildId, userId: req.user.sub });
    if (!mate) throw new ForbiddenException();
    req.mate = mate;
    return true;
  }
}
@Injectable()
export class QuestService {
  constructor(@InjectRepository(Quest) private readonly quests: Repository<Quest>) {}
  byId(id: string) { return this.quests.findOneBy({ id }); }
  within(guildId: string, id: string) { return this.quests.findOneBy({ id, guildId }); }
  remove(id: string) { return this.quests.delete(id); }
}
@Controller('guilds/:guildId/quests')
@UseGuards(AuthGuard, MateGuard)
export class QuestController {
  constructor(private readonly service: QuestService) {}
  @Get(':id')
  async bad(@Param('id') id: string) { return this.service.byId(id); }
  @Get('good/:id')
  async good(@Param('guildId') guildId: string, @Param('id') id: string) { return this.service.within(guildId, id); }
  @Get('good2/:id')
  async good2(@Req() req: any, @Param('id') id: string) {
    const quest = await this.service.byId(id);
    if (!quest || quest.guildId !== req.mate.guildId) throw new NotFoundException();
    return quest;
  }
  @Delete(':id')
  async bad2(@Param('id') id: string) { return this.service.remove(id); }
}
@Module({ controllers: [QuestController], providers: [QuestService, AuthGuard, MateGuard] })
export class AppModule {}
"""

LIKES = """
from flask import Flask, abort, jsonify, request
from flask_login import LoginManager, current_user, login_required
from flask_sqlalchemy import SQLAlchemy
app = Flask(__name__)
db = SQLAlchemy(app)
login = LoginManager(app)
class Post(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer)
    text = db.Column(db.String)
class Like(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    post_id = db.Column(db.ForeignKey("post.id"))
    user_id = db.Column(db.Integer)
class Comment(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    post_id = db.Column(db.ForeignKey("post.id"))
    user_id = db.Column(db.Integer)
    text = db.Column(db.String)
    def as_dict(self):
        return {"text": self.text}
@app.post("/posts/<int:post_id>/unlike")
@login_required
def unlike(post_id):
    like = Like.query.filter_by(post_id=post_id, user_id=current_user.id).first()
    if like is None:
        abort(404)
    db.session.delete(like)
    db.session.commit()
    return "", 204
@app.get("/posts/<int:post_id>/comments")
@login_required
def comments(post_id):
    return jsonify([c.as_dict() for c in Comment.query.filter_by(post_id=post_id)])
@app.get("/comments/<int:id>")
@login_required
def comment(id):
    return jsonify(Comment.query.get_or_404(id).as_dict())
@app.post("/comments/<int:id>/delete")
@login_required
def remove(id):
    c = Comment.query.filter_by(id=id, user_id=current_user.id).first_or_404()
    db.session.delete(c)
    db.session.commit()
    return "", 204
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


def test_what_a_member_reaches_has_to_be_of_the_same_whole(reviewed: Reviewed) -> None:
    assert reviewed({"app.js": EXPRESS}, "insecure-direct-object-reference") == [
        "DELETE /orgs/:orgId/projects/:id",
        "GET /orgs/:orgId/projects/:id",
    ]


def test_a_whole_needs_no_name_that_is_known(reviewed: Reviewed) -> None:
    text = EXPRESS.replace("orgId", "bandId").replace("orgs", "bands")
    assert len(reviewed({"app.js": text}, "insecure-direct-object-reference")) == 2


def test_views_and_mixins_that_keep_the_whole(reviewed: Reviewed) -> None:
    assert reviewed({"urls.py": DJANGO}, "insecure-direct-object-reference") == [
        "* /<slug:slug>/fn/<int:pk>",
        "* /<slug:slug>/fnrole/<int:pk>",
        "GET /<slug:slug>/docdetail/<int:pk>",
        "GET /<slug:slug>/docview/<int:pk>",
    ]


def test_the_attributes_of_the_class_that_answers_decide(
    rows: Callable[..., Rows], reviewed: Reviewed
) -> None:
    text = DJANGO.replace("DeleteView\n", "DeleteView, UpdateView\n") + _OWN
    read = rows(text, "urls.py")
    assert read["POST /<slug:slug>/change/<int:pk>"].authorization.state == "required"
    assert read["POST /<slug:slug>/remove/<int:pk>"].authorization.state == "none"
    assert read["POST /<slug:slug>/remove/<int:pk>"].ownership.state == "restricted"
    assert reviewed({"urls.py": text}, "missing-authorization") == ["POST /<slug:slug>/remove/<int:pk>"]


def test_a_role_everywhere_is_one_for_every_object(rows: Callable[..., Rows]) -> None:
    """The role of whoever is looked up by nothing but who calls is one everywhere."""
    text = DJANGO.replace("club__slug=slug, user=", "user=")
    assert rows(text, "urls.py")["* /<slug:slug>/fnrole/<int:pk>"].ownership.state == "restricted"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("app.py", FLASK, ["GET /<slug>/logs/<int:log_id>", "POST /<slug>/logs/<int:log_id>/delete"]),
        (
            "main.py",
            FASTAPI,
            ["DELETE /bands/{band_id}/songs/{song_id}", "GET /bands/{band_id}/songs/{song_id}"],
        ),
        ("app.ts", NEST, ["DELETE /guilds/:guildId/quests/:id", "GET /guilds/:guildId/quests/:id"]),
    ],
    ids=["decorators on decorators", "dependencies", "guards"],
)
def test_wherever_the_membership_is_asked(reviewed: Reviewed, name: str, text: str, told: list[str]) -> None:
    assert reviewed({name: text}, "insecure-direct-object-reference") == told


def test_what_is_taken_back_lets_nobody_in(rows: Callable[..., Rows], tmp_path: Path) -> None:
    """One's own like of a post is looked up as a membership is; comments of the post are of no tenant then."""
    assert {row.tenant.state for row in rows(LIKES, "app.py").values()} == {"none"}
    (tmp_path / "app.py").write_text(LIKES)
    options = Options(only=("insecure-direct-object-reference",), cache=False, repair=False)
    found = review_path(tmp_path, ".", options).result.findings
    assert {finding.confidence.value for finding in found} == {"likely"}
