"""The FastAPI notes: both versions serve their users; the attacks work on the vulnerable one only."""

import importlib
import io
import os
import pickle
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

PASSWORD = "correct horse battery"
HASH = PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)


@dataclass(frozen=True, slots=True)
class Notes:
    """A running version of the service, with the authorization header of each account."""

    vulnerable: bool
    client: TestClient
    folder: Path
    headers: dict[str, dict[str, str]]

    def call(self, who: str, method: str, path: str, **request: Any) -> Any:
        return self.client.request(method, path, headers=self.headers.get(who), **request)

    def note(self, who: str, **fields: str) -> int:
        reply = self.call(who, "POST", "/api/notes", json={"title": "Groceries", **fields})
        assert reply.status_code == 201, reply.text
        return int(reply.json()["id"])


@pytest.fixture(scope="module", params=["vulnerable", "hardened"])
def notes(
    request: Any, examples: Path, import_app: Any, tmp_path_factory: Any, partner: Any
) -> Iterator[Notes]:
    folder = tmp_path_factory.mktemp(request.param)
    environment = {
        "NOTES_DATABASE": f"sqlite:///{folder}/notes.db",
        "NOTES_UPLOADS": str(folder / "uploads"),
        "NOTES_TRANSLATE_URL": partner.url,
        "NOTES_TRANSLATE_TOKEN": "for-the-partner",
        "NOTES_PREVIEW_ORIGINS": f"{partner.url},http://127.0.0.1:9",
        "NOTES_SIGNING_KEY": "k" * 40,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        with import_app(examples / "fastapi-notes" / request.param, "notes.main") as main:
            database = importlib.import_module("notes.database")
            user_class = importlib.import_module("notes.models").User
            names = ("ada", "ben", "root")
            with database.SessionLocal() as session:
                for name in names:
                    email = f"{name}@notes.example"
                    session.add(user_class(email=email, password_hash=HASH, is_admin=name == "root"))
                session.commit()
            client = TestClient(
                main.app,
                base_url="https://notes.example",
                follow_redirects=False,
                raise_server_exceptions=False,
            )
            headers = {}
            for name in names:
                form = {"username": f"{name}@notes.example", "password": PASSWORD}
                token = client.post("/api/auth/token", data=form).json()["access_token"]
                headers[name] = {"Authorization": f"Bearer {token}"}
            with client:
                yield Notes(request.param == "vulnerable", client, folder, headers)
            database.engine.dispose()


def test_users_write_read_change_and_delete_their_notes(notes: Notes) -> None:
    note = notes.note("ada", title="Plans", body="Paint the shed", tag="home")
    path = f"/api/notes/{note}"
    assert notes.call("ada", "GET", path).json()["body"] == "Paint the shed"
    changed = notes.call("ada", "PUT", path, json={"title": "Plan", "tag": "house"}).json()
    assert (changed["title"], changed["body"], changed["tag"]) == ("Plan", "Paint the shed", "house")
    assert notes.call("ada", "DELETE", path).status_code == 204
    assert notes.call("ada", "GET", path).status_code == 404
    assert notes.call("ada", "POST", "/api/notes", json={"title": ""}).status_code == 422


def test_notes_are_searched_ordered_and_found_by_tag(notes: Notes) -> None:
    notes.note("ben", title="Bread", body="rye flour", tag="baking")
    notes.note("ben", title="Apple pie", body="rye flour", tag="baking")
    found = notes.call("ben", "GET", "/api/notes", params={"q": "rye", "order": "title", "limit": 5}).json()
    assert [entry["title"] for entry in found] == ["Apple pie", "Bread"]
    tagged = notes.call("ben", "GET", "/api/notes/tagged/baking").json()
    assert {entry["title"] for entry in tagged} == {"Apple pie", "Bread"}
    assert notes.call("ada", "GET", "/api/notes", params={"q": "rye"}).json() == []
    odd = notes.call("ben", "GET", "/api/notes", params={"order": "(SELECT 1)"})
    assert odd.status_code in (200, 422)


def test_login_is_needed_and_checked(notes: Notes) -> None:
    assert notes.call("ada", "GET", "/api/auth/me").json()["email"] == "ada@notes.example"
    assert notes.client.get("/api/notes").status_code == 401
    wrong = {"username": "ada@notes.example", "password": "guess"}
    assert notes.client.post("/api/auth/token", data=wrong).status_code == 401
    forged = {"Authorization": "Bearer e30.e30.e30"}
    assert notes.client.get("/api/notes", headers=forged).status_code == 401
    assert notes.client.get("/health").json() == {"status": "ok"}


def test_attachments_are_kept_with_their_note(notes: Notes) -> None:
    path = f"/api/notes/{notes.note('ada')}/attachments"
    added = notes.call("ada", "POST", path, files={"file": ("list.txt", b"eggs")})
    assert added.json() == {"name": "list.txt"}
    assert notes.call("ada", "GET", path).json() == ["list.txt"]
    assert notes.call("ada", "GET", f"{path}/list.txt").content == b"eggs"
    assert notes.call("ben", "GET", f"{path}/list.txt").status_code == 404
    assert notes.call("ada", "GET", f"{path}/other.txt").status_code == 404


def test_links_are_previewed_and_notes_translated(notes: Notes, partner: Any) -> None:
    note = notes.note("ada", body="Guten Tag")
    url = f"{partner.url}/article"
    preview = notes.call("ada", "POST", f"/api/notes/{note}/preview", json={"url": url}).json()
    assert (preview["status"], preview["text"]) == (200, '{"partner": "welcome"}')
    translated = notes.call("ada", "GET", f"/api/notes/{note}/translation", params={"language": "fr"})
    assert translated.json() == {"language": "fr", "translation": {"partner": "welcome"}}
    assert partner.paths[-2:] == ["/article", "/v1/fr"]
    assert notes.call("ada", "GET", f"/api/notes/{note}/translation?language=..").status_code == 422


def test_notes_are_exported_and_restored(notes: Notes) -> None:
    note = notes.note("root", title="Keep", body="this")
    exported = notes.call("root", "GET", "/api/notes/export", params={"folder": "mine"}).content
    with tarfile.open(fileobj=io.BytesIO(exported)) as tar:
        assert f"mine/note-{note}.md" in tar.getnames()
    backup = notes.call("root", "GET", "/api/backups").content
    before = len(notes.call("root", "GET", "/api/notes").json())
    restored = notes.call("root", "POST", "/api/backups", files={"file": ("backup", backup)})
    assert restored.json() == {"restored": before}
    assert len(notes.call("root", "GET", "/api/notes").json()) == 2 * before


def test_tags_are_renamed_from_yaml(notes: Notes) -> None:
    note = notes.note("ada", tag="todo")
    reply = notes.call("ada", "POST", "/api/backups/retag", content=b"todo: done\n")
    assert reply.json() == {"changed": 1}
    assert notes.call("ada", "GET", f"/api/notes/{note}").json()["tag"] == "done"


def test_published_notes_have_a_public_page(notes: Notes) -> None:
    note = notes.note("ada", title="Open & shut", body="A **bold** word\n\nand more")
    assert notes.client.get("/p/open").status_code == 404
    published = notes.call("ada", "POST", f"/api/notes/{note}/publish", json={"slug": "open"})
    assert published.json()["published"] is True
    page = notes.client.get("/p/open").text
    assert "<strong>bold</strong>" in page
    assert "Open &amp; shut" in page
    assert '<a href="/p/open">Open &amp; shut</a>' in notes.client.get("/p/search?q=Open").text
    icon = notes.client.get("/p/icons/pin.svg")
    assert icon.headers["content-type"] == "image/svg+xml"
    assert notes.client.get("/p/icons/..%2fmain.py").status_code in (404, 422)


def test_language_is_remembered_and_the_reader_returns(notes: Notes) -> None:
    reply = notes.client.get("/p/language?lang=de&next=/p/search?q=a")
    assert (reply.status_code, reply.headers["location"]) == (303, "/p/search?q=a")
    assert reply.headers["set-cookie"].startswith("lang=de;")


def test_statistics_are_for_administrators(notes: Notes) -> None:
    notes.note("ada")
    assert notes.call("root", "GET", "/api/admin/stats").json()["notes"] > 0
    assert notes.call("ada", "GET", "/api/admin/stats").status_code == 403
    assert "ada@notes.example" in notes.call("root", "GET", "/api/admin/users").text


def test_search_term_reads_password_hashes(notes: Notes) -> None:
    term = "%') UNION SELECT id, password_hash, email, 1 FROM users --"
    reply = notes.call("ben", "GET", "/api/notes", params={"q": term})
    assert ("$argon2id$" in reply.text) is notes.vulnerable


def test_tag_reads_notes_of_others(notes: Notes) -> None:
    notes.note("ada", title="gate code 4711")
    reply = notes.call("ben", "GET", "/api/notes/tagged/x' OR '1'='1")
    assert ("4711" in reply.text) is notes.vulnerable


def test_folder_name_runs_a_command(notes: Notes) -> None:
    marker = notes.folder / "marker"
    notes.note("ben")
    notes.call("ben", "GET", "/api/notes/export", params={"folder": f"x/' *.md; touch {marker}; #"})
    assert marker.exists() is notes.vulnerable


def test_attachment_name_reads_other_files(notes: Notes) -> None:
    path = f"/api/notes/{notes.note('ben')}/attachments"
    reply = notes.call("ben", "GET", f"{path}/..%2f..%2fnotes.db")
    assert reply.content.startswith(b"SQLite format 3") is notes.vulnerable


def test_upload_name_writes_other_files(notes: Notes) -> None:
    path = f"/api/notes/{notes.note('ben')}/attachments"
    reply = notes.call("ben", "POST", path, files={"file": ("../../planted.txt", b"x")})
    assert reply.status_code == (201 if notes.vulnerable else 422)
    assert (notes.folder / "planted.txt").exists() is notes.vulnerable


def test_search_page_returns_markup(notes: Notes) -> None:
    page = notes.client.get("/p/search", params={"q": "<script>alert(1)</script>"})
    assert page.status_code == 200
    assert ("<script>alert(1)" in page.text) is notes.vulnerable


def test_public_note_returns_markup(notes: Notes) -> None:
    note = notes.note("ben", body="**hi** <img src=x onerror=alert(1)>")
    notes.call("ben", "POST", f"/api/notes/{note}/publish", json={"slug": "marked-up"})
    page = notes.client.get("/p/marked-up").text
    assert "<strong>hi</strong>" in page
    assert ("<img src=x onerror" in page) is notes.vulnerable


def test_preview_reaches_the_internal_network(notes: Notes, internal: Any) -> None:
    note = notes.note("ben")
    reply = notes.call("ben", "POST", f"/api/notes/{note}/preview", json={"url": f"{internal.url}/latest"})
    assert ("instance-credentials" in reply.text) is notes.vulnerable
    assert bool(internal.paths) is notes.vulnerable
    internal.paths.clear()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example/"])
def test_language_link_leads_to_another_site(notes: Notes, target: str) -> None:
    reply = notes.client.get("/p/language", params={"lang": "de", "next": target})
    assert (reply.headers["location"] != "/p/search") is notes.vulnerable


class _Planted:
    """Pickles to a call that creates the file `marker`."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self._marker),)


def test_backup_runs_code(notes: Notes) -> None:
    marker = notes.folder / "unpickled"
    payload = pickle.dumps(_Planted(marker))
    reply = notes.call("ben", "POST", "/api/backups", files={"file": ("backup", payload)})
    assert marker.exists() is notes.vulnerable
    assert reply.status_code == (500 if notes.vulnerable else 422)


def test_yaml_runs_code(notes: Notes) -> None:
    marker = notes.folder / "constructed"
    payload = f"!!python/object/apply:os.mkdir ['{marker}']\n".encode()
    notes.call("ben", "POST", "/api/backups/retag", content=payload)
    assert marker.exists() is notes.vulnerable


def test_anyone_can_list_users_and_attachments(notes: Notes) -> None:
    path = f"/api/notes/{notes.note('ada')}/attachments"
    notes.call("ada", "POST", path, files={"file": ("diagnosis.txt", b"private")})
    assert notes.client.get(path).status_code == (200 if notes.vulnerable else 401)
    assert ("diagnosis" in notes.client.get(path).text) is notes.vulnerable
    assert ("ada@notes.example" in notes.client.get("/api/admin/users").text) is notes.vulnerable


def test_notes_of_others_can_be_read_and_deleted(notes: Notes) -> None:
    path = f"/api/notes/{notes.note('ada', body='gate code 4711')}"
    assert ("4711" in notes.call("ben", "GET", path).text) is notes.vulnerable
    assert notes.call("ben", "PUT", path, json={"title": "x"}).status_code == 404
    assert notes.call("ben", "DELETE", path).status_code == (204 if notes.vulnerable else 404)


def test_values_of_the_wrong_type_reach_the_database(notes: Notes) -> None:
    path = f"/api/notes/{notes.note('ben')}"
    reply = notes.call("ben", "PUT", path, json={"title": ["a", "list"]})
    assert reply.status_code == (500 if notes.vulnerable else 422)
    assert ("Error binding parameter" in reply.text) is notes.vulnerable


def test_page_address_has_no_format(notes: Notes) -> None:
    path = f"/api/notes/{notes.note('ben')}/publish"
    reply = notes.call("ben", "POST", path, json={"slug": "../admin"})
    assert reply.status_code == (200 if notes.vulnerable else 422)


def test_taken_page_address_shows_the_statement(notes: Notes) -> None:
    first, second = (f"/api/notes/{notes.note('ben')}/publish" for _ in range(2))
    notes.call("ben", "POST", first, json={"slug": "taken"})
    reply = notes.call("ben", "POST", second, json={"slug": "taken"})
    assert reply.status_code == (500 if notes.vulnerable else 409)
    assert ("UPDATE notes SET" in reply.text) is notes.vulnerable


def test_failed_preview_tells_about_the_network(notes: Notes) -> None:
    note = notes.note("ben")
    link = {"url": "http://127.0.0.1:9/closed"}
    reply = notes.call("ben", "POST", f"/api/notes/{note}/preview", json=link)
    assert reply.status_code == 502
    assert ("refused" in reply.text) is notes.vulnerable


def test_debug_mode_shows_the_program(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> None:
        raise RuntimeError("what the program knows")

    monkeypatch.setattr(sys.modules["notes.services.search"], "published", fail)
    reply = notes.client.get("/p/search")
    assert reply.status_code == 500
    assert ("what the program knows" in reply.text) is notes.vulnerable


def test_attachments_that_cannot_be_removed_are_logged(
    notes: Notes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_args: object) -> None:
        raise PermissionError("read-only")

    note = notes.note("ben")
    monkeypatch.setattr(sys.modules["notes.services.storage"].shutil, "rmtree", fail)
    assert notes.call("ben", "DELETE", f"/api/notes/{note}").status_code == 204
    assert ("could not be removed" in caplog.text) is not notes.vulnerable


def test_guessing_passwords_is_slowed_down(notes: Notes) -> None:
    wrong = {"username": "ben@notes.example", "password": "guess"}
    answers = {notes.client.post("/api/auth/token", data=wrong).status_code for _ in range(20)}
    assert (429 in answers) is not notes.vulnerable


@pytest.mark.parametrize("version", ["vulnerable", "hardened"])
def test_start_without_secrets(version: str, examples: Path) -> None:
    folder = examples / "fastapi-notes" / version
    command = [sys.executable, "-B", "-c", "import notes.config"]
    run = subprocess.run(
        command, cwd=folder, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True
    )
    assert (run.returncode == 0) is (version == "vulnerable")
    assert ("must be set" in run.stderr) is (version == "hardened")
