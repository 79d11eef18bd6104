"""Install, inspect and remove the skill and the sub-agent, never at the cost of what a user wrote.

A file is ours to replace or remove only while its content is one that the manifest records. Anything else,
edited or there before us, is kept. The version that would have been installed is then written beside it as
`NAME.new` (which no coding agent loads), once for each new version: enough to compare and merge, and nothing
that a second run repeats. Moving `NAME.new` over `NAME`, or deleting the edited file, makes it ours again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.resources import files
from pathlib import Path

import rearguard
from rearguard.playbook.pages import playbook_text
from rearguard.skill.agents import AGENT_NAME, claude_agent, codex_agent, cursor_agent
from rearguard.skill.files import BlockedError, checked_path, digest, read_bytes, remove, write_atomic
from rearguard.skill.manifest import MANIFEST_NAME, Manifest, load, render

__all__ = [
    "AGENTS",
    "SKILL_NAME",
    "Action",
    "Agent",
    "Outcome",
    "Scope",
    "State",
    "Target",
    "install",
    "plan",
    "skill_text",
    "status",
    "uninstall",
]

SKILL_NAME = "backend-security-coder"


class Agent(StrEnum):
    """A coding agent that reads skills and sub-agents from the file system."""

    CLAUDE = "claude"
    CODEX = "codex"
    CURSOR = "cursor"


AGENTS = tuple(Agent)


class Scope(StrEnum):
    """For everybody who works in one project, or for one person in all projects."""

    PROJECT = "project"
    USER = "user"


class State(StrEnum):
    """What is at the place of a file."""

    ABSENT = "absent"
    CURRENT = "current"
    OUTDATED = "outdated"
    CHANGED = "changed"
    FOREIGN = "foreign"
    BLOCKED = "blocked"


class Action(StrEnum):
    """What was done about a file."""

    INSTALLED = "installed"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    KEPT = "kept"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Target:
    """One file to install."""

    agent: Agent
    base: Path
    """The project or home directory that nothing is written outside of."""
    path: str
    """Below `base`, with forward slashes."""
    skill_directory: str
    """Below `base`; holds the skill and the manifest that records this file."""
    content: bytes

    @property
    def manifest_path(self) -> str:
        """Path of the manifest below `base`."""
        return f"{self.skill_directory}/{MANIFEST_NAME}"

    @property
    def offer_path(self) -> str:
        """Where the content goes, below `base`, when the file itself is kept."""
        return f"{self.path}.new"

    @property
    def shared(self) -> bool:
        """Whether the file is part of a skill directory, which several coding agents may read."""
        return self.path.startswith(f"{self.skill_directory}/")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One file: what is there, what was done (None if only looked at), and what a person may do about it."""

    target: Target
    state: State
    action: Action | None = None
    note: str = ""


_WHY_KEPT = {State.CHANGED: "changed by you", State.FOREIGN: "not written by rearguard"}
# Codex reads `.agents/skills`; so does Cursor, hence one copy serves both.
_SKILL_DIRECTORIES = {
    Agent.CLAUDE: f".claude/skills/{SKILL_NAME}",
    Agent.CODEX: f".agents/skills/{SKILL_NAME}",
    Agent.CURSOR: f".agents/skills/{SKILL_NAME}",
}
_AGENT_FILES = {
    Agent.CLAUDE: (f".claude/agents/{AGENT_NAME}.md", claude_agent),
    Agent.CODEX: (f".codex/agents/{AGENT_NAME}.toml", codex_agent),
    Agent.CURSOR: (f".cursor/agents/{AGENT_NAME}.md", cursor_agent),
}


def skill_text() -> str:
    """`SKILL.md` as installed."""
    return (files("rearguard.skill") / "data" / "SKILL.md").read_text(encoding="utf-8")


