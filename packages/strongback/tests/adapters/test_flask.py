"""The profile around Flask: what refuses to start, what requests meet, what views can do."""

import asyncio
import io
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Blueprint, Flask, abort, redirect, render_template_string, request
from flask.views import MethodView
from strongback.authorization import Public, Roles
from strongback.errors import AuditRefusedError, ConfigurationError, StoreUnavailableError
from strongback.events import EventName
from strongback.flask import allow, current_principal, current_scope, install, limited, permit, session
from strongback.http.rates import Rate, RateLimits
from strongback.keys import KeyRing, new_key_text
from strongback.profile import Profile, off
from strongback.stores import MemoryStore
from strongback.testing import BrokenStore, EventRecorder, FakeClock, SeededRandomness
from strongback.wsgi import GuardedWsgi
from werkzeug.test import Client, TestResponse

ORIGIN = "https://app.example.com"
KEYS = KeyRing.from_text(new_key_text("k1", SeededRandomness("flask")))
ROLES = Roles({"clerk": ["orders:read"]})
CANARY = "Canary-77f1"


def web(events: EventRecorder, **settings: Any) -> Profile:
    defaults = {"store": MemoryStore(), "keys": KEYS, "roles": ROLES, "production": False}
    return Profile.web(origin=ORIGIN, events=events, **{**defaults, **settings})


def shop(events: EventRecorder, **settings: Any) -> Flask:
    app = Flask(__name__, static_folder=None)
    profile = web(events, **settings)
    install(app, profile)
    login_rate = Rate.parse("login", "2/h")

    @app.get("/")
    @allow.public("the front page")
    def front() -> str:
        return render_template_string('<script nonce="{{ csp_nonce() }}"></script>')

    @app.post("/login")
    @limited(RateLimits(login_rate, store=profile.store, clock=profile.clock, events=events), login_rate)
    @allow.public("login")
    def login() -> dict[str, bool]:
        session().log_in(request.form["name"], roles=("clerk",))
        return {"ok": True}

    @app.post("/logout")
    @allow.signed_in()
    def logout() -> dict[str, bool]:
        session().log_out()
        return {"ok": True}

    @app.post("/step-up")
    @allow.signed_in()
    def step_up() -> dict[str, bool]:
        return {"ok": session().step_up(("pwd", "otp"))}

    @app.get("/orders")
    @allow.when("orders:read")
    def orders() -> dict[str, str]:
        return {"of": current_principal().subject}

    @app.get("/strong")
    @allow.when("orders:read", factor="otp")
    def strong() -> dict[str, bool]:
        return {"ok": session().current.session is not None}

    @app.post("/echo")
    @allow.public("for tests")
    def echo() -> dict[str, Any]:
        return {"json": request.get_json(), "from": request.remote_addr, "secure": request.is_secure}

    @app.post("/lines")
    @allow.public("for tests")
    def lines() -> dict[str, Any]:
        first = request.stream.readline()
        return {"first": first.decode(), "rest": request.stream.read().decode()}

    @app.get("/broken")
    @allow.public("for tests")
    def broken() -> None:
        raise RuntimeError(CANARY)

    @app.get("/aborts/<int:status>")
    @allow.public("for tests")
    def aborts(status: int) -> None:
        abort(status, description="Say this" if status == 409 else None)

    @app.get("/stream")
    @allow.public("for tests")
    def stream() -> Any:
        def parts() -> Iterator[str]:
            yield from ("a", "b", "c")

        return app.response_class(parts(), mimetype="text/plain")

    @app.get("/cookie")
    @allow.public("for tests")
    def cookie() -> Any:
        response = redirect("/")
        response.set_cookie("theme", "dark", domain="example.com")
        return response

    @app.get("/slash/")
    @allow.public("for tests")
    def slash() -> str:
        return "x"

    return app


@pytest.fixture
def app(events: EventRecorder) -> Iterator[Flask]:
    app = shop(events)
    yield app
    app.extensions["strongback"].stop()


HOST = {"HTTP_HOST": "app.example.com", "wsgi.url_scheme": "https"}
SAME = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}


def ask(app: Flask, path: str, method: str = "GET", **settings: Any) -> TestResponse:
    client = Client(app, use_cookies=False)
    environ = HOST | {"REMOTE_ADDR": "203.0.113.9"} | settings.pop("environ", {})
    return client.open(path, method=method, environ_overrides=environ, **settings)


