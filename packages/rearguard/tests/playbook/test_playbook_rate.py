"""Section 7 of the playbook: rate limits and overload, against both applications."""

import hashlib
import threading
from pathlib import Path
from typing import Any

import pytest

PAGE = "rate-limiting"


class Service:
    def __init__(self, http: Any, clock: Path) -> None:
        self.http, self._clock = http, clock

    def login(self, username: str = "ada", password: str = "wrong", forwarded: str | None = None) -> Any:
        headers = {"X-Forwarded-For": forwarded} if forwarded else {}
        return self.http.send("POST", "/login", {"username": username, "password": password}, headers)

    def statuses(self, path: str, count: int, token: str | None = "good") -> list[int]:
        return [
            self.http.send(
                "GET", path, headers={"Authorization": f"Bearer {token if token else f'guess{n}'}"}
            ).status
            for n in range(count)
        ]

    def wait(self, seconds: int) -> None:
        self._clock.write_text(str(float(self._clock.read_text()) + seconds))


def start(request: pytest.FixtureRequest, tmp_path: Path, proxies: list[str]) -> Service:
    clock = tmp_path / "clock"
    clock.write_text("1000")
    if request.param == "express":
        http = request.getfixturevalue("express_http")(
            PAGE,
            passwords={"ada": "right"},
            principals={"good": "ada"},
            trustedProxies=proxies,
            clock=str(clock),
            capacity=1000,
        )
        return Service(http, clock)
    module = request.getfixturevalue("python_page")(PAGE)
    app = module.create_app(
        lambda user, word: "u-ada" if (user, word) == ("ada", "right") else None,
        {hashlib.sha256(b"good").hexdigest(): "ada"},
        proxies,
        module.Limiter(lambda: float(clock.read_text())),
    )
    return Service(request.getfixturevalue("fastapi_http")(app), clock)


@pytest.fixture(params=["fastapi", "express"])
def direct(request: pytest.FixtureRequest, tmp_path: Path) -> Service:
    return start(request, tmp_path, [])


@pytest.fixture(params=["fastapi", "express"])
def proxied(request: pytest.FixtureRequest, tmp_path: Path) -> Service:
    return start(request, tmp_path, ["127.0.0.1/32", "10.0.0.0/8"])


def test_sixth_login_is_refused_even_with_the_right_password(direct: Service) -> None:
    assert [direct.login().status for _ in range(5)] == [401] * 5
    refused = direct.login(password="right")
    assert refused.status == 429
    assert int(refused.header("retry-after")) == 60
    assert direct.login("ADA").status == 429
    assert direct.login("bob").status == 401
    direct.wait(61)
    assert direct.login(password="right").status == 200


def test_address_budget_holds_over_many_accounts(direct: Service) -> None:
    statuses = [direct.login(f"user{n}").status for n in range(21)]
    assert statuses == [401] * 20 + [429]


def test_forwarded_header_is_ignored_without_a_proxy(direct: Service) -> None:
    statuses = [direct.login(forwarded=f"198.51.100.{n}").status for n in range(6)]
    assert statuses == [401] * 5 + [429]


def test_forwarded_header_of_our_proxy_counts_and_a_forged_left_part_does_not(proxied: Service) -> None:
    statuses = [proxied.login(forwarded=f"203.0.113.{n}, 198.51.100.7, 10.1.2.3").status for n in range(6)]
    assert statuses == [401] * 5 + [429]
    assert proxied.login(forwarded="198.51.100.8").status == 401


def test_ipv6_clients_share_a_budget_per_subnet(proxied: Service) -> None:
    statuses = [proxied.login(forwarded=f"2001:db8:1:2:{n}::1").status for n in range(6)]
    assert statuses == [401] * 5 + [429]
    assert proxied.login(forwarded="2001:db8:1:3::1").status == 401


def test_costly_routes_weigh_more(direct: Service) -> None:
    assert direct.statuses("/report", 4) == [200, 200, 200, 429]
    assert direct.statuses("/items", 1) == [429]
    direct.wait(1)
    assert direct.statuses("/items", 2) == [200, 429]


def test_invalid_tokens_share_the_budget_of_their_address(direct: Service) -> None:
    assert direct.statuses("/items", 61, token=None) == [200] * 60 + [429]
    assert direct.statuses("/items", 1) == [200]


def test_requests_are_bounded(direct: Service) -> None:
    assert direct.http.send("POST", "/login", {"username": "a", "password": "x" * 20_000}).status == 413
    assert direct.http.send("GET", "/items?limit=1000").status == 422


def test_limiter_is_exact_under_threads_and_bounded_in_memory(python_page: Any) -> None:
    module = python_page(PAGE)
    limiter = module.Limiter(lambda: 0.0, capacity=10)
    limit = module.Limit(50, 60)
    granted: list[float] = []
    threads = [
        threading.Thread(target=lambda: granted.extend(limiter.take("key", limit) for _ in range(20)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert granted.count(0.0) == 50
    for number in range(100):
        limiter.take(f"other{number}", limit)
    assert len(limiter._full_at) == 10


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("2001:db8::1", [], "2001:db8::/64"),
        ("testclient", ["198.51.100.1"], "testclient"),
    ],
)
def test_client_address(python_page: Any, peer: str, forwarded: list[str], expected: str) -> None:
    module = python_page(PAGE)
    assert module.client_address(peer, forwarded, [module.ipaddress.ip_network("10.0.0.0/8")]) == expected
