"""Details of an error go to the log under an id, and the client gets a general message with that id.

https://cheatsheetseries.owasp.org/cheatsheets/Error_Handling_Cheat_Sheet.html
"""

import re

from tree_sitter import Node

from rearguard.findings import Disposition, Edit, Fix
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.helpers import free_name, logging_of, random_id
from rearguard.repair.recipes.log_error import what_failed
from rearguard.repair.syntax import RepairError, Tree, quoted, unwrap, word

__all__ = ["LOGS", "caught_name", "details_of", "generic_error", "without"]

_GENERAL = "Internal error"
_DETAIL = re.compile(r"\b(?:traceback\.\w+|sys\.exc_info)\(")
LOGS = re.compile(
    r"\b(?:log|logger|logging|console|LOG|app\.logger|current_app\.logger|req\.log|request\.log)"
    r"\.(?:error|exception|warn|warning|critical|fatal)\("
)


def generic_error(context: RepairContext) -> Fix:
    """Take the error's text out of the answer."""
    tree = context.here
    title = "Answer with a general message; the details go to the log"
    if context.target.argument < 0:
        return proposed(title, Disposition.REVIEW, *_where_caught(context))
    argument = unwrap(context.node(context.target.fid, context.target.argument))
    caught = _alias(tree, argument, caught_name(context, tree, argument))
    answer = context.node(context.target.fid, context.target.value)
    details = list(details_of(tree, argument, caught))
    if not details:
        details = list(details_of(tree, answer, caught))
    if (
        tree.is_python
        and caught
        and re.search(rf"{word(caught)}\.(?:status_code|status|code)\b", tree.text(answer))
    ):
        raise RepairError("the error brings its own status, so that its text is made for the client")
    if not details:
        return proposed(title, Disposition.REVIEW, *_where_caught(context))
    statement = tree.statement(answer)
    scope = _scope(statement)
    edits: list[Edit] = []
    identified = ""
    if not LOGS.search(tree.text(scope)):
        log = logging_of(context, tree)
        new, import_edits = random_id(context, tree)
        identified = free_name(
            context, tree, *(("error_id", "failure_id") if tree.is_python else ("errorId", "failureId"))
        )
        declared = "" if tree.is_python else "const "
        handling = scope.type == "except_clause"
        if tree.is_python and not handling and not caught:
            raise RepairError("the error is not at hand here")
        call = log.error(what_failed(tree, statement), identified, error=caught, handling=handling)
        line = f"{declared}{identified} = {new}{tree.semicolon}\n{call}{tree.semicolon}"
        edits += [*log.edits, *import_edits, tree.before(statement, line)]
    said: set[int] = set()
    for index, detail in enumerate(details):
        entry = _entry(detail)
        holder = entry.parent if entry is not None else None
        if entry is not None and holder is not None and holder.id in said:
            # One message is enough: the others told details of the same error.
            edits.append(_removed(tree, entry) if _may_go(tree, entry) else without(tree, detail, ""))
            continue
        edits.append(without(tree, detail, identified if not index else ""))
        if holder is not None and not _TELLS.search(_key(tree, entry)):
            said.add(holder.id)
    edits += _unused_import(tree, details)
    return proposed(title, Disposition.REVIEW, *edits)


def _where_caught(context: RepairContext) -> list[Edit]:
    """The error's text becomes a general one where it is caught, whoever answers with it later."""
    for place in (context.finding.location, *(step.span for step in context.finding.evidence.steps)):
        if place.path not in context.sources:
            continue
        tree = context.tree(place.path)
        clause: Node | None = tree.root.descendant_for_byte_range(
            place.start, max(place.start, place.end - 1)
        )
        while clause is not None and clause.type not in ("except_clause", "catch_clause"):
            clause = clause.parent
        if clause is not None:
            edits = _in_clause(context, tree, clause)
            if edits:
                return edits
    raise RepairError("the error's text is put into the answer somewhere else")


def _in_clause(context: RepairContext, tree: Tree, clause: Node) -> list[Edit]:
    """General texts in place of the error's in the statements of its handler; logged if nothing logs it."""
    body = next((n for n in clause.named_children if n.type in ("block", "statement_block")), None)
    statements = [n for n in body.named_children if n.type != "comment"] if body is not None else []
    if body is None or not statements:
        return []
    caught = _alias(tree, body, caught_name(context, tree, body))
    details: list[Node] = []
    for statement in statements:
        text = tree.text(statement)
        if not LOGS.search(text) and statement.type != "raise_statement" and not text.startswith("print("):
            details += details_of(tree, statement, caught)
    details = [detail for detail in details if not _is_alias(tree, detail)]
    if not details:
        return []
    edits: list[Edit] = []
    if not LOGS.search(tree.text(body)):
        log = logging_of(context, tree)
        call = log.error(what_failed(tree, clause), error=caught_name(context, tree, body))
        edits += [*log.edits, tree.before(statements[0], call + tree.semicolon)]
    return [*edits, *(without(tree, detail, "") for detail in details), *_unused_import(tree, details)]


