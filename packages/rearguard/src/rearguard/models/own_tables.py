"""Routes of servers without a framework: rows of the program's own tables, and tests of the path.

A row holds a path and the function that answers it, with or without a method: `("GET", "/users", users)`,
`{ method: "GET", path: "/users", handler }`, `{"/users": users}`, `app.get("/users", users)` of a class of
the program, `@route("/users")`. A test is `if path == "/users": return users(...)` in what serves requests.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rearguard.link import Kind, function_id
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import (
    MODULE_BODY,
    Block,
    Case,
    If,
    Instr,
    Op,
    Span,
    Switch,
    Try,
    With,
    children,
)

__all__ = ["OwnRow", "dispatched", "rows", "without_framework"]

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "*", "ALL", "ANY"))
_PATH_KEYS = ("path", "url", "route", "pattern", "regex", "rule", "uri")
_METHOD_KEYS = ("method", "verb", "methods", "http_method", "httpMethod")
_HANDLER_KEYS = ("handler", "callback", "controller", "action", "fn", "func", "view", "endpoint", "target")
_BARE = frozenset(("wsgi", "http_server", "node", "sockets"))
"""Libraries with entries of their own that leave it to the program which path leads where."""
_NOT_MODELLED = {
    "python": frozenset(("web", "connexion", "robyn", "blacksheep", "webapp2")),
    "javascript": frozenset(("restify", "polka", "connect", "find-my-way")),
}
"""Frameworks with routes of which there is no model."""
_GROUP = re.compile(r"\((?:\?P?<(?P<name>\w+)>|\?:)?(?:[^()\\]|\\.)*\)")
_PART = re.compile(r":(\w+)|\{(\w+)(?::\w+)?\}|<(?:\w+:)?(\w+)>")
_MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class OwnRow:
    """A path, and what answers it."""

    method: str
    path: str
    handler: str
    before: tuple[ValueView, ...]
    """What a call names between path and handler."""
    fid: str
    value: int
    """The row itself: a call may decorate what answers."""
    span: Span
    names: tuple[str, ...]
    """Names of the path's parts."""


def without_framework(view: ModelView, language: str) -> bool:
    """Whether no file imports a framework that has routes of its own."""
    routed = _NOT_MODELLED[language].union(
        package
        for library in view.models.libraries
        if library.routes is not None and library.language == language and library.name not in _BARE
        for package in library.packages
    )
    return not any(
        _package(instr.name, language) in routed or instr.name in routed
        for path in view.linker.modules
        if (body := function_id(path, MODULE_BODY)) in view.linker.functions and view.family(body) == language
        for instr in view.linker.code(body)
        if instr.op == Op.IMPORT
    )


def _package(name: str, language: str) -> str:
    """The package of an import: `flask` of `flask.views`, `@hapi/hapi` of `@hapi/hapi/lib`."""
    if language == "python":
        return name.partition(".")[0]
    return "/".join(name.split("/")[: 2 if name.startswith("@") else 1])


# -- rows -----------------------------------------------------------------------------------------


def rows(view: ModelView, language: str) -> Iterator[OwnRow]:
    """Every row of the program's tables, in program order."""
    found: dict[tuple[str, str, str], OwnRow] = {}
    for fid in view.linker.functions:
        for instr in view.linker.code(fid) if view.family(fid) == language else ():
            for row in _of(view, fid, instr):
                found.setdefault((row.method, row.path, row.handler), row)
    # `{"GET": {"/users": users}}` was met twice, once without its method.
    told = {(path, handler) for method, path, handler in found if method != "*"}
    yield from (row for (method, *rest), row in found.items() if method != "*" or tuple(rest) not in told)


def _of(view: ModelView, fid: str, instr: Instr) -> Iterator[OwnRow]:
    if instr.op == Op.COLLECT and len(instr.args) > 0:
        value = ValueView(view, fid, instr.dst)
        if instr.name == "dict":
            yield from _described(value) if _described_by(value) else _mapped(value, "*")
        elif len(instr.args) > 1:
            yield from _row(value, value.elements(), ())
    elif instr.op in (Op.CALL, Op.NEW) and len(instr.args) > 1 and _is_own(view, fid, instr):
        call = CallView(view, fid, instr.dst, instr, "")
        callee = view.definitions(fid).get(instr.args[0])
        named = (callee.name.upper(),) if callee is not None and callee.name.upper() in _METHODS else ()
        given = tuple(ValueView(view, fid, value) for value in instr.args[1:])
        target = call.decorates
        if target is not None and target in view.linker.functions:
            yield from _row(call, given, named, target)
        else:
            yield from _row(call, given, named)
    elif instr.op == Op.SETITEM:
        key = view.definitions(fid).get(instr.args[1]) if len(instr.args) > 2 else None
        held = ValueView(view, fid, instr.args[-1])
        parts: tuple[ValueView, ...] = ()
        if key is not None:
            entry = ValueView(view, fid, key.dst)
            parts = entry.elements() if key.op == Op.COLLECT else (entry,)
        if parts and held.functions:
            yield from _row(held, (*parts, held), ())
        elif parts and _answering(held):
            yield from _row(held, (*parts, held), (), _answering(held))
        elif isinstance(instr.value, str):
            yield from _keyed(held, instr.value, "*")


