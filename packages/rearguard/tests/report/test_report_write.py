"""Reports on disk: whole or not at all, never through a link, never outside their folder."""

import os
from pathlib import Path

import pytest
from rearguard.report import ReportPathError, write_engagement, write_files, write_report


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_folder_ignores_itself(tmp_path: Path) -> None:
    folder = write_report(tmp_path, {"review.md": "text\n"})
    assert folder == tmp_path / "rearguard-report"
    assert names(folder) == [".gitignore", "review.md"]
    assert (folder / ".gitignore").read_text() == "*\n"


def test_a_second_report_replaces_the_first(tmp_path: Path) -> None:
    write_report(tmp_path, {"review.md": "old", "review.json": "{}"})
    folder = write_report(tmp_path, {"review.md": "new"})
    assert (folder / "review.md").read_text() == "new"
    assert names(folder) == [".gitignore", "review.json", "review.md"]


def test_bytes_are_written_as_they_are(tmp_path: Path) -> None:
    folder = write_report(tmp_path, {"review.md": "é\r\n\udce9\n"})
    assert (folder / "review.md").read_bytes() == "é\r\n\\udce9\n".encode()


@pytest.mark.parametrize("stage", ["open", "replace"])
def test_an_interruption_leaves_the_previous_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    folder = write_report(tmp_path, {"a.md": "old a", "b.md": "old b"})
    real = getattr(os, stage)
    calls = []

    def interrupted(*args: object, **options: object) -> object:
        calls.append(args)
        if len(calls) == 2 or stage == "replace":
            raise KeyboardInterrupt
        return real(*args, **options)

    monkeypatch.setattr(os, stage, interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_files(folder, {"a.md": "new a", "b.md": "new b"})
    monkeypatch.undo()
    assert names(folder) == [".gitignore", "a.md", "b.md"]
    assert [(folder / name).read_text() for name in ("a.md", "b.md")] == ["old a", "old b"]


def test_a_linked_folder_is_refused(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "rearguard-report").symlink_to(elsewhere)
    with pytest.raises(ReportPathError, match="not a plain folder"):
        write_report(tmp_path, {"review.md": "text"})
    assert names(elsewhere) == []


@pytest.mark.parametrize("exists", [True, False])
def test_a_linked_file_is_refused(tmp_path: Path, exists: bool) -> None:
    victim = tmp_path / "victim"
    if exists:
        victim.write_text("precious")
    (tmp_path / "rearguard-report").mkdir()
    (tmp_path / "rearguard-report" / "review.md").symlink_to(victim)
    with pytest.raises(ReportPathError, match="not a plain file"):
        write_report(tmp_path, {"review.md": "text"})
    assert victim.exists() is exists
    assert not exists or victim.read_text() == "precious"


def test_engagement_path(tmp_path: Path) -> None:
    path = write_engagement(tmp_path, "ENG-7", "orders-api", "text\n")
    assert path == tmp_path / "output" / "ENG-7" / "eng-backend-orders-api.md"
    assert path.read_text() == "text\n"


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "a b", "a" * 65, "x\n"])
def test_names_cannot_leave_their_place(tmp_path: Path, name: str) -> None:
    for engagement, topic in ((name, "topic"), ("id", name)):
        with pytest.raises(ReportPathError, match="not a name"):
            write_engagement(tmp_path, engagement, topic, "text")
    assert names(tmp_path) == []


def test_a_file_name_holds_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ReportPathError, match="not a file name"):
        write_files(tmp_path / "out", {"../escaped": "text"})
    assert not (tmp_path / "escaped").exists()
