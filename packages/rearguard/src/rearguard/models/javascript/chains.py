"""What the routing functions of JavaScript frameworks share: links, handler lists, paths, route tables."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from pathlib import PurePosixPath

from rearguard.link import Kind, Ref, Refs, function_id
from rearguard.models.routing import Link
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import Instr, Op, Span

__all__ = [
    "arguments",
    "arity",
    "call_of",
    "constant_texts",
    "flatten",
    "follow",
    "handler_inputs",
    "label_of",
    "link_of",
    "made_elsewhere",
    "rows_behind",
    "texts_of",
    "under_row",
    "wrapper_links",
]

_MAX_DEPTH = 6
_MAX_TEXTS = 8


def call_of(value: ValueView) -> CallView | None:
    """The value as a call, if one computes it."""
    instr = value.instr
    if instr is None or instr.op not in (Op.CALL, Op.NEW):
        return None
    return CallView(value.view, value.fid, value.value, instr, "")


def made_elsewhere(value: ValueView) -> CallView | None:
    """The call that made a value, in another module or in a function that gives it back."""
    for ref in value.refs:
        if isinstance(ref.step, tuple) and ref.kind is Kind.CALL:
            return call_of(ValueView(value.view, *ref.step))
    return None


def arguments(call: CallView) -> tuple[tuple[ValueView, bool], ...]:
    """Arguments in order, each with whether it is spread."""
    keys = call.call.keys
    return tuple(
        (ValueView(call.view, call.fid, value), bool(keys) and keys[index] == "*")
        for index, value in enumerate(call.call.args[1:])
    )


# -- following names ------------------------------------------------------------------------------


def _stores(view: ModelView, fid: str, name: str) -> tuple[str, list[Instr]]:
    """The function whose variable `name` is, seen from `fid`, and the instructions that store it."""
    path, current = view.linker.module_of[fid], fid
    while True:
        function = view.linker.functions[current]
        if name in function.locals:
            return current, view.linker.contents(current).stores.get(name, [])
        if not function.parent:
            return current, []
        current = function_id(path, function.parent)


def follow(value: ValueView) -> ValueView:
    """The expression behind a variable that is stored once; else the value itself."""
    for _ in range(_MAX_DEPTH):
        instr = value.instr
        if instr is None or instr.op not in (Op.LOAD, Op.AWAIT):
            break
        if instr.op == Op.AWAIT:
            value = ValueView(value.view, value.fid, instr.args[0])
            continue
        home, stores = _stores(value.view, value.fid, instr.name)
        if len(stores) != 1:
            break
        value = ValueView(value.view, home, stores[0].args[0])
    return value


# -- texts ----------------------------------------------------------------------------------------


def constant_texts(refs: Refs) -> tuple[str, ...]:
    """Texts among the constants that a value may be."""
    return tuple(ref.step for ref in refs if ref.kind is Kind.CONST and isinstance(ref.step, str))


def texts_of(value: ValueView, depth: int = 0) -> tuple[str, ...]:
    """Texts that a value may be, `a + b`, templates and `env || 'default'` worked out; () if unknown."""
    found = constant_texts(value.refs)
    if found or depth > _MAX_DEPTH:
        return found[:_MAX_TEXTS]
    value = follow(value)
    instr = value.instr
    if instr is None or instr.op != Op.JOIN:
        return constant_texts(value.refs)[:_MAX_TEXTS]
    parts = [texts_of(ValueView(value.view, value.fid, part), depth + 1) for part in instr.args]
    if not all(parts):
        return ()
    return tuple(dict.fromkeys("".join(choice) for choice in product(*(part[:2] for part in parts))))


# -- route tables ---------------------------------------------------------------------------------


def rows_behind(values: Iterable[ValueView]) -> tuple[Ref, ...]:
    """The objects of a route table whose members `values` are, when all come from the same row variable.

    `routes.forEach(({ path, router }) => app.use(path, router))` pairs each path with its own router.
    """
    sources = [_row_member(value) for value in values]
    keyed = [source for source in sources if source is not None]
    if not keyed or len({(fid, name) for fid, name, _ in keyed}) != 1:
        return ()
    fid, name, _ = keyed[0]
    view = next(iter(values)).view
    refs = view.linker.variable(fid, name)
    rows = tuple(ref for ref in refs if ref.kind is Kind.COLLECT)
    return rows if len(rows) > 1 else ()


def under_row(value: ValueView, row: Ref) -> ValueView | None:
    """The expression in the table that `value` is when its row variable is `row`; `None` if that has none.

    A value that comes from no row variable is itself.
    """
    source = _row_member(value)
    if source is None:
        return value
    assert isinstance(row.step, tuple)
    entry, key = ValueView(value.view, *row.step), source[2]
    if not key.isdigit():
        return entry.key(key)
    elements = entry.elements()
    return elements[int(key)] if int(key) < len(elements) else None


def _row_member(value: ValueView) -> tuple[str, str, str] | None:
    """`(function, variable, key)` of a value that is a member of a variable, `row.path` or destructured."""
    value = follow(value)
    instr = value.instr
    if instr is None or instr.op not in (Op.ATTR, Op.ITEM):
        return None
    base = ValueView(value.view, value.fid, instr.args[0]).instr
    if base is None or base.op != Op.LOAD:
        return None
    key = instr.name if instr.op == Op.ATTR else str(instr.value)
    home, _ = _stores(value.view, value.fid, base.name)
    return home, base.name, key


# -- chains ---------------------------------------------------------------------------------------


def flatten(view: ModelView, value: ValueView, depth: int = 0) -> Iterator[ValueView]:
    """Elements of nested handler arrays, spread ones included, in order; a value that is none is itself."""
    arrays = [ref for ref in value.refs if ref.kind is Kind.COLLECT]
    if not arrays or depth > _MAX_DEPTH or any(ref.kind is Kind.FUNCTION for ref in value.refs):
        yield value
        return
    for ref in arrays:
        assert isinstance(ref.step, tuple)
        array = ValueView(view, *ref.step)
        instr = array.instr
        if instr is None or instr.op != Op.COLLECT or instr.name == "dict":
            yield array
            continue
        for element in array.elements():
            yield from flatten(view, element, depth + 1)


def label_of(value: ValueView, depth: int = 0) -> str:
    """The expression as a person names it: `requireAuth`, `auth.check`, `requireRole('admin')`."""
    instr = value.instr
    if instr is None or depth > _MAX_DEPTH:
        return "?"
    if instr.op == Op.FUNC:
        name = instr.name.rpartition(".")[2]
        return "inline" if name.startswith("<") else name.partition("~")[0]
    if instr.op == Op.ATTR:
        return f"{label_of(ValueView(value.view, value.fid, instr.args[0]), depth + 1)}.{instr.name}"
    if instr.op == Op.LOAD:
        return instr.name
    if instr.op == Op.CLASS:
        return instr.name
    if instr.op == Op.IMPORT:
        return instr.value if isinstance(instr.value, str) and instr.value != "default" else instr.name
    if instr.op in (Op.CALL, Op.NEW):
        return _call_label(value, instr, depth)
    text = " ".join(value.source_text.split())
    return text if len(text) <= 60 else text[:57] + "..."


def _call_label(value: ValueView, instr: Instr, depth: int) -> str:
    args = []
    for argument in instr.args[1:]:
        given = ValueView(value.view, value.fid, argument)
        inner = given.instr
        if inner is None:
            args.append("?")
        elif inner.op == Op.CONST and not inner.name.startswith("regex"):
            args.append(_constant_label(inner))
        elif inner.op == Op.COLLECT:
            text = " ".join(given.source_text.split())
            args.append(text if 0 < len(text) <= 40 else "{...}" if inner.name == "dict" else "[...]")
        else:
            args.append(label_of(given, depth + 1))
    callee_value = ValueView(value.view, value.fid, instr.args[0])
    start = _fluent_start(callee_value)
    if start is not None:
        return f"{label_of(start, depth + 1)}..."
    callee = label_of(callee_value, depth + 1)
    return f"{'new ' if instr.op == Op.NEW else ''}{callee}({', '.join(args)})"


def _fluent_start(callee: ValueView) -> ValueView | None:
    """`body('email')` of `body('email').isEmail().trim`, or `None` when no call's method is called."""
    start: ValueView | None = None
    while callee.instr is not None and callee.instr.op == Op.ATTR:
        base = ValueView(callee.view, callee.fid, callee.instr.args[0])
        if base.instr is None or base.instr.op not in (Op.CALL, Op.NEW):
            break
        start, callee = base, ValueView(base.view, base.fid, base.instr.args[0])
    return start


