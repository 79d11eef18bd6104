"""The skill and the sub-agents are what the formats of the coding agents demand."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from rearguard.playbook.pages import pages, playbook_text
from rearguard.skill.agents import AGENT_TOOLS, agent_body, claude_agent, codex_agent, cursor_agent
from rearguard.skill.install import AGENTS, SKILL_NAME, Scope, install, skill_text

MAX_BODY_LINES, MAX_BODY_TOKENS = 500, 5000
ALLOWED_FIELDS = {"name", "description", "license", "compatibility", "metadata", "allowed-tools"}


def split(text: str) -> tuple[dict[str, Any], str]:
    """Front matter and body of a Markdown file."""
    assert text.startswith("---\n")
    head, body = text[4:].split("\n---\n", 1)
    fields = yaml.safe_load(head)
    assert isinstance(fields, dict)
    return fields, body


def specification_errors(directory: Path) -> list[str]:
    """What the Agent Skills specification (agentskills.io) finds wrong with a skill directory."""
    errors = []
    fields, body = split((directory / "SKILL.md").read_text(encoding="utf-8"))
    name, description = fields.get("name"), fields.get("description")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) or len(name) > 64:
        errors.append("name")
    if name != directory.name:
        errors.append("name differs from the directory")
    if not isinstance(description, str) or not 1 <= len(description.strip()) <= 1024:
        errors.append("description")
    if not set(fields) <= ALLOWED_FIELDS:
        errors.append("unknown field")
    metadata = fields.get("metadata", {})
    if not all(isinstance(k, str) and isinstance(v, str) for k, v in metadata.items()):
        errors.append("metadata")
    # A token is at least three characters of English prose with code on average: an upper bound.
    if body.count("\n") >= MAX_BODY_LINES or len(body) / 3 > MAX_BODY_TOKENS:
        errors.append("body too long")
    references = re.findall(r"\]\(([^)#:]+)\)", body)
    wrong = [r for r in references if r.count("/") > 1 or ".." in r or not (directory / r).is_file()]
    return errors + [f"reference {reference}" for reference in wrong]


@pytest.fixture(params=AGENTS)
def installed(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The skill directory of one coding agent."""
    install([request.param], Scope.PROJECT, tmp_path, tmp_path)
    [skill_file] = tmp_path.rglob("SKILL.md")
    return skill_file.parent


def test_installed_skill_meets_the_specification(installed: Path) -> None:
    assert specification_errors(installed) == []
    assert installed.name == SKILL_NAME
    resource = installed / "resources" / "implementation-playbook.md"
    assert resource.read_text(encoding="utf-8") == playbook_text()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda t: t.replace("name: backend", "name: Backend"), "name"),
        (
            lambda t: t.replace("name: backend-security-coder", "name: other"),
            "name differs from the directory",
        ),
        (lambda t: t.replace("Secure backend coding", "x" * 1025), "description"),
        (lambda t: t.replace("license:", "version:"), "unknown field"),
        (lambda t: t.replace("product: rearguard", "product: 7"), "metadata"),
        (lambda t: t + "\n" * 500, "body too long"),
        (lambda t: t + "word " * 4000, "body too long"),
        (lambda t: t + "[x](resources/absent.md)", "reference resources/absent.md"),
        (lambda t: t + "[x](../SKILL.md)", "reference ../SKILL.md"),
    ],
)
def test_the_validator_finds_what_is_wrong(installed: Path, change: Any, error: str) -> None:
    file = installed / "SKILL.md"
    file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")
    assert error in specification_errors(installed)


def test_skill_says_when_and_how() -> None:
    fields, body = split(skill_text())
    assert re.search(r"\buse proactively\b", fields["description"], re.IGNORECASE)
    assert "## When to use this skill" in body
    assert "## When not to use it" in body
    assert "### Without the engine" in body
    steps = body.split("## The nine steps")[1].split("\n## ")[0]
    assert re.findall(r"^(\d)\. \*\*", steps, re.MULTILINE) == [str(n) for n in range(1, 10)]
    for number in re.findall(r"Playbook ([\d, ]+)", body):
        assert all(1 <= int(n) <= len(pages()) for n in number.replace(" ", "").strip(",").split(","))
    examples = re.findall(r'^\| "(.+)" \| (\d) \|$', body, re.MULTILINE)
    assert [int(section) for _, section in examples] == list(range(1, 9))
    assert all(f'*"{text}."*' in playbook_text() for text, _ in examples)


def claude() -> tuple[dict[str, Any], str]:
    return split(claude_agent())


def cursor() -> tuple[dict[str, Any], str]:
    return split(cursor_agent())


def codex() -> tuple[dict[str, Any], str]:
    fields = tomllib.loads(codex_agent())
    return fields, fields["developer_instructions"]


@pytest.mark.parametrize("read", [claude, cursor, codex])
def test_every_agent_has_name_description_and_the_one_body(read: Any) -> None:
    fields, body = read()
    assert fields["name"] == "eng-backend"
    assert 50 <= len(fields["description"]) <= 1024
    assert body.strip() == agent_body().strip()


def test_claude_agent_fields() -> None:
    fields, _ = claude()
    assert set(fields) == {"name", "description", "tools", "model", "mcpServers"}
    assert tuple(fields["tools"].split(", ")) == AGENT_TOOLS
    assert fields["model"] == "sonnet"
    assert fields["mcpServers"] == ["context7"]


def test_no_agent_may_start_others() -> None:
    granted = claude()[0]["tools"].split(", ")
    assert granted == ["Read", "Write", "Edit", "Glob", "Grep", "Bash", "WebSearch", "WebFetch"]
    assert codex()[0]["features"] == {"multi_agent": False}
    assert "You start no agents" in cursor()[1]


def test_codex_and_cursor_fields() -> None:
    assert set(codex()[0]) == {"name", "description", "developer_instructions", "features"}
    fields, _ = cursor()
    assert (fields["readonly"], fields["is_background"], fields["model"]) == (False, False, "inherit")


def test_body_carries_what_the_role_is() -> None:
    body = agent_body()
    assert len(body) < 10_000
    for text in (
        *("P-001", "P-002", "P-003", "P-020", "P-022"),
        *("PW.1", "PW.5", "PW.6", "PW.9", "MS SDL", "ASVS 5.0"),
        *(f"A{n:02d} " for n in range(1, 11)),
        *("L0", "L1", "L2", "Level 0", "Level 1", "Level 2"),
        *("eng-lead", "eng-architect", "eng-devsecops", "eng-security", "eng-frontend", "eng-infra"),
        *("number matching", "at most 3 challenges per 5 minutes", "FIDO2/WebAuthn"),
        "output/{engagement-id}/eng-backend-{topic-slug}.md",
    ):
        assert text in body, text
    method = body.split("## Method")[1].split("\n## ")[0]
    assert re.findall(r"^(\d)\. \*\*", method, re.MULTILINE) == [str(n) for n in range(1, 8)]


@pytest.mark.parametrize(
    "text", [agent_body(), skill_text(), playbook_text()], ids=["agent", "skill", "playbook"]
)
def test_validated_is_only_said_of_independent_scanners(text: str) -> None:
    for sentence in re.split(r"(?<=[.:])\s", text):
        if "SAST-validated" in sentence:
            assert re.search(r"\b[Oo]nly|\bnot\b", sentence), sentence
