"""Schemathesis sends the demo what its OpenAPI document allows and what it does not: no failure of ours, and
nothing for anyone without a token.
"""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from strongback.keys import new_key_text

HERE = Path(__file__).resolve()
CHECKS = (
    "not_a_server_error,unsupported_method,nothing_is_given_out_without_a_token,every_answer_is_guarded,"
    "an_error_is_a_problem_document_that_echoes_nothing"
)


@pytest.fixture(scope="module")
def schemathesis() -> Path:
    """The program. `make test` installs it beside the scanners and does not let it be missing."""
    folder = Path(os.environ.get("REARGUARD_SCANNERS") or HERE.parents[4] / ".venv-scanners") / "bin"
    if not (folder / "schemathesis").exists():
        if os.environ.get("REARGUARD_SCANNERS"):
            pytest.fail(f"no schemathesis in {folder}")
        pytest.skip("schemathesis is not installed: make scanners")
    return folder / "schemathesis"


@dataclass
class Demo:
    url: str
    token: str


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "APP_KEYS": new_key_text("k1"), "DEMO_ORIGIN": url}
    token = subprocess.run(
        [sys.executable, "demo_app.py"],
        cwd=HERE.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "demo_app:app",
        "--port",
        str(port),
        "--log-level",
        "critical",
    ]
    server = subprocess.Popen(command, cwd=HERE.parent, env=environment, stdout=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                httpx2.get(url + "/health", trust_env=False)
                break
            except httpx2.TransportError:
                time.sleep(0.1)
        yield Demo(url, token.stdout.strip())
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.mark.parametrize("signed_in", [True, False], ids=["with a token", "without"])
def test_the_demo_withstands_schemathesis(
    schemathesis: Path, demo: Demo, signed_in: bool, tmp_path: Path
) -> None:
    token = ["--header", f"Authorization: Bearer {demo.token}"] if signed_in else []
    command = [str(schemathesis), "run", f"{demo.url}/schema.json", "--checks", CHECKS, "--seed", "7", *token]
    bounds = [
        "--max-examples",
        "25",
        "--phases",
        "examples,coverage,fuzzing",
        "--generation-database",
        "none",
    ]
    done = subprocess.run(
        [*command, *bounds, "--no-color", "--suppress-health-check", "all", "--warnings", "off"],
        cwd=tmp_path,
        env={
            **{name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
            "SCHEMATHESIS_HOOKS": str(HERE.parent / "schemathesis_hooks.py"),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-6000:]
    tested = re.search(r"(\d+) generated", said)
    assert tested is not None, said[-2000:]
    assert int(tested[1]) > 100
