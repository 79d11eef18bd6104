"""SQL put together from values becomes one text with placeholders, and the values are bound.

Binding in each library's own way is what its row (`SqlExecution`) says; PEP 249 for Python drivers,
https://docs.sqlalchemy.org/en/20/core/sqlelement.html#sqlalchemy.sql.expression.text for SQLAlchemy.
"""

import re
from dataclasses import dataclass, replace

from tree_sitter import Node

from rearguard.findings import Disposition, Edit, Fix
from rearguard.link import split_selector
from rearguard.models.concepts import SqlExecution
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.recipes.bound_values import Bound, Parameters
from rearguard.repair.recipes.built_text import BuiltText, Hole, Literal, read_text
from rearguard.repair.recipes.composed import composed
from rearguard.repair.recipes.helper_call import at_the_call
from rearguard.repair.recipes.sql_places import Place, placeholders, places
from rearguard.repair.syntax import RepairError, Tree, unwrap

__all__ = ["bind_parameters"]

_ESCAPED = re.compile(r"escape|quote|replace\(|literal\(", re.IGNORECASE)
_CONSTANT_NAME = re.compile(r"_?[A-Z][A-Z0-9_]*")
_FORMAT_DRIVERS = (b"psycopg", b"MySQLdb", b"mysql", b"aiopg", b"django", b"pymssql")
"""What is imported where placeholders are written `%s`."""
_OF_REQUEST = re.compile(r"\w+\.(?:body|query|params)(?:\??\.\w+|\[['\"]\w+['\"]\])")
_MYSQL = re.compile(rb"['\"](?:mysql2?|mariadb)(?:/promise)?['\"]")
_NAMES = (
    "what is put into the text is no value: a column, a direction or a piece of SQL has no placeholder; "
    "choose it from a list of allowed ones"
)


def bind_parameters(context: RepairContext) -> Fix:
    """Bind every value of the statement's text."""
    concept = context.target.concept
    if not isinstance(concept, SqlExecution):
        raise RepairError("the place runs no SQL that is known")
    if concept.style in ("", "none"):
        raise RepairError("this call binds no values; use one that does")
    concept = _spoken_here(context, context.here, concept)
    context, concept = at_the_call(context, concept)
    tree = context.here
    node = _text_node(context, concept)
    text = read_text(tree, node)
    chosen = _chosen(tree, text)
    binding = _Binding(context, tree, concept, text, chosen)
    return binding.fix()


def _spoken_here(context: RepairContext, tree: Tree, concept: SqlExecution) -> SqlExecution:
    """The concept with the placeholder of sqlite3, where that is the only driver in sight: a cursor that came
    from elsewhere is known by its shape alone, and drivers differ in how they write placeholders."""
    if not tree.is_python or concept.style != "format" or b"sqlite3" not in tree.source.text:
        return concept
    others = any(driver in s.text for s in context.sources.values() for driver in _FORMAT_DRIVERS)
    return concept if others else replace(concept, style="qmark")


def _text_node(context: RepairContext, concept: SqlExecution) -> Node:
    """The expression that gives the statement's text."""
    number = context.target.argument
    _, _, keys = split_selector(concept.path)
    for key in keys:
        inner = context.value(context.target.fid, number).key(key)
        if inner is not None:
            number = inner.value
    return unwrap(context.node(context.target.fid, number))


def _chosen(tree: Tree, text: BuiltText) -> list[Place]:
    """The places to bind. Raises RepairError when there is none."""
    chosen: list[Place] = []
    names = 0
    for place in places(text.atoms):
        if all(_is_fixed(tree, hole) for hole in place.holes):
            continue
        if not place.bindable:
            names += 1
            continue
        for hole in place.holes:
            if _ESCAPED.search(tree.text(hole.node)):
                raise RepairError("the value is escaped by hand already; bound, it would be escaped twice")
        chosen.append(place)
    if not chosen:
        raise RepairError(_NAMES if names else "the text holds no value to bind")
    return chosen


def _is_fixed(tree: Tree, hole: Hole) -> bool:
    """Whether a hole is a constant by its name, as the names of tables and columns are."""
    last = tree.text(unwrap(hole.node)).rpartition(".")[2]
    return _CONSTANT_NAME.fullmatch(last) is not None


