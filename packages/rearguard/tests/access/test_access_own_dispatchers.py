"""Dispatchers of the program's own: what a route is registered with decides what is asked before its handler."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import AccessMatrix

Matrices = Callable[[Mapping[str, str]], AccessMatrix]

TUPLES = """\
import html
import re
import sqlite3
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

db = sqlite3.connect("club.db")


class Denied(Exception):
    status = 403


class Anonymous(Exception):
    status = 401


def one(sql, *params):
    return db.execute(sql, params).fetchone()


def run(sql, *params):
    db.execute(sql, params)
    db.commit()


def page(title, inner):
    return f"<html><head><title>{html.escape(title)}</title></head><body>{inner}</body></html>"


def home(call):
    return 200, page("Home", "<p>Welcome</p>")


def find(call):
    return 200, page("Find", "<p>Nothing for %s</p>" % call.query.get("q", [""])[0])


def find_safely(call):
    return 200, page("Find", "<p>Nothing for %s</p>" % html.escape(call.query.get("q", [""])[0]))


def note(call, number):
    row = one("SELECT * FROM notes WHERE id = ?", number)
    return 200, page("Note", html.escape(row["body"]))


def own_note(call, number):
    row = one("SELECT * FROM notes WHERE id = ? AND member_id = ?", number, call.member["id"])
    return 200, page("Note", html.escape(row["body"]))


def close(call, number):
    run("UPDATE clubs SET closed = 1 WHERE id = ?", number)
    return 200, page("Closed", "<p>Done</p>")


ROUTES = [
    ("GET", re.compile(r"^/$"), home, "nobody"),
    ("GET", re.compile(r"^/find$"), find, "nobody"),
    ("GET", re.compile(r"^/find2$"), find_safely, "nobody"),
    ("GET", re.compile(r"^/notes/(\\d+)$"), note, "member"),
    ("GET", re.compile(r"^/own/(\\d+)$"), own_note, "member"),
    ("POST", re.compile(r"^/clubs/(\\d+)/close$"), close, "officer"),
]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer("GET")

    def do_POST(self):
        self.answer("POST")

    def answer(self, method):
        parts = urlsplit(self.path)
        self.query = parse_qs(parts.query)
        jar = SimpleCookie(self.headers.get("Cookie", ""))
        sid = jar["sid"].value if "sid" in jar else ""
        self.member = one(
            "SELECT members.* FROM members JOIN logins ON logins.member_id = members.id WHERE logins.token = ?", sid
        )
        for verb, pattern, handler, needs in ROUTES:
            match = pattern.match(parts.path)
            if verb != method or match is None:
                continue
            try:
                self.check(needs)
                status, text = handler(self, *match.groups())
            except (Anonymous, Denied) as problem:
                status, text = problem.status, page("Refused", "<p>Not for you</p>")
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(text.encode())
            return
        self.send_error(404)

    def check(self, needs):
        if needs != "nobody" and self.member is None:
            raise Anonymous()
        if needs == "officer" and self.member["role"] != "officer":
            raise Denied()


ThreadingHTTPServer(("127.0.0.1", 8000), Handler).serve_forever()
"""

MAPS = """\
import html
import sqlite3
from http.cookies import SimpleCookie
from urllib.parse import parse_qs

db = sqlite3.connect("club.db")


class Web:
    def __init__(self, environ):
        self.environ = environ
        self.args = parse_qs(environ.get("QUERY_STRING", ""))
        self.jar = SimpleCookie(environ.get("HTTP_COOKIE", ""))
        self.who = None

    def field(self, name):
        size = int(self.environ.get("CONTENT_LENGTH") or 0)
        return parse_qs(self.environ["wsgi.input"].read(size).decode()).get(name, [""])[0]


class Page:
    def __init__(self, text, status="200 OK", kind="text/html"):
        self.text = text
        self.status = status
        self.head = {"Content-Type": kind}


def find(web):
    return Page("<p>No " + web.args.get("q", [""])[0] + "</p>")


def find_plain(web):
    return Page("No " + web.args.get("q", [""])[0], kind="text/plain")


def go(web):
    page = Page("", "302 Found")
    page.head["Location"] = web.args.get("to", ["/"])[0]
    return page


def mine(web):
    rows = db.execute("SELECT title FROM notes WHERE owner_id = ?", (web.who["id"],)).fetchall()
    return Page("".join(f"<li>{html.escape(row[0])}</li>" for row in rows))


def remove(web):
    db.execute("DELETE FROM notes WHERE id = ?", (web.field("id"),))
    return Page("<p>Gone</p>")


TABLE = {
    "/find": {"handler": find, "login": False},
    "/plain": {"handler": find_plain, "login": False},
    "/go": {"handler": go, "login": False},
    "/mine": {"handler": mine},
    "/remove": {"handler": remove, "staff": True},
}


