"""The vulnerable examples: what gets a repair that passes, that it is valid code, and why the rest has none."""

from collections.abc import Callable
from pathlib import Path

import pytest
from rearguard.findings import Audience
from rearguard.repair import apply
from rearguard.review import Options, review_path
from rearguard.review.pipeline import Reviewed

EXAMPLES = Path(__file__).parents[4] / "examples"

REFUSED = {
    "express-orders": {
        ("command-injection", "src/services/invoices.js"): "needs a shell",
        ("sql-injection", "src/repositories/orders.js"): "no value",
        ("missing-authentication", "src/routes/orders.js"): "new finding",
        ("missing-input-validation", "src/routes/orders.js"): "what `items` may hold",
    },
    "fastapi-notes": {
        # A login alone leaves everybody's files to whoever has one: the owner must be asked for too.
        ("missing-authentication", "notes/routers/attachments.py"): "new finding",
        ("command-injection", "notes/services/exports.py"): "needs a shell",
        ("cross-site-scripting", "notes/templates/note.html"): "may be markup",
        ("missing-input-validation", "notes/routers/backups.py"): "not read into a variable",
        ("missing-rate-limit", "notes/routers/accounts.py"): "no limiter",
    },
    "flask-files": {
        ("command-injection", "filebox/storage.py"): "program itself",
        ("sql-injection", "filebox/repository.py"): "no value",
        ("insecure-direct-object-reference", "filebox/files.py"): "look it up with its owner",
        ("missing-authentication", "filebox/shares.py"): "new finding",
        ("missing-rate-limit", "filebox/auth.py"): "no limiter",
    },
}
"""Findings without a repair, by check and file: why."""

REPAIRED_AT_LEAST = {"express-orders": 17, "fastapi-notes": 20, "flask-files": 19}


@pytest.fixture(scope="module", params=sorted(REFUSED))
def example(request: pytest.FixtureRequest) -> tuple[str, Reviewed]:
    return request.param, review_path(
        EXAMPLES / request.param / "vulnerable", ".", Options(jobs=1, audience=Audience.AUDIT)
    )


def test_what_is_repaired_and_what_is_not(example: tuple[str, Reviewed]) -> None:
    name, reviewed = example
    repaired = [f for f in reviewed.result.findings if f.fix is not None and not f.fix.refused]
    refused = [f for f in reviewed.result.findings if f.fix is not None and f.fix.refused]
    assert len(repaired) >= REPAIRED_AT_LEAST[name]
    for finding in refused:
        assert finding.fix is not None
        known = REFUSED[name].get((finding.rule.id, finding.location.path), "")
        assert known, (finding.rule.id, finding.location.path, finding.fix.refused)
        assert known in finding.fix.refused
    assert all(f.fix and f.fix.revised and f.fix.title for f in repaired)


def test_the_repaired_files_are_valid(
    example: tuple[str, Reviewed], compiles: Callable[[str, str], None]
) -> None:
    _, reviewed = example
    seen: set[str] = set()
    for finding in reviewed.result.findings:
        if finding.fix is None or finding.fix.refused:
            continue
        for path in {edit.span.path for edit in finding.fix.edits}:
            edits = [edit for edit in finding.fix.edits if edit.span.path == path]
            text = apply(reviewed.sources[path].text, edits).decode()
            if text not in seen:
                seen.add(text)
                compiles(text, path)
    assert seen
