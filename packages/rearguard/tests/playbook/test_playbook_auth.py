"""Section 1 of the playbook: the requests of its verification table, against both applications."""

import base64
import hashlib
import hmac
import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

PAGE = "jwt-refresh-rotation"
PASSWORDS = {"ada": "correct horse battery", "bob": "another long password"}
KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC_PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
PRIVATE_PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class Stack:
    """One application with a view of what it stores."""

    def __init__(self, http: Any, tokens: Callable[[], list[dict[str, Any]]], disable: Callable[[str], None]):
        self.send, self.tokens, self.disable = http.send, tokens, disable

    def login(self, username: str = "ada", password: str | None = None) -> Any:
        return self.send(
            "POST", "/auth/login", {"username": username, "password": password or PASSWORDS[username]}
        )

    def refresh(self, token: str) -> Any:
        return self.send("POST", "/auth/refresh", {"refresh_token": token})

    def me(self, token: str) -> Any:
        return self.send("GET", "/me", headers={"Authorization": f"Bearer {token}"})


def fastapi_stack(module: ModuleType, start: Callable[..., Any], database: Path) -> Stack:
    app = module.create_app(str(database), module.Keys("k1", KEY, {"k1": KEY.public_key()}))

    def tokens() -> list[dict[str, Any]]:
        with closing(sqlite3.connect(database)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute("SELECT * FROM refresh_token")]

    def disable(user_id: str) -> None:
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("UPDATE app_user SET disabled = 1 WHERE id = ?", (user_id,))

    with closing(sqlite3.connect(database)) as connection, connection:
        for name, password in PASSWORDS.items():
            row = (f"u-{name}", name, module.HASHER.hash(password))
            connection.execute("INSERT INTO app_user (id, username, password_hash) VALUES (?, ?, ?)", row)
    return Stack(start(app), tokens, disable)


@pytest.fixture(scope="module")
def express_server(express_http_once: Callable[..., Any]) -> Any:
    return express_http_once(
        PAGE, passwords=PASSWORDS, privateKey=PRIVATE_PEM.decode(), publicKey=PUBLIC_PEM.decode()
    )


@pytest.fixture(params=["fastapi", "express"])
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Stack:
    if request.param == "fastapi":
        module = request.getfixturevalue("python_page")(PAGE)
        return fastapi_stack(module, request.getfixturevalue("fastapi_http"), tmp_path / "auth.db")
    http = request.getfixturevalue("express_server")
    assert http.send("POST", "/test/reset").status == 204
    return Stack(
        http,
        lambda: http.send("GET", "/test/tokens").json,
        lambda user_id: http.send("POST", f"/test/disable/{user_id}"),
    )


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    base = {
        "iss": "https://auth.example.com",
        "aud": "https://api.example.com",
        "sub": "u-ada",
        "jti": "x",
        "iat": now,
        "exp": now + 300,
    }
    return {key: value for key, value in {**base, **changes}.items() if value is not None}


def signed(payload: dict[str, Any], **header: str) -> str:
    return jwt.encode(payload, KEY, algorithm="ES256", headers={"typ": "at+jwt", "kid": "k1", **header})


def by_hand(header: dict[str, str], payload: dict[str, Any], secret: bytes | None) -> str:
    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    text = f"{part(json.dumps(header).encode())}.{part(json.dumps(payload).encode())}"
    mac = hmac.digest(secret, text.encode(), hashlib.sha256) if secret else b""
    return f"{text}.{part(mac)}"


