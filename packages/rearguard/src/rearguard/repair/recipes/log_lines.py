"""Lines of a log: without the secrets they show, on one line each, and written at all where a login fails.

https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html#data-to-exclude
"""

import re
from collections.abc import Iterator

from tree_sitter import Node

from rearguard.findings import Disposition, Edit, Fix
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.helpers import Logging, logging_of
from rearguard.repair.recipes.built_text import read_text
from rearguard.repair.syntax import FUNCTIONS, RepairError, Tree, indented, unwrap

__all__ = ["log_failed_login", "one_line", "redact_log"]

_MARK = "[redacted]"
_HOLES = ("interpolation", "template_substitution")
_ESCAPED = re.compile(
    r"\brepr\(|\bascii\(|json\.dumps\(|JSON\.stringify\(|encodeURIComponent\(|\bint\(|\bNumber\("
)


# -- secrets --------------------------------------------------------------------------------------


def redact_log(context: RepairContext) -> Fix:
    """Put a mark in place of each secret; a trace of all statements is taken out."""
    targets = (context.target, *context.target.also)
    if context.finding.subject == "statements":
        edits = [_dropped(context, target.fid, target.value) for target in targets]
        return proposed("Stop writing every statement out", Disposition.REVIEW, *edits)
    edits = []
    done: set[tuple[str, int]] = set()
    for target in targets:
        tree = context.tree(context.path(target.fid))
        place = _shown(context.node(target.fid, target.value))
        key = tree.source.path, place.start_byte
        if key not in done:
            done.add(key)
            whole = _printed_alone(tree, place)
            edits.append(_without(tree, whole) if whole is not None else _marked(tree, place))
    return proposed("Keep the value out of the log", Disposition.REVIEW, *edits)


def _dropped(context: RepairContext, fid: str, value: int) -> Edit:
    return _without(context.tree(context.path(fid)), context.node(fid, value))


def _printed_alone(tree: Tree, place: Node) -> Node | None:
    """The call that prints nothing but the secret: a line of somebody who looked for a mistake."""
    arguments = place.parent
    call = arguments.parent if arguments is not None else None
    if arguments is None or call is None or arguments.type not in ("argument_list", "arguments"):
        return None
    callee = call.child_by_field_name("function")
    if callee is None or tree.text(callee) != "print" or len(arguments.named_children) != 1:
        return None
    statement = call.parent
    block = statement.parent if statement is not None else None
    others = [n for n in (block.named_children if block is not None else ()) if n.type != "comment"]
    return call if len(others) > 1 else None


def _without(tree: Tree, node: Node) -> Edit:
    """A statement taken out. Raises RepairError where it does more, or is all that its block holds."""
    statement = tree.statement(node)
    others = [n for n in (statement.parent.named_children if statement.parent else ()) if n.type != "comment"]
    alone = [n for n in statement.named_children if n.type != "comment"]
    if statement.type != "expression_statement" or alone[0].id != node.id or len(others) < 2:
        raise RepairError("the call is part of a statement that does more")
    if not tree.begins_line(statement):
        raise RepairError("several statements share the line")
    return tree.edit(tree.line_start(statement.start_byte), tree.line_end(statement.end_byte - 1), "")


def _shown(node: Node) -> Node:
    """What of the call shows the secret as a whole: an argument, an entry, an operand, a piece of a text."""
    while node.parent is not None:
        parent = node.parent
        if parent.type in (
            *_HOLES,
            "pair",
            "keyword_argument",
            "object",
            "dictionary",
            "tuple",
            "list",
            "array",
        ):
            break
        if parent.type in ("binary_operator", "binary_expression"):
            break
        if parent.type in ("argument_list", "arguments"):
            call = parent.parent
            if call is None or _ends_statement(call):
                break
            node = call
            continue
        if parent.type in FUNCTIONS or parent.type.endswith("statement"):
            raise RepairError("how the value gets into the line is not seen")
        node = parent
    return node


def _ends_statement(call: Node) -> bool:
    """Whether a call is the whole of its statement: the one that writes the line."""
    parent = call.parent
    while parent is not None and parent.type in ("await", "await_expression", "parenthesized_expression"):
        parent = parent.parent
    return parent is None or parent.type not in (
        "argument_list",
        "arguments",
        *_HOLES,
        "pair",
        "binary_operator",
        "binary_expression",
    )


def _marked(tree: Tree, node: Node) -> Edit:
    parent = node.parent
    quote = tree.quote
    if parent is not None and parent.type in _HOLES:
        text = parent.parent
        only = text is not None and sum(n.type in _HOLES for n in text.named_children) == 1
        if only and text is not None and tree.is_python:
            return _plain_text(tree, text, parent)
        return tree.replace(parent, _MARK)
    if parent is not None and parent.type == "object" and node.type == "shorthand_property_identifier":
        return tree.replace(node, f"{tree.text(node)}: {quote}{_MARK}{quote}")
    return tree.replace(node, f"{quote}{_MARK}{quote}")