def _constant_label(instr: Instr) -> str:
    if instr.value is None:
        return instr.name or "null"
    if isinstance(instr.value, bool):
        return str(instr.value).lower()
    return f"'{instr.value}'" if isinstance(instr.value, str) else str(instr.value)


def link_of(value: ValueView, how: str = "middleware") -> Link:
    """One element of a chain."""
    spares: tuple[str, ...] = ()
    for _ in range(_MAX_DEPTH):
        spared = _unless(value)
        if spared is None:
            break
        value, spares = spared[0], (*spares, *spared[1])
    link = Link(label_of(value), value.functions, value.names, value.span, (value.fid, value.value), how)
    return replace(link, spares=spares) if spares else link


def _unless(value: ValueView) -> tuple[ValueView, tuple[str, ...]] | None:
    """`guard.unless({ path: ["/login"] })`: the guard, and the paths for which it does not run.

    https://github.com/jfromaniello/express-unless, which express-jwt and koa-jwt come with.
    """
    call = call_of(follow(value))
    options = call.args[0] if call is not None and call.args else None
    if call is None or options is None or call.receiver is None:
        return None
    callee = ValueView(call.view, call.fid, call.call.args[0]).instr
    listed = options.key("path") if callee is not None and callee.name == "unless" else None
    if listed is None or options.key("custom") is not None or options.key("method") is not None:
        return None
    spared: list[str] = []
    for element in flatten(value.view, listed):
        named = element.key("url") or element
        instr = follow(named).instr
        is_pattern = instr is not None and instr.op == Op.CONST and instr.name.startswith("regex")
        texts = _globbed(str(instr.value)) if instr is not None and is_pattern else texts_of(named)
        if not texts or element.key("methods") is not None:
            # Which requests pass cannot be told.
            return None
        spared.extend(texts)
    return call.receiver, tuple(spared)


