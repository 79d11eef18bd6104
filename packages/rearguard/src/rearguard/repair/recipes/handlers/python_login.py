"""Who calls a FastAPI or Flask handler, asked and named as the project does it elsewhere."""

import posixpath
import re
from collections import Counter
from dataclasses import replace

from tree_sitter import Node

from rearguard.link import Kind
from rearguard.program import Op, Param
from rearguard.repair.helpers import imported_modules
from rearguard.repair.recipes.handlers.callers import Caller, python_caller, session_caller
from rearguard.repair.recipes.handlers.python_handler import PythonHandler
from rearguard.repair.syntax import RepairError

__all__ = ["authenticate", "caller_of"]

_GUARD = re.compile(
    r"(?:\w+\.)?(?:login_required|auth_required|require_\w*(?:auth|login|user)\w*|jwt_required\(\))"
)
_CALLER = re.compile(
    r"Depends\(\s*\w*(?:current|user|auth)\w*\s*\)|^\w+\s*:\s*\w*(?:Current|Auth)\w*User\w*$"
)
_CLASS = re.compile(r"\b[A-Z]\w*")
_MAKES = re.compile(r"_*(?:create|register|sign_?up|make|new|add)(?:_|$)")
"""Names of functions that make what they return."""


def authenticate(handler: PythonHandler) -> None:
    """Ask for a login the way other endpoints do."""
    if handler.is_flask:
        _decorate(handler)
    elif not _depend(handler):
        caller_of(handler)


def caller_of(handler: PythonHandler) -> Caller:
    """How the caller is known here. Raises RepairError when the project does not say."""
    if handler.known_caller is None:
        handler.known_caller = _flask_caller(handler) if handler.is_flask else _fastapi_caller(handler)
    return handler.known_caller


def _flask_caller(handler: PythonHandler) -> Caller:
    known = handler.context.module_names(handler.tree.source.path)
    # A local variable of that name says nothing: only the extension's proxy does.
    extension = "flask_login" in imported_modules(handler.context)
    holders = ("g.user", "g.current_user", "request.user", *(("current_user",) if extension else ()))
    found = handler.context.once(python_caller, holders)
    if found is None:
        found = handler.context.once(session_caller, handler.tree.quote)
    if found is None:
        raise RepairError("nothing in the project says who calls")
    if found.present == "current_user":
        # The proxy of somebody who is not logged in is an object too.
        found = replace(found, present="current_user.is_authenticated")
    root = found.present.partition(".")[0]
    if root not in known:
        modules = {"g": "flask.g", "request": "flask.request", "session": "flask.session"}
        handler.name_of(modules.get(root, f"flask_login.{root}"))
    return found


def _fastapi_caller(handler: PythonHandler) -> Caller:
    own = [p for p in handler.function.params if _CALLER.search(_written(handler, handler.fid, p))]
    name = own[0].name if own else _principal(handler)
    found = handler.context.once(python_caller, (name,))
    if found is None:
        found = Caller(name, f"{name}.id", "")
    return found


def _written(handler: PythonHandler, fid: str, param: Param) -> str:
    source = handler.context.sources[handler.context.path(fid)]
    return source.slice(param.start, param.end)


def _decorate(handler: PythonHandler) -> None:
    """The decorator that guards other routes, above the function and below the registration."""
    known = handler.context.module_names(handler.tree.source.path)
    for route in handler.context.routes:
        for link in route.chain:
            same = route.framework == handler.route.framework
            if not same or link.how != "decorator" or not _GUARD.fullmatch(link.label):
                continue
            name = link.label.partition(".")[0].partition("(")[0]
            if name not in known:
                module = _home(handler, name)
                # Decorators of another framework bear the same names.
                if not module or module.startswith(("django", "rest_framework")):
                    continue
                handler.need(module, name)
            start = handler.tree.line_start(handler.node.start_byte)
            indent = handler.tree.indent(handler.node.start_byte)
            handler.edits.append(handler.tree.insert(start, f"{indent}@{link.label}\n"))
            return
    caller = caller_of(handler)
    handler.first.append(f"if not {caller.present}:\n    {handler.refusal(401, 'Please log in')}\n")