def _alias(tree: Tree, node: Node, caught: str) -> str:
    """The variable that the handler gives the error to under another type: `const err = e as Error`."""
    clause: Node | None = node
    while clause is not None and clause.type != "catch_clause":
        clause = clause.parent
    if clause is None or not caught:
        return caught
    for inner in tree.walk(clause):
        if inner.type == "variable_declarator" and _is_alias_of(tree, inner, caught):
            name = inner.child_by_field_name("name")
            return tree.text(name) if name is not None else caught
    return caught


def _is_alias_of(tree: Tree, declarator: Node, caught: str) -> bool:
    value = declarator.child_by_field_name("value")
    return value is not None and tree.text(unwrap(value)) == caught


def _is_alias(tree: Tree, detail: Node) -> bool:
    """Whether an expression only names the error anew."""
    parent = detail.parent
    return parent is not None and parent.type == "variable_declarator"


def caught_name(context: RepairContext, tree: Tree, node: Node) -> str:
    """The variable that holds the error: that of the handler around, or an error handler's parameter."""
    current: Node | None = node
    while current is not None:
        if current.type == "catch_clause":
            parameter = current.child_by_field_name("parameter")
            return tree.text(parameter) if parameter is not None else ""
        if current.type == "except_clause":
            for child in current.named_children:
                if child.type == "as_pattern":
                    alias = child.child_by_field_name("alias")
                    return tree.text(alias) if alias is not None else ""
            return ""
        current = current.parent
    function = context.function
    for param in function.params:
        if re.fullmatch(r"e|ex|exc|err|error|exception", param.name):
            return param.name
    return ""


def details_of(tree: Tree, node: Node, caught: str) -> list[Node]:
    """The outermost expressions inside an answer that are the error's own text."""
    found: list[Node] = []

    def visit(current: Node) -> None:
        if not _tells(tree, current, caught) or _decides(tree, current):
            return
        text = tree.text(current)
        if current.type not in ("pair", "keyword_argument") and _is_text_of(tree, current, text, caught):
            if not _without_text(text, caught):
                found.append(current)
            return
        for child in current.named_children:
            if current.type in ("pair", "keyword_argument") and child.id == current.named_children[0].id:
                continue
            visit(child)

    visit(node)
    return found


def _is_text_of(tree: Tree, node: Node, text: str, caught: str) -> bool:
    """Whether an expression is the error's text, or one made of it."""
    if node.type in ("string", "template_string", "binary_operator", "binary_expression", "boolean_operator"):
        return True
    made = rf"(?:(?:str|repr|String|type|getattr|vars|JSON\.stringify)\()?{word(caught)}|`"
    return bool((caught and re.match(made, text)) or _DETAIL.match(text))


_COMPARES = frozenset(("==", "===", "!=", "!==", "<", ">", "<=", ">=", "in", "instanceof"))


def _decides(tree: Tree, node: Node) -> bool:
    """Whether an expression is a condition: it decides what is answered, and is no part of it."""
    if node.type in ("comparison_operator", "not_operator"):
        return True
    if node.type == "binary_expression":
        operator = node.child_by_field_name("operator")
        if operator is not None and tree.text(operator) in _COMPARES:
            return True
    parent = node.parent
    if parent is None:
        return False
    if parent.type == "conditional_expression":
        return parent.named_children[1].id == node.id
    condition = parent.child_by_field_name("condition")
    return condition is not None and condition.id == node.id


def _without_text(text: str, caught: str) -> bool:
    """Whether all that an expression reads of the error is its number, which is no text of it."""
    if not caught:
        return False
    read = re.findall(rf"{word(caught)}(?:\??\.(\w+))?", re.sub(r"\"[^\"]*\"|'[^']*'", "", text))
    return bool(read) and all(re.fullmatch(r"status_?[cC]ode|status|code|errno", each) for each in read)


def _tells(tree: Tree, node: Node, caught: str) -> bool:
    """Whether an expression reads the caught error, or asks for a traceback."""
    for inner in tree.walk(node):
        if inner.type in ("identifier", "shorthand_property_identifier") and tree.text(inner) == caught:
            return True
        if inner.type == "call" and _DETAIL.match(tree.text(inner)):
            return True
    return False


