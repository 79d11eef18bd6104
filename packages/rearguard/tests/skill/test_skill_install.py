"""Install, status and uninstall on real directories, for every coding agent and scope."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import rearguard.skill.files
import rearguard.skill.install
from rearguard.skill.install import (
    AGENTS,
    Action,
    Agent,
    Outcome,
    Scope,
    State,
    install,
    status,
    uninstall,
)

LOCATIONS = {
    Agent.CLAUDE: (".claude/skills/backend-security-coder", ".claude/agents/eng-backend.md"),
    Agent.CODEX: (".agents/skills/backend-security-coder", ".codex/agents/eng-backend.toml"),
    Agent.CURSOR: (".agents/skills/backend-security-coder", ".cursor/agents/eng-backend.md"),
}
Tree = dict[str, bytes]


def tree(base: Path) -> Tree:
    """Every file below `base` with its content; links are shown, not followed."""
    return {
        str(p.relative_to(base)): (b"-> " + os.fsencode(os.readlink(p)) if p.is_symlink() else p.read_bytes())
        for p in sorted(base.rglob("*"))
        if p.is_symlink() or p.is_file()
    }


def actions(outcomes: tuple[Outcome, ...]) -> set[Action | None]:
    return {outcome.action for outcome in outcomes}


def states(outcomes: tuple[Outcome, ...]) -> set[State]:
    return {outcome.state for outcome in outcomes}


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """A project and a home directory, each with something in it."""
    root, home = tmp_path / "project", tmp_path / "home"
    for directory in (root, home):
        directory.mkdir()
        (directory / "own.txt").write_text("mine")
    return root, home


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Ship another version of the skill from now on."""

    def ship() -> None:
        text = rearguard.skill.install.skill_text() + "\nNew in the next version.\n"
        monkeypatch.setattr(rearguard.skill.install, "skill_text", lambda: text)
        monkeypatch.setattr(rearguard, "__version__", "9.9.9")

    return ship


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize("agent", AGENTS)
def test_round_trip(agent: Agent, scope: Scope, places: tuple[Path, Path]) -> None:
    root, home = places
    base, other = (root, home) if scope is Scope.PROJECT else (home, root)
    before, other_before = tree(base), tree(other)
    assert states(status([agent], scope, root, home)) == {State.ABSENT}

    done = install([agent], scope, root, home)
    assert actions(done) == {Action.INSTALLED}
    directory, agent_file = LOCATIONS[agent]
    assert set(tree(base)) - set(before) == {
        f"{directory}/SKILL.md",
        f"{directory}/resources/implementation-playbook.md",
        f"{directory}/.rearguard-skill.json",
        agent_file,
    }
    manifest = json.loads((base / directory / ".rearguard-skill.json").read_bytes())
    assert manifest["version"] == rearguard.__version__
    assert manifest["agents"] == [agent]
    assert states(status([agent], scope, root, home)) == {State.CURRENT}

    assert actions(uninstall([agent], scope, root, home)) == {Action.REMOVED}
    assert tree(base) == before
    assert [p.name for p in base.iterdir()] == ["own.txt"]
    assert tree(other) == other_before
    assert uninstall([agent], scope, root, home) == ()


def test_installing_again_writes_nothing(places: tuple[Path, Path]) -> None:
    root, home = places
    install(AGENTS, Scope.PROJECT, root, home)
    before = {p: p.stat().st_mtime_ns for p in root.rglob("*")}
    assert actions(install(AGENTS, Scope.PROJECT, root, home)) == {Action.UNCHANGED}
    assert {p: p.stat().st_mtime_ns for p in root.rglob("*")} == before


def test_files_can_be_read_by_others(places: tuple[Path, Path]) -> None:
    root, home = places
    install([Agent.CLAUDE], Scope.PROJECT, root, home)
    assert stat.S_IMODE((root / LOCATIONS[Agent.CLAUDE][1]).stat().st_mode) == 0o644


def test_a_new_version_replaces_what_is_unchanged(
    places: tuple[Path, Path], newer: Callable[[], None]
) -> None:
    root, home = places
    install([Agent.CLAUDE], Scope.PROJECT, root, home)
    newer()
    assert State.OUTDATED in states(status([Agent.CLAUDE], Scope.PROJECT, root, home))
    assert actions(install([Agent.CLAUDE], Scope.PROJECT, root, home)) == {Action.UPDATED, Action.UNCHANGED}
    skill = root / LOCATIONS[Agent.CLAUDE][0] / "SKILL.md"
    assert skill.read_text().endswith("New in the next version.\n")
    assert states(status([Agent.CLAUDE], Scope.PROJECT, root, home)) == {State.CURRENT}
    uninstall([Agent.CLAUDE], Scope.PROJECT, root, home)
    assert set(tree(root)) == {"own.txt"}


