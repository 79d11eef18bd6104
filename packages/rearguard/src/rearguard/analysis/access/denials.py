"""Turning a caller away: the status of an answer, an error or a redirect that does it.

500 stands for an error that is handed on without saying what it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from rearguard.analysis.access.caught_errors import status_of
from rearguard.analysis.access.origins import Origins
from rearguard.models.compile import Row
from rearguard.models.concepts import Denial, Redirect
from rearguard.program import Block, Instr, Op, instructions

_UNAUTHENTICATED = re.compile(
    r"unauthori[sz]ed|unauthenticated|not_?authenticated|authentication|auth_?error|(?:invalid|missing|no)_?token|"
    r"token_?(?:error|expired|invalid)|credentials|login_?required|not_?logged_?in|please (?:log|sign) in|"
    r"(?:log|sign)(?:ged)? ?in (?:first|required|to)|401",
    re.IGNORECASE,
)
_FORBIDDEN = re.compile(
    r"forbidden|permission|access_?denied|access rejected|security_?error|"
    r"not_?allowed|insufficient|not_?author|"
    r"privilege|admins? only|403",
    re.IGNORECASE,
)
_MISSING = re.compile(r"not_?found|404|does ?n[o']t exist|no such", re.IGNORECASE)
_INVALID = re.compile(r"validation|bad_?request|invalid|unprocessable|400|422", re.IGNORECASE)
_LOGIN = re.compile(r"log_?-?in|sign_?-?in|/auth\b|auth\.|unauthori[sz]ed", re.IGNORECASE)
_ERRORS = re.compile(r"error|problem|invalid|violation", re.IGNORECASE)
_STATUSES = frozenset({400, 401, 403, 404, 422})


def status_of_text(text: str) -> int:
    """The status that an error's name or words stand for; 0 if none."""
    for pattern, status in ((_UNAUTHENTICATED, 401), (_FORBIDDEN, 403), (_MISSING, 404), (_INVALID, 400)):
        if pattern.search(text):
            return status
    return 0


def denial_status(origins: Origins, fid: str, instr: Instr) -> int:
    """The status with which a call turns the caller away; 0 if it does not."""
    for row in origins.call_rows(fid, instr):
        if isinstance(row.concept, Redirect):
            if _names_no_place(origins, fid, instr, row):
                continue
            return _redirect(origins, fid, instr)
        if isinstance(row.concept, Denial) and row.concept.status != 302:
            if row.concept.status == 500:
                return _handed_on(origins, fid, instr)
            if row.concept.thrown:
                status = _sent(origins, fid, instr)
                if status:
                    return status
                continue
            for value in origins.program.arguments(instr, row, -1):
                status = _status(origins, *_under(origins, fid, value, row.keys))
                if status:
                    return status
    for concept in origins.concepts(fid, instr.dst):
        if _may_refuse(origins, fid, instr):
            break
        if isinstance(concept, Denial) and concept.status in _STATUSES:
            return 0 if instr.op == Op.NEW else concept.status if _aborts(origins, fid, instr) else 0
    return _named(origins, fid, instr)


def _under(origins: Origins, fid: str, value: int, keys: tuple[str, ...]) -> tuple[str, int]:
    """What is written under keys of an object, and in which function; -1 for nothing."""
    for key in keys:
        given = origins.resolved(fid, value)
        if given is None or given[1].op != Op.COLLECT or key not in given[1].keys:
            return fid, -1
        fid, value = given[0], given[1].args[given[1].keys.index(key)]
    return fid, value


def _may_refuse(origins: Origins, fid: str, instr: Instr) -> bool:
    """A call of the review's own function with several ends, of which one refuses: its own facts say when."""
    if origins.calls_parameter(fid, instr):
        # `return view(request)` in a decorator: what is decorated is looked at by itself.
        return True
    targets = list(origins.targets(fid, instr))
    return any(len(origins.returned(target)) > 1 for target in targets)


def _aborts(origins: Origins, fid: str, instr: Instr) -> bool:
    """Errors that are made here but raised elsewhere are no answer yet."""
    callee = origins.view.definitions(fid).get(instr.args[0])
    return callee is not None and not callee.name[:1].isupper()


