"""Routes registered through functions of the program's own: `this.get('/users', handler)` of a base class.

Such a function (a registrar) hands its own parameters to a library's router, or keeps them in a table that is
handed over later. What it is called with says the route; what it adds itself stands before every one of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.link import Kind
from rearguard.models.javascript.chains import call_of, flatten, follow, texts_of
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import Instr, Op

__all__ = ["OwnRoute", "Registrar", "is_own", "own_routes", "registrars"]

VERBS = frozenset(("get", "head", "post", "put", "patch", "delete", "options", "all"))
_PATHS = ("path", "url", "route", "endpoint")
_METHODS = ("method", "verb", "httpMethod", "type")
_HANDLERS = ("handler", "callback", "controller", "action", "fn", "func")
_BEFORE = ("middleware", "middlewares", "before", "guards", "preHandler", "handlers")
_ROUNDS = 3
"""Registrars that call registrars."""


@dataclass(frozen=True, slots=True)
class Registrar:
    """A function of the program that registers what it is given."""

    fid: str
    method: str
    """The method that it always registers, or "" when it is told."""
    inner: tuple[CallView, ...]
    """The library's registrations behind it; none when it keeps a table."""


@dataclass(frozen=True, slots=True)
class OwnRoute:
    """What one call of a registrar says."""

    call: CallView
    registrar: Registrar
    method: str
    path: ValueView | None
    handlers: tuple[ValueView, ...]


def is_own(view: ModelView, call: CallView, path: ValueView | None) -> bool:
    """Whether a library's registration only hands on what its function is given."""
    return path is not None and view.function(call.fid).kind != "module" and bool(_parameter(path))


def _parameter(value: ValueView) -> str:
    """The parameter of its own function that a value is, or is a member of; "" if none."""
    function = value.view.function(value.fid)
    names = {param.name for param in function.params}
    for _ in range(4):
        value = follow(value)
        instr = value.instr
        if instr is None:
            return ""
        if instr.op == Op.LOAD:
            return instr.name if instr.name in names else ""
        if instr.op not in (Op.ATTR, Op.ITEM):
            return ""
        value = ValueView(value.view, value.fid, instr.args[0])
    return ""


def registrars(view: ModelView, inner: list[tuple[CallView, str]]) -> dict[str, Registrar]:
    """Function id -> what it registers. `inner`: calls of `is_own`, each with its method or ""."""
    found: dict[str, Registrar] = {}
    for call, method in inner:
        known = found.get(call.fid)
        calls = (*(known.inner if known else ()), call)
        same = known is None or known.method == method
        found[call.fid] = Registrar(call.fid, method if same else "", calls)
    for fid in _tables(view, {view.linker.module_of[fid] for fid in found} | _looping(view)):
        found.setdefault(fid, Registrar(fid, _verb(fid), ()))
    for _ in range(_ROUNDS if found else 0):
        more: dict[str, Registrar] = {}
        for caller, instr, target in _calls(view, found):
            if caller not in found and _hands_on(view, caller, instr):
                method = _told(view, caller, instr) or found[target].method or _verb(caller)
                more[caller] = Registrar(caller, method, found[target].inner)
        if not more:
            break
        found.update(more)
    return found


def own_routes(view: ModelView, found: dict[str, Registrar]) -> Iterator[OwnRoute]:
    """One route per call of a registrar by something that is none."""
    for caller, instr, target in _calls(view, found):
        if not _hands_on(view, caller, instr):
            call = CallView(view, caller, instr.dst, instr, target)
            method, path, handlers = _given(call)
            if handlers and (path is not None):
                yield OwnRoute(call, found[target], method or found[target].method, path, handlers)


def _calls(view: ModelView, found: dict[str, Registrar]) -> Iterator[tuple[str, Instr, str]]:
    for fid in view.linker.functions:
        refs = view.linker.refs[fid]
        for instr in view.linker.code(fid):
            if instr.op == Op.CALL:
                for ref in refs[instr.args[0]]:
                    if ref.kind is Kind.FUNCTION and ref.id in found:
                        yield fid, instr, ref.id
                        break


