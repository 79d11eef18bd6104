"""Whether git could take a repair back: a tree with work of the user's own in it is not changed unasked."""

import re
from collections.abc import Collection
from pathlib import Path

from rearguard.review.git import GitError, ask

__all__ = ["refusal"]

_FILTER = re.compile(rb"^filter\.(?P<name>[^\n]+)\.(?:clean|process)\n", re.DOTALL)
_SHOWN = 3


def refusal(root: Path, changed: Collection[Path]) -> tuple[str, bool]:
    """Why the tree around `root` may not be changed ("" when it may), and whether git keeps it.

    Refused are changes that are not committed, anywhere in the work tree, and files to be `changed` that git
    does not know: nothing could bring those back.
    """
    folder = root if root.is_dir() else root.parent
    try:
        top = Path(ask(folder, "rev-parse", "--show-toplevel").decode("utf-8", "surrogateescape").strip())
    except GitError:
        return "", False
    try:
        told = ask(
            folder, *_without_filters(folder), "status", "--porcelain=v1", "-z", "--untracked-files=all"
        )
    except GitError as error:
        return f"git could not say whether the work tree is clean: {error}", True
    places = {file.resolve() for file in changed}
    dirty: list[str] = []
    unknown: list[str] = []
    entries = iter(told.decode("utf-8", "surrogateescape").split("\0"))
    for entry in entries:
        state, path = entry[:2], entry[3:]
        if not path:
            continue
        if state[0] in "RC":  # the name before follows
            next(entries, "")
        if state == "??":
            if (top / path).resolve() in places:
                unknown.append(path)
        else:
            dirty.append(path)
    if dirty:
        return f"the git work tree has changes that are not committed ({_listed(dirty)})", True
    if unknown:
        return f"git does not know files that would be changed ({_listed(unknown)})", True
    ignored = _ignored(folder, top, places)
    return (f"git ignores files that would be changed ({_listed(ignored)})" if ignored else ""), True


def overlooked(root: Path, paths: Collection[str]) -> tuple[str, ...]:
    """Of files that are new below `root`, those that git would leave out of what is committed."""
    if not paths:
        return ()
    try:
        told = ask(root, "-c", "core.quotePath=false", "check-ignore", "--", *sorted(paths))
    except GitError:  # none, or no repository
        return ()
    return tuple(told.decode("utf-8", "surrogateescape").splitlines())


def _ignored(folder: Path, top: Path, places: Collection[Path]) -> list[str]:
    """Of the files, those that git does not track and would not tell."""
    if not places:
        return []
    try:
        told = ask(folder, "ls-files", "-z", "--full-name", "--", str(top))
    except GitError:
        return []
    tracked = {(top / path).resolve() for path in told.decode("utf-8", "surrogateescape").split("\0") if path}
    return sorted(str(place) for place in places if place not in tracked)


def _without_filters(folder: Path) -> list[str]:
    """Options that take away the filters which the repository's settings would run on its files."""
    try:
        told = ask(folder, "config", "-z", "--get-regexp", r"^filter\..*\.(clean|process)$")
    except GitError:  # there are none
        return []
    options: list[str] = []
    for entry in told.split(b"\0"):
        match = _FILTER.match(entry)
        if match:
            name = match["name"].decode("utf-8", "surrogateescape")
            for key, value in (("clean", ""), ("process", ""), ("required", "false")):
                options += ["-c", f"filter.{name}.{key}={value}"]
    return options


def _listed(paths: list[str]) -> str:
    shown = ", ".join(sorted(paths)[:_SHOWN])
    more = len(paths) - _SHOWN
    return shown + (f" and {more} more" if more > 0 else "")
