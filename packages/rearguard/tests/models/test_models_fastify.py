"""Fastify: plugins with prefixes, encapsulated and open hooks, decorated functions."""

from collections.abc import Callable, Mapping
from pathlib import Path

from rearguard.models import Endpoint, ModelView, assemble
from rearguard.models.javascript.fastify import FASTIFY

Program = Callable[[Mapping[str, str]], ModelView]
FIXTURE = Path(__file__).parent / "fixtures" / "javascript" / "fastify"

EXPECTED = """
GET / | inline > inline > rateLimit | <3>
POST /files | inline > inline > rateLimit > app.authenticate > app.csrfProtection | <4>
GET /old/:page | inline > inline > rateLimit > app.basicAuth > app.rateLimit() | handler
HEAD /old/:page | inline > inline > rateLimit > app.basicAuth > app.rateLimit() | handler
GET /items | inline > inline > rateLimit > fastify.authenticate | listItems
GET /items/:id | inline > inline > rateLimit > fastify.authenticate | items.handler
DELETE /admin/users/:id | inline > inline > rateLimit | <1>.<1>
POST /readings | inline > inline > rateLimit > bearer | <2>.<1>
"""


def line(endpoint: Endpoint) -> str:
    chain = " > ".join(link.label for link in endpoint.chain)
    handler = endpoint.handler.functions[0].rpartition("::")[2] if endpoint.handler.functions else "?"
    return f"{endpoint.method} {endpoint.path} | {chain} | {handler}"


def found(program: Program) -> tuple[Endpoint, ...]:
    assert FASTIFY.routes is not None
    files = {
        p.relative_to(FIXTURE).as_posix(): p.read_text() for p in sorted(FIXTURE.rglob("*")) if p.is_file()
    }
    return assemble(FASTIFY.routes(program(files)))


def test_endpoints_of_the_fixture(program: Program) -> None:
    assert sorted(line(e) for e in found(program)) == sorted(EXPECTED.strip().splitlines())


def test_decorated_functions_stand_in_the_chain(program: Program) -> None:
    guarded = next(e for e in found(program) if e.path == "/items")
    assert guarded.chain[-1].functions == ("server.ts::<1>.<1>",)
    assert guarded.returns == "told"


LOADED = {
    "app.js": """
const path = require('path')
const fastify = require('fastify')()
const autoload = require('@fastify/autoload')

fastify.register(autoload, { dir: path.join(__dirname, 'plugins') })
fastify.register(autoload, {
  dir: path.join(__dirname, 'routes'),
  autoHooks: true,
  cascadeHooks: true,
  routeParams: true,
  options: { prefix: '/v1' },
})
""",
    "plugins/rate-limit.js": "module.exports = require('@fastify/rate-limit')",
    "routes/home.js": "module.exports = async function (fastify) { fastify.get('/', async () => 'home') }",
    "routes/api/autohooks.js": """
module.exports = async function (fastify) {
  fastify.addHook('onRequest', function known(request, reply, done) { done() })
}
""",
    "routes/api/items/index.js": """
module.exports = async function (fastify) { fastify.get('/', async () => []) }
""",
    "routes/api/items/_id/index.js": """
module.exports = async function (fastify) { fastify.delete('/', async () => null) }
""",
    "routes/api/items/unused.js": """
module.exports = async function (fastify) { fastify.get('/unused', async () => null) }
""",
    "routes/api/health.js": """
module.exports = async function (fastify) { fastify.get('/health', async () => 'up') }
module.exports.autoPrefix = '/status'
""",
}


def test_plugins_of_a_folder(program: Program) -> None:
    assert FASTIFY.routes is not None
    endpoints = assemble(FASTIFY.routes(program(LOADED)))
    chains = {f"{e.method} {e.path}": [link.label for link in e.chain] for e in endpoints if e.path_known}
    hooked = ["@fastify/rate-limit", "known"]
    assert chains["GET /v1/api/items"] == hooked
    assert chains["DELETE /v1/api/items/:id"] == hooked
    assert [path for path in chains if path.startswith("GET /v1/api/items/unused")] == []
    assert chains["GET /v1"] == ["@fastify/rate-limit"]
    assert any(path.endswith("/health") and chain == hooked for path, chain in chains.items())
