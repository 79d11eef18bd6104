"""Queries that are parts of another query (Django, "Prefetch", "Subquery() expressions")."""

from rearguard.analysis.access.origins import Origins
from rearguard.program import Op

__all__ = ["parts_of_queries"]

_WITHIN = frozenset(("Prefetch", "Subquery", "Exists"))


def parts_of_queries(origins: Origins, fid: str) -> frozenset[int]:
    """The calls that make what `Prefetch(...)` and the like are given.

    What they choose is asked for objects of the outer query alone; who may have those, that one says.
    """
    definitions = origins.view.definitions(fid)
    found: set[int] = set()
    for call in origins.linker.contents(fid).calls:
        callee = definitions.get(call.args[0])
        if callee is None or callee.name not in _WITHIN:
            continue
        pending = list(call.args[1:])
        while pending:
            resolved = origins.resolved(fid, pending.pop())
            made = resolved[1] if resolved is not None and resolved[0] == fid else None
            if made is not None and made.op in (Op.CALL, Op.ATTR) and made.dst not in found:
                found.add(made.dst)
                pending.append(made.args[0])
    return frozenset(found)
