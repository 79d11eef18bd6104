"""Variables of a function that the functions inside it use."""

from collections.abc import Iterable, Mapping

from rearguard.program.ir import Function, Instr, Op

__all__ = ["used_inside"]


def used_inside(
    functions: Mapping[str, Function], code: Iterable[tuple[Function, list[Instr]]], op: Op
) -> dict[str, set[str]]:
    """Function -> its variables to which `op`, STORE or LOAD, is done in a function inside it.

    A name is taken for that of every function around it that has one: `global` may mean any of them.
    """
    found: dict[str, set[str]] = {}
    wanted = int(op)
    for function, body in code:
        outer = functions.get(function.parent)
        names = {instr.name for instr in body if instr.op == wanted} if outer is not None else set()
        names -= function.locals
        # A chain of parents that leads back to itself would be of no front end's making.
        for _ in range(len(functions)):
            if outer is None:
                break
            theirs = outer.locals.intersection(names)
            if theirs:
                found.setdefault(outer.name, set()).update(theirs)
            outer = functions.get(outer.parent)
    return found