def plan(agent: Agent, scope: Scope, root: Path, home: Path) -> tuple[Target, ...]:
    """The files for one coding agent, below `root` for a project and below `home` for a user."""
    base = root if scope is Scope.PROJECT else home
    directory = _SKILL_DIRECTORIES[agent]
    agent_path, agent_text = _AGENT_FILES[agent]
    contents = {
        f"{directory}/SKILL.md": skill_text(),
        f"{directory}/resources/implementation-playbook.md": playbook_text(),
        agent_path: agent_text(),
    }
    return tuple(Target(agent, base, path, directory, text.encode()) for path, text in contents.items())


def status(agents: Iterable[Agent], scope: Scope, root: Path, home: Path) -> tuple[Outcome, ...]:
    """What is at the place of every file. Changes nothing."""
    outcomes = []
    for target in _targets(agents, scope, root, home):
        found, note = _look(target, _manifest(target))
        outcomes.append(Outcome(target, found, note=note))
    return tuple(outcomes)


def install(agents: Iterable[Agent], scope: Scope, root: Path, home: Path) -> tuple[Outcome, ...]:
    """Write what is absent or outdated; keep what a user wrote. Running it again changes nothing."""
    return tuple(_install_one(target) for target in _targets(agents, scope, root, home))


def uninstall(agents: Iterable[Agent], scope: Scope, root: Path, home: Path) -> tuple[Outcome, ...]:
    """Remove what is unchanged, and the directories that are empty then. Absent files give no outcome.

    A skill directory that another installed coding agent reads stays until the last of them is removed.
    """
    leaving = frozenset(agents)
    outcomes = []
    for target in _targets(leaving, scope, root, home):
        outcome = _uninstall_one(target, leaving)
        if outcome is not None:
            outcomes.append(outcome)
    for target in _targets(leaving, scope, root, home):
        _forget(target, _targets(AGENTS, scope, root, home))
    return tuple(outcomes)


def _targets(agents: Iterable[Agent], scope: Scope, root: Path, home: Path) -> list[Target]:
    """The files of several coding agents; one that two of them share is listed once for each."""
    return [target for agent in sorted(set(agents)) for target in plan(agent, scope, root, home)]


def _manifest(target: Target) -> Manifest:
    try:
        return load(checked_path(target.base, target.manifest_path))
    except (BlockedError, OSError):
        return Manifest()


def _save(target: Target, manifest: Manifest) -> None:
    """Write the manifest if it says something new. Raises OSError and BlockedError."""
    path = checked_path(target.base, target.manifest_path)
    data = render(manifest)
    if read_bytes(path) != data:
        write_atomic(path, data)


def _look(target: Target, manifest: Manifest) -> tuple[State, str]:
    """State of the file, and why if it is blocked."""
    try:
        found = read_bytes(checked_path(target.base, target.path))
    except (BlockedError, OSError) as error:
        return State.BLOCKED, str(error)
    if found is None:
        return State.ABSENT, ""
    if found == target.content:
        return State.CURRENT, ""
    recorded = manifest.files.get(target.path)
    if recorded is None:
        return State.FOREIGN, ""
    if digest(found) in recorded:
        return State.OUTDATED, ""
    return State.CHANGED, ""


def _install_one(target: Target) -> Outcome:
    manifest = _manifest(target)
    state, note = _look(target, manifest)
    try:
        match state:
            case State.BLOCKED:
                return Outcome(target, state, Action.FAILED, note)
            case State.CHANGED | State.FOREIGN:
                return _offer(target, state, manifest)
            case State.CURRENT:
                _record(target, manifest)
                return Outcome(target, state, Action.UNCHANGED)
            case _:
                # Both contents are recorded before the file changes: an interruption leaves it ours.
                before = manifest.files.get(target.path, ())
                joined = _joined(target, manifest)
                both = {**joined.files, target.path: (*before, digest(target.content))}
                _save(target, replace(joined, files=both))
                write_atomic(checked_path(target.base, target.path), target.content)
                _record(target, manifest)
                done = Action.INSTALLED if state is State.ABSENT else Action.UPDATED
                return Outcome(target, State.CURRENT, done)
    except (OSError, BlockedError) as error:
        return Outcome(target, state, Action.FAILED, str(error))


