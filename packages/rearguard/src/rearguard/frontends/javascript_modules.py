"""Imports and exports of ECMAScript modules and their TypeScript forms."""

from collections.abc import Callable

from tree_sitter import Node

from rearguard.frontends.javascript_base import IGNORED, JavaScript
from rearguard.frontends.javascript_classes import lower_class
from rearguard.frontends.javascript_functions import DECLARATIONS, declare_function
from rearguard.frontends.javascript_patterns import string_value
from rearguard.frontends.javascript_statements import (
    VARIABLES,
    lexical_names,
    named_declaration,
    namespace_names,
)
from rearguard.frontends.javascript_types import is_renaming, qualified_name
from rearguard.program import Op

IMPORT = int(Op.IMPORT)
EXPORT = int(Op.EXPORT)

CLASSES = frozenset({"class_declaration", "abstract_class_declaration", "class"})
NAMESPACES = frozenset({"internal_module", "module"})


def _module_name(low: JavaScript, node: Node) -> str | None:
    source = node.child_by_field_name("source")
    return None if source is None else string_value(low, source)


def _specified(low: JavaScript, node: Node) -> tuple[str, str]:
    """The names of an import or export specifier: before and after `as`."""
    name = node.child_by_field_name("name")
    alias = node.child_by_field_name("alias")
    first = "" if name is None else _specifier_name(low, name)
    return first, first if alias is None else _specifier_name(low, alias)


def _specifier_name(low: JavaScript, node: Node) -> str:
    return string_value(low, node) if node.type == "string" else low.chars_of(node)


# -- imports --------------------------------------------------------------------------------------


def _import_clauses(node: Node) -> list[Node]:
    """The parts of an import that bind names."""
    found = []
    stack = [node]
    while stack:
        inner = stack.pop()
        kind = inner.type
        if kind in ("import_statement", "import_clause", "named_imports"):
            stack.extend(reversed([child for child in inner.children if child.is_named]))
        elif kind in ("identifier", "namespace_import", "import_specifier", "import_require_clause"):
            found.append(inner)
    return found


def _bound_by(low: JavaScript, clause: Node) -> str:
    if clause.type == "identifier":
        return low.chars_of(clause)
    if clause.type == "import_specifier":
        return _specified(low, clause)[1]
    identifier = next((child for child in clause.children if child.type == "identifier"), None)
    return "" if identifier is None else low.chars_of(identifier)


def import_names(low: JavaScript, node: Node) -> list[str]:
    """The names an import binds."""
    return [_bound_by(low, clause) for clause in _import_clauses(node)]


def import_statement(low: JavaScript, node: Node) -> None:
    """Imports are hoisted: they run before the rest of the module."""
    clauses = _import_clauses(node)
    module = _module_name(low, node)
    if module is None:
        module = next((found for clause in clauses if (found := _module_name(low, clause)) is not None), None)
    if module is None:
        return
    if not clauses:
        low.put(IMPORT, node, module)
    for clause in clauses:
        kind = clause.type
        member: str | None = None
        if kind == "identifier":
            member = "default"
        elif kind == "import_specifier":
            member = _specified(low, clause)[0]
        value = low.put(IMPORT, clause, module, (), (), member)
        name = _bound_by(low, clause)
        if name:
            low.write(name, value, node)


def import_alias_names(low: JavaScript, node: Node) -> list[str]:
    """The name that TypeScript's `import x = a.b` binds."""
    return [low.chars_of(child) for child in node.children if child.type == "identifier"][:1]


def import_alias(low: JavaScript, node: Node) -> None:
    parts = [child for child in node.children if child.is_named and child.type not in IGNORED]
    if len(parts) == 2:
        low.write(low.chars_of(parts[0]), qualified_name(low, parts[1]), node)


# -- exports --------------------------------------------------------------------------------------