def _plain_text(tree: Tree, text: Node, hole: Node) -> Edit:
    """An f-string whose only value goes is none any more."""
    before = tree.slice(text.start_byte, hole.start_byte)
    after = tree.slice(hole.end_byte, text.end_byte)
    prefix = re.match(r"[A-Za-z]+", before)
    if prefix is None:
        return tree.replace(hole, _MARK)
    kept = re.sub("[fF]", "", prefix[0]) + before[prefix.end() :]
    body = f"{kept}{_MARK}{after}".replace("{{", "{").replace("}}", "}")
    return tree.replace(text, body)


# -- line breaks ----------------------------------------------------------------------------------


_TEXTS = ("string", "template_string", "binary_expression")
_MEASURED = re.compile(r"\.(?:length|size|byteLength)$")


def one_line(context: RepairContext) -> Fix:
    """Write each value of a line so that its line breaks are seen and end nothing."""
    edits: list[Edit] = []
    done: set[tuple[str, int]] = set()
    for target in (context.target, *context.target.also):
        tree = context.tree(context.path(target.fid))
        if target.argument < 0:
            raise RepairError("how the value gets into the line is not seen")
        node = unwrap(context.node(target.fid, target.argument))
        for value, is_hole in _values(tree, node):
            key = tree.source.path, value.start_byte
            if key in done or _ESCAPED.search(tree.text(value)) or _is_made(context, target.fid, tree, value):
                continue
            if value is node and not tree.is_python and not _is_text(context, target.fid, tree, value):
                raise RepairError("what is logged may be an object, whose text says nothing of it")
            done.add(key)
            edits += _on_one_line(tree, value, is_hole)
    if not edits:
        raise RepairError("how the value gets into the line is not seen")
    return proposed("Escape line breaks in what is logged", Disposition.REVIEW, *edits)


def _values(tree: Tree, node: Node) -> Iterator[tuple[Node, bool]]:
    """Values in the text, and whether each stands in a hole of an f-string."""
    if node.type in (
        "string",
        "template_string",
        "binary_operator",
        "binary_expression",
        "concatenated_string",
    ):
        for hole in read_text(tree, node).holes:
            if hole.form:
                continue
            held = hole.literal is not None and hole.literal.how == "f-string"
            yield unwrap(hole.node), held
    elif node.type == "call" and tree.text(node).partition("(")[0].endswith(".format"):
        for hole in read_text(tree, node).holes:
            yield unwrap(hole.node), False
    elif node.type in (
        "identifier",
        "attribute",
        "member_expression",
        "subscript",
        "subscript_expression",
        "call",
    ):
        yield node, False
    else:
        raise RepairError("how the value gets into the line is not seen")


def _is_made(context: RepairContext, fid: str, tree: Tree, value: Node) -> bool:
    """Whether a variable holds what the program makes itself: the time, a number."""
    if _MEASURED.search(tree.text(value)):
        return True
    if value.type != "identifier":
        return False
    if not tree.is_python and _is_declared_number(tree, value):
        return True
    stored = context.stores(fid, tree.text(value))
    texts = [tree.text(context.node(fid, each.args[0])) for each in stored]
    return bool(texts) and all(
        re.match(r"(?:datetime|time|timezone|len|int|uuid|Date|new Date)\b", t) for t in texts
    )


def _is_declared_number(tree: Tree, value: Node) -> bool:
    """Whether the function around it declares it as a parameter that is a number."""
    declared = re.compile(
        rf"[(,\s]{re.escape(tree.text(value))}\??\s*:\s*(?:number|bigint|boolean|Date)\s*[,)=]"
    )
    around = value.parent
    while around is not None:
        parameters = around.child_by_field_name("parameters") if around.type in FUNCTIONS else None
        if parameters is not None:
            return declared.search(tree.text(parameters)) is not None
        around = around.parent
    return False


def _is_text(context: RepairContext, fid: str, tree: Tree, value: Node) -> bool:
    """Whether a value that is logged alone is known to be a text: a field of a request, or put together."""
    if value.type != "identifier":
        return True
    stored = context.stores(fid, tree.text(value))
    made = [context.node(fid, each.args[0]) for each in stored]
    return bool(made) and all(node.type in (*_TEXTS, "member_expression") for node in made)


