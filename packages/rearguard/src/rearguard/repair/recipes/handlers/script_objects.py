"""Which object an Express handler is asked for: the form of its identifier, and whose it is.

https://mongoosejs.com/docs/api/mongoose.html#Mongoose.prototype.isObjectIdOrHexString()
"""

import re
from collections.abc import Iterator

from tree_sitter import Node

from rearguard.program import Op, Source
from rearguard.repair.imports import script_module
from rearguard.repair.recipes.handlers.callers import (
    CHANGES,
    Caller,
    belonging,
    is_account,
    is_identifier,
    privileged_pass,
)
from rearguard.repair.recipes.handlers.meant_for import check_roles
from rearguard.repair.recipes.handlers.script_handler import ScriptHandler
from rearguard.repair.recipes.handlers.script_login import caller_of
from rearguard.repair.syntax import RepairError

__all__ = ["identify", "own"]


def identify(handler: ScriptHandler) -> None:
    """Check the form of the identifiers in the path before anything is looked up."""
    for name in _parameters(handler):
        # What is no identifier, a slug, a name, has a form of its own.
        if is_identifier(name):
            _identify(handler, name)


def own(handler: ScriptHandler, owner: str) -> None:
    """Refuse callers whose object it is not; `owner` is the field that says whose (`id`: the caller)."""
    caller = caller_of(handler)
    if owner in ("id", "_id", ""):
        if not is_account(_told_of(handler)):
            raise RepairError("whose the object is is not seen here")
        _own_account(handler, caller)
    else:
        _own_object(handler, caller, owner)


def _told_of(handler: ScriptHandler) -> str:
    """The object that the finding about ownership names."""
    group = handler.context.group or (handler.context.finding,)
    named = [f.subject for f in group if f.rule.id == "insecure-direct-object-reference"]
    return named[0] if named else "account"


def _parameters(handler: ScriptHandler) -> list[str]:
    """Path parameters that the handler reads, in order."""
    text = handler.tree.text(handler.body)
    found = re.findall(rf"\b{re.escape(handler.req)}\.params\??\.(\w+)", text)
    for node in _declared(handler, "params"):
        pattern = node.child_by_field_name("name")
        if pattern is not None and pattern.type == "object_pattern":
            found += [handler.tree.text(n) for n in pattern.named_children if n.type.startswith("shorthand")]
    return list(dict.fromkeys(found))


def _declared(handler: ScriptHandler, member: str) -> Iterator[Node]:
    """Declarators whose value is `req.member`, possibly with a default."""
    for node in handler.tree.walk(handler.body):
        value = node.child_by_field_name("value") if node.type == "variable_declarator" else None
        if value is not None and re.match(
            rf"{re.escape(handler.req)}\.{member}\b(?!\??\.)", handler.tree.text(value)
        ):
            yield node


def _holder(handler: ScriptHandler, name: str) -> tuple[str, Node | None]:
    """The expression by which the handler reads a path parameter, and the statement that stores it."""
    direct = rf"{re.escape(handler.req)}\.params\??\.{name}"
    for node in handler.tree.walk(handler.body):
        if node.type != "variable_declarator":
            continue
        value, pattern = node.child_by_field_name("value"), node.child_by_field_name("name")
        if value is None or pattern is None:
            continue
        if pattern.type == "identifier" and re.fullmatch(direct, handler.tree.text(value)):
            return handler.tree.text(pattern), handler.tree.statement(node)
        if pattern.type == "object_pattern" and handler.tree.text(value) == f"{handler.req}.params":
            names = [handler.tree.text(n) for n in pattern.named_children]
            if name in names:
                return name, handler.tree.statement(node)
    return f"{handler.req}.params.{name}", None


