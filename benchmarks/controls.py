"""What the controls of strongback cost beside bare FastAPI and beside the nearest packages for the same jobs.

    python benchmarks/controls.py [--requests 1500] [--rounds 15]

Peers are measured where they are installed; `pip install -r benchmarks/peers.txt` brings them, and the server
that FastAPI's own documentation recommends. Every row is measured in the same run: rounds go through all
rows in turn, and the lowest of each row counts, since what other programs on the machine do can only add.
Time is this process's own processor time, so it is the throughput that a core would be left with.

The application is called as a server calls it, in this process, without sockets. The last table then sends
real requests to real servers on the loopback address and counts the server's processor time.
"""

import argparse
import asyncio
import gc
import importlib.util
import multiprocessing
import socket
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from fastapi import Depends, FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import HTTPConnection
from strongback import KeyRing, MemoryStore, Profile, SystemClock, SystemRandomness, new_key_text, off
from strongback.fastapi import allow, install
from strongback.http.cors import Cors
from strongback.tokens import AccessTokens, BearerTokens

ORIGIN = "https://api.example.com"
WHY = "left out to measure the others"
HEADERS = [(b"host", b"api.example.com"), (b"accept", b"*/*"), (b"user-agent", b"benchmark")]
REQUEST = b"GET / HTTP/1.1\r\n" + b"".join(b"%s: %s\r\n" % pair for pair in HEADERS) + b"\r\n"
SERVERS = {"h11": ("h11",), "httptools": ("httptools", "uvloop")}
ANSWER = b'{"hello":"world"}'
App = Any


class Quiet:
    """A sink that keeps nothing."""

    def emit(self, event: object) -> None:
        """Drop an event."""


def scope() -> dict[str, Any]:
    """The request that every row gets."""
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "https",
        "path": "/", "raw_path": b"/", "query_string": b"", "root_path": "", "client": ("192.0.2.1", 50000),
        "server": ("api.example.com", 443), "headers": HEADERS,
    }  # fmt: skip


def bare(*dependencies: Any) -> FastAPI:
    """One trivial route."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    async def hello() -> dict[str, str]:
        return {"hello": "world"}

    app.add_api_route("/", hello, dependencies=list(dependencies))
    return app


async def nothing(connection: HTTPConnection) -> None:
    """A dependency: what FastAPI itself takes for one, whatever is in it."""


def profile(kind: str = "api") -> Profile:
    """The full profile."""
    ring, clock, rng = KeyRing.from_text(new_key_text("k1")), SystemClock(), SystemRandomness()
    settings: dict[str, Any] = {
        "origin": ORIGIN, "store": MemoryStore(), "keys": ring, "rate": "999999/s", "events": Quiet(),
        "production": False,
    }  # fmt: skip
    if kind == "web":
        return Profile.web(**settings)
    tokens = AccessTokens.symmetric(ring, issuer=ORIGIN, audience=ORIGIN, clock=clock, rng=rng)
    return Profile.api(tokens=BearerTokens(tokens, clock=clock, events=Quiet()), **settings)


def guarded(kind: str = "api") -> FastAPI:
    """The trivial route under the full profile."""
    app = bare(allow.public("a benchmark"))
    install(app, profile(kind))
    return app


def alone(name: str) -> App:
    """The trivial route under one control."""
    control = Cors([ORIGIN]) if name == "cors" else getattr(profile("web"), name)
    if name == "tokens":
        control = profile().tokens
    return control.around(bare())


def policy_alone() -> App:
    """The trivial route with a policy and what watches over it; every other control is off."""
    app, whole = bare(allow.public("a benchmark")), profile()
    others = ("headers", "proxies", "hosts", "reports", "limits", "cookies", "rates", "tokens")
    install(app, whole.replace(**{name: off(WHY) for name in others}))
    return app


def _slowapi() -> App:
    from slowapi import Limiter
    from slowapi.middleware import SlowAPIASGIMiddleware
    from slowapi.util import get_remote_address

    app = bare()
    app.state.limiter = Limiter(get_remote_address, default_limits=["999999/second"], headers_enabled=True)
    app.add_middleware(SlowAPIASGIMiddleware)
    return app


def _fastapi_limiter() -> App:
    from fastapi_limiter.depends import RateLimiter
    from pyrate_limiter import Duration, Limiter, Rate

    return bare(Depends(RateLimiter(limiter=Limiter(Rate(999_999, Duration.SECOND)))))


def _secure() -> App:
    from secure.middleware import SecureASGIMiddleware

    return SecureASGIMiddleware(bare())


def _starlette_csrf() -> App:
    from starlette_csrf import CSRFMiddleware

    return CSRFMiddleware(bare(), secret="0123456789abcdef0123456789abcdef")


def _same_jobs() -> App:
    app = _slowapi()
    from secure.middleware import SecureASGIMiddleware

    return TrustedHostMiddleware(SecureASGIMiddleware(app), allowed_hosts=["api.example.com"])


OURS: dict[str, Callable[[], App]] = {
    "headers": lambda: alone("headers"),
    "errors": lambda: alone("errors"),
    "proxies": lambda: alone("proxies"),
    "hosts": lambda: alone("hosts"),
    "reports": lambda: alone("reports"),
    "limits": lambda: alone("limits"),
    "cookies": lambda: alone("cookies"),
    "cors": lambda: alone("cors"),
    "csrf": lambda: alone("csrf"),
    "sessions": lambda: alone("sessions"),
    "tokens": lambda: alone("tokens"),
    "rates": lambda: alone("rates"),
    "a policy, decisions watched": policy_alone,
}
PEERS: dict[str, tuple[str, Callable[[], App]]] = {
    "secure": ("headers", _secure),
    "slowapi": ("rates", _slowapi),
    "fastapi-limiter": ("rates", _fastapi_limiter),
    "starlette-csrf": ("csrf", _starlette_csrf),
    "Starlette's CORS": ("cors", lambda: CORSMiddleware(bare(), allow_origins=[ORIGIN])),
    "Starlette's sessions": ("sessions", lambda: SessionMiddleware(bare(), secret_key="0" * 32)),
    "Starlette's hosts": ("hosts", lambda: TrustedHostMiddleware(bare(), allowed_hosts=["api.example.com"])),
}
WHOLE: dict[str, Callable[[], App]] = {
    "bare FastAPI": bare,
    "bare, one empty dependency": lambda: bare(Depends(nothing)),
    "full API profile": guarded,
    "full web profile": lambda: guarded("web"),
}


async def receive() -> dict[str, Any]:
    """The request's end."""
    return {"type": "http.request", "body": b"", "more_body": False}


