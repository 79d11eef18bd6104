"""What a condition says of an error: that somebody foresaw its kind, so its text was written for a reader.

An error that carries a status, or a mark such as `expose` or `isOperational`, was made to be sent; one
whose name or code is compared with a constant is one the writer knew. Where code runs outside production
alone, what it sends is no matter of users.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rearguard.analysis.values.domain import DEVELOPMENT, ERROR_BITS, WIDTH, Port, SourceRead, Value
from rearguard.program import Instr, Op

if TYPE_CHECKING:
    from rearguard.analysis.values.regions import Environment, Regions

FORESEEN_ERRORS = frozenset(
    (
        *(
            "ValueError",
            "TypeError",
            "KeyError",
            "IndexError",
            "LookupError",
            "ValidationError",
            "HTTPException",
            "AssertionError",
            "ProtectedError",
            "RestrictedError",
        ),
        *(
            "FileNotFoundError",
            "FileExistsError",
            "UnicodeDecodeError",
            "JSONDecodeError",
            "InvalidOperation",
        ),
        *("ObjectDoesNotExist", "DoesNotExist", "NoResultFound", "Http404", "NotFound", "BadRequest"),
        *("PermissionDenied", "ExpiredSignatureError", "InvalidTokenError", "JWTError", "SignatureExpired"),
        *("BadSignature", "RequestValidationError", "WebSocketDisconnect", "StopIteration", "AttributeError"),
        *(
            "Invalid",
            "MultipleInvalid",
            "SchemaError",
            "SchemaErrors",
            "MarshmallowError",
            "IncompleteReadError",
        ),
    )
)
"""Errors that say something about the request; others come from below and say something about the server."""
_MADE_TO_BE_SENT = re.compile(
    r"is_?(?!axios)\w+|expose\w*|public\w*|operational|status|status_?code|http_?(?:status|code)\w*|safe\w*|"
    r"user_?(?:facing|message)\w*|client_?(?:safe|message)\w*|validation\w*",
    re.IGNORECASE,
)
"""Members that only errors have which were made for the client; a library's own have a code or an errno."""
_OF_PLATFORMS = (
    "Error Exception BaseException Object TypeError AxiosError DOMException SystemError OSError IOError "
    "EnvironmentError ConnectionError RequestException HTTPError"
)
_OF_DATABASES = (
    "QueryFailedError TypeORMError DatabaseError DrizzleQueryError PostgresError SqliteError MongoError "
    "MongoServerError MongoNetworkError PrismaClientKnownRequestError PrismaClientUnknownRequestError "
    "PrismaClientInitializationError PrismaClientRustPanicError SQLAlchemyError DBAPIError OperationalError "
    "ProgrammingError InternalError InterfaceError"
)
_ANY_ERROR = frozenset((*_OF_PLATFORMS.split(), *_OF_DATABASES.split()))
"""Classes of errors that a platform raises by itself, or a database with its statement, or that say what some
other service said."""
_KINDS = ("name", "code", "type", "kind", "errno", "constructor")
_STATUS = re.compile(r"(?:http_?)?status(?:_?code)?|status_?code|http_?code", re.IGNORECASE)
_NUMBERS = ("parseInt", "Number", "int", "String", "str")
_DEPTH = 6
_FIRST_SERVER_ERROR = 500
_ENVIRONMENT = re.compile(r"env|mode|stage\b", re.IGNORECASE)
_SAYS_PRODUCTION = re.compile(r"(?:is_?|in_?)?prod(?:uction)?(?:_?mode)?", re.IGNORECASE)
_SAYS_DEVELOPMENT = re.compile(
    r"(?:is_?|in_?)?(?:dev|development|debug)(?:_?mode)?|is_?(?:local|testing?)", re.IGNORECASE
)


def names_environment(text: str) -> bool:
    """Whether an expression reads in which environment the program runs."""
    return _ENVIRONMENT.search(text) is not None


def is_any_error(run: Regions, number: int) -> bool:
    """Whether a class is the one that all errors are of: `error instanceof Error` says nothing of it."""
    instr = run.definitions.get(number)
    return instr is not None and instr.name in _ANY_ERROR


def is_foreseen(run: Regions, number: int) -> bool:
    """Whether a class is one whose errors say something about the request."""
    instr = run.definitions.get(number)
    return instr is not None and (instr.name in FORESEEN_ERRORS or instr.value in FORESEEN_ERRORS)


def assume_named(run: Regions, number: int, name: str, holds: bool) -> None:
    """`isProduction`, `settings.DEBUG`: on one side of it the code runs outside production alone."""
    value = run.values[number]
    if value is not None and value.labels:
        # A client may ask for it, or a caller.
        return
    if (_SAYS_PRODUCTION if not holds else _SAYS_DEVELOPMENT).fullmatch(name):
        run.environment[DEVELOPMENT] = Value(container="fact")


