"""Call an ASGI application without any client library between the test and the bytes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from strongback.http.asgi import ASGIApp, Message, Receive, Scope, Send


@dataclass
class Answer:
    status: int
    raw: list[tuple[bytes, bytes]]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [v.decode("latin-1") for k, v in self.raw if k.decode().lower() == name.lower()]

    def __getitem__(self, name: str) -> str:
        (value,) = self.all(name)
        return value


Headers = dict[str, str] | Iterable[tuple[str, str]]


def pairs(headers: Headers) -> list[tuple[bytes, bytes]]:
    items = headers.items() if isinstance(headers, dict) else headers
    return [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in items]


def scope_for(method: str = "GET", path: str = "/", headers: Headers = (), **extra: Any) -> Scope:
    target, _, query = path.partition("?")
    return {
        "type": "http",
        "method": method,
        "path": target,
        "raw_path": target.encode(),
        "query_string": query.encode(),
        "headers": pairs(headers),
        "client": ("203.0.113.7", 40000),
        "scheme": "https",
        **extra,
    }


async def call(
    app: ASGIApp,
    method: str = "GET",
    path: str = "/",
    headers: Headers = (),
    body: bytes | list[bytes] = b"",
    **extra: Any,
) -> Answer:
    chunks = [body] if isinstance(body, bytes) else list(body)
    inbox: list[Message] = [
        {"type": "http.request", "body": c, "more_body": i < len(chunks) - 1} for i, c in enumerate(chunks)
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return inbox.pop(0) if inbox else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope_for(method, path, headers, **extra), receive, send)
    start = sent[0]
    assert start["type"] == "http.response.start"
    content = b"".join(m.get("body", b"") for m in sent[1:])
    return Answer(start["status"], list(start["headers"]), content)


async def handshake(app: ASGIApp, headers: Headers = (), path: str = "/ws") -> str:
    """`accepted` or `closed`."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = scope_for("GET", path, headers) | {"type": "websocket", "scheme": "wss"}
    del scope["method"]
    await app(scope, receive, send)
    return {"websocket.accept": "accepted", "websocket.close": "closed"}[sent[0]["type"]]


def answering(
    body: bytes = b"{}", status: int = 200, headers: Headers = (("content-type", "application/json"),)
) -> ASGIApp:
    """An application that reads its body and answers the same to everything; it keeps the last scope and
    body.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        app.scope = scope  # type: ignore[attr-defined]
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept", "headers": []})
            return
        got = b""
        more = True
        while more:
            message = await receive()
            got += message.get("body", b"")
            more = message.get("more_body", False)
        app.body = got  # type: ignore[attr-defined]
        await send({"type": "http.response.start", "status": status, "headers": pairs(headers)})
        await send({"type": "http.response.body", "body": body})

    return app