async def round_of(app: App, requests: int) -> float:
    """Microseconds of processor time for one request."""
    statuses: set[int] = set()

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.add(message["status"])

    gc.collect()
    started = time.process_time()
    for _ in range(requests):
        await app(scope(), receive, send)
    took = time.process_time() - started
    if statuses != {200}:
        raise RuntimeError(f"answers other than 200: {statuses}")
    return took / requests * 1e6


async def measure(rows: dict[str, Callable[[], App]], requests: int, rounds: int) -> dict[str, float]:
    """The lowest cost of each row over all rounds."""
    apps: dict[str, App] = {}
    for name, make in rows.items():
        try:
            apps[name] = make()
        except ImportError as error:
            print(f"not installed, left out: {name} ({error.name})", file=sys.stderr)
    for app in apps.values():
        await round_of(app, 50)
    seen: dict[str, list[float]] = {name: [] for name in apps}
    for _ in range(rounds):
        for name, app in apps.items():
            seen[name].append(await round_of(app, requests))
    return {name: min(values) for name, values in seen.items()}


def serve(make: Callable[[], App], listener: socket.socket, parser: str) -> None:
    """A server in its own process, in pure Python or with all that it can have in C."""
    import uvicorn

    loop: Any = "uvloop" if parser == "httptools" else "asyncio"
    http: Any = parser
    config = uvicorn.Config(
        make(), log_level="error", access_log=False, server_header=False, http=http, loop=loop
    )
    uvicorn.Server(config).run(sockets=[listener])


def cpu_seconds(pid: int) -> float:
    """Processor time of a process's first thread, the one that answers, to the nanosecond (Linux)."""
    with open(f"/proc/{pid}/schedstat") as stat:
        return int(stat.read().split()[0]) / 1e9


def ask(address: Any, requests: int) -> None:
    """Send requests one after another over one connection."""
    with socket.create_connection(address, timeout=30) as connection:
        for _ in range(requests):
            connection.sendall(REQUEST)
            answer = b""
            while ANSWER not in answer:
                chunk = connection.recv(65_536)
                if not chunk:
                    raise RuntimeError(f"the server closed the connection after {answer!r}")
                answer += chunk


def served(
    rows: dict[str, Callable[[], App]], requests: int, rounds: int, parser: str
) -> Iterator[tuple[str, float]]:
    """Microseconds of the server's processor time for one request of each row."""
    context = multiprocessing.get_context("fork")
    servers = {}
    try:
        for name, make in rows.items():
            listener = socket.create_server(("127.0.0.1", 0))
            # What is accepted here inherits it; without, head and body of an answer wait for each other.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server = context.Process(target=serve, args=(make, listener, parser), daemon=True)
            server.start()
            servers[name] = (server, listener.getsockname())
            ask(listener.getsockname(), 200)
        used: dict[str, list[float]] = {name: [] for name in servers}
        for _ in range(rounds):
            for name, (server, address) in servers.items():
                before = cpu_seconds(server.pid or 0)
                ask(address, requests)
                used[name].append((cpu_seconds(server.pid or 0) - before) / requests * 1e6)
        yield from ((name, min(values)) for name, values in used.items())
    finally:
        for server, _ in servers.values():
            server.terminate()


def table(costs: dict[str, float], base: float) -> None:
    """Rows with throughput, cost, what is added, and the share of the first row's throughput that is left."""
    print(f"{'':34}{'requests/s':>11}{'us':>8}{'added':>8}{'of bare':>9}")
    for name, cost in costs.items():
        print(f"{name:34}{1e6 / cost:11.0f}{cost:8.1f}{cost - base:8.1f}{base / cost:9.0%}")


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    rows = {**WHOLE, **OURS, **{name: make for name, (_, make) in PEERS.items()}}
    rows["slowapi, secure, Starlette's hosts"] = _same_jobs
    found = asyncio.run(measure(rows, given.requests, given.rounds))
    base = found["bare FastAPI"]
    print("in this process\n")
    table({name: found[name] for name in WHOLE}, base)
    print("\neach control alone, and the nearest package for the same job\n")
    table(
        {
            **{name: found[name] for name in OURS},
            **{f"  {job}: {name}": found[name] for name, (job, _) in PEERS.items() if name in found},
            **{name: cost for name, cost in found.items() if name.startswith("slowapi,")},
        },
        base,
    )
    for parser in ("h11", "httptools"):
        if not all(importlib.util.find_spec(name) for name in SERVERS[parser]):
            print(f"\nnot installed, left out: {' and '.join(SERVERS[parser])}", file=sys.stderr)
            continue
        print(f"\nserved by uvicorn with {' and '.join(SERVERS[parser])}, over the loopback address\n")
        costs = dict(served(WHOLE, max(given.requests, 1500), max(3, given.rounds // 3), parser))
        table(costs, costs["bare FastAPI"])


if __name__ == "__main__":
    main()
