"""Keys that others show in a header, whatever it is called, and that are compared with what is held."""

import re
from collections.abc import Iterator

from rearguard.analysis.access.atoms import Atom, Atoms
from rearguard.analysis.access.facts import Condition
from rearguard.analysis.access.macs import is_mac
from rearguard.analysis.access.origins import CREDENTIAL_NAME, Origins
from rearguard.analysis.access.principals import is_caller, is_credential, is_open
from rearguard.program import Instr, Op

MAX_PARTS = 8
"""Parts of a test that are looked at."""
_SHOWN = frozenset({"header", "headers"})
_TRANSPORT = re.compile(
    r"host|user-?agent|content-(?:type|length|encoding|disposition|language|md5|range)|accept(?:-\w+)*|if-[\w-]+|"
    r"refer+er|origin|x-requested-with|(?:x-)?forwarded(?:-\w+)*|x-real-ip|x-client-ip|x-original-\w+|via|sec-[\w-]+|"
    r"connection|upgrade|cache-control|pragma|range|date|expect|te|dnt|etag|purpose|save-data|priority|trace(?:parent|state)|"
    r"(?:x-)?(?:request|correlation|trace)-id|(?:x-)?idempotency-key|last-event-id|"
    r"(?:[a-z]+-)*(?:version|platform|locale|language|time-?zone|time-?stamp)"
)
"""Headers of HTTP itself and of what stands between (RFC 9110, 7239, Fetch), and what clients say of it."""
EQUAL = re.compile(r"digest|equal|signature|construct", re.IGNORECASE)
"""How a signature over what was sent is looked at; a token is verified otherwise."""
_KEY = re.compile(r"secret|signature|token|(?:api|access|auth)[-_]?key|authori[sz]ation|passw", re.IGNORECASE)
"""What keys are called that two services share."""
_SCHEMES = re.compile(r"(?:bearer|basic|token|jwt|digest|apikey)?\s*", re.IGNORECASE)
_DIFFERS = frozenset({"==", "===", "!=", "!=="})


def compares_header(condition: Condition, origins: Origins) -> bool:
    """Whether a header, whatever it is called, is compared with what the service itself holds or computes."""
    if not any(_is_of_headers(atom) or _is_shown(atom) for atom in condition.atoms) or any(
        atom.exact and is_open(atom) for atom in condition.atoms
    ):
        return False
    for instr in _comparisons(condition, origins):
        for one, other in (instr.args, instr.args[::-1]):
            sent, known = (origins.of(condition.fid, value) for value in (one, other))
            came = sent and all(_is_header(a) or _is_shown(a) or a.kind == "parameter" for a in sent)
            if came and _is_held(condition.fid, other, known, origins):
                return True
    return False


def compares_key(condition: Condition, origins: Origins) -> bool:
    """The same of a header or a held value that is called a key, so that any refusal tells who may call:
    `if (req.headers.signature !== config.requestSignature) throw new HTTPError(400)`."""
    if not compares_header(condition, origins):
        return False
    names = [name for atom in condition.atoms if _is_of_headers(atom) for name in atom.path]
    for instr in _comparisons(condition, origins):
        names.extend(origins.view.definitions(condition.fid)[value].name for value in instr.args)
    return any(_KEY.search(name) for name in names)


def compares_mac(condition: Condition, origins: Origins) -> bool:
    """Whether what was sent is compared with a keyed hash that is computed here, however: a signature."""
    for sides in (
        *(instr.args for instr in _comparisons(condition, origins)),
        *_compared(condition, origins),
    ):
        for one, other in (sides, sides[::-1]):
            made = origins.resolved(condition.fid, other)
            sent = origins.of(condition.fid, one)
            came = any(atom.kind in ("input", "credential") for atom in sent)
            if came and made is not None and is_mac(origins, *made):
                return True
    return False


