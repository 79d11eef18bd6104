"""Where a value ends up: the variables, fields, keys, cookies and functions whose names say what it is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from rearguard.analysis.access.origins import Origins
from rearguard.analysis.identity.kept_codes import is_kept_as_code
from rearguard.analysis.identity.naming import Naming
from rearguard.link import function_id
from rearguard.models.concepts import Mac
from rearguard.program import Instr, Op, Span

MAX_STEPS = 160
"""Values looked at on the way from one value."""
MAX_CALLS = 2
"""Functions that a value is returned from, one by the other."""
KEEPS = frozenset(
    [
        *(
            "encode",
            "decode",
            "strip",
            "lower",
            "upper",
            "toLowerCase",
            "toUpperCase",
            "str",
            "bytes",
            "String",
            "int",
        ),
        *(
            "Number",
            "parseInt",
            "round",
            "floor",
            "ceil",
            "trunc",
            "abs",
            "hex",
            "oct",
            "chr",
            "fromCharCode",
            "charAt",
        ),
        *(
            "join",
            "format",
            "toString",
            "toFixed",
            "substr",
            "substring",
            "slice",
            "replace",
            "zfill",
            "padStart",
        ),
        *(
            "hexdigest",
            "digest",
            "update",
            "md5",
            "sha1",
            "sha256",
            "sha512",
            "createHash",
            "sha224",
            "sha384",
        ),
        *(
            "b64encode",
            "urlsafe_b64encode",
            "hexlify",
            "btoa",
            "from",
            "concat",
            "repeat",
            "list",
            "tuple",
            "choice",
        ),
        *(
            "choices",
            "sample",
            "split",
            "map",
            "fill",
            "Array",
            "join",
            "dumps",
            "stringify",
            "quote",
            "encodeURIComponent",
        ),
        *(
            "push",
            "append",
            "isoformat",
            "timestamp",
            "getTime",
            "valueOf",
            "strftime",
            "b32encode",
            "int_to_bytes",
        ),
    ]
)
"""Functions whose result is as guessable as what they are given."""
_FORMS = frozenset(
    [
        *(
            "hexdigest",
            "digest",
            "md5",
            "sha1",
            "sha256",
            "sha512",
            "sha224",
            "sha384",
            "hexlify",
            "hex",
            "b64encode",
        ),
        *("urlsafe_b64encode", "b32encode", "btoa", "join"),
    ]
)
"""Those that make a text of it that looks like chance."""
_HASHES = re.compile(r"(?:sha(?:1|224|256|384|512)|md5|hash|digest)(?:Hex|_hex)?", re.IGNORECASE)
"""Functions of a project's own that hash what they are given, by their names."""
_IN_URL = re.compile(r"[?&/]?([A-Za-z_][\w-]*)[=:]\s*$")
_WORD = re.compile(r"[A-Za-z_][\w:.\- ]{1,40}")


class State(NamedTuple):
    """How far a value was followed."""

    calls: int
    formed: bool


@dataclass(frozen=True, slots=True)
class Destination:
    """One name under which a value is kept or handed on."""

    name: str
    how: str
    """variable, field, key, argument, parameter, cookie, text, returned, attribute, or kept: as a
    code, in a store."""
    fid: str
    instr: Instr
    formed: bool
    """Whether it was made into text on the way, by a hash, an encoding or the joining of characters."""

    def span(self, origins: Origins) -> Span:
        """The place where it is kept."""
        return origins.span(self.fid, self.instr)


