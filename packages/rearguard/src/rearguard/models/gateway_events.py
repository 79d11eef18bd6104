"""What a gateway of AWS hands to a function, in every language.

API reference: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html

Which path leads to a function is set outside the code, so an endpoint is named after its file or function.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from rearguard.models.concepts import Concept, CredentialRead, Principal, RequestInput
from rearguard.models.routing import Link
from rearguard.models.view import ModelView
from rearguard.program import Instr, Op

__all__ = ["CONCEPTS", "USUAL", "authorizer", "path_of", "reads_event"]

USUAL = ("handler", "lambda_handler", "lambdaHandler", "main")
"""Names of functions that say nothing of what they answer."""
_GENERAL = ("index", "handler", "app", "main", "lambda_function", "__init__")
"""Names of files that say nothing either."""
_CONTEXT = "requestContext"
_FIELDS = frozenset(
    (
        *("queryStringParameters", "pathParameters", "multiValueQueryStringParameters", _CONTEXT),
        *("body", "rawPath", "rawQueryString", "httpMethod", "isBase64Encoded", "headers"),
    )
)

CONCEPTS: tuple[Concept, ...] = (
    RequestInput("Event.body", channel="body"),
    RequestInput(
        "Event.{queryStringParameters,multiValueQueryStringParameters,rawQueryString}", channel="query"
    ),
    RequestInput("Event.{pathParameters,rawPath}", channel="path"),
    RequestInput("Event.{headers,multiValueHeaders}", channel="headers"),
    RequestInput("Event.cookies", channel="cookies"),
    CredentialRead("Event.headers.{authorization,Authorization}"),
    Principal("Event.requestContext.authorizer"),
    Principal("Event.requestContext.identity.cognitoIdentityId"),
)


def path_of(name: str, path: str) -> str:
    """What an endpoint is called: after its function, else after its file, else after its folder."""
    if name not in USUAL:
        return f"/{name}"
    file = PurePosixPath(path)
    return f"/{(file.parent.name if file.stem in _GENERAL else file.stem) or file.stem}"


def authorizer(view: ModelView, family: str) -> tuple[Link, ...]:
    """The gateway's authorizer, where any function asks what it found out: whom it lets in is not here."""
    for fid in view.linker.functions:
        if view.family(fid) != family:
            continue
        for instr in view.linker.code(fid):
            if any(
                key == "authorizer" and _is_context(view, fid, base) for key, base in _read(view, fid, instr)
            ):
                return (Link("authorizer of the gateway", (), (), view.span(fid, instr.start, instr.end)),)
    return ()


def reads_event(view: ModelView, fid: str) -> bool:
    """Whether a function reads from its first parameter what gateways send."""
    first = view.function(fid).params[0].name
    definitions = view.definitions(fid)
    for instr in view.linker.code(fid):
        for key, base in _read(view, fid, instr):
            held = definitions.get(base)
            if key in _FIELDS and held is not None and held.op == Op.LOAD and held.name == first:
                return True
    return False


def _read(view: ModelView, fid: str, instr: Instr) -> Iterator[tuple[object, int]]:
    """The name and the base of `a.name`, `a["name"]` and `a.get("name")`."""
    if instr.op == Op.ATTR:
        yield instr.name, instr.args[0]
    elif instr.op == Op.ITEM:
        yield instr.value, instr.args[0]
    elif instr.op == Op.CALL and len(instr.args) > 1:
        definitions = view.definitions(fid)
        callee, key = definitions.get(instr.args[0]), definitions.get(instr.args[1])
        if callee is not None and callee.op == Op.ATTR and callee.name == "get" and key is not None:
            yield key.value, callee.args[0]


def _is_context(view: ModelView, fid: str, value: int) -> bool:
    """Whether a value is the context of a request, straight from the event or from a variable."""
    instr = view.definitions(fid).get(value)
    if instr is not None and instr.op == Op.LOAD:
        stored = view.linker.contents(fid).stores.get(instr.name, ())
        instr = view.definitions(fid).get(stored[0].args[0]) if len(stored) == 1 else None
    return instr is not None and any(key == _CONTEXT for key, _ in _read(view, fid, instr))
