"""Strangers who are sent to another page, or told that there is none: by a helper, or by what refuses."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import AccessMatrix, Row

Rows = Mapping[str, Row]
Matrices = Callable[[Mapping[str, str]], AccessMatrix]

SESSION = """
import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import { prisma } from "./db";
export async function currentUser() {
  const raw = cookies().get("session_token")?.value;
  const user = await prisma.user.findUnique({ where: { sessionToken: raw } });
  if (TEST) WAY;
  return user;
}
"""
ACTIONS = """
"use server";
import { prisma } from "./db";
import { currentUser } from "./session";
export async function amend(id: number, text: string) {
  await currentUser();
  await prisma.permit.update({ where: { id }, data: { text } });
}
"""
DB = """
import { PrismaClient } from "@prisma/client";
export const prisma = new PrismaClient();
"""
AIOHTTP = """
import sqlite3
from aiohttp import web
db = sqlite3.connect("users.db")

async def current_user(request):
    token = request.cookies.get("session_token")
    user = db.execute("SELECT * FROM users WHERE token = ?", (token,)).fetchone()
    if user is None:
        {way}
    return user

routes = web.RouteTableDef()

@routes.post("/notes/{{id}}")
async def amend(request):
    await current_user(request)
    with open("/srv/notes/" + str(int(request.match_info["id"])), "w") as file:
        file.write(await request.text())
    return web.Response()

app = web.Application()
app.add_routes(routes)
"""


@pytest.mark.parametrize(
    ("test", "way", "state"),
    [
        ("!user", 'redirect("/enter")', "required"),
        ("!user || user.epoch !== epoch", 'redirect("/enter")', "required"),
        ("!user", "return null", "none"),
        ("!user && fresh", 'redirect("/enter")', "none"),
    ],
)
def test_a_helper_that_throws_strangers_to_another_page_refuses_them(
    matrix: Matrices, test: str, way: str, state: str
) -> None:
    files = {
        "app/session.ts": SESSION.replace("TEST", test).replace("WAY", way),
        "app/actions.ts": ACTIONS,
        "app/db.ts": DB,
    }
    (row,) = (row for row in matrix(files) if row.endpoint.path.endswith("amend"))
    assert row.authentication.state == state


def test_python_that_raises_a_redirect_refuses_too(rows: Callable[..., Rows]) -> None:
    raised = rows(AIOHTTP.format(way='raise web.HTTPFound("/enter")'), "app.py")
    given = rows(AIOHTTP.format(way="return None"), "app.py")
    assert raised["POST /notes/{id}"].authentication.state == "required"
    assert given["POST /notes/{id}"].authentication.state != "required"


KOA = """
const Koa = require("koa");
const Router = require("@koa/router");
const { PrismaClient } = require("@prisma/client");
const prisma = new PrismaClient();
const app = new Koa();
const router = new Router();
app.use(async (ctx, next) => {
  ctx.state.me = await prisma.customer.findUnique({ where: { id: ctx.session.customer } });
  await next();
});
router.use(async (ctx, next) => {
  if (!ctx.state.me || !ctx.state.me.FIELD) ctx.throw(404);
  await next();
});
router.get("/sales", async (ctx) => { ctx.body = await prisma.sale.findMany(); });
app.use(router.routes());
"""
FLASK = """
from flask import Flask, abort, jsonify
from flask_login import current_user
from models import Sale
app = Flask(__name__)

@app.before_request
def staff():
    if not current_user.is_authenticated or not current_user.FIELD:
        abort(404)

@app.get("/sales")
def sales():
    return jsonify(Sale.query.all())
"""


@pytest.mark.parametrize(("field", "state"), [("staff", "required"), ("address", "none")])
def test_pages_are_hidden_from_those_who_are_no_operators(
    rows: Callable[..., Rows], field: str, state: str
) -> None:
    for text, path in ((KOA, "main.js"), (FLASK, "app.py")):
        read = rows(text.replace("FIELD", field), path)
        assert read["GET /sales"].authorization.state == state
