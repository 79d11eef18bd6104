"""Section 2 of the playbook: injection review and input validation, against both applications."""

import hashlib
from dataclasses import asdict
from typing import Any
from uuid import UUID

import pytest

PAGE = "injection-validation"
ADA, BOB = "6f6bb1fe-9f0c-4d0a-8a8f-0d4ea1a33a01", "6f6bb1fe-9f0c-4d0a-8a8f-0d4ea1a33a02"
USERS = [
    {"id": ADA, "name": "Ada L", "email": "ada@example.com", "role": "member"},
    {"id": BOB, "name": "Bob", "email": "bob@example.com", "role": "member"},
]
PRINCIPALS = [
    {"token": "ada-token", "id": ADA, "roles": []},
    {"token": "root-token", "id": "6f6bb1fe-9f0c-4d0a-8a8f-0d4ea1a33a03", "roles": ["admin"]},
]


@pytest.fixture(params=["fastapi", "express"])
def http(request: pytest.FixtureRequest) -> Any:
    if request.param == "express":
        return request.getfixturevalue("express_http")(PAGE, users=USERS, principals=PRINCIPALS)
    module = request.getfixturevalue("python_page")(PAGE)
    users = {UUID(u["id"]): module.User(UUID(u["id"]), u["name"], u["email"], u["role"]) for u in USERS}
    principals = {
        hashlib.sha256(p["token"].encode()).hexdigest(): module.Principal(
            UUID(p["id"]), frozenset(p["roles"])
        )
        for p in PRINCIPALS
    }
    started = request.getfixturevalue("fastapi_http")(module.create_app(users, principals))
    assert asdict(users[UUID(ADA)])["role"] == "member"
    return started


def change(http: Any, user_id: str, body: object, token: str | None = "ada-token") -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return http.send("PATCH", f"/api/users/{user_id}", body, headers)


def test_own_name_changes_and_the_rest_stays(http: Any) -> None:
    answer = change(http, ADA, {"name": "Ada"})
    assert answer.status == 200
    assert answer.json == {"id": ADA, "name": "Ada", "email": "ada@example.com"}


def test_authentication_and_ownership(http: Any) -> None:
    assert change(http, ADA, {"name": "x"}, token=None).status == 401
    assert change(http, ADA, {"name": "x"}, token="guess").status == 401
    refused = change(http, BOB, {"name": "Mallory"})
    absent = change(http, "6f6bb1fe-9f0c-4d0a-8a8f-0d4ea1a33aff", {"name": "Mallory"})
    assert (refused.status, absent.status) == (404, 404)
    assert refused.body == absent.body
    seen = change(http, BOB, {"email": "bob@new.example.com"}, token="root-token")
    assert seen.json == {"id": BOB, "name": "Bob", "email": "bob@new.example.com"}


NOT_A_CHANGE: tuple[object, ...] = (
    {"name": {"$ne": None}},
    {"name": ["a"]},
    {"name": 7},
    {"name": ""},
    {"name": "   "},
    {"name": None},
    {"name": "a\r\nSet-Cookie: x"},
    {"name": "x" * 81},
    {"email": "x"},
    {"email": "a@example.com\r\nBcc: b@example.com"},
    {"role": "admin"},
    {"name": "Ada", "role": "admin"},
    {},
    [],
)


def test_what_is_not_a_change_is_refused(http: Any) -> None:
    for body in NOT_A_CHANGE:
        assert change(http, ADA, body).status == 422, body
    assert change(http, ADA, "text").status in {
        400,
        422,
    }  # Express's parser refuses what is no object or array
    assert change(http, ADA, {"name": "Ada"}).json == {"id": ADA, "name": "Ada", "email": "ada@example.com"}


def test_malformed_id_and_oversized_body(http: Any) -> None:
    assert change(http, "not-a-uuid", {"name": "x"}).status == 422
    assert change(http, ADA, {"name": "x" * 1_000_000}).status == 413
