"""What the routing functions of Python frameworks share: links, decorators, class attributes, constants."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from rearguard.link import Kind, Ref, function_id
from rearguard.models.routing import ABOVE, Link, RouterKey
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import Function, Op, Span

_VIEW = re.compile(r"(?:django|rest_framework)\.(?:\w+\.)*\w*View(?:Set)?")
"""Views of Django and of REST framework."""

__all__ = [
    "HTTP_METHODS",
    "call_of",
    "class_attribute",
    "class_methods",
    "class_name",
    "class_span",
    "constants",
    "creation",
    "decorator_links",
    "definition",
    "extending",
    "follow",
    "function_link",
    "handlers",
    "is_guess",
    "is_none",
    "items",
    "link",
    "made",
    "methods",
    "options",
    "parameters",
    "router_refs",
]

HTTP_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
_MAX_NESTING = 6


def definition(view: ModelView, fid: str) -> Span:
    """The place of a function's name."""
    function = view.function(fid)
    return view.span(fid, function.name_start, function.name_end)


def class_span(view: ModelView, cid: str) -> Span:
    """The place of a class."""
    path, _, name = cid.rpartition("::")
    cls = view.linker.modules[path].classes[name]
    return Span(path, cls.start, cls.end)


def class_name(cid: str) -> str:
    """The name of a class, without its module."""
    return cid.rpartition("::")[2]


def function_link(view: ModelView, fid: str, how: str = "handler", label: str = "", cid: str = "") -> Link:
    """The link that runs one function of the review, `cid` the class whose object it is called on."""
    name = label or fid.rpartition("::")[2]
    return Link(name, (fid,), (), definition(view, fid), None, how, cls=cid)


def link(value: ValueView, how: str) -> Link:
    """The link that an expression stands for: a decorator, a hook, a middleware class, a dependency."""
    functions = tuple(dict.fromkeys(fid for ref in value.refs for fid in _runs(value.view, ref)))
    label = _label(value, functions)
    return Link(label, functions, value.names, value.span, (value.fid, value.value), how)


def _runs(view: ModelView, ref: Ref) -> Iterator[str]:
    """Functions of the review that run when `ref` is called, as middleware or decorator."""
    if ref.kind is Kind.FUNCTION:
        yield ref.id
    elif ref.kind in (Kind.INSTANCE, Kind.CLASS):
        cls = ref.base if ref.kind is Kind.INSTANCE else ref
        if cls is not None:
            for name in ("__call__", "dispatch"):
                found = view.linker.method(cls.id, name)
                if found is not None:
                    yield found
            constructor = view.linker.constructor(cls.id)
            if ref.kind is Kind.CLASS and constructor is not None:
                yield constructor


def _label(value: ValueView, functions: tuple[str, ...]) -> str:
    text = " ".join(value.source_text.split())
    if text:
        return text
    if functions:
        return functions[0].rpartition("::")[2]
    return value.names[0] if value.names else "?"


def follow(value: ValueView) -> ValueView:
    """The expression that a local name stands for, when it was stored exactly once before."""
    view, seen = value.view, 0
    while seen < _MAX_NESTING:
        seen += 1
        instr = value.instr
        if instr is None or instr.op != Op.LOAD:
            return value
        stored = _stored(view, value.fid, instr.name)
        if stored is None:
            return value
        value = stored
    return value


def _stored(view: ModelView, fid: str, name: str) -> ValueView | None:
    """The one value stored under `name`, in the function or those around it."""
    current = fid
    while current in view.linker.functions:
        function = view.function(current)
        if name in function.locals or any(param.name == name for param in function.params):
            stores = [i for i in view.linker.code(current) if i.op == Op.STORE and i.name == name]
            if len(stores) == 1:
                return ValueView(view, current, stores[0].args[0])
            return None
        if not function.parent:
            return None
        current = function_id(view.linker.module_of[current], function.parent)
    return None


def creation(view: ModelView, ref: Ref) -> CallView | None:
    """The call that made a value of a type listed in `sites`."""
    if not isinstance(ref.step, tuple) or ref.kind not in (Kind.CALL, Kind.INSTANCE):
        return None
    fid, value = ref.step
    return call_of(ValueView(view, fid, value))


def options(view: ModelView, ref: Ref, name: str) -> tuple[ValueView, ...]:
    """A keyword given where `ref` was made, and what a class of the review hands to `super().__init__`."""
    call = creation(view, ref)
    given = call.keyword(name) if call is not None else None
    if call is None or ref.kind is not Kind.INSTANCE or ref.base is None:
        return (given,) if given is not None else ()
    found: list[ValueView] = []
    constructor = view.linker.constructor(ref.base.id) or ""
    body = view.linker.functions.get(constructor)
    for instr in view.linker.code(constructor) if body is not None else ():
        callee = view.definitions(constructor).get(instr.args[0]) if instr.op == Op.CALL else None
        if callee is not None and callee.op == Op.ATTR and callee.name == "__init__":
            inner = CallView(view, constructor, instr.dst, instr, "").keyword(name)
            bound = _bound(view, call, inner) if inner is not None else None
            if bound is not None:
                found.append(bound)
    if given is not None and given not in found:
        found.append(given)
    return tuple(found)