def _declared_names(low: JavaScript, node: Node) -> list[str]:
    kind = node.type
    if kind in VARIABLES:
        return lexical_names(low, node)
    if kind in CLASSES or kind in DECLARATIONS or kind == "enum_declaration":
        return named_declaration(low, node)
    return namespace_names(low, node) if kind in NAMESPACES else []


def export_names(low: JavaScript, node: Node) -> list[str]:
    """The names an export declares in its block."""
    declaration = node.child_by_field_name("declaration")
    if declaration is None or declaration.type == "variable_declaration":
        return []
    return _declared_names(low, declaration)


def export_hoisted(low: JavaScript, node: Node) -> None:
    """An exported function declaration is made where its block starts."""
    declaration = node.child_by_field_name("declaration")
    if declaration is not None and declaration.type in DECLARATIONS:
        declare_function(low, declaration)


def export_statement(low: JavaScript, node: Node) -> None:
    children = node.children
    words = {child.type for child in children if not child.is_named}
    module = _module_name(low, node)
    declaration = node.child_by_field_name("declaration")
    if module is not None:
        _reexport(low, node, module)
    elif declaration is not None:
        _export_declaration(low, node, declaration, "default" in words)
    elif "namespace" not in words:
        value = node.child_by_field_name("value")
        for child in children:
            if child.type == "export_clause":
                low.last_exports.append(_later(low, child))
            elif value is None and "=" in words and child.kind_id in low.values:
                value = child
        if value is not None:
            _export_value(low, node, value, "=" if "=" in words else "default")


def _export_value(low: JavaScript, node: Node, value: Node, name: str) -> None:
    if value.type == "class":
        decorators = [child for child in node.children if child.type == "decorator"]
        low.do(EXPORT, node, name, (lower_class(low, value, decorators),))
    else:
        low.do(EXPORT, node, name, (low.value(value),))


def _export_declaration(low: JavaScript, node: Node, declaration: Node, default: bool) -> None:
    kind = declaration.type
    names = _declared_names(low, declaration)
    if kind in CLASSES:
        decorators = [child for child in node.children if child.type == "decorator"]
        value = lower_class(low, declaration, decorators)
        if names:
            low.write(names[0], value, node)
        else:
            _export(low, node, "default", value)
            return
    elif kind == "type_alias_declaration":
        alias = declaration.child_by_field_name("name")
        renamed = alias is not None and is_renaming(low, declaration)
        _, steps = low.read_block([declaration])
        low.perform(steps)
        if alias is not None and renamed and low.namespace is None:
            names = [low.chars_of(alias)]
    elif kind not in DECLARATIONS:
        _, steps = low.read_block([declaration])
        low.perform(steps)
    for name in names:
        if low.namespace is not None:
            low.namespace.append(name)
        else:
            _export(low, node, "default" if default else name, low.load(name, node))


def _export(low: JavaScript, node: Node, name: str, value: int) -> None:
    low.do(EXPORT, node, name, (value,))


def _reexport(low: JavaScript, node: Node, module: str) -> None:
    """`export ... from`."""
    clauses = [child for child in node.children if child.type in ("export_clause", "namespace_export")]
    if not clauses:
        _export(low, node, "*", low.put(IMPORT, node, module))
    for clause in clauses:
        if clause.type == "namespace_export":
            names = [child for child in clause.children if child.is_named]
            if names:
                _export(low, clause, _specifier_name(low, names[-1]), low.put(IMPORT, node, module))
            continue
        for specifier in clause.children:
            if specifier.type == "export_specifier":
                name, alias = _specified(low, specifier)
                value = low.put(IMPORT, specifier, module, (), (), name)
                _export(low, specifier, alias, value)


def _later(low: JavaScript, clause: Node) -> Callable[[], None]:
    """Emits a clause's exports at the end of the module: bindings are live."""

    def emit() -> None:
        for specifier in clause.children:
            if specifier.type == "export_specifier":
                name, alias = _specified(low, specifier)
                _export(low, specifier, alias, low.load(name, specifier))

    return emit
