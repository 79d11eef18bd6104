"""Findings on changed lines alone; the whole program is analysed all the same.

What a revision holds is read from git's object store and compared here. `git diff` is not asked: on files of
the work tree it runs the filters, drivers and hooks that a repository's own settings name.
"""

import difflib
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rearguard.program import Source
from rearguard.review.git import GitError, ask
from rearguard.review.pipeline import Reviewed

__all__ = ["Changed", "Revision", "GitError", "only_changed", "revision"]

_EVERYTHING = ((1, 1 << 30),)

Changed = Mapping[str, tuple[tuple[int, int], ...]]
"""Path -> ranges of changed lines, from 1, inclusive."""


@dataclass(frozen=True, slots=True)
class Revision:
    """What a revision holds of a folder."""

    name: str
    """As the user gave it."""
    folder: Path
    blobs: Mapping[str, str]
    """Path relative to `folder` -> object id."""


def revision(root: Path, name: str) -> Revision:
    """Look a revision up for a reviewed folder or file.

    Raises GitError when there is no git, no repository, or no such revision.
    """
    if name.startswith("-"):
        raise GitError(f"{name!r} is not a git revision")
    folder = root if root.is_dir() else root.parent
    commit = ask(folder, "rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}").decode().strip()
    blobs: dict[str, str] = {}
    for entry in ask(folder, "ls-tree", "-r", "-z", commit).split(b"\0"):
        about, _, path = entry.partition(b"\t")
        words = about.decode("ascii", "replace").split()
        if len(words) == 3 and words[1] == "blob":
            blobs[path.decode("utf-8", "replace")] = words[2]
    return Revision(name, folder, blobs)


def only_changed(reviewed: Reviewed, since: Revision) -> Reviewed:
    """Keep the findings whose lines were changed since a revision, in committed or uncommitted work.

    Raises GitError when git cannot give what the revision holds.
    """
    result = reviewed.result
    places = {finding.location.path for finding in result.findings}
    lines = changed_lines(since, (reviewed.sources[path] for path in sorted(places)))
    kept = []
    for finding in result.findings:
        source = reviewed.sources[finding.location.path]
        first = source.line_of(finding.location.start)
        last = source.line_of(max(finding.location.start, finding.location.end - 1))
        if any(first <= end and start <= last for start, end in lines[finding.location.path]):
            kept.append(finding)
    hidden = len(result.findings) - len(kept)
    others = f"{hidden} other finding is" if hidden == 1 else f"{hidden} other findings are"
    note = f"Only lines changed since {since.name}: {others} not shown."
    return replace(reviewed, result=replace(result, findings=tuple(kept), notes=(*result.notes, note)))


def changed_lines(since: Revision, sources: Iterable[Source]) -> Changed:
    """The lines of each source that the revision does not hold; of a new file all of them."""
    found: dict[str, tuple[tuple[int, int], ...]] = {}
    wanted: list[tuple[Source, str]] = []
    for source in sources:
        blob = since.blobs.get(source.path)
        if blob is None:
            found[source.path] = _EVERYTHING
        elif blob == _object_id(source.text, blob):
            found[source.path] = ()
        else:
            wanted.append((source, blob))
    if wanted:
        old = _contents(since.folder, [blob for _, blob in wanted])
        for source, blob in wanted:
            found[source.path] = _difference(_lines(old[blob]), _lines(source.text))
    return found


def _object_id(text: bytes, like: str) -> str:
    """What git would call this content, by the hash that `like` was made with (SHA-1 or SHA-256)."""
    data = b"blob %d\0" % len(text) + text
    if len(like) == 64:
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def _lines(text: bytes) -> list[bytes]:
    """Lines without their endings, which git may have converted."""
    return [line.removesuffix(b"\r") for line in text.split(b"\n")]


def _difference(old: list[bytes], new: list[bytes]) -> tuple[tuple[int, int], ...]:
    """Ranges of `new` that are not in `old`. What both begin and end with is not searched."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    matcher = difflib.SequenceMatcher(None, old[start : len(old) - end], new[start : len(new) - end])
    return tuple(
        (start + first + 1, start + last)
        for kind, _, _, first, last in matcher.get_opcodes()
        if kind in ("replace", "insert")
    )


def _contents(folder: Path, blobs: list[str]) -> dict[str, bytes]:
    """Contents by object id, in the format of `git cat-file --batch`."""
    told = ask(folder, "cat-file", "--batch", given="".join(f"{blob}\n" for blob in blobs).encode())
    found: dict[str, bytes] = {}
    at = 0
    for blob in blobs:
        line = told.find(b"\n", at)
        words = told[at:line].split()
        if len(words) != 3 or words[1] != b"blob":
            raise GitError(f"git does not have the object {blob}")
        size = int(words[2])
        found[blob] = told[line + 1 : line + 1 + size]
        at = line + 1 + size + 1
    return found
