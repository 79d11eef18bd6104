"""Positive evidence about what decides who may do something: scopes of tokens, and roles as they are now."""

import re
from collections.abc import Iterator, Mapping

from rearguard.analysis.access import Row
from rearguard.analysis.access.atoms import Atom
from rearguard.analysis.access.facts import Fact
from rearguard.analysis.identity import words
from rearguard.analysis.settings import Use, option_of
from rearguard.analysis.settings.options import Given
from rearguard.assurance.code import SHOWN, Code, Evidence, steps
from rearguard.checks.logins import before, logins
from rearguard.models.concepts import OtpVerify, PasswordVerify, Verification
from rearguard.models.measure_concepts import ScopeGate
from rearguard.program import Op, Span, Step

__all__ = ["BROKEN", "MET"]

_REFUSALS = (401, 403, 404)
_POWER = re.compile(
    r"^(?:is_)?(?:admin|staff|superuser|moderator|owner)$|^(?:user_)?(?:roles?|permissions?|rights?|groups?|level|rank)$"
)
_OWN = ("verified", "credential", "principal")


# -- scopes -------------------------------------------------------------------------------------------------


def _gates(code: Code) -> list[tuple[Use[ScopeGate], Given]]:
    """What lets tokens pass by their scopes, and whether it names any."""
    found: list[tuple[Use[ScopeGate], Given]] = []
    for use in code.uses.of(ScopeGate):
        given = option_of(use, use.concept.scopes) if use.concept.scopes else None
        value = given.value if given is not None else None
        is_empty = value is not None and value.written is not None and not value.elements()
        none = given is None or given.is_const(None) or is_empty
        found.append((use, Given.NO if given is None or none else given.given))
    return found


def _stands(row: Row, span: Span) -> bool:
    return any(
        link.span.path == span.path and link.span.start < span.end and span.start < link.span.end
        for link in row.endpoint.chain
    )


def scopes_decide(code: Code) -> tuple[Step, ...]:
    """10.3.2: every endpoint that is not public asks for a scope of the token."""
    gates = [use for use, given in _gates(code) if given is Given.YES]
    rows = [row for row in code.rows() if not row.public]
    if not gates or not rows or not code.is_whole:
        return ()
    if not all(any(_stands(row, use.span) for use in gates) for row in rows):
        return ()
    shown = [use for use in gates if any(_stands(row, use.span) for row in rows)]
    return steps(shown, "lets tokens of a scope pass")


def scopes_do_not_decide(code: Code) -> tuple[Step, ...]:
    """10.3.2, the contrary: an endpoint takes tokens of any scope."""
    found = _gates(code)
    asked = [use for use, given in found if given is Given.YES]
    bad = [
        use
        for use, given in found
        if given is Given.NO
        and any(
            _stands(row, use.span) and not any(_stands(row, other.span) for other in asked)
            for row in code.rows()
        )
    ]
    return steps(bad, "takes a token of any scope")


# -- roles as they are now ----------------------------------------------------------------------------------


def _is_power(atom: Atom) -> bool:
    return bool(atom.path) and _POWER.match(words(atom.path[-1])) is not None


def _by_power(row: Row) -> Iterator[tuple[int, Fact, frozenset[Atom]]]:
    """Where somebody is refused for what they may do: its place among what happens, and what tells it."""
    for index, fact in enumerate(row.surface.facts if row.surface is not None else ()):
        if fact.kind != "denial" or fact.status not in _REFUSALS:
            continue
        atoms = frozenset(a for condition in fact.conditions for a in condition.atoms if _is_power(a))
        if atoms:
            yield index, fact, atoms


def _loads_caller(row: Row, end: int) -> bool:
    """Whether a record was looked up by who calls, before the place."""
    facts = row.surface.facts[:end] if row.surface is not None else ()
    return any(
        fact.touch is not None
        and fact.touch.operation == "read"
        and any(atom.kind in _OWN for _, atoms in fact.touch.keys for atom in atoms)
        for fact in facts
    )


def _tokens(code: Code) -> Iterator[Use[Verification]]:
    """Calls that verify signed tokens."""
    for use in code.uses.of(Verification):
        if not isinstance(use.concept, PasswordVerify | OtpVerify):
            yield use


def _is_token(code: Code, row: Row) -> bool:
    """Whether what is put at the request as its caller is what a token says, and nothing else."""
    verified = {(use.fid, use.instr.dst) for use in _tokens(code)}
    origins = code.context.matrix.origins
    found: list[bool] = []
    for fid in before(row):
        for instr in code.context.view.linker.code(fid):
            if instr.op not in (Op.SETATTR, Op.SETITEM):
                continue
            if any(atom.kind == "verified" for atom in origins.of(fid, instr.args[-1])):
                made = origins.resolved(fid, instr.args[-1])
                found.append(made is not None and (made[0], made[1].dst) in verified)
    return bool(found) and all(found)


def _when(code: Code, row: Row, index: int, atoms: frozenset[Atom]) -> str:
    """`now`, where a record of this request tells it; `then`, where the token does; else ""."""
    kinds = {atom.kind for atom in atoms}
    if kinds == {"stored"}:
        return "now"
    loads = _loads_caller(row, index)
    reached = frozenset((*before(row), *logins(code.context).reached(row)))
    reads_token = any(use.fid in reached for use in _tokens(code))
    if kinds == {"principal"} and loads:
        return "now"
    if kinds == {"verified"} and reads_token and not loads:
        return "then"
    if kinds == {"principal"} and reads_token and _is_token(code, row):
        return "then"
    return ""


def powers_are_as_stored(code: Code) -> tuple[Step, ...]:
    """8.3.2: wherever somebody is refused for their role, it is the one that is stored at that moment."""
    found: dict[Step, None] = {}
    for row in code.rows():
        told = list(_by_power(row))
        if not told and row.authorization.state == "required":
            return ()
        for index, fact, atoms in told:
            if _when(code, row, index, atoms) != "now":
                return ()
            found[Step(fact.span, "decided by what is stored when the request comes", "guard")] = None
    return tuple(found)[:SHOWN] if code.is_whole else ()


def powers_are_as_issued(code: Code) -> tuple[Step, ...]:
    """8.3.2, the contrary: a role in a token decides for as long as the token lives."""
    places = dict.fromkeys(
        fact.span
        for row in code.rows()
        for index, fact, atoms in _by_power(row)
        if _when(code, row, index, atoms) == "then"
    )
    text = "decided by the role that the token was given, whatever has become of it"
    return tuple(Step(span, text, "note") for span in places)[:SHOWN]


MET: Mapping[str, Evidence] = {"8.3.2": powers_are_as_stored, "10.3.2": scopes_decide}
BROKEN: Mapping[str, Evidence] = {"8.3.2": powers_are_as_issued, "10.3.2": scopes_do_not_decide}
