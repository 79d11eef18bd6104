"""What Starlette and FastAPI do about exceptions is done without every request passing through it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI, WebSocket
from fastapi.exceptions import HTTPException
from starlette.applications import Starlette
from starlette.exceptions import WebSocketException
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from strongback import fastapi as wired
from strongback.errors import DeniedError
from strongback.fastapi import allow, install
from strongback.fastapi_stack import ExceptionLayers, exception_layers

from packages.strongback.tests.install.test_install import ORIGIN, bare, web

OPEN = [allow.public("a test")]


class KnownError(Exception):
    """Has a handler."""


class WorseError(Exception):
    """Has one that fails."""


def application() -> FastAPI:
    app = bare()

    async def known(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"known": str(error)}, 418)

    def worse(request: Request, error: Exception) -> JSONResponse:
        raise ValueError("the handler fails")

    app.add_exception_handler(KnownError, known)
    app.add_exception_handler(WorseError, worse)
    app.add_exception_handler(409, known)
    raised: dict[str, Callable[[], Exception]] = {
        "known": lambda: KnownError("to us"),
        "worse": lambda: WorseError("than that"),
        "status": lambda: HTTPException(409, "taken"),
        "plain": lambda: HTTPException(404, "gone", headers={"x-extra": "1"}),
        "denied": lambda: DeniedError("no"),
        "boom": lambda: RuntimeError("nobody knows"),
    }

    @app.get("/raise/{what}", dependencies=OPEN)
    async def handler(what: str) -> None:
        raise raised[what]()

    @app.get("/begun/{what}", dependencies=OPEN)
    async def begun(what: str) -> StreamingResponse:
        async def parts() -> Any:
            yield b"a part"
            raise raised[what]()

        return StreamingResponse(parts())

    @app.websocket("/socket/{what}", dependencies=OPEN)
    async def socket(ws: WebSocket, what: str) -> None:
        await ws.accept()
        raise WebSocketException(4001) if what == "socket" else raised[what]()

    return app


def _whole(response: Any) -> tuple[int, dict[str, str], str]:
    headers = {name: value for name, value in response.headers.items() if name != "ratelimit"}
    body = "an id" if "urn:error:" in response.text else response.text
    return response.status_code, {k: v for k, v in headers.items() if k != "content-length"}, body


def _told(app: FastAPI) -> Iterator[object]:
    headers = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}
    with TestClient(app, base_url=ORIGIN, headers=headers, raise_server_exceptions=False) as client:
        for path in ("known", "worse", "status", "plain", "denied", "boom"):
            yield _whole(client.get(f"/raise/{path}"))
        yield _whole(client.get("/nowhere"))
        yield _whole(client.post("/raise/known"))
    with TestClient(app, base_url=ORIGIN, headers=headers) as client:
        for path in ("known", "plain", "boom"):
            with pytest.raises((RuntimeError, HTTPException)) as failed:
                client.get(f"/begun/{path}")
            yield type(failed.value), str(failed.value)
        for path in ("socket", "known", "denied", "boom"):
            try:
                with client.websocket_connect(f"/socket/{path}") as ws:
                    yield ws.receive()
            except (WebSocketDisconnect, RuntimeError, KnownError, TypeError) as error:
                yield type(error), getattr(error, "code", None)


def test_every_exception_ends_as_it_did(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the framework's layers in the way of every request, and with them asked about exceptions alone."""
    taken: list[object] = []

    def apart(stack: Any) -> Any:
        taken.append(exception_layers(stack))
        return taken[-1]

    monkeypatch.setattr(wired, "exception_layers", apart)
    app = application()
    install(app, web())
    ours = list(_told(app))
    assert len(taken) == 1
    assert taken[0] is not None

    monkeypatch.setattr(wired, "exception_layers", lambda stack: None)
    app = application()
    install(app, web())
    assert ours == list(_told(app))
    statuses = [whole[0] for whole in ours[:8] if isinstance(whole, tuple)]
    assert statuses == [418, 500, 418, 404, 403, 500, 404, 405]


def _stack(app: FastAPI | Starlette) -> Any:
    built: Any = app.build_middleware_stack()
    return built.app


def test_only_layers_that_wait_for_exceptions_are_taken_apart() -> None:
    """A middleware of one's own, or a limit for bodies, keeps all as it was."""
    apart = exception_layers(_stack(FastAPI()))
    assert apart is not None
    assert isinstance(apart[1], ExceptionLayers)
    assert exception_layers(_stack(Starlette())) is not None
    assert exception_layers(FastAPI().router) is None
    assert exception_layers(_stack(FastAPI(max_body_size=10))) is None

    async def onwards(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    app = FastAPI()
    app.add_middleware(BaseHTTPMiddleware, dispatch=onwards)
    assert exception_layers(_stack(app)) is None


def test_a_layer_that_offers_more_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that some day does more for every request than name the handlers has to be passed."""
    from starlette.middleware.exceptions import ExceptionMiddleware

    before = ExceptionMiddleware.__call__

    async def more(self: Any, scope: Any, receive: Any, send: Any) -> None:
        scope["more"] = True
        await before(self, scope, receive, send)

    monkeypatch.setattr(ExceptionMiddleware, "__call__", more)
    assert exception_layers(_stack(FastAPI())) is None