def refusal(app: Flask) -> str:
    with pytest.raises(AuditRefusedError) as refused:
        ask(app, "/")
    guarded = app.extensions["strongback"]
    findings = guarded.loop.run(guarded.findings())
    guarded.stop()
    assert tuple(refused.value.reasons) == findings
    return str(refused.value)


def test_views_without_policies_refuse_to_start_with_their_line(events: EventRecorder) -> None:
    app = Flask(__name__)
    install(app, web(events))
    inner = Blueprint("inner", __name__, url_prefix="/inner")

    @inner.get("/open")
    def door() -> str:
        return ""

    class Both(MethodView):
        def get(self) -> str:
            return ""

    app.register_blueprint(inner)
    app.add_url_rule("/both", view_func=Both.as_view("both"))
    text = refusal(app)
    assert "GET /inner/open (" in text
    assert "test_flask.py:" in text
    assert "GET /both" in text
    assert "/static/<path:filename>" in text
    assert "@allow.signed_in()" in text


def test_a_policy_on_views_of_others_and_misspelt_permissions(events: EventRecorder) -> None:
    app = Flask(__name__)
    install(app, web(events))
    permit(app, "static", Public("scripts and styles"))
    with pytest.raises(ConfigurationError):
        permit(app, "nothing", Public("no such view"))

    @app.get("/orders")
    @allow.when("orders:raed")
    def orders() -> str:
        return ""

    text = refusal(app)
    assert "static" not in text
    assert "'orders:raed', which no role has" in text


def test_production_settings_are_looked_at(events: EventRecorder) -> None:
    app = Flask(__name__, static_folder=None)
    app.config.update(TESTING=True, SECRET_KEY="short", SESSION_COOKIE_DOMAIN="example.com")
    app.debug = True
    install(app, web(events, production=True))
    text = refusal(app)
    for part in ("testing mode", "SECRET_KEY", "SESSION_COOKIE_DOMAIN", "debug mode", "MemoryStore"):
        assert part in text
    with pytest.raises(ConfigurationError):
        install(app, web(events))


def test_headers_nonces_and_cookies(app: Flask) -> None:
    page = ask(app, "/")
    policy = page.headers["Content-Security-Policy"]
    assert page.text.split('"')[1] in policy
    assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert page.headers["Cache-Control"] == "no-store"
    (cookie,) = ask(app, "/cookie").headers.getlist("Set-Cookie")
    assert cookie == "theme=dark; Path=/; Secure; HttpOnly; SameSite=Lax"


def test_a_session_through_login_step_up_and_logout(app: Flask) -> None:
    assert ask(app, "/orders").status_code == 401
    login = ask(app, "/login", "POST", data={"name": "ada"}, headers=SAME)
    assert login.status_code == 200
    cookie = login.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    held = {"Cookie": cookie.split(";")[0]}
    assert ask(app, "/orders", headers=held).json == {"of": "ada"}
    assert ask(app, "/strong", headers=held).status_code == 401
    stepped = ask(app, "/step-up", "POST", headers={**held, **SAME})
    new = {"Cookie": stepped.headers["Set-Cookie"].split(";")[0]}
    assert ask(app, "/orders", headers=held).status_code == 401
    assert ask(app, "/strong", headers=new).json == {"ok": True}
    out = ask(app, "/logout", "POST", headers={**new, **SAME})
    assert "cookies" in out.headers["Clear-Site-Data"]
    assert ask(app, "/orders", headers=new).status_code == 401


def test_forged_requests_are_refused(app: Flask, events: EventRecorder) -> None:
    evil = {"Origin": "https://evil.example", "Cookie": "a=b"}
    answer = ask(app, "/login", "POST", data={"name": "ada"}, headers=evil)
    assert (answer.status_code, answer.content_type) == (403, "application/problem+json")
    assert EventName.CSRF_REJECTED in events.names()
    assert ask(app, "/", environ={"HTTP_HOST": "evil.example"}).status_code == 400


def test_limits_on_requests(app: Flask) -> None:
    def post(**settings: Any) -> TestResponse:
        return ask(app, "/echo", "POST", headers=SAME, **settings)

    assert post(json={"a": 1}).json == {"json": {"a": 1}, "from": "203.0.113.9", "secure": True}
    assert post(data=b"x" * 2_000_000, content_type="application/json").status_code == 413
    assert post(data=b"[" * 100, content_type="application/json").status_code == 400
    assert post(data=b"<a/>", content_type="application/xml").status_code == 415
    assert ask(app, "/echo", "TRACE").status_code == 405
    form = ask(app, "/lines", "POST", headers=SAME, data=b"{}", content_type="application/json")
    assert form.json == {"first": "{}", "rest": ""}
    text = ask(app, "/lines", "POST", headers=SAME, data=b'"a"\n"b"\n', content_type="application/json")
    assert text.json == {"first": '"a"\n', "rest": '"b"\n'}