_PIECE = re.compile(
    r"(?P<any>\.[*+]\??|\((?:\?:)?\.[*+]\??\))"
    r"|(?P<part>(?:\[\^\\?/\]|\\[dw]|\[\\?[\w-]+\])\+|\((?:\?:)?(?:\[\^\\?/\]|\\[dw]|\[\\?[\w-]+\])\+\))"
    r"|\((?:\?:)?(?P<one>(?:[\w/-]|\\[/.-])+(?:\|(?:[\w/-]|\\[/.-])+)+)\)(?![*+?{])"
    r"|(?P<end>(?:\\?/\?)?\$)"
    r"|(?P<text>\\[^\w]|[\w/%~@!,;:=&-])(?![*+?{])"
)


def _globbed(pattern: str) -> tuple[str, ...]:
    """The paths that a pattern matches, with `*` for any text and `{}` for any part; none where it says more.

    It is read and never run: what it would do is for whoever wrote it to say.
    """
    if "|" in pattern and "(" not in pattern and "[" not in pattern:
        several = [_globbed(one) for one in pattern.split("|")[: _MAX_TEXTS + 1]]
        return tuple(one for found in several for one in found) if all(several) else ()
    found = ["" if pattern.startswith("^") else "*"]
    place = len(pattern) - len(pattern.removeprefix("^"))
    while place < len(pattern):
        piece = _PIECE.match(pattern, place)
        if piece is None or (piece["end"] is not None and piece.end() < len(pattern)):
            return ()
        if piece["end"] is not None:
            return tuple(found)
        chosen = piece["one"].replace("\\", "").split("|") if piece["one"] else [""]
        chosen = (
            ["*"]
            if piece["any"]
            else ["{}"]
            if piece["part"]
            else [piece["text"][-1]]
            if piece["text"]
            else chosen
        )
        if len(found) * len(chosen) > _MAX_TEXTS:
            return ()
        found = [before + after for before in found for after in chosen]
        place = piece.end()
    return tuple(text + "*" for text in found)


def wrapper_links(view: ModelView, functions: Iterable[str]) -> tuple[Link, ...]:
    """Closures that project functions put around a handler, outermost first."""
    links = []
    for fid in functions:
        for closure in reversed(view.linker.wrappers.get(fid, ())):
            function = view.function(closure)
            span = Span(view.linker.module_of[closure], function.start, function.end)
            name = function.parent.rpartition(".")[2]
            if not name or name.startswith("<"):
                # `module.exports = (fn) => ...`: people call it by its file.
                name = PurePosixPath(span.path).stem
            links.append(Link(name, (closure,), (), span, None, "wrapper"))
    return tuple(links)


def handler_inputs(view: ModelView, functions: Iterable[str]) -> Mapping[str, str]:
    """Which parameters of a `(request, response)` handler are which."""
    found: dict[str, str] = {}
    for fid in functions:
        for param, channel in zip(view.function(fid).params, ("request", "response"), strict=False):
            found[param.name] = channel
    return found


def hands_on(view: ModelView, functions: Iterable[str]) -> bool:
    """Whether functions call the `next` that they are given last: middleware, wherever they stand."""
    found = False
    for fid in functions:
        params = view.function(fid).params
        definitions = view.definitions(fid)
        callees = (definitions.get(call.args[0]) for call in view.linker.contents(fid).calls)
        if len(params) < 2 or not any(
            callee is not None and callee.op == Op.LOAD and callee.name == params[-1].name
            for callee in callees
        ):
            return False
        found = True
    return found


def arity(view: ModelView, functions: Iterable[str]) -> int | None:
    """The number of parameters that all `functions` have, or `None` if they differ or there is none."""
    counts = {
        len(view.function(fid).params)
        if all(param.kind == "positional" for param in view.function(fid).params)
        else -1
        for fid in functions
    }
    count = counts.pop() if len(counts) == 1 else -1
    return None if count < 0 else count
