"""Fixtures that start the example applications, each in its vulnerable and its hardened version."""

import hashlib
import http.client
import importlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import pytest

EXAMPLES = Path(__file__).parents[4] / "examples"


@dataclass(slots=True)
class Outside:
    """A loopback HTTP server in the place of another party; it answers every request with `reply`."""

    url: str
    reply: dict[str, Any]
    paths: list[str] = field(default_factory=list)
    """Request paths in order of arrival."""


@contextmanager
def _serve(reply: dict[str, Any]) -> Iterator[Outside]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            outside.paths.append(self.path)
            body = json.dumps(reply).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer  # noqa: N815 (names that BaseHTTPRequestHandler looks up)

        def log_message(self, *args: object) -> None:
            """Keep the test output quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        outside = Outside(f"http://127.0.0.1:{server.server_port}", reply)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield outside
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def partner() -> Iterator[Outside]:
    """A party that the application is meant to talk to."""
    with _serve({"partner": "welcome"}) as outside:
        yield outside


@pytest.fixture(scope="module")
def internal() -> Iterator[Outside]:
    """A service inside the network that no request of a user may reach."""
    with _serve({"internal": "instance-credentials"}) as outside:
        yield outside


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder of the example applications."""
    return EXAMPLES


ImportApp = Callable[[Path, str], AbstractContextManager[ModuleType]]


@pytest.fixture(scope="session")
def import_app() -> ImportApp:
    """Import a package from a folder; both versions have the same name, so it is forgotten afterwards."""

    @contextmanager
    def importing(folder: Path, name: str) -> Iterator[ModuleType]:
        package = name.partition(".")[0]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "dont_write_bytecode", True)
            patch.syspath_prepend(folder)
            yield importlib.import_module(name)
        for loaded in [key for key in sys.modules if key.partition(".")[0] == package]:
            del sys.modules[loaded]

    return importing


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer: status, headers with lower-case names, and the body as text."""

    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True, slots=True)
class NodeApp:
    """An Express application that listens on loopback."""

    port: int
    folder: Path
    """Its working copy, which tests may change."""

    def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: object = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request with `path` as it stands; redirects are not followed."""
        sent = dict(headers or {})
        payload = None
        if token:
            sent["authorization"] = f"Bearer {token}"
        if form is not None:
            payload, sent["content-type"] = urlencode(form), "application/x-www-form-urlencoded"
        elif body is not None:
            payload, sent["content-type"] = json.dumps(body), "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            connection.request(method, path, payload, sent)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, text)
        finally:
            connection.close()


def _node_modules(app: Path) -> Path:
    """Install what the lock file names, once per lock file, outside the tree."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    digest = hashlib.sha256((app / "package-lock.json").read_bytes()).hexdigest()[:16]
    installed = Path(root) / "rearguard-tests" / "node" / digest
    if not (installed / "node_modules").is_dir():
        staging = installed.with_name(f"{digest}.{os.getpid()}")
        staging.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(app / name, staging)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
        subprocess.run(command, cwd=staging, check=True, capture_output=True, timeout=300)
        try:
            staging.rename(installed)
        except OSError:
            # Another run was first; its installation has the same content.
            shutil.rmtree(staging)
    return installed / "node_modules"


StartNode = Callable[[Path, Path, Mapping[str, str]], AbstractContextManager[NodeApp]]


@pytest.fixture(scope="session")
def start_node() -> StartNode:
    """Run `scripts/dev.js` of a copy of an application: `start(app, folder, environment)`."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed, so the Express example cannot be started")

    @contextmanager
    def starting(app: Path, folder: Path, environment: Mapping[str, str]) -> Iterator[NodeApp]:
        copy = folder / "app"
        shutil.copytree(app, copy, ignore=shutil.ignore_patterns("node_modules"))
        (copy / "node_modules").symlink_to(_node_modules(app), target_is_directory=True)
        output = folder / "output.log"
        with output.open("w") as log:
            process = subprocess.Popen(
                ["node", "scripts/dev.js"],
                cwd=copy,
                env={**os.environ, **environment, "PORT": "0"},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            yield NodeApp(_port_of(process, output), copy)
        finally:
            process.kill()
            process.wait()

    return starting


def _port_of(process: "subprocess.Popen[bytes]", output: Path) -> int:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        for line in output.read_text().splitlines():
            if line.startswith("listening on "):
                return int(line.rsplit(" ", 1)[1])
        time.sleep(0.1)
    raise AssertionError(f"the application did not start:\n{output.read_text()}")
