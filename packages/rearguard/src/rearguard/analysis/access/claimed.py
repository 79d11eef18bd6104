"""Members of the caller's identity that the client may say: `{ id: me.id, tenant: header ?? me.tenant }`."""

from collections.abc import Iterable, Mapping

from rearguard.analysis.access.atoms import CLAIMED, Atoms
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.principals import is_caller, is_named_freely
from rearguard.program import Op


def find_claimed(origins: Origins, functions: Iterable[str]) -> Mapping[tuple[str, str], Atoms]:
    """(member of the request that holds the caller, key) -> what the client may send in its place."""
    found: dict[tuple[str, str], Atoms] = {}
    for fid in functions:
        for write in origins.linker.contents(fid).writes:
            member = write.name if write.op == Op.SETATTR else str(write.value or "")
            if member not in origins.principal_fields:
                continue
            made = origins.resolved(fid, write.args[-1])
            if made is None or made[1].op not in (Op.COLLECT, Op.CALL, Op.NEW):
                continue
            for key in filter(None, made[1].keys):
                atoms = origins.of(made[0], made[1].dst, (key,))
                said = frozenset(a._replace(bound=CLAIMED) for a in atoms if is_named_freely(a))
                if said and any(map(is_caller, atoms)):
                    found[member, key] = said
    return found


__all__ = ["find_claimed"]
