"""Server actions of Next.js that a client builds: next-safe-action and zsa.

API reference: https://next-safe-action.dev/docs/define-actions/create-the-client and
https://zsa.vercel.app/docs/procedures. An action's path is that of its file and the name that it is given, as
for actions without a client.
"""

from collections.abc import Iterator

from rearguard.models.concepts import CredentialRead, Guard, Principal, RequestInput
from rearguard.models.dsl import Library
from rearguard.models.javascript.chains import (
    call_of,
    follow,
    label_of,
    link_of,
    made_elsewhere,
    wrapper_links,
)
from rearguard.models.routing import Link, RouteNode
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import Op

__all__ = ["SERVER_ACTIONS", "built"]

_ACTIONS = ("Client.action", "Client.stateAction", "ZsaAction.handler")
_STEPS = "{use,schema,inputSchema,outputSchema,bindArgsSchemas,metadata}"
_SCHEMAS = ("schema", "inputSchema", "bindArgsSchemas", "input")
_MAX_CHAIN = 24


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield one route per action that a client makes."""
    for call in _made_here(view):
        yield from _action(view, call)


def built(view: ModelView) -> Iterator[str]:
    """Functions that a client makes actions of."""
    for call in _made_here(view):
        for value in call.args[:1]:
            yield from value.functions


def _made_here(view: ModelView) -> Iterator[CallView]:
    return view.calls(*(f"server_actions:{name}" for name in _ACTIONS))


def _action(view: ModelView, call: CallView) -> Iterator[RouteNode]:
    if not call.args or not call.args[0].functions:
        return
    handler = link_of(call.args[0], "handler")
    path = call.span.path
    yield RouteNode(
        "next",
        f"server actions {path}",
        "POST",
        f"/{path}#{_name(call)}",
        call.span,
        view.order(call.fid, call.call.end),
        (*_before(call), *wrapper_links(view, handler.functions)),
        handler,
        returns="json",
    )


def _name(call: CallView) -> str:
    """The variable that an action is stored in."""
    for instr in call.view.linker.code(call.fid):
        if instr.op == Op.STORE and instr.args and instr.args[0] == call.value:
            return instr.name
    return "action"


def _made(value: ValueView) -> CallView | None:
    """The call that made a client or a procedure, in this module or another."""
    return call_of(follow(value)) or made_elsewhere(value)


def _before(call: CallView) -> list[Link]:
    """Middleware, schemas and procedures that an action builds on, across modules; the first one first."""
    found: list[Link] = []
    receiver = call.receiver
    for _ in range(_MAX_CHAIN):
        made = None if receiver is None else _made(receiver)
        if made is None:
            break
        callee = made.view.definitions(made.fid).get(made.call.args[0])
        member = callee.name if callee is not None and callee.op == Op.ATTR else ""
        given = made.args[0] if made.args else None
        if member in ("use", "handler") and given is not None:
            found.append(link_of(given))
        elif member in _SCHEMAS and given is not None:
            label = f"{member}({label_of(given)})"
            names = ("server_actions:Client.inputSchema()",)
            found.append(Link(label, (), names, given.span, (made.fid, made.value)))
        # `createServerActionProcedure(outer)`: what the outer one asks for goes before.
        receiver = made.receiver if member else given
    return found[::-1]


SERVER_ACTIONS = Library(
    name="server_actions",
    language="javascript",
    packages=("next-safe-action", "zsa"),
    types={
        "Client": ("next-safe-action.createSafeActionClient()", f"Client.{_STEPS}()"),
        "Action": ("Client.{action,stateAction}(0)",),
        "Middleware": ("Client.use(0)",),
        "ZsaProcedure": ("zsa.createServerActionProcedure()", "ZsaProcedure.{input,handler}()"),
        "ZsaAction": (
            "{ZsaProcedure,zsa}.createServerAction()",
            "ZsaAction.{input,output,onError,timeout}()",
        ),
        "ZsaHandler": ("{ZsaProcedure,ZsaAction}.handler(0)",),
        "Context": ("{Action,Middleware,ZsaHandler}<0>.ctx",),
    },
    sites=("Client", "ZsaProcedure", "ZsaAction"),
    concepts=(
        RequestInput("Action<0>.{parsedInput,clientInput,bindArgsParsedInputs}", channel="body"),
        RequestInput("Middleware<0>.{clientInput,bindArgsClientInputs}", channel="body"),
        RequestInput("ZsaHandler<0>.input", channel="body"),
        Principal("Context.{user,userId,auth,currentUser,account}"),
        Principal("Context.session.{user,userId}"),
        CredentialRead("Context.session"),
        Guard("Client.{schema,inputSchema,bindArgsSchemas}()", "validation"),
        Guard("{ZsaProcedure,ZsaAction}.input()", "validation"),
    ),
    routes=routes,
)
