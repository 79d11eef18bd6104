"""Elysia. API references: https://elysiajs.com/essential/route, https://elysiajs.com/essential/life-cycle,
https://elysiajs.com/essential/plugin, https://elysiajs.com/patterns/macro
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from rearguard.link import Ref
from rearguard.models.concepts import (
    CredentialRead,
    Denial,
    Guard,
    Principal,
    Redirect,
    RequestInput,
    SecretUse,
    TokenVerify,
)
from rearguard.models.dsl import Library
from rearguard.models.javascript.chains import (
    arguments,
    flatten,
    follow,
    label_of,
    link_of,
    texts_of,
)
from rearguard.models.routing import Link, RouteNode, RouterKey
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import Op

__all__ = ["ELYSIA"]

VERBS = ("get", "post", "put", "patch", "delete", "options", "head", "all")
_HOOKS = ("onRequest", "onTransform", "onBeforeHandle", "derive", "resolve")
"""What runs before a handler and can answer in its place, or fails when a credential does not hold."""
_BEFORE = ("transform", "derive", "resolve", "beforeHandle")
"""The same under a key of a route's options."""
_SCHEMAS = ("body", "query", "params", "headers", "cookie")
_DEPTH = 4


@dataclass(frozen=True, slots=True)
class _Program:
    view: ModelView
    macros: Mapping[str, ValueView]


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield routes, hooks, groups and plugins, method chains included."""
    program = _Program(view, dict(_macros(view)))
    kinds = ("elysia:App", "elysia:Chained", "elysia:Inner")
    members = (*VERBS, "route", "ws", "use", "group", "guard", *_HOOKS)
    seen: set[tuple[str, int]] = set()
    for kind in kinds:
        for call in view.members(kind, members):
            if (call.fid, call.value) not in seen:
                seen.add((call.fid, call.value))
                for key in _keys(call):
                    yield from _registered(program, call, key)
    for key, made in _made(view):
        options = made.args[0] if made.args else None
        prefix = options.key("prefix") if options is not None else None
        yield RouteNode(
            "elysia",
            key,
            "*",
            _text(prefix) if prefix is not None else "",
            made.span,
            view.order(made.fid, made.span.start),
            mounts=(_own(key),),
            is_prefix=True,
        )


def _text(value: ValueView) -> str | None:
    texts = texts_of(value)
    return texts[0] if len(texts) == 1 else None


def _own(key: RouterKey) -> RouterKey:
    """The routes of an application without the prefix that it was made with."""
    return f"elysia {key.step}" if isinstance(key, Ref) else key


def _made(view: ModelView) -> Iterator[tuple[Ref, CallView]]:
    for call in view.calls("elysia.Elysia", "elysia", "elysia.default"):
        for ref in call.refs:
            if "elysia:App" in ref.names and isinstance(ref.step, tuple):
                yield ref, call


def _applications(value: ValueView | None) -> tuple[Ref, ...]:
    """Where the applications behind a value were made; a chain of calls leads to its start."""
    found: dict[Ref, None] = {}
    for ref in () if value is None else value.refs:
        current: Ref | None = ref
        while current is not None:
            if "elysia:App" in current.names and isinstance(current.step, tuple):
                found[current] = None
                break
            current = current.base
    return tuple(found)


def _keys(call: CallView) -> tuple[RouterKey, ...]:
    """The routers that a call registers on: those made by the program, or what its function is given."""
    made = _applications(call.receiver)
    if made:
        return tuple(_own(key) for key in made)
    function = call.view.function(call.fid)
    return (f"elysia {call.fid}",) if function.kind != "module" and function.params else ()


def _registered(program: _Program, call: CallView, key: RouterKey) -> Iterator[RouteNode]:
    view, given = program.view, [value for value, _ in arguments(call)]
    node = RouteNode("elysia", key, "*", "", call.span, view.order(call.fid, call.call.end), is_prefix=True)
    if call.member in _HOOKS:
        yield replace(node, links=_hook_links(view, given))
    elif call.member == "use":
        yield from _used(program, node, given)
    elif call.member in ("group", "guard"):
        yield from _grouped(program, node, call.member, given)
    elif given:
        method = call.member.upper() if call.member not in ("all", "ws", "route") else "*"
        if call.member == "route" and len(given) > 1:
            method = (_text(given.pop(0)) or "*").upper()
        yield from _route(
            program, replace(node, method=method, path=_text(given[0]), is_prefix=False), call, given[1:]
        )


def _route(program: _Program, node: RouteNode, call: CallView, given: list[ValueView]) -> Iterator[RouteNode]:
    """A route: the handler, and behind it the options that apply to it alone."""
    handler: ValueView | None
    if call.member == "ws":
        options = given[0] if given else None
        handler = options.key("message") if options is not None else None
        node = replace(node, method="WEBSOCKET")
    else:
        handler, options = (given[0] if given else None), (given[1] if len(given) > 1 else None)
    if handler is None:
        return
    answer = link_of(handler, "handler")
    names = [p.name for f in answer.functions for p in program.view.function(f).params]
    channels = ("request", "body") if call.member == "ws" else ("request",)
    yield replace(
        node,
        links=_option_links(program, options),
        handler=answer,
        inputs=dict(zip(names, channels, strict=False)),
        returns="" if call.member == "ws" else "told",
    )


def _option_links(program: _Program, options: ValueView | None) -> tuple[Link, ...]:
    """What the options of a route or guard put before its handlers."""
    if options is None:
        return ()
    found: list[Link] = []
    for name in _BEFORE:
        given = options.key(name)
        if given is not None:
            found.extend(link_of(value, "hook") for value in flatten(program.view, given))
    for name in _SCHEMAS:
        given = options.key(name)
        if given is not None and follow(given).names:
            found.append(link_of(given, "hook"))
    whole = options.written
    for key in whole.instr.keys if whole is not None and whole.instr is not None else ():
        macro = program.macros.get(str(key))
        if macro is not None:
            found.append(_macro_link(program, str(key), macro, options))
    return tuple(found)


def _hook_links(view: ModelView, given: list[ValueView]) -> tuple[Link, ...]:
    """`onBeforeHandle(fn)`, `derive({ as: 'scoped' }, fn)`."""
    return tuple(link_of(value, "hook") for inner in given[-1:] for value in flatten(view, inner))


def _grouped(program: _Program, node: RouteNode, member: str, given: list[ValueView]) -> Iterator[RouteNode]:
    """`group(prefix, options?, run)`, `guard(options, run)`, and `guard(options)` for all that follow."""
    if not given:
        return
    prefix = _text(given.pop(0)) if member == "group" else ""
    run = given.pop() if given and given[-1].functions else None
    links = _option_links(program, given[0] if given else None)
    if run is None:
        yield replace(node, links=links)
        return
    mounts = tuple(f"elysia {fid}" for fid in run.functions)
    yield replace(node, path=prefix, links=links, mounts=mounts)


# -- plugins --------------------------------------------------------------------------------------


def _used(program: _Program, node: RouteNode, given: list[ValueView]) -> Iterator[RouteNode]:
    for value in given[:1]:
        made = _applications(value)
        mounts: tuple[RouterKey, ...] = made or tuple(f"elysia {fid}" for fid in value.functions)
        if mounts:
            yield replace(node, mounts=mounts)
        links = tuple(link for key in made for link in _handed_up(program.view, _own(key), 0))
        if value.has_type("elysia:Plugin"):
            links = (*links, link_of(value))
        if links:
            yield replace(node, links=links)


def _handed_up(view: ModelView, key: RouterKey, depth: int) -> Iterator[Link]:
    """Hooks of a plugin that also hold for whoever uses it: https://elysiajs.com/essential/plugin#scope"""
    calls = [
        call
        for kind in ("elysia:App", "elysia:Chained")
        for call in view.members(kind, (*_HOOKS, "guard", "as", "use"))
        if key in _keys(call)
    ]
    lifted = any(call.member == "as" for call in calls)
    for call in calls if depth < _DEPTH else ():
        given = [value for value, _ in arguments(call)]
        scope = given[0].key("as") if given else None
        outside = lifted or (scope is not None and set(texts_of(scope)) & {"scoped", "global"})
        if call.member in _HOOKS and outside:
            yield from _hook_links(view, given)
        elif call.member == "guard" and outside and len(given) == 1:
            yield from _option_links(_Program(view, {}), given[0])
        elif call.member == "use" and given and lifted:
            for inner in _applications(given[0]):
                yield from _handed_up(view, _own(inner), depth + 1)


