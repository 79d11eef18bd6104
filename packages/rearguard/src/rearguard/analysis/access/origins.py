"""Origins of values, asked backwards and across calls: `Origins.of` is the one question of this room."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from rearguard.analysis.access.atoms import (
    MAX_PATH,
    NOTHING,
    Atom,
    Atoms,
    Substitution,
    bounded,
    child,
    made_of,
    substituted,
    under,
    union,
)
from rearguard.analysis.access.methods import GETTERS, LENGTH, OVER, RUNS, SAME, TEXTUAL
from rearguard.analysis.access.reaching import ENTRY, reaching
from rearguard.analysis.values import Values
from rearguard.link import Kind, function_id
from rearguard.link.aliases import split_selector
from rearguard.models.compile import Row
from rearguard.models.concepts import (
    TEXT,
    Concept,
    CredentialRead,
    Guard,
    Principal,
    RequestInput,
    ResourceAccess,
    Sanitizer,
    Schema,
    SqlExecution,
    TokenVerify,
)
from rearguard.models.view import ModelView
from rearguard.program import MODULE_BODY, Instr, Op, Span, instructions

if TYPE_CHECKING:
    from rearguard.analysis.access.resources import Touch

MAX_STEPS = 90
"""Nested steps backwards; longer ways are given up."""
MAX_TARGETS = 4
_MARKED = frozenset((Op.ATTR, Op.ITEM, Op.CALL, Op.NEW, Op.ITER, Op.IMPORT))
"""Where values come into being; anything else hands on what it got."""
Path = tuple[str, ...]
RECEIVER = "$receiver"
"""Stands among a method's parameters for the object that it is called on."""

_RESULTS = frozenset({"data", "value"})
_CREDENTIAL_NAME = re.compile(
    r"authori[sz]ation|(?:^|[-_])(?:token|secret|signature|session|sid|jwt|hmac|bearer|auth)(?:$|[-_])|api[-_]?key|"
    r"access[-_]?(?:key|token)|^x[-_]hub",
    re.IGNORECASE,
)
_STRONG = re.compile(r"session|signedcookies|isauthenticated|isunauthenticated", re.IGNORECASE)


