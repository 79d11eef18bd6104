"""Which modules run in browsers alone, whatever language they share with the server."""

import re

from rearguard.link import Linker, family_of, function_id
from rearguard.program import MODULE_BODY, Op

_SCREEN = re.compile(
    r"(?:react|react-dom|preact|vue|vuex|pinia|svelte|solid-js|lit|jquery|antd|ember-\w+|backbone|angular)(?:/.*)?|"
    r"@(?:angular|mui|chakra-ui|ant-design|mantine|headlessui|vueuse|ember|tanstack/react-\w+)(?:/.*)?"
)
"""Libraries that draw on a screen."""
_BOTH = re.compile(r"(?:next|nuxt|gatsby|astro|remix)(?:/.*)?|@(?:remix-run|sveltejs|react-router|nuxt)/.*")
"""Frameworks whose components and server share modules: what imports them says nothing then."""


def browser_modules(linker: Linker) -> frozenset[str]:
    """Scripts that draw on a screen, and those that only such scripts import."""
    imports: dict[str, tuple[str, ...]] = {}
    others: dict[str, int] = {}
    screens: list[str] = []
    for path, module in linker.modules.items():
        body = function_id(path, MODULE_BODY)
        if family_of(module.language) != "javascript" or body not in linker.functions:
            continue
        names = {instr.name for instr in linker.code(body) if instr.op == Op.IMPORT}
        if any(_BOTH.fullmatch(name) for name in names):
            return frozenset()
        if any(_SCREEN.fullmatch(name) for name in names):
            screens.append(path)
        imports[path] = linker.imports(path)
        for target in imports[path]:
            others[target] = others.get(target, 0) + 1
    found: dict[str, None] = dict.fromkeys(screens)
    while screens:
        for target in imports.get(screens.pop(), ()):
            others[target] -= 1
            if others[target] == 0 and target not in found:
                found[target] = None
                screens.append(target)
    return frozenset(found)


__all__ = ["browser_modules"]
