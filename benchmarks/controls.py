"""What the controls of strongback cost: requests per second of a trivial route, bare and guarded, in one run.

    python benchmarks/controls.py [--requests 4000] [--rounds 5]

The application is called as the server calls it, in this process, without sockets: what is measured is the
application's own time. Rounds alternate between the variants, and the median counts, so that a busy machine
slows all of them alike. A real server adds its own time to both sides, which makes the share smaller.
"""

import argparse
import asyncio
import gc
import statistics
import time
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from strongback import KeyRing, MemoryStore, Profile, SystemClock, SystemRandomness, new_key_text, off
from strongback.fastapi import allow, install
from strongback.tokens import AccessTokens, BearerTokens

ORIGIN = "https://api.example.com"
WHY = "left out to measure the others"
CONTROLS = ("headers", "proxies", "hosts", "reports", "limits", "cookies", "rates", "tokens")


class Quiet:
    """A sink that keeps nothing."""

    def emit(self, event: object) -> None:
        """Drop an event."""


def scope() -> dict[str, Any]:
    """The request that every variant gets."""
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "https",
        "path": "/", "raw_path": b"/", "query_string": b"", "root_path": "", "client": ("192.0.2.1", 50000),
        "server": ("api.example.com", 443),
        "headers": [(b"host", b"api.example.com"), (b"accept", b"*/*"), (b"user-agent", b"benchmark")],
    }  # fmt: skip


def application(policies: bool) -> FastAPI:
    """One trivial route."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    async def hello() -> dict[str, str]:
        return {"hello": "world"}

    app.add_api_route("/", hello, dependencies=[allow.public("a benchmark")] if policies else [])
    return app


def guarded(*left_out: str) -> FastAPI:
    """The full profile for APIs, without some of its controls."""
    ring, clock, rng = KeyRing.from_text(new_key_text("k1")), SystemClock(), SystemRandomness()
    tokens = AccessTokens.symmetric(ring, issuer=ORIGIN, audience=ORIGIN, clock=clock, rng=rng)
    store, events = MemoryStore(), Quiet()
    profile = Profile.api(
        origin=ORIGIN, store=store, keys=ring, rate="999999/s", events=events, production=False,
        tokens=BearerTokens(tokens, clock=clock, events=events),
    )  # fmt: skip
    app = application(policies=True)
    install(app, profile.replace(**{name: off(WHY) for name in left_out}))
    return app


async def round_of(app: Any, requests: int) -> float:
    """Requests per second."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    statuses: list[int] = []

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    gc.collect()
    started = time.perf_counter()
    for _ in range(requests):
        await app(scope(), receive, send)
    took = time.perf_counter() - started
    if set(statuses) != {200}:
        raise RuntimeError(f"answers other than 200: {set(statuses)}")
    return requests / took


async def measure(variants: dict[str, Callable[[], FastAPI]], requests: int, rounds: int) -> dict[str, float]:
    """Median requests per second of each variant."""
    apps = {name: make() for name, make in variants.items()}
    for app in apps.values():
        await round_of(app, 50)
    seen: dict[str, list[float]] = {name: [] for name in apps}
    for _ in range(rounds):
        for name, app in apps.items():
            seen[name].append(await round_of(app, requests))
    return {name: statistics.median(values) for name, values in seen.items()}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    variants: dict[str, Callable[[], FastAPI]] = {
        "bare FastAPI": lambda: application(policies=False),
        "full API profile": guarded,
    }
    for name in CONTROLS:
        variants[f"without {name}"] = lambda name=name: guarded(name)
    found = asyncio.run(measure(variants, given.requests, given.rounds))
    bare, full = found["bare FastAPI"], found["full API profile"]
    print(f"{'':24}{'requests/s':>12}{'us/request':>12}{'of bare':>9}")
    for name in ("bare FastAPI", "full API profile"):
        print(f"{name:24}{found[name]:12.0f}{1e6 / found[name]:12.1f}{found[name] / bare:9.0%}")
    print("\nwhat each control adds, as the difference that leaving it out makes:")
    for name in CONTROLS:
        print(f"  {name:22}{1e6 / full - 1e6 / found[f'without {name}']:10.1f} us")


if __name__ == "__main__":
    main()