def assume_member(run: Regions, base: int, name: str, holds: bool) -> None:
    """`error.expose` is true: it was made to be sent."""
    if holds and _MADE_TO_BE_SENT.fullmatch(name):
        _limit(run, base)


def assume_kind(run: Regions, number: int) -> None:
    """`error.code` is a constant: the writer knew this error."""
    instr = _behind(run, number)
    if instr is not None and instr.op == Op.ATTR:
        if instr.name in _KINDS:
            _limit(run, instr.args[0])
            assume_kind(run, instr.args[0])
        elif _STATUS.fullmatch(instr.name):
            _limit(run, instr.args[0])


def _behind(run: Regions, number: int) -> Instr | None:
    """What a number was read from: `parseInt(error.status, 10)`, kept in a variable."""
    for _ in range(_DEPTH):
        instr = run.definitions.get(number)
        if instr is None:
            return None
        if instr.op == Op.LOAD:
            stored = run.program.single_store(run.fid, instr.name)
            if stored is None:
                return instr
            number = stored
        elif instr.op == Op.CALL and len(instr.args) > 1:
            callee = run.definitions.get(instr.args[0])
            if callee is None or callee.name not in _NUMBERS:
                return instr
            number = instr.args[1]
        else:
            return instr
    return None


def assume_status(run: Regions, number: int, most: object, inclusive: bool) -> None:
    """`status < 500`: the client's own mistake, which its text explains."""
    if not isinstance(most, int) or isinstance(most, bool) or most > _FIRST_SERVER_ERROR:
        return
    if most == _FIRST_SERVER_ERROR and inclusive:
        return
    instr = run.definitions.get(number)
    if instr is None or not (_STATUS.fullmatch(instr.name) or _holds_status(run, instr)):
        return
    if instr.op == Op.ATTR:
        _limit(run, instr.args[0])
    if instr.op == Op.LOAD or (instr.op == Op.ATTR and instr.name == "statusCode"):
        # A variable for the status of the answer: of the one error at hand.
        mask = run.origins.repeated(ERROR_BITS)
        _clear(run, mask)


def _holds_status(run: Regions, instr: Instr) -> bool:
    """Whether a variable holds the status of an error: `const code = err.status || 500`."""
    stored = run.program.single_store(run.fid, instr.name) if instr.op == Op.LOAD else None
    made = None if stored is None else _behind(run, stored)
    if made is None:
        return False
    parts = made.args if made.op == Op.LOGIC else (made.dst,)
    behind = (_behind(run, part) for part in parts)
    return any(one is not None and one.op == Op.ATTR and _STATUS.fullmatch(one.name) for one in behind)


def in_production(environments: list[Environment], before: Environment) -> list[Environment]:
    """Those in which users may be; all, where none is."""
    if DEVELOPMENT in before:
        return environments
    lasting = [one for one in environments if DEVELOPMENT not in one]
    return lasting or environments


def _limit(run: Regions, base: int) -> None:
    """The error is foreseen: neither it nor what was read from it before says anything unforeseen."""
    value = run.values[base]
    if value is None or not value.labels & run.origins.repeated(ERROR_BITS):
        return
    if value.origin < 0:
        _clear(run, value.labels & run.origins.repeated(ERROR_BITS))
        return
    error = run.origins.items[value.origin]
    mask = 0
    for index, origin in enumerate(run.origins.items):
        same = (
            isinstance(error, SourceRead)
            and isinstance(origin, SourceRead)
            and (origin.kind, origin.span) == (error.kind, error.span)
        ) or (
            isinstance(error, Port)
            and isinstance(origin, Port)
            and (origin.kind, origin.name) == (error.kind, error.name)
            and origin.path[: len(error.path)] == error.path
        )
        if same:
            mask |= ERROR_BITS << (WIDTH * index)
    _clear(run, mask)


def without_errors(run: Regions, value: Value) -> Value:
    """What is left of a value that nobody sees outside development: its input, not its errors."""
    return _without(value, run.origins.repeated(ERROR_BITS))


def _clear(run: Regions, mask: int) -> None:
    for name, held in run.environment.items():
        if held is not None and held.deep() & mask:
            run.environment[name] = _without(held, mask)


def _without(value: Value, mask: int) -> Value:
    fields = {key: _without(child, mask) for key, child in value.fields.items()} if value.fields else None
    text = value.text
    if text is not None:
        text = tuple(
            part if isinstance(part, str) else part._replace(labels=part.labels & ~mask) for part in text
        )
    return Value(value.labels & ~mask, fields, text, value.origin, value.container, value.constant)