def _named(origins: Origins, fid: str, instr: Instr) -> int:
    """`next(error)` of what no model knows, and helpers such as `sendError(res, 401)`."""
    callee = origins.view.definitions(fid).get(instr.args[0])
    if callee is None:
        return 0
    if callee.name in ("next", "reject") and len(instr.args) > 1:
        return _handed_on(origins, fid, instr)
    if callee.name in ("status", "sendStatus", "code", "writeHead", "abort") and len(instr.args) > 1:
        return _status(origins, fid, instr.args[1])
    if instr.op == Op.CALL and not callee.name[:1].isupper():
        if callee.name in ("redirect", "RedirectResponse"):
            return _redirect(origins, fid, instr)
        for value in instr.args[1:4]:
            given = origins.view.definitions(fid).get(value)
            if given is not None and given.op == Op.CONST and given.value in (401, 403):
                return int(given.value)
        if callee.op == Op.ATTR and callee.name.lower() in ("unauthorized", "forbidden", "unauthenticated"):
            return 403 if callee.name.lower() == "forbidden" else 401
    return 0


def is_redirect(origins: Origins, fid: str, instr: Instr) -> bool:
    """Whether a call sends the caller elsewhere."""
    callee = origins.view.definitions(fid).get(instr.args[0])
    if callee is not None and callee.name in ("redirect", "RedirectResponse"):
        return True
    rows = (row for row in origins.call_rows(fid, instr) if isinstance(row.concept, Redirect))
    return any(not _names_no_place(origins, fid, instr, row) for row in rows)


def _names_no_place(origins: Origins, fid: str, instr: Instr, row: Row) -> bool:
    """`res.writeHead(401)`, whose headers might have said where to go."""
    given = origins.program.arguments(instr, row, -1) if row.keys else ()
    return bool(row.keys) and all(_under(origins, fid, value, row.keys)[1] < 0 for value in given)


def _redirect(origins: Origins, fid: str, instr: Instr) -> int:
    """A redirect to a page for logging in."""
    for value in instr.args[1:]:
        texts = [origins.constant(fid, value) or ""]
        given = origins.resolved(fid, value)
        if given is not None:
            home, made = given
            texts.extend(origins.constant(home, inner) or "" for inner in made.args[-3:])
        if any(_LOGIN.search(text) for text in texts):
            return 401
    return 0


def _handed_on(origins: Origins, fid: str, instr: Instr) -> int:
    """`next(error)`: the status is the error's; one that is only passed on was made elsewhere."""
    return handed_on(origins, fid, instr.args[1]) if len(instr.args) > 1 else 0


def _sent(origins: Origins, fid: str, instr: Instr) -> int:
    """`reply.send(error)`, where anything else may be sent: one that was caught, or is made here."""
    given = origins.resolved(fid, instr.args[1]) if len(instr.args) > 1 else None
    if given is None or given[1].op not in (Op.CAUGHT, Op.NEW):
        return 0
    return handed_on(origins, fid, instr.args[1])


def handed_on(origins: Origins, fid: str, value: int) -> int:
    """The status of what is handed to `next`; 0 if it is no error."""
    text = origins.constant(fid, value)
    if text in ("route", "router"):
        return 0
    if not _is_error(origins, fid, value):
        return 0
    return denial_value(origins, fid, value) or 500


def _is_error(origins: Origins, fid: str, value: int) -> bool:
    given = origins.resolved(fid, value)
    return given is not None and given[1].op in (Op.CALL, Op.NEW, Op.CAUGHT, Op.LOAD)


