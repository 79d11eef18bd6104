"""Endpoints of the fixture programs: method, full path, chain, handler, inputs."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from rearguard.link import split_selector
from rearguard.models import Endpoint, Link, ModelView, ValueView, routes
from rearguard.models.concepts import Guard
from rearguard.models.python.support import call_of

Program = Callable[[Mapping[str, str]], ModelView]
FIXTURES = Path(__file__).parent / "fixtures" / "python"


def endpoints(program: Program, folder: str) -> tuple[Endpoint, ...]:
    root = FIXTURES / folder
    files = {p.relative_to(root).as_posix(): p.read_text() for p in sorted(root.rglob("*.py"))}
    return routes(program(files))


def line(endpoint: Endpoint) -> str:
    chain = " > ".join(link.label for link in endpoint.chain)
    path = endpoint.path if endpoint.path_known else "unknown"
    inputs = " ".join(f"{name}={channel}" for name, channel in endpoint.inputs.items())
    return f"{endpoint.method} {path} | {chain} | {endpoint.handler.label} | {inputs}".rstrip()


@pytest.mark.parametrize("folder", sorted(p.parent.name for p in FIXTURES.glob("*/endpoints.txt")))
def test_endpoints_of_the_fixture(program: Program, folder: str) -> None:
    found = [line(endpoint) for endpoint in endpoints(program, folder)]
    expected = (FIXTURES / folder / "endpoints.txt").read_text().splitlines()
    assert sorted(found) == sorted(expected)


def by_label(endpoint: Endpoint, label: str) -> Link:
    return next(link for link in endpoint.chain if link.label == label)


def test_a_security_scheme_names_the_call_that_made_it(program: Program) -> None:
    """So that `auto_error=False`, which makes the guard optional, can be read there."""
    root = FIXTURES / "fastapi"
    view = program({p.name: p.read_text() for p in sorted(root.glob("*.py"))})
    endpoint = next(e for e in routes(view) if e.path == "/files/{owner}/{name:path}")
    scheme = by_label(endpoint, "optional")
    ((guard, _),) = view.models.value_rows("python", scheme.names, Guard)
    assert guard.strength == "presence"
    assert guard.optional_if is not None
    selector, value = guard.optional_if
    assert scheme.value is not None
    call = call_of(ValueView(view, *scheme.value))
    assert call is not None
    _, picked, _ = split_selector("call" + selector)
    assert picked is not None
    assert [given.const for given in call.select(picked)] == [value]


def test_dependencies_have_inputs_of_their_own(program: Program) -> None:
    endpoint = next(e for e in endpoints(program, "fastapi") if e.handler.label == "things")
    assert by_label(endpoint, "check_key").inputs == {"key": "header", "limit": "query:int"}


def test_a_wrapper_registers_once_for_each_of_its_calls(program: Program) -> None:
    text = """
from flask import Flask

app = Flask(__name__)

def under(prefix, rule):
    return prefix + rule if prefix else rule

def register(target, rules, view, **options):
    for rule in [under("/v1", each) for each in rules]:
        target.add_url_rule(rule, view_func=view, **options)

def one():
    return ""

def two():
    return ""

register(app, ("/a", "/b"), one)
register(app, ["/c"], view=two)
"""
    found = {(e.path, e.handler.label, e.path_known) for e in routes(program({"app.py": text}))}
    assert found == {("/v1/a", "one", True), ("/v1/b", "one", True), ("/v1/c", "two", True)} | {
        ("/a", "one", True),
        ("/b", "one", True),
        ("/c", "two", True),
    }


def test_a_blueprint_that_nobody_registers_keeps_its_prefix(program: Program) -> None:
    text = """
from flask import Blueprint
bp = Blueprint("bp", __name__, url_prefix="/bp")

@bp.route("/<name>")
def show(name):
    return name
"""
    assert [e.path for e in routes(program({"bp.py": text}))] == ["/bp/<name>"]


def test_a_prefix_from_the_settings(program: Program) -> None:
    text = """
from flask import Blueprint, Flask
bp = Blueprint("bp", __name__)
other = Blueprint("other", __name__)

class Settings:
    SHOP_PREFIX = "/shop"

@bp.route("/a")
def a():
    return ""

@other.route("/b")
def b():
    return ""

def create_app():
    app = Flask(__name__)
    app.config.from_object(Settings)
    app.register_blueprint(bp, url_prefix=app.config["SHOP_PREFIX"])
    app.register_blueprint(other, url_prefix=app.config["MISSING"])
"""
    found = {(e.path, e.path_known) for e in routes(program({"app.py": text}))}
    assert ("/shop/a", True) in found
    assert {known for path, known in found if path != "/shop/a"} == {False}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@app.route('/a/<int:n>')\ndef f(n):\n    return request.args['q']\n", "flask GET /a/<int:n>"),
        ("@router.post('/a/{n}')\nasync def f(n: int):\n    return n\n", "fastapi POST /a/{n}"),
        ("@app.get('/a/{n}')\nasync def f(n: int):\n    return n\n", "fastapi GET /a/{n}"),
    ],
)
def test_fragments_without_imports_have_endpoints(program: Program, text: str, expected: str) -> None:
    assert [f"{e.framework} {e.method} {e.path}" for e in routes(program({"snippet.py": text}))] == [expected]


def test_dependencies_run_once_each_before_those_that_need_them_however_deep(program: Program) -> None:
    lines = ["from fastapi import Depends, FastAPI", "app = FastAPI()", "def d0(q: str): return q"]
    lines += [f"def d{n}(a=Depends(d{n - 1}), b=Depends(d{n // 2})): return a" for n in range(1, 40)]
    lines.append("@app.get('/')\ndef index(x=Depends(d39)): return x\n")
    (endpoint,) = routes(program({"app.py": "\n".join(lines)}))
    assert [link.label for link in endpoint.chain] == [f"d{n}" for n in range(40)]
