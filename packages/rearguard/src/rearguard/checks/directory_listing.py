"""Folders are not listed."""

from collections.abc import Iterator
from functools import cached_property

from rearguard.analysis.settings import evaluate, is_development_branch
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.spots import in_file, spot
from rearguard.findings import Confidence, Request, Rule, Severity
from rearguard.models.settings_concepts import DirectoryListing
from rearguard.program import Entry

_WHY = "Whoever asks for the folder sees every file in it: backups, uploads of others, names that were meant to be secret."
_ADVICE = "Leave the listing off, and serve single files by name."


class DirectoryListed:
    """See directory_listing.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="directory-listing",
            title="Folders are listed",
            cwe=548,
            severity=Severity.LOW,
            asvs=("v5.0.0-13.4.3",),
            api_top10=("API8:2023",),
            page=page("directory-listing"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per call or directive that lists a folder."""
        for use in context.uses.of(DirectoryListing):
            value = use.value
            if use.row.selector is not None:
                setting = evaluate(value) if value is not None else None
                if setting is None or setting.value is not True or setting.from_environment:
                    continue
            if is_development_branch(context.view, use.fid, use.instr.start):
                continue
            yield spot(
                self.rule,
                use.span,
                "The files of a folder are listed to whoever asks.",
                _WHY,
                _ADVICE,
                "this is what the call is for" if use.row.selector is None else "the option is true",
                step="lists the folder",
                confidence=Confidence.LIKELY if use.concept.likely else Confidence.CERTAIN,
                subject="listing",
                verification=(
                    Request("Ask for the folder itself.", "curl -si http://localhost/files/", "404, or 403."),
                ),
            )
        for file in context.settings.values():
            for entry in file.entries if file.kind == "directives" else ():
                if _lists(entry):
                    yield in_file(
                        self.rule, file, entry, "The web server lists folders to whoever asks.", _WHY, _ADVICE
                    )


def _lists(entry: Entry) -> bool:
    words = entry.text.lower().split()
    if entry.key == "autoindex":
        return words[:1] == ["on"]
    if entry.key == "Options":
        return "indexes" in words or "+indexes" in words
    return entry.key == "file_server" and "browse" in words
