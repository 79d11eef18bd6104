"""Which object a FastAPI or Flask handler is asked for: the form of its identifier, and whose it is."""

import re

from rearguard.program import Param
from rearguard.repair.recipes.handlers.callers import (
    CHANGES,
    Caller,
    belonging,
    is_account,
    is_identifier,
    privileged_pass,
)
from rearguard.repair.recipes.handlers.meant_for import check_roles
from rearguard.repair.recipes.handlers.python_handler import PythonHandler
from rearguard.repair.recipes.handlers.python_login import caller_of
from rearguard.repair.syntax import RepairError

__all__ = ["identify", "own"]


def identify(handler: PythonHandler) -> None:
    """Check the form of identifiers in the path."""
    for param in handler.function.params:
        channel = handler.route.inputs.get(param.name, "").partition(":")[0]
        if (
            channel != "path"
            or not is_identifier(param.name)
            or param.annotation_text not in ("", "str")
            or _is_number(handler, param)
        ):
            continue
        _identify(handler, param)


def own(handler: PythonHandler, owner: str) -> None:
    """Refuse callers whose object it is not; `owner` as in `script_objects.own`."""
    caller = caller_of(handler)
    if not caller.identifier:
        raise RepairError("the login keeps no identifier of the caller to compare with")
    if owner in ("id", "pk", ""):
        inputs = handler.route.inputs
        group = handler.context.group or (handler.context.finding,)
        told = [f.subject for f in group if f.rule.id == "insecure-direct-object-reference"]
        if told and not is_account(told[0]):
            raise RepairError("whose the object is is not seen here")
        named = [p for p in handler.function.params if inputs.get(p.name, "").startswith("path")]
        if not named:
            raise RepairError("which part of the request names the account is not seen here")
        identifier = named[0].name
        condition = f"str({caller.identifier}) != str({identifier})"
        if _is_number(handler, named[0]):
            condition = f"{caller.identifier} != {identifier}"
        if caller.not_privileged:
            condition += f" and {caller.not_privileged}"
        handler.first.append(f"if {condition}:\n    {handler.refusal(403, 'Forbidden')}\n")
        return
    _own_object(handler, caller, owner)


def _is_number(handler: PythonHandler, param: Param) -> bool:
    """Whether a path parameter is a number, as it is or as `identify` makes it."""
    return (
        param.annotation_text == "int"
        or param.name in handler.numbers
        or f"<int:{param.name}>" in handler.route.path
    )


def _numbered(handler: PythonHandler) -> bool:
    """Whether the class whose objects the handler looks up numbers them."""
    numbers = re.compile(
        r"^\s+(?:id|pk)\s*(?::\s*Mapped\[int\]|:\s*int\b|=\s*(?:\w+\.)?Column\(\s*(?:\w+\.)?(?:Big)?Integer)",
        re.MULTILINE,
    )
    return any(numbers.search(text) for text in _classes(handler))


def _has(handler: PythonHandler, owner: str) -> bool:
    """Whether the class whose objects the handler looks up has a field, where the class is seen."""
    texts = _classes(handler)
    bases = [re.search(r"^class \w+\(([^)]*)\)", text) for text in texts]
    plain = all(base is not None and re.search(r"Base\b|Model\b|SQLModel", base[1]) for base in bases)
    return not texts or not plain or any(re.search(rf"\b{owner}\b", text) for text in texts)


def _classes(handler: PythonHandler) -> list[str]:
    """The project's text of the class whose objects the handler looks up."""
    text = handler.tree.text(handler.body)
    match = re.search(r"\.get\(\s*([A-Z]\w+)\s*,|\b([A-Z]\w+)\.query\.|select\(\s*([A-Z]\w+)\s*\)", text)
    if match is None:
        return []
    head = re.compile(rf"^class {match[1] or match[2] or match[3]}\b.*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
    return [
        found[0]
        for source in handler.context.sources.values()
        if source.language == "python"
        for found in [head.search(source.text.decode("utf-8", "replace"))]
        if found is not None
    ]


def _identify(handler: PythonHandler, param: Param) -> None:
    node = handler.tree.root.named_descendant_for_byte_range(param.start, param.end)
    if node is None:
        return
    if handler.is_flask:
        _converted(handler, param)
    elif _numbered(handler):
        handler.numbers.add(param.name)
        handler.changed[param.start] = f"{param.name}: int"
    else:
        handler.need("typing", "Annotated")
        handler.need("fastapi", "Path")
        pattern = f"r{handler.tree.quote}^[\\w-]{{1,64}}${handler.tree.quote}"
        handler.changed[param.start] = f"{param.name}: Annotated[str, Path(pattern={pattern})]"


def _converted(handler: PythonHandler, param: Param) -> None:
    """Let the route's converter accept the right form only."""
    if not _numbered(handler):
        pattern = f"r{handler.tree.quote}[\\w-]{{1,64}}{handler.tree.quote}"
        fullmatch = handler.name_of("re.fullmatch")
        answer = handler.refusal(400, f"Invalid {param.name}")
        handler.first.append(f"if not {fullmatch}({pattern}, {param.name}):\n    {answer}\n")
        return
    holder = handler.node.parent
    for node in handler.tree.walk(holder) if holder is not None else ():
        if node.type == "string" and f"<{param.name}>" in handler.tree.text(node):
            text = handler.tree.text(node).replace(f"<{param.name}>", f"<int:{param.name}>")
            handler.edits.append(handler.tree.replace(node, text))
            handler.numbers.add(param.name)
            return
    raise RepairError("where the route's path is written is not seen from here")


def _own_object(handler: PythonHandler, caller: Caller, owner: str) -> None:
    for node in handler.tree.walk(handler.body):
        if node.type != "if_statement":
            continue
        condition, answer = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
        if condition is None or answer is None or "404" not in handler.tree.text(answer):
            continue
        match = re.fullmatch(r"([a-z_]\w*) is None|not ([a-z_]\w*)", handler.tree.text(condition))
        if match is None:
            continue
        name = match[1] or match[2]
        quote = handler.tree.quote
        subscripted = re.search(rf"\b{name}\[['\"]", handler.tree.text(handler.body)) is not None
        whose = f"{name}[{quote}{owner}{quote}]" if subscripted else f"{name}.{owner}"
        if not _is_read(handler, name):
            continue
        same = handler.context.once(belonging, caller, owner)
        if not subscripted and not _has(handler, owner):
            raise RepairError(f"what is looked up has no `{owner}`")
        test = f"{handler.tree.text(condition)} or {whose} != {same}"
        check_roles(handler.context, owner)
        if caller.not_privileged and handler.context.once(privileged_pass):
            test = f"{handler.tree.text(condition)} or ({whose} != {same} and {caller.not_privileged})"
        handler.edits.append(handler.tree.replace(condition, test))
        return
    raise RepairError("the object is not looked up here before it is used; look it up with its owner")


def _is_read(handler: PythonHandler, name: str) -> bool:
    """Whether a variable holds what was looked up, not what was changed already."""
    for node in handler.tree.walk(handler.body):
        if node.type == "assignment":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is not None and right is not None and handler.tree.text(left) == name:
                last = handler.tree.text(right).rpartition("(")[0].rpartition(".")[2]
                return not CHANGES.search(last)
    return False
