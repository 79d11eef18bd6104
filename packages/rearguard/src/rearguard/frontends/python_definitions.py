"""Python definitions: functions, lambdas, classes, decorators, parameters, fields."""

from dataclasses import dataclass, field
from typing import ClassVar

from tree_sitter import Node

from rearguard.frontends.python_expressions import ExpressionTable
from rearguard.frontends.python_statements import Statements, StatementTable
from rearguard.program import NO_VALUE, Class, Field, Op, Param

__all__ = ["Definitions"]

_BUILTIN_DECORATORS = frozenset({"staticmethod", "classmethod", "property"})
_IMPLICIT_KINDS = {
    "__init__": "constructor",
    "__new__": "classmethod",
    "__init_subclass__": "classmethod",
    "__class_getitem__": "classmethod",
}
"""Special methods that are what they are without a decorator (Python Language Reference, Data model)."""


@dataclass(slots=True)
class _Members:
    """What a class under construction has so far."""

    methods: dict[str, str] = field(default_factory=dict)
    fields: list[Field] = field(default_factory=list)


@dataclass(slots=True)
class _Parameters:
    """A parameter list under construction."""

    params: list[Param] = field(default_factory=list)
    patterns: list[Node] = field(default_factory=list)
    """Python 2 parameters that take a tuple apart."""
    keyword_only: bool = False


