"""The routing tree: who answers which request, after which middleware.

Nodes stand in program order. A request passes, at every router on its way, the earlier siblings
whose prefix and method fit. The idea is CodeQL's `Routing.qll`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from rearguard.link import Ref
from rearguard.program import Span

RouterKey: TypeAlias = Ref | str
"""What stands for a router: the reference of its creation, or a name a model chose (a class)."""

MAX_DEPTH = 12
"""Routers mounted into routers beyond this are cut (a router mounted into itself, for one)."""


BEHIND = "behind"
"""How a mixin is linked that never runs where it stands: behind the view that it is to guard."""
ABOVE = "above"
"""How a decorator is linked that never runs where it stands: above the one that registers the function."""
APART = "apart"
"""How a guard is linked that runs in a scope of its own, which has no routes."""
UNASKED = "unasked"
"""How a guard is linked that is asked about one object at a time, where the handler asks it about none."""
VOID = "void"
"""How a guard is linked that decides nothing, as another beside it lets everybody through:
`IsHead | IsAuthenticated`."""
NEVER = (BEHIND, ABOVE, APART, UNASKED, VOID)


@dataclass(frozen=True, slots=True)
class Link:
    """One element of a chain: a middleware, decorator, dependency, hook or handler."""

    label: str
    """As a person would name it: `requireAuth`, `passport.authenticate('jwt')`."""
    functions: tuple[str, ...]
    """Ids of the project functions that it runs; empty for a library's or an unknown one."""
    names: tuple[str, ...]
    """API paths of the value, for models' `Guard` rows."""
    span: Span
    value: tuple[str, int] | None = None
    """(function id, value id) of the expression, for a look at its arguments."""
    how: str = "middleware"
    """middleware, decorator, dependency, hook, class, wrapper."""
    inputs: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Parameter of its functions -> channel, as in `RouteNode.inputs`: a dependency has inputs too."""
    verdict: bool = False
    """Whether its functions say by what they return if the request may go on: what is false refuses it."""
    identifies: bool = False
    """Whether it only says who the caller is: callers without a credential are let through."""
    cls: str = ""
    """The class whose object its functions are called on, where they may be inherited; "" for no class."""
    spares: tuple[str, ...] = ()
    """Paths for which it does not run, where it is put before all: `guard.unless({ path: ["/login"] })`; `*`
    in one is any text, and `{}` any part of a path."""
    on_class: bool = False
    """Whether it is a decorator of the class whose method handles the request."""


@dataclass(frozen=True, slots=True)
class Implied:
    """What a view does by itself to the objects that its class names, without code for it."""

    operation: str
    """read, list, create, update, delete."""
    cid: str
    """The view's class, which says what the objects are chosen from (`queryset`, `get_queryset`)."""
    key: str = ""
    """The part of the path that chooses one of them; "" where all are meant."""


OWN_ANSWER = "own:"
"""How a route without a framework says what becomes of what its handler gives back: `own:body,content:html`
names the members that are sent as a body, and what they are where nothing else is said."""
Place: TypeAlias = tuple[str, int]
"""A value: function id and value id."""


@dataclass(frozen=True, slots=True)
class TableEntry:
    """What a program's own table of routes keeps for one, for what dispatches to ask."""

    values: Mapping[str, Place]
    """Members of the entry -> what they hold."""
    read: Mapping[Place, tuple[str, ...]]
    """Values that are members of whatever entry the request was routed to -> the names that lead there."""


@dataclass(frozen=True, slots=True)
class RouteNode:
    """One registration on a router."""

    framework: str
    router: RouterKey
    method: str
    """Upper case; `*` for every method."""
    path: str | None
    """Relative to the router; `""` for none given; `None` when it could not be read."""
    span: Span
    order: tuple[tuple[str, int], ...]
    links: tuple[Link, ...] = ()
    """Middleware given here, in order; the handler is not among them."""
    handler: Link | None = None
    mounts: tuple[RouterKey, ...] = ()
    is_prefix: bool = False
    """Whether longer paths match too (mounts, `use`)."""
    everywhere: bool = False
    """Runs before every route of the router, wherever it was registered (hooks, app-wide dependencies)."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Handler parameter -> request, response, path, query, body, header, cookie, form, file, dependency, or
    own (what a program's own framework hands to its handlers). `this.user` is a member of the handler's own
    object that the framework sets for each request: principal."""
    returns: str = ""
    """What a value returned by the handler becomes: html, lines (a list of HTML), json, told (html where the
    handler names that type, else json), redirect (its `url` says where to), parts (`headers` say what the
    `body` is, and where to), what `OWN_ANSWER` says, or "" when returning answers nothing."""
    implied: Implied | None = None
    name: str = ""
    """What the registration calls the route, for code that asks which one a request is for; "" for none."""
    options: tuple[tuple[str, int], ...] | None = None
    """(function id, value id) of what it is registered with, which guards may read; `None` where none may."""
    entry: TableEntry | None = field(default=None, hash=False, compare=False)
    """What the program's own table keeps for it."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method and path with everything that runs for it."""

    framework: str
    method: str
    path: str
    path_known: bool
    handler: Link
    chain: tuple[Link, ...]
    """What runs before the handler, outermost first; the handler's own decorators included."""
    span: Span
    inputs: Mapping[str, str]
    returns: str
    router: RouterKey
    implied: Implied | None = None
    mounts: tuple[Span, ...] = ()
    """Where the routers on its way were mounted, outermost first."""
    behind: tuple[Link, ...] = ()
    """What is written for it and never runs where it stands."""
    name: str = ""
    """What its registration calls it, which is not the handler's name."""
    options: tuple[tuple[str, int], ...] | None = None
    """What it is registered with, as in `RouteNode.options`."""
    entry: TableEntry | None = field(default=None, hash=False, compare=False)
    """What the program's own table keeps for it."""


