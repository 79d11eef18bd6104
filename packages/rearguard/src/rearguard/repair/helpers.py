"""What several recipes put beside the code they repair: helper functions, loggers, names of their own."""

import re

from tree_sitter import Node

from rearguard.findings import Edit
from rearguard.link import function_id
from rearguard.program import MODULE_BODY, Op, instructions
from rearguard.repair.context import RepairContext
from rearguard.repair.imports import imported, script_module
from rearguard.repair.syntax import RepairError, Tree, quoted

__all__ = ["Logging", "constant", "free_name", "helper", "imported_modules", "logging_of", "upper_snake"]

_COMMENTS = ("comment",)


def top_level(tree: Tree, node: Node) -> Node:
    """The statement of the module that holds a node."""
    return tree.root.child_with_descendant(node) or node


def helper(context: RepairContext, tree: Tree, near: Node, name: str, text: str) -> list[Edit]:
    """Define a function before the statement that needs it; nothing if the file has the same one already.

    Raises RepairError when the name is taken by something else.
    """
    if name in context.module_names(tree.source.path):
        for node in tree.root.named_children:
            if " ".join(tree.text(node).split()) == " ".join(text.split()):
                return []
        raise RepairError(f"the file uses the name `{name}` for something else")
    top = top_level(tree, near)
    previous = top.prev_named_sibling
    while (
        previous is not None
        and previous.type in _COMMENTS
        and previous.end_point[0] + 1 == top.start_point[0]
        and tree.begins_line(previous)
    ):
        top, previous = previous, previous.prev_named_sibling
    gap = "\n\n\n" if tree.is_python else "\n\n"
    return [tree.insert(tree.line_start(top.start_byte), text.rstrip("\n") + gap)]


def constant(context: RepairContext, tree: Tree, line: str) -> Edit:
    """Put a module-level statement after the imports: those at the top, unless it needs a later one."""
    imports: list[Node] = []
    at_the_top = 0
    begun = False
    for node in tree.root.named_children:
        if _is_import(tree, node):
            imports.append(node)
            at_the_top += not begun
        elif node.type not in ("comment", "expression_statement"):
            begun = True
    last = imports[-1] if imports else None
    needed = re.search(r"=\s*([A-Za-z_]\w*)", line)
    if at_the_top and not _binds(tree, imports[at_the_top:], needed[1] if needed else ""):
        last = imports[at_the_top - 1]
    if last is None:
        docstring = next(iter(tree.root.named_children), None)
        is_text = docstring is not None and docstring.type == "expression_statement"
        if docstring is not None and is_text and docstring.named_children[0].type == "string":
            last = docstring
    if last is None:
        return tree.insert(0, f"{line}\n\n")
    end = tree.line_end(max(0, last.end_byte - 1))
    return tree.insert(end, f"\n{line}\n")


def _is_import(tree: Tree, node: Node) -> bool:
    return node.type in ("import_statement", "import_from_statement", "future_import_statement") or (
        not tree.is_python
        and node.type in ("lexical_declaration", "variable_declaration")
        and "require(" in tree.text(node)
    )


def _binds(tree: Tree, imports: list[Node], name: str) -> bool:
    """Whether one of the imports makes a name known."""
    return any(re.search(rf"\b{re.escape(name)}\b", tree.text(node)) for node in imports)


def free_name(context: RepairContext, tree: Tree, *names: str) -> str:
    """The first of `names` that neither the function nor the module uses. Raises RepairError."""
    taken = context.function.locals | context.module_names(tree.source.path)
    for name in names:
        if name not in taken:
            return name
    raise RepairError(f"the names {', '.join(names)} are all taken")