class Destinations:
    """One instance per review; uses of values are indexed function by function."""

    def __init__(self, origins: Origins, naming: Naming) -> None:
        self.origins = origins
        self.naming = naming
        self._users: dict[str, dict[int, list[Instr]]] = {}
        self._loads: dict[str, dict[str, list[Instr]]] = {}

    def of(self, fid: str, value: int) -> tuple[Destination, ...]:
        """The names under which a value, or text made of it, is kept."""
        found: list[Destination] = []
        seen: set[tuple[str, int]] = set()
        pending: list[tuple[str, int, State]] = [(fid, value, State(0, False))]
        while pending and len(seen) < MAX_STEPS:
            home, number, state = pending.pop()
            if (home, number) in seen:
                continue
            seen.add((home, number))
            for user in self.users(home).get(number, ()):
                for step in self._used(home, number, user, state):
                    if isinstance(step, Destination):
                        found.append(step)
                    else:
                        pending.append(step)
        return tuple(found)

    def users(self, fid: str) -> dict[int, list[Instr]]:
        """Value -> the instructions of its function that take it."""
        held = self._users.get(fid)
        if held is None:
            held = self._users[fid] = {}
            loads = self._loads[fid] = {}
            function = self.origins.linker.functions.get(fid)
            for instr in self.origins.linker.code(fid) if function is not None else ():
                for number in dict.fromkeys(instr.args):
                    held.setdefault(number, []).append(instr)
                if instr.op == Op.LOAD:
                    loads.setdefault(instr.name, []).append(instr)
        return held

    def _used(
        self, fid: str, value: int, user: Instr, state: State
    ) -> Iterator[Destination | tuple[str, int, State]]:
        match user.op:
            case Op.STORE:
                if not user.name.startswith("$"):
                    yield Destination(user.name, "variable", fid, user, state.formed)
                self.users(fid)
                for load in self._loads[fid].get(user.name, ()):
                    yield fid, load.dst, state
            case Op.SETATTR if user.args[-1] == value:
                yield Destination(user.name, "field", fid, user, state.formed)
            case Op.SETITEM if user.args[-1] == value:
                if isinstance(user.value, str):
                    yield Destination(user.value, "key", fid, user, state.formed)
                yield from self._grown(fid, user.args[0], state)
            case Op.COLLECT:
                yield from self._collected(fid, value, user, state)
            case Op.JOIN:
                yield from self._joined(fid, value, user, state)
            case Op.BINARY | Op.UNARY | Op.LOGIC | Op.AWAIT | Op.ITER:
                yield fid, user.dst, state
            case Op.ITEM if user.args[0] == value or isinstance(user.value, type(None)):
                yield fid, user.dst, state
            case Op.PUSH if user.args[-1] == value:
                yield fid, user.args[0], state
            case Op.ATTR if user.args[0] == value:
                yield from self._method(fid, user, state)
            case Op.CALL | Op.NEW if value in user.args[1:]:
                yield from self._given(fid, value, user, state)
            case Op.RETURN | Op.YIELD:
                yield from self._returned(fid, user, state)

    def _grown(self, fid: str, container: int, state: State) -> Iterator[tuple[str, int, State]]:
        """A container that something was put into, wherever its variable is read."""
        made = self.origins.view.definitions(fid).get(container)
        if made is not None and made.op == Op.LOAD and made.name in self.origins.linker.functions[fid].locals:
            yield from ((fid, load.dst, state) for load in self._loads[fid].get(made.name, ()))

    def _collected(
        self, fid: str, value: int, user: Instr, state: State
    ) -> Iterator[Destination | tuple[str, int, State]]:
        for index, number in enumerate(user.args):
            key = user.keys[index] if user.keys else None
            if number != value:
                continue
            if key is None or key in ("*", "?"):
                yield fid, user.dst, state
            elif key != "**":
                yield Destination(key, "key", fid, user, state.formed)

    def _joined(
        self, fid: str, value: int, user: Instr, state: State
    ) -> Iterator[Destination | tuple[str, int, State]]:
        """Text that it is part of; what stands before it may say what it is (`?token=`)."""
        yield fid, user.dst, state._replace(formed=state.formed or user.name == "join")
        position = user.args.index(value)
        if position:
            before = self.origins.constant(fid, user.args[position - 1]) or ""
            named = _IN_URL.search(before)
            if named is not None:
                yield Destination(named.group(1), "text", fid, user, False)

    def _method(self, fid: str, attribute: Instr, state: State) -> Iterator[tuple[str, int, State]]:
        """`value.hex()`: its own text in another form; `.hex` alone too."""
        calls = [u for u in self.users(fid).get(attribute.dst, ()) if u.args and u.args[0] == attribute.dst]
        for call in calls:
            if call.op == Op.CALL and attribute.name in KEEPS:
                radix = attribute.name == "toString" and len(call.args) > 1
                formed = state.formed or attribute.name in _FORMS or radix
                yield fid, call.dst, state._replace(formed=formed)
        if not calls and attribute.name in ("hex", "int", "bytes", "urn"):
            yield fid, attribute.dst, state

    def _given(
        self, fid: str, value: int, call: Instr, state: State
    ) -> Iterator[Destination | tuple[str, int, State]]:
        callee = self.origins.view.definitions(fid).get(call.args[0])
        name = callee.name if callee is not None else ""
        position = call.args.index(value, 1) - 1
        key = call.keys[position] if call.keys and position < len(call.keys) else None
        if key and key not in ("*", "**"):
            yield Destination(key, "argument", fid, call, state.formed)
        targets = list(self.origins.targets(fid, call))
        for target in targets:
            for parameter, given in self.origins.arguments(call, target).items():
                if given == value and parameter != "**":
                    yield Destination(parameter, "parameter", fid, call, state.formed)
        if position and is_kept_as_code(self.origins, fid, call, value):
            yield Destination("code", "kept", fid, call, state.formed)
        if position == 1 and not key:
            text = self.origins.constant(fid, call.args[1])
            if text and _WORD.fullmatch(text):
                cookie = "cookie" if "cookie" in name.lower() else "key"
                yield Destination(text, cookie, fid, call, state.formed)
        if targets and not _HASHES.fullmatch(name):
            return
        if (targets or name in KEEPS) and not self._is_keyed(fid, callee):
            yield fid, call.dst, state._replace(formed=state.formed or name in _FORMS)
            if callee is not None and callee.op == Op.ATTR and name in ("append", "push", "update"):
                yield from self._grown(fid, callee.args[0], state)

    def _is_keyed(self, fid: str, callee: Instr | None) -> bool:
        """Whether something is added to a keyed hash, whose result nobody guesses without the key."""
        if callee is None or callee.op != Op.ATTR:
            return False
        found = self.origins.resolved(fid, callee.args[0])
        if found is None:
            return False
        return any(isinstance(c, Mac) for c in self.origins.concepts(found[0], found[1].dst))

    def _returned(
        self, fid: str, user: Instr, state: State
    ) -> Iterator[Destination | tuple[str, int, State]]:
        function = self.origins.linker.functions[fid]
        name = function.name.rpartition(".")[2]
        if name.startswith("<"):
            yield from self._made_by(fid, state)
            return
        yield Destination(name.partition("~")[0], "returned", fid, user, True)
        if state.calls < MAX_CALLS:
            for home, call in self.naming.calls_of(fid)[:12]:
                yield home, call.dst, State(state.calls + 1, state.formed)

    def _made_by(self, fid: str, state: State) -> Iterator[Destination | tuple[str, int, State]]:
        """An anonymous function's result: what the call that it is given to makes of it."""
        path = self.origins.linker.module_of[fid]
        function = self.origins.linker.functions[fid]
        parent = function_id(path, function.parent)
        for instr in self.origins.view.definitions(parent).values():
            if instr.op == Op.FUNC and instr.name == function.name:
                for user in self.users(parent).get(instr.dst, ()):
                    if user.op in (Op.CALL, Op.NEW):
                        yield parent, user.dst, state
                    elif user.op == Op.STORE:
                        yield Destination(user.name, "returned", parent, user, state.formed)
                if state.calls < MAX_CALLS:
                    for home, call in self.naming.calls_of(fid)[:12]:
                        yield home, call.dst, State(state.calls + 1, state.formed)
                return
