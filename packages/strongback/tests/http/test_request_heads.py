"""What controls read of a request's head, each case with the quick way and without it."""

import pytest
from strongback.http.asgi import Message, client_address, cookies, head_of, header, respond

from packages.strongback.tests.http.call import scope_for

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("sent", "host", "usual"),
    [
        ([(b"host", b"a"), (b"accept", b"b")], "a", True),
        ([(b"host", b"a"), (b"x-own", b"b")], "a", False),
        ([(b"Host", b"a"), (b"accept", b"b")], "a", False),
        ([(b"host", b"a"), (b"host", b"b")], None, False),
        ([(b"host", b"a"), (b"Host", b"b")], None, False),
        ([(b"host", b"a"), (b"host", b"a")], None, False),
    ],
)
def test_what_was_sent_once_is_believed(
    sent: list[tuple[bytes, bytes]], host: str | None, usual: bool
) -> None:
    scope = scope_for()
    scope["headers"] = sent
    assert header(scope, b"host") == host
    assert head_of(scope).usual is usual
    assert head_of(scope) is head_of(scope)


def test_a_usual_head_is_not_sorted_anew() -> None:
    scope = scope_for()
    scope["headers"] = [(b"host", b"a"), (b"accept", b"b")]
    head = head_of(scope)
    assert (head.usual, head.many, dict(head)) == (True, {}, {b"host": b"a", b"accept": b"b"})


def test_cookies_have_a_name_and_a_value() -> None:
    scope = scope_for("GET", "/", {"cookie": "a=1; =2; flag; b=; c=x=y; a=3"})
    assert cookies(scope) == {"b": "", "c": "x=y"}


def test_the_address_is_not_the_port() -> None:
    assert client_address(scope_for(client=("203.0.113.9", 443))) == "203.0.113.9"
    assert client_address(scope_for(client=None)) is None


@pytest.mark.parametrize(("method", "body"), [("GET", b"{}"), ("HEAD", b"")])
async def test_an_answer_has_a_body_unless_only_its_head_was_asked_for(method: str, body: bytes) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await respond(scope_for(method), send, 403, b"{}")
    assert sent[0]["headers"] == [(b"content-length", b"2")]
    assert sent[1] == {"type": "http.response.body", "body": body}
    sent.clear()
    await respond(scope_for() | {"type": "websocket"}, send, 403)
    assert [(message["type"], message["code"]) for message in sent] == [("websocket.close", 1008)]
