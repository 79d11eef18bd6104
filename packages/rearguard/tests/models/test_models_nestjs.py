"""NestJS: prefixes and versions, guards at every level, combined decorators, inputs."""

from collections.abc import Callable, Mapping
from pathlib import Path

from rearguard.models import Endpoint, ModelView, assemble
from rearguard.models.javascript.nestjs import NESTJS

Program = Callable[[Mapping[str, str]], ModelView]
FIXTURE = Path(__file__).parent / "fixtures" / "javascript" / "nestjs"

_ALL = "ThrottlerGuard > new ValidationPipe({ whitelist: true })"
_CATS = f"{_ALL} > JwtGuard > AuditMiddleware"

EXPECTED = f"""
GET /api/v1/cats/count | {_CATS} | CatsController.count
GET /api/v1/cats | {_CATS} | CatsController.list
GET /api/v1/cats/:id | {_CATS} | CatsController.read
DELETE /api/v1/cats/:id | {_CATS} > JwtGuard > RolesGuard > Roles('admin') | CatsController.remove
POST /api/v1/cats | {_CATS} | CatsController.create
POST /api/v1/cats/new | {_CATS} | CatsController.create
GET /api/health/deep | {_ALL} > TraceMiddleware | HealthController.check
"""


def found(program: Program, files: Mapping[str, str]) -> tuple[Endpoint, ...]:
    assert NESTJS.routes is not None
    return assemble(NESTJS.routes(program(files)))


def fixture() -> dict[str, str]:
    return {p.name: p.read_text() for p in sorted(FIXTURE.iterdir())}


def test_endpoints_of_the_fixture(program: Program) -> None:
    lines = [
        f"{e.method} {e.path} | {' > '.join(link.label for link in e.chain)} | {e.handler.label}"
        for e in found(program, fixture())
    ]
    assert sorted(lines) == sorted(EXPECTED.strip().splitlines())


def test_inputs(program: Program) -> None:
    inputs = {e.handler.label: dict(e.inputs) for e in found(program, fixture())}
    assert inputs["CatsController.read"] == {"id": "path", "user": "returned:guards.ts::<1>"}
    assert inputs["CatsController.list"] == {"page": "query", "language": "returned:guards.ts::<2>"}
    assert inputs["CatsController.remove"] == {"id": "path", "request": "request"}


def test_guards_run_their_entry_method(program: Program) -> None:
    removed = next(e for e in found(program, fixture()) if e.method == "DELETE")
    link = next(link for link in removed.chain if link.label == "RolesGuard")
    assert link.functions == ("guards.ts::RolesGuard.canActivate",)


def test_a_prefix_that_is_not_known(program: Program) -> None:
    files = fixture()
    files["main.ts"] = files["main.ts"].replace("'api'", "config.prefix")
    health = next(e for e in found(program, files) if e.handler.label == "HealthController.check")
    assert (health.path, health.path_known) == ("/health/deep", False)
