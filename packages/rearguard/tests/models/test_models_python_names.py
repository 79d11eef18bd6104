"""What a parameter's annotation and an endpoint's name mean: told, not guessed."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.models import ModelView, routes

Program = Callable[[Mapping[str, str]], ModelView]

LITESTAR = """
from enum import Enum
from typing import Annotated, Optional
from litestar import Litestar, get
from litestar.params import Parameter
from sqlalchemy.ext.asyncio import AsyncSession

class Kind(Enum):
    A = "a"

class Settings: ...
class ServiceName(str, Enum):
    A = "a"

@get("/x")
async def home({param}) -> str: ...

app = Litestar([home], dependencies={{"limit": give}})
"""
RULES = """
from werkzeug.routing import Map, Rule

RULES = Map([Rule("/users/<int:number>", endpoint="users")])

def application(environ, start_response):
    start_response("200 OK", [])
"""


@pytest.mark.parametrize(
    ("param", "inputs"),
    [
        ("it: str", {"it": "query"}),
        ("it: str | None = None", {"it": "query"}),
        ("it: Optional[list[int]]", {"it": "query"}),
        ("it: ServiceName", {"it": "query"}),
        ('it: Annotated[str, Parameter(query="from")]', {"it": "query"}),
        ('it: Annotated[str, Parameter(header="X-It")]', {"it": "header"}),
        ('it: str = Parameter(cookie="it")', {"it": "cookie"}),
        ("it: AsyncSession", {}),
        ("it: Settings", {}),
        ("limit: int", {}),
    ],
)
def test_channels_of_a_handler(program: Program, param: str, inputs: dict[str, str]) -> None:
    (endpoint,) = routes(program({"app.py": LITESTAR.format(param=param)}))
    assert dict(endpoint.inputs) == inputs


@pytest.mark.parametrize(
    ("files", "handlers"),
    [
        ({"app.py": RULES + "def users(request, number): ...\n", "b.py": "def users(): ...\n"}, ["users"]),
        (
            {"app.py": RULES, "b.py": "class Site:\n    def on_users(self, request, number): ...\n"},
            ["on_users"],
        ),
        ({"app.py": RULES, "b.py": "def users(): ...\n", "c.py": "def users(): ...\n"}, ["application"]),
        ({"app.py": RULES, "b.py": "def make():\n    def users(): ...\n"}, ["application"]),
    ],
)
def test_endpoints_that_rules_name(program: Program, files: Mapping[str, str], handlers: list[str]) -> None:
    assert [e.handler.label.rpartition(".")[2] for e in routes(program(files))] == handlers
