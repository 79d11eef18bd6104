"""A handler of a FastAPI or Flask application while it is rewritten: its parts, and what was added to it."""

import re

from rearguard.findings import Edit
from rearguard.repair.context import RepairContext
from rearguard.repair.helpers import top_level
from rearguard.repair.imports import import_python, imported, sort_key
from rearguard.repair.recipes.handlers.callers import Caller
from rearguard.repair.syntax import RepairError, Tree, quoted

__all__ = ["PythonHandler"]


_ANSWER = re.compile(
    r"return (jsonify\(\{\s*(['\"])(\w+)\2:|jsonify\((\w+)=|\{\s*(['\"])(\w+)\5:)[^\n]*, 4\d\d"
)


class PythonHandler:
    """One handler. Each step adds edits; `fix` gives them."""

    def __init__(self, context: RepairContext) -> None:
        if context.route is None or not context.handler:
            raise RepairError("the handler is not known")
        self.context = context
        self.route = context.route
        self.is_flask = self.route.framework.startswith("flask")
        if not self.is_flask and self.route.framework not in ("fastapi", "starlette"):
            raise RepairError("handlers of this framework are not rewritten")
        self.fid = context.handler
        self.tree: Tree = context.tree(context.path(self.fid))
        self.function = context.view.function(self.fid)
        self.node = self.tree.at(self.function.start, self.function.end)
        if self.node.type == "decorated_definition":
            self.node = self.node.named_children[-1]
        body = self.node.child_by_field_name("body")
        parameters = self.node.child_by_field_name("parameters")
        if body is None or parameters is None or self.node.type != "function_definition":
            raise RepairError("the handler is not a plain function")
        self.body, self.parameters = body, parameters
        self.statements = [n for n in body.named_children if n.type != "comment"]
        if self.statements and self.statements[0].type == "expression_statement" and self.function.doc:
            self.statements = self.statements[1:]
        if not self.statements:
            raise RepairError("the handler is empty")
        self.edits: list[Edit] = []
        self.needs = ""
        """A package that the repair uses and no file of the project imports yet."""
        self.imports: dict[str, set[str]] = {}
        self.added: list[str] = []
        """Parameters to add."""
        self.changed: dict[int, str] = {}
        """Offset of a parameter -> what it becomes."""
        self.first: list[str] = []
        self.models: list[str] = []
        self.known_caller: Caller | None = None
        self.numbers: set[str] = set()
        """Path parameters that `identify` made numbers."""

    def refusal(self, status: int, message: str) -> str:
        """The statement that ends the request, as the handler does it already."""
        text = quoted(message, self.tree.quote)
        if not self.is_flask:
            return f"raise {self.name_of('fastapi.HTTPException')}({status}, {text})"
        match = _ANSWER.search(self.tree.text(self.body))
        if match is not None:
            key = match[3] or match[4] or match[6]
            if match[4]:
                return f"return jsonify({key}={text}), {status}"
            pair = f"{{{self.tree.quote}{key}{self.tree.quote}: {text}}}"
            return f"return {'jsonify(' + pair + ')' if match[3] else pair}, {status}"
        return f"{self.name_of('flask.abort')}({status})"

    @property
    def error_key(self) -> str:
        """The key under which a Flask handler says what is wrong."""
        match = _ANSWER.search(self.tree.text(self.body))
        return (match[3] or match[4] or match[6]) if match is not None else "error"

    def name_of(self, path: str) -> str:
        """What the file calls an API path; imports it if it must."""
        name, edits = imported(self.context, self.tree, path)
        self.edits += [e for e in edits if e not in self.edits]
        return name

    def need(self, module: str, *names: str) -> None:
        """Import names of one module in one statement."""
        known = self.context.module_names(self.tree.source.path)
        missing = {name for name in names if name not in known}
        if missing:
            self.imports.setdefault(module, set()).update(missing)

    def fix(self) -> list[Edit]:
        """All edits."""
        if self.first:
            self.edits.append(self.tree.before(self.statements[0], "".join(self.first)))
        if self.added or self.changed:
            self.edits.append(self._signature())
        imports = [
            each
            for module, names in self.imports.items()
            for each in import_python(
                self.tree, f"from {module} import {', '.join(sorted(names, key=sort_key))}"
            )
        ]
        self.edits = [*imports, *self.edits]
        if self.models:
            top = top_level(self.tree, self.node)
            text = "\n\n".join(self.models)
            self.edits.append(self.tree.insert(self.tree.line_start(top.start_byte), f"{text}\n\n"))
        return self.edits

    def _signature(self) -> Edit:
        """The parameters written anew: those without a default first, one a line where they do not fit."""
        texts: list[str] = []
        for node in self.parameters.named_children:
            text = self.changed.get(node.start_byte, self.tree.text(node))
            if text:
                texts.append(text)
        plain = [t for t in [*texts, *self.added] if "=" not in re.sub(r"\(.*\)|\[.*\]", "", t)]
        given = [t for t in [*texts, *self.added] if t not in plain]
        ordered = [*plain, *given] if not any(t.startswith("*") for t in texts) else [*texts, *self.added]
        line = self.tree.source.line_text(self.tree.source.line_of(self.parameters.start_byte))
        head = len(line.partition("(")[0])
        tail = len(self.function.returns) + 8
        joined = ", ".join(ordered)
        if (
            self.parameters.start_point[0] == self.parameters.end_point[0]
            and head + len(joined) + tail <= 100
        ):
            return self.tree.replace(self.parameters, f"({joined})")
        indent = self.tree.indent(self.parameters.start_byte)
        lines = "".join(f"{indent}    {text},\n" for text in ordered)
        return self.tree.replace(self.parameters, f"(\n{lines}{indent})")
