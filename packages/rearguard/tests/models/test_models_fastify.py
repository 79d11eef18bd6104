"""Fastify: plugins with prefixes, encapsulated and open hooks, decorated functions."""

from collections.abc import Callable, Mapping
from pathlib import Path

from rearguard.models import Endpoint, ModelView, assemble
from rearguard.models.javascript.fastify import FASTIFY

Program = Callable[[Mapping[str, str]], ModelView]
FIXTURE = Path(__file__).parent / "fixtures" / "javascript" / "fastify"

EXPECTED = """
GET / | inline > rateLimit | <2>
POST /files | inline > rateLimit > app.authenticate > app.csrfProtection | <3>
GET /old/:page | inline > rateLimit > app.basicAuth > app.rateLimit() | handler
HEAD /old/:page | inline > rateLimit > app.basicAuth > app.rateLimit() | handler
GET /items | inline > rateLimit > fastify.authenticate | listItems
GET /items/:id | inline > rateLimit > fastify.authenticate | items.handler
DELETE /admin/users/:id | inline > rateLimit | <1>.<1>
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
