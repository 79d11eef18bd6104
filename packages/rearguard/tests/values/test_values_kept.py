"""Input that one request keeps in a database and another uses, through what a program writes and reads it with."""

from pathlib import Path

import pytest
from rearguard.review import Options, review_path

FLASK = """
import sqlite3
import subprocess

from flask import Flask, request

app = Flask(__name__)


def run(sql, *values):
    return sqlite3.connect("x").execute(sql, values)


def one(sql, *values):
    return dict(run(sql, *values).fetchone())


@app.post("/jobs")
def add():
    run("INSERT INTO jobs (owner, command) VALUES (?, ?)", 1, request.form["command"])
    return ""


@app.post("/jobs/<int:number>")
def start(number):
    job = one("SELECT * FROM jobs WHERE id = ?", number)
    subprocess.run("nice " + job["%s"], shell=True)
    return ""
"""
FASTAPI = """
import httpx
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()
session = Session()


class Base(DeclarativeBase):
    pass


class Hook(Base):
    __tablename__ = "hooks"
    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str]


class Other(Base):
    __tablename__ = "others"
    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str]


class Change(BaseModel):
    url: str | None = None


@app.patch("/hooks/{number}")
def change(number: int, body: Change):
    hook = session.get(Hook, number)
    for field, value in body.model_dump(exclude_unset=True).items():
        setattr(hook, field, value)
    session.commit()


@app.post("/hooks/{number}/test")
def test(number: int):
    found = session.scalar(select(%s).where(%s.id == number))
    return httpx.post(found.url).text
"""
DJANGO = """
import requests
from django.db import models
from rest_framework import routers, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response


class Company(models.Model):
    name = models.CharField(max_length=80)
    site = models.URLField()
    feed = models.URLField()


class CompanySerializer(serializers.ModelSerializer):
    class Meta:
        model = Company
        fields = ["id", "name", "site", "feed"]
        read_only_fields = ["feed"]


class CompanyViewSet(viewsets.%s):
    queryset = Company.objects.order_by("name")
    serializer_class = CompanySerializer

    @action(detail=True, methods=["post"])
    def refresh(self, request, pk=None):
        company = self.get_object()
        return Response(requests.get(company.%s, timeout=5).json())


router = routers.DefaultRouter()
router.register("companies", CompanyViewSet)
urlpatterns = router.urls
"""
KNEX = """
const express = require('express');
const { exec } = require('child_process');
const db = require('knex')({ client: 'pg' });
const app = express();
app.post('/jobs', express.json(), async (req, res) => {
  await db('jobs').insert({ command: req.body.command });
  res.end();
});
app.post('/jobs/:id', async (req, res) => {
  const job = await db('%s').where({ id: req.params.id }).first();
  exec('nice ' + job.command);
  res.end();
});
"""
NEST = """
import { Body, Controller, Get, Injectable, Param, Post } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import axios from 'axios';
import { Column, Entity, PrimaryGeneratedColumn, Repository } from 'typeorm';

@Entity()
export class Site {
  @PrimaryGeneratedColumn() id: number;
  @Column() url: string;
}

@Injectable()
export class SiteService {
  constructor(@InjectRepository(Site) private readonly sites: Repository<Site>) {}
  create(dto: any) { return this.sites.save(this.sites.create(dto)); }
  async check(id: number) { return axios.get((await this.sites.findOneBy({ id })).url); }
}

@Controller('sites')
export class SiteController {
  constructor(private readonly service: SiteService) {}
  @Post() create(@Body(%s) dto: any) { return this.service.create(%s); }
  @Get(':id/check') check(@Param('id') id: string) { return this.service.check(+id); }
}
"""
CASES = [
    ("a helper's statement", "app.py", FLASK % "command", "command-injection"),
    ("a column that nobody writes", "app.py", FLASK % "owner", ""),
    ("fields that are set one by one", "app.py", FASTAPI % ("Hook", "Hook"), "server-side-request-forgery"),
    ("fields of another class", "app.py", FASTAPI % ("Other", "Other"), ""),
    ("fields of a serializer", "app.py", DJANGO % ("ModelViewSet", "site"), "server-side-request-forgery"),
    ("a field that is only read", "app.py", DJANGO % ("ModelViewSet", "feed"), ""),
    ("a serializer that is only read", "app.py", DJANGO % ("ReadOnlyModelViewSet", "site"), ""),
    ("a table that a call names", "app.js", KNEX % "jobs", "command-injection"),
    ("another table", "app.js", KNEX % "tasks", ""),
    ("all of a body", "app.ts", NEST % ("", "dto"), "server-side-request-forgery"),
    ("a field of a body that is kept as another", "app.ts", NEST % ("'name'", "{ name: dto }"), ""),
]


@pytest.mark.parametrize(("file", "code", "check"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_kept_input(tmp_path: Path, file: str, code: str, check: str) -> None:
    (tmp_path / file).write_text(code)
    findings = review_path(tmp_path, "app", Options(jobs=1)).result.findings
    asked = ("command-injection", "server-side-request-forgery")
    assert [f.rule.id for f in findings if f.rule.id in asked] == ([check] if check else [])


def test_call_by_keywords_alone_keeps_what_it_is_called_on(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        """
import os

from flask import Flask, request
from tools import wrap

app = Flask(__name__)


@app.get("/")
def index():
    os.system(wrap(request.args["a"]).dumped(strict=True))
    return ""
"""
    )
    (tmp_path / "tools.py").write_text("from elsewhere import Wrapped as wrap\n")
    found = [f.rule.id for f in review_path(tmp_path, "app", Options(jobs=1)).result.findings]
    assert "command-injection" in found
