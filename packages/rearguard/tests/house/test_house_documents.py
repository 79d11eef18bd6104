"""What README and guides show works: commands are run, configurations are read, links lead somewhere."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml

HERE = Path(__file__).resolve().parents[4]
GUIDES = ("README.md", *(f"docs/guides/{path.name}" for path in sorted((HERE / "docs/guides").glob("*.md"))))
DOCUMENTS = sorted(
    path.relative_to(HERE).as_posix()
    for folder in (HERE, HERE / "docs", *(p for p in (HERE / "docs").iterdir() if p.is_dir()))
    for path in folder.glob("*.md")
)
_FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\((?P<target>[^)\s#]+)(?:#[^)]*)?\)")
_ELSEWHERE = ("pipx ", "pip ", "git clone ", "make ", "eval ")
"""What is installed, or is no program of ours; `make test` is what runs this."""


def blocks(document: str, language: str) -> list[str]:
    """Fenced blocks of one language."""
    text = (HERE / document).read_text(encoding="utf-8")
    return [match["text"] for match in _FENCE.finditer(text) if match["language"] == language]


def commands() -> list[tuple[str, str]]:
    """Document and command line, of shell blocks and of CI steps."""
    found: dict[tuple[str, str], None] = {}
    for document in GUIDES:
        lines = [line for block in blocks(document, "sh") for line in block.splitlines()]
        for block in blocks(document, "yaml"):
            lines += re.findall(r"(?:run: |entry: |- )(rearguard .*)", block)
        for line in lines:
            if line.strip() and not line.startswith((*_ELSEWHERE, "#")):
                found[document, line.strip()] = None
    return list(found)


APPLICATION = """\
from flask import Flask, redirect, request

app = Flask(__name__)


@app.get("/leave")
def leave():
    return redirect(request.args["to"])
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repository that holds a small application."""
    folder = tmp_path_factory.mktemp("guides") / "project"
    (folder / "migrations").mkdir(parents=True)
    (folder / "app.py").write_text(APPLICATION)
    (folder / "rearguard-baseline.json").write_text('{"findings": []}')
    (folder / "migrations" / "first.py").write_text("def upgrade():\n    pass\n")
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for arguments in (
        ("init", "-q", "-b", "main"),
        ("add", "."),
        ("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "first"),
    ):
        subprocess.run(["git", *arguments], cwd=folder, check=True, env=environment)
    return folder


@pytest.mark.skipif(shutil.which("bash") is None, reason="the commands of the guides are for a shell")
@pytest.mark.parametrize(("document", "line"), commands(), ids=lambda value: value)
def test_a_command_of_the_documents_runs(document: str, line: str, project: Path, tmp_path: Path) -> None:
    here = tmp_path / "project"
    shutil.copytree(project, here)
    tools = tmp_path / "bin"
    tools.mkdir()
    script = tools / "rearguard"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m rearguard.cli.main "$@"\n')
    script.chmod(0o755)
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=here,
        env={**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    assert "not found" not in done.stderr
    assert "rror" not in done.stderr


def test_there_are_commands_to_run() -> None:
    lines = [line for _, line in commands()]
    assert len(lines) > 10
    assert any("--sarif" in line for line in lines)


@pytest.mark.parametrize("number", [0, 1])
def test_a_configuration_of_the_guide_is_read(number: int, project: Path, tmp_path: Path) -> None:
    block = blocks("docs/guides/configuration.md", "toml")[number]
    name = re.match(r"# (\S+)", block)
    assert name is not None
    (tmp_path / name[1]).write_text(block)
    shutil.copy(project / "app.py", tmp_path)
    shutil.copy(project / "rearguard-baseline.json", tmp_path)
    command = [sys.executable, "-m", "rearguard.cli.main", "review"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    if "output" in block:
        assert (tmp_path / "reports" / "rearguard-report" / "review.md").is_file()
        assert "skip swallowed-error" in done.stdout


def test_the_guide_shows_every_setting() -> None:
    from rearguard.cli.config import KEYS

    shown = set(re.findall(r"^([\w-]+) = ", blocks("docs/guides/configuration.md", "toml")[0], re.MULTILINE))
    assert shown == set(KEYS)


@pytest.mark.parametrize("document", GUIDES)
def test_workflows_are_valid_yaml(document: str) -> None:
    for block in blocks(document, "yaml"):
        assert yaml.safe_load(block)


def test_the_published_hook_is_complete(root: Path) -> None:
    (hook,) = yaml.safe_load((root / ".pre-commit-hooks.yaml").read_text())
    assert {"id", "name", "language", "entry"} <= set(hook)
    assert hook["entry"].startswith("rearguard review . --since HEAD")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    folder = (HERE / document).parent
    text = (HERE / document).read_text(encoding="utf-8")
    for match in _LINK.finditer(text):
        target = match["target"]
        if "://" not in target and not target.startswith("mailto:"):
            assert (folder / target).exists(), target


def refresh() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_refresh", HERE / "docs" / "refresh.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_made_from_the_product_is_up_to_date(root: Path) -> None:
    for path, text in refresh().contents().items():
        assert (root / path).read_text(encoding="utf-8") == text, f"{path}: run make reference"


def test_a_document_without_a_place_for_the_screen_is_refused() -> None:
    with pytest.raises(ValueError, match="no place for the screen"):
        refresh().readme("# Title\n", "screen")