def _joined(target: Target, manifest: Manifest) -> Manifest:
    """The manifest with this version and with the target's coding agent among the users."""
    return replace(manifest, version=rearguard.__version__, agents=manifest.agents | {str(target.agent)})


def _record(target: Target, manifest: Manifest) -> None:
    """The file holds our content now; an offer beside it has served its purpose."""
    recorded = {**manifest.files, target.path: (digest(target.content),)}
    offered = recorded.pop(target.offer_path, ())
    if offered:
        path = checked_path(target.base, target.offer_path)
        if digest(read_bytes(path) or b"") in offered:
            remove(path, target.base)
    _save(target, replace(_joined(target, manifest), files=recorded))


def _offer(target: Target, state: State, manifest: Manifest) -> Outcome:
    """Keep the user's file, and put the version that is new to them beside it."""
    why = _WHY_KEPT[state]
    shipped, joined = digest(target.content), _joined(target, manifest)
    offered = manifest.files.get(target.offer_path, ())
    path = checked_path(target.base, target.offer_path)
    found = read_bytes(path)
    known = state is State.CHANGED and shipped in manifest.files.get(target.path, ())
    if known or (found is None and shipped in offered):
        _save(target, joined)
        return Outcome(target, state, Action.KEPT, why)
    if found is not None and found != target.content and digest(found) not in offered:
        _save(target, joined)
        note = f"{why}; {target.offer_path} is in the way of the shipped version"
        return Outcome(target, state, Action.KEPT, note)
    recorded = {**manifest.files, target.offer_path: tuple(dict.fromkeys((*offered, shipped)))}
    _save(target, replace(joined, files=recorded))
    if found != target.content:
        write_atomic(path, target.content)
    note = f"{why}; the shipped version is in {target.offer_path}: merge it, or move it over yours"
    return Outcome(target, state, Action.KEPT, note)


def _uninstall_one(target: Target, leaving: frozenset[Agent]) -> Outcome | None:
    manifest = _manifest(target)
    state, note = _look(target, manifest)
    staying = manifest.agents - {str(agent) for agent in leaving}
    if state is State.ABSENT:
        return None
    if target.shared and staying:
        return Outcome(target, state, Action.KEPT, f"still used by {', '.join(sorted(staying))}")
    try:
        _withdraw_offer(target, manifest)
        if state is State.BLOCKED:
            return Outcome(target, state, Action.KEPT, note)
        path = checked_path(target.base, target.path)
        recorded = manifest.files.get(target.path, ())
        if digest(read_bytes(path) or b"") not in recorded:
            return Outcome(
                target, state, Action.KEPT, _WHY_KEPT.get(state, "not recorded as written by rearguard")
            )
        remove(path, target.base)
        return Outcome(target, State.ABSENT, Action.REMOVED)
    except (OSError, BlockedError) as error:
        return Outcome(target, state, Action.FAILED, str(error))


def _withdraw_offer(target: Target, manifest: Manifest) -> None:
    offered = manifest.files.get(target.offer_path, ())
    path = checked_path(target.base, target.offer_path)
    if offered and digest(read_bytes(path) or b"") in offered:
        remove(path, target.base)


def _forget(target: Target, everything: list[Target]) -> None:
    """Take the coding agent out of the manifest; with the last one, and nothing of ours left, it goes too."""
    manifest = _manifest(target)
    if not manifest.version:
        return
    try:
        path = checked_path(target.base, target.manifest_path)
        agents = manifest.agents - {str(target.agent)}
        ours = [t for t in everything if t.manifest_path == target.manifest_path]
        left = any(_look(t, manifest)[0] in {State.CURRENT, State.OUTDATED} for t in ours)
        if agents or left:
            _save(target, replace(manifest, agents=agents))
        else:
            remove(path, target.base)
    except (OSError, BlockedError):
        return  # the files were dealt with; a record too many does no harm