def compares_secret(condition: Condition, origins: Origins) -> bool:
    """Whether a credential is compared with one that the service knows, as an API key is."""
    if compares_header(condition, origins):
        return True
    definitions = origins.view.definitions(condition.fid)
    instr = definitions.get(condition.value)
    if instr is None or instr.op != Op.COMPARE or instr.name.startswith(("<", ">")):
        return False
    if any(is_open(a) for a in condition.atoms):
        return False
    # `"sub" in claims` asks for a key; `key in KEYS` compares.
    sides = (instr.args,) if instr.name in ("in", "not in") else (instr.args, instr.args[::-1])
    for one, other in sides:
        if not origins.of(condition.fid, one) or origins.of(condition.fid, other):
            continue
        known = definitions.get(other)
        if known is None or known.op != Op.CONST:
            return known is not None and not (known.op == Op.LOAD and known.name == "undefined")
        if _is_read_from_login(condition, definitions.get(one), origins):
            continue
        if isinstance(known.value, str) and not _SCHEMES.fullmatch(known.value):
            return True
    return False


def _is_read_from_login(condition: Condition, instr: Instr | None, origins: Origins) -> bool:
    """Whether a member of what a function made of the credential is looked at, and nothing that is shown:
    `session.kind !== "patient"`, of one that was loaded by its cookie; `claims.get("type") != "access"`."""
    member = _member(condition.fid, instr, origins)
    if member is None or CREDENTIAL_NAME.search(member[1]):
        return False
    held = origins.of(condition.fid, member[0])
    return bool(held) and all(
        atom.kind == "verified" or (atom.bound in ("opaque", "unknown") and not atom.exact) for atom in held
    )


def _member(fid: str, instr: Instr | None, origins: Origins) -> tuple[int, str] | None:
    """The object whose member `instr` reads, and its name: `a.name`, `a["name"]`, `a.get("name")`."""
    if instr is None:
        return None
    if instr.op in (Op.ATTR, Op.ITEM):
        return instr.args[0], instr.name
    if instr.op != Op.CALL or len(instr.args) < 2:
        return None
    callee = origins.view.definitions(fid).get(instr.args[0])
    if callee is None or callee.op != Op.ATTR or callee.name != "get":
        return None
    return callee.args[0], origins.constant(fid, instr.args[1]) or ""


def _is_shown(atom: Atom) -> bool:
    return atom.kind == "credential" and atom.name in _SHOWN and not atom.bound


def _comparisons(condition: Condition, origins: Origins) -> Iterator[Instr]:
    """The comparisons that a test consists of: `device is None or device.key != sent`."""
    definitions = origins.view.definitions(condition.fid)
    pending = [condition.value]
    for _ in range(MAX_PARTS):
        instr = definitions.get(pending.pop()) if pending else None
        if instr is not None and instr.op in (Op.LOGIC, Op.UNARY):
            pending.extend(instr.args)
        elif instr is not None and instr.op == Op.COMPARE and instr.name in _DIFFERS:
            yield instr


def _compared(condition: Condition, origins: Origins) -> Iterator[tuple[int, ...]]:
    """The two that a function compares, `same(wanted, sent)`, which asks a library in the end."""
    if any(atom.kind == "verified" and EQUAL.search(atom.name) for atom in condition.atoms):
        instr = origins.view.definitions(condition.fid).get(condition.value)
        if instr is not None and instr.op == Op.CALL and len(instr.args) == 3:
            yield instr.args[1:]


def _is_held(fid: str, value: int, atoms: Atoms, origins: Origins) -> bool:
    """Whether a value is the service's own: a field of a stored object, or computed, and not written out."""
    instr = origins.view.definitions(fid).get(value)
    if instr is None or instr.op == Op.CONST or (instr.op == Op.LOAD and instr.name == "undefined"):
        return False
    if any(atom.kind == "stored" and atom.path for atom in atoms):
        return not any(map(is_caller, atoms))
    return not any(
        atom.exact and (is_open(atom) or is_credential(atom) or atom.kind == "parameter") for atom in atoms
    )


def _is_header(atom: Atom) -> bool:
    return _is_of_headers(atom) and atom.exact


def _is_of_headers(atom: Atom) -> bool:
    return atom.kind == "input" and atom.name in _SHOWN and not is_of_transport(atom)


def is_of_transport(atom: Atom) -> bool:
    """A header that says how a request is made, and which everybody can see or guess: it proves nothing."""
    if atom.kind != "input" or atom.name not in _SHOWN or not atom.path:
        return False
    name = atom.path[0].lower().replace("_", "-").removeprefix("http-")
    return _TRANSPORT.fullmatch(name) is not None


__all__ = ["EQUAL", "compares_header", "compares_key", "compares_mac", "compares_secret", "is_of_transport"]