def _depend(handler: PythonHandler) -> bool:
    """Give the route the `dependencies` that every other route of its router has, if they agree."""
    own = _registration(handler.node)
    given: set[str] = set()
    for route in handler.context.routes:
        if route.router != handler.route.router or handler.fid in route.handler.functions:
            continue
        for fid in route.handler.functions:
            function = handler.context.view.function(fid)
            path = handler.context.path(fid)
            tree = handler.context.tree(path)
            call = _registration(tree.at(function.start, function.end))
            match = re.search(r"dependencies=\[[^\]]*\]", tree.text(call)) if call is not None else None
            given.add(match[0] if match and path == handler.tree.source.path else "")
    if own is None or len(given) != 1 or not (text := next(iter(given))):
        return False
    arguments = own.child_by_field_name("arguments")
    if arguments is None or not arguments.named_children:
        return False
    handler.edits.append(handler.tree.insert(arguments.named_children[-1].end_byte, f", {text}"))
    return True


def _registration(node: Node) -> Node | None:
    """The call in the decorator that registers a handler."""
    holder = node if node.type == "decorated_definition" else node.parent
    if holder is None or holder.type != "decorated_definition":
        return None
    for child in holder.named_children:
        if child.type == "decorator" and child.named_children[0].type == "call":
            return child.named_children[0]
    return None


def _principal(handler: PythonHandler) -> str:
    """Add the parameter by which other handlers take the caller; its name."""
    written: Counter[str] = Counter()
    for route in handler.context.routes:
        if route.framework != "fastapi":
            continue
        for fid in route.handler.functions:
            for param in handler.context.view.function(fid).params:
                text = " ".join(_written(handler, fid, param).split())
                if _CALLER.search(text):
                    written[text] += 1
    if not written:
        raise RepairError("nothing in the project says who calls")
    text = min(written.items(), key=lambda item: (-item[1], item[0]))[0]
    caller = text.partition(":")[0].strip()
    if handler.context.stores(handler.fid, caller):
        # A new account, or one that the address names: the caller's own would be overwritten.
        raise RepairError(
            f"the handler finds or makes `{caller}` itself, so who may call it is for you to say"
        )
    if maker := _makes_account(handler, text):
        raise RepairError(
            f"the handler makes an account itself, with `{maker}`: who may call it is for you to say"
        )
    known = handler.context.module_names(handler.tree.source.path)
    for name in re.findall(r"\b[A-Za-z_]\w*\b", text.partition(":")[2]):
        if name in known or name in dir(__builtins__):
            continue
        module = {"Depends": "fastapi", "Annotated": "typing"}.get(name) or _home(handler, name)
        if not module:
            raise RepairError(f"where `{name}` comes from is not seen")
        handler.need(module, name)
    handler.added.append(text)
    return caller


def _makes_account(handler: PythonHandler, caller: str) -> str:
    """The function by which the handler makes an object of the class that callers are, whatever it calls it:
    who asks for an account has none yet.
    """
    kinds = set(_CLASS.findall(caller.partition(":")[2])) - {"Depends", "Annotated", "Optional"}
    for instr in handler.context.view.linker.code(handler.fid):
        if instr.op != Op.CALL:
            continue
        for ref in handler.context.value(handler.fid, instr.args[0]).refs:
            if ref.kind is Kind.FUNCTION:
                function = handler.context.view.function(ref.id)
                if _MAKES.match(function.name) and kinds & set(_CLASS.findall(function.returns)):
                    return function.name
    return ""


def _home(handler: PythonHandler, name: str) -> str:
    """The module from which other files of the project import a name, or that defines it."""
    found: Counter[str] = Counter()
    for path, source in handler.context.sources.items():
        if source.language != "python":
            continue
        text = source.text.decode("utf-8", "replace")
        for match in re.finditer(rf"^from ([\w.]+) import [^\n]*\b{name}\b", text, re.MULTILINE):
            found[match[1]] += 1
        if re.search(rf"^(?:(?:async )?def {name}\(|{name}\s*[:=])", text, re.MULTILINE):
            dotted = posixpath.splitext(path)[0].replace("/", ".").removesuffix(".__init__")
            found.setdefault(dotted, 0)
    plain = {module: count for module, count in found.items() if not module.startswith(".")}
    return min(plain.items(), key=lambda item: (-item[1], item[0]))[0] if plain else ""
