"""Express: endpoints with full paths, chains and handlers; types of request and response; fragments."""

from collections.abc import Callable, Mapping
from pathlib import Path

from rearguard.models import Endpoint, ModelView, assemble
from rearguard.models.javascript.express import EXPRESS
from rearguard.program import Op, instructions

Program = Callable[[Mapping[str, str]], ModelView]
FIXTURE = Path(__file__).parent / "fixtures" / "javascript" / "express"


def fixture(program: Program) -> ModelView:
    files = {
        p.relative_to(FIXTURE).as_posix(): p.read_text() for p in sorted(FIXTURE.rglob("*")) if p.is_file()
    }
    return program(files)


def endpoints(view: ModelView) -> tuple[Endpoint, ...]:
    assert EXPRESS.routes is not None
    return assemble(EXPRESS.routes(view))


def line(endpoint: Endpoint) -> str:
    chain = " > ".join(link.label for link in endpoint.chain)
    path = endpoint.path if endpoint.path_known else "unknown"
    handler = endpoint.handler.functions[0].rpartition("::")[2] if endpoint.handler.functions else "?"
    return f"{endpoint.method} {path} | {chain} | {handler}"


STATIC = "express.json() > "

EXPECTED = f"""
GET /health | express.json() | <1>
GET /admin | {STATIC}requireAuth > requireRole('admin') | <3>
GET /admin/home | {STATIC}requireAuth > requireRole('admin') | <3>
GET /echo | express.json() | echo
POST /echo | express.json() | echo
GET /books/:id | {STATIC}requireAuth | <4>
PUT /books/:id | {STATIC}requireAuth > requireRole('editor') | <5>
GET unknown | express.json() | <6>
* /ping | express.json() | <7>
GET /named |  | <1>
GET /reports/daily | {STATIC}requireRole('admin', 'auditor') | reports.<1>
GET /shop/items/:id | {STATIC}this.limit(10) | Shop.item
POST /shop/items | express.json() | Shop.add
GET /cats/:name | {STATIC}requireAuth | <1>
GET /dogs | express.json() | <2>
GET /api/users | {STATIC}requireAuth > audit > catchAsync | <1>
POST /api/users | {STATIC}requireAuth > audit | create
GET /api/users/search | {STATIC}requireAuth > audit | search
GET /api/users/:userId | {STATIC}requireAuth > audit > inline > inline > catchAsync | <2>
DELETE /api/users/:userId | {STATIC}requireAuth > audit > inline > inline | remove
"""


def test_endpoints_of_the_fixture(program: Program) -> None:
    found = [line(endpoint) for endpoint in endpoints(fixture(program))]
    assert sorted(found) == sorted(EXPECTED.strip().splitlines())


def test_inputs_and_factories(program: Program) -> None:
    found = {(e.method, e.path): e for e in endpoints(fixture(program))}
    assert dict(found["GET", "/echo"].inputs) == {"req": "request", "res": "response"}
    factory = found["GET", "/reports/daily"].chain[-1]
    assert factory.functions == ("middleware/auth.js::requireRole.checkRole",)
    assert found["GET", "/api/users"].chain[-1].how == "wrapper"


def names_at(view: ModelView, path: str, expression: str) -> set[str]:
    """Names of every value in `path` whose source is `expression`."""
    found: set[str] = set()
    for fid, function in view.linker.functions.items():
        if view.linker.module_of[fid] != path:
            continue
        for instr in instructions(function.body):
            if instr.dst >= 0 and view.texts[path][instr.start : instr.end].decode() == expression:
                found.update(name for ref in view.linker.refs[fid][instr.dst] for name in ref.names)
    return found


def test_error_handlers_take_the_error_first(program: Program) -> None:
    view = fixture(program)
    assert "express:Error" in names_at(view, "app.js", "err")
    assert "express:Request.originalUrl" in names_at(view, "app.js", "req.originalUrl")