class Definitions(Statements):
    """Lowers what makes functions and classes."""

    def __init__(self, text: bytes, root: Node) -> None:
        super().__init__(text, root)
        self.members: dict[str, _Members] = {}

    # -- statements -------------------------------------------------------------------------------

    def function_definition(self, node: Node) -> None:
        """`def` without decorators."""
        self.bind(node, self.make_function(node, (), frozenset()))

    def class_definition(self, node: Node) -> None:
        """`class` without decorators."""
        self.bind(node, self.make_class(node, ()))

    def bind(self, node: Node, value: int) -> None:
        """Store a definition under its name."""
        name = node.child_by_field_name("name")
        if name is not None:
            self.assign(name, value, node)

    def decorated(self, node: Node) -> None:
        """A definition passed through its decorators, innermost first."""
        decorators: list[tuple[Node, int]] = []
        builtins: set[str] = set()
        calls: list[tuple[Node, int]] = []
        definition: Node | None = None
        for child in node.named_children:
            if child.type == "decorator":
                expressions = self.solid(child)
                if not expressions:
                    continue
                value = self.expression(expressions[0])
                decorators.append((child, value))
                name = self.source_text(expressions[0]) if expressions[0].type == "identifier" else ""
                if name in _BUILTIN_DECORATORS:
                    builtins.add(name)
                else:
                    calls.append((child, value))
                if expressions[0].type == "attribute" and self.source_text(expressions[0]).endswith(
                    ".setter"
                ):
                    builtins.add("setter")
                if self.binds_task(expressions[0]):
                    builtins.add("bound")
            elif child.type in ("function_definition", "class_definition"):
                definition = child
        if definition is None:
            return
        values = tuple(value for _, value in decorators)
        if definition.type == "function_definition":
            result = self.make_function(definition, values, frozenset(builtins))
        else:
            result = self.make_class(definition, values)
        for place, value in reversed(calls):
            result = self.emit(Op.CALL, place, args=(value, result))
        self.bind(definition, result)

    def binds_task(self, decorator: Node) -> bool:
        """Whether a decorator gives a function its task as first argument, which callers leave out:
        `@shared_task(bind=True)` (Celery, "Bound tasks").
        """
        called, given = decorator.child_by_field_name("function"), decorator.child_by_field_name("arguments")
        if called is None or given is None or not self.source_text(called).endswith("task"):
            return False
        named = (child for child in given.named_children if child.type == "keyword_argument")
        return any(self.source_text(child).replace(" ", "") == "bind=True" for child in named)

    # -- functions --------------------------------------------------------------------------------

    def make_function(self, node: Node, decorators: tuple[int, ...], builtins: frozenset[str]) -> int:
        """Lower a function, and emit the instruction that makes it."""
        parts = {child.type: child for child in node.children}
        name_node, returns = parts.get("identifier"), parts.get("type")
        name = "" if name_node is None else self.name_of(name_node)
        in_class = self.scope.kind == "class"
        owner = self.scope.name if in_class else ""
        kind = self.function_kind(name, builtins) if in_class else "function"
        parameters = self.parameters(parts.get("parameters"))
        receiver = ""
        if ((in_class and kind != "staticmethod") or "bound" in builtins) and parameters.params[:1]:
            first = parameters.params[0]
            if first.kind == "positional" and not first.name.startswith("$"):
                receiver = first.name
                del parameters.params[0]
        qualified = self.qualify(name)
        if owner:
            self.register_method(owner, name, qualified, kind)
        place = name_node or node
        with self.function(qualified, kind, node, owner, receiver):
            if receiver:
                self.scope.locals.add(receiver)
            self.bind_parameters(parameters)
            doc = self.body(parts.get("block"))
            self.finish(
                place.start_byte,
                place.end_byte,
                tuple(parameters.params),
                decorators,
                "" if returns is None else self.source_text(returns),
                "async" in parts,
                doc,
            )
        return self.emit(Op.FUNC, node, qualified)

    def function_kind(self, name: str, builtins: frozenset[str]) -> str:
        """What a function in a class body is."""
        for kind in ("staticmethod", "classmethod", "property", "setter"):
            if kind in builtins:
                return kind
        return _IMPLICIT_KINDS.get(name, "method")

    def register_method(self, owner: str, name: str, qualified: str, kind: str) -> None:
        """Enter a method in its class; a setter does not hide the getter."""
        methods = self.members[owner].methods
        if kind != "setter" or name not in methods:
            methods[name] = qualified

    def bind_parameters(self, parameters: _Parameters) -> None:
        """Make parameters local, and take apart those that are tuples."""
        self.scope.locals.update(param.name for param in parameters.params)
        for pattern in parameters.patterns:
            name = self.temporary()
            self.assign(pattern, self.emit(Op.LOAD, pattern, name), pattern)

    def body(self, node: Node | None) -> str:
        """Lower a definition's body; its docstring is returned instead."""
        if node is None:
            return ""
        children = self.solid(node)
        doc = ""
        if children and children[0].type == "expression_statement":
            first = children[0].named_children
            if len(first) == 1 and first[0].type in ("string", "concatenated_string"):
                text = self.constant_text(first[0])
                if text is not None and not text[1]:
                    doc = text[0]
                    children = children[1:]
        self.run_all(node, children)
        return doc

    def lambda_(self, node: Node) -> int:
        """An anonymous function that returns its body's value."""
        parameters_node = node.child_by_field_name("parameters")
        body = node.child_by_field_name("body")
        parameters = self.parameters(parameters_node)
        qualified = self.qualify("")
        place = parameters_node or node.children[0]
        renames = self.renames
        with self.function(qualified, "function", node):
            bound = {param.name for param in parameters.params}
            self.renames = {name: unique for name, unique in renames.items() if name not in bound}
            self.bind_parameters(parameters)
            if body is not None:
                self.act(Op.RETURN, body, args=(self.expression(body),))
            self.finish(place.start_byte, place.end_byte, tuple(parameters.params))
        self.renames = renames
        return self.emit(Op.FUNC, node, qualified)

    # -- parameters -------------------------------------------------------------------------------

    def parameters(self, node: Node | None) -> _Parameters:
        """Read a parameter list; defaults and annotations are computed here, outside the function."""
        result = _Parameters()
        for child in [] if node is None else node.named_children:
            kind = child.type
            if kind == "keyword_separator":
                result.keyword_only = True
            elif kind == "identifier":
                self.add_parameter(result, child, child, None, None)
            elif kind in ("typed_parameter", "default_parameter", "typed_default_parameter"):
                parts = self.solid(child)
                self.add_parameter(
                    result,
                    child,
                    child.child_by_field_name("name") or parts[0],
                    child.child_by_field_name("type"),
                    child.child_by_field_name("value"),
                )
            elif kind in ("list_splat_pattern", "dictionary_splat_pattern", "tuple_pattern"):
                self.add_parameter(result, child, child, None, None)
        return result

    def add_parameter(
        self, result: _Parameters, node: Node, target: Node, annotation: Node | None, default: Node | None
    ) -> None:
        """Append one parameter."""
        kind = "keyword" if result.keyword_only else "positional"
        if target.type == "tuple_pattern":
            result.patterns.append(target)
            name = f"${len(result.patterns)}"
        elif target.type == "identifier":
            name = self.name_of(target)
        else:
            inner = self.solid(target)
            name = self.name_of(inner[0]) if inner else ""
            if target.type == "list_splat_pattern":
                kind = "rest"
                result.keyword_only = True
            else:
                kind = "rest-map"
        result.params.append(
            Param(
                name,
                kind,
                NO_VALUE if default is None else self.expression(default),
                NO_VALUE if annotation is None else self.expression(annotation),
                "" if annotation is None else self.source_text(annotation),
                (),
                node.start_byte,
                node.end_byte,
            )
        )

    # -- classes ----------------------------------------------------------------------------------

    def make_class(self, node: Node, decorators: tuple[int, ...]) -> int:
        """Lower a class and its body, and emit the instruction that makes it."""
        name_node = node.child_by_field_name("name")
        place = name_node or node
        superclasses = node.child_by_field_name("superclasses")
        bases: list[int] = []
        texts: list[str] = []
        for child in [] if superclasses is None else self.solid(superclasses):
            if child.type == "keyword_argument":
                self.expression(child.children[-1])
                continue
            bases.append(self.expression(child))
            texts.append(self.source_text(child))
        qualified = self.qualify("" if name_node is None else self.name_of(name_node))
        parent = self.scope.name
        members = self.members[qualified] = _Members()
        with self.function(qualified, "class", node):
            doc = self.body(node.child_by_field_name("body"))
            self.finish(place.start_byte, place.end_byte, (), decorators, doc=doc)
        self.classes[qualified] = Class(
            qualified,
            tuple(bases),
            tuple(texts),
            members.methods,
            tuple(members.fields),
            decorators,
            parent,
            node.start_byte,
            node.end_byte,
        )
        return self.emit(Op.CLASS, node, qualified, tuple(bases))

    def field(
        self, target: Node, annotation: int, annotation_node: Node | None, default: int, node: Node
    ) -> None:
        """Record a field of the class whose body this is."""
        text = "" if annotation_node is None else self.source_text(annotation_node)
        self.members[self.scope.name].fields.append(
            Field(self.name_of(target), annotation, text, default, (), node.start_byte, node.end_byte)
        )

    expressions: ClassVar[ExpressionTable] = Statements.expressions | {"lambda": lambda_}
    statements: ClassVar[StatementTable] = Statements.statements | {
        "function_definition": function_definition,
        "class_definition": class_definition,
        "decorated_definition": decorated,
    }
