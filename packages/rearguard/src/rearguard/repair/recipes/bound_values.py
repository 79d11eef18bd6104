"""How a call is given the values that its text has placeholders for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tree_sitter import Node

from rearguard.findings import Edit
from rearguard.link import Selector, split_selector
from rearguard.models.concepts import SqlExecution
from rearguard.program import Instr, Op
from rearguard.repair.context import RepairContext
from rearguard.repair.imports import imported
from rearguard.repair.recipes.built_text import BuiltText
from rearguard.repair.recipes.sql_places import placeholders
from rearguard.repair.syntax import FUNCTIONS, RepairError, Tree, called, unwrap

__all__ = ["Bound", "Parameters"]

_CALLBACKS = ("cb", "callback", "done", "next")
_LOOPS = ("for_statement", "while_statement", "for_in_statement", "do_statement")


@dataclass(frozen=True, slots=True)
class Bound:
    """One value to bind."""

    name: str
    value: str
    """The expression."""
    number: int
    """From 1, among all placeholders (`$1`)."""
    before: int
    """Placeholders that the text had before it."""
    statement: Node | None
    """The assignment that adds its part of the text; `None` when the text is written at its use."""


class Parameters:
    """The values' place in the call, and the edits that put them there."""

    def __init__(self, context: RepairContext, tree: Tree, concept: SqlExecution, text: BuiltText) -> None:
        self._context = context
        self._tree = tree
        self._text = text
        self._style = concept.style
        self._concept = concept
        self._fid = context.target.fid
        self._call = context.call
        self._node = context.node(self._fid, context.target.value)
        self._bindparams = False
        selector = concept.parameters
        if not selector:
            selector = self._elsewhere()
        self._selector, self._keys = _parsed(selector)
        self._slot = self._existing() if not self._bindparams else None

    # -- where ------------------------------------------------------------------------------------

    @property
    def given(self) -> bool:
        """Whether the call binds values already."""
        return self._slot is not None

    @property
    def grows(self) -> bool:
        """Whether values must be collected as the text grows."""
        return self._text.grows and self._style != "named"

    def _elsewhere(self) -> str:
        """The selector when another call binds: the one that runs the text, or a prepared statement's."""
        outer = self._outer()
        if outer is not None:
            call, concept = outer
            self._call, self._node = call, self._context.node(self._fid, call.dst)
            return concept.parameters
        parent = self._node.parent
        if self._style == "qmark" and parent is not None and parent.type == "member_expression":
            following = parent.parent
            if following is not None and following.type == "call_expression":
                instr = self._instr(following)
                if instr is not None:
                    self._call, self._node = instr, following
                    return "(0:)"
        if self._style == "named" and self._tree.is_python:
            self._bindparams = True
            return "(0:)"
        raise RepairError("where the values are bound is not seen from here")

    def _outer(self) -> tuple[Instr, SqlExecution] | None:
        """The call that the text's call is an argument of, if that binds values."""
        view = self._context.view
        for instr in view.definitions(self._fid).values():
            if instr.op == Op.CALL and self._context.target.value in instr.args[1:]:
                tables = view.models.families[view.family(self._fid)]
                for name in self._context.names(self._fid, instr.args[0]):
                    for row in tables.calls.get(name, ()):
                        if isinstance(row.concept, SqlExecution) and row.concept.parameters:
                            return instr, row.concept
        return None

    def _instr(self, node: Node) -> Instr | None:
        for instr in self._context.view.definitions(self._fid).values():
            if instr.op == Op.CALL and (instr.start, instr.end) == (node.start_byte, node.end_byte):
                return instr
        return None

    def _existing(self) -> Node | None:
        """The expression that gives values now."""
        numbers = [
            self._call.args[1 + i] for i in self._selector.pick(len(self._call.args) - 1, self._call.keys)
        ]
        numbers = [number for number in numbers if not self._is_callback(number)]
        if not numbers:
            return None
        node = self._context.node(self._fid, numbers[0])
        for key in self._keys:
            inner = _entry(self._tree, node, key)
            if inner is None:
                return None
            node = inner
        return node

    def _is_callback(self, number: int) -> bool:
        node = self._context.node(self._fid, number)
        if node.type in FUNCTIONS or self._context.value(self._fid, number).functions:
            return True
        return node.type == "identifier" and self._tree.text(node) in _CALLBACKS

    # -- edits ------------------------------------------------------------------------------------

    def edits(self, bound: Sequence[Bound]) -> list[Edit]:
        """Everything but the text."""
        self._check_later(bound)
        wrap = self._wrap()
        if self._bindparams:
            pairs = ", ".join(f"{b.name}={b.value}" for b in bound)
            return [*wrap, self._tree.insert(self._node.end_byte, f".bindparams({pairs})")]
        if self.grows:
            return [*wrap, *self._collected(bound)]
        if self._slot is None:
            return [*wrap, self._added(bound)]
        return [*wrap, self._extended(self._slot, bound)]

    def _check_later(self, bound: Sequence[Bound]) -> None:
        """A value that is bound after the text was made must still be the same, and be there."""
        if self._text.first is None:
            return
        function = self._tree.function(self._node)
        for each in bound:
            if each.statement is None:
                continue
            if re.search(r"\b(?:await|yield|next)\b|\+\+|--", each.value):
                raise RepairError("the value cannot be worked out a second time where the text is run")
            if self._style == "named" and self._text.grows:
                self._check_unconditional(each)
            if self.grows:
                continue
            words = set(re.findall(r"[A-Za-z_$][\w$]*", each.value))
            for node in self._tree.walk(function):
                if each.statement.end_byte <= node.start_byte < self._node.start_byte and node.type in (
                    "assignment",
                    "assignment_expression",
                    "augmented_assignment",
                    "augmented_assignment_expression",
                ):
                    left = node.child_by_field_name("left")
                    if left is not None and self._tree.text(left) in words:
                        raise RepairError("the value changes between the text and the call")

    def _check_unconditional(self, each: Bound) -> None:
        if self._bindparams or not (self._concept.wraps or self._concept.path.startswith("sqlalchemy")):
            raise RepairError(
                "the text grows under conditions, and this call takes no value it does not need"
            )
        if re.search(r"[\[(]", each.value):
            raise RepairError("the value may not be there when its part of the text is not")
        parent = each.statement.parent if each.statement is not None else None
        while parent is not None and parent.type not in FUNCTIONS:
            if parent.type in _LOOPS:
                raise RepairError("the text grows in a loop")
            parent = parent.parent

    def _wrap(self) -> list[Edit]:
        """The text inside the call that binding needs (`sqlalchemy.text`)."""
        concept = self._concept
        if not concept.wraps:
            return []
        callee, _ = called(self._node)
        if self._tree.text(callee).endswith("exec_driver_sql"):
            raise RepairError("how this driver writes placeholders is not known")
        argument = self._context.node(self._fid, self._context.target.argument)
        name, import_edits = imported(self._context, self._tree, concept.wraps)
        return [
            *import_edits,
            self._tree.insert(argument.start_byte, f"{name}("),
            self._tree.insert(argument.end_byte, ")"),
        ]

    def _container(self, bound: Sequence[Bound], listed: bool = False) -> str:
        """The values as the library wants them."""
        if self._style == "named":
            return self._mapping([self._pair(b) for b in bound])
        values = [b.value for b in bound]
        if self._tree.is_python and not listed:
            return f"({values[0]},)" if len(values) == 1 else f"({', '.join(values)})"
        return f"[{', '.join(values)}]"

    def _mapping(self, pairs: Sequence[str]) -> str:
        return f"{{{', '.join(pairs)}}}" if self._tree.is_python else f"{{ {', '.join(pairs)} }}"

    def _pair(self, each: Bound) -> str:
        if self._tree.is_python:
            quote = self._tree.quote
            return f"{quote}{each.name}{quote}: {each.value}"
        return each.name if each.name == each.value else f"{each.name}: {each.value}"

    def _is_spread(self) -> bool:
        return self._selector.low is not None and self._selector.low >= 0 and self._selector.high is None

    def _added(self, bound: Sequence[Bound]) -> Edit:
        """A new argument, or a new key of the options."""
        _, arguments = called(self._node)
        text = ", ".join(b.value for b in bound) if self._is_spread() else self._container(bound)
        return self._argument(arguments, text)

    def _argument(self, arguments: Node, text: str) -> Edit:
        written = [n for n in arguments.named_children if n.type != "comment"]
        low = self._selector.low
        if low is None:
            text = f"{self._selector.keyword}={text}"
            low = len(written)
        if self._keys:
            holder = written[low] if low < len(written) else None
            if holder is not None and holder.type == "object" and len(self._keys) == 1:
                entries = [n for n in holder.named_children if n.type != "comment"]
                pair = text if self._keys[0] == text else f"{self._keys[0]}: {text}"
                if not entries:
                    return self._tree.replace(holder, f"{{ {pair} }}")
                return self._tree.insert(entries[-1].end_byte, f", {pair}")
            if holder is not None and holder.type not in FUNCTIONS:
                raise RepairError("the options of the call are not written here")
            text = "{ " + f"{self._keys[0]}: {text}" + " }"
        positional = [n for n in written if n.type not in ("keyword_argument",)]
        if low > len(positional):
            raise RepairError("the call has fewer arguments than expected")
        if low == 0:
            following = ", " if written else ""
            return self._tree.insert(arguments.start_byte + 1, text + following)
        previous = positional[low - 1]
        if self._tree.begins_line(previous) and previous.start_point[0] != arguments.start_point[0]:
            return self._tree.insert(previous.end_byte, f",\n{self._tree.indent(previous.start_byte)}{text}")
        return self._tree.insert(previous.end_byte, f", {text}")

    def _extended(self, slot: Node, bound: Sequence[Bound]) -> Edit:
        """More values in what is given already."""
        tree = self._tree
        if self._is_spread():
            _, arguments = called(self._node)
            last = [n for n in arguments.named_children if n.type != "comment"][-1]
            if self._style != "dollar" and any(b.before < self._placeholders() for b in bound):
                raise RepairError("the values that are bound already cannot be reordered")
            return tree.insert(last.end_byte, ", " + ", ".join(b.value for b in bound))
        entries = [n for n in slot.named_children if n.type != "comment"]
        if slot.type in ("dictionary", "object") and self._style == "named":
            pairs = [tree.text(n) for n in entries] + [self._pair(b) for b in bound]
            return self._rebuilt(slot, entries, self._mapping(pairs), [self._pair(b) for b in bound])
        if slot.type in ("tuple", "list", "array"):
            items = [tree.text(n) for n in entries]
            for each in sorted(bound, key=lambda b: b.number, reverse=True):
                position = len(entries) if self._style == "dollar" else each.before
                if position > len(entries):
                    raise RepairError("the values that are bound already do not fit the text")
                items.insert(position, each.value)
            opening, closing = ("(", ")") if slot.type == "tuple" else ("[", "]")
            return tree.replace(slot, f"{opening}{', '.join(items)}{closing}")
        if slot.type != "identifier":
            raise RepairError("the values that are bound already are not written here")
        name = tree.text(slot)
        if self._style == "named":
            spread = f"**{name}" if tree.is_python else f"...{name}"
            return tree.replace(slot, self._mapping([spread, *(self._pair(b) for b in bound)]))
        if any(b.before < self._placeholders() for b in bound) and self._style != "dollar":
            raise RepairError("the values that are bound already cannot be reordered")
        values = ", ".join(b.value for b in bound)
        return tree.replace(slot, f"(*{name}, {values})" if tree.is_python else f"[...{name}, {values}]")

    def _placeholders(self) -> int:
        return len(placeholders(self._text.atoms, self._style))

    def _rebuilt(self, slot: Node, entries: list[Node], whole: str, pairs: list[str]) -> Edit:
        """A container on one line is written anew; in one of several lines, a line is added."""
        if not entries or slot.start_point[0] == slot.end_point[0]:
            return self._tree.replace(slot, whole)
        indent = self._tree.indent(entries[-1].start_byte)
        return self._tree.insert(entries[-1].end_byte, "".join(f",\n{indent}{pair}" for pair in pairs))

    def _collected(self, bound: Sequence[Bound]) -> list[Edit]:
        """A list that grows with the text."""
        tree, first = self._tree, self._text.first
        if first is None or self._style == "dollar" or self._is_spread():
            raise RepairError("the text grows under conditions, so its placeholders cannot be numbered")
        edits: list[Edit] = []
        slot = self._slot
        if slot is not None and slot.type == "identifier":
            name = tree.text(slot)
            stored = self._context.stores(self._fid, name)
            definitions = self._context.view.definitions(self._fid)
            made = definitions.get(stored[0].args[0]) if len(stored) == 1 else None
            if made is None or made.op != Op.COLLECT or made.name != "list":
                raise RepairError("the values that are bound already are not collected in a list")
            if any(b.statement is not None and b.statement.id == first.id for b in bound):
                raise RepairError("the values that are bound already cannot be reordered")
        else:
            name = self._new_name()
            items = [tree.text(n) for n in slot.named_children if n.type != "comment"] if slot else []
            items += [b.value for b in bound if b.statement is None or b.statement.id == first.id]
            declared = "" if tree.is_python else "const "
            edits.append(tree.after(first, f"{declared}{name} = [{', '.join(items)}]{tree.semicolon}"))
            if slot is not None:
                edits.append(tree.replace(slot, name))
            else:
                _, arguments = called(self._node)
                edits.append(self._argument(arguments, name))
        verb = "append" if tree.is_python else "push"
        by_statement: dict[int, list[Bound]] = {}
        nodes: dict[int, Node] = {}
        for each in bound:
            if each.statement is not None and each.statement.id != first.id:
                by_statement.setdefault(each.statement.id, []).append(each)
                nodes[each.statement.id] = each.statement
        for key, many in by_statement.items():
            lines = "\n".join(f"{name}.{verb}({b.value}){tree.semicolon}" for b in many)
            edits.append(tree.after(nodes[key], lines))
        return edits

    def _new_name(self) -> str:
        function = self._context.function
        taken = function.locals | self._context.module_names(self._tree.source.path)
        return next(name for name in ("params", "parameters", "values", "bound") if name not in taken)


def _parsed(selector: str) -> tuple[Selector, tuple[str, ...]]:
    _, parsed, keys = split_selector(selector)
    if parsed is None:
        raise RepairError("how the call binds values is not known")
    return parsed, keys


def _entry(tree: Tree, node: Node, key: str) -> Node | None:
    """The value under a key of an object written here."""
    for child in unwrap(node).named_children:
        if child.type == "pair":
            name, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            if name is not None and value is not None and tree.text(name).strip("'\"") == key:
                return value
        elif child.type == "shorthand_property_identifier" and tree.text(child) == key:
            return child
    return None
