"""The sub-agent `eng-backend` in the form of each coding agent, from one body.

Formats: Claude Code sub-agents (Markdown with YAML front matter, code.claude.com/docs/en/sub-agents),
Codex custom agents (TOML, developers.openai.com/codex/subagents), Cursor sub-agents (Markdown with YAML
front matter, cursor.com/docs/subagents).
"""

import json
from importlib.resources import files

__all__ = ["AGENT_NAME", "AGENT_TOOLS", "agent_body", "claude_agent", "codex_agent", "cursor_agent"]

AGENT_NAME = "eng-backend"
AGENT_TOOLS = ("Read", "Write", "Edit", "Glob", "Grep", "Bash", "WebSearch", "WebFetch")

_DESCRIPTION = (
    "Secure backend engineer for the /eng-team workflow. Use for server-side implementation with security "
    "hardening, input validation, authentication and authorization logic, API security or database security, "
    "and for security review of backend code. Produces secure server-side code with OWASP Top 10 and "
    "ASVS 5.0 verification and a report in three levels on disk. Step 3 (parallel) of the 8-step workflow."
)


def agent_body() -> str:
    """The instructions, as Markdown ending with one line feed; the same for every coding agent."""
    return (files("rearguard.skill") / "data" / "eng-backend.md").read_text(encoding="utf-8")


def claude_agent() -> str:
    """For `.claude/agents/eng-backend.md`.

    The tool list is an allowlist, and without `Agent` the sub-agent cannot start others. The server of
    `mcpServers` is named, not defined: it is the user's own Context7 if they have one, and nothing is
    downloaded if they have not.
    """
    fields = (
        f"name: {AGENT_NAME}",
        f"description: {_quoted(_DESCRIPTION)}",
        f"tools: {', '.join(AGENT_TOOLS)}",
        "model: sonnet",
        "mcpServers:",
        "  - context7",
    )
    return _markdown(fields)


def cursor_agent() -> str:
    """For `.cursor/agents/eng-backend.md`. Cursor has no tool list: P-003 in the body is what holds it."""
    fields = (
        f"name: {AGENT_NAME}",
        f"description: {_quoted(_DESCRIPTION)}",
        "model: inherit",
        "readonly: false",
        "is_background: false",
    )
    return _markdown(fields)


def codex_agent() -> str:
    """For `.codex/agents/eng-backend.toml`.

    `features.multi_agent = false` takes the tools that start agents away from this one. Model, sandbox and
    MCP servers are left out, so that the user's own settings hold.
    """
    body = agent_body()
    if "'''" in body:
        raise ValueError("the body cannot be written as a TOML literal string")
    return (
        f"name = {_quoted(AGENT_NAME)}\n"
        f"description = {_quoted(_DESCRIPTION)}\n"
        f"developer_instructions = '''\n{body}'''\n"
        "\n[features]\nmulti_agent = false\n"
    )


def _markdown(fields: tuple[str, ...]) -> str:
    return "---\n" + "\n".join(fields) + "\n---\n\n" + agent_body()


def _quoted(text: str) -> str:
    """A double-quoted scalar; for text without control characters JSON, YAML and TOML agree on it."""
    return json.dumps(text, ensure_ascii=False)
