"""The whole profile on FastAPI: what refuses to start, and what requests meet when it has."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException, WebSocket
from fastapi.middleware.cors import CORSMiddleware
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Mount, Route
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from strongback.authorization import Guarded, Public, Requires, Roles
from strongback.errors import AuditRefusedError, ConfigurationError
from strongback.fastapi import allow, current_principal, install, limited, session
from strongback.http.cors import Cors
from strongback.http.rates import Rate, RateLimits
from strongback.identity import Principal
from strongback.keys import KeyRing, new_key_text
from strongback.models import Identifier, Line, Moment, Slug, StrictModel
from strongback.profile import Profile, off
from strongback.sessions import CurrentSession
from strongback.startup import worker_count
from strongback.stores import MemoryStore, SqliteStore
from strongback.testing import BrokenStore, EventRecorder, SeededRandomness
from strongback.tokens import AccessTokens, BearerTokens

ORIGIN = "https://app.example.com"
KEYS = KeyRing.from_text(new_key_text("k1", SeededRandomness("install")))
ROLES = Roles({"clerk": ["orders:read"]})
CANARY = "Canary-77f1"
Current = Annotated[CurrentSession, Depends(session)]
User = Annotated[Principal, Depends(current_principal)]


def bare() -> FastAPI:
    return FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


def web(events: EventRecorder | None = None, **settings: object) -> Profile:
    defaults = {"store": MemoryStore(), "keys": KEYS, "roles": ROLES, "production": False}
    return Profile.web(origin=ORIGIN, events=events or EventRecorder(), **{**defaults, **settings})  # type: ignore[arg-type]


def refusal(app: FastAPI | Starlette, profile: Profile) -> str:
    install(app, profile)
    with pytest.raises(AuditRefusedError) as refused, TestClient(app):
        pass
    return str(refused.value)


def test_a_route_without_a_policy_refuses_with_its_line_and_the_way_out() -> None:
    app = bare()

    @app.get("/open")
    def open_door() -> None: ...

    text = refusal(app, web())
    assert "GET /open (" in text
    assert "test_install.py:" in text
    assert "allow.signed_in()" in text


def test_nested_routers_are_not_skipped() -> None:
    app, inner, outer = bare(), APIRouter(prefix="/inner"), APIRouter(prefix="/outer")

    @inner.get("/open")
    def deep() -> None: ...

    outer.include_router(inner)
    app.include_router(outer, prefix="/v1")
    assert "GET /v1/outer/inner/open" in refusal(app, web())


def test_docs_sockets_mounts_hosts_and_foreign_routes_need_policies() -> None:
    app = FastAPI()

    @app.websocket("/ws")
    async def socket(ws: WebSocket) -> None: ...

    app.mount("/sub", FastAPI(docs_url=None, redoc_url=None))
    app.mount("/raw", PlainTextResponse("x"))
    app.router.routes.append(Host("other.example.com", app=PlainTextResponse("x")))

    class Unknown:
        def matches(self, scope: object) -> object: ...

    app.router.routes.append(Unknown())  # type: ignore[arg-type]
    text = refusal(app, web())
    for part in ("/docs", "/openapi.json", "/redoc", "/ws", "/sub/openapi.json", "/raw", "Host", "Unknown"):
        assert part in text, part


def test_plain_starlette_routes_and_guarded_ones() -> None:
    async def page(request: object) -> PlainTextResponse:
        return PlainTextResponse("page")

    assert "GET/HEAD /x" in refusal(Starlette(routes=[Route("/x", page)]), web())
    guarded = Guarded(PlainTextResponse("x"), Public("a text"))
    closed = Guarded(PlainTextResponse("x"), Requires(frozenset({"orders:read"})))
    app = Starlette(routes=[Route("/x", guarded), Mount("/m", app=guarded), Mount("/closed", app=closed)])
    install(app, web())
    with TestClient(app, base_url=ORIGIN) as client:
        assert [client.get(p).status_code for p in ("/x", "/m/", "/closed/")] == [200, 200, 401]


def test_misspelt_permissions_contradictions_and_overrides_refuse() -> None:
    app = bare()

    @app.get("/a", dependencies=[allow.when("orders:reed")])
    def a() -> None: ...

    @app.get("/b", dependencies=[allow.public("everyone"), allow.signed_in()])
    def b() -> None: ...

    dependency = allow.signed_in()
    app.dependency_overrides[dependency.dependency] = lambda: None
    text = refusal(app, web())
    assert "'orders:reed', which no role has" in text
    assert "both public and restricted" in text
    assert "dependency_overrides replaces a policy" in text


def test_foreign_cors_is_named() -> None:
    app = bare()
    app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)
    assert "lets any origin in with credentials" in refusal(app, web())
    app = bare()
    app.add_middleware(CORSMiddleware, allow_origin_regex="https://.*", allow_credentials=True)
    assert "lets any origin in with credentials" in refusal(app, web())
    for settings in (
        {"allow_origins": ["https://a.example"], "allow_credentials": True},
        {"allow_origins": ["*"]},
    ):
        app = bare()
        app.add_middleware(CORSMiddleware, **settings)
        assert "stands beside the profile" in refusal(app, web())


def test_production_refuses_debug_memory_plaintext_and_bare_switches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = bare()
    app.debug = True
    text = refusal(
        app, web(production=True, limits=off("too slow"), hosts=off("the load balancer checks them"))
    )
    assert "hosts is off" not in text
    assert "debug mode" in text
    assert "MemoryStore forgets" in text
    assert "limits is off in production" in text
    near = Cors(["https://app.example.com", "http://localhost:3000"])
    text = refusal(bare(), web(production=True, cors=near))
    assert "cors trusts http://localhost:3000" in text
    assert "csrf trusts http://localhost:3000" in text
    monkeypatch.setattr("sys.argv", ["uvicorn", "app:app", "--reload"])
    store = SqliteStore(tmp_path / "s.db")
    store.plaintext = True  # type: ignore[misc]
    text = refusal(bare(), web(production=True, store=store))
    assert "--reload" in text
    assert "in the clear" in text


def test_memory_with_several_workers_refuses_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "4")
    assert "4 workers run" in refusal(bare(), web())
    monkeypatch.delenv("WEB_CONCURRENCY")
    monkeypatch.setattr("multiprocessing.parent_process", object)  # as in a worker that a server has spawned
    assert "2 workers run" in refusal(bare(), web(production=True))
    app = bare()
    install(app, web())
    with TestClient(app):  # a reloading development server spawns one process as well
        pass


@pytest.mark.parametrize(
    ("environment", "arguments", "count"),
    [
        ({}, ["uvicorn", "app:app"], 1),
        ({}, ["uvicorn", "--workers", "3"], 3),
        ({}, ["gunicorn", "-w=5"], 5),
        ({"WEB_CONCURRENCY": "2"}, ["uvicorn", "--workers=8"], 8),
        ({"WEB_CONCURRENCY": "many"}, ["uvicorn", "--workers"], 1),
    ],
)
def test_workers_are_counted(environment: dict[str, str], arguments: list[str], count: int) -> None:
    assert worker_count(environment, arguments) == count


def test_a_store_out_of_reach_or_weak_refuses(postgres: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from strongback.stores.postgres import PostgresStore

    superuser = PostgresStore(postgres.admin)  # type: ignore[attr-defined]
    assert "superuser" in refusal(bare(), web(production=True, store=superuser))
    remote = PostgresStore("postgresql://app@db.example.com/app")
    assert remote.plaintext
    assert not PostgresStore("postgresql://app@db.example.com/app?sslmode=verify-full").plaintext


def test_without_a_lifespan_the_first_request_audits(caplog: pytest.LogCaptureFixture) -> None:
    app = bare()

    @app.get("/open")
    def open_door() -> None: ...

    install(app, web())
    client = TestClient(app, base_url=ORIGIN)
    with caplog.at_level(logging.CRITICAL):
        for _ in range(2):
            assert client.get("/open").status_code == 500


def test_unsafe_settings_are_refused_where_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    for settings in (
        {"origin": "http://app.example.com"},
        {"origin": "*"},
        {"keys": "APP_KEYS"},
        {"keys": "env:NOT_SET_ANYWHERE"},
        {"limitz": 1},
        {"rate": "many"},
        {"proxies": ["0.0.0.0/0"]},
    ):
        base = {"origin": ORIGIN, "store": MemoryStore(), "keys": KEYS}
        with pytest.raises(ConfigurationError):
            Profile.web(**{**base, **settings})
    with pytest.raises(ConfigurationError):
        off("")
    monkeypatch.setenv("APP_KEYS", "k1:" + "c2VjcmV0" * 6)
    with pytest.raises(ConfigurationError):
        Profile.web(origin=ORIGIN, store=MemoryStore(), keys="env:APP_KEYS")
    app = bare()
    install(app, web())
    with pytest.raises(ConfigurationError):
        install(app, web())
    with pytest.raises(ConfigurationError):
        allow.when()


class Order(StrictModel):
    id: Identifier
    title: Line
    slug: Slug
    amount: int
    due: Moment


GOOD = {"id": "5f0c8d62-43f5-4f0c-9df0-4be8f7a3d1a1", "title": "Tea", "slug": "tea", "amount": 3,
        "due": "2026-11-22T10:00:00Z"}  # fmt: skip


@pytest.fixture
def events() -> EventRecorder:
    return EventRecorder()


@pytest.fixture
def client(events: EventRecorder) -> Iterator[TestClient]:
    app = bare()
    profile = web(events)
    assert isinstance(profile.rates, RateLimits)

    @app.get("/health", dependencies=[allow.public("liveness only")])
    def health() -> dict[str, bool]:
        return {"ok": True}

    @app.post(
        "/login", dependencies=[allow.public("the login form"), limited(profile.rates, Rate("login", 3, 60))]
    )
    async def login(current: Current) -> None:
        await current.log_in("ada", roles=("clerk",))

    @app.post("/logout", dependencies=[allow.signed_in()])
    async def logout(current: Current) -> None:
        await current.log_out()

    @app.get("/orders/{number}", dependencies=[allow.when("orders:read")])
    def order(number: int, user: User) -> dict[str, object]:
        return {"number": number, "user": user.subject}

    @app.post("/orders", dependencies=[allow.when("orders:read")])
    def create(order: Order) -> dict[str, str]:
        return {"slug": order.slug}

    @app.get("/boom", dependencies=[allow.public("fails on purpose")])
    def boom() -> None:
        raise ValueError(CANARY)

    @app.get("/teapot", dependencies=[allow.public("fails on purpose")])
    def teapot(status: int) -> None:
        raise HTTPException(status, CANARY, headers={"x-extra": "1"})

    @app.get("/secure", dependencies=[allow.when("orders:read", within=300, factor="otp")])
    def secure() -> None: ...

    @app.websocket("/ws", dependencies=[allow.when("orders:read")])
    async def socket(ws: WebSocket) -> None:
        await ws.accept()
        await ws.send_text("hello")
        await ws.close()

    install(app, profile)
    with TestClient(
        app, base_url=ORIGIN, headers={"origin": ORIGIN, "sec-fetch-site": "same-origin"}
    ) as client:
        yield client


def test_login_use_and_logout(client: TestClient) -> None:
    assert client.get("/orders/1").status_code == 401
    assert client.post("/login").status_code == 200
    answer = client.get("/orders/1")
    assert answer.json() == {"number": 1, "user": "ada"}
    assert answer.headers["cache-control"] == "no-store"
    assert client.get("/secure").status_code == 401
    with client.websocket_connect("wss://app.example.com/ws", headers={"origin": ORIGIN}) as ws:
        assert ws.receive_text() == "hello"
    assert client.post("/logout").status_code == 200
    assert client.get("/orders/1").status_code == 401


def test_sockets_are_refused_to_strangers_and_other_origins(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("wss://app.example.com/ws"):
        pass
    client.post("/login")
    evil = {"origin": "https://evil.example"}
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("wss://app.example.com/ws", headers=evil),
    ):
        pass


def test_cross_site_posts_are_refused_even_with_the_cookie(client: TestClient) -> None:
    client.post("/login")
    evil = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert client.post("/logout", headers=evil).status_code == 403
    assert client.get("/orders/1").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/health/", 404),
        ("PUT", "/health", 405),
        ("GET", "/orders/1", 401),
        ("GET", "/boom", 500),
        ("GET", "/teapot?status=418", 418),
        ("GET", "/teapot?status=503", 503),
        ("GET", "/teapot", 422),
    ],
)
def test_every_error_is_a_problem_with_all_headers(
    client: TestClient, method: str, path: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL):
        answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "strict-transport-security" in answer.headers
    assert "content-security-policy" in answer.headers
    assert answer.json()["status"] == status
    assert (CANARY in answer.text) is (status == 418)  # a 4xx detail is the developer's own sentence


def test_an_unhandled_error_shows_an_id_and_logs_the_rest(
    client: TestClient, events: EventRecorder, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get("/boom")
    error_id = answer.json()["instance"].removeprefix("urn:error:")
    assert f"error {error_id}" in caplog.text
    assert CANARY in caplog.text
    assert caplog.text.count("Traceback") == 1
    assert [e.detail["error_id"] for e in events.events if e.name.label == "error.unhandled"] == [error_id]


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "3"},
        {"amount": 3.5},
        {"amount": True},
        {"extra": CANARY},
        {"title": "a\nb"},
        {"title": "x" * 201},
        {"title": "a\u202eb"},
        {"slug": CANARY},
        {"id": CANARY},
        {"due": "2026-11-22T10:00:00"},
    ],
)
def test_models_refuse_what_is_not_declared_and_echo_nothing(
    client: TestClient, change: dict[str, object]
) -> None:
    client.post("/login")
    assert client.post("/orders", json=GOOD).json() == {"slug": "tea"}
    answer = client.post("/orders", json={**GOOD, **change})
    assert answer.status_code == 422
    assert CANARY not in answer.text
    assert answer.json()["errors"]
    with pytest.raises(ValidationError) as raised:
        Order.model_validate({**GOOD, **change})
    assert CANARY not in str(raised.value)


def test_login_is_limited_tighter_than_the_rest(client: TestClient) -> None:
    statuses = [client.post("/login").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    refused = client.post("/login")
    assert refused.headers["ratelimit-policy"] == '"login";q=3;w=60'
    assert int(refused.headers["retry-after"]) <= 20


def test_when_the_store_goes_down_everything_is_denied() -> None:
    app = bare()
    store = BrokenStore(MemoryStore(), allow=10)

    @app.get("/health", dependencies=[allow.public("liveness only")])
    def health() -> None: ...

    events = EventRecorder()
    install(app, web(events, store=store))
    with TestClient(app, base_url=ORIGIN) as client:
        assert client.get("/health").status_code == 200
        store.allow = 0
        answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "store.unavailable" in [e.name.label for e in events.events]


def test_an_api_profile_uses_bearer_tokens_and_no_cookies() -> None:
    app = bare()
    from strongback.seams import SystemClock, SystemRandomness

    clock, events = SystemClock(), EventRecorder()
    tokens = AccessTokens.symmetric(KEYS, issuer="me", audience="api", clock=clock, rng=SystemRandomness())
    bearer = BearerTokens(tokens, clock=clock, events=events)

    @app.get("/orders", dependencies=[allow.when("orders:read")])
    def orders(user: User) -> str:
        return str(user.subject)

    profile = Profile.api(
        origin=ORIGIN,
        store=MemoryStore(),
        keys=KEYS,
        tokens=bearer,
        roles=ROLES,
        production=False,
        events=events,
    )
    assert {name for name, _ in profile.left_out()} == {"cors", "csrf", "sessions"}
    install(app, profile)
    good = tokens.issue("ada", roles=frozenset({"clerk"}), scopes=frozenset({"orders:read"}))
    narrow = tokens.issue("ada", roles=frozenset({"clerk"}))
    with TestClient(app, base_url=ORIGIN) as client:
        assert client.get("/orders").headers["www-authenticate"] == "Bearer"
        assert client.get("/orders", headers={"authorization": f"Bearer {good}"}).json() == "ada"
        assert client.get("/orders", headers={"authorization": f"Bearer {narrow}"}).status_code == 403
        bad = client.get("/orders", headers={"authorization": f"Bearer {good}x"})
        assert (bad.status_code, bad.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')
        assert client.get("/orders", headers={"authorization": "Basic YTpi"}).status_code == 401
