"""Values that a keyed hash gives: only who has the key can make the same."""

from rearguard.analysis.access.origins import Origins
from rearguard.models.concepts import Mac
from rearguard.program import Instr, Op

MAX_DEPTH = 6
"""Steps between a hash and what is made of it."""


def is_mac(origins: Origins, fid: str, instr: Instr, depth: int = 0) -> bool:
    """Whether a value is the result of a keyed hash."""
    if any(isinstance(concept, Mac) for concept in origins.concepts(fid, instr.dst)):
        return True
    if depth > MAX_DEPTH or instr.op not in (Op.CALL, Op.ATTR, Op.JOIN, Op.BINARY):
        return False
    if instr.op == Op.CALL and depth < MAX_DEPTH // 2:
        # `sign(body)`, a function of the program that gives such a hash.
        for target in origins.targets(fid, instr):
            for value in origins.returned(target):
                made = origins.resolved(target, value)
                if made is not None and is_mac(origins, *made, depth=depth + MAX_DEPTH // 2):
                    return True
    if instr.op == Op.CALL and any(atom.kind == "stored" for atom in origins.of(fid, instr.dst)):
        # `codes.by_code(hmac(code))`: what is found by such a hash is none.
        return False
    for value in instr.args:
        found = origins.resolved(fid, value)
        if found is not None and found[1] is not instr and is_mac(origins, *found, depth=depth + 1):
            return True
    return False


__all__ = ["is_mac"]
