"""Routes of servers without a framework, where what serves requests tests the path."""

from collections.abc import Callable, Mapping
from textwrap import indent

import pytest
from rearguard.models import ModelView, routes
from rearguard.models.own_tables import without_framework

Program = Callable[[Mapping[str, str]], ModelView]

HANDLER = """
import re
from http.server import BaseHTTPRequestHandler

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
{body}

    def users(self, *given): ...
    def reply(self, status, rows): ...
    def load(self, *given): ...

def show(handler, number=0): ...
def log(text): ...
"""
SERVER = """
const http = require('http')
function users(req, res) {{}}
function reply(res, status, rows) {{}}
async function load(kind) {{}}
http.createServer(async (req, res) => {{
{body}
}})
"""
WHOLE = {"GET /* Handler.do_GET"}


def found(program: Program, files: Mapping[str, str]) -> set[str]:
    return {f"{e.method} {e.path} {e.handler.label}" for e in routes(program(files))}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if self.path == '/users':\n    self.users()", {"GET /users Handler.users"}),
        ("if self.path == '/users':\n    return self.users()", {"GET /users Handler.users"}),
        ("if self.path == '/users':\n    log('asked')\n    self.users()", {"GET /users Handler.users"}),
        ("if self.path == '/users':\n    return show(self, 1)", {"GET /users show"}),
        (
            "if self.path == '/users':\n    try:\n        show(self)\n    finally:\n        log('x')",
            {"GET /users show"},
        ),
        ("m = re.match('^/users/(\\\\d+)$', self.path)\nif m:\n    show(m.group(1))", WHOLE),
        ("if self.path == '/users':\n    rows = self.load('all')\n    self.reply(200, rows)", WHOLE),
        ("if self.path == '/users':\n    log('asked')\n    self.wfile.write(b'')", WHOLE),
        ("if self.path == '/users':\n    return self.reply(200, self.load('all'))", WHOLE),
        ("self.users()", WHOLE),
    ],
)
def test_only_what_the_request_is_handed_to(program: Program, body: str, expected: set[str]) -> None:
    assert found(program, {"server.py": HANDLER.format(body=indent(body, " " * 8))}) == expected


def test_other_handlers_of_a_program_stay(program: Program) -> None:
    text = HANDLER.format(body=indent("if self.path == '/users':\n    self.users()", " " * 8))
    text += "class Other(BaseHTTPRequestHandler):\n    def do_POST(self): self.wfile.write(b'')\n"
    assert found(program, {"server.py": text}) == {"GET /users Handler.users", "POST /* Other.do_POST"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if (req.url === '/users') return users(req, res)", {"* /users users"}),
        ("if (req.url === '/users') { await load('x'); users(req, res) }", {"* /users users"}),
        (
            "if (req.url === '/users') { const rows = await load('x'); reply(res, 200, rows) }",
            {"* / inline"},
        ),
        ("if (req.url === '/users') { const rows = await load('x'); res.end(rows) }", {"* / inline"}),
        ("switch (req.url) { case '/users': users(req, res); break }", {"* /users users"}),
        (
            "if (req.method === 'POST') { if (req.url === '/users') { users(req, res) } }",
            {"POST /users users"},
        ),
    ],
)
def test_bare_servers_of_scripts(program: Program, body: str, expected: set[str]) -> None:
    assert found(program, {"server.js": SERVER.format(body=body)}) == expected


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("import http", True),
        ("from flask.views import View", False),
        ("import falcon", False),
        ("import connexion", False),
        ("import websockets", True),
    ],
)
def test_frameworks_with_routes_are_those_of_the_models(program: Program, text: str, bare: bool) -> None:
    assert without_framework(program({"a.py": text}), "python") is bare


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("const http = require('node:http')", True),
        ("import { createParam } from '@nestjs/common'", False),
        ("import { NextResponse } from 'next/server'", False),
        ("import Koa from 'koa'", False),
        ("import polka from 'polka'", False),
    ],
)
def test_frameworks_of_scripts(program: Program, text: str, bare: bool) -> None:
    assert without_framework(program({"a.js": text}), "javascript") is bare