@pytest.mark.parametrize("agent", AGENTS)
def test_edits_survive_everything(agent: Agent, places: tuple[Path, Path], newer: Callable[[], None]) -> None:
    root, home = places
    install([agent], Scope.PROJECT, root, home)
    directory, agent_file = LOCATIONS[agent]
    edited = [f"{directory}/SKILL.md", f"{directory}/resources/implementation-playbook.md", agent_file]
    for path in edited:
        (root / path).write_text(f"my own text in {path}")
    mine = {path: (root / path).read_bytes() for path in edited}

    again = install([agent], Scope.PROJECT, root, home)
    assert (actions(again), states(again)) == ({Action.KEPT}, {State.CHANGED})
    assert not list(root.rglob("*.new"))  # nothing that the user has not seen

    newer()
    offered = install([agent], Scope.PROJECT, root, home)
    assert actions(offered) == {Action.KEPT}
    assert [str(p.relative_to(root)) for p in root.rglob("*.new")] == [f"{directory}/SKILL.md.new"]
    assert (root / f"{directory}/SKILL.md.new").read_text().endswith("New in the next version.\n")
    before = tree(root)
    install([agent], Scope.PROJECT, root, home)
    assert tree(root) == before

    assert actions(uninstall([agent], Scope.PROJECT, root, home)) == {Action.KEPT}
    assert {p: d for p, d in tree(root).items() if p != "own.txt"} == mine


def test_accepting_the_offer_makes_the_file_ours_again(
    places: tuple[Path, Path], newer: Callable[[], None]
) -> None:
    root, home = places
    install([Agent.CLAUDE], Scope.PROJECT, root, home)
    skill = root / LOCATIONS[Agent.CLAUDE][0] / "SKILL.md"
    skill.write_text("edited")
    newer()
    install([Agent.CLAUDE], Scope.PROJECT, root, home)
    offer = skill.with_name("SKILL.md.new")
    offer.replace(skill)
    assert actions(install([Agent.CLAUDE], Scope.PROJECT, root, home)) == {Action.UNCHANGED}
    assert actions(uninstall([Agent.CLAUDE], Scope.PROJECT, root, home)) == {Action.REMOVED}
    assert set(tree(root)) == {"own.txt"}


def test_a_deleted_offer_is_not_repeated_and_a_deleted_file_is_installed(
    places: tuple[Path, Path], newer: Callable[[], None]
) -> None:
    root, home = places
    install([Agent.CLAUDE], Scope.PROJECT, root, home)
    skill = root / LOCATIONS[Agent.CLAUDE][0] / "SKILL.md"
    skill.write_text("edited")
    newer()
    install([Agent.CLAUDE], Scope.PROJECT, root, home)
    skill.with_name("SKILL.md.new").unlink()
    install([Agent.CLAUDE], Scope.PROJECT, root, home)
    assert not skill.with_name("SKILL.md.new").exists()
    skill.unlink()
    assert Action.INSTALLED in actions(install([Agent.CLAUDE], Scope.PROJECT, root, home))


def test_files_from_before_are_kept_and_ours_is_offered(places: tuple[Path, Path]) -> None:
    root, home = places
    directory, agent_file = LOCATIONS[Agent.CLAUDE]
    own = root / agent_file
    own.parent.mkdir(parents=True)
    own.write_text("my own eng-backend")
    occupied = root / directory / "SKILL.md.new"
    occupied.parent.mkdir(parents=True)
    occupied.write_text("my own notes")
    (root / directory / "SKILL.md").write_text("my own skill")
    outcomes = {o.target.path: o for o in install([Agent.CLAUDE], Scope.PROJECT, root, home)}
    assert outcomes[agent_file].state is State.FOREIGN
    assert outcomes[agent_file].action is Action.KEPT
    assert own.read_text() == "my own eng-backend"
    assert own.with_name("eng-backend.md.new").is_file()
    assert "in the way" in outcomes[f"{directory}/SKILL.md"].note
    uninstall([Agent.CLAUDE], Scope.PROJECT, root, home)
    assert set(tree(root)) == {"own.txt", agent_file, f"{directory}/SKILL.md", f"{directory}/SKILL.md.new"}
    assert occupied.read_text() == "my own notes"