def forged() -> dict[str, str]:
    now = int(time.time())
    header = {"typ": "at+jwt", "kid": "k1"}
    genuine = signed(claims())
    return {
        "alg none": by_hand({**header, "alg": "none"}, claims(), None),
        "public key as HMAC secret": by_hand({**header, "alg": "HS256"}, claims(), PUBLIC_PEM),
        "other audience": signed(claims(aud="https://other.example.com")),
        "other issuer": signed(claims(iss="https://evil.example")),
        "other type": signed(claims(), typ="JWT"),
        "expired": signed(claims(exp=now - 60, iat=now - 600)),
        "without exp": signed(claims(exp=None)),
        "without sub": signed(claims(sub=None)),
        "unknown kid": signed(claims(), kid="k2"),
        "other key": jwt.encode(
            claims(), ec.generate_private_key(ec.SECP256R1()), algorithm="ES256", headers=header
        ),
        "altered": genuine[:-6] + ("AAAAAA" if genuine[-6:] != "AAAAAA" else "BBBBBB"),
        "too long": signed(claims(padding="x" * 5000)),
        "not a token": "x.y.z",
    }


def test_login_gives_a_pair_that_works(stack: Stack) -> None:
    answer = stack.login()
    assert answer.status == 200
    assert answer.header("cache-control") == "no-store"
    assert answer.json["expires_in"] == 600
    me = stack.me(answer.json["access_token"])
    assert (me.status, me.json) == (200, {"sub": "u-ada"})
    assert (
        stack.me(signed(claims())).status == 200
    )  # the forgeries below differ from this one in one thing each


def test_wrong_password_and_unknown_account_look_the_same(stack: Stack) -> None:
    wrong, unknown = stack.login("ada", "wrong"), stack.login("nobody", "wrong")
    assert (wrong.status, unknown.status) == (401, 401)
    assert wrong.body == unknown.body


def begin_a_window_that_holds(seconds: float) -> None:
    """Attempts are counted in slots of five minutes by the clock: a slot that is about to end is waited out."""
    left = 300 - time.time() % 300
    if left < seconds:
        time.sleep(left)


def test_sixth_attempt_is_throttled(stack: Stack) -> None:
    begin_a_window_that_holds(30)
    assert [stack.login("ada", "wrong").status for _ in range(5)] == [401] * 5
    sixth = stack.login("ada")
    assert sixth.status == 429
    assert sixth.header("retry-after") == "300"
    assert stack.login("bob").status == 200


def test_forged_tokens_are_refused(stack: Stack) -> None:
    for name, token in forged().items():
        answer = stack.me(token)
        assert answer.status == 401, name
        assert answer.header("www-authenticate") == "Bearer", name
    assert stack.send("GET", "/me").status == 401


def test_reuse_of_a_refresh_token_ends_the_family(stack: Stack) -> None:
    first = stack.login().json["refresh_token"]
    other_family = stack.login().json["refresh_token"]
    second = stack.refresh(first)
    assert second.status == 200
    assert second.json["refresh_token"] != first
    assert stack.refresh(first).status == 401
    assert stack.refresh(second.json["refresh_token"]).status == 401
    assert stack.refresh(other_family).status == 200


def test_logout_and_disabled_account_end_refreshing(stack: Stack) -> None:
    token = stack.login().json["refresh_token"]
    assert stack.send("POST", "/auth/logout", {"refresh_token": token}).status == 204
    assert stack.refresh(token).status == 401
    later = stack.login().json["refresh_token"]
    stack.disable("u-ada")
    assert stack.refresh(later).status == 401
    assert stack.login().status == 401


def test_only_hashes_are_stored(stack: Stack) -> None:
    token = stack.login().json["refresh_token"]
    [row] = stack.tokens()
    assert row["token_hash"] == hashlib.sha256(token.encode()).hexdigest()
    assert token not in json.dumps(row, default=str)


def test_invalid_requests_do_not_return_the_password(stack: Stack) -> None:
    body = {"username": "ada", "password": "correct horse battery", "admin": True}
    answer = stack.send("POST", "/auth/login", body)
    assert answer.status == 422
    assert b"correct horse" not in answer.body
    assert stack.send("POST", "/auth/refresh", {"refresh_token": "short"}).status == 422
    assert (
        stack.send(
            "POST", "/auth/login", content=b"x" * 20_000, headers={"Content-Type": "application/json"}
        ).status
        == 413
    )