def _bound(view: ModelView, call: CallView, inner: ValueView) -> ValueView | None:
    """`inner`, or what `call` gives for it when it is a parameter of the function called."""
    instr = inner.instr
    if instr is None or instr.op != Op.LOAD:
        return inner
    for position, param in enumerate(view.function(inner.fid).params):
        if param.name == instr.name:
            default, _ = view.parameter(inner.fid, param.name)
            return call.arg(position, param.name) or default
    return inner


def call_of(value: ValueView) -> CallView | None:
    """The call whose result `value` is, written here or stored in a name used here."""
    value = follow(value)
    instr = value.instr
    if instr is None or instr.op != Op.CALL:
        return None
    return CallView(value.view, value.fid, value.value, instr, "")


def items(value: ValueView, depth: int = 0) -> tuple[ValueView, ...]:
    """The elements of a list or tuple, followed through names, spreads and `+`."""
    if depth > _MAX_NESTING:
        return ()
    instr = value.instr
    if instr is not None and instr.op == Op.COLLECT:
        found: list[ValueView] = []
        for index, element in enumerate(value.elements()):
            if instr.keys and instr.keys[index] in ("*", "**"):
                found.extend(items(element, depth + 1))
            else:
                found.append(element)
        return tuple(found)
    if instr is not None and instr.op in (Op.JOIN, Op.BINARY) and instr.name in ("plus", "|", "+"):
        return tuple(
            element
            for part in instr.args
            for element in items(ValueView(value.view, value.fid, part), depth + 1)
        )
    for ref in value.refs:
        if ref.kind is Kind.COLLECT and isinstance(ref.step, tuple):
            return items(ValueView(value.view, *ref.step), depth + 1)
    followed = follow(value)
    return items(followed, depth + 1) if followed != value else ()


def constants(value: ValueView | None) -> tuple[str, ...] | None:
    """The texts of a list written out, a single text, or `None` when any is unknown."""
    if value is None:
        return None
    if value.text is not None:
        return (value.text,)
    elements = items(value)
    texts = tuple(element.text for element in elements)
    return tuple(text for text in texts if text is not None) if texts and None not in texts else None


def is_none(value: ValueView) -> bool:
    """Whether a value is the constant `None`, and nothing else is known of it."""
    return bool(value.refs) and all(ref.kind is Kind.CONST and ref.step is None for ref in value.refs)


def class_bases(view: ModelView, cid: str) -> Iterator[ValueView]:
    """What a class extends, as it is written."""
    path, _, name = cid.rpartition("::")
    cls = view.linker.modules[path].classes[name]
    return (ValueView(view, function_id(path, cls.parent), base) for base in cls.bases)


def all_names(view: ModelView, base: ValueView) -> Iterator[str]:
    """What a base class is called, and all that it extends."""
    yield from base.names
    for cid in base.classes:
        for each in view.linker.lineage(cid):
            for value in class_bases(view, each):
                yield from value.names


def is_view(view: ModelView, base: ValueView) -> bool:
    """Whether a base class is a view of Django itself, whose own methods go before what stands behind it."""
    return any(map(_VIEW.fullmatch, all_names(view, base)))


def behind_views(view: ModelView, cid: str) -> frozenset[str]:
    """Classes of the project that a class extends behind a view, with no say in who may call it."""
    late: set[str] = set()
    for current in view.linker.lineage(cid):
        if current not in late:
            bases = tuple(class_bases(view, current))
            late.update(other for value in bases[last_view(view, bases) + 1 :] for other in value.classes)
    return frozenset(late)


def last_view(view: ModelView, bases: tuple[ValueView, ...]) -> int:
    """The place of the last of the bases that is a view: what stands before any goes before what all of them
    have in common."""
    return max((place for place, value in enumerate(bases) if is_view(view, value)), default=len(bases))


def class_attribute(
    view: ModelView, cid: str, name: str, without: frozenset[str] = frozenset()
) -> ValueView | None:
    """What the body of a class, or of one that it extends, stores under `name`."""
    for current in view.linker.lineage(cid):
        body = view.linker.functions.get(current)
        if body is None or current in without:
            continue
        stores = [i for i in view.linker.code(current) if i.op == Op.STORE and i.name == name]
        if stores:
            return ValueView(view, current, stores[-1].args[0])
    return None