def _hands_on(view: ModelView, fid: str, instr: Instr) -> bool:
    """Whether a call passes on, as the route, what its own function is given."""
    values = [ValueView(view, fid, value) for value in instr.args[1:]]
    for value in values[:3]:
        entries = [value.key(name) for name in _PATHS] if value.elements() else [value]
        if any(entry is not None and _parameter(entry) for entry in entries):
            return True
    return False


def _told(view: ModelView, fid: str, instr: Instr) -> str:
    for value in instr.args[1:]:
        given = ValueView(view, fid, value)
        for text in (given.text, *(texts_of(e)[0] for k in _METHODS if (e := given.key(k)) and texts_of(e))):
            if text is not None and text.lower() in VERBS:
                return text.lower()
    return ""


def _verb(fid: str) -> str:
    name = fid.rpartition(".")[2].lower()
    return name if name in VERBS else ""


# -- what a call says -----------------------------------------------------------------------------


def _given(call: CallView) -> tuple[str, ValueView | None, tuple[ValueView, ...]]:
    method, path = "", None
    handlers: list[ValueView] = []
    for value in call.args:
        options = follow(value)
        if options.instr is not None and options.instr.op == Op.COLLECT and options.instr.name == "dict":
            return _options(options)
        texts = texts_of(value)
        if not method and len(texts) == 1 and texts[0].lower() in VERBS and not handlers:
            method = texts[0].lower()
        elif path is None and texts and not handlers and texts[0][:1] in ("/", "*", ""):
            path = value
        elif not texts and (path is not None or not value.has_type("express:Router")):
            handlers.extend(inner for inner in flatten(call.view, value) if _is_handler(inner))
    return method, path, tuple(handlers)


def _options(options: ValueView) -> tuple[str, ValueView | None, tuple[ValueView, ...]]:
    path = next((found for name in _PATHS if (found := options.key(name)) is not None), None)
    method = next((t.lower() for name in _METHODS if (v := options.key(name)) for t in texts_of(v)[:1]), "")
    before = [
        inner
        for name in _BEFORE
        if (value := options.key(name)) is not None
        for inner in flatten(options.view, value)
    ]
    last = [value for name in _HANDLERS if (value := options.key(name)) is not None and _is_handler(value)]
    return method if method in VERBS else "", path, (*before, *last[:1]) if last else ()


def _is_handler(value: ValueView) -> bool:
    return bool(value.functions) or bool(value.names) or call_of(value) is not None


# -- tables ---------------------------------------------------------------------------------------


def _looping(view: ModelView) -> set[str]:
    """Files that register what they find in a table: `app[route.method](route.path, route.handler)`."""
    found: set[str] = set()
    for fid in view.linker.functions:
        refs, path = view.linker.refs[fid], view.linker.module_of[fid]
        if path not in found and any(
            "express:Router[]" in ref.names
            for instr in view.linker.code(fid)
            if instr.op == Op.ITEM
            for ref in refs[instr.dst]
        ):
            found.add(path)
    return found


def _tables(view: ModelView, paths: set[str]) -> Iterator[str]:
    """Functions of these files that put a route, made of their parameters, into a list."""
    for fid, function in view.linker.functions.items():
        if view.linker.module_of[fid] not in paths or not function.params:
            continue
        names = {param.name for param in function.params}
        loaded = {i.dst: i.name for i in view.linker.code(fid) if i.op == Op.LOAD}
        kept = _kept(view, fid)
        for instr in view.linker.code(fid):
            if instr.op == Op.COLLECT and instr.name == "dict" and instr.dst in kept:
                own = {
                    key
                    for key, value in zip(instr.keys, instr.args, strict=False)
                    if loaded.get(value) in names
                }
                if own.intersection(_PATHS) and own.intersection((*_METHODS, *_HANDLERS)):
                    yield fid
                    break


def _kept(view: ModelView, fid: str) -> set[int]:
    """Values that a function puts into a list, map or member."""
    found: set[int] = set()
    definitions = view.definitions(fid)
    for instr in view.linker.code(fid):
        if instr.op in (Op.SETITEM, Op.SETATTR, Op.PUSH):
            found.add(instr.args[-1])
        elif instr.op == Op.CALL:
            callee = definitions.get(instr.args[0])
            if (
                callee is not None
                and callee.op == Op.ATTR
                and callee.name in ("push", "unshift", "set", "add")
            ):
                found.update(instr.args[1:])
    return found