def test_other_files_in_the_skill_directory_stay(places: tuple[Path, Path]) -> None:
    root, home = places
    install([Agent.CODEX], Scope.PROJECT, root, home)
    extra = root / LOCATIONS[Agent.CODEX][0] / "resources" / "ours.md"
    extra.write_text("house rules")
    uninstall([Agent.CODEX], Scope.PROJECT, root, home)
    assert set(tree(root)) == {"own.txt", str(extra.relative_to(root))}


def test_a_shared_skill_stays_while_another_agent_reads_it(places: tuple[Path, Path]) -> None:
    root, home = places
    install([Agent.CODEX, Agent.CURSOR], Scope.PROJECT, root, home)
    outcomes = uninstall([Agent.CODEX], Scope.PROJECT, root, home)
    assert actions(outcomes) == {Action.KEPT, Action.REMOVED}
    assert states(status([Agent.CURSOR], Scope.PROJECT, root, home)) == {State.CURRENT}
    assert actions(uninstall([Agent.CURSOR], Scope.PROJECT, root, home)) == {Action.REMOVED}
    assert set(tree(root)) == {"own.txt"}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 1}', '{"version": "1", "agents": 7, "files": []}']
)
def test_without_a_readable_manifest_nothing_is_replaced(places: tuple[Path, Path], text: str) -> None:
    root, home = places
    install([Agent.CLAUDE], Scope.PROJECT, root, home)
    directory, _ = LOCATIONS[Agent.CLAUDE]
    (root / directory / ".rearguard-skill.json").write_text(text)
    (root / directory / "SKILL.md").write_text("edited")
    install([Agent.CLAUDE], Scope.PROJECT, root, home)
    uninstall([Agent.CLAUDE], Scope.PROJECT, root, home)
    assert (root / directory / "SKILL.md").read_text() == "edited"


def test_a_manifest_cannot_name_files_to_remove(places: tuple[Path, Path]) -> None:
    root, home = places
    install([Agent.CLAUDE], Scope.PROJECT, root, home)
    manifest = root / LOCATIONS[Agent.CLAUDE][0] / ".rearguard-skill.json"
    data = json.loads(manifest.read_bytes())
    sha = rearguard.skill.files.digest(b"mine")
    data["files"] |= {"own.txt": [sha], "../home/own.txt": [sha]}
    manifest.write_text(json.dumps(data))
    uninstall([Agent.CLAUDE], Scope.PROJECT, root, home)
    assert (root / "own.txt").read_text() == (home / "own.txt").read_text() == "mine"


def test_links_that_lead_out_are_not_followed(places: tuple[Path, Path], tmp_path: Path) -> None:
    root, home = places
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / ".claude").symlink_to(outside)
    outcomes = install([Agent.CLAUDE], Scope.PROJECT, root, home)
    assert (actions(outcomes), states(outcomes)) == ({Action.FAILED}, {State.BLOCKED})
    assert all("leads out" in o.note for o in outcomes)
    assert list(outside.iterdir()) == []
    uninstall([Agent.CLAUDE], Scope.PROJECT, root, home)
    assert (root / ".claude").is_symlink()


def test_a_linked_file_is_neither_replaced_nor_followed(places: tuple[Path, Path], tmp_path: Path) -> None:
    root, home = places
    elsewhere = tmp_path / "elsewhere.md"
    elsewhere.write_text("shared")
    link = root / LOCATIONS[Agent.CLAUDE][1]
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere)
    outcomes = {o.target.path: o for o in install([Agent.CLAUDE], Scope.PROJECT, root, home)}
    assert outcomes[LOCATIONS[Agent.CLAUDE][1]].action is Action.FAILED
    uninstall([Agent.CLAUDE], Scope.PROJECT, root, home)
    assert link.is_symlink()
    assert elsewhere.read_text() == "shared"


def test_a_linked_manifest_or_offer_is_not_written_through(places: tuple[Path, Path], tmp_path: Path) -> None:
    root, home = places
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("{}")
    directory = root / LOCATIONS[Agent.CLAUDE][0]
    directory.mkdir(parents=True)
    (directory / ".rearguard-skill.json").symlink_to(elsewhere)
    assert actions(install([Agent.CLAUDE], Scope.PROJECT, root, home)) == {Action.FAILED}
    assert elsewhere.read_text() == "{}"


