"""Records that are looked up by what callers show, as it is or by its digest: keys, sessions, tokens of one's own."""

import re
from dataclasses import dataclass

from rearguard.analysis.access.atoms import Atom, normal
from rearguard.analysis.access.principals import is_open, is_shown
from rearguard.analysis.identity import words
from rearguard.checks.base import Context

__all__ = ["ShownSecrets", "shown_secrets"]

_SECRET = re.compile(r"(?:^|_)(?:token|key|secret|sid|session_?id|jti|hash|digest)(?:_|$)")
_HASHES = re.compile(
    r"(?:^|_)(?:sha\d*|md5|hash\w*|digest\w*|hmac|hexdigest|blake\w*|create_hash|fingerprint)(?:_|$)"
)
_OF_LOGIN = re.compile(r"token|key|session|refresh|login|credential|device|agent")
_MEANT_TO_BE_SEEN = re.compile(
    r"invit|join|share|slug|public|unsub|short|refer|feed|ical|calendar|confirm|verif|activ|idempot|foreign|sort|"
    r"primary|storage|object|file|cache|partition|(?:^|_)key_?(?:id|prefix|name)|code"
)
"""Words of what members are shown, or of what opens no account."""


@dataclass(frozen=True, slots=True)
class ShownSecrets:
    """What is looked up, by `normal` name of the record and column."""

    as_shown: frozenset[tuple[str, str]]
    digested: frozenset[tuple[str, str]]


def shown_secrets(context: Context) -> ShownSecrets:
    """Asked once per review."""
    held = context.notes.get("shown secrets")
    if isinstance(held, ShownSecrets):
        return held
    as_shown: set[tuple[str, str]] = set()
    digested: set[tuple[str, str]] = set()
    for row in context.matrix:
        facts = row.surface.facts if row.surface is not None else ()
        for touch in (fact.touch for fact in facts if fact.touch is not None):
            for column, atoms in touch.keys:
                if not touch.resource or not _SECRET.search(words(column)):
                    continue
                shown = [atom for atom in atoms if is_shown(atom) or is_open(atom) or _is_handed(atom)]
                place = normal(touch.resource), column
                if not shown:
                    continue
                if _hashes(context, touch.fid):
                    digested.add(place)
                elif _is_kept_back(touch.resource, column, shown):
                    as_shown.add(place)
    found = context.notes["shown secrets"] = ShownSecrets(frozenset(as_shown - digested), frozenset(digested))
    assert isinstance(found, ShownSecrets)
    return found


def _hashes(context: Context, fid: str) -> bool:
    """Whether a function calls something that makes a digest, by its name."""
    definitions = context.view.definitions(fid)
    callees = (definitions.get(call.args[0]) for call in context.view.linker.contents(fid).calls)
    return any(callee is not None and _HASHES.search(words(callee.name)) for callee in callees)


def _is_handed(atom: Atom) -> bool:
    """A parameter of a dependency, which is told what it gets by its annotation."""
    return (
        atom.kind == "parameter" and len(atom.path) == 1 and _SECRET.search(words(atom.path[0])) is not None
    )


def _is_kept_back(resource: str, column: str, shown: list[Atom]) -> bool:
    """Whether what is looked up stands for somebody, and is not there to be passed on."""
    spelled = words(f"{resource}_{column}")
    if _MEANT_TO_BE_SEEN.search(spelled):
        return False
    return _OF_LOGIN.search(words(resource)) is not None or any(map(is_shown, shown))
