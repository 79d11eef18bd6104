"""Checks that are made to no avail, and identities that input takes the place of."""

from rearguard.analysis.access.atoms import Atom, Atoms, union
from rearguard.analysis.access.denials import is_redirect
from rearguard.analysis.access.facts import Fact, changes
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.principals import is_caller
from rearguard.models.concepts import HtmlResponse, ResponseBody, TemplateRender
from rearguard.program import Block, Instr, Op, instructions

_IDS = frozenset({"id", "_id", "uuid", "pk"})
_ANSWERS = (HtmlResponse, ResponseBody, TemplateRender)


def not_awaited(
    origins: Origins, fid: str, instr: Instr, target: str, inner: tuple[Fact, ...]
) -> Fact | None:
    """An asynchronous check that nobody waits for: what it refuses goes on all the same."""
    function = origins.linker.functions[target]
    if not function.is_async:
        return None
    refused = [fact for fact in inner if fact.kind == "denial" and fact.status in (401, 403)]
    if not refused or any(changes(fact) for fact in inner):
        return None
    atoms = union(condition.atoms for fact in refused for condition in fact.conditions)
    return Fact("ignored", origins.span(fid, instr), fid, instr.dst, what=function.name, atoms=atoms)


def unasked(origins: Origins, fid: str, instr: Instr, target: str, inner: tuple[Fact, ...]) -> Fact | None:
    """A function that only says whether the caller may, and nothing looks at what it says."""
    definitions = origins.view.definitions(target)
    said = [definitions.get(value) for value in origins.returned(target)]
    verdicts = [i for i in said if i is not None and i.op in (Op.COMPARE, Op.LOGIC, Op.UNARY)]
    known = [i for i in verdicts if any(is_caller(atom) for atom in origins.of(target, i.dst))]
    if not known or any(fact.kind == "denial" or changes(fact) for fact in inner):
        return None
    name = origins.linker.functions[target].name
    atoms = union(origins.of(target, i.dst) for i in known)
    return Fact("ignored", origins.span(fid, instr), fid, instr.dst, what=name, atoms=atoms)


def _unawaited_test(origins: Origins, fid: str, value: int) -> str:
    """The name of the asynchronous function whose promise a test looks at, which is never false; or ""."""
    instr = origins.view.definitions(fid).get(value)
    for _ in range(4):
        if instr is None:
            return ""
        if instr.op == Op.UNARY and instr.name in ("not", "!"):
            instr = origins.view.definitions(fid).get(instr.args[0])
        elif instr.op == Op.LOAD:
            held = origins.stores(fid, instr)
            if len(held) != 1:
                return ""
            instr = origins.view.definitions(fid).get(next(iter(held)))
        else:
            break
    if instr is None or instr.op != Op.CALL:
        return ""
    targets = [origins.linker.functions[target] for target in origins.targets(fid, instr)]
    return targets[0].name if targets and all(f.is_async and not f.is_generator for f in targets) else ""


def _unawaited_part(origins: Origins, fid: str, value: int) -> str:
    """The same of a part of a test, where the rest decides: `if (!user || !isAdmin(user)) refuse()`."""
    pending = [value]
    for _ in range(8):
        instr = origins.view.definitions(fid).get(pending.pop()) if pending else None
        if instr is not None and instr.op == Op.UNARY and instr.name in ("not", "!"):
            pending.append(instr.args[0])
        elif instr is not None and instr.op == Op.LOGIC:
            for part in instr.args:
                name = _unawaited_test(origins, fid, part)
                if name:
                    return name
            pending.extend(instr.args)
    return ""


