"""What is computed of a password: its hash, however that is written afterwards."""

import re
from collections.abc import Iterable

from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.principals import is_open
from rearguard.analysis.identity.names import is_password
from rearguard.analysis.identity.naming import GETTERS, SAME_DATA, Naming
from rearguard.program import Instr, Op

COMPARERS = frozenset(
    (
        "compare_digest",
        "timing_safe_equal",
        "constant_time_compare",
        "safe_compare",
        "secure_compare",
        "fixed_time_comparison",
        "constant_time_equal",
        "safe_equal",
        "is_equal",
        "equals",
        "compare",
        "scmp",
        "tsscmp",
    )
)
"""Calls that compare two values, most of them in constant time."""
HASHING_COMPARERS = frozenset(("compare",))
"""Those that libraries which hash passwords have too: `hasher.compare(typed, kept)` hashes what was typed."""
_HASHES = re.compile(r"hash|digest|crypt", re.IGNORECASE)
MAX_DEPTH = 6
"""Calls and changes of form that are looked behind: `Buffer.from(hash(x)).toString("hex")`."""
_WRAPS = frozenset(
    ("from", "fromhex", "unhexlify", "b64decode", "parse", "format", "to_bytes", "stringify", "str", "bytes")
)
"""Changes of form that are given the value, and are no methods of it."""


class Computed:
    """Asked by the places where passwords decide."""

    def __init__(self, origins: Origins, naming: Naming) -> None:
        self.origins = origins
        self.naming = naming
        self._inside: dict[tuple[str, int], list[str]] | None = None

    def is_made(self, fid: str, value: int) -> bool:
        """Whether a value is computed by a function, such as a hash, in whatever form it is kept then."""
        for _ in range(MAX_DEPTH):
            found = self.origins.resolved(fid, value)
            if found is None:
                return False
            fid, instr = found
            if instr.op == Op.LOAD:
                return self._giver(fid, instr) is not None
            if instr.op == Op.AWAIT:
                value = instr.args[0]
                continue
            if instr.op == Op.NEW:
                return bool(self._promised(fid, instr))
            if instr.op != Op.CALL:
                return False
            callee = self.origins.view.definitions(fid).get(instr.args[0])
            if callee is None or callee.name not in (*SAME_DATA, *GETTERS):
                return True
            if callee.op == Op.ATTR and callee.name not in _WRAPS:
                value = callee.args[0]
            elif callee.name in GETTERS or len(instr.args) < 2:
                return False
            else:
                value = instr.args[1]
        return False

    def holds_password(self, fid: str, value: int, depth: int = 0) -> bool:
        """Whether what is typed as a password goes into the calls that make a value."""
        found = self.origins.resolved(fid, value)
        if found is None or depth > MAX_DEPTH or found[0] != fid:
            return False
        instr = found[1]
        if instr.op == Op.LOAD:
            given = self._giver(fid, instr)
            if given is not None and any(self._is_password(given[0], part) for part in given[1].args[1:]):
                return True
        if instr.op == Op.NEW:
            return any(
                self._is_password(inner, part)
                for inner in self._promised(fid, instr)
                for call in self.origins.linker.contents(inner).calls
                for part in call.args[1:]
            )
        if instr.op not in (Op.CALL, Op.ATTR, Op.ITEM, Op.AWAIT):
            return self._is_password(fid, value)
        inner_values = instr.args if instr.op in (Op.CALL, Op.AWAIT) else instr.args[:1]
        return any(
            self._is_password(fid, part) or self.holds_password(fid, part, depth + 1) for part in inner_values
        )

    def any_made(self, fid: str, values: Iterable[int]) -> bool:
        """Whether one of several values is computed."""
        return any(self.is_made(fid, value) for value in values)

    def is_hash(self, fid: str, value: int) -> bool:
        """Whether a value is computed of what is typed as a password, or is the hash of what is sent."""
        return self.is_made(fid, value) and (self.holds_password(fid, value) or self.hashes_sent(fid, value))

    def hashes_sent(self, fid: str, value: int) -> bool:
        """`hash_password(form["current"])`: whether it is the hash of what is sent, by whatever name."""
        found = self.origins.resolved(fid, value)
        if found is None or found[1].op != Op.CALL:
            return False
        callee = self.origins.view.definitions(found[0]).get(found[1].args[0])
        sent = (atom for part in found[1].args[1:] for atom in self.origins.of(found[0], part))
        return callee is not None and _HASHES.search(callee.name) is not None and any(map(is_open, sent))

    def _is_password(self, fid: str, value: int) -> bool:
        return self.naming.is_called(fid, value, is_password)

    def _giver(self, fid: str, load: Instr) -> tuple[str, Instr] | None:
        """The call that gives its result to a function it was handed: `pbkdf2(..., (err, key) => ...)`."""
        function = self.origins.linker.functions[fid]
        if load.name not in [param.name for param in function.params[1:2]]:
            return None
        place = self.origins.callback_of(fid)
        return place if place is not None and len(place[1].args) > 3 else None

    def _promised(self, fid: str, made: Instr) -> list[str]:
        """Functions that a promise is made with: `new Promise((ok, no) => scrypt(...))`."""
        callee = self.origins.view.definitions(fid).get(made.args[0])
        if callee is None or callee.name != "Promise":
            return []
        if self._inside is None:
            self._inside = {}
            for callback, (home, call) in self.origins.all_callbacks():
                self._inside.setdefault((home, call.dst), []).append(callback)
        return self._inside.get((fid, made.dst), [])
