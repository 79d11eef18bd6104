"""What tests of several rooms share."""

import importlib.util
import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest
from rearguard.models import Models, load

TIMEOUT = 180
"""Seconds for one command."""


@pytest.fixture(autouse=True, scope="session")
def _no_cache() -> Iterator[None]:
    """Tests read everything anew, and leave nothing in the cache of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REARGUARD_CACHE_DIR", "")
        yield


@pytest.fixture(scope="session")
def tagged() -> ModuleType:
    """The module `tagged`: with `--import-mode=importlib` tests cannot import each other."""
    path = Path(__file__).with_name("tagged.py")
    spec = importlib.util.spec_from_file_location("rearguard_tests_tagged", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their own module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def all_models() -> Models:
    """Every library that the product models, compiled once."""
    return load()


@pytest.fixture(scope="session")
def problems(tagged: ModuleType, all_models: Models) -> Callable[..., list[str]]:
    """`(files, paths, check)` to the places where the review and the tags of `paths` (all by default) disagree."""

    def compare(files: Mapping[str, str], paths: Collection[str] | None = None, check: str = "") -> list[str]:
        found: list[str] = tagged.problems(files, all_models, paths, check)
        return found

    return compare


Completed = subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def forked_command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Completed]]:
    """`forked_command("review", ".", cwd=folder)`: the command in a process of its own, finished; its output as text.

    Keywords are its environment beside that of the tests. What the interpreter itself reads of that
    (`PYTHON...`) takes a process from the start on; any other is forked from one that has imported everything.
    """
    files = tmp_path_factory.mktemp("command")
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("forks.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    orders, answers = server.stdin, server.stdout
    assert orders is not None
    assert answers is not None

    def forked(arguments: tuple[str, ...], cwd: Path, stdin: bytes, environment: Mapping[str, str]) -> int:
        for name in ("stdout", "stderr"):
            (files / name).write_bytes(b"")
        (files / "stdin").write_bytes(stdin)
        order = {"arguments": arguments, "cwd": str(cwd), "environment": dict(environment)}
        order |= {name: str(files / name) for name in ("stdin", "stdout", "stderr")}
        orders.write(json.dumps(order).encode() + b"\n")
        orders.flush()
        if not select.select([answers], [], [], TIMEOUT)[0]:
            raise subprocess.TimeoutExpired(arguments, TIMEOUT)
        return int(answers.readline())

    def run(*arguments: str, cwd: Path, stdin: str | bytes = b"", **environment: str) -> Completed:
        given = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "FORCE_COLOR")}
        given |= environment
        sent = stdin.encode() if isinstance(stdin, str) else stdin
        if any(name.startswith("PYTHON") for name in environment):
            words = [sys.executable, "-m", "rearguard.cli.main", *arguments]
            done = subprocess.run(
                words, cwd=cwd, input=sent, capture_output=True, env=given, timeout=TIMEOUT, check=False
            )
            return Completed(arguments, done.returncode, done.stdout.decode(), done.stderr.decode())
        code = forked(arguments, cwd, sent, given)
        said = ((files / name).read_bytes().decode() for name in ("stdout", "stderr"))
        return Completed(arguments, code, *said)

    with server:
        yield run
        orders.close()
