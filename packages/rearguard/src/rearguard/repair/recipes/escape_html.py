"""Values that become part of a page are escaped, each where it is put into the markup.

https://markupsafe.palletsprojects.com/en/stable/escaping/, https://docs.python.org/3/library/html.html#html.escape
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator

from tree_sitter import Node

from rearguard.findings import Disposition, Edit, Fix
from rearguard.models.concepts import HtmlMarkup
from rearguard.program import Source
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.helpers import helper
from rearguard.repair.imports import imported
from rearguard.repair.recipes.built_text import read_text
from rearguard.repair.recipes.escape_template import MAKES_MARKUP, TEMPLATES, escape_template
from rearguard.repair.syntax import RepairError, Tree, called, unwrap

__all__ = ["escape_html"]

_SCRIPT = """function escapeHtml(value{any}){text} {{
  return String(value)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;'){semicolon}
}}
"""
_ESCAPES = re.compile(r"escape|encode|sanitize|clean\(|\besc\w*\(|\bNumber\(|\bint\(|\blen\(", re.IGNORECASE)
_OWN = ("escapeHtml", "escapeHTML", "htmlEscape", "escape", "esc")
"""How projects call their own escaping function; the gate says whether it is one."""
_LIBRARIES = ("escape-html", "he", "validator")
_PLAIN = ("identifier", "member_expression", "attribute", "subscript", "subscript_expression")
_SAME = re.compile(r"encode|decode|strip|trim|toString|lower|upper|toLowerCase|toUpperCase")
"""Methods whose result is markup only if their receiver is."""
_READS = re.compile(r"(?:\.|^)(?:get|getlist|getfirst|get_argument|pop|str|String|query|param|header|value)$")
"""Calls that read what was sent."""
_CALL = re.compile(r"(?:await\s+)?(?:\w+\.)*(\w+)\(")
_CALLED = re.compile(r"(\w+)\(")
_TAG = re.compile(r"<[A-Za-z/!]")
_IN_SCRIPT = re.compile(
    r"<script\b(?![^>]*\bsrc=)[^>]*>(?!\s*</script)"
    r"(?:(?!</script)[^{%+])*(?:[\"'`]\s*\+|\$\{|\{\w|%)",
    re.IGNORECASE,
)
"""A text that puts a value into a script, where entities are no characters."""
_ENDS = ("statement", "declaration", "definition", "clause")
_FEW = 12
_DEEP = 3
"""How many calls deep a function is looked into."""
_TITLE = "Escape what is put into the markup"


def escape_html(context: RepairContext) -> Fix:
    """Wrap each value in the escaping function that the project has, or the platform's."""
    if context.sources[context.path(context.target.fid)].language in TEMPLATES:
        return escape_template(context)
    try:
        return _where_sent(context)
    except RepairError as refused:
        edits = _where_put_in(context)
        if not edits:
            raise refused from None
        return proposed(_TITLE, Disposition.REVIEW, *edits)


def _where_put_in(context: RepairContext) -> list[Edit]:
    """Where the value is put between tags: the finding's place, else the last such place on its way."""
    steps = [step.span for step in reversed(context.finding.evidence.steps)]
    for place in (context.finding.location, *steps):
        source = context.sources.get(place.path)
        if source is None or source.language not in ("python", "javascript", "typescript", "tsx"):
            continue
        tree = context.tree(place.path)
        node = tree.root.named_descendant_for_byte_range(place.start, max(place.start, place.end - 1))
        for text in _texts_at(tree, node):
            found = _put_in(context, tree, text)
            if not found:
                continue
            escape, edits = _function(context, tree, text)
            for value in found:
                edits += _wrapped(tree, value, escape)
            return edits
    return []


def _texts_at(tree: Tree, node: Node | None) -> list[Node]:
    """Texts with tags that a place is part of, innermost first, or that are part of a place of few lines."""
    found: list[Node] = []
    current = node
    while current is not None and not current.type.endswith(_ENDS):
        if _is_built(tree, current):
            found.append(current)
        current = current.parent
    if not found and node is not None and node.end_point[0] - node.start_point[0] <= _FEW:
        found = [inner for inner in tree.walk(node) if _is_built(tree, inner)]
    return found


