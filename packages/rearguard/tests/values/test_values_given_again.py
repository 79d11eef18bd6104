"""Functions that are given what they gave back before: followed to an end, and what goes in comes out."""

from pathlib import Path

from rearguard.review import Options, review_path

_PROGRAM = """
import os
from flask import Flask, request

app = Flask(__name__)


def fold(step, items):
    held = {"text": "", "rest": items}
    for item in items:
        held = step({"text": held["text"] + item, "rest": held})
    return held


def walk(step, node):
    found = step(node)
    while found:
        found = step({"inner": found, "node": step(found)})
    return found


def again(node):
    return node


def nested(node):
    return {"inner": node["inner"], "text": node["node"]}


@app.get("/a")
def a():
    os.system(fold(again, request.args.getlist("h"))["text"])
    os.system(walk(again, {"inner": request.args["h"]})["inner"])
    os.system(walk(nested, {"inner": request.args["h"], "node": "x"})["text"])
    return ""
"""

_HEADERS = """
from flask import Flask, Response, request

app = Flask(__name__)


@app.get("/limited")
def limited():
    headers = {"cache-control": "no-store"}
    headers |= {name: value for name, value in request.args.items() if name.startswith("x-")}
    return Response("", 200, headers)


@app.get("/moved")
def moved():
    return Response("", 302, {"Location": request.args["to"]})
"""


def test_what_is_given_again_comes_to_an_end(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_PROGRAM)
    options = Options(only=("command-injection",), cache=False, repair=False)
    result = review_path(tmp_path, ".", options).result
    assert [unread for unread in result.coverage.unread if "internal error" in unread.reason] == []
    assert len(result.findings) >= 2


def test_of_headers_that_are_not_read_none_is_an_address(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_HEADERS)
    options = Options(only=("open-redirect",), cache=False, repair=False)
    found = review_path(tmp_path, ".", options).result.findings
    assert [f.endpoint.name for f in found if f.endpoint is not None] == ["GET /moved"]