def _is_own(view: ModelView, fid: str, instr: Instr) -> bool:
    """Whether a call runs a function of the review, or makes an object of one of its classes."""
    refs = view.linker.refs[fid][instr.args[0]]
    return any(ref.kind in (Kind.FUNCTION, Kind.CLASS) for ref in refs)


def _row(
    at: ValueView, given: tuple[ValueView, ...], methods: tuple[str, ...], decorated: str = ""
) -> Iterator[OwnRow]:
    path: str | None = None
    found: list[ValueView] = []
    classes: list[ValueView] = []
    if any(_is_parameter(value) for value in given):
        # What registers, and what it is called with says the route.
        return
    for value in given:
        listed = _methods_in(value)
        text = _path(value)
        if listed and not methods:
            methods = listed
        elif path is None and text is not None:
            path = text
        elif value.functions and path is not None:
            found.append(value)
        elif path is not None and any(ref.kind is Kind.CLASS for ref in value.refs):
            classes.append(value)
    handler = decorated or (found[-1].functions[0] if found else "")
    if path is not None and not handler and classes:
        for method, answering in _methods_of(at.view, classes[-1].classes[0]):
            yield from _made(at, (method,), path, answering, ())
    if path is not None and handler:
        before = () if decorated else tuple(found[:-1])
        yield from _made(at, methods or ("*",), path, handler, before)


def _methods_of(view: ModelView, cid: str) -> Iterator[tuple[str, str]]:
    """Methods of a class, and of what it extends, that answer the requests that they are called after."""
    for verb in ("get", "post", "put", "patch", "delete"):
        for name in (verb, f"do_{verb}", f"on_{verb}", verb.upper()):
            found = view.linker.method(cid, name)
            if found is not None:
                yield verb.upper(), found
                break


def _is_parameter(value: ValueView) -> bool:
    """Whether a value is what its function, or one around it, is given."""
    instr, view, fid = value.instr, value.view, value.fid
    if instr is None or instr.op != Op.LOAD:
        return False
    while fid in view.linker.functions:
        function = view.function(fid)
        if any(param.name == instr.name for param in function.params):
            return True
        if not function.parent or instr.name in function.locals:
            return False
        fid = f"{view.linker.module_of[fid]}::{function.parent}"
    return False


def _described_by(value: ValueView) -> bool:
    return any(value.key(name) is not None for name in _PATH_KEYS) and any(
        value.key(name) is not None for name in _HANDLER_KEYS
    )


def _described(value: ValueView) -> Iterator[OwnRow]:
    """`{ method: "GET", path: "/users", handler: users }`"""
    path = next(
        (p for n in _PATH_KEYS if (v := value.key(n)) is not None and (p := _path(v)) is not None), None
    )
    handler = next((v for n in _HANDLER_KEYS if (v := value.key(n)) is not None and v.functions), None)
    methods = next((_methods_in(v) for n in _METHOD_KEYS if (v := value.key(n)) is not None), ())
    if path is not None and handler is not None:
        yield from _made(value, methods or ("*",), path, handler.functions[0], ())


def _mapped(value: ValueView, method: str) -> Iterator[OwnRow]:
    """`{"/users": users}`, `{"GET /users": users}`, `{"GET": {"/users": users}}`"""
    instr = value.instr
    if instr is None:
        return
    for key, number in zip(instr.keys, instr.args, strict=False):
        inner = ValueView(value.view, value.fid, number)
        if isinstance(key, str) and key.upper() in _METHODS:
            made = inner.instr
            if made is not None and made.op == Op.COLLECT and made.name == "dict":
                yield from _mapped(inner, key.upper())
        elif isinstance(key, str):
            yield from _keyed(inner, key, method)


def _keyed(value: ValueView, key: str, method: str) -> Iterator[OwnRow]:
    first, _, rest = key.partition(" ") if " " in key else key.partition(":")
    if first.upper() in _METHODS and rest.startswith("/"):
        method, key = first.upper(), rest
    handler = _answering(value) if key.startswith("/") else ""
    if handler:
        yield from _made(value, (method,), key, handler, ())


