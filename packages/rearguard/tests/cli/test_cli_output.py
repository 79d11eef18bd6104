"""What the command writes: reports, standard output, widths, colours."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

Run = Callable[..., subprocess.CompletedProcess[str]]

FILES = {".gitignore", "review.md", "review.html", "review.sarif", "review.json"}


def files_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_reports_lie_where_the_command_ran(rearguard: Run, app: Path) -> None:
    rearguard("review", cwd=app)
    assert files_in(app / "rearguard-report") == FILES
    assert (app / "rearguard-report" / ".gitignore").read_text() == "*\n"


def test_output_names_another_place(rearguard: Run, app: Path, tmp_path: Path) -> None:
    done = rearguard("review", "--output", str(tmp_path / "new" / "place"), cwd=app)
    assert files_in(tmp_path / "new" / "place" / "rearguard-report") == FILES
    assert not (app / "rearguard-report").exists()
    assert "review.md" in done.stdout


def test_a_file_in_the_way_of_the_report_is_named(rearguard: Run, app: Path) -> None:
    (app / "taken").write_text("")
    done = rearguard("review", "--output", "taken", cwd=app)
    assert done.returncode == 2
    assert "could not be written" in done.stderr
    assert "taken" in done.stderr
    assert "Errno" not in done.stderr


def test_a_link_in_the_place_of_the_report_is_refused(rearguard: Run, app: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (app / "rearguard-report").symlink_to(elsewhere, target_is_directory=True)
    done = rearguard("review", cwd=app)
    assert done.returncode == 2
    assert "not a plain folder" in done.stderr
    assert not list(elsewhere.iterdir())


@pytest.mark.parametrize(("option", "name"), [("--sarif", "review.sarif"), ("--json", "review.json")])
def test_a_dash_is_standard_output(rearguard: Run, app: Path, option: str, name: str) -> None:
    done = rearguard("review", option, "-", cwd=app)
    assert done.returncode == 1
    assert done.stdout == (app / "rearguard-report" / name).read_text()
    assert done.stderr == ""
    json.loads(done.stdout)


def test_named_files_are_written_too(rearguard: Run, app: Path) -> None:
    rearguard("review", "--sarif", "out.sarif", "--json", "out.json", cwd=app)
    report = app / "rearguard-report"
    assert (app / "out.sarif").read_bytes() == (report / "review.sarif").read_bytes()
    assert (app / "out.json").read_bytes() == (report / "review.json").read_bytes()


def test_only_one_report_fits_on_standard_output(rearguard: Run, app: Path) -> None:
    done = rearguard("review", "--sarif", "-", "--json", "-", cwd=app)
    assert done.returncode == 2
    assert "standard output" in done.stderr


def test_engagement_and_topic_name_a_file(rearguard: Run, app: Path) -> None:
    rearguard("review", "--engagement", "ACME-7", "--topic", "orders", cwd=app)
    written = app / "output" / "ACME-7" / "eng-backend-orders.md"
    assert written.read_bytes() == (app / "rearguard-report" / "review.md").read_bytes()


def test_a_time_stands_in_reports_only_when_given(rearguard: Run, app: Path) -> None:
    stamp = "2031-02-03T04:05:06Z"
    rearguard("review", "--timestamp", stamp, cwd=app)
    report = app / "rearguard-report"
    assert all(stamp in (report / name).read_text() for name in FILES - {".gitignore"})
    first = {name: (report / name).read_bytes() for name in FILES}
    rearguard("review", cwd=app)
    assert all(stamp not in (report / name).read_text() for name in FILES)
    assert first.keys() == files_in(report)


def test_a_time_is_told_in_utc(rearguard: Run, app: Path) -> None:
    rearguard("review", "--timestamp", "2031-02-03T06:05:06+02:00", cwd=app)
    assert "2031-02-03T04:05:06Z" in (app / "rearguard-report" / "review.sarif").read_text()


def test_a_link_in_the_place_of_a_named_file_is_refused(rearguard: Run, app: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("mine", encoding="utf-8")
    (app / "out.sarif").symlink_to(kept)
    done = rearguard("review", "--sarif", "out.sarif", cwd=app)
    assert (done.returncode, kept.read_text()) == (2, "mine")
    assert rearguard("review", "-q", "--sarif", os.devnull, cwd=app).returncode == 1


@pytest.mark.parametrize("command", ["review", "routes", "explain", "doctor"])
def test_no_line_is_wider_than_80_columns_and_nothing_is_coloured(
    rearguard: Run, app: Path, command: str
) -> None:
    (app / "wide.py").write_text(
        "from app import app, request\nimport subprocess\n\n\n"
        '@app.post("/a/very/long/path/<name>/that/goes/on/<int:number>/and/on/and/on/until/it/is/wider")\n'
        "def a_handler_with_a_name_that_is_longer_than_anybody_would_ever_like_to_type(name, number):\n"
        f'    """{"数据库查询" * 10}"""\n'
        f'    return subprocess.run("convert {"数据库查询" * 10} " + name, shell=True)\n'
    )
    done = rearguard(command, cwd=app, TERM="xterm-256color")
    # A URL stays whole, so that it can be copied: a line that is one word may be longer.
    wide = [line for line in done.stdout.splitlines() if cell_len(line) > 80 and " " in line.strip()]
    assert not wide, wide
    assert done.stdout.strip()
    assert "\x1b" not in done.stdout + done.stderr


def test_two_runs_write_the_same_bytes(rearguard: Run, app: Path) -> None:
    seen = set()
    for seed in ("1", "2"):
        rearguard("review", cwd=app, PYTHONHASHSEED=seed)
        report = app / "rearguard-report"
        seen.add(tuple((report / name).read_bytes() for name in sorted(FILES)))
    assert len(seen) == 1
