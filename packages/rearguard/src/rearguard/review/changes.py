"""Findings on changed lines alone; the whole program is analysed all the same."""

import re
import subprocess
from dataclasses import replace
from pathlib import Path

from rearguard.review.pipeline import Reviewed

_HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@")
_TIMEOUT = 60
_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false")
"""A repository's own settings must not make git run a program."""


class ChangeError(Exception):
    """git could not say what changed; the text says why."""


def only_changed(reviewed: Reviewed, root: Path, revision: str) -> Reviewed:
    """Keep the findings whose lines were changed since `revision`, in committed or uncommitted work.

    Raises ChangeError when there is no git, no repository, or no such revision.
    """
    lines = changed_lines(root, revision)
    result = reviewed.result
    kept = []
    for finding in result.findings:
        source = reviewed.sources[finding.location.path]
        first = source.line_of(finding.location.start)
        last = source.line_of(max(finding.location.start, finding.location.end - 1))
        changed = lines.get(finding.location.path, ())
        if any(first <= end and start <= last for start, end in changed):
            kept.append(finding)
    hidden = len(result.findings) - len(kept)
    note = f"Only lines changed since {revision}: {hidden} other findings are not shown."
    return replace(reviewed, result=replace(result, findings=tuple(kept), notes=(*result.notes, note)))


def changed_lines(root: Path, revision: str) -> dict[str, list[tuple[int, int]]]:
    """Path relative to `root` -> ranges of changed lines (from 1, inclusive). New files count whole."""
    if revision.startswith("-"):
        raise ChangeError(f"{revision!r} is not a git revision")
    folder = root if root.is_dir() else root.parent
    _git(folder, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    diff = _git(
        folder,
        "diff",
        "--no-ext-diff",
        "--no-textconv",
        "--no-color",
        "-U0",
        "--relative",
        revision,
        "--",
        ".",
    )
    found: dict[str, list[tuple[int, int]]] = {}
    path = ""
    for line in diff.splitlines():
        if line.startswith("+++ "):
            name = line[4:].strip().strip('"')
            path = name[2:] if name.startswith("b/") else ""
        elif (match := _HUNK.match(line)) and path:
            start, count = int(match.group(1)), int(match.group(2) or 1)
            if count:
                found.setdefault(path, []).append((start, start + count - 1))
    for name in _git(folder, "ls-files", "--others", "--exclude-standard").splitlines():
        found[name] = [(1, 1 << 30)]
    if root.is_file():
        return {root.name: found[root.name]} if root.name in found else {}
    return found


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *_SAFE, *arguments],
            cwd=folder,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except FileNotFoundError as error:
        raise ChangeError("--since needs git, which is not on PATH") from error
    except subprocess.TimeoutExpired as error:
        raise ChangeError(f"--since: git did not answer within {_TIMEOUT} s") from error
    if done.returncode:
        message = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ChangeError(f"--since: git says: {message[-1] if message else 'it failed'}")
    return done.stdout.decode("utf-8", "replace")
