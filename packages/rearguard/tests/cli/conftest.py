"""The real command in a process of its own, and a small application to run it on."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Completed = subprocess.CompletedProcess[str]

VULNERABLE = """\
import sqlite3

from flask import Flask, request

app = Flask(__name__)


@app.get("/users")
def users():
    query = "SELECT * FROM users WHERE name = '" + request.args["name"] + "'"
    return str(sqlite3.connect("app.db").execute(query).fetchall())
"""
CLEAN = """\
def add(left: int, right: int) -> int:
    return left + right
"""


@pytest.fixture(scope="session")
def vulnerable() -> str:
    """A Flask application with SQL injection on line 11."""
    return VULNERABLE


@pytest.fixture(scope="session")
def clean() -> str:
    """A module with nothing to find."""
    return CLEAN


@pytest.fixture(scope="session")
def rearguard(forked_command: Callable[..., Completed]) -> Callable[..., Completed]:
    """`rearguard("review", ".", cwd=folder)`: the finished process, its output as text."""
    return forked_command


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A folder of its own that holds the vulnerable application as `app.py`."""
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "app.py").write_text(VULNERABLE)
    return folder