_TYPED = re.compile(r"(?:\bdate_bin\(|\binterval|\btimestamptz?|\bdate|\btime)\s*$", re.IGNORECASE)
"""What stands before a literal that the database reads as something else than a text."""


@dataclass
class _Binding:
    """One statement being rewritten."""

    context: RepairContext
    tree: Tree
    concept: SqlExecution
    text: BuiltText
    chosen: list[Place]

    def fix(self) -> Fix:
        """The whole repair."""
        style = self.concept.style
        existing = placeholders(self.text.atoms, style)
        parameters = Parameters(self.context, self.tree, self.concept, self.text)
        if style == "qmark" and existing and not parameters.given:
            raise RepairError("the text has question marks of its own")
        taken = {text[1:] for _, text in existing} if style == "named" else set()
        bound: list[Bound] = []
        edits: list[Edit] = []
        number = max((int(text[1:]) for _, text in existing), default=0) if style == "dollar" else 0
        for place in self.chosen:
            preceding = "".join(atom.text for atom in self.text.atoms[: place.index])
            if _TYPED.search(preceding.rstrip("'")):
                raise RepairError("an interval or a time stands here, and drivers bind a text as a text only")
            value = self._value(place)
            same = next((b for b in bound if b.value == value and style in ("named", "dollar")), None)
            if same is None:
                number += 1
                name = _free(self._name(place), taken)
                taken.add(name)
                before = sum(1 for index, _ in existing if index < place.index)
                same = Bound(name, value, number, before, place.atoms[0].statement)
                bound.append(same)
            edits += self._place(place, _mark(style, same, parameters.grows))
        edits += self._literals(parameters.given)
        edits += parameters.edits(bound)
        exact = all(place.exact for place in self.chosen)
        return proposed(
            "Bind the values instead of writing them into the SQL text",
            Disposition.SAFE if exact else Disposition.REVIEW,
            *edits,
        )

    # -- values -----------------------------------------------------------------------------------

    def _value(self, place: Place) -> str:
        """The expression to bind: the value, or the text around it as one expression."""
        only = place.inner[0].hole if len(place.inner) == 1 else None
        if only is not None and only.form == ":d":
            # A number that is written as a number needs no writing to be bound.
            return self.tree.text(only.node)
        text = composed(self.tree, place.inner)
        if self._is_filled_in() and len(place.atoms) > 1 and _OF_REQUEST.fullmatch(text):
            # Drivers that fill the text in themselves write an object out as SQL; in quotes it was a text.
            return f"String({text})"
        return text.replace("''", "'") if len(place.inner) > 1 else text

    def _is_filled_in(self) -> bool:
        """Whether the driver fills the text in by itself, as those of MySQL do."""
        if self.concept.style != "qmark" or self.tree.is_python:
            return False
        return any(_MYSQL.search(source.text) for source in self.context.sources.values())

    def _name(self, place: Place) -> str:
        """A name for the value, from the expression."""
        text = self.tree.text(place.holes[0].node)
        keys = re.findall(r"\[\s*['\"](\w+)['\"]\s*\]|\(\s*['\"](\w+)['\"]", text)
        if keys:
            found = keys[-1][0] or keys[-1][1]
        else:
            words = re.findall(r"[A-Za-z_]\w*", text)
            found = words[-1] if words else "value"
        return found if found.isidentifier() else "value"

    # -- the text ---------------------------------------------------------------------------------

    def _place(self, place: Place, mark: str) -> list[Edit]:
        """Put a placeholder where the value is written."""
        first, last = place.atoms[0], place.atoms[-1]
        start, left = first.start, first.literal
        if first.hole is not None and first.literal is None:
            left = first.hole.left
            if left is None:
                raise RepairError("the text begins with a value")
            start = left.end
        if last.hole is not None and last.literal is None:
            right = last.hole.right
            if left is not None and right is not None and self._joined(left, right):
                return [self.tree.edit(start, right.start, mark)]
            return [self.tree.edit(start, last.end, mark + left.delimiter if left else mark)]
        if left is None or last.literal is None:
            raise RepairError("the text is put together in a way that is not taken apart")
        if left is last.literal or self._joined(left, last.literal):
            return [self.tree.edit(start, last.end, mark)]
        raise RepairError("the parts of the text are quoted in different ways")

    def _joined(self, left: Literal, right: Literal) -> bool:
        """Whether two literals can become one."""
        return (left.prefix, left.delimiter, left.how) == (right.prefix, right.delimiter, right.how) and (
            left.tail is None and right.tail is None
        )

    def _literals(self, had_parameters: bool) -> list[Edit]:
        """What the literals no longer need: the `f`, doubled braces, the values after `%`."""
        bound = {id(hole) for place in self.chosen for hole in place.holes}
        covered = [(place.atoms[0].start, place.atoms[-1].end) for place in self.chosen]
        edits: list[Edit] = []
        changed: list[Literal] = []
        for literal in self.text.literals:
            mine = [hole for hole in literal.holes if id(hole) in bound]
            if literal.how in ("percent", "format"):
                if len(mine) != len(literal.holes):
                    raise RepairError(_NAMES)
                if mine and literal.tail is not None:
                    edits.append(self.tree.edit(*literal.tail, ""))
                    edits += self._single(literal, covered)
                continue
            if not mine:
                continue
            kept = len(mine) != len(literal.holes) or self._has_other_holes(literal)
            changed.append(literal)
            if literal.how == "f-string" and not kept:
                start = literal.node.start_byte
                edits.append(
                    self.tree.edit(start, start + len(literal.prefix), literal.prefix.replace("f", ""))
                )
                edits += self._single(literal, covered)
            elif literal.how == "template" and not kept:
                edits += self._plain_quotes(literal, covered)
        if self.concept.style == "format" and not had_parameters:
            edits += self._doubled_percents(covered)
        return edits

    def _has_other_holes(self, literal: Literal) -> bool:
        """Whether a variable stands in the literal that was looked through."""
        inside = [
            child
            for child in literal.node.named_children
            if child.type in ("interpolation", "template_substitution")
        ]
        return len(inside) != len(literal.holes)

    def _single(self, literal: Literal, covered: list[tuple[int, int]]) -> list[Edit]:
        """Undouble what was doubled for the sake of the holes."""
        edits: list[Edit] = []
        for start, end in literal.doubled:
            if any(low <= start and end <= high for low, high in covered):
                continue
            if literal.how == "percent" and self.concept.style == "format":
                continue
            edits.append(self.tree.edit(start, start + (end - start) // 2, ""))
        return edits

    def _plain_quotes(self, literal: Literal, covered: list[tuple[int, int]]) -> list[Edit]:
        """A template literal of one line that needs no backticks gets the file's quotes."""
        quote = self.tree.quote
        rest = [
            atom.text
            for atom in self.text.atoms
            if atom.literal is literal and not any(low <= atom.start < high for low, high in covered)
        ]
        raw = self.tree.slice(literal.start, literal.end)
        if any(c in "'\"`\n\r\\" for text in rest for c in text) or "\\" in raw or "\n" in raw:
            return []
        if literal.node.parent is not None and literal.node.parent.type == "call_expression":
            return []
        node = literal.node
        return [
            self.tree.edit(node.start_byte, literal.start, quote),
            self.tree.edit(literal.end, node.end_byte, quote),
        ]

    def _doubled_percents(self, covered: list[tuple[int, int]]) -> list[Edit]:
        """With values bound, a driver of this style reads `%` in the text as a marker."""
        edits: list[Edit] = []
        for atom in self.text.atoms:
            if atom.text != "%" or atom.hole is not None or atom.literal is None:
                continue
            if any(low <= atom.start < high for low, high in covered):
                continue
            if atom.end - atom.start == 1:
                edits.append(self.tree.insert(atom.end, "%"))
        return edits


def _mark(style: str, bound: Bound, grows: bool) -> str:
    if style == "named":
        return f":{bound.name}"
    if style == "dollar":
        if grows:
            raise RepairError("the text grows under conditions, so its placeholders cannot be numbered")
        return f"${bound.number}"
    return {"qmark": "?", "format": "%s"}[style]


def _free(name: str, taken: set[str]) -> str:
    found, count = name, 2
    while found in taken:
        found, count = f"{name}_{count}", count + 1
    return found