def test_a_loop_of_links_is_reported(places: tuple[Path, Path]) -> None:
    root, home = places
    (root / ".claude").symlink_to(".claude")
    outcomes = install([Agent.CLAUDE], Scope.PROJECT, root, home)
    assert actions(outcomes) == {Action.FAILED}


def test_skill_directories_linked_to_each_other_work(places: tuple[Path, Path]) -> None:
    root, home = places
    (root / ".agents" / "skills").mkdir(parents=True)
    (root / ".claude").mkdir()
    (root / ".claude" / "skills").symlink_to("../.agents/skills")
    assert Action.FAILED not in actions(install(AGENTS, Scope.PROJECT, root, home))
    assert states(status(AGENTS, Scope.PROJECT, root, home)) == {State.CURRENT}
    uninstall([Agent.CLAUDE], Scope.PROJECT, root, home)
    assert states(status([Agent.CODEX, Agent.CURSOR], Scope.PROJECT, root, home)) == {State.CURRENT}
    uninstall(AGENTS, Scope.PROJECT, root, home)
    assert set(tree(root)) <= {"own.txt", ".claude/skills"}


def test_something_in_the_way_is_reported(places: tuple[Path, Path]) -> None:
    root, home = places
    (root / ".claude").write_text("a file")
    assert actions(install([Agent.CLAUDE], Scope.PROJECT, root, home)) == {Action.FAILED}
    (root / LOCATIONS[Agent.CODEX][1]).mkdir(parents=True)
    outcomes = {o.target.path: o for o in install([Agent.CODEX], Scope.PROJECT, root, home)}
    assert outcomes[LOCATIONS[Agent.CODEX][1]].state is State.BLOCKED
    assert (root / ".claude").read_text() == "a file"


def test_a_directory_that_cannot_be_written_is_reported(
    places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, home = places

    def refuse(*arguments: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(rearguard.skill.files.tempfile, "mkstemp", refuse)
    outcomes = install(AGENTS, Scope.PROJECT, root, home)
    assert actions(outcomes) == {Action.FAILED}
    assert all("Permission denied" in o.note for o in outcomes)
    assert set(tree(root)) == {"own.txt"}


@pytest.mark.parametrize("survivors", range(7))
def test_an_interrupted_install_can_be_finished_updated_and_removed(
    places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, newer: Callable[[], None], survivors: int
) -> None:
    root, home = places
    genuine, count = os.replace, 0

    def interrupted(source: str, target: Path) -> None:
        nonlocal count
        if count == survivors:
            raise KeyboardInterrupt
        count += 1
        genuine(source, target)

    monkeypatch.setattr(rearguard.skill.files.os, "replace", interrupted)
    if survivors < 6:
        with pytest.raises(KeyboardInterrupt):
            install([Agent.CLAUDE], Scope.PROJECT, root, home)
    else:
        install([Agent.CLAUDE], Scope.PROJECT, root, home)
    monkeypatch.setattr(rearguard.skill.files.os, "replace", genuine)
    assert not [name for name in tree(root) if "/." in name and not name.endswith(".rearguard-skill.json")]

    newer()  # not even a newer version may mistake the half that was written for an edit
    assert Action.KEPT not in actions(install([Agent.CLAUDE], Scope.PROJECT, root, home))
    assert states(status([Agent.CLAUDE], Scope.PROJECT, root, home)) == {State.CURRENT}
    uninstall([Agent.CLAUDE], Scope.PROJECT, root, home)
    assert set(tree(root)) == {"own.txt"}


def test_an_interrupted_update_is_not_taken_for_an_edit(
    places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, newer: Callable[[], None]
) -> None:
    root, home = places
    install([Agent.CLAUDE], Scope.PROJECT, root, home)
    newer()
    genuine = os.replace

    def after_the_manifest(source: str, target: Path) -> None:
        if Path(target).name == "SKILL.md":
            raise KeyboardInterrupt
        genuine(source, target)

    monkeypatch.setattr(rearguard.skill.files.os, "replace", after_the_manifest)
    with pytest.raises(KeyboardInterrupt):
        install([Agent.CLAUDE], Scope.PROJECT, root, home)
    monkeypatch.setattr(rearguard.skill.files.os, "replace", genuine)
    assert State.CHANGED not in states(status([Agent.CLAUDE], Scope.PROJECT, root, home))
    assert Action.UPDATED in actions(install([Agent.CLAUDE], Scope.PROJECT, root, home))