def _identify(handler: ScriptHandler, name: str) -> None:
    if name in handler.checked:
        return
    handler.checked.add(name)
    holder, statement = _holder(handler, name)
    text = handler.tree.text(handler.body)
    if re.search(
        rf"(?:test|isValid\w*|validate|isUUID|isSafeInteger|isInteger)\([^)]*\b{re.escape(holder)}\b",
        text,
    ):
        return
    condition = _form(handler, name, holder)
    check = handler.unless(condition, handler.refusal(400, f"Invalid {name}"))
    handler.after(statement, check)


def _form(handler: ScriptHandler, name: str, holder: str) -> str:
    """True when the identifier does not have the form that its store gives identifiers."""
    definitions = handler.context.view.definitions(handler.fid)
    names = {
        own
        for instr in definitions.values()
        if instr.op == Op.CALL
        for own in handler.context.names(handler.fid, instr.args[0])
    }
    if any(own.startswith("mongoose:") for own in names):
        module, edits = script_module(handler.tree, "mongoose", "mongoose")
        handler.need(edits)
        return f"!{module}.isObjectIdOrHexString({holder})"
    if re.search(
        rf"(?:Number|parseInt|Number\.parseInt)\(\s*{re.escape(holder)}\b", handler.tree.text(handler.body)
    ):
        return f"!/^[1-9]\\d{{0,15}}$/.test({holder})"
    sibling = r"/\^?\[0-9a-f\]\{8\}|requireUuid|isUUID|\.uuid\("
    if any(re.search(sibling, s.text.decode("utf-8", "replace")) for s in _scripts(handler)):
        return f"!/^[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$/i.test({holder})"
    return f"!/^[\\w-]{{1,64}}$/.test({holder})"


def _scripts(handler: ScriptHandler) -> list[Source]:
    return [s for s in handler.context.sources.values() if s.language in ("javascript", "typescript", "tsx")]


def _own_account(handler: ScriptHandler, caller: Caller) -> None:
    names = _parameters(handler)
    if not names:
        raise RepairError("which part of the request names the account is not seen here")
    holder, statement = _holder(handler, names[0])
    condition = f"String({caller.identifier}) !== {holder}"
    if caller.not_privileged:
        condition += f" && {caller.not_privileged}"
    if handler.context.is_fragment or handler.context.route is None:
        _present(handler, caller)
    handler.after(statement, handler.unless(condition, handler.refusal(403, "Forbidden")))


def _present(handler: ScriptHandler, caller: Caller) -> None:
    test = handler.unless(f"!{caller.present}", handler.refusal(401, "Please log in"))
    if test not in handler.first:
        handler.first.append(test)


def _own_object(handler: ScriptHandler, caller: Caller, owner: str) -> None:
    """Where the handler answers 404 for a missing object, it answers so for another's too."""
    for node in handler.tree.walk(handler.body):
        if node.type != "if_statement":
            continue
        condition = node.child_by_field_name("condition")
        answer = node.child_by_field_name("consequence")
        if condition is None or answer is None or "404" not in handler.tree.text(answer):
            continue
        match = re.fullmatch(r"\(\s*!\s*([A-Za-z_$][\w$]*)\s*\)", handler.tree.text(condition))
        if match is None:
            continue
        if not _is_read(handler, match[1]):
            continue
        same = handler.context.once(belonging, caller, owner)
        test = f"String({match[1]}.{owner}) !== String({same})"
        check_roles(handler.context, owner)
        if caller.not_privileged and handler.context.once(privileged_pass):
            test = f"({test} && {caller.not_privileged})"
        handler.edits.append(handler.tree.replace(condition, f"(!{match[1]} || {test})"))
        return
    raise RepairError("the object is not looked up here before it is used; look it up with its owner")


def _is_read(handler: ScriptHandler, name: str) -> bool:
    """Whether a variable holds what was looked up, not what was changed already."""
    for node in handler.tree.walk(handler.body):
        if node.type == "variable_declarator":
            pattern, value = node.child_by_field_name("name"), node.child_by_field_name("value")
            if pattern is not None and value is not None and handler.tree.text(pattern) == name:
                return not CHANGES.search(handler.tree.text(value).partition("(")[0])
    return False
