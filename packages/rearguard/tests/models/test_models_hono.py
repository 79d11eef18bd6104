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
