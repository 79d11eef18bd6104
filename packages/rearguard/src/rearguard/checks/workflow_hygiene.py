"""Workflows execute what was reviewed, with the rights that they need."""

import re
from collections.abc import Iterator
from functools import cached_property

from rearguard.checks.base import Context, Draft, page
from rearguard.checks.spots import in_file
from rearguard.findings import Audience, Rule, Severity
from rearguard.program import Entry, SettingsFile

_EXPRESSION = re.compile(
    r"\$\{\{\s*(?:github\.event\.(?:issue|pull_request|comment|review|review_comment|discussion|head_commit|commits|pages|"
    r"inputs|workflow_run)[\w.\[\]*]*(?:title|body|message|name|email|ref|label|default_branch|head_branch)|github\.head_ref|"
    r"inputs\.\w+|github\.event\.inputs\.\w+)\s*\}\}"
)
_FROM_OUTSIDE = re.compile(r"github\.event\.|github\.head_ref")
_PINNED = re.compile(r"@[0-9a-f]{40}$")
_PIPED = re.compile(r"\b(?:curl|wget)\b[^|\n]*\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b")
_DOWNLOAD = re.compile(r"\b(?:curl|wget)\b[^\n]*https?://")
_EXECUTED = re.compile(r"\bchmod\s+(?:\S+\s+)*(?:\+x|[0-7]*[1357][0-7]*)\b")
_VERIFIED = re.compile(r"sha(?:256|512)sum|shasum|gpg\s+--verify|cosign\s+verify|minisign|openssl\s+dgst")


class WorkflowHygiene:
    """See workflow_hygiene.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="workflow-hygiene",
            title="A workflow grants or executes more than it should",
            cwe=1357,
            severity=Severity.LOW,
            asvs=("v5.0.0-15.2.4",),
            related=(78, 250, 494, 829),
            audience=Audience.AUDIT,
            page=page("workflow-hygiene"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per step, trigger or grant of a workflow of GitHub."""
        for file in context.settings.values():
            if file.kind == "yaml" and (
                ".github/workflows/" in f"/{file.path}" or file.path.endswith(("action.yml", "action.yaml"))
            ):
                yield from self._workflow(file)

    def _workflow(self, file: SettingsFile) -> Iterator[Draft]:
        triggers = {part for entry in file.under("on") for part in (*entry.keys[1:2], entry.text)}
        foreign = bool(triggers & {"pull_request_target", "workflow_run", "issue_comment", "issues"})
        for entry in file.entries:
            key, text = entry.key, entry.text
            if key == "run":
                yield from self._script(file, entry, foreign)
            elif key == "uses" and "@" in text and not text.startswith(("./", "docker://")):
                owner = text.partition("/")[0]
                if owner not in ("actions", "github") and not _PINNED.search(text.partition(" ")[0]):
                    yield self._told(
                        file,
                        entry,
                        f"The action {text} is whatever its owner puts under that name.",
                        "Name the commit, with the version as a comment.",
                    )
            elif (entry.keys[-1:] == ("permissions",) and text == "write-all") or (
                entry.keys[:1] == ("permissions",)
                and len(entry.keys) == 2
                and text == "write"
                and key in ("contents", "actions", "packages")
                and len([e for e in file.under("jobs") if e.key == "runs-on"]) > 1
            ):
                yield self._told(
                    file,
                    entry,
                    "Every job of the workflow may write: a step that is taken over can change code or releases.",
                    "Grant reading to the workflow, and writing to the one job that needs it.",
                )
            elif key == "ref" and "head" in text and "pull_request_target" in triggers:
                yield self._told(
                    file,
                    entry,
                    "Code of a pull request is checked out in a run that has the repository's secrets.",
                    "Run it on pull_request, without secrets; or let a person approve each run.",
                    Severity.HIGH,
                )
        if not any("permissions" in entry.keys[:4] for entry in file.entries) and next(
            file.under("jobs"), None
        ):
            first = next(file.under("jobs"))
            yield self._told(
                file,
                first,
                "The workflow says no permissions, so its token may do whatever the repository's default lets it.",
                "Say `permissions: contents: read` at the top.",
            )

    def _script(self, file: SettingsFile, entry: Entry, foreign: bool) -> Iterator[Draft]:
        text = entry.text[:20_000]
        found = _EXPRESSION.search(text)
        if found is not None and (_FROM_OUTSIDE.search(found.group()) or foreign):
            yield self._told(
                file,
                entry,
                f"{found.group()} is put into a script: whoever writes that text runs commands in this workflow.",
                "Give it to the step as a variable of the environment, and use that, quoted.",
                Severity.HIGH,
            )
        if _PIPED.search(text):
            yield self._told(
                file,
                entry,
                "What a server sends is run as a script, unread.",
                "Fetch a fixed version, compare its checksum, then run it.",
            )
        elif _DOWNLOAD.search(text) and _EXECUTED.search(text) and not _VERIFIED.search(text):
            yield self._told(
                file,
                entry,
                "A program is fetched and run, and nothing compares it with a checksum or signature.",
                "Compare its checksum before it is run.",
            )

    def _told(
        self, file: SettingsFile, entry: Entry, message: str, advice: str, severity: Severity | None = None
    ) -> Draft:
        return in_file(
            self.rule,
            file,
            entry,
            message,
            "Workflows hold the keys to the repository and to what is released from it.",
            advice,
            severity=severity,
            subject=message.partition(":")[0][:60],
        )
