"""`rearguard skill` as a person meets it, and the commands that the skill's text promises."""

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from rearguard.playbook.pages import playbook_text
from rearguard.skill.agents import agent_body
from rearguard.skill.commands import skill
from rearguard.skill.install import skill_text

SKILL = ".claude/skills/backend-security-coder/SKILL.md"


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    root, home = tmp_path / "project", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(root)
    return root, home


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(skill, list(arguments), prog_name="rearguard skill")
    return result.exit_code, result.output


def test_install_status_uninstall_in_the_current_directory(places: tuple[Path, Path]) -> None:
    root, home = places
    code, output = run("status")
    assert code == 0
    assert output.count("not installed") == 9
    code, output = run("install")
    assert code == 0
    assert all(title in output for title in ("Claude Code", "Codex", "Cursor", "Restart"))
    assert (root / SKILL).is_file()
    assert list(home.iterdir()) == []
    code, output = run("install")
    assert (code, "Restart" in output) == (0, False)
    code, output = run("uninstall")
    assert code == 0
    assert list(root.iterdir()) == []
    assert run("uninstall") == (0, "Nothing is installed.\n")


def test_user_scope_and_one_agent(places: tuple[Path, Path]) -> None:
    root, home = places
    code, output = run("install", "--agent", "claude", "--scope", "user")
    assert code == 0
    assert f"~/{SKILL}" in output
    assert "Codex" not in output
    assert (home / SKILL).is_file()
    assert list(root.iterdir()) == []


def test_root_names_another_project(places: tuple[Path, Path], tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    assert run("install", "--root", str(other), "--agent", "claude")[0] == 0
    assert (other / SKILL).is_file()
    assert run("install", "--root", str(tmp_path / "absent"))[0] == 2


def test_kept_files_are_named(places: tuple[Path, Path]) -> None:
    root, _ = places
    run("install", "--agent", "claude")
    (root / SKILL).write_text("edited")
    code, output = run("install", "--agent", "claude")
    assert code == 0
    assert f"{SKILL}\n    kept: changed by you" in output
    assert "changed by you" in run("status", "--agent", "claude")[1]
    assert run("uninstall", "--agent", "claude")[0] == 0
    assert (root / SKILL).read_text() == "edited"


def test_what_cannot_be_done_exits_2(places: tuple[Path, Path], tmp_path: Path) -> None:
    root, _ = places
    (root / ".claude").symlink_to(tmp_path)
    for command in ("install", "status"):
        code, output = run(command, "--agent", "claude")
        assert code == 2
        assert "leads out of" in output
    assert run("install", "--agent", "emacs")[0] == 2


@pytest.mark.parametrize("command", ["install", "status", "uninstall"])
def test_help_shows_examples(command: str) -> None:
    code, output = run(command, "--help")
    assert code == 0
    assert f"\n    rearguard skill {command}\n" in output or f"  rearguard skill {command}\n" in output


def promised() -> set[tuple[str, ...]]:
    """(command, options…) of every `rearguard …` that the installed texts name."""
    found = set()
    for text in (skill_text(), agent_body(), playbook_text()):
        for code in re.findall(r"`(rearguard [^`\n]+)`", text):
            words = code.split()[1:]
            found.add((words[0], *(w for w in words if w.startswith("--"))))
    return found


def test_every_command_the_texts_name_exists() -> None:
    from rearguard.cli.main import cli

    assert len(promised()) >= 8
    for name, *options in promised():
        command = cli.get_command(click.Context(cli), name)
        assert command is not None, name
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(options) <= known, f"{name}: {set(options) - known}"