def join_paths(prefix: str, path: str) -> str:
    """Concatenate route paths with exactly one slash between them."""
    if not path or path == "/":
        return prefix or "/"
    return prefix.rstrip("/") + "/" + path.lstrip("/")


def assemble(nodes: Iterable[RouteNode]) -> tuple[Endpoint, ...]:
    """Resolve mounts and order into endpoints, in order of registration.

    A router that is mounted nowhere is taken for a root of its own.
    """
    by_router: dict[RouterKey, list[RouteNode]] = {}
    for node in nodes:
        by_router.setdefault(node.router, []).append(node)
    for siblings in by_router.values():
        siblings.sort(key=lambda node: node.order)
    mounted = {child for siblings in by_router.values() for node in siblings for child in node.mounts}
    endpoints: list[Endpoint] = []
    for router in by_router:
        if router not in mounted:
            _visit(by_router, router, "", True, (), (), (), (), endpoints)
    reached = _below(by_router, [router for router in by_router if router not in mounted])
    for router in by_router:
        # Only a cycle of mounts leaves a router unreached.
        if router not in reached:
            _visit(by_router, router, "", False, (), (), (), (), endpoints)
            reached |= _below(by_router, [router])
    unique: dict[tuple[str, str, Span], Endpoint] = {}
    for endpoint in endpoints:
        unique.setdefault((endpoint.method, endpoint.path, endpoint.span), endpoint)
    return tuple(sorted(unique.values(), key=lambda e: (e.span.path, e.span.start, e.path, e.method)))


def _below(by_router: Mapping[RouterKey, list[RouteNode]], roots: list[RouterKey]) -> set[RouterKey]:
    """`roots`, and every router mounted somewhere under them."""
    found: set[RouterKey] = set()
    while roots:
        router = roots.pop()
        if router not in found:
            found.add(router)
            roots.extend(child for node in by_router.get(router, ()) for child in node.mounts)
    return found


def _visit(
    by_router: Mapping[RouterKey, list[RouteNode]],
    router: RouterKey,
    prefix: str,
    known: bool,
    chain: tuple[Link, ...],
    pending: tuple[RouteNode, ...],
    above: tuple[RouterKey, ...],
    mounts: tuple[Span, ...],
    endpoints: list[Endpoint],
) -> None:
    """Walk one router. `pending` is middleware of routers above, for a part of it, with whole paths."""
    if router in above or len(above) >= MAX_DEPTH:
        return
    siblings = by_router.get(router, [])
    always = tuple(link for node in siblings if node.everywhere for link in node.links)
    passed = list(pending)
    for node in siblings:
        if node.everywhere:
            continue
        path = join_paths(prefix, node.path or "")
        complete = known and node.path is not None
        earlier = [
            other
            for other in passed
            if _runs_before(other, node.method, path) and (not node.mounts or _goes_below(other))
        ]
        before = (*chain, *always, *(link for other in earlier for link in other.links), *node.links)
        for child in node.mounts:
            later = tuple(other for other in passed if other not in earlier)
            place = path if node.path else prefix
            inner = (*mounts, node.span)
            _visit(by_router, child, place, complete, before, later, (*above, router), inner, endpoints)
        if node.handler is not None:
            endpoints.append(
                Endpoint(
                    node.framework,
                    node.method,
                    path if node.path is not None else join_paths(prefix, "?"),
                    complete,
                    node.handler,
                    tuple(
                        _in_path(link, path)
                        for link in before
                        if link.how not in NEVER and not _is_spared(link, path)
                    ),
                    node.span,
                    _by_whole_path(node.inputs, path),
                    node.returns,
                    router,
                    node.implied,
                    mounts,
                    tuple(link for link in before if link.how in NEVER),
                    node.name,
                    node.options,
                    node.entry,
                )
            )
        elif not node.mounts and node.path is not None:
            # What guards a mount guards what is under it and nothing beside it: mounts leave nothing here.
            whole = path if node.path else prefix
            passed.append(replace(node, path=whole, is_prefix=node.is_prefix or not node.path))