def test_errors_leak_nothing(app: Flask, events: EventRecorder) -> None:
    broken = ask(app, "/broken")
    assert broken.status_code == 500
    assert CANARY not in broken.text
    assert broken.json["instance"].startswith("urn:error:")  # type: ignore[index]
    assert events.names()[-1] is EventName.ERROR_UNHANDLED
    assert ask(app, "/nowhere").json == {"type": "about:blank", "title": "Not Found", "status": 404}
    wrong = ask(app, "/orders", "DELETE", headers=SAME)
    assert wrong.status_code == 405
    assert "GET" in wrong.headers["Allow"]
    said = ask(app, "/aborts/409")
    assert said.json["detail"] == "Say this"  # type: ignore[index]
    assert "detail" not in (ask(app, "/aborts/403").json or {})
    assert ask(app, "/slash").status_code == 404


def test_rates_by_address_and_by_view(events: EventRecorder) -> None:
    app = shop(events, rate="5/h")
    answers = [ask(app, "/login", "POST", data={"name": "ada"}, headers=SAME) for _ in range(6)]
    assert [a.status_code for a in answers] == [200, 200, 429, 429, 429, 429]
    assert answers[0].headers["RateLimit-Policy"] == '"address";q=5;w=3600'
    assert answers[2].headers["RateLimit-Policy"].startswith('"login"')
    assert answers[5].headers["RateLimit-Policy"].startswith('"address"')
    assert int(answers[5].headers["Retry-After"]) > 0
    app.extensions["strongback"].stop()


def test_trusted_proxies_decide_the_address(events: EventRecorder) -> None:
    app = shop(events, proxies=["10.0.0.0/8"])
    forwarded = {**SAME, "X-Forwarded-For": "6.6.6.6, 198.51.100.7", "X-Forwarded-Proto": "https"}
    near = {"REMOTE_ADDR": "10.0.0.1", "wsgi.url_scheme": "http"}
    answer = ask(app, "/echo", "POST", json=1, headers=forwarded, environ=near)
    assert answer.json == {"json": 1, "from": "198.51.100.7", "secure": True}
    far = {"REMOTE_ADDR": "203.0.113.9", "wsgi.url_scheme": "http"}
    answer = ask(app, "/echo", "POST", json=1, headers=forwarded, environ=far)
    assert answer.json == {"json": 1, "from": "203.0.113.9", "secure": False}
    app.extensions["strongback"].stop()


def test_a_store_that_is_down_answers_503(events: EventRecorder) -> None:
    store = BrokenStore(MemoryStore(), allow=1_000)
    app = shop(events, store=store)
    assert ask(app, "/").status_code == 200
    store.allow = 0
    assert ask(app, "/").status_code == 503
    app.extensions["strongback"].stop()


def test_bodies_are_streamed_and_closed(app: Flask) -> None:
    answer = ask(app, "/stream", buffered=False)
    assert list(answer.iter_encoded()) == [b"a", b"b", b"c"]
    answer.close()


def test_a_view_that_comes_later_is_not_called(app: Flask, events: EventRecorder) -> None:
    assert ask(app, "/").status_code == 200
    called = []
    app.view_functions["orders"] = lambda: called.append(1) or "x"
    assert ask(app, "/orders").status_code == 403
    assert called == []


def test_several_policies_all_have_to_hold(events: EventRecorder) -> None:
    app = Flask(__name__, static_folder=None)
    install(app, web(events))

    @app.get("/both")
    @allow.signed_in()
    @allow.when("orders:read", predicate=lambda principal: principal.subject == "ada")
    def both() -> str:
        return ""

    with pytest.raises(ConfigurationError):
        allow.when()
    assert ask(app, "/both").status_code == 401
    app.extensions["strongback"].stop()


def test_outside_of_the_profile_nothing_is_known(events: EventRecorder) -> None:
    app = Flask(__name__)
    with app.test_request_context("/"), pytest.raises(ConfigurationError):
        current_scope()