def upper_snake(name: str) -> str:
    """`jwtSecret` as `JWT_SECRET`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", name)
    return words.strip("_").upper()


def imported_modules(context: RepairContext) -> frozenset[str]:
    """Packages that some file of the project imports, as written and by their first part."""
    found: set[str] = set()
    for function in context.view.linker.functions.values():
        if function.kind == "module":
            found.update(i.name for i in instructions(function.body) if i.op == Op.IMPORT)
    return frozenset(found | {name.partition(".")[0] for name in found})


class Logging:
    """How a file writes its log."""

    def __init__(
        self, name: str, is_python: bool, quote: str, edits: list[Edit], takes_error_first: bool = False
    ) -> None:
        self._name = name
        self._is_python = is_python
        self._quote = quote
        self._takes_error_first = takes_error_first
        self.edits = edits
        """What makes the logger known, if it is not yet."""

    def error(self, message: str, *values: str, error: str = "", handling: bool = True) -> str:
        """A call that records an error. `values` are expressions; `error` is the variable that holds it.

        `handling` says that the call stands in an `except` clause, where Python knows the error by itself.
        In Python the message gets `%s` for each value.
        """
        if self._is_python:
            text = quoted(message + (":" + " %s" * len(values) if values else ""), self._quote)
            if handling:
                return f"{self._name}.exception({', '.join((text, *values))})"
            return f"{self._name}.error({', '.join((text, *values, f'exc_info={error}'))})"
        if self._takes_error_first:
            # https://getpino.io/#/docs/api?id=logging-method-parameters: what follows the text is dropped.
            return f"{self._name}.error({error}, {self._text(message, *values)})"
        return f"{self._name}.error({', '.join((quoted(message, self._quote), *values, error))})"

    def warning(self, message: str, *values: str) -> str:
        """A call that records something that is no error of the program; as `error` takes them."""
        if not self._is_python:
            return f"{self._name}.warn({self._text(message, *values)})"
        text = message + " %s" * len(values)
        return f"{self._name}.warning({', '.join((quoted(text, self._quote), *values))})"

    def _text(self, message: str, *values: str) -> str:
        """One text, whatever a logger of JavaScript makes of what it is given beside it."""
        if not values:
            return quoted(message, self._quote)
        holes = " ".join(f"${{{value}}}" for value in values)
        return f"`{message} {holes}`"


def logging_of(context: RepairContext, tree: Tree) -> Logging:
    """The file's own logger; `logging.getLogger(__name__)` or `console` when it has none."""
    path = tree.source.path
    body = function_id(path, MODULE_BODY)
    variables = context.view.linker.variables.get(body, {})
    for name, refs in sorted(variables.items()):
        if any(own.endswith(":Logger") for ref in refs for own in ref.names) and name.isidentifier():
            return Logging(name, tree.is_python, tree.quote, [])
    names = context.module_names(path)
    if not tree.is_python:
        known = next(
            (name for name in ("logger", "log") if name in names and _has_error(tree, name)), "console"
        )
        pino = bool(imported_modules(context) & {"pino", "pino-http", "bunyan"})
        return Logging(known, False, tree.quote, [], takes_error_first=pino and known != "console")
    if "logger" in names:
        raise RepairError("the file uses the name `logger` for something else")
    called, edits = imported(context, tree, "logging.getLogger")
    line = f"logger = {called}(__name__)"
    if not edits:
        return Logging("logger", True, tree.quote, [constant(context, tree, line)])
    made = constant(context, tree, line)
    if made.span.start < edits[0].span.start:
        # Where imports come late, the name is known only below its own.
        made = tree.insert(edits[0].span.end, f"\n{line}\n")
    return Logging("logger", True, tree.quote, [*edits, made])


def _has_error(tree: Tree, name: str) -> bool:
    """Whether the file calls `name.error`, `name.warn` or `name.info`: then it is a logger."""
    return re.search(rb"\b" + name.encode() + rb"\.(?:error|warn|info)\(", tree.source.text) is not None


def random_id(context: RepairContext, tree: Tree) -> tuple[str, list[Edit]]:
    """An expression that gives a new identifier, and the edits that it needs."""
    if tree.is_python:
        called, edits = imported(context, tree, "uuid.uuid4")
        return f"{called}().hex", edits
    for node in tree.walk():
        is_name = node.type in ("shorthand_property_identifier_pattern", "import_specifier")
        if is_name and tree.text(node) == "randomUUID":
            return "randomUUID()", []
    module, edits = script_module(tree, "node:crypto", "crypto")
    if not edits or "crypto" not in context.module_names(tree.source.path):
        return f"{module}.randomUUID()", edits
    return f"{module}.randomUUID()", []
