"""Where in an SQL text a value stands: there is a placeholder only for values, never for names or clauses."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rearguard.repair.recipes.built_text import Atom, Hole

__all__ = ["Place", "placeholders", "places"]

_COMPARED = re.compile(
    r"(?:=|<|>|\|\||\b(?:i?like|between|then|else|when|interval|similar to|regexp))\s*\(?\s*$",
    re.IGNORECASE,
)
_COUNT = re.compile(r"\b(?:limit|offset|top)\s*\(?\s*$", re.IGNORECASE)
_ARITHMETIC = re.compile(r"[-+*/]\s*$")
_RANGE = re.compile(r"\bbetween\s+\S+\s+and\s*$", re.IGNORECASE)
_VALUES = re.compile(r"\bvalues\s*(?:\([^()]*\)\s*,\s*)*\([^()]*$", re.IGNORECASE)
_IN = re.compile(r"\bin\s*\(?\s*(?:[^()]*,)?\s*$", re.IGNORECASE)
_ARGUMENT = re.compile(
    r"\b(?!in\b|values\b|from\b|into\b|select\b|and\b|or\b|where\b|on\b|using\b)\w+\((?:[^()]*,)?\s*$",
    re.IGNORECASE,
)
_MARKS = {
    "qmark": re.compile(r"\?"),
    "format": re.compile(r"%s"),
    "named": re.compile(r"(?<![:\w\\]):([A-Za-z_]\w*)(?!:)"),
    "dollar": re.compile(r"\$(\d+)"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """One value of the text: a hole outside quotes, or a quoted text with holes in it."""

    atoms: tuple[Atom, ...]
    """What a placeholder replaces, quotes included."""
    bindable: bool
    exact: bool
    """Whether binding certainly means the same for proper values: it stands in quotes or is compared."""
    index: int
    """Index of the first atom."""

    @property
    def inner(self) -> tuple[Atom, ...]:
        """The atoms without quotes."""
        quoted = len(self.atoms) > 1 and self.atoms[0].hole is None
        return self.atoms[1:-1] if quoted else self.atoms

    @property
    def holes(self) -> list[Hole]:
        """The holes inside."""
        return [atom.hole for atom in self.atoms if atom.hole is not None]


def places(atoms: Sequence[Atom]) -> list[Place]:
    """The values of a text in order."""
    found: list[Place] = []
    position = 0
    while position < len(atoms):
        atom = atoms[position]
        if atom.text in ("'", '"', "`") and atom.hole is None:
            end = _closing(atoms, position)
            inside = atoms[position : end + 1]
            if any(each.hole is not None for each in inside):
                closed = end < len(atoms)
                found.append(Place(tuple(inside), closed and atom.text == "'", True, position))
            position = end + 1
            continue
        if atom.hole is not None:
            bindable, exact = _judge(_plain(atoms[:position]), _plain(atoms[position + 1 :]))
            found.append(Place((atom,), bindable, exact, position))
        position += 1
    return found


def _closing(atoms: Sequence[Atom], start: int) -> int:
    """Index of the quote that closes the one at `start`; `len(atoms)` when none does."""
    quote = atoms[start].text
    position = start + 1
    while position < len(atoms):
        if atoms[position].text == quote:
            if position + 1 < len(atoms) and atoms[position + 1].text == quote:
                position += 2
                continue
            return position
        position += 1
    return position


def _plain(atoms: Sequence[Atom]) -> str:
    """The text with holes as names."""
    return "".join("\x01" if atom.hole is not None else atom.text for atom in atoms)


def _judge(before: str, after: str) -> tuple[bool, bool]:
    """Whether a value can be bound between two texts, and whether that certainly means the same."""
    if before[-1:].isalnum() or before[-1:] in ("_", ".", "\x01") or after[:1] in (".", "\x01"):
        return False, False
    if after[:1].isalnum() or after[:1] == "_":
        return False, False
    stripped = before.rstrip()
    if _COUNT.search(before):
        return True, False
    if _COMPARED.search(before) or _RANGE.search(before) or _VALUES.search(before):
        return True, True
    if _IN.search(before):
        return False, False
    if _ARGUMENT.search(before):
        return True, False
    if _ARITHMETIC.search(stripped) and re.search(r"\b(?:where|set|on)\b", before, re.IGNORECASE):
        return True, False
    return False, False


def placeholders(atoms: Sequence[Atom], style: str) -> list[tuple[int, str]]:
    """Placeholders of a style that the text holds already, outside quotes: `(atom index, text)`."""
    pattern = _MARKS.get(style)
    if pattern is None:
        return []
    shown: list[str] = []
    position = 0
    while position < len(atoms):
        atom = atoms[position]
        if atom.text in ("'", '"', "`") and atom.hole is None:
            end = min(_closing(atoms, position), len(atoms) - 1)
            shown.extend(" " * (end - position + 1))
            position = end + 1
            continue
        shown.append("\x01" if atom.hole is not None else atom.text[:1] or " ")
        position += 1
    return [(match.start(), match[0]) for match in pattern.finditer("".join(shown))]