def application(environ, start_response):
    web = Web(environ)
    token = web.jar["token"].value if "token" in web.jar else None
    web.who = db.execute("SELECT * FROM members WHERE token = ?", (token,)).fetchone()
    entry = TABLE.get(environ["PATH_INFO"])
    if entry is None:
        start_response("404 Not Found", [])
        return [b""]
    if entry.get("login", True) and web.who is None:
        start_response("401 Unauthorized", [])
        return [b""]
    if entry.get("staff") and not web.who["is_staff"]:
        start_response("403 Forbidden", [])
        return [b""]
    page = entry["handler"](web)
    start_response(page.status, list(page.head.items()))
    return [page.text.encode()]
"""

CLASSES = """\
import html
import sqlite3
from urllib.parse import parse_qs

db = sqlite3.connect("club.db")


class View:
    needs_login = True
    needs_staff = False

    def __init__(self, environ, member):
        self.environ = environ
        self.member = member
        self.query = parse_qs(environ.get("QUERY_STRING", ""))


class Find(View):
    needs_login = False

    def get(self):
        return f"<p>No {self.query.get('q', [''])[0]}</p>"


class FindSafely(View):
    needs_login = False

    def get(self):
        return f"<p>No {html.escape(self.query.get('q', [''])[0])}</p>"


class Note(View):
    def get(self):
        row = db.execute("SELECT body FROM notes WHERE id = ?", (self.query["id"][0],)).fetchone()
        return html.escape(row[0])


class Close(View):
    needs_staff = True

    def post(self):
        db.execute("UPDATE clubs SET closed = 1")
        return "<p>Closed</p>"


URLS = [("/find", Find), ("/find2", FindSafely), ("/note", Note), ("/close", Close)]


def application(environ, start_response):
    member = db.execute("SELECT * FROM members WHERE token = ?", (environ.get("HTTP_X_TOKEN", ""),)).fetchone()
    for path, view in URLS:
        if environ["PATH_INFO"] == path:
            if view.needs_login and member is None:
                start_response("401 Unauthorized", [])
                return [b""]
            if view.needs_staff and not member["is_staff"]:
                start_response("403 Forbidden", [])
                return [b""]
            made = view(environ, member)
            method = getattr(made, environ["REQUEST_METHOD"].lower())
            text = method()
            start_response("200 OK", [("Content-Type", "text/html")])
            return [text.encode()]
    start_response("404 Not Found", [])
    return [b""]
"""

MATCHED = """\
import html
import sqlite3
from urllib.parse import parse_qs

db = sqlite3.connect("club.db")


def with_member(inner):
    def app(environ, start_response):
        token = environ.get("HTTP_X_TOKEN", "")
        environ["club.member"] = db.execute("SELECT * FROM members WHERE token = ?", (token,)).fetchone()
        return inner(environ, start_response)
    return app


def members_only(environ, start_response):
    if environ["club.member"] is None:
        start_response("401 Unauthorized", [])
        return [b""]
    return None


def send(start_response, text):
    start_response("200 OK", [("Content-Type", "text/html")])
    return [text.encode()]


def find(environ, start_response):
    query = parse_qs(environ.get("QUERY_STRING", ""))
    return send(start_response, f"<p>No {query.get('q', [''])[0]}</p>")


def find_safely(environ, start_response):
    query = parse_qs(environ.get("QUERY_STRING", ""))
    return send(start_response, f"<p>No {html.escape(query.get('q', [''])[0])}</p>")


def note(environ, start_response):
    number = parse_qs(environ.get("QUERY_STRING", ""))["id"][0]
    row = db.execute("SELECT body FROM notes WHERE id = ?", (number,)).fetchone()
    return send(start_response, html.escape(row[0]))


def route(environ, start_response):
    match (environ["REQUEST_METHOD"], environ["PATH_INFO"]):
        case ("GET", "/find"):
            return find(environ, start_response)
        case ("GET", "/find2"):
            return find_safely(environ, start_response)
        case ("GET", "/note"):
            return members_only(environ, start_response) or note(environ, start_response)
    start_response("404 Not Found", [])
    return [b""]


application = with_member(route)
"""

DECORATED = """\
import hmac
import re
import sqlite3
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl

db = sqlite3.connect("club.db")
ENTRIES = []


class NeedLogin(Exception):
    pass


class Unwelcome(Exception):
    pass


class Call:
    def __init__(self, environ):
        self.environ = environ
        self.path = environ["PATH_INFO"]
        self.method = environ["REQUEST_METHOD"]
        self.cookies = {k: m.value for k, m in SimpleCookie(environ.get("HTTP_COOKIE", "")).items()}
        self.form = {}
        self.session = self.user = None
        self.load()

    def load(self):
        self.form = dict(parse_qsl(self.environ["wsgi.input"].read(1000).decode()))

    def arg(self, name):
        return self.form.get(name, "")


@dataclass
class Entry:
    pattern: re.Pattern
    methods: tuple
    handler: object
    needs: str = "member"
    form_token: bool = True


def route(path, *methods, needs="member", form_token=True):
    def keep(function):
        rx = re.compile("^" + re.sub(r"<(\\w+)>", r"(?P<\\1>[^/]+)", path) + "$")
        ENTRIES.append(Entry(rx, methods or ("GET",), function, needs, form_token))
        return function
    return keep


@route("/", "GET", needs="anyone")
def home(call):
    return "Welcome"


