"""Plugins of Fastify that only add hooks: these run in a scope of their own, where there are no routes.

https://fastify.dev/docs/latest/Reference/Encapsulation/
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from rearguard.link import function_id
from rearguard.models.routing import APART, Link, RouteNode, RouterKey
from rearguard.models.view import ModelView
from rearguard.program import Op, Span

__all__ = ["given_functions", "links_apart", "told_at"]

_KEEPS_TO_HOOKS = frozenset({"addHook", "decorate", "decorateRequest", "decorateReply", "log"})
"""What such a plugin does with its instance: anything else may bring routes."""


def links_apart(view: ModelView, nodes: Iterable[RouteNode]) -> dict[RouterKey, tuple[Link, ...]]:
    """Plugin -> hooks that it adds for nobody."""
    hooks: dict[RouterKey, tuple[Link, ...]] = {}
    holding: set[RouterKey] = set()
    for node in nodes:
        if node.handler is not None or node.mounts:
            holding.add(node.router)
        else:
            hooks[node.router] = (*hooks.get(node.router, ()), *node.links)
    return {
        key: links
        for key, links in hooks.items()
        if isinstance(key, str) and key not in holding and _keeps_to_hooks(view, key)
    }


def given_functions(view: ModelView, fid: str) -> Iterator[str]:
    """Functions that are written out within another and that it returns."""
    definitions = view.definitions(fid)
    for instr in view.linker.code(fid) if fid in view.linker.functions else ():
        made = definitions.get(instr.args[0]) if instr.op == Op.RETURN and instr.args else None
        if made is not None and made.op == Op.FUNC:
            yield function_id(view.linker.module_of[fid], made.name)


def told_at(links: Iterable[Link], place: Span) -> Iterator[Link]:
    """The hooks, told where their plugin is registered."""
    return (replace(link, how=APART, span=place) for link in links)


def _keeps_to_hooks(view: ModelView, plugin: str) -> bool:
    function = view.linker.functions.get(plugin)
    instance = function.params[0].name if function is not None and function.params else ""
    if not instance:
        return False
    inside = (fid for fid in view.linker.functions if fid == plugin or fid.startswith(f"{plugin}."))
    for fid in inside:
        definitions = view.definitions(fid)
        held = {
            value for value, instr in definitions.items() if instr.op == Op.LOAD and instr.name == instance
        }
        for instr in view.linker.code(fid):
            taken = instr.op == Op.ATTR and instr.args[0] in held
            if taken and instr.name not in _KEEPS_TO_HOOKS and not _is_handed_to_hook(view, fid, instr.dst):
                return False
            if not taken and held.intersection(instr.args):
                return False
    return True


def _is_handed_to_hook(view: ModelView, fid: str, value: int) -> bool:
    """Whether a member, or what it gives, is a hook: `addHook("onRequest", app.atLeast(1))`."""
    definitions = view.definitions(fid)
    calls = [instr for instr in view.linker.code(fid) if instr.op == Op.CALL]
    given = {value, *(call.dst for call in calls if call.args[0] == value)}
    return any(definitions[call.args[0]].name == "addHook" and given & set(call.args[1:]) for call in calls)
