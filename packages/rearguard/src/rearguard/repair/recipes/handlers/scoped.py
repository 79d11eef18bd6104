"""A look-up or a change that names an object by its identifier alone is limited to its owner, in the query
itself, as the queries beside it are: `where: { id, workspaceId: req.session.workspaceId }`, `AND owner = ?`.
"""

import re
from collections import Counter
from collections.abc import Iterable

from tree_sitter import Node

from rearguard.findings import Edit
from rearguard.program import Source
from rearguard.repair.context import RepairContext
from rearguard.repair.recipes.handlers.callers import (
    Caller,
    belonging,
    privileged_pass,
)
from rearguard.repair.recipes.handlers.meant_for import check_roles
from rearguard.repair.syntax import RepairError, Tree, called, unwrap

__all__ = ["scope"]

_ID = re.compile(r"_?id|pk|\w+_id|\w+Id|uuid|slug")
_ROOT = r"(?:req|request|ctx|g|session|user|me|viewer|account|current_user|currentUser|principal)"
_SAID = rf"({_ROOT}(?:\(\))?(?:[!?]?\.\w+|\[['\"]\w+['\"]\])*(?:\(\))?)"
_BY_ID = {
    "findById": "findOne",
    "findByIdAndUpdate": "findOneAndUpdate",
    "findByIdAndDelete": "findOneAndDelete",
    "findByIdAndRemove": "findOneAndRemove",
}
_WHERE = re.compile(
    r"\bwhere\s+(?:\w+\.)?(?:id|\w*_id|uuid|slug|code)\s*=\s*(\?|%s|\$\d+)(?=\s*(?:;?\s*$|\breturning\b|\blimit\b))",
    re.IGNORECASE,
)
_LISTED = re.compile(
    r"\bselect\b.*\bfrom\s+[`\"\[]?(?:\w+\.)?(\w+)\b.*\bwhere\s+(?:\w+\.)?(\w+)\s*=\s*\S+$",
    re.IGNORECASE | re.DOTALL,
)
_ONE = re.compile(
    r"\b(?:find_?(?:one|unique|first|by)|first|get|update|delete|remove|destroy|del|modify|increment)",
    re.IGNORECASE,
)
"""Calls that are about one object, or change what they name."""
_OF_ANOTHER = "the objects belong to another one: ask whose that is"
_ANY_MARK = re.compile(r"\?|%s|\$\d+")
_TEXTS = ("string", "template_string")


def scope(context: RepairContext, owner: str, caller: Caller | None) -> list[Edit]:
    """Edits of the query. Raises RepairError where the query, or the caller's own value, is not seen here."""
    fid = context.target.fid
    tree = context.tree(context.path(fid))
    node = context.node(fid, context.target.value)
    if owner in ("", "id", "_id", "pk"):
        raise RepairError("the account itself is looked up")
    if caller is not None and caller.not_privileged and context.once(privileged_pass):
        raise RepairError("some callers may reach what others own: limit the query by hand")
    check_roles(context, owner)
    same = _own_value(context, tree, node, owner, caller)
    if same in ("session", "request.session", "req.session", "ctx.session"):
        raise RepairError("which entry of the session names the caller is not seen here")
    for attempt in (_by_identifier, _in_map, _by_keyword, _in_sql):
        edits = attempt(tree, node, owner, same)
        if edits:
            return edits
    raise RepairError("the object is not looked up here before it is used; look it up with its owner")


# -- the caller's own value -----------------------------------------------------------------------


def _own_value(context: RepairContext, tree: Tree, node: Node, owner: str, caller: Caller | None) -> str:
    """What the queries beside this one compare the owner with; else what the caller is known by."""
    said = context.once(_said, owner, tree.source.language)
    function = tree.function(node)
    for texts in (said.get(tree.source.path, ()), *said.values()):
        for text in texts:
            if _is_at_hand(context, tree, function, text):
                return text
    if caller is None:
        raise RepairError("nothing in the project says who calls")
    if not caller.identifier:
        raise RepairError("the login keeps no identifier of the caller to compare with")
    same = context.once(belonging, caller, owner)
    if not _is_at_hand(context, tree, function, same):
        raise RepairError("the caller is not at hand where the object is looked up")
    return same


