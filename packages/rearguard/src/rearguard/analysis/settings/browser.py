"""Which modules run in browsers alone, whatever language they share with the server."""

import re
from collections.abc import Iterable, Mapping

from rearguard.link import Linker, family_of, function_id
from rearguard.program import MODULE_BODY, Op

_SCREEN = re.compile(
    r"(?:react|react-dom|preact|vue|vuex|pinia|svelte|solid-js|lit|jquery|antd|ember-\w+|backbone|angular)(?:/.*)?|"
    r"@(?:angular|mui|chakra-ui|ant-design|mantine|headlessui|vueuse|ember|tanstack/react-\w+)(?:/.*)?"
)
"""Libraries that draw on a screen."""
_BOTH = re.compile(r"(?:next|nuxt|gatsby|astro|remix)(?:/.*)?|@(?:remix-run|sveltejs|react-router|nuxt)/.*")
"""Frameworks whose components and server share modules: what imports them says nothing then."""
_CLIENT = re.compile(rb"(?:\s|//[^\n]*\n|/\*.*?\*/)*[\"']use client[\"']", re.DOTALL)
"""https://react.dev/reference/rsc/use-client"""
_SERVER = re.compile(rb"(?:\s|//[^\n]*\n|/\*.*?\*/)*[\"']use server[\"']", re.DOTALL)
"""What browsers import of such a module is a call to the server: https://react.dev/reference/rsc/use-server"""
_ENTRY = re.compile(
    r"(?:^|/)(?:pages|routes|app)/(?:.*/)?(?:page|layout|template|default|index|root|route|_\w+|\[[^/]*)\.[jt]sx$"
)
"""Files that such a framework shows by where they lie."""


def browser_modules(linker: Linker, texts: Mapping[str, bytes]) -> frozenset[str]:
    """Scripts that draw on a screen, and those that only such scripts import; `texts` are sources by path.

    Where components run on the server too, those count that say that they do not.
    """
    imports: dict[str, tuple[str, ...]] = {}
    screens: list[str] = []
    clients: list[str] = []
    actions: list[str] = []
    shared = False
    for path, module in linker.modules.items():
        body = function_id(path, MODULE_BODY)
        if family_of(module.language) != "javascript" or body not in linker.functions:
            continue
        names = {instr.name for instr in linker.code(body) if instr.op == Op.IMPORT}
        shared = shared or any(_BOTH.fullmatch(name) for name in names)
        if _CLIENT.match(texts.get(path, b"")[:2_000]):
            clients.append(path)
        if _SERVER.match(texts.get(path, b"")[:2_000]):
            actions.append(path)
        if any(_SCREEN.fullmatch(name) for name in names):
            screens.append(path)
        imports[path] = linker.imports(path)
    drawn = frozenset(clients if shared else screens)
    imported = {target for targets in imports.values() for target in targets}
    begun = [path for path in imports if path not in imported and path not in drawn]
    if shared:
        # A component that nothing shows serves nobody.
        begun = [path for path in begun if not path.endswith("x") or _ENTRY.search(path)]
    served = _reached(imports, [*begun, *actions], drawn)
    return frozenset(_reached(imports, drawn, frozenset()) - served)


def _reached(
    imports: Mapping[str, tuple[str, ...]], begun: Iterable[str], without: frozenset[str]
) -> set[str]:
    """The modules `begun` and all that they import, not by way of those `without`."""
    pending = list(begun)
    found: set[str] = set()
    while pending:
        path = pending.pop()
        if path not in found and path not in without:
            found.add(path)
            pending.extend(imports.get(path, ()))
    return found


__all__ = ["browser_modules"]
