"""Section 6 of the playbook: errors that leak nothing, against both applications."""

import json
import logging
import time
from typing import Any

import pytest

PAGE = "error-handling"
LEAK = "postgres://app:hunter2@db/shop"


def fastapi(request: pytest.FixtureRequest) -> Any:
    module = request.getfixturevalue("python_page")(PAGE)
    caplog = request.getfixturevalue("caplog")
    caplog.set_level(logging.INFO, logger="app")

    def may_read(number: int) -> bool:
        if number == 500:
            raise RuntimeError(LEAK)
        return number != 2

    def load(number: int) -> dict[str, str] | None:
        if number == 501:
            raise RuntimeError(LEAK)
        if number == 503:
            raise ConnectionRefusedError(LEAK)
        return {"name": f"widget {number}"} if number < 10 else None

    started = request.getfixturevalue("fastapi_http")(module.create_app(may_read, load))
    formatter = module.JsonFormatter()
    started.log_lines = lambda: [formatter.format(r) for r in caplog.records if r.name == "app"]
    return started


@pytest.fixture(params=["fastapi", "express"])
def http(request: pytest.FixtureRequest) -> Any:
    return fastapi(request) if request.param == "fastapi" else request.getfixturevalue("express_http")(PAGE)


def problem(answer: Any, status: int) -> str:
    """The error id of a problem-details answer with that status."""
    assert answer.status == status
    assert (answer.header("content-type") or "").split(";")[0] == "application/problem+json"
    assert set(answer.json) == {"type", "title", "status", "instance"}
    assert answer.json["status"] == status
    prefix, _, error_id = answer.json["instance"].rpartition(":")
    assert prefix == "urn:error"
    return str(error_id)


def logged(http: Any, error_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        entries = [json.loads(line) for line in http.log_lines() if error_id in line]
        if entries:
            assert len(entries) == 1
            return dict(entries[0])
        time.sleep(0.02)
    raise AssertionError(f"no log entry for {error_id}")


@pytest.mark.parametrize(("number", "status"), [(500, 500), (501, 500), (503, 503)])
def test_failures_refuse_and_the_details_stay_in_the_log(http: Any, number: int, status: int) -> None:
    answer = http.send("GET", f"/widgets/{number}")
    error_id = problem(answer, status)
    assert b"hunter2" not in answer.body
    assert LEAK in json.dumps(logged(http, error_id))
    assert (answer.header("retry-after") == "5") == (status == 503)


def test_validation_errors_do_not_show_what_was_sent(http: Any) -> None:
    answer = http.send("POST", "/widgets", {"name": "x", "password": "hunter2-short"})
    entry = logged(http, problem(answer, 422))
    assert "hunter2" not in answer.body.decode() + json.dumps(entry)
    assert http.send("POST", "/widgets", {"name": "x", "password": "long enough password"}).status == 201


def test_malformed_json_unknown_path_and_method(http: Any) -> None:
    malformed = http.send("POST", "/widgets", content=b'{"a": ', headers={"Content-Type": "application/json"})
    problem(malformed, malformed.status)
    assert malformed.status in {400, 422}
    problem(http.send("GET", "/nowhere"), 404)
    method = http.send("DELETE", "/widgets/1")
    problem(method, method.status)
    assert method.status in {404, 405}


def test_absent_and_unreadable_look_the_same(http: Any) -> None:
    assert http.send("GET", "/widgets/1").json == {"name": "widget 1"}
    unreadable, absent = http.send("GET", "/widgets/2").json, http.send("GET", "/widgets/999").json
    assert unreadable.pop("instance") != absent.pop("instance")
    assert unreadable == absent


def test_line_breaks_cannot_forge_log_entries(http: Any) -> None:
    error_id = problem(http.send("GET", "/nowhere%0A%7B%22level%22:%22error%22%7D"), 404)
    logged(http, error_id)
    assert all(line.rstrip("\n").count("\n") == 0 for line in http.log_lines())


def test_fields_that_name_secrets_are_redacted(python_page: Any) -> None:
    record = logging.makeLogRecord({"msg": "login", "access_token": "abc", "user": "ada\nFAKE"})
    line = python_page(PAGE).JsonFormatter().format(record)
    entry = json.loads(line)
    assert (entry["access_token"], entry["user"], entry["event"]) == ("[redacted]", "ada\nFAKE", "login")
    assert "\n" not in line
