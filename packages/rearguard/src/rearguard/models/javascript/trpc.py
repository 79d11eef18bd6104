"""tRPC 10 and 11. API reference: https://trpc.io/docs/server/routers, https://trpc.io/docs/server/procedures

A procedure's path is the chain of keys that leads to it: `GET /user.list` for a query, `POST` for a mutation.
"""

from collections.abc import Iterator

from rearguard.link import Kind
from rearguard.models.concepts import CredentialRead, Denial, Guard, Principal, RequestInput
from rearguard.models.dsl import Library
from rearguard.models.javascript.chains import call_of, follow, label_of, link_of, made_elsewhere
from rearguard.models.mark_concepts import RouteOptions
from rearguard.models.routing import Link, RouteNode
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import Op

__all__ = ["TRPC"]

METHODS = {"query": "GET", "mutation": "POST", "subscription": "GET"}
_STEPS = "{input,output,use,meta,concat,unstable_concat,mutation,query,subscription}"
_MAX_CHAIN = 24
_MAX_DEPTH = 6


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield one route per procedure, under the keys of the routers around it."""
    routers = {(call.fid, call.value): call for call in view.calls("trpc:Root.router")}
    inner: set[tuple[str, int]] = set()
    for call in routers.values():
        for _, entry in _entries(call):
            inner.update(place for place in _places(entry, "trpc:Router") if place in routers)
    for call in view.calls("trpc:Root.mergeRouters"):
        routers[call.fid, call.value] = call
    for place, call in routers.items():
        if place not in inner:
            yield from _router(view, call, routers, "", 0)


def _entries(call: CallView) -> Iterator[tuple[str, ValueView]]:
    for value in call.args[:1]:
        yield from _members(value)


def _members(value: ValueView) -> Iterator[tuple[str, ValueView]]:
    instr = value.instr
    if instr is None or instr.op != Op.COLLECT:
        made = [ref for ref in value.refs if ref.kind is Kind.COLLECT and isinstance(ref.step, tuple)]
        for ref in made[:1]:
            assert isinstance(ref.step, tuple)
            yield from _members(ValueView(value.view, *ref.step))
        return
    for key, number in zip(instr.keys, instr.args, strict=False):
        given = ValueView(value.view, value.fid, number)
        if key == "**":
            yield from _members(given)
        elif key is not None:
            yield key, given


def _places(value: ValueView, kind: str) -> Iterator[tuple[str, int]]:
    """Where values of a type were made that `value` may be."""
    for ref in value.refs:
        if kind in ref.names and isinstance(ref.step, tuple):
            yield ref.step


def _router(
    view: ModelView, call: CallView, routers: dict[tuple[str, int], CallView], prefix: str, depth: int
) -> Iterator[RouteNode]:
    if depth <= _MAX_DEPTH:
        for key, entry in _entries(call):
            yield from _entry(view, entry, routers, f"{prefix}{key}", depth)


def _entry(
    view: ModelView, entry: ValueView, routers: dict[tuple[str, int], CallView], path: str, depth: int
) -> Iterator[RouteNode]:
    nested = [routers[place] for place in _places(entry, "trpc:Router") if place in routers]
    for inner in nested[:1]:
        yield from _router(view, inner, routers, f"{path}.", depth + 1)
    if nested:
        return
    call = _made(entry)
    if call is not None and call.member in METHODS and entry.has_type("trpc:Built"):
        yield from _procedure(view, call, path)
    elif depth < _MAX_DEPTH:
        for key, inner_entry in _members(entry):
            yield from _entry(view, inner_entry, routers, f"{path}.{key}", depth + 1)


def _made(value: ValueView) -> CallView | None:
    """The call that made a procedure, with its method as its name."""
    call = call_of(follow(value))
    if call is None or ValueView(call.view, call.fid, call.call.args[0]).functions:
        call = made_elsewhere(value)
    if call is None:
        return None
    callee = call.view.definitions(call.fid).get(call.call.args[0])
    name = callee.name if callee is not None and callee.op == Op.ATTR else ""
    return CallView(call.view, call.fid, call.value, call.call, f"trpc:Procedure.{name}")


def _procedure(view: ModelView, call: CallView, path: str) -> Iterator[RouteNode]:
    handler = link_of(call.args[0], "handler") if call.args else None
    if handler is None:
        return
    before, meta = _before(call)
    yield RouteNode(
        "trpc",
        f"trpc {call.span.path}",
        METHODS[call.member],
        f"/{path}",
        call.span,
        view.order(call.fid, call.call.end),
        tuple(before),
        handler,
        returns="json",
        options=meta,
    )


def _before(call: CallView) -> tuple[list[Link], tuple[tuple[str, int], ...] | None]:
    """Middleware and schemas of the procedure that a call builds on, across modules, the first one first; and
    what it is told by `meta`, the last word first."""
    found: list[Link] = []
    told: list[tuple[str, int]] = []
    receiver = call.receiver
    for _ in range(_MAX_CHAIN):
        made = None if receiver is None else _made(receiver)
        if made is None:
            break
        if made.member == "use":
            found.extend(link_of(value) for value in made.args[:1])
        elif made.member == "input" and made.args:
            span = made.args[0].span
            label = f"input({label_of(made.args[0])})"
            found.append(Link(label, (), ("trpc:Procedure.input()",), span, (made.fid, made.value)))
        elif made.member == "meta":
            told.extend((value.fid, value.value) for value in made.args[:1])
        elif made.member not in ("output", "concat", "unstable_concat"):
            # A helper that gives a procedure: its own middleware is inside, and what it tells of itself.
            return found[::-1], None
        receiver = made.receiver
    return found[::-1], tuple(told)


TRPC = Library(
    name="trpc",
    language="javascript",
    packages=("@trpc/server",),
    types={
        "Builder": ("@trpc/server.initTRPC", "Builder.{context,meta}()"),
        "Root": ("Builder.create()", "@trpc/server.initTRPC()"),
        "Router": ("Root.{router,mergeRouters}()",),
        "Built": (f"Procedure.{_STEPS}()",),
        "Procedure": ("Root.procedure", f"Procedure.{_STEPS}()"),
        "Resolver": ("Procedure.{query,mutation,subscription}(0)",),
        "Middleware": ("Root.middleware(0)", "Procedure.use(0)"),
        "Context": ("{Resolver,Middleware}<0>.ctx",),
    },
    sites=("Router", "Built"),
    passes=("Root.middleware(0)",),
    shapes={"Procedure": r"[a-z]\w*Procedure|procedure"},
    concepts=(
        RequestInput("Resolver<0>.{input,rawInput}", channel="body"),
        RequestInput("Middleware<0>.{input,rawInput,getRawInput()}", channel="body"),
        RequestInput("Context.{req,request}.headers", channel="headers"),
        RequestInput("Context.{req,request}.cookies", channel="cookies"),
        Principal("Context.{user,userId,auth,currentUser,account}"),
        Principal("Context.session.{user,userId}"),
        CredentialRead("Context.session"),
        RouteOptions("Middleware<0>.meta"),
        Guard("Procedure.input()", "validation"),
        Denial("@trpc/server.TRPCError(0).code"),
    ),
    routes=routes,
)