def _answering(value: ValueView) -> str:
    """The function that answers: the value itself, or what stands in the entry that it is, as in
    `{"/users": {"view": users, "login": False}}`, `{"/users": (users, "staff")}`; "" if there is none."""
    if value.functions:
        return value.functions[0]
    whole = value.written
    if whole is None or whole.instr is None or not whole.elements():
        return ""
    if whole.instr.name == "dict":
        named = (v for n in _HANDLER_KEYS if (v := whole.key(n)) is not None)
        return next((v.functions[0] for v in named if v.functions), "")
    first = whole.elements()[0]
    return first.functions[0] if len(whole.elements()) > 1 and first.functions else ""


def _made(
    at: ValueView, methods: tuple[str, ...], path: str, handler: str, before: tuple[ValueView, ...]
) -> Iterator[OwnRow]:
    names = tuple(next(n for n in match.groups() if n) for match in _PART.finditer(path))
    for method in methods:
        shown = "*" if method in ("ALL", "ANY") else method
        yield OwnRow(shown, path, handler, before, at.fid, at.value, at.span, names)


def _methods_in(value: ValueView) -> tuple[str, ...]:
    texts = (value.text,) if value.text is not None else tuple(e.text for e in value.elements())
    found = tuple(text.upper() for text in texts if text is not None)
    return found if found and len(found) == len(texts) and _METHODS.issuperset(found) else ()


def _path(value: ValueView) -> str | None:
    """A path written as text, as a pattern, or as `re.compile(pattern)`."""
    text = value.text
    instr = value.instr
    if text is None and instr is not None and instr.op in (Op.CALL, Op.NEW) and len(instr.args) > 1:
        callee = value.view.definitions(value.fid).get(instr.args[0])
        if callee is not None and callee.name in ("compile", "RegExp"):
            text = ValueView(value.view, value.fid, instr.args[1]).text
    if text is None:
        return None
    return plain(text) if text.removeprefix("^").removeprefix("\\")[:1] == "/" and " " not in text else None


