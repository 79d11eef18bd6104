"""Cookies that are written as headers: what keeps one of them at home says nothing of another."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import Row
from rearguard.analysis.access.forgery import cookies_of

Rows = Mapping[str, Row]

PYTHON = """
import sqlite3
from http.server import BaseHTTPRequestHandler, HTTPServer
from http.cookies import SimpleCookie
db = sqlite3.connect("app.db")

class Handler(BaseHTTPRequestHandler):
    def user(self):
        sid = SimpleCookie(self.headers.get("Cookie"))["sid"].value
        return db.execute("SELECT user_id FROM sessions WHERE token = ?", (sid,)).fetchone()

    def do_GET(self):
        self.send_response(200)
        self.send_header("Set-Cookie", {session})
        self.send_header("Set-Cookie", {theme})
        self.end_headers()

    def do_POST(self):
        user = self.user()
        if user is None:
            self.send_error(401)
            return
        name = self.rfile.read(int(self.headers["Content-Length"])).decode()
        db.execute("UPDATE users SET name = ? WHERE id = ?", (name, user[0]))
        db.commit()
        self.send_response(204)
        self.end_headers()

HTTPServer(("", 8000), Handler).serve_forever()
"""
SCRIPT = """
const http = require("http");
const Database = require("better-sqlite3");
const db = new Database("app.db");
http.createServer((req, res) => {{
  const sid = /sid=([^;]+)/.exec(req.headers.cookie || "")?.[1];
  if (req.url === "/start" && req.method === "GET") {{
    const fresh = db.prepare("SELECT token FROM sessions LIMIT 1").get().token;
    res.setHeader("Set-Cookie", [{session}, {theme}]);
    return res.end();
  }}
  if (req.url === "/name" && req.method === "POST") {{
    const user = db.prepare("SELECT user_id FROM sessions WHERE token = ?").get(sid);
    if (!user) {{ res.writeHead(401); return res.end(); }}
    let text = "";
    req.on("data", (part) => {{ text += part; }});
    req.on("end", () => {{
      db.prepare("UPDATE users SET name = ? WHERE id = ?").run(text, user.user_id);
      res.end();
    }});
  }}
}}).listen(3000);
"""
CASES = (
    ("sid={}; HttpOnly; SameSite=Lax", "theme=dark; Path=/", "protected"),
    ("sid={}; HttpOnly; Path=/", "theme=dark; SameSite=Lax", "missing"),
)


@pytest.mark.parametrize(("session", "theme", "wanted"), CASES)
def test_the_sessions_own_cookie_must_stay_at_home(
    rows: Callable[..., Rows], session: str, theme: str, wanted: str
) -> None:
    python = rows(PYTHON.format(session=f'f"{session.format("{token()}")}"', theme=f'"{theme}"'), "app.py")
    (row,) = (row for name, row in python.items() if name.startswith("POST "))
    assert row.csrf.state == wanted
    script = rows(SCRIPT.format(session=f"`{session.format('${fresh}')}`", theme=f'"{theme}"'))
    (row,) = script.values()
    assert row.csrf.state == wanted


def test_a_cookie_is_known_by_its_name_wherever_that_is_written(rows: Callable[..., Rows]) -> None:
    text = """
const Fastify = require("fastify");
const { PrismaClient } = require("@prisma/client");
const prisma = new PrismaClient();
const app = Fastify();
app.register(require("@fastify/cookie"));
const NAME = "sid";
app.post("/notes", async (req, reply) => {
  const session = await prisma.session.findUnique({ where: { id: req.cookies[NAME] } });
  if (!session) return reply.code(401).send();
  await prisma.note.create({ data: { userId: session.userId, text: req.body.text } });
});
"""
    surface = rows(text)["POST /notes"].surface
    assert surface is not None
    assert cookies_of(surface) == {"sid"}
