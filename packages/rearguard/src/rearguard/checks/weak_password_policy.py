"""Passwords that anybody guesses must be refused when they are chosen."""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.identity import is_password, words
from rearguard.analysis.values.field_chains import chained_field
from rearguard.checks.base import Context, Draft
from rearguard.checks.endpoints import by_handler, endpoint_of, location, request
from rearguard.checks.logins import before, logins, mentions
from rearguard.checks.plain import PlainCheck, told
from rearguard.findings import Request, Rule, Severity
from rearguard.models.concepts import PasswordPolicy
from rearguard.program import Op

_JUDGES = re.compile(
    r"(?:passw(?:or)?d|pwd)_?(?:complexity|strength|policy|rules|is_(?:strong|valid)|valid(?:at\w+)?)|"
    r"(?:valid(?:ate)?|check|is_(?:strong|valid|secure))_?(?:user_)?(?:passw(?:or)?d|pwd)(?:_?(?:strength|policy|complexity|rules))?"
)
_BOUNDS = re.compile(
    r"zxcvbn|strong_password|min_?length|password_validation|validate_password|password_strength|pwned|has_min_length"
)
_ADVICE = (
    "Refuse passwords shorter than eight characters (better 15), refuse the most common ones by a list, allow at least 64 "
    "characters of any kind, and demand nothing else of them."
)
_WHY = "People choose `123456` when they may, and lists of such passwords are tried first."


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    for fid, function in context.view.linker.functions.items():
        if (
            _JUDGES.fullmatch(words(function.name.rpartition(".")[2]))
            and function.params
            and _always_agrees(context, fid)
        ):
            yield told(
                rule,
                context.view.span(fid, function.start, function.name_end),
                "The function that judges passwords accepts every one.",
                why=_WHY,
                advice=_ADVICE,
                step="it returns true, whatever it is given",
                certain=True,
                reason="all that it returns is the constant true",
                subject="policy",
                endpoint=context.first_endpoint(fid),
            )
    if context.uses.of(PasswordPolicy):
        return
    for row in by_handler(context.matrix):
        if _registers(row) and _is_unbounded(context, row):
            endpoint = endpoint_of(context, row)
            # Who judges what else a registration sends forgot the password; who judges nothing has not begun.
            judged = any(use.validation in ("length", "pattern", "allow-list", "schema") for use in row.used)
            yield told(
                rule if judged or context.is_fragment else rule.for_audit(),
                location(context, row),
                f"{endpoint.name} accepts any password, the empty one included.",
                why=_WHY,
                advice=_ADVICE,
                step="the password that the client chooses is stored without being judged",
                certain=False,
                reason="nothing that the handler runs looks at the password's length",
                subject=endpoint.name,
                endpoint=endpoint,
                verification=(Request("Register with the password `1`.", request(endpoint), "422 or 400."),),
            )


def _always_agrees(context: Context, fid: str) -> bool:
    returned = [i for i in context.view.linker.code(fid) if i.op == Op.RETURN]
    if not returned:
        return False
    values = [context.view.definitions(fid).get(i.args[0]) if i.args else None for i in returned]
    raises = any(i.op == Op.RAISE for i in context.view.linker.code(fid))
    return not raises and all(v is not None and v.op == Op.CONST and v.value is True for v in values)


def _registers(row: Row) -> bool:
    return row.purpose in ("creates an account", "registration") and any(
        access.operation == "create" for access in row.accesses
    )


def _is_unbounded(context: Context, row: Row) -> bool:
    used = [use for use in row.used if is_password(use.name.rpartition(".")[2])]
    chains = [
        found for link in row.endpoint.chain if (found := chained_field(context.view, link)) is not None
    ]
    if any(is_password(name) and judged for name, judged in chains):
        return False
    # A chain says what it asks of its own field; any other schema may ask for a length.
    if not used or (not chains and any(use.validation not in ("none", "unknown") for use in used)):
        return False
    reached = (*logins(context).reached(row), *before(row))
    if mentions(context, reached, _BOUNDS):
        return False
    for fid in reached:
        for instr in context.view.linker.code(fid):
            if instr.op == Op.CALL and _measures(context, fid, instr.args):
                return False
            if (
                instr.op == Op.ATTR
                and instr.name in ("length", "size")
                and _is_password(context, fid, instr.args[0])
            ):
                return False
    return True


def _measures(context: Context, fid: str, args: tuple[int, ...]) -> bool:
    """`len(password)`, and functions that are given the password to look at it."""
    callee = context.view.definitions(fid).get(args[0])
    looks = callee is not None and re.match(
        r"len$|match|test|fullmatch|search|valid|check|is_|verify_strength|policy", callee.name
    )
    return bool(looks) and any(_is_password(context, fid, value) for value in args[1:])


def _is_password(context: Context, fid: str, value: int) -> bool:
    return any(is_password(name) for name in context.naming.of(fid, value))


WEAK_PASSWORD_POLICY = PlainCheck(
    id="weak-password-policy",
    title="Passwords are accepted that anybody guesses",
    cwe=521,
    severity=Severity.LOW,
    asvs=("v5.0.0-6.2.1", "v5.0.0-6.2.4"),
    find=_find,
    absence=True,
)
