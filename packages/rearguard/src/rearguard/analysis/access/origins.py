"""Origins of values, asked backwards and across calls: `Origins.of` is the one question of this room."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

from rearguard.analysis.access.atoms import (
    MAX_PATH,
    NOTHING,
    OPEN,
    OWN,
    PASSWORD,
    Atom,
    Atoms,
    Substitution,
    bounded,
    child,
    made_of,
    normal,
    shown_at,
    substituted,
    under,
    union,
    unproved,
)
from rearguard.analysis.access.called import named
from rearguard.analysis.access.collected import collected, joined
from rearguard.analysis.access.copies import copied
from rearguard.analysis.access.filling import constructed, merged_into, told_by_view
from rearguard.analysis.access.holders import class_given
from rearguard.analysis.access.keyed import given_keys, reading
from rearguard.analysis.access.leaving import Leaving
from rearguard.analysis.access.lookups import Lookups
from rearguard.analysis.access.methods import CHECKED, DECIDED, GETTERS, LENGTH, OVER, RUNS, SAME, TEXTUAL
from rearguard.analysis.access.pairs import paired
from rearguard.analysis.access.promised import promised
from rearguard.analysis.access.reaching import ENTRY
from rearguard.analysis.access.schema_calls import is_open_schema
from rearguard.analysis.access.scopes import Scopes
from rearguard.analysis.access.singled_out import singled_out
from rearguard.analysis.values import Values
from rearguard.link import Kind, function_id
from rearguard.models.concepts import (
    TEXT,
    CredentialRead,
    Guard,
    PasswordVerify,
    Principal,
    RequestInput,
    ResourceAccess,
    Sanitizer,
    Schema,
    SqlExecution,
    TokenDecode,
    TokenVerify,
)
from rearguard.models.mark_concepts import RouteHandler
from rearguard.models.view import ModelView
from rearguard.program import MODULE_BODY, Instr, Op, Span

if TYPE_CHECKING:
    from rearguard.analysis.access.predicates import Outcome
    from rearguard.analysis.access.resources import Touch

MAX_STEPS = 90
"""Nested steps backwards; longer ways are given up."""
_MARKED = frozenset((Op.ATTR, Op.ITEM, Op.CALL, Op.NEW, Op.ITER, Op.IMPORT))
"""Where values come into being; anything else hands on what it got."""
Path = tuple[str, ...]
Answers: TypeAlias = dict[tuple[str, int, Path], Atoms]
Touched: TypeAlias = "dict[tuple[str, int], Touch | None]"
Remembered: TypeAlias = tuple[Answers, Touched]
RECEIVER = OWN
_RESULTS = frozenset({"data", "value"})
CREDENTIAL_NAME = re.compile(
    r"authori[sz]ation|(?:^|[-_])(?:token|secret|signature|session|sid|jwt|hmac|bearer|auth)(?:$|[-_])|api[-_]?key|^x[-_]\w+[-_]key$|"
    r"access[-_]?(?:key|token)|^x[-_]hub",
    re.IGNORECASE,
)
_SPELLED = {"COOKIES": "cookies", "META": "headers", "FILES": "files"}
"""Members of a request that hold what has another name elsewhere."""
_STRONG = re.compile(r"session|signedcookies|isauthenticated|isunauthenticated", re.IGNORECASE)


class Origins(Lookups):
    """Remembers every answer; one instance per review."""

    def __init__(self, view: ModelView, values: Values) -> None:
        super().__init__(view, values)
        self.principal_fields: dict[str, str] = {}
        """Members of the request, or of its context object, that middleware fills with the caller, and what
        of the request said who that is: `cookie`, `header`, or "" when that is open."""
        self.carried: dict[tuple[str, str], Atoms] = {}
        """What the request, or its context, is called and a member that middleware fills with what the client
        says, or the caller where it says nothing -> what that is."""
        self.principal_records: dict[str, str] = {}
        """Those of them that are the caller's record as it is stored -> what record that is."""
        self.logging_in: frozenset[str] = frozenset()
        """Records that have a password, by `normal` name."""
        self.caught_errors: dict[str, int] | None = None
        """Own classes of errors -> the status that handlers refuse with; `None` until somebody asks."""
        self.url_tests: dict[tuple[str, int], bool] = {}
        """Values that were tested -> whether the request's own address is among what they are made of."""
        self.marks: dict[tuple[tuple[Span, bool], ...], frozenset[tuple[str, str]]] = {}
        """Places of decorators, and whether they are on a class -> the keys of marks, and what has them."""
        self.attributes: dict[tuple[str | Span, ...], Mapping[str, bool | None]] = {}
        """Handlers and places of their decorators -> attributes that they have, and whether they are true."""
        self.asked_attributes: dict[tuple[str, int], tuple[str, bool | None] | None] = {}
        """Values that were tested -> the attribute asked for, and what stands for it where there is none."""
        self.predicates: dict[tuple[str, int], tuple[Outcome, ...]] = {}
        """Functions, and from how far they are asked -> what they answer when, as far as that can be told."""
        self.kept_back: dict[str, tuple[tuple[tuple[bool, Atoms], ...], ...]] = {}
        """Functions -> for each way on which they give something, what they asked before."""
        self.runs_statements: dict[tuple[str, int], bool] = {}
        """Functions, and how many calls on from them are looked at -> whether a statement is run there."""
        self.scopes = Scopes(self)
        self.leaving = Leaving(self, values.graph)
        """Functions that never return normally."""
        self.answers: Answers = {}
        self.keyed: dict[tuple[tuple[tuple[str, str], str], ...], Remembered] = {}
        """Answers while parameters name what is read."""
        self.touched: Touched = {}
        self._record_methods: dict[tuple[str, int], tuple[str, ...]] = {}
        self._depth = 0

    def forget(self) -> None:
        """Drop remembered answers, after something they rest on has become known."""
        self.answers.clear()
        self.keyed.clear()
        self.touched.clear()
        self._record_methods.clear()
        self.predicates.clear()
        self.kept_back.clear()

    def remembered(self, place: tuple[str, int]) -> Touch | Literal[False] | None:
        """What a call was found to do to stored objects; `False` when nobody asked yet."""
        return self.touched.get(place, False)

    def remember(self, place: tuple[str, int], touch: Touch | None) -> None:
        """Keep what a call does to stored objects."""
        self.touched[place] = touch

    # -- the question -----------------------------------------------------------------------------

    def of(self, fid: str, value: int, path: Path = ()) -> Atoms:
        """What the value under `path` of a value comes from, in terms of the function's parameters."""
        key = (fid, value, path)
        known = self.answers.get(key)
        if known is not None:
            return known
        instr = self.view.definitions(fid).get(value)
        if instr is None or self._depth > MAX_STEPS or len(path) > MAX_PATH:
            return NOTHING
        self.answers[key] = NOTHING
        self._depth += 1
        try:
            found = self._find(fid, instr, path)
        finally:
            self._depth -= 1
        self.answers[key] = found
        return found

    def _find(self, fid: str, instr: Instr, path: Path) -> Atoms:
        if instr.op == Op.LOAD:
            # What the variable was assigned says more than what it may refer to.
            found = self._load(fid, instr, path)
            if any(atom.kind != "parameter" for atom in found) or self.is_handed_in(fid, instr):
                return found
            return self._marked(fid, instr, path) or found
        if instr.op in _MARKED and not (instr.op == Op.CALL and self.runs(fid, instr)):
            marked = self._marked(fid, instr, path)
            if marked is not None:
                return marked
        match instr.op:
            case Op.ATTR if instr.name in CHECKED:
                return bounded(made_of(self.of(fid, instr.args[0])), "schema")
            case Op.ATTR if (fid, instr.dst) in self.linker.accessors:
                return self._given_by_property(fid, instr, path)
            case Op.ATTR if instr.name == "_mapping":
                return self.of(fid, instr.args[0], path)
            case Op.ATTR:
                given = self.of(fid, instr.args[0], (instr.name, *path)[:MAX_PATH])
                return told_by_view(self, fid, instr, path) or given
            case Op.ITEM if self.is_slice(fid, instr):
                return bounded(made_of(self.of(fid, instr.args[0], path)), "length")
            case Op.ITEM:
                # `cookies[NAME]`, where a constant has that name.
                index = self.resolved(fid, instr.args[1]) if len(instr.args) > 1 else None
                by_name = index[1].value if index is not None and index[1].op == Op.CONST else None
                known = by_name if instr.value is None and isinstance(by_name, str) else instr.value
                key = "*" if known is None or isinstance(known, bool) else str(known)
                found = self.of(fid, instr.args[0], (key, *path)[:MAX_PATH])
                # What a table that no request reaches says of the caller: `RANKS[user.role]`.
                keyed = self.of(fid, instr.args[1]) if not found and len(instr.args) > 1 else NOTHING
                return found or made_of(frozenset(a for a in keyed if a.kind != "input"))
            case Op.CALL | Op.NEW:
                return self._call(fid, instr, path)
            case Op.COLLECT:
                return collected(self, fid, instr, path)
            case Op.AWAIT | Op.ENTER:
                return self.of(fid, instr.args[0], path)
            case Op.ITER:
                return self.of(fid, instr.args[0], ("*", *path)[:MAX_PATH])
            case Op.LOGIC:
                return union(self.of(fid, value, path) for value in instr.args)
            case Op.JOIN | Op.BINARY:
                return joined(self, fid, instr)
            case Op.UNARY | Op.COMPARE | Op.UNKNOWN | Op.YIELD:
                return made_of(union(self.of(fid, value) for value in instr.args))
        return NOTHING

    def _given_by_property(self, fid: str, instr: Instr, path: Path) -> Atoms:
        """What a getter returns, or the member itself where that cannot be told."""
        getter = self.linker.accessors[fid, instr.dst]

        def replaced(atom: Atom) -> Atoms | None:
            if atom.name == getter and atom.path[:1] == (RECEIVER,):
                return self.of(fid, instr.args[0], atom.path[1:])
            return None

        returned = (self.of(getter, value, path) for value in self.returned(getter))
        found = union(substituted(atoms, replaced) for atoms in returned)
        return found or self.of(fid, instr.args[0], (instr.name, *path)[:MAX_PATH])

    def runs(self, fid: str, instr: Instr) -> tuple[str, ...]:
        """Functions of the review that a call runs, methods of stored records among them."""
        return self.targets(fid, instr) or self._of_record(fid, instr)

    def _of_record(self, fid: str, instr: Instr) -> tuple[str, ...]:
        """The method of the class that a record is kept by, where only the record's name is known."""
        callee = self.view.definitions(fid).get(instr.args[0]) if instr.op == Op.CALL else None
        if callee is None or callee.op != Op.ATTR or not self.methods_named(callee.name):
            return ()
        known = self._record_methods.get((fid, instr.dst))
        if known is None:
            self._record_methods[fid, instr.dst] = ()
            held = [a for a in self.of(fid, callee.args[0]) if a.exact and not a.path]
            kept = {a.name for a in held if a.kind == "stored"}
            if any(a.kind == "principal" for a in held):
                kept.update(self.principal_records.values())
            classes = {cid for name in kept for cid in self.classes_named(name)}
            classes.update(
                cid for name in (*kept, *self._asked_model(fid, callee)) for cid in self.managers.of(name)
            )
            found = {self.linker.method(cid, callee.name) for cid in classes} - {None, fid}
            known = tuple(target for target in found if target) if len(found) == 1 else ()
            self._record_methods[fid, instr.dst] = known
        return known

    def _asked_model(self, fid: str, callee: Instr) -> Iterator[str]:
        """`Order` of `Order.objects.open`."""
        base = self.view.definitions(fid).get(callee.args[0])
        if base is not None and base.op == Op.ATTR:
            for ref in self.linker.refs[fid][base.args[0]]:
                if ref.kind is Kind.CLASS:
                    yield ref.id.rpartition("::")[2].rpartition(".")[2]

    # -- what models say --------------------------------------------------------------------------

    def _marked(self, fid: str, instr: Instr, path: Path) -> Atoms | None:
        refs = self.linker.refs[fid][instr.dst]
        if instr.op == Op.ATTR and self.carried:
            held_here = self.carried.get((self.holder_name(fid, instr.args[0]), instr.name))
            if held_here is not None:
                return under(held_here, path)
        if self.is_claimed(fid, instr):
            return self.of(fid, instr.args[0], (instr.name, *path)[:MAX_PATH])
        member = self.member_of_request(fid, instr) if self.principal_fields else ""
        if member in self.principal_fields:
            held = self.principal_fields[member] or "caller"
            said = self.claimed.get((member, path[0]), NOTHING) if path and self.claimed else NOTHING
            return frozenset((Atom("principal", held, path, self.span(fid, instr)), *said))
        if not refs:
            return None
        source: Atoms | None = None
        for concept in self.concepts(fid, instr.dst):
            if isinstance(concept, Principal) and re.fullmatch(concept.named or ".*", instr.name):
                held = concept.carrier or self.principal_fields.get(instr.name, "") or "caller"
                return frozenset((Atom("principal", held, path, self.span(fid, instr)),))
            if isinstance(concept, RouteHandler):
                return NOTHING
            if isinstance(concept, TokenVerify):
                return self._verified(fid, instr, path, concept)
            if isinstance(concept, TokenDecode):
                return unproved(self.of(fid, value) for value in instr.args[1:])
            if isinstance(concept, CredentialRead):
                return frozenset((Atom("credential", _credential(concept), path, self.span(fid, instr)),))
            if isinstance(concept, RequestInput) and source is None:
                source = self._input(fid, instr, concept, path)
        return source

    def _input(self, fid: str, instr: Instr, concept: RequestInput, path: Path) -> Atoms:
        channel, keyed = named(self, fid, instr, concept)
        if channel == "cookies" and keyed and path[:1] == ("value",):
            # A cookie that is given as an object, with its name and its value.
            path = path[1:]
        found = frozenset((self.source(channel, (*keyed, *path), self.span(fid, instr), fid),))
        return bounded(found, "schema") if concept.declared and instr.op == Op.ATTR else found

    @staticmethod
    def source(channel: str, path: Path, span: Span, fid: str) -> Atom:
        """An input, or a credential when its name says that it is one."""
        kind, _, typed = channel.partition(":")
        kind = _SPELLED.get(kind, kind)
        bound = "number" if typed and typed not in ("str", "string", "path", "text") else ""
        if kind.rstrip("s") in ("header", "cookie") and path and CREDENTIAL_NAME.search(path[0]):
            return Atom("credential", kind, path, span, fid)
        return Atom("input", kind, path[:MAX_PATH], span, fid, bound=bound)

    def _verified(self, fid: str, instr: Instr, path: Path, concept: TokenVerify) -> Atoms:
        if instr.op not in (Op.CALL, Op.NEW) or self.skips_verification(fid, instr):
            return unproved(self.of(fid, value) for value in instr.args[1:])
        given = union(self.of(fid, value) for value in instr.args[1:])
        callee = self.view.definitions(fid).get(instr.args[0])
        if callee is not None and callee.op == Op.ATTR:
            given = union((given, self.of(fid, callee.args[0])))
        if concept.of_request:
            given = union((given, shown_at(self.span(fid, instr))))
        name = callee.name if callee is not None else ""
        made, bound = (("", given),), PASSWORD * isinstance(concept, PasswordVerify)
        return frozenset((Atom("verified", name, path, self.span(fid, instr), fid, instr.dst, made, bound),))

    # -- variables --------------------------------------------------------------------------------

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
        for instr in self.linker.contents(fid).stores.get(name, ()):
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
        held = self.callback_of(fid)
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
        accessed = self._accessed(home, call, path) if position else None
        if accessed is not None:
            # A function of one's own around the driver hands its callback on.
            return accessed
        callee = self.view.definitions(home).get(call.args[0])
        if callee is not None and callee.op == Op.ATTR and callee.name in OVER:
            return self.of(home, callee.args[0], ("*", *path) if callee.name != "then" else path)
        return None

    # -- calls ------------------------------------------------------------------------------------

    def _call(self, fid: str, instr: Instr, path: Path) -> Atoms:
        accessed = self._accessed(fid, instr, path)
        if accessed is not None:
            return accessed
        targets = list(self.runs(fid, instr))
        if targets:
            given = union(self._returns(fid, instr, target, path) for target in targets)
            return self._narrowed(fid, instr, targets, given)
        callee = self.view.definitions(fid).get(instr.args[0])
        checked = self._checked(fid, instr, path)
        if checked is None:
            checked = copied(self, fid, instr, path)
        if checked is not None:
            return checked
        held = promised(self, fid, instr, path)
        if held is not None:
            return held
        if self.is_merge(fid, instr):
            return union(self.of(fid, value, path) for value in instr.args[1:])
        if callee is not None and callee.op == Op.ATTR:
            return self._method(fid, instr, callee, path)
        if self.makes(fid, instr):
            return constructed(self, fid, instr, path)
        name = callee.name if callee is not None else ""
        given = union(self.of(fid, value) for value in instr.args[1:])
        return made_of(given) if name in TEXTUAL else frozenset(_opaque(atom) for atom in made_of(given))

    def _narrowed(self, fid: str, instr: Instr, targets: list[str], given: Atoms) -> Atoms:
        """What a manager's own question gives, and what limited the query before: `objects.of(me).open()`."""
        receiver = self.receiver(fid, instr)
        if receiver < 0 or not any(self._is_question(target) for target in targets):
            return given
        before = [a for a in self.of(fid, receiver) if a.kind == "stored" and a.exact and a.keys]
        return union(
            frozenset(
                (atom._replace(keys=tuple(dict.fromkeys((*atom.keys, *known.keys)))),)
                if (known := next((b for b in before if b.name == atom.name), None)) and atom.kind == "stored"
                else (atom,)
            )
            for atom in given
        )

    def _is_question(self, target: str) -> bool:
        """Whether a function is a method of a model's manager or query set."""
        owner = self.linker.functions[target].owner
        return bool(owner) and self.managers.is_known(f"{self.linker.module_of[target]}::{owner}")

    def _accessed(self, fid: str, instr: Instr, path: Path) -> Atoms | None:
        """A stored object, when the call loads one."""
        from rearguard.analysis.access.resources import access_at

        access = access_at(self, fid, instr)
        if access is None:
            return None
        atom = Atom("stored", access.resource, (), access.span, fid, instr.dst, access.keys)
        if normal(access.resource) in self.logging_in:
            atom = atom._replace(logs_in=True)
        return under(frozenset((atom,)), path)

    def _returns(self, fid: str, instr: Instr, target: str, path: Path) -> Atoms:
        keys = given_keys(self, fid, instr, target)
        asked = partial(self._given_back, target, path)
        return self.at_call(fid, instr, target, reading(self, keys, asked) if keys else asked())

    def _given_back(self, target: str, path: Path) -> Atoms:
        return union(self.of(target, value, path) for value in self.returned(target))

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
        params = self.linker.functions[target].params
        gathers = next((p.name for p in params if p.kind == "rest"), "")
        maker = self.maker(fid, instr, target)
        captured = self.binding(fid, *maker) if maker is not None else None

        def replaced(atom: Atom) -> Atoms | None:
            if atom.name != target:
                return captured(atom) if captured is not None else None
            name, rest = atom.path[0], atom.path[1:]
            if atom.kind == "holder":
                return class_given(self, fid, bound.get(name), rest)
            if name == gathers and name:
                return self._listed(fid, instr, target, rest)
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

    def _listed(self, fid: str, instr: Instr, target: str, path: Path) -> Atoms:
        """What a parameter such as `*args` takes together, or one of these values by its place."""
        before = sum(1 for p in self.linker.functions[target].params if p.kind == "positional")
        parts: list[Atoms] = []
        position = 0
        for index, value in enumerate(instr.args[1:]):
            key = instr.keys[index] if instr.keys and index < len(instr.keys) else None
            if key == "*":
                # A list that is spread: its entries are where they were in it.
                parts.append(self.of(fid, value, path))
            elif key is None:
                place = position - before
                if place >= 0 and (not path or path[0] in ("*", str(place))):
                    parts.append(self.of(fid, value, path[1:]))
                position += 1
        return union(parts) if path else made_of(union(parts))

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

    def _checked(self, fid: str, instr: Instr, path: Path) -> Atoms | None:
        """The result of a schema, or of a function whose result is harmless."""
        for row in self.call_rows(fid, instr):
            if isinstance(row.concept, Schema):
                rest = path[1:] if path and path[0] in _RESULTS else path
                values = self.program.arguments(instr, row, self.receiver(fid, instr))
                how = OPEN if not rest and is_open_schema(self, fid, instr, row.concept) else "schema"
                return bounded(union(self.of(fid, value, rest) for value in values), how)
        for concept in self.concepts(fid, instr.dst):
            if isinstance(concept, Sanitizer) and set(TEXT).issubset(concept.contexts) and not concept.when:
                receiver = self.receiver(fid, instr)
                given = (*instr.args[1:], receiver) if receiver >= 0 else instr.args[1:]
                return made_of(union(self.of(fid, value) for value in given), "number")
        return None

    def _method(self, fid: str, instr: Instr, callee: Instr, path: Path) -> Atoms:
        receiver, name = callee.args[0], callee.name
        if name == "merge" and (merged := merged_into(self, fid, instr, path)):
            return merged
        if name in GETTERS and len(instr.args) > 1:
            keys = self.constants(fid, instr.args[1])
            if keys:
                default = union(self.of(fid, value, path) for value in instr.args[2:3])
                found = union((*(self.of(fid, receiver, (key, *path)[:MAX_PATH]) for key in keys), default))
                return bounded(found, "number") if self.is_typed(fid, instr) else found
        if name == "fromEntries" and len(instr.args) == 2 and (made := paired(self, fid, instr, path)):
            return made
        if name in ("fetchone", "fetchall", "fetchmany", "first", "all", "scalar", "scalars"):
            executed = self.executed_before(fid, instr, receiver)
            if executed is not None:
                return self.of(fid, executed, path)
        if name in RUNS:
            # A statement is run: what it gives is what the statement chose.
            return union((self.of(fid, receiver, path), *(self.of(fid, v, path) for v in instr.args[1:2])))
        # Asked for nothing by name, `get()` and `data()` give all that there is (Firestore).
        same = name in SAME or (name in ("get", "data") and len(instr.args) == 1)
        own = self.of(fid, receiver, path) if same else made_of(_asked(self.of(fid, receiver), name))
        if name == "filter" and path == ("length",):
            # How many there are of whom a function says something: `all.filter((o) => o.team != mine).length`
            return union((made_of(self.of(fid, receiver)), *self._decided(fid, instr)))
        if name in SAME:
            held = (self.of(fid, value, path) for value in instr.args[1:])
            return union((singled_out(self, fid, instr, name, own), *(held if path else map(made_of, held))))
        if name == "all" and len(instr.args) > 1:
            return self.of(fid, instr.args[1], path)
        given = union((own, *(made_of(self.of(fid, value)) for value in instr.args[1:])))
        if name in DECIDED:
            given = union((given, *self._decided(fid, instr)))
        if name in LENGTH or name in TEXTUAL:
            return bounded(given, "length") if name in LENGTH else given
        return frozenset(_opaque(atom) for atom in given)

    def _decided(self, fid: str, instr: Instr) -> Iterator[Atoms]:
        """What a function decides by that is asked about each element: `needed.every(r => rights.has(r))`."""
        for ref in (ref for value in instr.args[1:] for ref in self.linker.refs[fid][value]):
            if ref.kind is Kind.FUNCTION and ref.id.startswith(f"{fid}."):
                yield from (made_of(self.of(ref.id, value)) for value in self.returned(ref.id))


def _credential(concept: CredentialRead) -> str:
    """session, cookie, or credential: which of those a row about credentials means."""
    if _STRONG.search(concept.path):
        return "session"
    return "cookie" if "cookie" in concept.path.lower() else "credential"


def _asked(atoms: Atoms, method: str) -> Atoms:
    """What a method of the caller says carries its name: `current_user.has_permission(...)`."""
    if method in TEXTUAL:
        return atoms
    return frozenset(child(atom, (method,)) if atom.kind == "principal" else atom for atom in atoms)


def _opaque(atom: Atom) -> Atom:
    """What is handed to a function that cannot be read may have been verified or limited there."""
    if atom.kind in ("input", "parameter") and not atom.bound:
        return atom._replace(bound="unknown", exact=False)
    if atom.kind != "credential" or atom.bound:
        return atom
    return Atom("credential", atom.name, atom.path, atom.span, atom.fid, bound="opaque", exact=False)


__all__ = ["CREDENTIAL_NAME", "Origins"]
