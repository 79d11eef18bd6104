"""Repairs of applications that were drawn and found wrong: done right now, or left to a person."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

Review = Callable[[Mapping[str, str]], Any]

_FILTER = (
    "from django import template\nfrom django.utils.html import escape\nfrom django.utils.safestring import mark_safe\n\n"
    "register = template.Library()\n\n\n@register.filter\ndef highlight(value, word):\n"
)
_VIEW = (
    "from django.http import HttpResponse\nfrom django.urls import path\nfrom marks import highlight\n\n\n"
    "def found(request):\n    return HttpResponse(highlight(request.GET['text'], request.GET['word']))\n\n\n"
    "urlpatterns = [path('found', found)]\n"
)


def test_tags_that_are_put_into_a_text_are_not_escaped_with_it(review: Review) -> None:
    body = '    return mark_safe(str(value).replace(word, f"<mark>{word}</mark>"))\n'
    repaired = review({"marks.py": _FILTER + body, "urls.py": _VIEW})
    assert repaired.refusal("cross-site-scripting")


def test_values_of_a_format_are_escaped_one_by_one(review: Review) -> None:
    body = '    return mark_safe("<mark>{}</mark>".format(word))\n'
    text = review({"marks.py": _FILTER + body, "urls.py": _VIEW}).text("cross-site-scripting")
    assert 'mark_safe("<mark>{}</mark>".format(escape(word)))' in text


def test_what_is_asked_of_an_error_goes_with_it(review: Review) -> None:
    program = (
        "import logging\n\nimport asyncpg\nfrom fastapi import FastAPI, Request\nfrom fastapi.responses import JSONResponse\n\n"
        "log = logging.getLogger(__name__)\napp = FastAPI()\n\n\n@app.exception_handler(asyncpg.PostgresError)\n"
        "async def database_error(request: Request, exc: asyncpg.PostgresError):\n    log.error('database: %s', exc)\n"
        "    return JSONResponse({'error': str(exc), 'query': getattr(exc, 'query', None), 'hint': exc.hint}, "
        "status_code=500)\n\n\n@app.get('/')\nasync def home():\n    return {}\n"
    )
    text = review({"app.py": program}).text("error-exposure")
    assert "return JSONResponse({'error': 'Internal error'}, status_code=500)" in text


@pytest.mark.parametrize(("made", "asked"), [("follow_redirects=True", True), ("timeout=3", False)])
def test_a_client_that_follows_is_told_not_to(review: Review, made: str, asked: bool) -> None:
    program = (
        "import httpx\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/logo')\nasync def logo(url: str):\n"
        f"    async with httpx.AsyncClient({made}) as client:\n        answer = await client.get(url)\n"
        "    return {'size': len(answer.content)}\n"
    )
    text = review({"app.py": program}).text("server-side-request-forgery")
    assert ("client.get(allowed_address(url), follow_redirects=False)" in text) == asked
    assert "client.get(allowed_address(url)" in text


@pytest.mark.parametrize(
    ("client", "call", "wanted"),
    [
        (
            "const http = require('axios').create({ timeout: 3000 });",
            "http.get(req.query.url)",
            "{ maxRedirects: 0 }",
        ),
        ("const got = require('got');", "got(req.query.url)", "{ followRedirect: false }"),
    ],
)
def test_clients_of_scripts_follow_no_redirects(review: Review, client: str, call: str, wanted: str) -> None:
    program = (
        f"const express = require('express');\n{client}\nconst app = express();\n"
        f"app.get('/logo', async (req, res) => {{\n  const answer = await {call};\n  res.json({{ ok: answer.status }});\n}});\n"
    )
    text = review({"app.js": program}).text("server-side-request-forgery")
    assert f"(allowedAddress(req.query.url), {wanted})" in text


_SHOP = (
    "const express = require('express');\nconst { PrismaClient } = require('@prisma/client');\n"
    "const prisma = new PrismaClient();\nconst app = express();\napp.use(express.json());\n"
    "app.use((req, res, next) => {\n  if (!req.user) return res.status(401).end();\n  next();\n});\n"
    "app.get('/tickets', async (req, res) => {\n"
    "  res.json(await prisma.ticket.findMany({ where: { orgId: req.user.orgId } }));\n});\n"
    "app.post('/tickets', async (req, res) => {\n"
    "  res.json(await prisma.ticket.create({ data: { title: String(req.body.title), orgId: req.user.orgId } }));\n});\n"
)
_CLOSING = (
    "app.patch('/tickets/:id', async (req, res) => {\n"
    "  res.json(await prisma.ticket.updateMany({ where: { id: req.params.id }, data: { state: 'closed' } }));\n});\n"
)


def test_an_owner_is_written_as_the_project_writes_it(review: Review) -> None:
    text = review({"app.js": _SHOP + _CLOSING}).text("insecure-direct-object-reference")
    assert "where: { id: req.params.id, orgId: req.user.orgId }" in text


_KNEX = (
    "const express = require('express');\nconst db = require('knex')({ client: 'pg' });\nconst app = express();\n"
    "app.use((req, res, next) => {\n  if (!req.user) return res.status(401).end();\n  next();\n});\n"
    "app.get('/tickets/:id', async (req, res) => {\n"
    "  res.json(await db('tickets').where({ id: req.params.id, user_id: req.user.id }).first());\n});\n"
    "app.post('/tickets', async (req, res) => {\n"
    "  await db('tickets').insert({ user_id: req.user.id, event_id: req.body.event });\n  res.end();\n});\n"
)


def test_what_belongs_to_another_object_is_not_cut_to_the_callers_own(review: Review) -> None:
    listing = (
        "app.get('/attendees', async (req, res) => {\n"
        "  res.json(await db('tickets').where({ event_id: req.query.event }).select('holder', 'email'));\n});\n"
    )
    repaired = review({"app.js": _KNEX + listing})
    found = [f for f in repaired.findings if f.rule.id == "insecure-direct-object-reference"]
    assert found
    assert all(f.fix is None or f.fix.refused for f in found)


def test_nest_answers_for_what_is_not_there(review: Review) -> None:
    program = (
        "import { Controller, Get, NotFoundException, Query, StreamableFile } from '@nestjs/common';\n"
        "import { createReadStream, existsSync } from 'fs';\nimport { join } from 'path';\n\n"
        "const SHEETS = '/srv/sheets';\n\n@Controller('prints')\nexport class PrintsController {\n"
        "  @Get('sheet')\n  sheet(@Query('name') name: string) {\n    const file = join(SHEETS, String(name));\n"
        "    if (!existsSync(file)) throw new NotFoundException();\n"
        "    return new StreamableFile(createReadStream(file));\n  }\n}\n"
    )
    text = review({"prints.controller.ts": program}).text("path-traversal")
    assert "contained(SHEETS, String(name))" in text
    assert "    throw new NotFoundException();\n  }\n  return target;" in text