# -- macros ---------------------------------------------------------------------------------------


def _macros(view: ModelView) -> Iterator[tuple[str, ValueView]]:
    """Name -> what a macro of the program stands for: `macro({ auth: ... })` or `macro('auth', ...)`."""
    for kind in ("elysia:App", "elysia:Chained", "elysia:Inner"):
        for call in view.members(kind, ("macro",)):
            given = [value for value, _ in arguments(call)]
            if len(given) > 1:
                yield from ((text, given[1]) for text in texts_of(given[0])[:1])
                continue
            whole = given[0].written if given else None
            if whole is not None and whole.instr is not None:
                pairs = zip(whole.instr.keys, whole.instr.args, strict=False)
                yield from ((str(key), ValueView(view, whole.fid, value)) for key, value in pairs if key)


def _macro_link(program: _Program, name: str, macro: ValueView, options: ValueView) -> Link:
    given = options.key(name)
    assert given is not None
    functions = tuple(
        fid
        for written in _written(program.view, macro)
        for key in _BEFORE
        if (value := written.key(key)) is not None
        for inner in flatten(program.view, value)
        for fid in inner.functions
    )
    return Link(f"{name}: {label_of(given)}", functions, (), given.span, None, "hook")


def _written(view: ModelView, macro: ValueView) -> Iterator[ValueView]:
    """The object of hooks that a macro is, or that it returns."""
    if macro.written is not None:
        yield macro
    for fid in macro.functions:
        for instr in view.linker.code(fid):
            if instr.op == Op.RETURN and instr.args:
                value = ValueView(view, fid, instr.args[0])
                if value.written is not None:
                    yield value


