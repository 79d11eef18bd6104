"""The Flask file storage: both versions serve their users; the attacks work on the vulnerable one only."""

import base64
import hashlib
import io
import os
import pickle
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import flask
import pytest
from werkzeug.security import generate_password_hash

PASSWORD = "correct horse battery"
HASH = generate_password_hash(PASSWORD, "pbkdf2:sha256:1")
SITE = "https://files.example"
CSRF = re.compile(r'name="csrf-token" content="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Files:
    """A running version of the storage, with a browser session per account."""

    vulnerable: bool
    app: flask.Flask
    folder: Path
    sessions: dict[str, Any]

    def call(self, who: str, method: str, path: str, **request: Any) -> Any:
        """Send a request as the pages do: with the token that a page of the session carries."""
        client = self.sessions[who]
        headers = {"Accept": "application/json", "Referer": f"{SITE}/", **request.pop("headers", {})}
        if method != "GET":
            shown = CSRF.search(client.get("/auth/login", base_url=SITE).text)
            headers["X-CSRFToken"] = shown.group(1) if shown else ""
        reply = client.open(path, method=method, base_url=SITE, headers=headers, **request)
        reply.get_data()
        reply.close()
        return reply

    def login(self, who: str, name: str, password: str, query: str = "") -> Any:
        return self.call(who, "POST", f"/auth/login{query}", data={"name": name, "password": password})

    def upload(self, who: str, name: str, content: bytes = b"content") -> int:
        reply = self.call(who, "POST", "/files/", data={"file": (io.BytesIO(content), name)})
        assert reply.status_code == 201, reply.text
        return int(reply.json["id"])

    def share(self, who: str, **fields: Any) -> Any:
        reply = self.call(who, "POST", "/shares/", json={"file_id": self.upload(who, "shared.txt"), **fields})
        assert reply.status_code == 201, reply.text
        return reply.json


@pytest.fixture(scope="module", params=["vulnerable", "hardened"])
def files(
    request: Any, examples: Path, import_app: Any, tmp_path_factory: Any, partner: Any
) -> Iterator[Files]:
    folder = tmp_path_factory.mktemp(request.param)
    environment = {
        "FILEBOX_DATABASE": str(folder / "filebox.db"),
        "FILEBOX_STORAGE": str(folder / "storage"),
        "FILEBOX_SCAN_URL": partner.url,
        "FILEBOX_SCAN_TOKEN": "for-the-partner",
        "FILEBOX_FETCH_ORIGINS": f"{partner.url},http://127.0.0.1:9",
        "FILEBOX_SECRET_KEY": "k" * 40,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        with import_app(examples / "flask-files" / request.param, "filebox") as package:
            app = package.create_app()
            names = ("ada", "ben", "root", "nobody")
            connection = sqlite3.connect(folder / "filebox.db")
            for name in names[:3]:
                row = (name, HASH, name == "root")
                connection.execute("INSERT INTO users (name, password_hash, is_admin) VALUES (?, ?, ?)", row)
            connection.commit()
            connection.close()
            running = Files(request.param == "vulnerable", app, folder, {n: app.test_client() for n in names})
            for name in names[:3]:
                assert running.login(name, name, PASSWORD).status_code == 303
            yield running


def test_users_upload_read_rename_and_delete_their_files(files: Files) -> None:
    file = files.upload("ada", "plan.txt", b"Paint the shed")
    path = f"/files/{file}"
    assert files.call("ada", "GET", path).json == {
        "id": file,
        "title": "plan.txt",
        "kind": "text/plain",
        "size": 14,
    }
    assert files.call("ada", "GET", f"{path}/content").data == b"Paint the shed"
    assert files.call("ada", "GET", "/files/by-name/plan.txt").data == b"Paint the shed"
    assert files.call("ada", "GET", "/files/preview?name=plan.txt").text == "Paint the shed"
    assert files.call("ada", "PATCH", path, json={"title": "Shed"}).json["title"] == "Shed"
    assert files.call("ben", "GET", f"{path}/content").status_code == 404
    assert files.call("ada", "DELETE", path).status_code == 204
    assert files.call("ada", "DELETE", path).status_code == 404


def test_files_are_listed_sorted_and_summarized(files: Files) -> None:
    files.upload("ben", "tiny.csv", b"1")
    files.upload("ben", "large.csv", b"1" * 9)
    page = files.call("ben", "GET", "/files/?q=.csv&sort=size&limit=2").text
    assert page.index("large.csv") < page.index("tiny.csv")
    assert files.call("ben", "GET", "/files/summary?by=kind").json["text/csv"] == 2
    assert files.call("ben", "GET", "/files/?sort=(SELECT 1)").status_code in (200, 400)
    assert "large.csv" not in files.call("ada", "GET", "/files/").text


def test_checksums_of_own_files(files: Files) -> None:
    file = files.upload("ada", "sum.txt", b"abc")
    reply = files.call("ada", "GET", f"/files/{file}/checksum?algorithm=sha512")
    assert reply.json == {"algorithm": "sha512", "checksum": hashlib.sha512(b"abc").hexdigest()}
    assert files.call("ben", "GET", f"/files/{file}/checksum").status_code == 404


def test_files_are_fetched_and_scanned(files: Files, partner: Any) -> None:
    fetched = files.call("ada", "POST", "/files/fetch", json={"url": f"{partner.url}/data/list.json"})
    assert fetched.json["name"] == "list.json"
    assert files.call("ada", "GET", f"/files/{fetched.json['id']}/content").json == partner.reply
    files.upload("ada", "scanned.txt")
    assert partner.paths[-2:] == ["/data/list.json", "/v1/scan?name=scanned.txt"]


def test_shares_let_anyone_with_the_link_read_one_file(files: Files) -> None:
    share = files.share("ada", message="Here you are", days=3)
    assert "Here you are" in files.call("nobody", "GET", share["link"]).text
    assert files.call("nobody", "GET", f"{share['link']}/download").data == b"content"
    assert files.call("nobody", "GET", "/s/guess").status_code == 404
    assert share["id"] in [entry["id"] for entry in files.call("ada", "GET", "/shares/").json]
    assert files.call("ada", "DELETE", f"/shares/{share['id']}").status_code == 204
    assert files.call("nobody", "GET", share["link"]).status_code == 404
    other = files.call("ben", "POST", "/shares/", json={"file_id": files.upload("ada", "mine.txt")})
    assert other.status_code == 404


def test_preferences_are_remembered(files: Files) -> None:
    assert files.call("ben", "GET", "/settings/").json == {"theme": "light", "page_size": 50}
    changed = files.call("ben", "POST", "/settings/", data={"theme": "dark", "page_size": "20"})
    assert changed.json == {"theme": "dark", "page_size": 20}
    assert files.call("ben", "GET", "/settings/").json == {"theme": "dark", "page_size": 20}
    assert files.call("ben", "POST", "/settings/", data={"theme": "pink"}).status_code == 400


def test_login_is_needed_and_returns_to_the_page(files: Files) -> None:
    assert files.call("nobody", "GET", "/files/").status_code == 401
    anonymous = files.call("nobody", "GET", "/files/", headers={"Accept": "text/html"})
    assert anonymous.location == "/auth/login?next=/files/?"
    assert files.login("nobody", "ada", "guess").status_code == 401
    assert files.login("ada", "ada", PASSWORD, "?next=/files/?q=a").location == "/files/?q=a"
    assert files.call("nobody", "GET", "/health").json == {"status": "ok"}


def test_logout_ends_the_session(files: Files) -> None:
    assert files.call("ada", "POST", "/auth/logout").location == "/auth/login"
    assert files.call("ada", "GET", "/files/").status_code == 401
    assert files.login("ada", "ada", PASSWORD).status_code == 303


def test_usage_is_for_administrators(files: Files) -> None:
    assert [row["name"] for row in files.call("root", "GET", "/admin/usage").json] == ["ada", "ben", "root"]
    assert "%" in files.call("root", "GET", "/admin/space").json["space"]
    assert files.call("ada", "GET", "/admin/usage").status_code == 403
    assert files.call("nobody", "GET", "/admin/usage").status_code == 401


def test_search_term_reads_password_hashes(files: Files) -> None:
    term = "' UNION SELECT id, password_hash AS title, name, 1 FROM users --"
    page = files.call("ben", "GET", f"/files/?q={quote(term)}").text
    assert ("pbkdf2:sha256" in page) is files.vulnerable


def test_summary_column_reads_password_hashes(files: Files) -> None:
    files.upload("ben", "any.txt")
    column = "(SELECT password_hash FROM users LIMIT 1)"
    reply = files.call("ben", "GET", f"/files/summary?by={quote(column)}")
    assert ("pbkdf2:sha256" in reply.text) is files.vulnerable


def test_algorithm_runs_a_command(files: Files) -> None:
    marker = files.folder / "marker"
    file = files.upload("ben", "any.txt")
    reply = files.call("ben", "GET", f"/files/{file}/checksum?algorithm={quote(f'touch {marker}; sha256')}")
    assert reply.status_code == (200 if files.vulnerable else 400)
    assert marker.exists() is files.vulnerable


@pytest.mark.parametrize("absolute", [False, True])
def test_preview_reads_other_files(files: Files, absolute: bool) -> None:
    name = str(files.folder / "filebox.db") if absolute else "../../filebox.db"
    reply = files.call("ben", "GET", f"/files/preview?name={quote(name)}")
    assert reply.text.startswith("SQLite format 3") is files.vulnerable
    assert files.call("ben", "GET", "/files/by-name/../../filebox.db").status_code == 404


def test_preview_returns_markup(files: Files) -> None:
    reply = files.call("ben", "GET", f"/files/preview?name={quote('<script>alert(1)</script>')}")
    assert (reply.status_code, reply.mimetype) == (404, "text/html")
    assert ("<script>alert(1)" in reply.text) is files.vulnerable


def test_share_message_returns_markup(files: Files) -> None:
    share = files.share("ben", message="<img src=x onerror=alert(1)>")
    page = files.call("nobody", "GET", share["link"]).text
    assert ("<img src=x" in page) is files.vulnerable


def test_fetch_reaches_the_internal_network(files: Files, internal: Any) -> None:
    reply = files.call("ben", "POST", "/files/fetch", json={"url": f"{internal.url}/latest"})
    assert reply.status_code == (201 if files.vulnerable else 422)
    assert bool(internal.paths) is files.vulnerable
    internal.paths.clear()


def test_user_name_in_the_address_does_not_mislead_the_allowlist(
    files: Files, partner: Any, internal: Any
) -> None:
    address = f"{partner.url}@{internal.url.removeprefix('http://')}/latest"
    files.call("ben", "POST", "/files/fetch", json={"url": address})
    assert bool(internal.paths) is files.vulnerable
    internal.paths.clear()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example/"])
def test_login_redirects_to_another_site(files: Files, target: str) -> None:
    reply = files.login("ada", "ada", PASSWORD, f"?next={quote(target, safe='')}")
    assert (reply.location != "/files/") is files.vulnerable


class _Planted:
    """Pickles to a call that creates the folder `marker`."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self._marker),)


def test_preferences_cookie_runs_code(files: Files) -> None:
    marker = files.folder / "unpickled"
    cookie = base64.b64encode(pickle.dumps(_Planted(marker))).decode()
    client = files.sessions["ada"]
    client.set_cookie("preferences", cookie, domain="files.example")
    reply = files.call("ada", "GET", "/settings/")
    client.delete_cookie("preferences", domain="files.example")
    assert reply.status_code == (500 if files.vulnerable else 200)
    assert marker.exists() is files.vulnerable


def test_anyone_can_list_and_revoke_shares(files: Files) -> None:
    share = files.share("ada")
    listed = files.call("nobody", "GET", "/shares/?owner=1")
    assert listed.status_code == (200 if files.vulnerable else 401)
    assert (share["link"].removeprefix("/s/") in listed.text) is files.vulnerable
    by_ben = files.call("ben", "GET", "/shares/?owner=1")
    assert (share["link"].removeprefix("/s/") in by_ben.text) is files.vulnerable
    revoked = files.call("nobody", "DELETE", f"/shares/{share['id']}")
    assert revoked.status_code == (204 if files.vulnerable else 401)


def test_files_of_others_can_be_described_and_deleted(files: Files) -> None:
    path = f"/files/{files.upload('ada', 'resignation-letter.txt')}"
    assert ("resignation" in files.call("ben", "GET", path).text) is files.vulnerable
    assert files.call("ben", "PATCH", path, json={"title": "x"}).status_code == 404
    assert files.call("ben", "DELETE", path).status_code == (204 if files.vulnerable else 404)


def test_title_of_the_wrong_type_is_an_internal_error_with_a_trace(files: Files) -> None:
    path = f"/files/{files.upload('ben', 'any.txt')}"
    reply = files.call("ben", "PATCH", path, json={"title": ["a", "list"]})
    assert reply.status_code == (500 if files.vulnerable else 422)
    assert ("Traceback" in reply.text) is files.vulnerable


@pytest.mark.parametrize("fields", [{"days": 10**9}, {"days": "soon"}, {"message": {}}, {"file_id": [1]}])
def test_shares_of_the_wrong_shape_fail_inside(files: Files, fields: dict[str, Any]) -> None:
    body = {"file_id": files.upload("ben", "any.txt"), **fields}
    reply = files.call("ben", "POST", "/shares/", json=body)
    assert reply.status_code == (500 if files.vulnerable else 422)


def test_failed_fetch_tells_about_the_network(files: Files) -> None:
    reply = files.call("ben", "POST", "/files/fetch", json={"url": "http://127.0.0.1:9/closed"})
    assert reply.status_code == 502
    assert ("refused" in reply.text) is files.vulnerable


def test_unhandled_errors_show_the_program(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("what the program knows")

    monkeypatch.setattr(sys.modules["filebox.storage"], "free_space", fail)
    reply = files.call("root", "GET", "/admin/space")
    assert reply.status_code == 500
    assert ("what the program knows" in reply.text) is files.vulnerable


def test_unscanned_uploads_are_logged(
    files: Files, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(files.app.config, "SCAN_URL", "http://127.0.0.1:9")
    files.upload("ben", "unscanned.txt")
    assert ("was not scanned" in caplog.text) is not files.vulnerable


def test_debug_mode(files: Files, monkeypatch: pytest.MonkeyPatch, examples: Path) -> None:
    started: dict[str, Any] = {}
    monkeypatch.setattr(flask.Flask, "run", lambda _app, **options: started.update(options))
    version = "vulnerable" if files.vulnerable else "hardened"
    script = examples / "flask-files" / version / "wsgi.py"
    exec(compile(script.read_text(), script, "exec"), {"__name__": "__main__"})
    assert started.pop("debug", False) is files.vulnerable
    assert started == {"host": "127.0.0.1", "port": 8001}
    assert files.app.debug is files.vulnerable


def test_another_site_cannot_submit_a_form(files: Files) -> None:
    reply = files.sessions["ben"].post("/settings/", base_url=SITE, data={"theme": "light"})
    assert reply.status_code == (200 if files.vulnerable else 400)


def test_session_cookie_is_kept_to_encrypted_connections(files: Files) -> None:
    cookie = files.login("ada", "ada", PASSWORD).headers["Set-Cookie"]
    assert ("Secure" in cookie) is not files.vulnerable


def test_guessing_passwords_is_slowed_down(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    # However slow the machine hashes, the guesses fall into one minute.
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    # Twenty are let through: more than that need no other login before them.
    answers = {files.login("nobody", "ben", "guess").status_code for _ in range(25)}
    assert (429 in answers) is not files.vulnerable


@pytest.mark.parametrize("version", ["vulnerable", "hardened"])
def test_start_without_secrets(version: str, examples: Path, tmp_path: Path) -> None:
    folder = examples / "flask-files" / version
    command = [sys.executable, "-B", "-c", "import filebox; filebox.create_app()"]
    environment = {"PATH": os.environ["PATH"], "FILEBOX_DATABASE": str(tmp_path / "filebox.db")}
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert (run.returncode == 0) is (version == "vulnerable")
    assert ("must be set" in run.stderr) is (version == "hardened")
