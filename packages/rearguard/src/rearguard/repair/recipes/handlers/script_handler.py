"""A handler of an Express application while it is rewritten: its parts, and what was added to it."""

import re

from tree_sitter import Node

from rearguard.findings import Edit
from rearguard.repair.context import RepairContext
from rearguard.repair.helpers import top_level
from rearguard.repair.imports import in_block
from rearguard.repair.recipes.handlers.layout import laid_out
from rearguard.repair.syntax import RepairError, Tree, indented, quoted

__all__ = ["ScriptHandler"]

_UPDATES = ("PUT", "PATCH")
_ANSWER = re.compile(r"\.status\(\s*[45]\d\d\s*\)\s*\.(json|send)\(\s*(?:\{\s*(\w+)\s*:)?")


class ScriptHandler:
    """One handler. Each step adds edits; `edits` are the repair."""

    def __init__(self, context: RepairContext) -> None:
        if context.route is None or not context.handler:
            raise RepairError("the handler is not known")
        self.context = context
        self.route = context.route
        self.fid = context.handler
        self.tree: Tree = context.tree(context.path(self.fid))
        if self.route.framework not in ("express", ""):
            raise RepairError("handlers of this framework are not rewritten")
        function = context.view.function(self.fid)
        names = [param.name for param in function.params]
        if len(names) < 2 or any(name.startswith("$") for name in names[:2]):
            raise RepairError("the handler's request and response have no names")
        self.req, self.res = names[0], names[1]
        self.node = self.tree.at(function.start, function.end)
        body = self.node.child_by_field_name("body")
        if body is None or body.type != "statement_block":
            raise RepairError("the handler has no block to put statements into")
        self.body = body
        self.statements = [n for n in body.named_children if n.type != "comment"]
        if not self.statements:
            raise RepairError("the handler is empty")
        self.edits: list[Edit] = []
        self.needs = ""
        """A package that the repair uses and no file of the project imports yet."""
        self.imports: list[Edit] = []
        self.first: list[str] = []
        """Lines to put before the first statement."""
        self.checked: set[str] = set()

    def refusal(self, status: int, message: str, more: str = "") -> str:
        """`return res.status(...)...` as the handler refuses already. `more` are further keys."""
        quote, semicolon = self.tree.quote, self.tree.semicolon
        match = _ANSWER.search(self.tree.text(self.body))
        text = quoted(message, quote)
        if match is not None and match[1] == "send" and match[2] is None and not more:
            return f"return {self.res}.status({status}).send({text}){semicolon}"
        key = match[2] if match is not None and match[2] else "error"
        if more:
            unit = self.tree.unit
            inside = f"\n{unit}{key}: {text},\n{unit}{more.removeprefix(', ')},\n"
            return f"return {self.res}.status({status}).json({{{inside}}}){semicolon}"
        return f"return {self.res}.status({status}).json({{ {key}: {text} }}){semicolon}"

    def unless(self, condition: str, answer: str) -> str:
        """An `if` of three lines."""
        return f"if ({condition}) {{\n{indented(answer, self.tree.unit)}}}\n"

    def fix(self) -> list[Edit]:
        """All edits."""
        if self.first:
            self.edits.insert(0, self.tree.before(self.statements[0], "".join(self.first)))
        statement = top_level(self.tree, self.node)
        return laid_out(self.tree, statement, [*in_block(self.imports), *self.edits])

    def outer(self, node: Node) -> Node:
        """The statement of the handler's own block around a node."""
        while node.parent is not None and node.parent.id != self.body.id:
            node = node.parent
        return node

    def before(self, statement: Node, lines: str) -> None:
        """Put lines before a statement of the handler's own block."""
        if statement.id == self.statements[0].id:
            self.first.append(lines)
        else:
            self.edits.append(self.tree.before(statement, lines))

    def after(self, statement: Node | None, lines: str) -> None:
        """Put lines after a statement; at the start of the handler when there is none."""
        if statement is None:
            self.first.append(lines)
        else:
            self.edits.append(self.tree.after(statement, lines))

    def need(self, edits: list[Edit]) -> None:
        """Add imports, each once."""
        self.imports += [e for e in edits if e not in self.imports]

    def free(self, *names: str) -> str:
        """The first name that is not taken. Raises RepairError when all are."""
        function = self.context.view.function(self.fid)
        taken = function.locals | self.context.module_names(self.tree.source.path)
        for name in names:
            if name not in taken:
                return name
        raise RepairError(f"the names {', '.join(names)} are all taken")
