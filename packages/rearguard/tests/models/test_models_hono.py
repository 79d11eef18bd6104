"""Hono: base paths, mounted applications, method chains, several methods at once."""

from collections.abc import Callable, Mapping
from pathlib import Path

from rearguard.models import ModelView, assemble
from rearguard.models.javascript.hono import HONO

Program = Callable[[Mapping[str, str]], ModelView]
FIXTURE = Path(__file__).parent / "fixtures" / "javascript" / "hono"

_FIRST = "csrf() > rateLimiter({ limit: 1 })"

EXPECTED = f"""
GET / | {_FIRST}
GET /books/:id | {_FIRST}
POST /books | {_FIRST} > zValidator('json', schema)
POST /forms | {_FIRST} > validator('form', inline) > jwk({{ jwks_uri: 'x' }})
GET /api/me | {_FIRST} > jwt({{ secret: 'x' }}) > owner > bearerAuth({{ token: 'x' }})
PUT /api/me | {_FIRST} > jwt({{ secret: 'x' }}) > owner > basicAuth({{ username: 'a', password: 'b' }})
DELETE /api/me | {_FIRST} > jwt({{ secret: 'x' }}) > owner > basicAuth({{ username: 'a', password: 'b' }})
GET /shelves | {_FIRST} > jwt({{ secret: 'x' }})
GET /shelves/:id | {_FIRST} > validation
"""


def test_endpoints_of_the_fixture(program: Program) -> None:
    assert HONO.routes is not None
    files = {p.name: p.read_text() for p in sorted(FIXTURE.iterdir())}
    found = []
    for endpoint in assemble(HONO.routes(program(files))):
        assert endpoint.handler.functions
        found.append(f"{endpoint.method} {endpoint.path} | {' > '.join(x.label for x in endpoint.chain)}")
    assert sorted(found) == sorted(EXPECTED.strip().splitlines())


STAFF = """
import { Hono } from 'hono'
import { jwt } from 'hono/jwt'
const app = new Hono()
const desk = new Hono()
const guard = async (c, next) => { await next() }
app.use('/staff', guard)
app.use('/desk/', guard)
app.use('/teams/*', guard)
app.all('/rooms', guard)
app.route('/desk', desk)
app.get('/staff', (c) => c.json([]))
app.get('/staff/:id', (c) => c.json([]))
app.get('/teams', (c) => c.json([]))
app.get('/teams/:id', (c) => c.json([]))
app.get('/rooms', (c) => c.json([]))
desk.get('/', (c) => c.json([]))
desk.get('/notes', (c) => c.json([]))
"""


def test_middleware_of_an_address_is_not_for_what_lies_below_it(program: Program) -> None:
    assert HONO.routes is not None
    found = {
        e.path: [link.label for link in e.chain] for e in assemble(HONO.routes(program({"a.ts": STAFF})))
    }
    assert {path for path, chain in found.items() if chain == ["guard"]} == {
        "/staff",
        "/desk",
        "/teams",
        "/teams/:id",
        "/rooms",
    }
    assert found["/staff/:id"] == found["/desk/notes"] == []