def _is_built(tree: Tree, node: Node) -> bool:
    """Whether an expression puts values into a text: by holes, `%`, `.format` or `+`."""
    texts = ("string", "template_string", "binary_operator", "binary_expression", "call")
    if node.type not in texts or not _TAG.search(tree.text(node)):
        return False
    if node.type == "call":
        callee = node.child_by_field_name("function")
        return callee is not None and re.match(r"['\"].*\.format$", tree.text(callee), re.DOTALL) is not None
    return node.type != "string" or any(child.type == "interpolation" for child in node.named_children)


def _put_in(context: RepairContext, tree: Tree, text: Node) -> list[Node]:
    """Values between the tags of one text that are neither escaped nor markup themselves."""
    try:
        holes = [unwrap(hole.node) for hole in read_text(tree, text).holes]
    except RepairError:
        return []
    if re.search(r"<script|\bon\w+=|href=|src=", tree.text(text), re.IGNORECASE):
        return []
    return [
        node
        for node in holes
        if not _ESCAPES.search(tree.text(node))
        and "<" not in tree.text(node)
        and not _markup_of(tree, node)
        and not _makes_markup(context, tree, node)
    ]


def _where_sent(context: RepairContext) -> Fix:
    """Escaping at the place that sends the markup."""
    tree = context.here
    argument = unwrap(context.node(context.target.fid, context.target.argument))
    if argument.type in ("tuple", "expression_list"):
        argument = unwrap(argument.named_children[0])
    argument = _text_of(tree, argument)
    if isinstance(context.target.concept, HtmlMarkup):
        return _unmarked(context, tree, argument)
    if _is_given(context, tree, argument):
        raise RepairError("the markup is put together somewhere else; escape the values there")
    escape, edits = _function(context, tree, argument)
    values = _values(context, tree, argument)
    for node in values:
        edits += _wrapped(tree, node, escape)
    if not values:
        raise RepairError("the markup is put together somewhere else; escape the values there")
    return proposed(_TITLE, Disposition.REVIEW, *edits)


def _wrapped(tree: Tree, value: Node, escape: str) -> list[Edit]:
    """The value inside the escaping function, as what takes the result wants it.

    `html.escape` takes texts only. `markupsafe.escape` gives markup, which escapes what it is added to.
    """
    opening, closing = f"{escape}(", ")"
    added = _is_added(tree, value)
    if tree.is_python and escape.endswith("html.escape") and not added and not _is_text(tree, value):
        opening, closing = f"{escape}(str(", "))"
    elif tree.is_python and added and not escape.endswith("html.escape"):
        opening, closing = f"str({escape}(", "))"
    return [tree.insert(value.start_byte, opening), tree.insert(value.end_byte, closing)]


def _is_added(tree: Tree, value: Node) -> bool:
    """Whether a value is an operand of `+`, and so a text."""
    node, parent = value, value.parent
    while parent is not None and parent.type == "parenthesized_expression":
        node, parent = parent, parent.parent
    if parent is None or parent.type != "binary_operator":
        return False
    operator = parent.child_by_field_name("operator")
    return operator is not None and operator.type == "+" and node.type != "tuple"


_MAKES_TEXT = re.compile(
    r"^str\(|\.(?:strip|lower|upper|title|decode|join|format|replace)\([^()]*\)$|^f?['\"]"
)


def _is_text(tree: Tree, value: Node) -> bool:
    """Whether a value is a text by what makes it, or by the type that its parameter is given."""
    text = tree.text(value)
    if _MAKES_TEXT.search(text):
        return True
    function = tree.function(value)
    parameters = function.child_by_field_name("parameters") if function is not None else None
    if value.type != "identifier" or parameters is None:
        return False
    return any(
        re.match(rf"{re.escape(text)}\s*:\s*(?:str\b(?!\s*\|)|Annotated\[str\b)", tree.text(parameter))
        for parameter in parameters.named_children
    )


def _text_of(tree: Tree, argument: Node) -> Node:
    """The text of what is sent as bytes: of `bytes(text, "utf-8")` and `text.encode()`."""
    if not tree.is_python or argument.type != "call":
        return argument
    callee, given = called(argument)
    if tree.text(callee) == "bytes" and len(given.named_children) == 2:
        return unwrap(given.named_children[0])
    inner = callee.child_by_field_name("object")
    if inner is not None and tree.text(callee).endswith(".encode") and len(given.named_children) <= 1:
        return unwrap(inner)
    return argument


