"""The walkthroughs happen as they are written: from a clean copy of an example, line by line."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[4]
GUIDE = HERE / "docs" / "guides" / "walkthroughs.md"
MISSION = 8
_SECTION = re.compile(r"^## (?P<title>\d\. .+?)$(?P<text>.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(r"^```(?P<language>console|python)\n(?P<text>.*?)^```", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Walkthrough:
    """One section of the guide."""

    title: str
    text: str

    @property
    def example(self) -> str:
        """The folder that it starts from."""
        match = re.search(r"^On `(examples/[\w/-]+)`", self.text, re.MULTILINE)
        assert match is not None, self.title
        return match[1]

    def steps(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """In order: ("file", path, (text,)) and ("command", line, what it answers)."""
        for match in _FENCE.finditer(self.text):
            if match["language"] == "python":
                named = re.findall(r"`([\w/]+\.py)`:$", self.text[: match.start()].rstrip())
                yield "file", named[-1], (match["text"],)
                continue
            for block in re.split(r"^\$ ", match["text"], flags=re.MULTILINE)[1:]:
                command, *answers = block.splitlines()
                yield "command", command, tuple(answers)


WALKTHROUGHS = [Walkthrough(m["title"], m["text"]) for m in _SECTION.finditer(GUIDE.read_text("utf-8"))]


def test_each_request_of_the_mission_has_one() -> None:
    assert len(WALKTHROUGHS) == MISSION


@pytest.mark.parametrize("one", WALKTHROUGHS, ids=lambda one: one.title[:1])
def test_a_walkthrough_happens(
    one: Walkthrough, tmp_path: Path, settings_of_examples: Mapping[str, str], request: pytest.FixtureRequest
) -> None:
    here = tmp_path / "app"
    shutil.copytree(HERE / one.example, here, ignore=shutil.ignore_patterns("node_modules", "EXPECTED.toml"))
    if (here / "package.json").is_file():
        (here / "node_modules").symlink_to(request.getfixturevalue("node_modules"))
    (here / ".gitignore").write_text("node_modules\n__pycache__\n")
    environment = {**prepared(tmp_path), **settings_of_examples}
    for arguments in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-q", "-m", "as it was")):
        subprocess.run(["git", *arguments], cwd=here, check=True, env=environment)
    for kind, what, answers in one.steps():
        if kind == "file":
            (here / what).write_text(answers[0])
            continue
        done = subprocess.run(
            ["bash", "-c", what],
            cwd=here,
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=300,
            check=False,
        )
        said = " ".join((done.stdout + done.stderr).split())
        assert done.returncode in (0, 1, 2), said
        for answer in answers:
            assert " ".join(answer.split()) in said, f"$ {what}\n{said}"
        if "--yes" in what or not what.startswith("rearguard"):
            assert done.returncode == 0, said


def prepared(folder: Path) -> dict[str, str]:
    """An environment in which `rearguard`, `python` and `git` are those of the tests."""
    tools = folder / "bin"
    tools.mkdir()
    for name, arguments in (("rearguard", "-m rearguard.cli.main"), ("python", "")):
        script = tools / name
        script.write_text(f'#!/bin/sh\nexec {sys.executable} {arguments} "$@"\n')
        script.chmod(0o755)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "t",
        "GIT_AUTHOR_EMAIL": "t@example.com",
        "GIT_COMMITTER_NAME": "t",
        "GIT_COMMITTER_EMAIL": "t@example.com",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
