"""Servers without a framework: routes in own tables, requests of own classes, callers kept with the request."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import AccessMatrix

Matrices = Callable[[Mapping[str, str]], AccessMatrix]

TOKENS = """
import jwt


def read_token(header):
    try:
        return jwt.decode(header[7:], KEY, algorithms=["HS256"])
    except jwt.PyJWTError:
        return None
"""

STORE = """
import sqlite3

db = sqlite3.connect("shop.db")


def one(sql, params=()):
    return db.execute(sql, params).fetchone()
"""

HTTP = """
import json
from urllib.parse import parse_qs


class HttpError(Exception):
    def __init__(self, status):
        self.status = status


class Request:
    def __init__(self, environ):
        self.environ = environ
        self.method = environ["REQUEST_METHOD"]
        self.path = environ.get("PATH_INFO", "/")
        self.query = {k: v[0] for k, v in parse_qs(environ.get("QUERY_STRING", "")).items()}
        self.params = {}

    def json(self):
        return json.loads(self.environ["wsgi.input"].read(1000))

    def header(self, name):
        return self.environ.get("HTTP_" + name.upper())
"""

HANDLERS = """
from http_own import HttpError
from store import one


def login_required(handler):
    def wrapped(request):
        if request.user is None:
            raise HttpError(401)
        return handler(request)

    return wrapped


@login_required
def bill(request):
    return one("SELECT id, user_id, total FROM bills WHERE id = ?", (request.params["bill_id"],))


@login_required
def own(request):
    return one("SELECT id FROM bills WHERE id = ? AND user_id = ?", (request.query["id"], request.user["id"]))


@login_required
def note(request):
    return one("UPDATE bills SET note = '' WHERE id = ?", (request.json()["id"],))


def home(request):
    return "home"
"""

SERVER = r"""
import re

import handlers
from http_own import HttpError, Request
from tokens import read_token

ROUTES = [
    ("GET", re.compile(r"^/bills/(?P<bill_id>\d+)$"), handlers.bill),
    ("GET", re.compile("^/bills/own$"), handlers.own),
    ("POST", re.compile("^/bills/note$"), handlers.note),
    ("GET", re.compile("^/$"), handlers.home),
]


def dispatch(request):
    for method, pattern, handler in ROUTES:
        match = pattern.match(request.path)
        if match and method == request.method:
            request.params = match.groupdict()
            return handler(request)
    raise HttpError(404)


def application(environ, start_response):
    request = Request(environ)
    request.user = read_token(request.header("Authorization"))
    start_response("200 OK", [])
    return [dispatch(request)]
"""


def test_a_table_of_routes_and_an_own_request(matrix: Matrices) -> None:
    files = {
        "tokens.py": TOKENS,
        "store.py": STORE,
        "http_own.py": HTTP,
        "handlers.py": HANDLERS,
        "server.py": SERVER,
    }
    found = {f"{row.endpoint.method} {row.endpoint.path}": row for row in matrix(files)}
    assert sorted(found) == ["GET /", "GET /bills/own", "GET /bills/{bill_id}", "POST /bills/note"]
    assert found["GET /"].authentication.state == "none"
    states = {
        path: (row.authentication.state, row.ownership.state)
        for path, row in found.items()
        if "bills" in path
    }
    assert states == {
        "GET /bills/{bill_id}": ("required", "open"),
        "GET /bills/own": ("required", "restricted"),
        "POST /bills/note": ("required", "open"),
    }


NODE = """
const http = require('http');
const jwt = require('jsonwebtoken');

function requireUser(req, res) {
  req.user = jwt.verify(req.headers.authorization, process.env.KEY, { algorithms: ['HS256'] });
  if (!req.user) {
    res.writeHead(401).end();
  }
}

class Router {
  constructor() {
    this.routes = [];
  }

  get(path, ...handlers) {
    this.routes.push({ method: 'GET', path, handlers });
  }

  async handle(req, res) {
    for (const route of this.routes) {
      if (route.method === req.method && route.path === req.url) {
        for (const handler of route.handlers) {
          await handler(req, res);
        }
      }
    }
  }
}

const app = new Router();
app.get('/open', async (req, res) => res.end('open'));
app.get('/mine', requireUser, async (req, res) => res.end('mine'));
http.createServer((req, res) => app.handle(req, res)).listen(3000);
"""


def test_an_own_router_over_a_bare_server(matrix: Matrices) -> None:
    found = {row.endpoint.path: row.authentication.state for row in matrix({"server.js": NODE})}
    assert found == {"/open": "none", "/mine": "required"}


KEPT = """
import {{ Hono }} from 'hono';
import {{ HTTPException }} from 'hono/http-exception';
import jwt from 'jsonwebtoken';

const app = new Hono();
app.use('*', async (c, next) => {{
  c.set('{name}', jwt.verify(c.req.header('Authorization'), KEY, {{ algorithms: ['HS256'] }}));
  await next();
}});
app.use('*', async (c, next) => {{
  if (!{read}) throw new HTTPException(401);
  await next();
}});
app.get('/mine', (c) => c.json({{}}));
"""


@pytest.mark.parametrize(
    ("name", "read"),
    [("user", "c.get('user')"), ("visitor", "c.get('visitor')"), ("visitor", "c.var.visitor")],
)
def test_who_calls_is_kept_under_a_name(name: str, read: str, matrix: Matrices) -> None:
    (row,) = matrix({"app.js": KEPT.format(name=name, read=read)})
    assert row.authentication.state == "required"


PREPARED = """
import jwt
import tornado.web


class Base(tornado.web.RequestHandler):
    def prepare(self):
        self.caller = jwt.decode(self.request.headers["Authorization"], KEY, algorithms=["HS256"])
        if self.caller is None:
            raise tornado.web.HTTPError(401)


class Mine(Base):
    def get(self):
        self.write("mine")


app = tornado.web.Application([("/mine", Mine)])
"""


def test_who_calls_is_kept_with_the_view(matrix: Matrices) -> None:
    (row,) = matrix({"app.py": PREPARED})
    assert row.authentication.state == "required"


RESOLVER = """
const { GraphQLError } = require('graphql');
const { ApolloServer } = require('@apollo/server');

const resolvers = {
  Query: {
    mine: (_, args, ctx) => {
      if (!ctx.user) throw new GraphQLError('who are you?', { extensions: { code: 'UNAUTHENTICATED' } });
      return {};
    },
  },
};
new ApolloServer({ typeDefs, resolvers });
"""


def test_a_code_says_what_words_do_not(matrix: Matrices) -> None:
    (row,) = matrix({"server.js": RESOLVER})
    assert row.authentication.state == "required"


def test_a_function_of_that_name_keeps_nothing(matrix: Matrices) -> None:
    text = KEPT.format(name="user", read="c.get('user')") + "function set(a, b) {}\nset('user', 1);\n"
    (row,) = matrix({"app.js": text})
    assert row.authentication.state == "required"