def raw(app: Any, environ: dict[str, Any]) -> tuple[str, bytes]:
    seen: list[str] = []
    body = b"".join(app(environ, lambda status, headers, exc_info=None: seen.append(status)))
    return seen[0], body


def environ(method: str = "POST", body: bytes = b"", **more: Any) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": "/",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.input": io.BytesIO(body),
        "CONTENT_TYPE": "application/json",
        "HTTP_ORIGIN": ORIGIN,
        "REMOTE_ADDR": "203.0.113.9",
        **HOST,
        **more,
    }


def plain(app: Any, events: EventRecorder, **settings: Any) -> GuardedWsgi:
    async def nothing() -> tuple[str, ...]:
        return ()

    profile = web(events, **settings)
    return GuardedWsgi(app, profile, audit=nothing, routes=tuple)


def test_any_wsgi_application_and_its_odd_ways(events: EventRecorder) -> None:
    def late(environ: dict[str, Any], start: Any) -> Iterator[bytes]:
        environ["strongback.scope"]["strongback.decision"] = True
        write = start("299 Odd", [("Content-Type", "text/plain")])
        write(b"written ")
        yield b"".join(environ["wsgi.input"])

    guarded = plain(late, events)
    assert raw(guarded, environ(body=b"[1]", CONTENT_LENGTH="3")) == ("299 Status", b"written [1]")
    # Without a length nothing is read, however much there is; a server that marks the end is believed.
    assert raw(guarded, environ(body=b"[1]"))[1] == b"written "
    ended = environ(body=b"[1]", HTTP_TRANSFER_ENCODING="chunked", **{"wsgi.input_terminated": True})
    assert raw(guarded, ended)[1] == b"written [1]"
    guarded.stop()


def test_an_answer_without_a_decision_or_a_status_is_no_answer(events: EventRecorder) -> None:
    closed = []

    class Body(list[bytes]):
        def close(self) -> None:
            closed.append(True)

    def undecided(environ: dict[str, Any], start: Any) -> Body:
        start("200 OK", [])
        return Body([CANARY.encode()])

    guarded = plain(undecided, events)
    status, body = raw(guarded, environ("GET"))
    assert status.startswith("500")
    assert CANARY.encode() not in body
    assert closed == [True]
    assert EventName.ROUTE_WITHOUT_DECISION in events.names()
    guarded.stop()
    silent = plain(lambda environ, start: [], events)
    assert raw(silent, environ("GET"))[0].startswith("500")
    silent.stop()


def test_a_large_body_is_counted_while_it_streams(events: EventRecorder) -> None:
    from strongback.http.limits import RequestLimits

    def reads(environ: dict[str, Any], start: Any) -> list[bytes]:
        environ["strongback.scope"]["strongback.decision"] = True
        size = len(environ["wsgi.input"].read())
        start("200 OK", [])
        return [str(size).encode()]

    limits = RequestLimits(
        clock=FakeClock(), events=events, max_body=10, buffer_up_to=20, larger={"/": 200_000}
    )
    guarded = plain(reads, events, limits=limits)
    assert raw(guarded, environ(body=b"x" * 150_000, CONTENT_LENGTH="150000"))[1] == b"150000"
    assert raw(guarded, environ(body=b"x" * 250_000, CONTENT_LENGTH="250000"))[0].startswith("413")
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    assert raw(guarded, environ(body=b"x" * 250_000, **chunked))[0].startswith("413")
    guarded.stop()


def test_the_store_must_open_before_anything_is_served(events: EventRecorder) -> None:
    class Shut(MemoryStore):
        async def open(self) -> None:
            raise StoreUnavailableError("down")

    guarded = plain(lambda environ, start: [], events, store=Shut())
    with pytest.raises(StoreUnavailableError):
        raw(guarded, environ("GET"))
    guarded.stop()


def test_requests_of_many_threads_are_served_at_once(app: Flask) -> None:
    async def many() -> list[int]:
        answers = await asyncio.gather(*(asyncio.to_thread(ask, app, "/stream") for _ in range(20)))
        return [answer.status_code for answer in answers]

    assert asyncio.run(many()) == [200] * 20


def test_what_is_off_stays_off(events: EventRecorder) -> None:
    app = shop(events, sessions=off("no sessions in this one"), csrf=off("nothing to forge here"))
    answer = ask(app, "/login", "POST", data={"name": "ada"})
    assert answer.status_code == 500  # session() needs the control
    app.extensions["strongback"].stop()
