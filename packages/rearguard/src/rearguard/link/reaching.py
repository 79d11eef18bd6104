"""Which of several assignments a variable's use means, where the code says so in a straight line."""

from collections.abc import Set as AbstractSet

from rearguard.program import Block, Function, If, Instr, Loop, Op, Switch, Try, With, children

__all__ = ["reaching"]


def reaching(function: Function, code: list[Instr], shared: AbstractSet[str]) -> dict[int, int]:
    """Load -> the value stored last before it, for variables that are assigned more than once.

    `shared` are variables that other functions assign too: of those nothing is said.
    """
    seen: set[str] = set()
    several: set[str] = set()
    for instr in code:
        if instr.op == Op.STORE:
            (several if instr.name in seen else seen).add(instr.name)
    several = {n for n in several if n in function.locals and n not in shared and not n.startswith("$")}
    if not several:
        return {}
    stored: dict[int, frozenset[str]] = {}
    _gather(function.body, several, stored)
    found: dict[int, int] = {}
    _walk(function.body, {}, stored, several, found)
    return found


def _gather(block: Block, several: set[str], stored: dict[int, frozenset[str]]) -> set[str]:
    """The variables of `several` that a block assigns, and into `stored` those of each region by its `id`:
    a chain of thousands of branches is not searched again at each."""
    names: set[str] = set()
    for statement in block:
        if isinstance(statement, Instr):
            if statement.op in (Op.STORE, Op.DELETE) and statement.name in several:
                names.add(statement.name)
        else:
            inside = [_gather(child, several, stored) for child in children(statement)]
            stored[id(statement)] = frozenset().union(*inside)
            names |= stored[id(statement)]
    return names


def _walk(
    block: Block,
    known: dict[str, int],
    stored: dict[int, frozenset[str]],
    several: set[str],
    found: dict[int, int],
) -> None:
    """Follow a block from what is known at its beginning; `known` is then what holds at its end."""
    for statement in block:
        if isinstance(statement, Instr):
            if statement.op == Op.LOAD:
                if statement.name in known:
                    found[statement.dst] = known[statement.name]
            elif statement.op == Op.STORE and statement.name in several:
                known[statement.name] = statement.args[0]
            elif statement.op == Op.DELETE and not statement.args:
                known.pop(statement.name, None)
            continue
        if isinstance(statement, With):
            _walk(statement.body, known, stored, several, found)
            continue
        changed = stored[id(statement)]
        match statement:
            case If():
                for branch in (statement.then, statement.orelse):
                    _walk(branch, dict(known), stored, several, found)
            case Switch():
                for case in statement.cases:
                    _walk([*case.head, *case.body], dict(known), stored, several, found)
            case Loop():
                kept = {name: value for name, value in known.items() if name not in changed}
                _walk([*statement.head, *statement.body], dict(kept), stored, several, found)
                _walk(statement.orelse, kept, stored, several, found)
            case Try():
                kept = {name: value for name, value in known.items() if name not in changed}
                _walk(statement.body, dict(known), stored, several, found)
                for inner in (*(handler.body for handler in statement.handlers), statement.orelse):
                    _walk(inner, dict(kept), stored, several, found)
                _walk(statement.final, kept, stored, several, found)
        for name in changed:
            known.pop(name, None)
