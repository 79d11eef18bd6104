"""Verification steps for flows: the request that shows a weakness, and what must come back once repaired."""

import json
import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from rearguard.analysis.values import SourceRead
from rearguard.findings import Endpoint, Request

BASE = "http://localhost:8000"
"""Where the reader runs the service; a placeholder that every request shares."""
OPERATIONS = ("QUERY", "MUTATION", "SUBSCRIPTION")
"""What stands for a method where fields of a GraphQL schema are endpoints."""
_PARAMETER = re.compile(
    r"(?<![^/.-]):(?P<a>\w+)(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?[?*+]?"
    r"|\{\*?(?P<b>\w+)(?::[^{}/]*)?\}|<(?:[^<>/]+:)?(?P<c>\w+)>|\*(?P<d>\w*)"
)
"""A parameter of a route's path: `:id`, `:id(\\d+)`, `{id}`, `{id:int}`, `<id>`, `<int:id>`, `*rest`."""


def request_line(endpoint: Endpoint | None, source: SourceRead, payload: str) -> str:
    """A curl command that puts `payload` where the input is read; "" when the endpoint is not known."""
    if endpoint is None:
        return ""
    if endpoint.method in OPERATIONS:
        return _operation(endpoint, source, payload)
    name = source.path[-1] if source.path else "value"
    channel = source.channel
    path = filled_path(endpoint.path, {name: payload} if channel in ("path", "params") else {})
    options: list[str] = []
    if channel in ("query", "args", "values"):
        return curl(endpoint, path, ["--data-urlencode", shell(f"{name}={payload}")], before=["-G"])
    if channel in ("body", "json", "data"):
        options = json_body(json.dumps(_nested(source.path, payload)))
    elif channel == "form":
        options = ["--data-urlencode", shell(f"{name}={payload}")]
    elif channel in ("header", "headers"):
        options = ["-H", shell(f"{name.replace('_', '-')}: {payload}")]
    elif channel in ("cookie", "cookies"):
        options = ["-b", shell(f"{name}={payload}")]
    return curl(endpoint, path, options)


def _operation(endpoint: Endpoint, source: SourceRead, payload: str) -> str:
    """The GraphQL request that gives `payload` for an argument of a field."""
    path, _, field = endpoint.path.partition("#")
    name = source.path[0] if source.path else "value"
    text = f"{endpoint.method.lower()} ($value: String!) {{ {field}({name}: $value) }}"
    body = json.dumps({"query": text, "variables": {"value": payload}})
    return " ".join(("curl", "-i", "-X", "POST", shell(BASE + path), *json_body(body)))


def curl(endpoint: Endpoint, path: str, options: Sequence[str] = (), before: Sequence[str] = ()) -> str:
    """A curl command for an endpoint whose path was filled in; `before` stands in front of the address.

    What comes from the reviewed code is quoted, the method too: readers paste these commands.
    """
    method = "GET" if endpoint.method == "*" else endpoint.method
    asked = [] if method == "GET" else ["-X", method if method.isalpha() else shell(method)]
    return " ".join(("curl", "-i", *asked, *before, shell(BASE + path), *options))


def json_body(text: str) -> list[str]:
    """curl's options for a JSON body."""
    return ["-H", shell("Content-Type: application/json"), "-d", shell(text)]


def _nested(path: tuple[str, ...], payload: str) -> object:
    """The body that holds `payload` under the keys of `path`; `*` is an element of a list."""
    body: object = payload
    for key in reversed(path or ("value",)):
        body = [body] if key == "*" else {key: body}
    return body


def filled_path(path: str, given: Mapping[str, str], other: str = "1") -> str:
    """The route's path with what is given for its parameters by name, and `other` for every other one."""

    def value(match: re.Match[str]) -> str:
        payload = given.get(match[match.lastgroup or 0])
        return other if payload is None else quote(payload, safe="")

    return _PARAMETER.sub(value, path)


def shell(text: str) -> str:
    """The text as one word of a POSIX shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def probe(endpoint: Endpoint | None, source: SourceRead, payload: str, text: str, expect: str) -> Request:
    """One verification step."""
    return Request(text, request_line(endpoint, source, payload), expect)
