"""Who calls an Express handler, asked by the guard that other routes have."""

import posixpath
import re
from collections import Counter

from tree_sitter import Node

from rearguard.link import Kind, function_id
from rearguard.program import MODULE_BODY
from rearguard.repair.imports import import_script, is_module
from rearguard.repair.recipes.handlers.callers import Caller, script_caller
from rearguard.repair.recipes.handlers.script_handler import ScriptHandler
from rearguard.repair.syntax import RepairError

__all__ = ["authenticate", "caller_of", "registered"]


_NAMED = re.compile(r"auth|login|logged|session(?!s)|user|admin|staff|member|owner|signed", re.IGNORECASE)
"""How guards are called."""


def authenticate(handler: ScriptHandler) -> None:
    """Refuse callers that nobody knows: the guard that other routes have, else a test of the caller."""
    guard = _guard(handler)
    if guard:
        place = registered(handler)
        apart = f",\n{handler.tree.indent(place.start_byte)}"
        between = apart if handler.tree.begins_line(place) else ", "
        handler.edits.append(handler.tree.insert(place.start_byte, f"{guard}{between}"))
        return
    handler.first.append(
        handler.unless(f"!{caller_of(handler).present}", handler.refusal(401, "Please log in"))
    )


def caller_of(handler: ScriptHandler) -> Caller:
    """How the caller is known. Raises RepairError when the project knows none."""
    found = handler.context.once(script_caller, handler.req, handler.context.is_fragment)
    if found is None:
        raise RepairError("nothing in the project says who calls")
    return found


def registered(handler: ScriptHandler) -> Node:
    """The handler's expression in the call that registers it."""
    value = handler.route.handler.value
    if value is None or handler.context.path(value[0]) != handler.tree.source.path:
        raise RepairError("where the handler is registered is not seen from here")
    node = handler.context.node(*value)
    if node.parent is None or node.parent.type != "arguments":
        raise RepairError("the handler is not registered in a call of its own")
    return node


def _guard(handler: ScriptHandler) -> str:
    """The name of a middleware that refuses unknown callers on other routes, if it can be named here."""
    path = handler.tree.source.path
    variables = handler.context.view.linker.variables.get(function_id(path, MODULE_BODY), {})
    beside = [
        route
        for route in handler.context.routes
        if route.span.path == handler.route.span.path and route.span != handler.route.span
    ]
    asked = Counter(
        link.label
        for route in beside
        for link in {link.label: link for link in route.chain}.values()
        if link.label in variables and _NAMED.search(link.label)
    )
    if asked:
        return min(asked.items(), key=lambda item: (-item[1], item[0]))[0]
    if beside:
        raise RepairError("nothing beside it asks for a login: see whether it is meant for all")
    links = [link for route in handler.context.routes for link in route.chain]
    for name in sorted(variables):
        functions = {ref.id for ref in variables[name] if ref.kind is Kind.FUNCTION}
        for link in links:
            if _NAMED.search(name) and link.label == name and functions & set(link.functions):
                return name
    return _imported_guard(handler, links_of={link.label: link.functions for link in links})


def _imported_guard(handler: ScriptHandler, links_of: dict[str, tuple[str, ...]]) -> str:
    """A guard of another file, imported as its neighbours are; "" when there is none."""
    for label, functions in sorted(links_of.items()):
        if not re.fullmatch(
            r"(require|ensure|is|check)\w*(Auth|Login|LoggedIn|Authenticated|User)\w*", label
        ):
            continue
        if not functions or label in handler.context.module_names(handler.tree.source.path):
            continue
        home = handler.context.path(functions[0])
        line = _import_line(handler, label, home)
        if line:
            handler.need(import_script(handler.tree, line))
            return label
    return ""


def _import_line(handler: ScriptHandler, name: str, home: str) -> str:
    """An import as other files of the project import the same name, seen from this file."""
    folder = posixpath.dirname(handler.tree.source.path)
    target = posixpath.relpath(posixpath.splitext(home)[0], folder or ".")
    if not target.startswith("."):
        target = f"./{target}"
    quote, semicolon = handler.tree.quote, handler.tree.semicolon
    if is_module(handler.tree):
        ending = ".js" if b".js'" in handler.tree.source.text or b'.js"' in handler.tree.source.text else ""
        return f"import {{ {name} }} from {quote}{target}{ending}{quote}{semicolon}"
    return f"const {{ {name} }} = require({quote}{target}{quote}){semicolon}"
