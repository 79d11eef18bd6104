"""The reference of all checks: `docs/reference/checks.md`, made from their rules and pages.

`python -m rearguard.checks.reference` writes it; a test holds that the committed file is up to date.
"""

import re
from pathlib import Path

from rearguard.checks import CHECKS
from rearguard.checks.base import Check
from rearguard.findings import Audience
from rearguard.standards import api_risk, placement, requirement, weakness

__all__ = ["PATH", "render"]

PATH = Path("docs/reference/checks.md")
"""Where the reference stands, from the repository's root."""
_FENCE = re.compile(r"^```(\w+)$", re.MULTILINE)
_LANGUAGES = {
    "python": "Python",
    "py": "Python",
    "js": "JavaScript",
    "javascript": "JavaScript",
    "ts": "TypeScript",
    "typescript": "TypeScript",
    "tsx": "TypeScript",
    "html": "Jinja",
    "jinja": "Jinja",
    "ejs": "EJS",
    "yaml": "settings",
    "json": "settings",
    "toml": "settings",
    "ini": "settings",
    "dotenv": "settings",
    "dockerfile": "settings",
    "requirements": "settings",
    "nginx": "settings",
    "handlebars": "Handlebars",
    "pug": "Pug",
}
_ORDER = ("Python", "JavaScript", "TypeScript", "Jinja", "EJS", "settings")
_HEAD = """\
# Checks

Made from the checks' rules by `python -m rearguard.checks.reference`; do not edit. `rearguard explain ID`
prints the page of a check with its examples, its repairs and what it does not see.

Confidence is told of each finding, with its reason:

- *certain*: every step from the input to its use is known, or the finding is a constant in the code.
- *likely*: a value passes through a call whose effect is not known, or only a name says what a text is. In a
  pasted piece of code nothing is more than likely, since its surroundings are not seen.
- *question*: a person has to decide. Such findings never fail a run.

Categories of the OWASP Top 10 follow from the CWE. Languages are those of the cases on the check's page, which
are its tests; "settings" stands for files such as YAML, `.env` and Dockerfiles.
"""


def render() -> str:
    """The whole reference as Markdown."""
    rows = ["| Check | Severity | CWE | OWASP Top 10:2025 | Languages |", "| --- | --- | --- | --- | --- |"]
    for check in CHECKS:
        rule = check.rule
        placed = placement(rule.cwe, "2025")
        rows.append(
            f"| [{rule.id}](#{rule.id}) | {rule.severity} | CWE-{rule.cwe} | "
            f"{placed.category.id.partition(':')[0] if placed else ''} | {', '.join(languages(check))} |"
        )
    return "\n".join([_HEAD, *rows, "", *(_section(check) for check in CHECKS)])


def languages(check: Check) -> tuple[str, ...]:
    """The languages that the check's page has cases in."""
    found = {_LANGUAGES[name] for name in _FENCE.findall(check.rule.page) if name in _LANGUAGES}
    return tuple(name for name in _ORDER if name in found)


def _section(check: Check) -> str:
    rule = check.rule
    weak = weakness(rule.cwe)
    lines = [f"## {rule.id}", "", f"{rule.title}.", "", f"- Severity: {rule.severity}"]
    if rule.audience is not Audience.DEFAULT:
        lines.append(f"- Audience: {rule.audience}")
    lines.append(f"- CWE: [{weak.title}]({weak.url})")
    if rule.related:
        lines.append("- Related: " + ", ".join(f"[{w.id}]({w.url})" for w in map(weakness, rule.related)))
    placed = placement(rule.cwe, "2025")
    if placed is not None:
        lines.append(f"- OWASP Top 10: [{placed.category.title}]({placed.category.url})")
    for id in rule.asvs:
        asked = requirement(id)
        lines.append(f"- ASVS: [{asked.title}]({asked.url})")
    for id in rule.api_top10:
        risk = api_risk(id)
        lines.append(f"- OWASP API Top 10: [{risk.title}]({risk.url})")
    lines.append(f"- Languages: {', '.join(languages(check))}")
    return "\n".join((*lines, ""))


if __name__ == "__main__":
    PATH.parent.mkdir(parents=True, exist_ok=True)
    PATH.write_text(render(), encoding="utf-8")
