"""The application that a control is put into: where it is made, under which name, and how it imports."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tree_sitter import Node

from rearguard.analysis.settings import Uses
from rearguard.implement.plan import RefusedError
from rearguard.models import Endpoint
from rearguard.models.settings_concepts import ProtectiveHeaders
from rearguard.models.view import CallView
from rearguard.program import Source, Span
from rearguard.repair import RepairError, Tree
from rearguard.review import Program

__all__ = ["FRAMEWORKS", "Application", "find"]

FRAMEWORKS = {"fastapi": "FastAPI", "flask": "Flask", "django": "Django", "express": "Express"}
"""Frameworks that a control can be put into, with their names."""
_MAKERS = {
    "fastapi": ("fastapi.FastAPI", "fastapi.applications.FastAPI"),
    "flask": ("flask.Flask", "flask.app.Flask"),
    "express": ("express", "express.default"),
}
_REGISTRATIONS = frozenset(
    ("use", "get", "post", "put", "patch", "delete", "options", "head", "all", "route", "param")
)
_SERVES = re.compile(r"\b(?:listen|createServer|createSecureServer)\s*\(")


@dataclass(frozen=True)
class Application:
    """One application, as the review engine read it."""

    root: Path
    """The reviewed folder."""
    program: Program
    framework: str
    path: str
    """The file that makes it; for Django its settings."""
    variable: str
    """The name it has there: `app`, `this.app`; "" for Django."""
    factory: str
    """The function that makes it, or "" when the module does."""
    creation: Span
    tree: Tree
    statement: Node
    """The statement that makes it, or for Django the list of its middleware."""
    manifests: Mapping[str, bytes]
    """package.json, requirements and such, by path below the root."""
    _cache: dict[str, object] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """`src/app.js:18 (Express)`."""
        line = self.tree.source.line_of(self.creation.start)
        return f"{self.path}:{line} ({FRAMEWORKS[self.framework]})"

    @property
    def routes(self) -> tuple[Endpoint, ...]:
        """Routes of its framework."""
        return tuple(route for route in self.program.routes if route.framework == self.framework)

    @property
    def is_python(self) -> bool:
        """Whether it is Python."""
        return self.framework != "express"

    @property
    def is_typescript(self) -> bool:
        """Whether its file is TypeScript."""
        return self.tree.source.language in ("typescript", "tsx")

    @property
    def folder(self) -> str:
        """The folder of its file, "" for the root."""
        return posixpath.dirname(self.path)

    @property
    def package_root(self) -> str:
        """The folder of the nearest manifest at or above its file: "" when there is none."""
        folder = self.folder
        while folder:
            if any(posixpath.dirname(path) == folder for path in self.manifests):
                return folder
            folder = posixpath.dirname(folder)
        return ""

    # -- where to write ---------------------------------------------------------------------------

    def registrations(self) -> tuple[Node, ...]:
        """Statements of its file that register something on it, in order."""
        found = [node for node in self._statements() if self._registers(node)]
        return tuple(sorted(found, key=lambda node: node.start_byte))

    def _statements(self) -> Iterator[Node]:
        for node in self.tree.walk():
            if node.type == "expression_statement":
                yield node

    def _registers(self, node: Node) -> bool:
        text = self.tree.text(node)
        own = re.escape(self.variable)
        if node.start_byte <= self.statement.start_byte or _SERVES.search(text.partition("{")[0]):
            return False
        member = re.match(rf"(?:await\s+)?{own}\s*\.\s*(\w+)", text)
        if member:
            return member[1] in _REGISTRATIONS
        # `registerRoutes(app)`: whoever is given the application registers on it.
        return bool(re.match(rf"(?:await\s+)?[\w.]+\(\s*(?:[^()]*,\s*)?{own}\s*[,)]", text))

    def siblings(self) -> list[Node]:
        """Statements of the block in which it is made."""
        parent = self.statement.parent
        return list(parent.named_children) if parent is not None else [self.statement]

    def beside(self) -> list[Node]:
        """Statements beside its construction that register something on it, in order."""
        ours = {node.start_byte for node in self.registrations()}
        return [node for node in self.siblings() if node.start_byte in ours]

    def sets_headers(self, statement: Node) -> bool:
        """Whether a statement only has protective headers put on all answers: `app.use(helmet())`."""
        call = statement.named_children[0] if statement.named_children else statement
        arguments = call.child_by_field_name("arguments")
        callee = call.child_by_field_name("function")
        given = arguments.named_children if arguments is not None else []
        if callee is None or self.tree.text(callee) != f"{self.variable}.use" or len(given) != 1:
            return False
        if "csrf" in self.tree.text(given[0]):
            return False  # lusca refuses as well, where it is told to
        here = Span(self.path, given[0].start_byte, given[0].end_byte)
        return any(use.span == here for use in Uses(self.program.view).of(ProtectiveHeaders))

    # -- what else is known -----------------------------------------------------------------------

    def calls(self, *names: str) -> list[CallView]:
        """Calls of API paths anywhere in the program."""
        return list(self.program.view.calls(*names))

    def imports(self, *packages: str) -> str:
        """Where one of the packages is imported, as `path:line`, or ""."""
        names = "|".join(re.escape(name) for name in packages)
        python = re.compile(rf"^[ \t]*(?:from|import)[ \t]+(?:{names})\b".encode(), re.MULTILINE)
        script = re.compile(rf"(?:\bfrom|\brequire\(|\bimport\(?)\s*['\"](?:{names})['\"/]".encode())
        for source in self.texts("python", "javascript", "typescript", "tsx"):
            match = (python if source.language == "python" else script).search(source.text)
            if match:
                return f"{source.path}:{source.line_of(match.start())}"
        return ""

    def mentions(self, pattern: str, *, outside_of_handlers: bool = False) -> str:
        """Where its code first matches a pattern, whatever the case, as `path:line`, or "";
        `outside_of_handlers`: where it does so for more than one endpoint's answers.
        """
        handlers = self._handlers() if outside_of_handlers else ()
        found = re.compile(pattern.encode(), re.IGNORECASE)
        languages = ("python",) if self.is_python else ("javascript", "typescript", "tsx")
        for source in self.texts(*languages):
            for match in found.finditer(source.text):
                at = match.start()
                if not any(span.path == source.path and span.start <= at < span.end for span in handlers):
                    return f"{source.path}:{source.line_of(at)}"
        return ""

    def _handlers(self) -> list[Span]:
        """The functions that answer endpoints."""
        view, module_of = self.program.view, self.program.linker.module_of
        found = {fid for route in self.program.routes for fid in route.handler.functions}
        return [
            Span(module_of[fid], view.function(fid).start, view.function(fid).end) for fid in sorted(found)
        ]

    def texts(self, *languages: str) -> Iterator[Source]:
        """Sources of some languages, by path."""
        for _, source in sorted(self.program.sources.items()):
            if source.language in languages:
                yield source


def find(root: Path, program: Program, manifests: Mapping[str, bytes], at: str = "") -> Application:
    """The one application of a program; `at` (`path` or `path:line`) chooses among several.

    Raises RefusedError when there is none, more than one, or one whose construction cannot be extended.
    """
    found = [*_made(program), *_django(program)]
    if at:
        wanted, _, line = at.partition(":")
        found = [
            (framework, span)
            for framework, span in found
            if span.path == wanted
            and (not line or str(program.sources[span.path].line_of(span.start)) == line)
        ]
    if not found:
        where = f" at {at}" if at else ""
        raise RefusedError(
            f"no application was found{where}: no call of FastAPI(), Flask() or express(), no Django "
            f"settings "
            "with MIDDLEWARE"
        )
    if len(found) > 1:
        places = ", ".join(
            f"{span.path}:{program.sources[span.path].line_of(span.start)}" for _, span in found
        )
        raise RefusedError(f"there are {len(found)} applications: say which with --at PATH:LINE ({places})")
    framework, span = found[0]
    return _application(root, program, manifests, framework, span)


def _made(program: Program) -> Iterator[tuple[str, Span]]:
    for framework, names in _MAKERS.items():
        for call in program.view.calls(*names):
            yield framework, call.span


def _django(program: Program) -> Iterator[tuple[str, Span]]:
    for path, source in sorted(program.sources.items()):
        if source.language == "python" and b"MIDDLEWARE" in source.text and b"django." in source.text:
            tree = Tree(source)
            for node in tree.root.named_children:
                value = _assigned(tree, node, "MIDDLEWARE")
                if value is not None and value.type in ("list", "tuple"):
                    yield "django", Span(path, value.start_byte, value.end_byte)


def _assigned(tree: Tree, statement: Node, name: str) -> Node | None:
    """The value that a statement assigns to a plain name."""
    if statement.type != "expression_statement" or not statement.named_children:
        return None
    node = statement.named_children[0]
    left = node.child_by_field_name("left")
    if node.type != "assignment" or left is None or tree.text(left) != name:
        return None
    return node.child_by_field_name("right")


def _application(
    root: Path, program: Program, manifests: Mapping[str, bytes], framework: str, span: Span
) -> Application:
    source = program.sources[span.path]
    tree = Tree(source)
    try:
        node = tree.at(span.start, span.end)
        statement = tree.statement(node)
    except RepairError as error:
        raise RefusedError(f"{span.path}: {error}") from None
    variable = "" if framework == "django" else _variable(tree, node)
    where = f"{span.path}:{source.line_of(span.start)}"
    if framework != "django" and not variable:
        raise RefusedError(
            f"{where}: the application is not given a name where it is made; assign it to a variable first"
        )
    if not tree.begins_line(statement) and statement.type != "export_statement":
        raise RefusedError(f"{where}: several statements share the line that makes the application")
    return Application(
        root,
        program,
        framework,
        span.path,
        variable,
        _factory(tree, statement),
        span,
        tree,
        statement,
        manifests,
    )


def _variable(tree: Tree, node: Node) -> str:
    """The name that the value is assigned to, the nearest of several (`app = module.exports = express()`)."""
    current: Node | None = node
    found = ""
    while current is not None and current.type not in ("expression_statement", "block", "statement_block"):
        name = current.child_by_field_name("name" if current.type == "variable_declarator" else "left")
        if (
            current.type in ("variable_declarator", "assignment_expression", "assignment")
            and name is not None
        ):
            text = tree.text(name)
            if text not in ("module.exports", "exports"):
                found = text
        if current.type in ("call", "call_expression") and current is not node and current != node:
            return ""
        current = current.parent
    return found


def _factory(tree: Tree, statement: Node) -> str:
    function = tree.function(statement)
    if function is None:
        return ""
    name = function.child_by_field_name("name")
    if name is None and function.parent is not None and function.parent.type == "variable_declarator":
        name = function.parent.child_by_field_name("name")
    return tree.text(name) if name is not None else "?"