def _is_spared(link: Link, path: str) -> bool:
    if not link.spares:
        return False
    given = _ANY_PART.sub("{}", path)
    return any(
        _fits(spared, given)
        if "*" in spared or "{}" in spared
        else spared != "" and covers(spared, path, False)
        for spared in link.spares
    )


_ANY_PART = re.compile(r":\w+(?:\([^()]*\))?|\{[^{}]*\}|<[^<>]*>")


def _fits(spared: str, path: str) -> bool:
    """Whether a path is a text in which `*` is any text. In one walk: whose text it is nobody knows."""
    first, *others = spared.split("*")
    if not others:
        return path == spared
    if not path.startswith(first):
        return False
    place = len(first)
    for part in others[:-1]:
        found = path.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return len(path) - place >= len(others[-1]) and path.endswith(others[-1])


_CONVERTED = re.compile(r"<(?P<type>int|float|uuid):(?P<name>\w+)>")
"""What WSGI frameworks and Django write for a part of a path that must be of a type."""


def _by_whole_path(inputs: Mapping[str, str], path: str) -> Mapping[str, str]:
    """Inputs with the types that a mount's own path gives to its parts."""
    typed = {m["name"]: f"path:{m['type']}" for m in _CONVERTED.finditer(path)}
    if not any(inputs.get(name) == "path" for name in typed):
        return inputs
    return {name: typed.get(name, kind) if kind == "path" else kind for name, kind in inputs.items()}


_NAMED = re.compile(
    r"\{\*?(?P<a>\w+)(?::(?P<b>\w+))?[^{}]*\}|<(?:(?P<c>\w+)(?:\([^()]*\))?:)?(?P<d>\w+)[^<>]*>|(?<![\w{<]):(?P<e>\w+)"
)
_CONVERTERS = frozenset(
    (
        "int",
        "float",
        "uuid",
        "str",
        "string",
        "slug",
        "path",
        "any",
        "number",
        "decimal",
        "date",
        "ymd",
        "alpha",
    )
)


def part_names(path: str) -> frozenset[str]:
    """Names of the parts of a path: `id` of `:id`, `{id}`, `{id:int}`, `{int:id}`, `<int:id>` and `<id:int>`.

    Frameworks differ in which side names the part; where both may, the usual one of the bracket does.
    """
    found: set[str] = set()
    for match in _NAMED.finditer(path):
        a, b, c, d, e = match.group("a", "b", "c", "d", "e")
        if a is not None:
            found.add(b if b is not None and a in _CONVERTERS and b not in _CONVERTERS else a)
        elif d is not None:
            found.add(c if c is not None and d in _CONVERTERS and c not in _CONVERTERS else d)
        else:
            found.add(e)
    return frozenset(found)


def _in_path(link: Link, path: str) -> Link:
    """A dependency whose parameters are called like parts of the path gets these, and no others."""
    if not any(kind.partition(":")[0] == "query" for kind in link.inputs.values()):
        return link
    parts = part_names(path)
    inputs = {
        name: kind.replace("query", "path", 1) if name in parts and kind.startswith("query") else kind
        for name, kind in link.inputs.items()
    }
    return replace(link, inputs=inputs) if inputs != dict(link.inputs) else link


def _runs_before(other: RouteNode, method: str, path: str) -> bool:
    """Whether every request with `method` for `path` runs through the middleware `other`."""
    return other.method in ("*", method) and covers(other.path or "", path, other.is_prefix)


def _goes_below(other: RouteNode) -> bool:
    """Whether middleware is also for longer addresses than its own, as those below a mount are."""
    return other.is_prefix or "*" in (other.path or "")


def covers(pattern: str, path: str, is_prefix: bool) -> bool:
    """Whether every request for `path` also matches `pattern`; longer ones only if it is a prefix or has `*`.

    The empty pattern, of a registration without a path, matches all.
    """
    if not pattern:
        return True
    wanted = [part for part in pattern.split("/") if part and part != "*"]
    given = [part for part in path.split("/") if part]
    if len(wanted) > len(given) or (len(wanted) < len(given) and not is_prefix and "*" not in pattern):
        return False
    return all(w == g or w.startswith((":", "{", "<", "*")) for w, g in zip(wanted, given, strict=False))