def lost_verdicts(origins: Origins, fid: str, value: int, facts: list[Fact]) -> list[Fact]:
    """What happens under a test, where a promise takes the place of a verdict: refusals are none then."""
    promise = _unawaited_test(origins, fid, value)
    if promise:
        return [f._replace(kind="ignored", what=promise) if f.kind == "denial" else f for f in facts]
    denials = [fact for fact in facts if fact.kind == "denial" and fact.fid == fid]
    part = _unawaited_part(origins, fid, value) if denials else ""
    return [*facts, denials[0]._replace(kind="ignored", what=part)] if part else facts


def overwritten(origins: Origins, fid: str, instr: Instr) -> Fact | None:
    """Input that is spread over entries which say who the caller is.

    `data.update(request.json)`, `{ userId: req.user.id, ...req.body }`, `Object.assign(data, req.body)`. What
    only callers know of the two is told once they do: see `spread_over`.
    """
    if instr.op == Op.COLLECT:
        made = instr
        later = [(i, value) for i, value in enumerate(instr.args) if instr.keys[i] == "**"]
    else:
        callee = origins.view.definitions(fid).get(instr.args[0])
        assigns = callee is not None and callee.name == "assign"
        base = instr.args[1] if assigns and len(instr.args) > 1 else origins.receiver(fid, instr)
        given = origins.resolved(fid, base) if base >= 0 else None
        if given is None or given[0] != fid or given[1].op != Op.COLLECT:
            return None
        made = given[1]
        later = [(len(made.args), value) for value in instr.args[2 if assigns else 1 :]]
    for index, value in later:
        spread = origins.of(fid, value)
        whole = frozenset(a for a in spread if _is_whole(a))
        for position, key in enumerate(made.keys[:index]) if whole else ():
            held = origins.of(fid, made.args[position])
            if key in (None, "*", "**", "?"):
                continue
            fact = Fact("spread", origins.span(fid, instr), fid, instr.dst, what=str(key))
            told = spread_over(fact._replace(atoms=whole | _beside(held)))
            if told is not None:
                return told
            if any(a.kind == "parameter" for a in (*whole, *held)):
                return fact._replace(atoms=whole | _beside(held))
    return None


def spread_over(fact: Fact) -> Fact | None:
    """What becomes of a map whose entry is replaced, as far as its origins tell by now."""
    whole = frozenset(a for a in fact.atoms if a.kind == "input" and _is_whole(a))
    beside = (atoms for atom in fact.atoms if atom.kind == "beside" for _, atoms in atom.keys)
    held = union(beside)
    kind = "overwritten" if any(map(is_caller, held)) else "displaced" if _is_loaded(held) else ""
    return fact._replace(kind=kind, atoms=whole) if whole and kind else None


def _is_whole(atom: Atom) -> bool:
    """All of the body, or what a caller hands over for a parameter, with nothing known to have limited it."""
    if atom.bound or not atom.exact:
        return False
    return len(atom.path) == 1 if atom.kind == "parameter" else atom.kind == "input" and not atom.path


def _beside(held: Atoms) -> Atoms:
    """The origins of another value, to be kept apart from those that they stand beside."""
    return frozenset((Atom("beside", "", keys=(("", held),)),))


def _is_loaded(held: Atoms) -> bool:
    """Whether a value identifies an object that was looked up: `club: req.club._id`."""
    return bool(held) and all(
        atom.kind == "stored" and atom.exact and (not atom.path or atom.path[-1] in _IDS) for atom in held
    )


def answers_and_goes_on(origins: Origins, fid: str, block: Block, used: set[int]) -> bool:
    """Whether a block's last call is an answer, which ends nothing: `res.redirect("/")` without `return`."""
    calls = [instr for instr in instructions(block) if instr.op == Op.CALL]
    last = calls[-1] if calls and calls[-1].dst not in used else None
    return last is not None and (
        is_redirect(origins, fid, last)
        or any(isinstance(row.concept, _ANSWERS) for row in origins.call_rows(fid, last))
    )


__all__ = [
    "answers_and_goes_on",
    "lost_verdicts",
    "not_awaited",
    "overwritten",
    "spread_over",
    "unasked",
]