def plain(text: str) -> str:
    """A pattern as a path: its groups become parts that have their names."""
    if not text.startswith("^") and "(" not in text:
        return text
    count = 0

    def group(match: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return f"{{{match['name'] or f'part{count}'}}}"

    text = _GROUP.sub(group, text.removeprefix("^"))
    text = re.sub(r"\\?/\??\$?$|\$$", "", text.replace("\\/", "/")) or "/"
    return text.replace("\\.", ".").replace("\\-", "-").rstrip("?")


# -- tests ----------------------------------------------------------------------------------------


def dispatched(view: ModelView, served: Mapping[str, str]) -> Iterator[OwnRow]:
    """Functions to which what serves requests hands them where it tested the path.

    `served`: such a function -> the method that it answers, or `*`.
    """
    for fid, method in served.items():
        if fid in view.linker.functions:
            yield from _Tests(view, fid).rows(view.function(fid).body, method, "", 0)


class _Tests:
    """The branches of one function."""

    def __init__(self, view: ModelView, fid: str) -> None:
        self.view = view
        self.fid = fid
        self.definitions = view.definitions(fid)
        function = view.function(fid)
        names = [param.name for param in function.params]
        self.own = {function.receiver, *names} - {""}
        self.request = {function.receiver, *names[:1]} - {""}

    def rows(self, block: Block, method: str, path: str, depth: int) -> Iterator[OwnRow]:
        """What a block hands on that runs for `method` and `path`."""
        if depth > _MAX_DEPTH:
            return
        for item in block:
            if isinstance(item, If):
                asked, tested = self._asked(item.cond, 0)
                yield from self._branch(item.then, asked, tested, method, path, depth)
                yield from self.rows(item.orelse, method, path, depth + 1)
            elif isinstance(item, Switch):
                for case in item.cases:
                    yield from self._branch(case.body, *self._cased(case), method, path, depth)
            elif isinstance(item, Try | With):
                yield from self.rows(item.body, method, path, depth + 1)

    def _branch(
        self, block: Block, asked: str, tested: str, method: str, path: str, depth: int
    ) -> Iterator[OwnRow]:
        """What runs where a condition holds that asks for a method, a path, or neither."""
        method, path = asked or method, tested or path
        if path and (asked or tested):
            call = self._handing(block)
            if call is not None:
                handler = ValueView(self.view, self.fid, call.args[0]).functions[0]
                before = tuple(self._before(block, call))
                yield from _made(ValueView(self.view, self.fid, call.dst), (method,), path, handler, before)
        yield from self.rows(block, method, path, depth + 1)

    def _cased(self, case: Case) -> tuple[str, str]:
        """The method and the path of a case."""
        texts = [t for value in case.tests if (t := ValueView(self.view, self.fid, value).text)]
        tested = next((t for t in texts if t.startswith("/")), "")
        return next((t.upper() for t in texts if t.upper() in _METHODS), ""), tested

    def _handing(self, block: Block) -> Instr | None:
        """The call of a branch that answers the request: what is returned, else the last that is given it."""
        found: Instr | None = None
        for instr in self._of_branch(block, 0):
            if instr.op == Op.CALL and self._is_given(instr):
                found = instr
            elif instr.op == Op.RETURN and instr.args:
                value = self.definitions.get(instr.args[0])
                while value is not None and value.op in (Op.AWAIT, Op.YIELD) and value.args:
                    value = self.definitions.get(value.args[0])
                if value is not None and value.op == Op.CALL and self._is_given(value):
                    return value
        return found

    def _before(self, block: Block, handing: Instr) -> Iterator[ValueView]:
        """What else is given the request first: `return refusal(request) or notes(request)`."""
        for instr in self._of_branch(block, 0):
            if instr is handing:
                return
            if instr.op == Op.CALL and self._is_given(instr):
                yield ValueView(self.view, self.fid, instr.args[0])

    def _of_branch(self, block: Block, depth: int) -> Iterator[Instr]:
        """Instructions of a branch, without those of branches in it that ask for a method or path again."""
        for item in block if depth <= _MAX_DEPTH else ():
            if isinstance(item, Instr):
                yield item
            elif isinstance(item, If) and any(self._asked(item.cond, 0)):
                yield from self._of_branch(item.orelse, depth + 1)
            elif not isinstance(item, Switch):
                for inner in children(item):
                    yield from self._of_branch(inner, depth + 1)

    def _is_given(self, call: Instr) -> bool:
        """Whether a call hands the request, or parts of its path, to a function of the review.

        What is called with other things helps with an answer: `self.reply(200, rows)`.
        """
        functions = ValueView(self.view, self.fid, call.args[0]).functions
        if len(functions) != 1 or functions[0] == self.fid:
            return False
        made = [self.definitions.get(value) for value in call.args[1:]]
        whole = any(one is not None and one.op == Op.LOAD and one.name in self.request for one in made)
        return whole or all(one is not None and self._is_part(one) for one in made)

    def _is_part(self, instr: Instr) -> bool:
        """Whether a value is a part of the request, or what a pattern found in its path."""
        for _ in range(_MAX_DEPTH):
            if instr.op == Op.LOAD:
                return instr.name in self.own
            if instr.op == Op.CALL and ValueView(self.view, self.fid, instr.args[0]).functions:
                return False
            if instr.op == Op.ATTR and instr.name in ("group", "groups", "groupdict"):
                return True
            if instr.op == Op.ITEM and instr.value in (1, "1"):
                return True
            inner = self.definitions.get(instr.args[0]) if instr.op in (Op.ATTR, Op.ITEM, Op.CALL) else None
            if inner is None:
                return False
            instr = inner
        return False

    def _asked(self, number: int, depth: int) -> tuple[str, str]:
        """The method and the path that a condition asks for."""
        instr = self.definitions.get(number)
        if instr is None or depth > 4:
            return "", ""
        if instr.op == Op.LOGIC and instr.name in ("and", "&&"):
            found = [self._asked(value, depth + 1) for value in instr.args]
            return next((m for m, _ in found if m), ""), next((p for _, p in found if p), "")
        if instr.op == Op.COMPARE and instr.name in ("==", "==="):
            for value in instr.args:
                text = ValueView(self.view, self.fid, value).text
                if text is not None and text.startswith("/") and " " not in text:
                    return "", text
                if text is not None and text in _METHODS:
                    return text, ""
        if instr.op == Op.CALL and len(instr.args) > 1:
            callee = self.definitions.get(instr.args[0])
            text = ValueView(self.view, self.fid, instr.args[1]).text
            if callee is not None and callee.name in ("startswith", "startsWith") and text is not None:
                return "", text.rstrip("/") + "/{rest}" if text.startswith("/") else ""
            if callee is not None and callee.name in ("test", "match", "fullmatch", "exec"):
                held = self.definitions.get(callee.args[0]) if callee.op == Op.ATTR else None
                pattern = ValueView(self.view, self.fid, held.dst) if held is not None else None
                for candidate in (pattern, ValueView(self.view, self.fid, instr.args[1])):
                    found_path = _path(candidate) if candidate is not None else None
                    if found_path is not None:
                        return "", found_path
        return "", ""
