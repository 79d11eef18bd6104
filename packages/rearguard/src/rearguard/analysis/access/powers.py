"""What gives an account power in this project: the fields that its own guards ask callers for."""

import re
from collections.abc import Iterable, Iterator

from rearguard.analysis.access.atoms import normal
from rearguard.analysis.access.facts import Condition
from rearguard.analysis.access.principals import ROLE, callers, is_caller_itself
from rearguard.analysis.access.surface import Surface
from rearguard.link import Linker, function_id
from rearguard.program import Op

_GIVEN = re.compile(
    r"(?:is|has|can|may)(?:_|[A-Z])|\w*(?:[vV]erified|[aA]pproved|[aA]ccredited|[tT]rusted|[pP]remium)"
)
"""What others say of an account: nobody is verified by saying so."""


def powers(surfaces: Iterable[Surface], linker: Linker, accounts: frozenset[str]) -> frozenset[str]:
    """Fields of accounts that guards ask for: `if (!req.user.isRecruiter) refuse()`, and what accounts answer
    from when they are asked: `def is_recruiter(self): return self.kind == "recruiter"`."""
    found: set[str] = set()
    for surface in surfaces:
        for check in surface.checks:
            last = check.fact.conditions[-1:] if check.fact is not None else ()
            for condition in last if check.kind == "authorization" else ():
                found.update(atom.path[-1] for atom in callers(condition.atoms) if len(atom.path) == 1)
            if check.fact is not None and check.fact.status == 403:
                found.update(_standing(last))
    asked = {name for name in found if not ROLE.fullmatch(name) or name.lower().startswith("is")}
    return frozenset(asked.union(*(_answering(name, linker, accounts) for name in asked)))


def _answering(name: str, linker: Linker, accounts: frozenset[str]) -> Iterator[str]:
    """The fields of an account that one of its own methods or properties compares with what it is to be."""
    for path, module in linker.modules.items():
        for called, declared in module.classes.items():
            if name not in declared.methods or normal(called) not in accounts:
                continue
            fid = function_id(path, declared.methods[name])
            made = {i.dst: i for i in linker.code(fid) if i.dst >= 0}
            for instr in linker.code(fid):
                sides = [made.get(value) for value in instr.args] if instr.op == Op.COMPARE else []
                if instr.name not in ("==", "===", "in") or any(
                    s is not None and s.op == Op.CONST and s.value is None for s in sides
                ):
                    continue
                for side in sides[:1]:
                    base = made.get(side.args[0]) if side is not None and side.op == Op.ATTR else None
                    if side is not None and base is not None and base.name == linker.functions[fid].receiver:
                        yield side.name


def _standing(conditions: Iterable[Condition]) -> Iterator[str]:
    """The mark of an account without which callers are refused: `if (!user.verifiedSeller) refuse()`."""
    for condition in conditions:
        if condition.presence and not condition.holds and all(map(is_caller_itself, condition.atoms)):
            names = {atom.path[-1] for atom in condition.atoms if atom.path}
            yield from (name for name in names if _GIVEN.match(name))


__all__ = ["powers"]