def _is_given(context: RepairContext, tree: Tree, argument: Node) -> bool:
    """Whether a helper sends what its caller made: a whole page, perhaps as bytes. Escaped here, it would
    show its own tags. What a handler is given comes from the request."""
    if argument.type != "identifier" or context.target.fid == context.handler:
        return False
    name = tree.text(argument)
    return any(parameter.name == name for parameter in context.function.params)


def _is_made(tree: Tree, node: Node) -> bool:
    """Whether a variable holds what some other function made: perhaps a page, with tags of its own."""
    pending = [node]
    seen: set[str] = set()
    while pending:
        node = pending.pop()
        function = tree.function(node)
        if node.type == "await_expression" or node.type == "await":
            node = node.named_children[0]
        if node.type in ("call", "call_expression"):
            callee, given = called(node)
            inner = callee.child_by_field_name("object")
            # `QRCode.toString(text, options)` is no `toString` of a value.
            if (
                inner is not None
                and len(given.named_children) < 2
                and _SAME.fullmatch(tree.text(callee).rpartition(".")[2])
            ):
                pending.append(inner)
            elif not _READS.search(tree.text(callee)):
                return True
            continue
        name = tree.text(node)
        if node.type == "identifier" and function is not None and name not in seen:
            seen.add(name)
            pending += reversed(list(_values_of(tree, function, name)))
    return False


def _unmarked(context: RepairContext, tree: Tree, argument: Node) -> Fix:
    """`Markup(value)` as `escape(value)`."""
    node = context.node(context.target.fid, context.target.value)
    if not tree.is_python or node.type != "call":
        raise RepairError("the markup is put together somewhere else; escape the values there")
    if argument.type in ("string", "binary_operator") or _is_built(tree, argument):
        escape, edits = imported(context, tree, _escape_of(context, tree))
        for value in _values(context, tree, argument):
            edits += [tree.insert(value.start_byte, f"{escape}("), tree.insert(value.end_byte, ")")]
        return proposed(_TITLE, Disposition.REVIEW, *edits)
    if _TAG.search(tree.text(argument)):
        raise RepairError("tags are put into the text here: escape it before that")
    if _markup_of(tree, argument):
        raise RepairError("the markup is put together somewhere else; escape the values there")
    callee, _ = called(node)
    escape, edits = imported(context, tree, _escape_of(context, tree))
    return proposed(_TITLE, Disposition.REVIEW, *edits, tree.replace(callee, escape))


def _escape_of(context: RepairContext, tree: Tree) -> str:
    """The function whose result a framework's templates take for markup."""
    django = re.search(rb"^(?:from|import) django\b", tree.source.text, re.MULTILINE)
    return "django.utils.html.escape" if django else "markupsafe.escape"


def _makes_markup(context: RepairContext, tree: Tree, node: Node) -> bool:
    """Whether a variable, or a call, holds what a function of the project made that writes tags."""
    if node.type not in ("identifier", "call", "call_expression", "await", "await_expression"):
        return False
    texts = [tree.text(node)]
    function = tree.function(node)
    if node.type == "identifier" and function is not None:
        texts = [tree.text(value) for value in _values_of(tree, function, texts[0])]
    calls = [match[1] for text in texts if (match := _CALL.match(text))]
    named = [tree.text(node)] if node.type == "identifier" and calls else []
    return any(map(MAKES_MARKUP.search, (*named, *calls))) or _writes_tags(context, tuple(calls))


def _writes_tags(context: RepairContext, names: tuple[str, ...]) -> bool:
    """Whether a function of the project, or one that it calls, has a text with tags."""
    seen: set[str] = set()
    for _ in range(_DEEP):
        texts = [
            source.slice(function.start, function.end)
            for fid, function in context.view.linker.functions.items()
            if function.name.rpartition(".")[2] in names
            for source in [context.sources.get(context.path(fid))]
            if source is not None
        ]
        if any(re.search(r"<[A-Za-z/!{]", text) for text in texts):
            return True
        seen.update(names)
        names = tuple({name for text in texts for name in _CALLED.findall(text)} - seen)
    return False


def _holds_parts(context: RepairContext, tree: Tree, argument: Node) -> bool:
    """Whether what is sent is a map or a list, or is sent as JSON."""
    call = context.node(context.target.fid, context.target.value)
    callee = call.child_by_field_name("function")
    if callee is not None and re.search(r"json", tree.text(callee), re.IGNORECASE):
        return True
    function = tree.function(argument)
    if function is None or argument.type != "identifier":
        return False
    name = re.escape(tree.text(argument))
    used = rf"(?<![\w.]){name}(?:\[|\.(?:append|items|keys|update|pop|push|map|filter|forEach)\()"
    return re.search(used, tree.text(function)) is not None


