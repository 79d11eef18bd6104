"""Next.js: paths from where files lie, exported methods, wrapped handlers."""

from collections.abc import Callable, Mapping
from pathlib import Path

from rearguard.models import ModelView, assemble
from rearguard.models.javascript.next import NEXT, url_of

Program = Callable[[Mapping[str, str]], ModelView]
FIXTURE = Path(__file__).parent / "fixtures" / "javascript" / "next"

EXPECTED = """
GET /api/orders/:id |  | GET
POST /api/orders/:id | withUser | POST
* /api/users/*path |  | handler
GET /orders | layout | Page
GET /shop/:id |  | getServerSideProps
POST /src/app/orders/actions.ts#removeOrder |  | removeOrder
"""


def test_endpoints_of_the_fixture(program: Program) -> None:
    assert NEXT.routes is not None
    files = {p.relative_to(FIXTURE).as_posix(): p.read_text() for p in FIXTURE.rglob("*") if p.is_file()}
    found = []
    for endpoint in assemble(NEXT.routes(program(files))):
        chain = " > ".join(link.label for link in endpoint.chain)
        found.append(f"{endpoint.method} {endpoint.path} | {chain} | {endpoint.handler.label}")
    assert sorted(found) == sorted(EXPECTED.strip().splitlines())


def test_folders_that_are_no_segments() -> None:
    assert url_of(("(group)", "@slot", "a", "[b]", "[[...c]]")) == "/a/:b/*c"