def _scope(statement: Node) -> Node:
    """The handler or function around."""
    current = statement
    while current.parent is not None and current.type not in (
        "catch_clause",
        "except_clause",
        "function_definition",
        "function_declaration",
        "arrow_function",
        "method_definition",
    ):
        current = current.parent
    return current


def without(tree: Tree, detail: Node, identified: str) -> Edit:
    """The edit that takes a detail out; an entry for details alone goes as a whole."""
    quote = tree.quote
    entry = _entry(detail)
    if entry is not None:
        if _TELLS.search(_key(tree, entry)) and _may_go(tree, entry):
            added = _id_entry(tree, entry, identified).removeprefix(", ")
            return tree.replace(entry, added) if added else _removed(tree, entry)
        return tree.replace(detail, _message(tree, detail) + _id_entry(tree, entry, identified))
    return tree.replace(detail, _whole(tree, detail, quote, identified))


_TELLS = re.compile(r"stack|trace|reason|debug|cause")
"""Keys of entries that are there for details alone."""


def _entry(detail: Node) -> Node | None:
    parent = detail.parent
    return parent if parent is not None and parent.type in ("pair", "keyword_argument") else None


def _key(tree: Tree, entry: Node | None) -> str:
    return tree.text(entry.named_children[0]).strip("'\"") if entry is not None else ""


def _may_go(tree: Tree, entry: Node) -> bool:
    """Whether what is built does without an entry: a function of the project may ask for its argument."""
    return entry.type != "keyword_argument" or _is_open(tree, entry)


def _is_open(tree: Tree, argument: Node) -> bool:
    """Whether a keyword argument is an entry of an answer: the callee takes whatever it is given."""
    call = argument.parent.parent if argument.parent is not None else None
    callee = call.child_by_field_name("function") if call is not None else None
    return callee is not None and tree.text(callee).rpartition(".")[2] in ("jsonify", "dict")


def _id_entry(tree: Tree, entry: Node, identified: str) -> str:
    if not identified:
        return ""
    if entry.type == "keyword_argument":
        return f", id={identified}" if _is_open(tree, entry) else ""
    if tree.is_python:
        return f", {tree.quote}id{tree.quote}: {identified}"
    return f", id: {identified}"


def _message(tree: Tree, detail: Node) -> str:
    """The general message: what the text said before the details, else a fixed one."""
    text = tree.text(detail)
    if detail.type in ("string", "template_string"):
        match = re.match(r"[fF]?([\"'`])([^\"'`{}$]*?)[\s:;,.(-]*\$?\{", text)
        if match and len(match[2]) > 4 and "<" not in match[2]:
            return quoted(match[2], tree.quote)
    return quoted(_GENERAL, tree.quote)


def _whole(tree: Tree, detail: Node, quote: str, identified: str) -> str:
    """In place of an answer that was nothing but the error."""
    message = _message(tree, detail)
    if detail.type == "shorthand_property_identifier":
        return f"{tree.text(detail)}: {message}"
    parent = detail.parent
    call = parent.parent if parent is not None and parent.type in ("arguments", "argument_list") else None
    callee = call.child_by_field_name("function") if call is not None else None
    method = tree.text(callee).rpartition(".")[2] if callee is not None else ""
    if method in ("json", "jsonify") and identified:
        if tree.is_python:
            return f"error={message}, id={identified}"
        return f"{{ error: {message}, id: {identified} }}"
    if identified and method in ("send", "end"):
        return f"`{message[1:-1]} (${{{identified}}})`"
    if identified and tree.is_python:
        return f"f{quote}{message[1:-1]} ({{{identified}}}){quote}"
    return message


def _removed(tree: Tree, entry: Node) -> Edit:
    """The edit that takes an entry and one comma away."""
    following, previous = entry.next_named_sibling, entry.prev_named_sibling
    if previous is not None and previous.type != "comment":
        return tree.edit(previous.end_byte, entry.end_byte, "")
    if following is not None:
        return tree.edit(entry.start_byte, following.start_byte, "")
    return tree.replace(entry, "")


def _unused_import(tree: Tree, details: list[Node]) -> list[Edit]:
    """Take the import of `traceback` out when nothing needs it any more."""
    used = sum(1 for n in tree.walk() if n.type == "attribute" and tree.text(n).startswith("traceback."))
    gone = sum(tree.text(detail).count("traceback.") for detail in details)
    if not used or used != gone:
        return []
    for node in tree.root.named_children:
        if node.type == "import_statement" and tree.text(node) == "import traceback":
            return [tree.edit(tree.line_start(node.start_byte), tree.line_end(node.end_byte - 1), "")]
    return []
