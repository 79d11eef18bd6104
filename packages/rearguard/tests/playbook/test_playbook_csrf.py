"""Section 3 of the playbook: CSRF protection for cookie sessions, against both applications."""

from pathlib import Path
from typing import Any

import pytest

PAGE = "csrf-cookie-sessions"
ORIGIN = "https://app.example.com"
OURS = {"Origin": ORIGIN}


class Browser:
    """Just enough of a browser to hold the session by hand."""

    def __init__(self, http: Any, clock: Path) -> None:
        self.http, self.clock, self.cookie = http, clock, ""

    def post(self, path: str, body: object, headers: dict[str, str]) -> Any:
        return self.http.send("POST", path, body, {"Cookie": self.cookie, **headers})

    def get(self, path: str) -> Any:
        return self.http.send("GET", path, headers={"Cookie": self.cookie})

    def login(self, headers: dict[str, str] | None = None, password: str = "right") -> Any:
        answer = self.post("/login", {"username": "ada", "password": password}, headers or OURS)
        if answer.status == 204:
            self.cookie = (answer.header("set-cookie") or "").split(";")[0]
        return answer

    def token(self) -> str:
        return str(self.get("/csrf").json["token"])

    def transfer(self, **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.post("/transfers", {"to": "bob", "cents": 5}, sent)


@pytest.fixture(params=["fastapi", "express"])
def browser(request: pytest.FixtureRequest, tmp_path: Path) -> Browser:
    clock = tmp_path / "clock"
    clock.write_text("1000000")
    if request.param == "express":
        start = request.getfixturevalue("express_http")
        http = start(PAGE, origin=ORIGIN, passwords={"ada": "right"}, clock=str(clock))
        return Browser(http, clock)
    module = request.getfixturevalue("python_page")(PAGE)
    sessions = module.Sessions(lambda: float(clock.read_text()))
    app = module.create_app(ORIGIN, lambda user, word: f"u-{user}" if word == "right" else None, sessions)
    return Browser(request.getfixturevalue("fastapi_http")(app), clock)


def test_login_sets_a_locked_down_cookie(browser: Browser) -> None:
    answer = browser.login()
    assert answer.status == 204
    cookie = answer.header("set-cookie") or ""
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert cookie.startswith("__Host-session=")
    assert {"httponly", "secure", "samesite=lax", "path=/"} <= attributes
    assert not any(part.startswith("domain") for part in attributes)
    assert browser.login(password="wrong").status == 401


def test_login_from_elsewhere_is_refused(browser: Browser) -> None:
    assert browser.login({"Origin": "https://evil.example"}).status == 403
    assert browser.login({"Origin": "null"}).status == 403
    assert browser.login({"X-Nothing": "1"}).status == 403
    assert browser.login({"Sec-Fetch-Site": "same-origin"}).status == 204


def test_change_needs_origin_and_token(browser: Browser) -> None:
    browser.login()
    token = browser.token()
    refused = [
        browser.transfer(Origin=ORIGIN),
        browser.transfer(Origin=ORIGIN, X_CSRF_Token="wrong"),
        browser.transfer(X_CSRF_Token=token),
        browser.transfer(Origin="https://evil.example", X_CSRF_Token=token),
        browser.transfer(Origin="https://app.example.com.evil.example", X_CSRF_Token=token),
        browser.transfer(Origin=ORIGIN, X_CSRF_Token=token, Sec_Fetch_Site="cross-site"),
        browser.transfer(Origin=ORIGIN, X_CSRF_Token=token, Sec_Fetch_Site="same-site"),
    ]
    assert [answer.status for answer in refused] == [403] * 7
    assert browser.get("/transfers").json == {"count": 0}
    done = browser.transfer(Origin=ORIGIN, X_CSRF_Token=token)
    assert (done.status, done.json) == (201, {"from": "u-ada", "to": "bob", "cents": 5})
    assert browser.get("/transfers").json == {"count": 1}


def test_token_of_another_session_is_refused(browser: Browser) -> None:
    browser.login()
    other = browser.token()
    browser.cookie = ""
    browser.login()
    assert browser.transfer(Origin=ORIGIN, X_CSRF_Token=other).status == 403


def test_login_replaces_the_session(browser: Browser) -> None:
    browser.login()
    first = browser.cookie
    browser.login()
    assert browser.cookie != first
    assert browser.get("/csrf").status == 200
    browser.cookie = first
    assert browser.get("/csrf").status == 401


def test_logout_ends_the_session(browser: Browser) -> None:
    browser.login()
    token = browser.token()
    assert browser.post("/logout", None, OURS).status == 403
    answer = browser.post("/logout", None, {**OURS, "X-CSRF-Token": token})
    assert answer.status == 204
    assert "cookies" in (answer.header("clear-site-data") or "")
    assert browser.get("/csrf").status == 401


@pytest.mark.parametrize(("steps", "status"), [([1700, 1700], 200), ([1900], 401), ([1700] * 26, 401)])
def test_sessions_end_by_idle_time_and_by_age(browser: Browser, steps: list[int], status: int) -> None:
    browser.login()
    answer = browser.get("/csrf")
    for step in steps:
        browser.clock.write_text(str(int(browser.clock.read_text()) + step))
        answer = browser.get("/csrf")
    assert answer.status == status