def _status(origins: Origins, fid: str, value: int, depth: int = 0) -> int:
    """A status written as a number, or as a constant whose name says it (`status.HTTP_401_UNAUTHORIZED`)."""
    given = origins.resolved(fid, value)
    if given is None or depth > 2:
        return 0
    instr = given[1]
    if instr.op == Op.CONST and isinstance(instr.value, int):
        return instr.value if instr.value in _STATUSES else 0
    if instr.op == Op.CONST and isinstance(instr.value, str) and re.match(r"\d{3}(?: |$)", instr.value):
        # As `start_response("401 Unauthorized", headers)` has it.
        status = int(instr.value[:3])
        return status if status in _STATUSES else 0
    if instr.op in (Op.ATTR, Op.LOAD, Op.IMPORT):
        digits = re.search(r"(?<!\d)(40[0134]|422)(?!\d)", instr.name)
        if digits is not None:
            return int(digits.group(1))
        name = str(instr.value or instr.name) if instr.op == Op.IMPORT else instr.name
        return status_of_text(name) if name.isupper() else 0
    return 0


def _sends_away(origins: Origins, fid: str, value: int) -> bool:
    """The status of a redirect, as an error that is raised: whoever gets it is sent to log in."""
    given = origins.resolved(fid, value)
    if given is None:
        return False
    instr = given[1]
    if instr.op == Op.CONST:
        return instr.value in (302, 303, 307)
    return instr.op in (Op.ATTR, Op.LOAD) and re.match(r"HTTP_30[237]_", instr.name) is not None


def denial_value(origins: Origins, fid: str, value: int, returned: bool = False) -> int:
    """The status of an error or response that a value is; 0 if it is none that turns callers away."""
    given = origins.resolved(fid, value)
    if given is None:
        return 0
    home, instr = given
    if instr.op == Op.COLLECT and returned and instr.name == "tuple" and len(instr.args) > 1:
        return _status(origins, home, instr.args[1])
    if instr.op not in (Op.CALL, Op.NEW):
        name = instr.name if instr.op in (Op.LOAD, Op.ATTR) else ""
        if instr.op == Op.IMPORT:
            # `raise PermissionDenied`: the class itself, as it was imported.
            name = str(instr.value or "")
        return status_of_text(name) if not returned and name[:1].isupper() else 0
    callee = origins.view.definitions(home).get(instr.args[0])
    name = callee.name if callee is not None else ""
    for concept in origins.concepts(home, instr.dst):
        if _may_refuse(origins, home, instr):
            break
        if isinstance(concept, Denial) and concept.status in _STATUSES:
            return concept.status
    for value in instr.args[1:4]:
        status = _status(origins, home, value)
        if status:
            return status
        if not returned and _sends_away(origins, home, value):
            return 401
    if returned:
        # A call that is returned was looked at as a call already.
        return 0
    said = status_of_text(_words(name)) or _by_words(origins, home, instr)
    return said or (0 if returned else status_of(origins, home, instr.dst))


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)


def _by_words(origins: Origins, fid: str, instr: Instr) -> int:
    for value in instr.args[1:]:
        text = origins.constant(fid, value)
        if text:
            # What is said to a person may name nothing; the code that comes with it does.
            status = status_of_text(text)
            if status:
                return status
            continue
        made = origins.view.definitions(fid).get(value)
        if made is not None and made.op == Op.COLLECT:
            status = _coded(origins, fid, made, 0)
            if status:
                return status
    return 0


def _coded(origins: Origins, fid: str, made: Instr, depth: int) -> int:
    """The status in an error's options: a number, or a code in capitals (`{ code: 'UNAUTHORIZED' }`)."""
    for inner in made.args:
        text = origins.constant(fid, inner)
        status = status_of_text(text) if text and text.isupper() else _status(origins, fid, inner)
        nested = origins.view.definitions(fid).get(inner)
        if not status and nested is not None and nested.op == Op.COLLECT and depth < 2:
            status = _coded(origins, fid, nested, depth + 1)
        if status:
            return status
    return 0


def notes_error(block: Block, definitions: Mapping[int, Instr]) -> bool:
    """`errors.append("too long")`, `flash("too long")`."""
    for instr in instructions(block):
        callee = definitions.get(instr.args[0]) if instr.op == Op.CALL else None
        if callee is None:
            continue
        if callee.name == "flash" or callee.name == "add_error":
            return True
        held = definitions.get(callee.args[0]) if callee.op == Op.ATTR else None
        if callee.name in ("append", "add", "push") and held is not None and _ERRORS.search(held.name):
            return True
    return False