def _said(sources: Iterable[Source], owner: str, language: str) -> dict[str, tuple[str, ...]]:
    """What each file compares the owner with, the most frequent first, by path."""
    said = re.compile(rf"(?<![\w.]){re.escape(owner)}['\"]?\s*(?::|={{1,3}})\s*{_SAID}(?![\w(\[])")
    found: dict[str, tuple[str, ...]] = {}
    for source in sorted(sources, key=lambda s: s.path):
        if source.language == language:
            counts = Counter(match[1] for match in said.finditer(source.text.decode("utf-8", "replace")))
            ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            if ranked:
                found[source.path] = tuple(text for text, _ in ranked)
    return found


def _is_at_hand(context: RepairContext, tree: Tree, function: Node | None, text: str) -> bool:
    """Whether the function knows the name with which an expression begins."""
    root = re.match(r"\w+", text)
    if root is None or function is None:
        return False
    name = root[0]
    if "(" in text or name in ("g", "session", "current_user"):
        return name in context.module_names(tree.source.path)
    parameters = function.child_by_field_name("parameters")
    own = parameters is not None and re.search(rf"(?<![\w.]){name}\b", tree.text(parameters)) is not None
    body = function.child_by_field_name("body")
    made = body is not None and re.search(
        rf"(?:const|let|var)\s+{name}\s*=|^\s*{name}\s*=[^=]", tree.text(body), re.MULTILINE
    )
    return own or bool(made)


# -- the query ------------------------------------------------------------------------------------


def _by_identifier(tree: Tree, node: Node, owner: str, same: str) -> list[Edit]:
    """`Model.findById(id)` as `Model.findOne({ _id: id, owner: ... })`."""
    if tree.is_python:
        return []
    for call in tree.walk(node):
        callee = call.child_by_field_name("function") if call.type == "call_expression" else None
        method = callee.child_by_field_name("property") if callee is not None else None
        if method is None or tree.text(method) not in _BY_ID:
            continue
        _, arguments = called(call)
        written = [n for n in arguments.named_children if n.type != "comment"]
        if written:
            text = f"{{ _id: {tree.text(written[0])}, {owner}: {same} }}"
            return [tree.replace(method, _BY_ID[tree.text(method)]), tree.replace(written[0], text)]
    return []


def _in_map(tree: Tree, node: Node, owner: str, same: str) -> list[Edit]:
    """One more key in the map that holds the identifier: that of `where`, or the first argument."""
    for call in tree.walk(node):
        if call.type not in ("call", "call_expression"):
            continue
        try:
            _, arguments = called(call)
        except RepairError:
            continue
        written = [n for n in arguments.named_children if n.type != "comment"]
        holder = unwrap(written[0]) if written else None
        if holder is None or holder.type not in ("object", "dictionary"):
            continue
        holder = _under_where(tree, holder) or holder
        entry = _identifying(tree, holder)
        if entry is None:
            continue
        quote = tree.quote if tree.is_python else ""
        if any(tree.text(n).strip("'\"").startswith(f"{owner}") for n in holder.named_children):
            return []
        key = entry.named_children[0] if entry.type == "pair" else entry
        if _is_parents(tree.text(key).strip("'\"")) and not _ONE.search(tree.text(tree.statement(call))):
            raise RepairError(_OF_ANOTHER)
        return [tree.insert(entry.end_byte, f", {quote}{owner}{quote}: {same}")]
    return []


def _under_where(tree: Tree, holder: Node) -> Node | None:
    for child in holder.named_children:
        if child.type == "pair" and tree.text(child.named_children[0]).strip("'\"") == "where":
            inner = unwrap(child.named_children[-1])
            return inner if inner.type in ("object", "dictionary") else None
    return None


def _identifying(tree: Tree, holder: Node) -> Node | None:
    for child in holder.named_children:
        key = child.named_children[0] if child.type == "pair" else child
        if child.type in ("pair", "shorthand_property_identifier") and _ID.fullmatch(
            tree.text(key).strip("'\"")
        ):
            return child
    return None


def _by_keyword(tree: Tree, node: Node, owner: str, same: str) -> list[Edit]:
    """`get_object_or_404(Invoice, pk=pk)`, `filter_by(id=...)`: one more keyword."""
    if not tree.is_python:
        return []
    for call in tree.walk(node):
        callee = call.child_by_field_name("function") if call.type == "call" else None
        if callee is None or not re.search(
            r"(?:^|\.)(?:get|filter|filter_by|get_object_or_404|aget)$", tree.text(callee)
        ):
            continue
        _, arguments = called(call)
        for child in arguments.named_children:
            name = child.child_by_field_name("name") if child.type == "keyword_argument" else None
            listed = name is not None and re.search(r"\bfilter(?:_by)?$", tree.text(callee))
            if name is not None and listed and _is_parents(tree.text(name)):
                raise RepairError(_OF_ANOTHER)
            if (
                name is not None
                and _ID.fullmatch(tree.text(name))
                and f"{owner}=" not in tree.text(arguments)
            ):
                return [tree.insert(child.end_byte, f", {owner}={same}")]
    return []