def test_annotated_handlers_that_are_registered_nowhere(program: Program) -> None:
    view = program(
        {"a.ts": "import { Request } from 'express'\nexport function f(req: Request) { return req.body }"}
    )
    assert "express:Request.body" in names_at(view, "a.ts", "req.body")


def test_mounted_chain(program: Program) -> None:
    view = program(
        {
            "a.js": """
const { Router } = require('express')
const inner = Router().get('/x', (req, res) => res.send(1))
const outer = Router().use('/inner', inner)
require('express')().use('/outer', outer)
"""
        }
    )
    assert [e.path for e in endpoints(view)] == ["/outer/inner/x"]


def test_settings_in_a_chain_give_the_application_back(program: Program) -> None:
    code = "const app = require('express')()\napp.set('env', 'x').disable('y').get('/x', (req, res) => res.send(1))\n"
    view = program({"a.js": code})
    assert [line(e) for e in endpoints(view)] == ["GET /x |  | <1>"]


def test_a_guard_after_a_mount_does_not_guard_it(program: Program) -> None:
    view = program(
        {
            "a.js": """
const express = require('express'); const app = express(); const api = express.Router()
api.get('/open', (req, res) => res.send(1))
app.use('/api', api, late)
app.get('/api/later', (req, res) => res.send(2))
"""
        }
    )
    assert [line(e) for e in endpoints(view)] == ["GET /api/open |  | <1>", "GET /api/later | late | <2>"]


def test_fragment_without_imports(program: Program) -> None:
    view = program(
        {
            "a.js": """
app.use(authenticate)
app.post('/api/users/:id/update', async (req, res) => { res.send(req.body.name) })
router.get('/x', controller.x)
app.get('trust proxy')
api.get('/users', { params: {} })
"""
        }
    )
    assert [line(e) for e in endpoints(view)] == [
        "POST /api/users/:id/update | authenticate | <1>",
        "GET /x |  | ?",
    ]
    assert "express:Request.body" in names_at(view, "a.js", "req.body")


def test_no_endpoint_without_express(program: Program) -> None:
    view = program({"a.js": "const app = new Map(); app.get('/x', () => 1)"})
    assert endpoints(view) == ()
    loads = [i for f in view.linker.functions.values() for i in instructions(f.body) if i.op == Op.LOAD]
    assert loads


def test_a_handler_with_next_stays_an_endpoint_before_a_catch_all(program: Program) -> None:
    view = program(
        {
            "a.js": """
const app = require('express')()
app.get('/:id', (req, res, next) => res.send(1))
app.get('/x/y', body('email').isEmail().trim(), (req, res) => res.send(2))
app.get('*', (req, res) => res.send(3))
"""
        }
    )
    assert [line(e) for e in endpoints(view)] == [
        "GET /:id |  | <1>",
        "GET /x/y | body('email')... | <2>",
        "GET /* |  | <3>",
    ]


def test_middleware_for_a_part_of_what_is_mounted(program: Program) -> None:
    view = program(
        {
            "a.js": """
const express = require('express'); const app = express(); const api = express.Router()
app.use('/api/admin', requireAdmin)
app.delete('/api/*', requireOwner)
app.use('/api', api)
api.get('/admin/users', (req, res) => res.send(1))
api.get('/open', (req, res) => res.send(2))
api.delete('/open', (req, res) => res.send(3))
"""
        }
    )
    assert [line(e) for e in endpoints(view) if e.handler.functions] == [
        "GET /api/admin/users | requireAdmin | <1>",
        "GET /api/open |  | <2>",
        "DELETE /api/open |  | <3>",
    ]


def test_a_handler_and_a_set_up_function_on_their_own(program: Program) -> None:
    view = program(
        {
            "a.js": """
exports.update = async (req, res) => res.send(req.body.name)
module.exports.routes = (app) => { app.get('/x', (req, res) => res.send(1)) }
"""
        }
    )
    assert "express:Request.body" in names_at(view, "a.js", "req.body")
    assert [e.path for e in endpoints(view)] == ["/x"]
