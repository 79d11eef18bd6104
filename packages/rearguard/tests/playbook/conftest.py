"""Runs the blocks of the playbook: FastAPI in this process, Express in a real Node.js with real packages."""

import functools
import hashlib
import importlib.util
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import pytest
from rearguard.playbook.pages import page
from starlette.testclient import TestClient

NODE_PROJECT = Path(__file__).parent / "express"
FENCE = re.compile(r"^```(?P<info>[^\n]+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers in lower case in order, body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Http:
    """Sends requests without a cookie jar and without following redirects."""

    def __init__(self, client: httpx2.Client, log_lines: Callable[[], list[str]] = list) -> None:
        self._client = client
        self.log_lines = log_lines

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
    ) -> Answer:
        self._client.cookies.clear()
        sent = dict(headers or {})
        if content is None and body is not None:
            content = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        response = self._client.request(method, path, headers=sent, content=content)
        pairs = tuple((k.lower(), v) for k, v in response.headers.multi_items())
        return Answer(response.status_code, pairs, response.content)


def blocks(page_id: str, info: str) -> list[str]:
    """Code of the fenced blocks of a page whose info string is exactly `info`."""
    found = page(page_id)
    assert found is not None, page_id
    return [match["code"] for match in FENCE.finditer(found.body) if match["info"] == info]


@pytest.fixture(scope="session")
def code_blocks() -> Callable[[str, str], list[str]]:
    return blocks


def load_python(directory: Path, page_id: str) -> ModuleType:
    """The one Python block of a page, imported as a module."""
    [code] = blocks(page_id, "python")
    name = "playbook_" + page_id.replace("-", "_")
    file = directory / f"{name}.py"
    file.write_text(code, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look the module up by name
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[name]
    return module


@pytest.fixture(scope="session")
def python_page(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], ModuleType]:
    return functools.cache(functools.partial(load_python, tmp_path_factory.mktemp("python-blocks")))


@pytest.fixture(scope="session")
def node_modules(request: pytest.FixtureRequest) -> Path:
    """A directory in which the locked packages are installed; skips only where Node.js is absent."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node.js with npm is not installed: the Express blocks cannot run")
    lock = (NODE_PROJECT / "package-lock.json").read_bytes()
    cache = request.config.cache
    assert cache is not None
    parent = cache.mkdir("playbook-express")
    target = parent / hashlib.sha256(lock).hexdigest()[:16]
    if not target.is_dir():
        fresh = parent / f"installing-{os.getpid()}"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(NODE_PROJECT / name, fresh / name)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=fresh, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        try:
            fresh.rename(target)
        except OSError:  # another process was faster
            shutil.rmtree(fresh)
    return target


@pytest.fixture
def fastapi_http() -> Iterator[Callable[..., Http]]:
    """Serve an ASGI application: fastapi_http(app, peer="127.0.0.1") -> Http."""
    with ExitStack() as stack:

        def start(app: Any, peer: str = "127.0.0.1") -> Http:
            client = TestClient(
                app,
                base_url="http://127.0.0.1",
                raise_server_exceptions=False,
                follow_redirects=False,
                client=(peer, 50000),
            )
            return Http(stack.enter_context(client))

        yield start


@pytest.fixture
def express_http(node_modules: Path, tmp_path: Path) -> Iterator[Callable[..., Http]]:
    """Serve the Express block of a page for one test: express_http(page_id, **options) -> Http."""
    with ExitStack() as stack:
        yield functools.partial(_serve_express, stack, node_modules, tmp_path)


@pytest.fixture(scope="module")
def express_http_once(
    node_modules: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Http]]:
    """Like express_http, for the tests of a module together: a database takes long to start."""
    with ExitStack() as stack:
        yield functools.partial(_serve_express, stack, node_modules, tmp_path_factory.mktemp("express"))


def _serve_express(stack: ExitStack, installed: Path, temporary: Path, page_id: str, **options: Any) -> Http:
    [code] = blocks(page_id, "javascript")
    # Beside node_modules, so that imports resolve; a directory of its own, so that runs do not meet.
    run = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="run-", dir=installed)))
    shutil.copy(NODE_PROJECT / "serve.mjs", run / "serve.mjs")
    block = run / f"{page_id}.mjs"
    block.write_text(code, encoding="utf-8")
    error_file = temporary / "node-stderr"
    with error_file.open("w") as errors:
        process = subprocess.Popen(
            ["node", str(run / "serve.mjs"), str(block), page_id, json.dumps(options)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    stack.callback(_stop, process)
    lines: list[str] = []
    first: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_read_lines, args=(process, first, lines), daemon=True).start()
    ready = first.get(timeout=60)
    assert ready, error_file.read_text()
    base = f"http://127.0.0.1:{json.loads(ready)['port']}"
    client = stack.enter_context(httpx2.Client(base_url=base, trust_env=False, timeout=30))
    return Http(client, lambda: list(lines))


def _read_lines(process: "subprocess.Popen[str]", first: "queue.Queue[str]", lines: list[str]) -> None:
    assert process.stdout is not None
    first.put(process.stdout.readline())
    lines.extend(iter(process.stdout.readline, ""))


def _stop(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    process.wait(timeout=10)
    assert process.stdout is not None
    process.stdout.close()