def _on_one_line(tree: Tree, value: Node, is_hole: bool) -> list[Edit]:
    if tree.is_python:
        if is_hole and value.parent is not None and value.parent.type == "interpolation":
            return [tree.insert(value.end_byte, "!r")]
        return [tree.insert(value.start_byte, "repr("), tree.insert(value.end_byte, ")")]
    quote = tree.quote if value.parent is None or value.parent.type not in _HOLES else "'"
    return [
        tree.insert(value.start_byte, "String("),
        tree.insert(value.end_byte, f").replace(/[\\r\\n]+/g, {quote} {quote})"),
    ]


# -- failed logins --------------------------------------------------------------------------------

_REFUSES = re.compile(
    r"(?<!\d)40[134](?!\d)|unauthori[sz]ed|authenticationfailed|(?:wrong|invalid|bad|incorrect)\W+(?:\w+\W+){0,3}?"
    r"(?:password|credentials?|log-?in|user|passphrase)|(?:login|authentication)\W+(?:failed|failure)|"
    r"password\W+(?:is|does|was)\W+(?:wrong|incorrect|not)|(?:no|unknown)\W+(?:account|user|e-?mail|login)",
    re.IGNORECASE,
)
_EXITS = ("return_statement", "raise_statement", "throw_statement")
_NOTES = re.compile(
    r"(?:\w*fail\w*|\w*err(?:or)?s?|wrong|invalid|message|msg)\s*(?:=\s*(?:True\b|true\b|['\"])|\.(?:append|push)\()|flash\(",
    re.IGNORECASE,
)
_SAYS = re.compile(r"(?:=\s*(?:True|true)\b)")
_ADDRESS = {"flask": "request.remote_addr"}


def log_failed_login(context: RepairContext) -> Fix:
    """Write a line before each statement that refuses a login."""
    fid = context.target.fid
    tree = context.tree(context.path(fid))
    function = context.view.function(fid)
    node = tree.at(function.start, function.end)
    refusals = [each for each in tree.walk(node) if each.type in _EXITS and _refuses(tree, each, node)]
    if not refusals:
        # A page that is shown again says what failed by a variable.
        refusals = [each for each in tree.walk(node) if _notes(tree, each, node)]
    if not refusals:
        raise RepairError("where this login refuses is not seen here")
    log = _fastify(context, tree, function.params[0].name if function.params else "") or logging_of(
        context, tree
    )
    values = _address(context, tree, [param.name for param in function.params])
    line = log.warning("login failed from" if values else "login failed", *values) + tree.semicolon
    edits = [*log.edits, *(_preceded(tree, statement, line) for statement in refusals)]
    return proposed("Log failed logins", Disposition.REVIEW, *edits)


def _fastify(context: RepairContext, tree: Tree, request: str) -> Logging | None:
    """The logger that Fastify gives each request."""
    framework = context.route.framework if context.route is not None else ""
    if framework != "fastify" or not request.isidentifier():
        return None
    return Logging(f"{request}.log", False, tree.quote, [], takes_error_first=True)


def _refuses(tree: Tree, statement: Node, function: Node) -> bool:
    """Whether a statement ends a login that failed: its answer says so, and it stands under a condition."""
    text = tree.text(statement)
    if len(text) > 400 or not _REFUSES.search(text):
        return False
    if any(child.type in FUNCTIONS for child in tree.walk(statement)):
        return False
    current = statement.parent
    while current is not None and current.id != function.id:
        if current.type in ("if_statement", "except_clause", "catch_clause", "else_clause", "elif_clause"):
            return True
        current = current.parent
    return False


def _notes(tree: Tree, statement: Node, function: Node) -> bool:
    """Whether a statement only notes that the login failed."""
    text = tree.text(statement)
    if statement.type != "expression_statement" or not _NOTES.match(text):
        return False
    return _SAYS.search(text) is not None or _refuses(tree, statement, function)


def _address(context: RepairContext, tree: Tree, params: list[str]) -> tuple[str, ...]:
    """The expression for the address that the request came from, where the handler has it at hand."""
    framework = context.route.framework if context.route is not None else ""
    if framework.startswith("flask") and "request" in context.module_names(tree.source.path):
        return (_ADDRESS["flask"],)
    if framework == "express" and params and params[0] in ("req", "request"):
        return (f"{params[0]}.ip",)
    return ()


def _preceded(tree: Tree, statement: Node, line: str) -> Edit:
    """The line before a statement; where that is the single one of an `if`, both in a block."""
    parent = statement.parent
    if parent is not None and parent.type in ("if_statement", "else_clause") and not tree.is_python:
        indent = tree.indent(parent.start_byte)
        inside = indented(f"{line}\n{tree.text(statement)}", indent + tree.unit)
        return tree.replace(statement, "{\n" + inside + indent + "}")
    return tree.before(statement, line)