def _values(context: RepairContext, tree: Tree, argument: Node) -> list[Node]:
    """Values of the markup that are no markup themselves; of a variable that holds some, those inside it."""
    if tree.is_python and re.fullmatch(r"str\(\w+\)", tree.text(argument)):
        # What is no text yet holds no page.
        return [argument]
    if argument.type in _PLAIN and not _markup_of(tree, argument):
        if _holds_parts(context, tree, argument):
            raise RepairError("what is sent is no text; escape the values in it")
        if _is_made(tree, argument):
            raise RepairError("the markup is put together somewhere else; escape the values there")
        return [argument]
    texts = _markup_of(tree, argument) if argument.type in _PLAIN else [argument]
    found: list[Node] = []
    pending = deque(texts)
    taken = {text.id for text in texts}
    seen: set[int] = set()
    while pending:
        text = pending.popleft()
        if _IN_SCRIPT.search(tree.text(text)):
            raise RepairError("escaping for HTML is of no use inside a script; hand the value over as JSON")
        for hole in read_text(tree, text).holes:
            node = unwrap(hole.node)
            if node.id in seen:
                continue
            seen.add(node.id)
            inner = _markup_of(tree, node)
            pending.extend(each for each in inner if each.id not in taken)
            taken.update(each.id for each in inner)
            if not inner and "<" not in tree.text(node) and not _ESCAPES.search(tree.text(node)):
                if _makes_markup(context, tree, node):
                    raise RepairError("the markup is put together somewhere else; escape the values there")
                found.append(node)
    return found


def _markup_of(tree: Tree, node: Node) -> list[Node]:
    """The texts with tags that a value's variable is made of: then it is markup on purpose."""
    match = re.match(r"[A-Za-z_$][\w$]*", tree.text(node))
    function = tree.function(node)
    if match is None or function is None:
        return []
    return [
        n
        for value in _values_of(tree, function, match[0])
        for n in tree.walk(value)
        if n.type in ("string", "template_string") and re.search(r"<[A-Za-z/!]", tree.text(n))
    ]


def _values_of(tree: Tree, function: Node, name: str) -> Iterator[Node]:
    """What a function assigns to a variable, in order."""
    for node in tree.assigned(function).get(name, ()):
        value = node.child_by_field_name("right") or node.child_by_field_name("value")
        if value is not None and node.type != "augmented_assignment_expression":
            yield value


def _of_library(_: Iterable[Source], tree: Tree) -> str:
    """The function of a library that escapes, as the file knows it, or ""."""
    for node in tree.walk():
        if node.type != "variable_declarator" and node.type != "import_statement":
            continue
        text = tree.text(node)
        for library in _LIBRARIES:
            match = re.search(rf"^(?:import )?(\w+)(?: =| from)\s.*['\"]{library}['\"]", text)
            if match:
                return {"he": f"{match[1]}.encode", "validator": f"{match[1]}.escape"}.get(library, match[1])
    return ""


def _function(context: RepairContext, tree: Tree, near: Node) -> tuple[str, list[Edit]]:
    """The escaping function and the edits that make it known."""
    if tree.is_python:
        for known in ("django.utils.html.escape", "markupsafe.escape", "flask.escape"):
            module = known.rpartition(".")[0]
            if re.search(
                rf"^from {re.escape(module)} import [^\n]*\bescape\b",
                tree.source.text.decode("utf-8", "replace"),
                re.MULTILINE,
            ):
                return imported(context, tree, known)
        flask = re.search(rb"\b(?:flask|jinja2|markupsafe)\b", tree.source.text) is not None
        return imported(context, tree, "markupsafe.escape" if flask else "html.escape")
    of_library = context.once(_of_library, tree)
    if of_library:
        return of_library, []
    for own in _OWN:
        if own in context.module_names(tree.source.path) and re.search(
            rf"\b{own}\([^,()]*(?:\([^()]*\))?[^,()]*\)", tree.source.text.decode("utf-8", "replace")
        ):
            return own, []
    typed = tree.source.language != "javascript"
    text = _SCRIPT.format(
        any=": unknown" if typed else "", text=": string" if typed else "", semicolon=tree.semicolon
    ).replace("  ", tree.unit)
    return "escapeHtml", helper(context, tree, near, "escapeHtml", text)