_VERBS = ",".join(
    (*VERBS, "use", "group", "guard", "as", "macro", "decorate", "state", "model", "listen", "error")
)
_MORE = f"{_VERBS},route,ws,onError,onAfterHandle,mapResponse,onParse,onStart,{','.join(_HOOKS)}"
_RECEIVER = "{App,Chained,Inner}"

ELYSIA = Library(
    name="elysia",
    language="javascript",
    packages=("elysia", "@elysiajs/jwt", "@elysiajs/bearer", "elysia-rate-limit"),
    types={
        "App": ("elysia.{Elysia,default}()", "elysia()"),
        "Chained": (f"App.{{{_MORE}}}()", f"Chained.{{{_MORE}}}()", f"Inner.{{{_MORE}}}()"),
        "Inner": ("Run<0>",),
        "Run": (f"{_RECEIVER}.{{group,guard}}(-1)", f"{_RECEIVER}.use(0)"),
        "Plugin": ("elysia-rate-limit.rateLimit()",),
        "Handler": (
            f"{_RECEIVER}.{{{','.join(VERBS)}}}(1)",
            f"{_RECEIVER}.route(2)",
            f"{_RECEIVER}.{{{','.join(_HOOKS)}}}(0:)",
            f"{_RECEIVER}.{{{','.join(VERBS)}}}(2).{{{','.join(_BEFORE)}}}",
            f"{_RECEIVER}.{{guard,group,ws}}(0:).{{{','.join(_BEFORE)}}}",
            f"{_RECEIVER}.macro(0:).{{{','.join(_BEFORE)}}}",
            f"{_RECEIVER}.macro(0).*.{{{','.join(_BEFORE)}}}",
        ),
        "Context": ("Handler<0>", "elysia.Context()"),
        "Problem": (f"{_RECEIVER}.onError(0:)",),
        "Failed": ("Problem<0>",),
    },
    sites=("App",),
    concepts=(
        RequestInput("Context.query", channel="query"),
        RequestInput("Context.params", channel="path"),
        RequestInput("Context.body", channel="body"),
        RequestInput("Context.headers", channel="headers"),
        RequestInput("Context.request.headers.get()", channel="headers", key="(0)"),
        RequestInput("Context.request.{json,text,formData}()", channel="body"),
        RequestInput("Context.cookie", channel="cookies"),
        RequestInput("Context.{path,request.url}", channel="address"),
        CredentialRead("Context.headers.authorization"),
        CredentialRead("Context.request.headers.get(0)"),
        CredentialRead("Context.{cookie,bearer}"),
        Principal("Context.{user,currentUser,session}"),
        TokenVerify("Context.jwt.verify()"),
        SecretUse("@elysiajs/jwt.jwt(0).secret", what="signing key"),
        Redirect("Context.redirect(0)"),
        Redirect("Context.set.redirect"),
        Redirect("elysia.redirect(0)"),
        Denial("Context.{status,error}(0)"),
        Denial("elysia.{status,error}(0)"),
        Denial("Context.set.status"),
        Guard("elysia-rate-limit.rateLimit()", "rate-limit"),
        Guard("elysia.t.Object()", "validation"),
    ),
    routes=routes,
)
