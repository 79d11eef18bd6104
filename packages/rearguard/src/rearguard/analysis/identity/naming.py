"""What a value is called: names that the expressions it is made of carry, here and at callers."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TypeAlias

from rearguard.analysis.access.origins import Origins
from rearguard.program import Instr, Op

MAX_DEPTH = 10
MAX_NESTED = 40
"""Functions that give back what the next gives back, through which names are read."""
MAX_CALLERS = 6
"""Calls of a function whose arguments are asked for what they are called."""
SAME_DATA = frozenset(
    [
        *(
            "encode",
            "decode",
            "strip",
            "lstrip",
            "rstrip",
            "trim",
            "lower",
            "upper",
            "toLowerCase",
            "toUpperCase",
        ),
        *(
            "str",
            "bytes",
            "bytearray",
            "String",
            "from",
            "toString",
            "format",
            "join",
            "normalize",
            "casefold",
            "concat",
        ),
        *(
            "parse",
            "enc",
            "to_bytes",
            "force_bytes",
            "force_str",
            "smart_bytes",
            "get_secret_value",
            "value",
            "utf8",
        ),
        *(
            "Uint8Array",
            "TextEncoder",
            "b",
            "replace",
            "zfill",
            "ljust",
            "rjust",
            "padStart",
            "padEnd",
            "stringify",
        ),
        *("split", "rsplit", "partition", "rpartition", "fromhex", "unhexlify", "b64decode"),
    ]
)
"""Functions whose result is their argument, or receiver, in another form."""
GETTERS = frozenset(
    (
        *("get", "getlist", "getfirst", "getvalue", "pop", "header", "param", "get_argument", "get_json"),
        *("findtext", "getAttribute"),
    )
)

_Part: TypeAlias = "str | tuple[str, int]"
"""A name, or a value to ask for its names (function, value)."""


class Naming:
    """Answers are remembered; one instance per review."""

    def __init__(self, origins: Origins) -> None:
        self.origins = origins
        self.view = origins.view
        self._known: dict[tuple[str, int], frozenset[str]] = {}
        self._depth = 0
        self._calls: dict[str, list[tuple[str, Instr]]] | None = None
        self._handed: dict[str, list[tuple[str, Instr]]] | None = None
        self._named: dict[str, list[tuple[str, Instr]]] | None = None

    def of(self, fid: str, value: int) -> frozenset[str]:
        """Every name that a value, or text that it is made of, goes by within its function."""
        key = (fid, value)
        known = self._known.get(key)
        if known is None:
            if self._depth >= MAX_NESTED:
                # Functions that call one another by the hundred: names enough were found on the way.
                return frozenset()
            self._known[key] = frozenset()
            self._depth += 1
            try:
                known = self._known[key] = self._gathered(key)
            finally:
                self._depth -= 1
        return known

    def _gathered(self, key: tuple[str, int]) -> frozenset[str]:
        """The names of a value and of what it is made of, nearest first, each value once: a text that is put
        together in many steps is made of the same parts over and over."""
        names: set[str] = set()
        seen, level = {key}, [key]
        for _ in range(MAX_DEPTH + 1):
            further: list[tuple[str, int]] = []
            for fid, value in level:
                for part in self._parts(fid, value):
                    if isinstance(part, str):
                        names.add(part)
                    elif part not in seen:
                        seen.add(part)
                        further.append(part)
            level = further
        return frozenset(names)

    def is_called(self, fid: str, value: int, test: Callable[[str], bool], depth: int = 0) -> bool:
        """Whether a name of the value passes `test`, or for a parameter a name that callers give it."""
        names = self.of(fid, value)
        if any(test(name) for name in names):
            return True
        if depth >= 2:
            return False
        for name in self.parameters(fid, value):
            for home, given in self.given(fid, name):
                if self.is_called(home, given, test, depth + 1):
                    return True
        return False

    def parameters(self, fid: str, value: int) -> Iterator[str]:
        """Parameters of the function that a value is, or is made of."""
        for atom in sorted(self.origins.of(fid, value), key=lambda a: (a.name, a.path)):
            if atom.kind == "parameter" and atom.name == fid and len(atom.path) == 1:
                yield atom.path[0]

    def given(self, fid: str, name: str) -> Iterator[tuple[str, int]]:
        """What calls of a function of the review give for a parameter."""
        for home, call in (self.calls_of(fid) or self._by_name(fid))[:MAX_CALLERS]:
            value = self.origins.arguments(call, fid).get(name)
            if value is not None:
                yield home, value

    def calls_of(self, fid: str) -> list[tuple[str, Instr]]:
        """Calls in the review that run a function."""
        if self._calls is None:
            self._calls = {}
            for home in self.view.linker.functions:
                for instr in self.view.linker.contents(home).calls:
                    for target in self.origins.targets(home, instr):
                        self._calls.setdefault(target, []).append((home, instr))
        return self._calls.get(fid, [])

    def _by_name(self, fid: str) -> list[tuple[str, Instr]]:
        """Calls of a method on objects of which nothing is known, where no other function has its name."""
        if self._named is None:
            counted = Counter(map(_bare, self.view.linker.functions))
            # Every map has a `get`.
            own = (name for name, count in counted.items() if count == 1)
            self._named = {name: [] for name in own if name not in GETTERS and name not in SAME_DATA}
            for home in self.view.linker.functions:
                definitions, refs = self.view.definitions(home), self.view.linker.refs[home]
                for instr in self.view.linker.contents(home).calls:
                    callee = definitions.get(instr.args[0])
                    if callee is None or callee.op != Op.ATTR or refs[instr.args[0]]:
                        continue
                    if callee.name in self._named:
                        self._named[callee.name].append((home, instr))
        return self._named.get(_bare(fid), [])

    def handed_to(self, fid: str) -> list[tuple[str, Instr]]:
        """Calls that are given an anonymous or inner function as an argument."""
        if self._handed is None:
            self._handed = {}
            for callback, place in self.origins.all_callbacks():
                self._handed.setdefault(callback, []).append(place)
        return self._handed.get(fid, [])

    def _parts(self, fid: str, value: int) -> Iterator[_Part]:
        """What a value itself is called, and the values that it is made of."""
        instr = self.view.definitions(fid).get(value)
        if instr is None:
            return
        match instr.op:
            case Op.LOAD:
                if not instr.name.startswith("$"):
                    yield instr.name
                held = self.origins.stores(fid, instr)
                for number in sorted(held):
                    if number >= 0:
                        yield fid, number
                found = self.origins.resolved(fid, value) if not held else None
                if found is not None and found != (fid, instr):
                    yield found[0], found[1].dst
            case Op.ATTR:
                yield instr.name
            case Op.ITEM:
                if isinstance(instr.value, str):
                    yield instr.value
                else:
                    yield fid, instr.args[0]
            case Op.CALL | Op.NEW:
                yield from self._called(fid, instr)
            case Op.JOIN | Op.BINARY | Op.LOGIC | Op.AWAIT | Op.ITER | Op.UNARY:
                yield from ((fid, inner) for inner in instr.args)
            case _:
                return

    def _called(self, fid: str, instr: Instr) -> Iterator[_Part]:
        callee = self.view.definitions(fid).get(instr.args[0])
        if callee is None:
            return
        if callee.op == Op.ATTR and callee.name in GETTERS and len(instr.args) > 1:
            key = self.origins.constant(fid, instr.args[1])
            if key is not None:
                yield key
                return
        if callee.name in SAME_DATA:
            if callee.op == Op.ATTR:
                yield fid, callee.args[0]
            yield from ((fid, inner) for inner in instr.args[1:])
        elif callee.op in (Op.ATTR, Op.LOAD) and callee.name == "getpass":
            yield "password"
        else:
            yield from self._given_back(fid, instr)

    def _given_back(self, fid: str, instr: Instr) -> Iterator[_Part]:
        """What a function of the program gives back is called, in it and where it was given."""
        targets = self.origins.targets(fid, instr)
        if len(targets) != 1:
            return
        arguments = self.origins.arguments(instr, targets[0])
        for value in self.origins.returned(targets[0]):
            for name in sorted(self.of(targets[0], value)):
                yield name
                if name in arguments:
                    yield fid, arguments[name]


def _bare(fid: str) -> str:
    """The last name of a function: what it is called by on an object."""
    return fid.rpartition("::")[2].rpartition(".")[2].partition("~")[0]