def _own_key(table: str, column: str) -> bool:
    """Whether a column is a table's own key: `account_id` of `accounts`."""
    return table.lower().replace("_", "").startswith(column.lower()[:-2].replace("_", "").rstrip("s"))


def _is_parents(name: str) -> bool:
    """Whether a query by a key lists what belongs to the object of that key."""
    return re.fullmatch(r"(?!_?id$|pk$|uuid$)\w+_id|\w+Id", name) is not None


def _in_sql(tree: Tree, node: Node, owner: str, same: str) -> list[Edit]:
    """`AND owner = ?` where the identifier is the last that the statement compares, and its value."""
    for call in tree.walk(node):
        if call.type not in ("call", "call_expression"):
            continue
        arguments = call.child_by_field_name("arguments")
        if arguments is not None and arguments.type == "template_string":
            return _tagged(tree, arguments, owner, same)
        written = (
            [n for n in arguments.named_children if n.type != "comment"] if arguments is not None else []
        )
        if not written or written[0].type not in _TEXTS:
            continue
        if any(
            child.type in ("interpolation", "template_substitution") for child in written[0].named_children
        ):
            continue
        edits = _compared(tree, written, owner, same)
        if edits:
            return edits
    return []


def _compared(tree: Tree, written: list[Node], owner: str, same: str) -> list[Edit]:
    text = tree.text(written[0])
    body = text.rstrip("\"'`")
    match = _WHERE.search(body)
    if match is not None and re.search(rf"\b{re.escape(owner)}\b", match[0], re.IGNORECASE):
        raise RepairError("the query names the owner already, whoever that is")
    listed = _LISTED.search(body[: match.end()]) if match is not None else None
    if listed is not None and _is_parents(listed[2]) and not _own_key(listed[1], listed[2]):
        raise RepairError(_OF_ANOTHER)
    marks = _ANY_MARK.findall(body)
    if match is None or not marks or marks[-1] != match[1] or len(written) < 2:
        return []
    mark = match[1]
    if mark.startswith("$"):
        mark = f"${max(int(each[1:]) for each in marks) + 1}"
    joined = "AND" if "WHERE" in body else "and"
    offset = written[0].start_byte + len(text[: match.end()].encode())
    edits = [tree.insert(offset, f" {joined} {owner} = {mark}")]
    last = unwrap(written[-1])
    if len(written) == 2 and last.type in ("array", "list", "tuple"):
        entries = [n for n in last.named_children if n.type != "comment"]
        if len(entries) != len(set(marks)):
            return []
        tail = tree.slice(entries[-1].end_byte, last.end_byte)
        edits.append(tree.edit(entries[-1].end_byte, last.end_byte, f", {same}{tail.replace(',', '')}"))
        return edits
    expected = set(marks) if mark.startswith("$") else marks
    spread = any(n.type in ("keyword_argument", "list_splat", "spread_element") for n in written)
    if spread or len(written) - 1 != len(expected):
        return []
    edits.append(tree.insert(written[-1].end_byte, f", {same}"))
    return edits


def _tagged(tree: Tree, text: Node, owner: str, same: str) -> list[Edit]:
    """In a tagged template, whose tag binds what stands in it."""
    holes = [n for n in text.named_children if n.type == "template_substitution"]
    if not holes:
        return []
    last = holes[-1]
    before = tree.slice(text.start_byte, last.start_byte)
    after = tree.slice(last.end_byte, text.end_byte)
    if not re.search(r"\bwhere\s+(?:\w+\.)?(?:id|\w*_id|uuid|slug)\s*=\s*$", before, re.IGNORECASE):
        return []
    if not re.fullmatch(r"\s*(?:returning\b[^`]*)?;?\s*`", after, re.IGNORECASE):
        return []
    joined = "AND" if "WHERE" in before else "and"
    return [tree.insert(last.end_byte, f" {joined} {owner} = ${{{same}}}")]