def class_methods(view: ModelView, cid: str, names: Iterable[str] = HTTP_METHODS) -> dict[str, str]:
    """Method name -> function id, for those of `names` that the class has."""
    found = {name: view.linker.method(cid, name) for name in names}
    return {name: fid for name, fid in found.items() if fid is not None}


def extending(view: ModelView, kind: str) -> Iterator[str]:
    """Ids of the classes of the review that extend something of the type `kind`, in program order."""
    for path, module in view.linker.modules.items():
        for name in module.classes:
            cid = function_id(path, name)
            if kind in view.linker.table.make(Kind.CLASS, None, cid).names:
                yield cid


def methods(view: ModelView, cid: str) -> dict[str, str]:
    """Method name -> function id, of a class and of those of the review that it extends."""
    found: dict[str, str] = {}
    for current in view.linker.lineage(cid):
        path, _, name = current.rpartition("::")
        for method, qualified in view.linker.modules[path].classes[name].methods.items():
            found.setdefault(method, function_id(path, qualified))
    return found


def decorator_links(
    view: ModelView, fid: str, registrations: Collection[tuple[str, int]], below: int | None = None
) -> tuple[Link, ...]:
    """Links of a function's decorators that run when it is called through a registration.

    `registrations` are the decorator values that register and do not wrap; `below` is the one in
    question: what stands above it wraps a name that the framework never calls.
    """
    decorators = view.decorators(fid)
    values = [value.value for value in decorators]
    start = values.index(below) + 1 if below in values else 0
    return tuple(
        link(value, "decorator") if place >= start else replace(link(value, "decorator"), how=ABOVE)
        for place, value in enumerate(decorators)
        if (value.fid, value.value) not in registrations and not _is_builtin(value)
    )


def _is_builtin(value: ValueView) -> bool:
    instr = value.instr
    return instr is not None and instr.op == Op.LOAD and instr.name in ("staticmethod", "classmethod")


def handlers(value: ValueView, depth: int = 0) -> tuple[tuple[str, ...], tuple[Link, ...]]:
    """The functions that an expression given as handler runs, and the wrappers around them.

    `login_required(view)` is `view` behind the link `login_required`.
    """
    value = follow(value)
    instr = value.instr
    if (
        instr is not None
        and instr.op == Op.CALL
        and (value.fid, instr.args[0]) in value.view.linker.decorated
    ):
        # A decorated definition: its decorators are read where it is defined.
        return value.functions, ()
    if depth < _MAX_NESTING and instr is not None and instr.op == Op.CALL and len(instr.args) > 1:
        for argument in instr.args[1:]:
            inner = ValueView(value.view, value.fid, argument)
            functions, wrappers = handlers(inner, depth + 1)
            if functions:
                wrapper = link(ValueView(value.view, value.fid, instr.args[0]), "wrapper")
                return functions, (wrapper, *wrappers)
    return value.functions, ()


def router_refs(value: ValueView, kinds: Collection[str]) -> tuple[Ref, ...]:
    """The routers that a value may be.

    One known only by its annotation counts when no creation is seen. Inside a class that extends a
    router, `self` is every instance that the program makes of it.
    """
    found = tuple(ref for ref in value.refs if not frozenset(kinds).isdisjoint(ref.names))
    sites = [ref for ref in found if isinstance(ref.step, tuple)]
    for ref in found:
        if ref.kind is Kind.INSTANCE and ref.step == "" and not sites:
            sites.extend(_instances(value.view, ref))
    return tuple(sites) or found


def _instances(view: ModelView, generic: Ref) -> Iterator[Ref]:
    classes = frozenset(
        cid
        for cid in view.linker.bases
        if generic.base is not None and generic.base.id in view.linker.lineage(cid)
    )
    for call in view.calls(*(generic.base.names if generic.base is not None else ())):
        for ref in call.refs:
            made_here = ref.kind is Kind.INSTANCE and isinstance(ref.step, tuple)
            if made_here and ref.base is not None and ref.base.id in classes:
                yield ref


def is_guess(routers: Iterable[RouterKey]) -> bool:
    """Whether routers are known by the name of a variable alone, as in a fragment without imports."""
    return all(isinstance(ref, Ref) and ref.kind is Kind.TYPE for ref in routers)


def made(view: ModelView, kind: str, *callees: str) -> tuple[Ref, ...]:
    """Every value of the type `kind` that calls of `callees` make."""
    return tuple(
        dict.fromkeys(ref for call in view.calls(*callees) for ref in call.refs if kind in ref.names)
    )


def parameters(function: Function) -> tuple[str, ...]:
    """Names of a function's parameters, spread ones left out."""
    return tuple(param.name for param in function.params if param.kind in ("positional", "keyword"))
