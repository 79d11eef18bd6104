"""Which roles a refusal asks for, and how high these are, as the program itself orders them.

`RANK[user.role] < RANK[least]`, where `least` is what the guard was made with: `member(Role.admin)`,
`AtLeast(Level.LEAD)`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from rearguard.analysis.access.facts import Condition, Fact
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.principals import is_caller
from rearguard.link import Kind, function_id
from rearguard.models.routing import Endpoint, Link
from rearguard.program import MODULE_BODY, Instr, Op

__all__ = ["Asked", "asked", "with_roles"]

MAX_STEPS = 10
_OF_MEMBER = ("value", "name")
"""What an enumeration's member is asked for: `Role.ADMIN.value`."""
_WORD = re.compile(r"[\w:.-]+")
_PLACES = ("index", "indexOf")


@dataclass(slots=True)
class Asked:
    """What one refusal asks its callers for."""

    words: set[str] = field(default_factory=set)
    """The roles by their names, in lower case: any of them is enough."""
    scale: dict[str, int] = field(default_factory=dict)
    """The ranks of roles, where the test looks at their order."""

    @property
    def rank(self) -> int | None:
        """The lowest rank that is let through; `None` where the roles have no known order."""
        ranks = [self.scale[word] for word in self.words if word in self.scale]
        return min(ranks) if ranks and len(ranks) == len(self.words) else None

    @property
    def is_lowest(self) -> bool:
        """Whether everybody who has any role at all is let through."""
        return len(self.scale) > 1 and self.rank == min(self.scale.values())


def asked(fact: Fact, label: str, endpoint: Endpoint, origins: Origins) -> Asked:
    """What a refusal asks for, in the terms of the guard that an endpoint's chain calls so."""
    found = Asked()
    last = next((c for c in reversed(fact.conditions) if any(map(is_caller, c.atoms))), None)
    if last is not None and last.value >= 0:
        link = next((each for each in endpoint.chain if each.label == label and each.value is not None), None)
        _Look(origins, link, found).at(last)
    if fact.asked:
        # `require(user, "admin")`: the words with which the helper was called that refuses.
        found.words = set(fact.asked)
    return found


def with_roles(origins: Origins, fid: str, instr: Instr, facts: Iterable[Fact]) -> Iterator[Fact]:
    """Facts of what a call runs, its refusals with the roles that the call is given as constants."""
    words: tuple[str, ...] | None = None
    for fact in facts:
        if fact.kind == "denial" and fact.status in (401, 403) and not fact.asked:
            if words is None:
                found = Asked()
                for value in instr.args[1:]:
                    _Look(origins, None, found).value(fid, value, MAX_STEPS - 2)
                words = tuple(sorted(found.words))
            fact = fact._replace(asked=words)
        yield fact