class Origins:
    """Remembers every answer; one instance per review."""

    def __init__(self, view: ModelView, values: Values) -> None:
        self.view = view
        self.linker = view.linker
        self.program = values.program
        self.principal_fields: frozenset[str] = frozenset()
        """Members of the request, or of its context object, that middleware fills with the caller."""
        self._known: dict[tuple[str, int, Path], Atoms] = {}
        self._reaching: dict[str, dict[int, frozenset[int]]] = {}
        self._returned: dict[str, tuple[int, ...]] = {}
        self._touches: dict[tuple[str, int], Touch | None] = {}
        self._callbacks: dict[str, tuple[str, Instr]] | None = None
        self._depth = 0

    def forget(self) -> None:
        """Drop remembered answers, after something they rest on has become known."""
        self._known.clear()
        self._touches.clear()

    def remembered(self, place: tuple[str, int]) -> Touch | Literal[False] | None:
        """What a call was found to do to stored objects; `False` when nobody asked yet."""
        return self._touches.get(place, False)

    def remember(self, place: tuple[str, int], touch: Touch | None) -> None:
        """Keep what a call does to stored objects."""
        self._touches[place] = touch

    # -- the question -----------------------------------------------------------------------------

    def of(self, fid: str, value: int, path: Path = ()) -> Atoms:
        """What the value under `path` of a value comes from, in terms of the function's parameters."""
        key = (fid, value, path)
        known = self._known.get(key)
        if known is not None:
            return known
        instr = self.view.definitions(fid).get(value)
        if instr is None or self._depth > MAX_STEPS or len(path) > MAX_PATH:
            return NOTHING
        self._known[key] = NOTHING
        self._depth += 1
        try:
            found = self._find(fid, instr, path)
        finally:
            self._depth -= 1
        self._known[key] = found
        return found

    def _find(self, fid: str, instr: Instr, path: Path) -> Atoms:
        if instr.op == Op.LOAD:
            # What the variable was assigned says more than what it may refer to.
            found = self._load(fid, instr, path)
            if any(atom.kind != "parameter" for atom in found):
                return found
            marked = self._marked(fid, instr, path)
            return marked if marked is not None else found
        if instr.op in _MARKED and not (instr.op == Op.CALL and any(True for _ in self.targets(fid, instr))):
            marked = self._marked(fid, instr, path)
            if marked is not None:
                return marked
        match instr.op:
            case Op.ATTR:
                return self.of(fid, instr.args[0], (instr.name, *path)[:MAX_PATH])
            case Op.ITEM if self._is_slice(fid, instr):
                return bounded(made_of(self.of(fid, instr.args[0], path)), "length")
            case Op.ITEM:
                key = "*" if instr.value is None or isinstance(instr.value, bool) else str(instr.value)
                return self.of(fid, instr.args[0], (key, *path)[:MAX_PATH])
            case Op.CALL | Op.NEW:
                return self._call(fid, instr, path)
            case Op.COLLECT:
                return self._collected(fid, instr, path)
            case Op.AWAIT | Op.ENTER:
                return self.of(fid, instr.args[0], path)
            case Op.ITER:
                return self.of(fid, instr.args[0], ("*", *path)[:MAX_PATH])
            case Op.LOGIC:
                return union(self.of(fid, value, path) for value in instr.args)
            case Op.JOIN | Op.BINARY | Op.UNARY | Op.COMPARE | Op.UNKNOWN | Op.YIELD:
                return made_of(union(self.of(fid, value) for value in instr.args))
        return NOTHING

    def _is_slice(self, fid: str, instr: Instr) -> bool:
        """`text[:80]`: an element chosen by a call of `slice`."""
        definitions = self.view.definitions(fid)
        key = definitions.get(instr.args[1])
        callee = definitions.get(key.args[0]) if key is not None and key.op == Op.CALL else None
        return callee is not None and callee.op == Op.LOAD and callee.name == "slice"

    # -- what models say --------------------------------------------------------------------------

    def concepts(self, fid: str, value: int) -> Iterator[Concept]:
        """Rows about the value itself."""
        seen: list[Concept] = []
        for ref in self.linker.refs[fid][value]:
            for tables in self.view.models.families.values():
                for name in ref.names:
                    for row in tables.values.get(name, ()):
                        if row.concept not in seen:
                            seen.append(row.concept)
                            yield row.concept

    def call_rows(self, fid: str, instr: Instr) -> tuple[Row, ...]:
        """Rows about a call's arguments and receiver."""
        return self.program.rows(self.linker.refs[fid][instr.args[0]])

    def _marked(self, fid: str, instr: Instr, path: Path) -> Atoms | None:
        refs = self.linker.refs[fid][instr.dst]
        if instr.op == Op.ATTR and instr.name in self.principal_fields and self._on_request(fid, instr):
            return frozenset((Atom("principal", "caller", path, self.span(fid, instr)),))
        if not refs:
            return None
        source: Atoms | None = None
        for concept in self.concepts(fid, instr.dst):
            if isinstance(concept, Principal):
                return frozenset((Atom("principal", "caller", path, self.span(fid, instr)),))
            if isinstance(concept, TokenVerify):
                return self._verified(fid, instr, path)
            if isinstance(concept, CredentialRead):
                strong = "session" if _STRONG.search(concept.path) else "credential"
                return frozenset((Atom("credential", strong, path, self.span(fid, instr)),))
            if isinstance(concept, RequestInput) and source is None:
                source = self._input(fid, instr, concept, path)
        return source

    def _on_request(self, fid: str, instr: Instr) -> bool:
        """Whether an attribute is read from the request or its context."""
        base = self.view.definitions(fid).get(instr.args[0])
        if base is None:
            return False
        name = base.name.lower()
        return name in ("req", "request", "g", "locals", "state", "ctx", "context", "session", "res")

    def _input(self, fid: str, instr: Instr, concept: RequestInput, path: Path) -> Atoms:
        keyed: Path = ()
        if concept.key and instr.op in (Op.CALL, Op.NEW):
            _, selector, _ = split_selector(concept.key)
            for index in selector.pick(len(instr.args) - 1, instr.keys) if selector else ():
                text = self.constant(fid, instr.args[1 + index])
                keyed = (text,) if text else ()
        found = frozenset((self.source(concept.channel, (*keyed, *path), self.span(fid, instr), fid),))
        # A form's fields come with its validators.
        return bounded(found, "schema") if "Form" in concept.path else found

    @staticmethod
    def source(channel: str, path: Path, span: Span, fid: str) -> Atom:
        """An input, or a credential when its name says that it is one."""
        kind, _, typed = channel.partition(":")
        bound = "number" if typed and typed not in ("str", "string", "path", "text") else ""
        if kind.rstrip("s") in ("header", "cookie") and path and _CREDENTIAL_NAME.search(path[0]):
            return Atom("credential", kind, path, span, fid)
        return Atom("input", kind, path[:MAX_PATH], span, fid, bound=bound)

    def _verified(self, fid: str, instr: Instr, path: Path) -> Atoms:
        if instr.op not in (Op.CALL, Op.NEW) or self._skips_verification(fid, instr):
            return made_of(union(self.of(fid, value) for value in instr.args[1:]))
        given = union(self.of(fid, value) for value in instr.args[1:])
        callee = self.view.definitions(fid).get(instr.args[0])
        if callee is not None and callee.op == Op.ATTR:
            given = union((given, self.of(fid, callee.args[0])))
        name = callee.name if callee is not None else ""
        return frozenset(
            (Atom("verified", name, path, self.span(fid, instr), fid, instr.dst, (("", given),)),)
        )

    def _skips_verification(self, fid: str, instr: Instr) -> bool:
        """`verify=False`, or `options={"verify_signature": False}`."""
        definitions = self.view.definitions(fid)
        for index, key in enumerate(instr.keys):
            given = definitions.get(instr.args[1 + index])
            if given is None:
                continue
            if key == "verify" and given.op == Op.CONST and given.value is False:
                return True
            if given.op == Op.COLLECT and "verify_signature" in given.keys:
                inner = definitions.get(given.args[given.keys.index("verify_signature")])
                if inner is not None and inner.op == Op.CONST and inner.value is False:
                    return True
        return False

    # -- variables --------------------------------------------------------------------------------

    def stores(self, fid: str, load: Instr) -> frozenset[int]:
        """Values that a use of an own variable may see."""
        held = self._reaching.get(fid)
        if held is None:
            held = self._reaching[fid] = reaching(self.linker.functions[fid])
        return held.get(load.dst, frozenset())

    def _load(self, fid: str, instr: Instr, path: Path) -> Atoms:
        function = self.linker.functions[fid]
        if instr.name == function.receiver:
            return frozenset((Atom("parameter", fid, (RECEIVER, *path)[:MAX_PATH]),))
        if instr.name in function.locals or any(p.name == instr.name for p in function.params):
            return union(
                self._entry(fid, instr.name, path) if value == ENTRY else self.of(fid, value, path)
                for value in sorted(self.stores(fid, instr))
            )
        owner = self.program.owner(fid, instr.name)
        if owner is None:
            owner = function_id(self.linker.module_of[fid], MODULE_BODY)
            if owner == fid:
                return NOTHING
        return union((*self._all_stores(owner, instr.name, path), self._entry(owner, instr.name, path)))

    def _all_stores(self, fid: str, name: str, path: Path) -> Iterator[Atoms]:
        for instr in instructions(self.linker.functions[fid].body):
            if instr.op == Op.STORE and instr.name == name:
                yield self.of(fid, instr.args[0], path)

    def _entry(self, fid: str, name: str, path: Path) -> Atoms:
        """What a parameter is: a callback's argument, or open until a caller is known."""
        params = self.linker.functions[fid].params
        position = next((i for i, p in enumerate(params) if p.name == name), -1)
        if position < 0:
            return NOTHING
        given = self._callback_argument(fid, position, path)
        if given is not None:
            return given
        param = params[position]
        span = Span(self.linker.module_of[fid], param.start, param.end)
        return frozenset((Atom("parameter", fid, (name, *path), span),))

    def _callback_argument(self, fid: str, position: int, path: Path) -> Atoms | None:
        """What `(err, user) => ...` gets when it is handed to a call that verifies, loads or resolves."""
        if self._callbacks is None:
            self._callbacks = dict(self._find_callbacks())
        held = self._callbacks.get(fid)
        if held is None:
            return None
        home, call = held
        rows = [row.concept for row in self.call_rows(home, call)]
        rows.extend(self.concepts(home, call.dst))
        if any(isinstance(c, Guard) for c in rows):
            # `passport.authenticate('jwt', options, (err, user) => ...)`
            span = self.span(home, call)
            found = frozenset((Atom("verified", "authenticate", path, span, home, call.dst),))
            return made_of(found) if position == 0 else found
        if any(isinstance(c, TokenVerify | ResourceAccess | SqlExecution) for c in rows):
            found = self.of(home, call.dst, path)
            return made_of(found) if position == 0 else found
        callee = self.view.definitions(home).get(call.args[0])
        if callee is not None and callee.op == Op.ATTR and callee.name in OVER:
            return self.of(home, callee.args[0], ("*", *path) if callee.name != "then" else path)
        return None

    def _find_callbacks(self) -> Iterator[tuple[str, tuple[str, Instr]]]:
        for fid, function in self.linker.functions.items():
            definitions = self.view.definitions(fid)
            for instr in instructions(function.body):
                if instr.op not in (Op.CALL, Op.NEW):
                    continue
                for value in instr.args[1:]:
                    made = definitions.get(value)
                    if made is not None and made.op == Op.FUNC:
                        yield function_id(self.linker.module_of[fid], made.name), (fid, instr)
                for callback, _ in self.callbacks(fid, instr):
                    yield callback, (fid, instr)

    def callbacks(self, fid: str, instr: Instr) -> Iterator[tuple[str, int]]:
        """Functions, and the arguments they are, that a call which verifies the caller is given by name."""
        if any(isinstance(c, Guard | TokenVerify) for c in self.concepts(fid, instr.dst)):
            for value in instr.args[1:]:
                made = self.view.definitions(fid).get(value)
                for ref in self.linker.refs[fid][value]:
                    if ref.kind is Kind.FUNCTION and made is not None and made.op != Op.FUNC:
                        yield ref.id, value

    # -- containers -------------------------------------------------------------------------------

    def _collected(self, fid: str, instr: Instr, path: Path) -> Atoms:
        if not path:
            return made_of(union(self.of(fid, value) for value in instr.args))
        parts: list[Atoms] = []
        position = 0
        for index, value in enumerate(instr.args):
            key = instr.keys[index] if instr.keys else None
            if key in ("*", "**"):
                parts.append(self.of(fid, value, path))
                continue
            if key is None:
                key, position = str(position), position + 1
            if key == path[0] or path[0] == "*" or key == "?":
                parts.append(self.of(fid, value, path[1:]))
        return union(parts)

    # -- calls ------------------------------------------------------------------------------------

    def _call(self, fid: str, instr: Instr, path: Path) -> Atoms:
        accessed = self._accessed(fid, instr, path)
        if accessed is not None:
            return accessed
        targets = list(self.targets(fid, instr))
        if targets:
            return union(self._returns(fid, instr, target, path) for target in targets)
        callee = self.view.definitions(fid).get(instr.args[0])
        checked = self._checked(fid, instr, path)
        if checked is not None:
            return checked
        if callee is not None and callee.op == Op.ATTR:
            return self._method(fid, instr, callee, path)
        if self._makes(fid, instr):
            return self._constructed(fid, instr, path)
        name = callee.name if callee is not None else ""
        given = union(self.of(fid, value) for value in instr.args[1:])
        return made_of(given) if name in TEXTUAL else frozenset(_opaque(atom) for atom in made_of(given))

    def _accessed(self, fid: str, instr: Instr, path: Path) -> Atoms | None:
        """A stored object, when the call loads one."""
        from rearguard.analysis.access.resources import access_at

        access = access_at(self, fid, instr)
        if access is None:
            return None
        atom = Atom("stored", access.resource, (), access.span, fid, instr.dst, access.keys)
        return under(frozenset((atom,)), path)

    def targets(self, fid: str, instr: Instr) -> Iterator[str]:
        """Functions of the review that a call runs; a parameter that is called is the callers' matter."""
        if self.calls_parameter(fid, instr):
            return
        count = 0
        for ref in self.linker.refs[fid][instr.args[0]]:
            target: str | None = None
            if ref.kind is Kind.FUNCTION:
                target = ref.id
            elif ref.kind is Kind.INSTANCE and ref.base is not None:
                target = self.linker.method(ref.base.id, "__call__")
            elif ref.step in ("call", "bind") and ref.base is not None and ref.base.kind is Kind.FUNCTION:
                target = ref.base.id
            if target is not None and target != fid and count < MAX_TARGETS:
                count += 1
                yield target

    def calls_parameter(self, fid: str, instr: Instr) -> bool:
        """Whether what is called was handed in: a decorated view, a callback."""
        callee = self.view.definitions(fid).get(instr.args[0])
        if callee is None or callee.op != Op.LOAD:
            return False
        function = self.linker.functions[fid]
        if callee.name in function.locals or any(p.name == callee.name for p in function.params):
            return any(p.name == callee.name for p in function.params) and ENTRY in self.stores(fid, callee)
        owner = self.program.owner(fid, callee.name)
        return owner is not None and any(p.name == callee.name for p in self.linker.functions[owner].params)

    def returned(self, fid: str) -> tuple[int, ...]:
        """Values that a function returns or yields."""
        found = self._returned.get(fid)
        if found is None:
            body = instructions(self.linker.functions[fid].body)
            found = tuple(i.args[0] for i in body if i.op in (Op.RETURN, Op.YIELD) and i.args)
            self._returned[fid] = found
        return found

    def _returns(self, fid: str, instr: Instr, target: str, path: Path) -> Atoms:
        atoms = union(self.of(target, value, path) for value in self.returned(target))
        return self.at_call(fid, instr, target, atoms)

    def at_call(self, fid: str, instr: Instr, target: str, atoms: Atoms) -> Atoms:
        """Origins in a callee's terms, in the caller's."""
        if not atoms:
            return atoms
        return substituted(atoms, self.binding(fid, instr, target))

    def binding(self, fid: str, instr: Instr, target: str) -> Substitution:
        """What a callee's parameters and receiver are at a call."""
        bound = self.arguments(instr, target)
        receiver = self.receiver(fid, instr)
        if receiver >= 0:
            bound[RECEIVER] = receiver

        def replaced(atom: Atom) -> Atoms | None:
            if atom.name != target:
                return None
            name, rest = atom.path[0], atom.path[1:]
            value = bound.get(name)
            if value is not None:
                return self.of(fid, value, rest)
            spread = bound.get("**")
            if spread is None:
                return self._gathered(fid, instr, target, name, rest)
            is_rest = any(
                p.name == name and p.kind == "rest-map" for p in self.linker.functions[target].params
            )
            return self.of(fid, spread, rest if is_rest else (name, *rest))

        return replaced

    def _gathered(self, fid: str, instr: Instr, target: str, name: str, rest: Path) -> Atoms:
        """Keywords that a `**` parameter takes together."""
        params = self.linker.functions[target].params
        if not any(p.name == name and p.kind == "rest-map" for p in params):
            return NOTHING
        named = {p.name for p in params}
        given = [
            (key, instr.args[1 + index])
            for index, key in enumerate(instr.keys)
            if key and key not in ("*", "**", *named)
        ]
        if rest:
            return union(self.of(fid, value, rest[1:]) for key, value in given if key == rest[0])
        return made_of(union(self.of(fid, value) for _, value in given))

    def arguments(self, instr: Instr, target: str) -> dict[str, int]:
        """Parameter -> value given for it; `**` -> a map that is spread."""
        params = self.linker.functions[target].params
        positional = [p.name for p in params if p.kind == "positional"]
        rest = next((p.name for p in params if p.kind == "rest"), "")
        bound: dict[str, int] = {}
        position = 0
        for index, value in enumerate(instr.args[1:]):
            key = instr.keys[index] if instr.keys and index < len(instr.keys) else None
            if key is None:
                if position < len(positional):
                    bound.setdefault(positional[position], value)
                elif rest:
                    bound.setdefault(rest, value)
                position += 1
            elif key == "**":
                bound["**"] = value
            elif key != "*":
                bound[key] = value
        return bound

    def _checked(self, fid: str, instr: Instr, path: Path) -> Atoms | None:
        """The result of a schema, or of a function whose result is harmless."""
        for row in self.call_rows(fid, instr):
            if isinstance(row.concept, Schema):
                rest = path[1:] if path and path[0] in _RESULTS else path
                values = self.program.arguments(instr, row, self.receiver(fid, instr))
                return bounded(union(self.of(fid, value, rest) for value in values), "schema")
        for concept in self.concepts(fid, instr.dst):
            if isinstance(concept, Sanitizer) and set(TEXT).issubset(concept.contexts) and not concept.when:
                return made_of(union(self.of(fid, value) for value in instr.args[1:]), "number")
        return None

    def receiver(self, fid: str, instr: Instr) -> int:
        """`x` of `x.method()`, or -1."""
        callee = self.view.definitions(fid).get(instr.args[0])
        return callee.args[0] if callee is not None and callee.op == Op.ATTR else -1

    def _method(self, fid: str, instr: Instr, callee: Instr, path: Path) -> Atoms:
        receiver, name = callee.args[0], callee.name
        if name in GETTERS and len(instr.args) > 1:
            key = self.constant(fid, instr.args[1])
            if key is not None:
                default = union(self.of(fid, value, path) for value in instr.args[2:3])
                found = union((self.of(fid, receiver, (key, *path)[:MAX_PATH]), default))
                return bounded(found, "number") if self._typed(fid, instr) else found
        if name in ("fetchone", "fetchall", "fetchmany", "first", "all", "scalar", "scalars"):
            executed = self._executed_before(fid, instr, receiver)
            if executed is not None:
                return self.of(fid, executed, path)
        if name in RUNS:
            # A statement is run: what it gives is what the statement chose.
            return union((self.of(fid, receiver, path), *(self.of(fid, v, path) for v in instr.args[1:2])))
        own = self.of(fid, receiver, path) if name in SAME else made_of(_asked(self.of(fid, receiver), name))
        if name in SAME and not path:
            return union((own, *(made_of(self.of(fid, value)) for value in instr.args[1:])))
        if name in SAME:
            return union((own, *(self.of(fid, value, path) for value in instr.args[1:])))
        if name == "all" and len(instr.args) > 1:
            return self.of(fid, instr.args[1], path)
        given = union((own, *(made_of(self.of(fid, value)) for value in instr.args[1:])))
        if name in LENGTH:
            return bounded(given, "length")
        if name in TEXTUAL:
            return given
        return frozenset(_opaque(atom) for atom in given)

    def _typed(self, fid: str, instr: Instr) -> bool:
        """`args.get("page", type=int)`."""
        return any(key == "type" for key in instr.keys)

    def _executed_before(self, fid: str, instr: Instr, receiver: int) -> int | None:
        """The last `cursor.execute(...)` on the same variable before `cursor.fetchone()`."""
        held = self.view.definitions(fid).get(receiver)
        if held is None or held.op != Op.LOAD:
            return None
        last: int | None = None
        for other in instructions(self.linker.functions[fid].body):
            if other.dst == instr.dst:
                break
            if other.op == Op.CALL and any(
                isinstance(r.concept, SqlExecution) for r in self.call_rows(fid, other)
            ):
                base = self.view.definitions(fid).get(self.receiver(fid, other))
                if base is not None and base.op == Op.LOAD and base.name == held.name:
                    last = other.dst
        return last

    def _makes(self, fid: str, instr: Instr) -> bool:
        return instr.op == Op.NEW or any(r.kind is Kind.CLASS for r in self.linker.refs[fid][instr.args[0]])

    def _constructed(self, fid: str, instr: Instr, path: Path) -> Atoms:
        """An object made of its arguments: keywords are its fields."""
        if not path:
            return made_of(union(self.of(fid, value) for value in instr.args[1:]))
        for ref in self.linker.refs[fid][instr.args[0]]:
            made_by = self.linker.constructor(ref.id) if ref.kind is Kind.CLASS else None
            if made_by is not None:
                return self._field(fid, instr, made_by, path)
        for index, key in enumerate(instr.keys):
            if key == path[0]:
                return self.of(fid, instr.args[1 + index], path[1:])
        spread = [v for i, v in enumerate(instr.args[1:]) if instr.keys and instr.keys[i] == "**"]
        if not instr.keys:
            spread = list(instr.args[1:2])
        return union(self.of(fid, value, path) for value in spread)

    def _field(self, fid: str, instr: Instr, constructor: str, path: Path) -> Atoms:
        """What a constructor stores in a field of the new object."""
        function = self.linker.functions[constructor]
        definitions = self.view.definitions(constructor)
        parts: list[Atoms] = []
        for stored in instructions(function.body):
            if stored.op == Op.SETATTR and stored.name == path[0]:
                base = definitions.get(stored.args[0])
                if base is not None and base.op == Op.LOAD and base.name == function.receiver:
                    parts.append(self.of(constructor, stored.args[1], path[1:]))
        return self.at_call(fid, instr, constructor, union(parts))

    # -- small look-ups ---------------------------------------------------------------------------

    def constant(self, fid: str, value: int) -> str | None:
        """A constant text."""
        for ref in self.linker.refs[fid][value]:
            if ref.kind is Kind.CONST and isinstance(ref.step, str):
                return ref.step
        instr = self.view.definitions(fid).get(value)
        return (
            instr.value
            if instr is not None and instr.op == Op.CONST and isinstance(instr.value, str)
            else None
        )

    def span(self, fid: str, instr: Instr) -> Span:
        """The place of an instruction."""
        return Span(self.linker.module_of[fid], instr.start, instr.end)

    def resolved(self, fid: str, value: int) -> tuple[str, Instr] | None:
        """The instruction behind a variable that only one assignment reaches, seen through `await`."""
        for _ in range(8):
            instr = self.view.definitions(fid).get(value)
            if instr is None:
                return None
            if instr.op in (Op.AWAIT, Op.ENTER):
                value = instr.args[0]
                continue
            if instr.op != Op.LOAD:
                return fid, instr
            home, reached = self._reached(fid, instr)
            if len(reached) != 1 or ENTRY in reached:
                return fid, instr
            fid, value = home, next(iter(reached))
        return None

    def _reached(self, fid: str, load: Instr) -> tuple[str, frozenset[int]]:
        function = self.linker.functions[fid]
        if load.name in function.locals or any(p.name == load.name for p in function.params):
            return fid, self.stores(fid, load)
        owner = self.program.owner(fid, load.name) or function_id(self.linker.module_of[fid], MODULE_BODY)
        body = instructions(self.linker.functions[owner].body)
        return owner, frozenset(i.args[0] for i in body if i.op == Op.STORE and i.name == load.name)


def _asked(atoms: Atoms, method: str) -> Atoms:
    """What a method of the caller says carries its name: `current_user.has_permission(...)`."""
    if method in TEXTUAL:
        return atoms
    return frozenset(child(atom, (method,)) if atom.kind == "principal" else atom for atom in atoms)


def _opaque(atom: Atom) -> Atom:
    """A credential handed to a function that cannot be read may have been verified there."""
    if atom.kind != "credential" or atom.bound:
        return atom
    return Atom("credential", atom.name, atom.path, atom.span, atom.fid, bound="opaque", exact=False)


__all__ = ["Origins"]
