"""Koa: router prefixes, mounts, named routes, order of middleware."""

from collections.abc import Callable, Mapping
from pathlib import Path

from rearguard.models import ModelView, assemble
from rearguard.models.javascript.koa import KOA

Program = Callable[[Mapping[str, str]], ModelView]
FIXTURE = Path(__file__).parent / "fixtures" / "javascript" / "koa"

_BEFORE = "limit({ max: 5 }) > jwt({ secret: 'x', passthrough: true }) > new CSRF()"

EXPECTED = f"""
GET /users | {_BEFORE} | list
GET /users/:id | {_BEFORE} > authenticate | <2>
DELETE /users/:id | {_BEFORE} > authenticate | <3>
GET /users/:id/files | {_BEFORE} > authenticate | <4>
"""


def test_endpoints_of_the_fixture(program: Program) -> None:
    assert KOA.routes is not None
    files = {p.name: p.read_text() for p in sorted(FIXTURE.iterdir())}
    found = []
    for endpoint in assemble(KOA.routes(program(files))):
        chain = " > ".join(link.label for link in endpoint.chain)
        handler = endpoint.handler.functions[0].rpartition("::")[2]
        found.append(f"{endpoint.method} {endpoint.path} | {chain} | {handler}")
        assert dict(endpoint.inputs) == {"ctx": "request"}
    assert sorted(found) == sorted(EXPECTED.strip().splitlines())


STAFF = """
const Router = require('@koa/router')
const router = new Router()
const guard = async (ctx, next) => { await next() }
router.all('/staff', guard)
router.get('/staff', (ctx) => { ctx.body = [] })
router.get('/staff/:id', (ctx) => { ctx.body = [] })
"""


def test_what_is_handed_on_for_all_methods_stands_before_its_address(program: Program) -> None:
    assert KOA.routes is not None
    found = {e.path: [x.label for x in e.chain] for e in assemble(KOA.routes(program({"a.js": STAFF})))}
    assert found == {"/staff": ["guard"], "/staff/:id": []}