class _Look:
    """Looks at the parts of a test that are not the caller's."""

    def __init__(self, origins: Origins, link: Link | None, found: Asked) -> None:
        self.origins = origins
        self.found = found
        made = origins.resolved(*link.value) if link is not None and link.value is not None else None
        self.made = made if made is not None and made[1].op in (Op.CALL, Op.NEW) else None
        """The call that makes the guard."""
        if self.made is None and link is not None and link.value is not None and link.how == "dependency":
            self._beside(*link.value)

    def _beside(self, fid: str, guard: int) -> None:
        """What a guard is named with where it is asked for: `Security(current, scopes=["coupons:write"])`."""
        for instr in self.origins.linker.code(fid):
            if instr.op == Op.CALL and guard in instr.args[1:]:
                for inner in instr.args[1:]:
                    if inner != guard:
                        self.value(fid, inner, 1)

    def at(self, condition: Condition) -> None:
        """One test."""
        self.value(condition.fid, condition.value, 0)

    def value(self, fid: str, value: int, depth: int) -> None:
        """One value in a test."""
        instr = self.origins.program.definitions(fid).get(value)
        if instr is None or depth > MAX_STEPS:
            return
        match instr.op:
            case Op.CONST:
                self._word(instr.value)
            case Op.ATTR:
                self._attribute(fid, instr, depth)
            case Op.ITEM:
                self._table(fid, instr.args[0])
                if not any(map(is_caller, self.origins.of(fid, instr.args[0]))):
                    # A key by which something of the caller is read is no role: `seat["role"]`.
                    self._word(instr.value)
                    for inner in instr.args[1:]:
                        self.value(fid, inner, depth + 1)
            case Op.CALL:
                callee = self.origins.program.definitions(fid).get(instr.args[0])
                if callee is not None and callee.op == Op.ATTR:
                    self._table(fid, callee.args[0], callee.name in _PLACES)
                for inner in instr.args[1:]:
                    self.value(fid, inner, depth + 1)
            case Op.LOAD:
                self._variable(fid, instr, depth)
            case Op.COMPARE | Op.LOGIC | Op.UNARY | Op.AWAIT | Op.COLLECT | Op.ITER:
                for inner in instr.args:
                    self.value(fid, inner, depth + 1)

    def _word(self, value: object) -> None:
        if isinstance(value, str) and _WORD.fullmatch(value):
            self.found.words.add(value.lower())

    def _attribute(self, fid: str, instr: Instr, depth: int) -> None:
        cids = [r.id for r in self.origins.linker.refs[fid][instr.args[0]] if r.kind is Kind.CLASS]
        if cids and any(r.kind is Kind.CONST for r in self.origins.linker.refs[fid][instr.dst]):
            self._word(instr.name)
            self._numbers(cids[0])
        elif instr.name in _OF_MEMBER:
            self.value(fid, instr.args[0], depth + 1)
        else:
            base = self.origins.program.definitions(fid).get(instr.args[0])
            receiver = self.origins.linker.functions[fid].receiver
            if base is not None and base.op == Op.LOAD and base.name and base.name == receiver:
                self._member(fid, instr.name, depth)

    def _member(self, fid: str, member: str, depth: int) -> None:
        """`self.rank`, which the constructor was given, or the class says."""
        linker = self.origins.linker
        cid = f"{linker.module_of[fid]}::{linker.functions[fid].owner}"
        constructor = linker.constructor(cid)
        for instr in linker.code(constructor) if constructor is not None else ():
            if instr.op == Op.SETATTR and instr.name == member:
                self.value(str(constructor), instr.args[1], depth + 1)

    def _variable(self, fid: str, instr: Instr, depth: int) -> None:
        linker, function = self.origins.linker, self.origins.linker.functions[fid]
        owner = fid
        if instr.name not in function.locals and not any(p.name == instr.name for p in function.params):
            owner = self.origins.program.owner(fid, instr.name) or ""
        param = (
            next((p for p in linker.functions[owner].params if p.name == instr.name), None) if owner else None
        )
        if param is not None:
            self._given(owner, instr.name, param.default, depth)
            return
        found = self.origins.resolved(fid, instr.dst)
        if found is not None and found[1].op in (Op.COLLECT, Op.CONST, Op.ATTR, Op.COMPARE):
            self.value(found[0], found[1].dst, depth + 1)

    def _given(self, maker: str, name: str, default: int, depth: int) -> None:
        """What the guard was made with, or what stands for that where nothing is said."""
        if self.made is None:
            return
        home, call = self.made
        if maker not in self._makers(home, call):
            return
        value = self.origins.arguments(call, maker).get(name)
        if value is not None:
            self.value(home, value, depth + 1)
        elif default >= 0:
            function = self.origins.linker.functions[maker]
            around = function_id(self.origins.linker.module_of[maker], function.parent or MODULE_BODY)
            self.value(around, default, depth + 1)

    def _makers(self, home: str, call: Instr) -> tuple[str, ...]:
        made = (
            self.origins.linker.constructor(ref.id)
            for ref in self.origins.linker.refs[home][call.args[0]]
            if ref.kind is Kind.CLASS
        )
        return (*self.origins.targets(home, call), *filter(None, made))

    def _table(self, fid: str, value: int, by_place: bool = False) -> None:
        """A table of ranks, or a list in which the later are above the earlier."""
        found = next(
            (
                r.step
                for r in self.origins.linker.refs[fid][value]
                if r.kind is Kind.COLLECT and isinstance(r.step, tuple)
            ),
            None,
        )
        made = self.origins.program.definitions(found[0]).get(found[1]) if found is not None else None
        if found is None or made is None:
            return
        home = found[0]
        if by_place:
            words = (self.origins.constant(home, each) for each in made.args)
            self.found.scale.update((word.lower(), place) for place, word in enumerate(words) if word)
            return
        spelled = iter(
            [i.args[1] for i in self.origins.linker.code(home) if i.op == Op.PUSH and i.args[0] == made.dst]
        )
        for key, each in zip(made.keys, made.args, strict=False):
            number = self.origins.program.definitions(home).get(each)
            names = [key] if key not in (None, "?", "*", "**") else list(self._keys(home, next(spelled, -1)))
            if number is not None and number.op == Op.CONST and type(number.value) is int:
                self.found.scale.update((str(name).lower(), number.value) for name in names)

    def _keys(self, fid: str, value: int) -> Iterator[str]:
        """What the key of a table is called that is a member of an enumeration."""
        instr = self.origins.program.definitions(fid).get(value)
        if instr is not None and instr.op == Op.ATTR:
            yield instr.name
        text = self.origins.constant(fid, value) if value >= 0 else None
        if text:
            yield text

    def _numbers(self, cid: str) -> None:
        """The members of an enumeration that are numbers, and so have an order."""
        linker = self.origins.linker
        found: Mapping[str, object] = {
            i.name: made.value
            for i in (linker.code(cid) if cid in linker.functions else ())
            if i.op == Op.STORE
            and (made := self.origins.program.definitions(cid).get(i.args[0])) is not None
            and made.op == Op.CONST
        }
        self.found.scale.update((name.lower(), value) for name, value in found.items() if type(value) is int)
