"""Policies written as dependencies run before anything of the handler, once the application has started."""

from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Body, Depends, FastAPI, WebSocket
from fastapi.routing import APIRoute
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from strongback import fastapi_routes
from strongback.fastapi import allow, install
from strongback.identity import Principal
from strongback.startup import routes_of

from packages.strongback.tests.install.test_install import ORIGIN, bare, web

CLERK = Principal("ada", roles=frozenset({"clerk"}))


async def signing_in(connection: HTTPConnection) -> None:
    """A dependency that finds out who asks, which the policies after it rely on."""
    connection.scope["strongback.principal"] = CLERK


def application() -> FastAPI:
    app, inner, outer = bare(), APIRouter(), APIRouter(dependencies=[allow.signed_in()])

    async def handler(number: Annotated[int, Body()] = 0) -> dict[str, str]:
        return {"ran": "yes"}

    async def told(user: Annotated[Principal, allow.when("orders:read")]) -> str:
        return user.subject

    app.add_api_route("/open", handler, methods=["POST"], dependencies=[allow.public("a test")])
    app.add_api_route("/closed", handler, methods=["POST"], dependencies=[allow.signed_in()])
    app.add_api_route(
        "/known", handler, methods=["POST"], dependencies=[Depends(signing_in), allow.signed_in()]
    )
    app.add_api_route("/told", told, methods=["POST"], dependencies=[Depends(signing_in)])
    inner.add_api_route("/in", handler, methods=["POST"], dependencies=[allow.when("orders:read")])
    outer.include_router(inner, prefix="/deep")
    app.include_router(outer, prefix="/far")

    @app.websocket("/ws", dependencies=[allow.signed_in()])
    async def socket(ws: WebSocket) -> None:
        await ws.accept()

    return app


def policies(app: FastAPI) -> dict[str, list[str]]:
    return {route.path: [type(p).__name__ for p in route.policies] for route in routes_of(app.routes)}


STATUSES = {"/open": 200, "/closed": 401, "/known": 200, "/told": 200, "/far/deep/in": 401}


def asked(client: TestClient) -> dict[str, int]:
    return {path: client.post(path, json=1).status_code for path in STATUSES}


def test_every_policy_holds_before_and_after_it_was_moved() -> None:
    app, inner = application(), bare()
    inner.add_api_route("/part", signing_in, dependencies=[allow.signed_in()])
    app.mount("/whole", inner)
    before = policies(app)
    install(app, web())
    with TestClient(app, base_url=ORIGIN) as client:
        assert asked(client) == STATUSES
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/ws"):
            pass
        # A mounted application would answer what it knows no handler for with 500.
        assert client.get("/whole/part").status_code == 401
        # Refused before a body is looked at.
        assert (
            client.post("/closed", content=b"{", headers={"content-type": "application/json"}).status_code
            == 401
        )
        assert (
            client.post("/open", content=b"{", headers={"content-type": "application/json"}).status_code
            == 422
        )
    routes = [*app.routes, *inner.routes]
    moved = [
        getattr(r, "app", None) for r in routes if getattr(r, "path", "") in {"/open", "/closed", "/part"}
    ]
    assert len(moved) == 3
    assert all(hasattr(handler, "strongback_policies") for handler in moved)
    # What the audit sees is the same when the application starts again.
    assert policies(app) == before
    with TestClient(app, base_url=ORIGIN) as client:
        assert asked(client) == STATUSES


def test_a_route_that_comes_later_keeps_its_policy() -> None:
    app = application()
    install(app, web())
    with TestClient(app, base_url=ORIGIN) as client:
        asked(client)

        @app.get("/late", dependencies=[allow.signed_in()])
        async def late() -> None: ...

        more = APIRouter()
        more.add_api_route("/more", late, dependencies=[allow.signed_in()])
        app.include_router(more)
        assert [client.get(path).status_code for path in ("/late", "/more")] == [401, 401]
        assert asked(client) == STATUSES


def test_a_route_of_another_kind_keeps_its_dependency() -> None:
    class Own(APIRoute):
        async def handle(self, scope: Any, receive: Any, send: Any) -> None:
            await super().handle(scope, receive, send)

    app = bare()
    router = APIRouter(route_class=Own)

    @router.get("/own", dependencies=[allow.signed_in()])
    async def own() -> None: ...

    app.include_router(router)
    install(app, web())
    with TestClient(app, base_url=ORIGIN) as client:
        assert client.get("/own").status_code == 401


async def answer_without_looking(self: APIRoute, scope: Any, receive: Any, send: Any) -> None:
    await PlainTextResponse("served")(scope, receive, send)


@pytest.mark.anyio
async def test_where_fastapi_calls_something_else_nothing_is_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    app = application()
    assert await fastapi_routes._calls_what_routes_hold()
    monkeypatch.setattr(APIRoute, "handle", answer_without_looking)
    assert not await fastapi_routes._calls_what_routes_hold()
    await fastapi_routes.put_before_handlers(app.routes)
    assert not any(hasattr(getattr(route, "app", None), "strongback_policies") for route in app.routes)


def test_a_handler_of_ones_own_for_errors_is_asked() -> None:
    app = bare()
    install(app, web())

    @app.exception_handler(Exception)
    async def own(request: object, error: Exception) -> PlainTextResponse:
        return PlainTextResponse("ours", 500)

    @app.get("/x", dependencies=[allow.public("a test")])
    async def fail() -> None:
        raise RuntimeError("no")

    with TestClient(app, base_url=ORIGIN, raise_server_exceptions=False) as client:
        assert client.get("/x").text == "ours"
