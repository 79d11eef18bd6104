"""Endpoints of the fixture programs: method, full path, chain, handler, inputs."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from rearguard.models import Endpoint, ModelView, routes

Program = Callable[[Mapping[str, str]], ModelView]
FIXTURES = Path(__file__).parent / "fixtures" / "javascript"


def line(endpoint: Endpoint) -> str:
    chain = " > ".join(link.label for link in endpoint.chain)
    path = endpoint.path if endpoint.path_known else "unknown"
    inputs = " ".join(f"{name}={channel}" for name, channel in endpoint.inputs.items())
    return f"{endpoint.method} {path} | {chain} | {endpoint.handler.label} | {inputs}".rstrip()


@pytest.mark.parametrize("folder", sorted(p.parent.name for p in FIXTURES.glob("*/endpoints.txt")))
def test_endpoints_of_the_fixture(program: Program, folder: str) -> None:
    root = FIXTURES / folder
    files = {
        p.relative_to(root).as_posix(): p.read_text()
        for p in sorted(root.rglob("*"))
        if p.is_file() and p.suffix != ".txt"
    }
    expected = (root / "endpoints.txt").read_text().splitlines()
    assert sorted(line(endpoint) for endpoint in routes(program(files))) == sorted(expected)
