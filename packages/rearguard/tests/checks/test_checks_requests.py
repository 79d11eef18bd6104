"""Requests to paste: what they send, and that reviewed text stays an argument of theirs."""

import shlex

import pytest
from rearguard.analysis.values import SourceRead
from rearguard.checks.endpoints import request
from rearguard.checks.requests import filled_path, request_line
from rearguard.findings import Endpoint
from rearguard.program import Span

_PLACE = Span("app.js", 0, 1)


def endpoint(method: str, path: str) -> Endpoint:
    return Endpoint(method, path, "handler", _PLACE, "express")


def read(channel: str, *path: str) -> SourceRead:
    return SourceRead("request", channel, _PLACE, "app.js::handler", path)


@pytest.mark.parametrize(
    ("path", "filled"),
    [
        ("/users/:id", "/users/a%2Fb"),
        ("/users/:id?", "/users/a%2Fb"),
        (r"/users/:id(\d+)/x", "/users/a%2Fb/x"),
        ("/users/{id}", "/users/a%2Fb"),
        ("/users/{id:path}", "/users/a%2Fb"),
        ("/users/<id>", "/users/a%2Fb"),
        ("/users/<path:id>", "/users/a%2Fb"),
        ("/from/:start-:id", "/from/1-a%2Fb"),
        ("/a/<int:other>/b/*", "/a/1/b/1"),
        ("/items:batch/:id", "/items:batch/a%2Fb"),
    ],
)
def test_a_parameter_is_filled_however_the_framework_writes_it(path: str, filled: str) -> None:
    assert filled_path(path, {"id": "a/b"}) == filled


@pytest.mark.parametrize("path", ["/x'; touch owned; echo '", "/$(touch owned)", "/`touch owned`"])
@pytest.mark.parametrize("method", ["GET; touch owned #", "$(touch owned)", "POST"])
def test_text_of_the_reviewed_code_is_one_word_of_the_command(method: str, path: str) -> None:
    reached = endpoint(method, path)
    for line in (
        request(reached, "Authorization: Bearer $TOKEN", '{"a": "\'"}'),
        *(request_line(reached, read(channel, "it's"), "'x") for channel in ("query", "body", "headers")),
    ):
        words = shlex.split(line)
        assert words[:4] == ["curl", "-i", "-X", method]
        assert f"http://localhost:8000{path}" in words
        assert "touch" not in words


def test_an_argument_of_a_field_is_given_as_a_variable() -> None:
    reached = endpoint("MUTATION", "/graphql#createUser")
    line = request_line(reached, read("body", "name"), "it's")
    assert line == (
        "curl -i -X POST 'http://localhost:8000/graphql' -H 'Content-Type: application/json' "
        '-d \'{"query": "mutation ($value: String!) { createUser(name: $value) }", '
        '"variables": {"value": "it\'\\\'\'s"}}\''
    )