@route("/seats/<number>", "POST")
def seat(call, number):
    db.execute("UPDATE seats SET taken = 1 WHERE id = ?", (number,))
    return "Taken"


@route("/clubs/<number>/close", "POST", needs="officer", form_token=False)
def close(call, number):
    db.execute("UPDATE clubs SET closed = 1 WHERE id = ?", (number,))
    return "Closed"


@route("/clubs/<number>/open", "POST", needs="officer")
def reopen(call, number):
    db.execute("UPDATE clubs SET closed = 0 WHERE id = ?", (number,))
    return "Open"


def check_token(call):
    sent = call.arg("_token")
    if not sent or not hmac.compare_digest(sent, call.session["csrf"]):
        raise Unwelcome("Form expired")


def check_needs(entry, call):
    if entry.needs == "anyone":
        return
    if call.user is None:
        raise NeedLogin()
    if entry.needs == "officer" and call.user["role"] != "officer":
        raise Unwelcome("Officers only")


def dispatch(call):
    for entry in ENTRIES:
        hit = entry.pattern.match(call.path)
        if not hit or call.method not in entry.methods:
            continue
        check_needs(entry, call)
        if call.method == "POST" and entry.form_token:
            check_token(call)
        return entry.handler(call, **hit.groupdict())
    return "Nothing here"


def opened(call):
    row = db.execute("SELECT * FROM sessions WHERE sid = ?", (call.cookies.get("club"),)).fetchone()
    return dict(row) if row else None


def member(session):
    if not session or not session["member_id"]:
        return None
    row = db.execute("SELECT * FROM members WHERE id = ?", (session["member_id"],)).fetchone()
    return dict(row) if row else None


def application(environ, start_response):
    req = Call(environ)
    status = "200 OK"
    try:
        req.session = opened(req)
        req.user = member(req.session)
        text = dispatch(req)
    except NeedLogin:
        status, text = "401 Unauthorized", "Log in first"
    except Unwelcome:
        status, text = "403 Forbidden", "Not for you"
    start_response(status, [("Content-Type", "text/plain")])
    return [text.encode()]
"""

Expected = Mapping[str, tuple[str, str]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            TUPLES,
            {
                "GET /": ("none", "none"),
                "GET /find": ("none", "none"),
                "GET /find2": ("none", "none"),
                "GET /notes/{part1}": ("required", "none"),
                "GET /own/{part1}": ("required", "none"),
                "POST /clubs/{part1}/close": ("required", "required"),
            },
        ),
        (
            MAPS,
            {
                "* /find": ("none", "none"),
                "* /plain": ("none", "none"),
                "* /go": ("none", "none"),
                "* /mine": ("required", "none"),
                "* /remove": ("required", "required"),
            },
        ),
        (
            CLASSES,
            {
                "GET /find": ("none", "none"),
                "GET /find2": ("none", "none"),
                "GET /note": ("required", "none"),
                "POST /close": ("required", "required"),
            },
        ),
        (
            MATCHED,
            {
                "GET /find": ("none", "none"),
                "GET /find2": ("none", "none"),
                "GET /note": ("required", "none"),
            },
        ),
        (
            DECORATED,
            {
                "GET /": ("none", "none"),
                "POST /seats/{number}": ("required", "none"),
                "POST /clubs/{number}/close": ("required", "required"),
                "POST /clubs/{number}/open": ("required", "required"),
            },
        ),
    ],
    ids=["tuples", "maps", "classes", "matched", "decorated"],
)
def test_what_a_route_is_registered_with_decides(text: str, expected: Expected, matrix: Matrices) -> None:
    found = {
        f"{row.endpoint.method} {row.endpoint.path}": (row.authentication.state, row.authorization.state)
        for row in matrix({"server.py": text})
    }
    assert found == expected


def test_a_form_token_that_a_route_goes_without(matrix: Matrices) -> None:
    states = {row.endpoint.path: row.csrf.state for row in matrix({"server.py": DECORATED})}
    assert states == {
        "/": "unneeded",
        "/seats/{number}": "protected",
        "/clubs/{number}/close": "missing",
        "/clubs/{number}/open": "protected",
    }


def test_a_reader_reads_what_it_is_told_to(matrix: Matrices) -> None:
    rows = {row.endpoint.path: row for row in matrix({"server.py": DECORATED})}
    read = {(each.channel, each.name) for each in rows["/seats/{number}"].used}
    assert read == {("path", "number"), ("body", "_token")}


PAIRS = """
import http.server, re, sqlite3, urllib.parse
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path, _, query = self.path.partition("?")
        params = dict((m.group(1), urllib.parse.unquote(m.group(2))) for m in re.finditer(r"(\\w+)=([^&]*)", query))
        row = sqlite3.connect("x").execute("SELECT * FROM notes WHERE id=" + params["id"]).fetchone()
        self.wfile.write(str(row).encode())
"""


def test_a_map_of_pairs_is_what_the_query_says(matrix: Matrices) -> None:
    accesses = [access for row in matrix({"app.py": PAIRS}) for access in row.accesses]
    assert [name for access in accesses for name, source in access.keys if source is not None] == ["id"]
