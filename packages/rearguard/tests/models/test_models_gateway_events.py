"""Functions behind a gateway of AWS: which they are, and whose claims are the authorizer's."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.models import ModelView, routes

Program = Callable[[Mapping[str, str]], ModelView]


def found(program: Program, path: str, text: str) -> list[str]:
    return [
        f"{endpoint.path} {' '.join(link.label for link in endpoint.chain)}".rstrip()
        for endpoint in routes(program({path: text}))
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("exports.handler = async (event) => event.body", ["/orders"]),
        ("exports.handler = async ({ body, headers }) => body", ["/orders"]),
        ("exports.create = async (event) => event['body']", ["/create"]),
        ("exports.send = async ({ body, headers }) => body", []),
        ("exports.send = async (message) => message.body", []),
        (
            "exports.handler = async (event) => event.requestContext.authorizer.claims",
            ["/orders authorizer of the gateway"],
        ),
        (
            "exports.handler = async (event) => { const c = event.requestContext; return c.authorizer }",
            ["/orders authorizer of the gateway"],
        ),
        (
            "exports.handler = async ({ requestContext }) => requestContext.authorizer",
            ["/orders authorizer of the gateway"],
        ),
        ("exports.handler = async (event) => [event.body, payment.authorizer]", ["/orders"]),
        ("exports.handler = async (event) => [event.body, JSON.parse(event.body).authorizer]", ["/orders"]),
    ],
)
def test_functions_of_scripts(program: Program, text: str, expected: list[str]) -> None:
    assert found(program, "orders.js", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def handler(event, context): return event['body']", ["/orders"]),
        ("def create(event, context): return event.get('body')", ["/create"]),
        ("def handler(event, context): return event['Records']", []),
        (
            "def handler(event, _): return event['requestContext']['authorizer']",
            ["/orders authorizer of the gateway"],
        ),
        (
            "def handler(event, _): return event.get('requestContext', {}).get('authorizer', {})",
            ["/orders authorizer of the gateway"],
        ),
        ("def handler(event, _): return [event['body'], payment['authorizer']]", ["/orders"]),
        ("def handler(event, _): return json.loads(event['body'])['authorizer']", ["/orders"]),
    ],
)
def test_functions_of_python(program: Program, text: str, expected: list[str]) -> None:
    assert found(program, "orders.py", text) == expected
