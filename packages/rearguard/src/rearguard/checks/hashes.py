"""What the checks of hashes share: which function is used, and on what."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.analysis import ValueView
from rearguard.analysis.identity import KEEPS
from rearguard.analysis.settings import Use, option_of
from rearguard.checks.base import Context
from rearguard.models.concepts import Hashing, KeyDerivation, Mac, PasswordHash
from rearguard.program import Instr, Op

_BROKEN = re.compile(
    r"^(?:rsa-)?(?:md[245]|sha-?1|ripemd(?:-?160)?|rmd160|sha|des_crypt|haval|tiger|gost)$", re.IGNORECASE
)
_FAST = re.compile(
    r"^(?:rsa-)?(?:md|sha|ripemd|rmd|blake|whirlpool|des_crypt|keccak|sm3|tiger)", re.IGNORECASE
)

_CALLERS_DEEP = 2
_JOB = re.compile(r"hash|compare|verify|bcrypt|argon2|scrypt|pbkdf2", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hashed:
    """One use of a hash function."""

    use: Use[Hashing]
    algorithm: str
    data: tuple[int, ...]
    """Values that are hashed, in the function of the use."""

    @property
    def is_broken(self) -> bool:
        """Whether collisions, or more, can be computed."""
        return _BROKEN.match(self.algorithm) is not None

    @property
    def is_fast(self) -> bool:
        """Whether it is a hash function at all, and so made to be fast."""
        return _FAST.match(self.algorithm) is not None

    @property
    def shown(self) -> str:
        """The algorithm as readers know it."""
        name = self.algorithm.upper().replace("RSA-", "")
        return {"SHA": "SHA-1", "SHA1": "SHA-1", "SHA256": "SHA-256", "SHA512": "SHA-512"}.get(name, name)


def hashed(context: Context) -> Iterator[Hashed]:
    """Every use of a hash function that may protect something, with its data."""
    for use in context.uses.of(Hashing):
        concept = use.concept
        if concept.exempt and option_of(use, concept.exempt).is_const(False):
            continue
        algorithm = concept.algorithm
        if concept.chosen:
            chosen = option_of(use, concept.chosen).const
            if not isinstance(chosen, str):
                continue
            algorithm = chosen
        yield Hashed(use, algorithm, tuple(_data(context, use)))


def _data(context: Context, use: Use[Hashing]) -> Iterator[int]:
    if use.concept.data:
        given = option_of(use, use.concept.data).value
        if given is not None and given.fid == use.fid:
            yield given.value
    yield from added(context, use.fid, use.instr.dst)


def added(context: Context, fid: str, made: int) -> Iterator[int]:
    """What later calls of `update` add to a hash object, in program order."""
    definitions = context.view.definitions(fid)
    users = context.destinations.users(fid)
    pending, seen = [made], set[int]()
    while pending:
        value = pending.pop(0)
        if value in seen:
            continue
        seen.add(value)
        for user in users.get(value, ()):
            if user.op == Op.STORE:
                loads = (i for i in definitions.values() if i.op == Op.LOAD and i.name == user.name)
                pending.extend(
                    load.dst for load in loads if value in context.matrix.origins.stores(fid, load)
                )
            elif user.op == Op.ATTR and user.name == "update":
                for call in users.get(user.dst, ()):
                    if call.op == Op.CALL and call.args[0] == user.dst:
                        yield from call.args[1:2]
                        pending.append(call.dst)


def is_stretched(context: Context, fid: str, made: int, depth: int = 0) -> bool:
    """Whether the digest goes on into a slow hash, as `bcrypt(sha256(password))`, or a loop makes many of it:
    here, in a function that it is handed to, or with everybody who calls the function that gives it.
    """
    reached = _reached(context, fid, made)
    slow = (PasswordHash, KeyDerivation, Mac)
    returned = False
    for number in reached:
        for user in context.destinations.users(fid).get(number, ()):
            if user.op in (Op.CALL, Op.NEW) and number in user.args[1:]:
                rows = context.values.program.rows(context.view.linker.refs[fid][user.args[0]])
                if any(isinstance(row.concept, slow) for row in rows):
                    return True
                if any(isinstance(c, slow) for c in context.matrix.origins.concepts(fid, user.dst)):
                    return True
                if _goes_to_slow(context, fid, user):
                    return True
            if user.op == Op.COLLECT and _is_job(context, fid, user.dst):
                return True
            returned = returned or user.op == Op.RETURN
    calls = context.naming.calls_of(fid) if returned and depth < _CALLERS_DEEP else []
    return bool(calls) and all(is_stretched(context, home, call.dst, depth + 1) for home, call in calls)


def _goes_to_slow(context: Context, fid: str, call: Instr) -> bool:
    """Whether a call runs a function that makes a slow hash, or has it run, as `to_thread(slow, digest)`."""
    targets = set(context.matrix.origins.targets(fid, call))
    for number in call.args[1:]:
        targets |= {ref.id for ref in ValueView(context.view, fid, number).refs if ref.id}
    return bool(targets) and not targets.isdisjoint(_slow_functions(context))


def _slow_functions(context: Context) -> set[str]:
    """Functions that make a slow hash, by themselves, in a function of their own, or by one that they call."""
    found: set[str] = set()
    homes = {use.fid for use in context.uses.of(PasswordHash)}
    for home in homes | {use.fid for use in context.uses.of(KeyDerivation)}:
        path, separator, name = home.partition("::")
        parts = name.split(".")
        found |= {path + separator + ".".join(parts[:end]) for end in range(1, len(parts) + 1)}
    return found | {home for slow in found for home, _ in context.naming.calls_of(slow)}


def _is_job(context: Context, fid: str, given: int) -> bool:
    """`pool.exec("hash", [digest, rounds])`: a worker takes the digest on, by the name of what it is to do."""
    for user in context.destinations.users(fid).get(given, ()):
        if user.op == Op.CALL and given in user.args[2:]:
            job = ValueView(context.view, fid, user.args[1]).text
            if job is not None and _JOB.search(job):
                return True
    return False


def is_cut(context: Context, fid: str, made: int) -> bool:
    """Whether only the first characters of the digest are used at once, as when leaked passwords are asked for."""
    for number in _reached(context, fid, made):
        for user in context.destinations.users(fid).get(number, ()):
            if user.op == Op.ITEM and user.args[0] == number and context.matrix.origins.is_slice(fid, user):
                return not _is_whole(context, fid, user)
            if user.op == Op.ATTR and user.name in (
                "slice",
                "substring",
                "substr",
                "startsWith",
                "startswith",
            ):
                return True
    return False


def _is_whole(context: Context, fid: str, item: Instr) -> bool:
    """`digest[::-1]`: all characters, in another order."""
    definitions = context.view.definitions(fid)
    key = definitions.get(item.args[1])
    ends = [definitions.get(number) for number in key.args[1:3]] if key is not None else []
    return len(ends) == 2 and all(
        end is not None and end.op == Op.CONST and end.value is None for end in ends
    )


def _keeps(definitions: dict[int, Instr], call: Instr) -> bool:
    callee = definitions.get(call.args[0])
    return callee is not None and callee.name in KEEPS


def _reached(context: Context, fid: str, made: int) -> set[int]:
    """The value, and the variables and other forms that hold it."""
    users = context.destinations.users(fid)
    definitions = context.view.definitions(fid)
    pending, seen = [made], set[int]()
    while pending and len(seen) < 60:
        value = pending.pop()
        if value in seen:
            continue
        seen.add(value)
        for user in users.get(value, ()):
            if user.op == Op.STORE:
                loads = (i for i in definitions.values() if i.op == Op.LOAD and i.name == user.name)
                pending.extend(load.dst for load in loads)
            elif user.op in (Op.ATTR, Op.JOIN, Op.BINARY, Op.AWAIT) or (
                user.op == Op.CALL and (user.args[0] == value or _keeps(definitions, user))
            ):
                pending.append(user.dst)
    return seen
