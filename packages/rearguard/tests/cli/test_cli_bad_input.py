"""Files and folders that nobody would review on purpose: each is told, and the rest is reviewed."""

import json
import os
import random
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
POSIX = os.name == "posix"


@dataclass(frozen=True)
class Outcome:
    """One review of a tree."""

    done: subprocess.CompletedProcess[str]
    report: dict[str, Any]
    markdown: str

    def reasons(self, path: str) -> list[str]:
        """Why a file or part of it was not analysed."""
        return [one["reason"] for one in self.report["coverage"]["unread"] if one["path"] == path]

    def found_in(self, path: str) -> bool:
        """Whether the SQL injection in a file was found."""
        return any(
            one["check"] == "sql-injection" and one["location"]["path"] == path
            for one in self.report["findings"]
        )


def hostile_tree(root: Path, good: str) -> None:
    """Fill a folder with everything that goes wrong."""
    text = good.encode()
    contents: dict[str, bytes] = {
        "good.py": text,
        "crlf.py": text.replace(b"\n", b"\r\n"),
        "bom.py": b"\xef\xbb\xbf" + text,
        "latin.py": text.replace(b'"/users"', b'"/\xe9"'),
        "unparseable.py": b"def (((:\n  ]]] = =\n",
        "truncated.py": text[: text.index(b".fetchall")],
        "truncated.js": b"const app = require('express')(); app.get('/x', (req, res) => { res.send(`<p>${req",
        "minified.js": b"var a=1;" * 20_000,
        "binary.py": random.Random(7).randbytes(5_000),
        "nul.py": text[:100] + b"\0" + text[100:],
        "wide.py": good.encode("utf-16"),
        "empty.py": b"",
        "two_megabytes.py": text + b"# " + b"x" * 2_000_000 + b"\n",
        "parentheses.py": b"x = " + b"(" * 20_000 + b")" * 20_000 + b"\n",
        "brackets.js": b"x = " + (b"[" * 100 + b"\n") * 200 + b"];",
        "calls.ts": b"f" + b"(a)\n" * 5_000,
        "sum.py": b"x = " + b"+\\\n".join([b"a"] * 20_000) + b"\n",
        "conditions.py": b"".join(b" " * i + b"if x:\n" for i in range(400)) + b" " * 400 + b"pass\n",
    }
    if POSIX:
        contents["esc\x1b[31mred.py"] = text
        contents["new\nline.py"] = text
    for name, content in contents.items():
        (root / name).write_bytes(content)
    (root / ".gitignore").write_text("[z-a]\n\\\n!\nignored.py\n")
    (root / "ignored.py").write_bytes(text)
    with (root / "fifty_megabytes.py").open("wb") as file:
        file.write(text)
        file.truncate(50_000_000)
    deep = root
    for _ in range(80):
        deep /= "d"
        deep.mkdir()
    (deep / "deep.py").write_bytes(text)


def posix_tree(root: Path, outside: Path, good: str) -> Iterator[socket.socket]:
    """What only POSIX file systems hold. Yields a listening socket, to be closed."""
    (root / "out").symlink_to(outside, target_is_directory=True)
    (root / "outside.py").symlink_to(outside / "outside.py")
    (root / "loop").symlink_to(root, target_is_directory=True)
    (root / "self.py").symlink_to("self.py")
    os.mkfifo(root / "fifo.py")
    with (root / os.fsdecode(b"invalid\xff.py")).open("w") as file:
        file.write(good)
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(root)  # the path of a socket has some hundred bytes at most
        try:
            server.bind("socket.py")
        finally:
            os.chdir(here)
        yield server


@pytest.fixture(scope="module")
def outcome(rearguard: Run, vulnerable: str, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("hostile")
    root, outside = folder / "root", folder / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "outside.py").write_text(vulnerable)
    hostile_tree(root, vulnerable)
    servers = posix_tree(root, outside, vulnerable) if POSIX else iter(())
    next(servers, None)
    done = rearguard("review", "root", cwd=folder)
    next(servers, None)
    report = folder / "rearguard-report"
    return Outcome(done, json.loads((report / "review.json").read_text()), (report / "review.md").read_text())


def test_the_review_ends_as_if_nothing_were_odd(outcome: Outcome) -> None:
    assert outcome.done.returncode == 1, outcome.done.stderr
    assert outcome.done.stderr == ""
    assert not outcome.report["coverage"]["complete"]


@pytest.mark.parametrize("path", ["good.py", "crlf.py", "bom.py", "latin.py"])
def test_findings_stand_in_every_readable_file(outcome: Outcome, path: str) -> None:
    assert outcome.found_in(path)
    assert outcome.reasons(path) == []


def test_a_line_that_is_no_pattern_leaves_the_rest_of_gitignore(outcome: Outcome) -> None:
    assert not outcome.found_in("ignored.py")
    assert "Left out: 1 file ignored by git or by --exclude." in outcome.report["notes"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("unparseable.py", "syntax that could not be read"),
        ("truncated.py", "syntax that could not be read"),
        ("truncated.js", "syntax that could not be read"),
        ("brackets.js", "syntax that could not be read"),
        ("minified.js", "minified"),
        ("binary.py", "binary content"),
        ("nul.py", "binary content"),
        ("wide.py", "UTF-16"),
        ("two_megabytes.py", "2.0 MB; files over 2 MB are not read"),
        ("fifty_megabytes.py", "50.0 MB; files over 2 MB are not read"),
        ("/".join("d" * 61), "folders nested more than 60 deep"),
    ],
)
def test_what_was_not_read_is_told(outcome: Outcome, path: str, reason: str) -> None:
    assert any(reason in one for one in outcome.reasons(path)), outcome.report["coverage"]["unread"]


@pytest.mark.parametrize("path", ["parentheses.py", "conditions.py"])
def test_code_nested_too_deep_is_told(outcome: Outcome, path: str) -> None:
    assert outcome.reasons(path), outcome.report["coverage"]


@pytest.mark.skipif(not POSIX, reason="names and files that only POSIX file systems hold")
@pytest.mark.parametrize("path", ["fifo.py", "socket.py"])
def test_what_is_no_file_is_not_opened(outcome: Outcome, path: str) -> None:
    assert outcome.reasons(path) == ["not a regular file"]


@pytest.mark.skipif(not POSIX, reason="names and files that only POSIX file systems hold")
def test_links_are_counted_and_not_followed(outcome: Outcome) -> None:
    assert "Left out: 4 symbolic links, which are not followed." in outcome.report["notes"]
    assert not any("outside" in one["location"]["path"] for one in outcome.report["findings"])


@pytest.mark.skipif(not POSIX, reason="names and files that only POSIX file systems hold")
def test_names_reach_no_terminal_as_they_are(outcome: Outcome) -> None:
    assert outcome.found_in("esc\x1b[31mred.py")
    assert outcome.found_in("new\nline.py")
    assert outcome.found_in("invalid\ufffd.py")
    for text in (outcome.done.stdout, outcome.markdown):
        assert "\x1b" not in text
        assert "\nline.py" not in text


@pytest.mark.skipif(IS_ROOT or not POSIX, reason="root may read every folder")
def test_a_folder_that_may_not_be_read_is_told(rearguard: Run, app: Path) -> None:
    locked = app / "locked"
    locked.mkdir()
    locked.chmod(0)
    try:
        done = rearguard("review", "--json", "-", cwd=app)
    finally:
        locked.chmod(0o700)
    assert done.returncode == 1
    unread = json.loads(done.stdout)["coverage"]["unread"]
    assert [one["path"] for one in unread] == ["locked"]
    assert unread[0]["reason"].startswith("folder cannot be read")


def test_a_folder_without_code_says_so(rearguard: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing to review")
    done = rearguard("review", cwd=tmp_path)
    assert done.returncode == 2, "no code is no clean bill"
    assert "nothing was reviewed" in done.stderr
    assert "Is this the right directory?" in " ".join(done.stdout.split())


def test_a_folder_of_tests_alone_says_what_was_left_out(rearguard: Run, tmp_path: Path, clean: str) -> None:
    (tmp_path / "test_sums.py").write_text(clean)
    done = rearguard("review", cwd=tmp_path)
    assert done.returncode == 2
    assert "Left out: 1 test file." in done.stdout
    assert rearguard("review", "--include-tests", cwd=tmp_path).returncode == 0


def test_a_file_of_another_language_says_so(rearguard: Run, tmp_path: Path) -> None:
    (tmp_path / "main.go").write_text("package main\n")
    done = rearguard("review", "main.go", cwd=tmp_path)
    assert done.returncode == 2
    assert "main.go: not a language that is reviewed" in done.stdout


def test_code_without_routes_says_so(rearguard: Run, tmp_path: Path, clean: str) -> None:
    (tmp_path / "sums.py").write_text(clean)
    done = rearguard("review", cwd=tmp_path)
    assert "No routes were recognised" in done.stdout


def test_nothing_that_is_read_is_run(rearguard: Run, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    touch = f"open({str(mark)!r}, 'w')"
    root = tmp_path / "root"
    root.mkdir()
    for name in ("conftest.py", "setup.py", "sitecustomize.py", "__init__.py", "click.py", "app.py"):
        (root / name).write_text(f"{touch}\n")
    (root / "package.json").write_text(
        json.dumps({"main": "app.js", "scripts": {"preinstall": f"touch {mark}", "test": f"touch {mark}"}})
    )
    (root / "app.js").write_text(f"require('fs').writeFileSync({json.dumps(str(mark))}, '');\n")
    (root / "pyproject.toml").write_text(f'[build-system]\nrequires = []\nbuild-backend = "app"\n# {touch}\n')
    hook = root / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(parents=True)
    hook.write_text(f"#!/bin/sh\ntouch {mark}\n")
    hook.chmod(0o755)
    done = rearguard("review", "root", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not mark.exists()


def test_the_command_run_inside_a_hostile_tree_imports_nothing_of_it(tmp_path: Path) -> None:
    """As it is installed: a script of the environment, whose path holds no reviewed folder."""
    mark = tmp_path / "mark"
    for name in ("click.py", "rich.py", "json.py", "rearguard.py"):
        (tmp_path / name).write_text(f"open({str(mark)!r}, 'w')\n")
    script = Path(sys.executable).with_name("rearguard")
    if not script.exists():
        pytest.skip("the command is not installed as a script")
    subprocess.run([script, "review"], cwd=tmp_path, capture_output=True, check=True, timeout=120)
    assert not mark.exists()
