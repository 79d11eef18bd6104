"""Members that a framework loads from files: `ctx.service.user` is what `app/service/user.js` exports."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rearguard.link.ids import family_of, function_id
from rearguard.link.refs import Kind, Ref, Refs, join
from rearguard.program import MODULE_BODY

if TYPE_CHECKING:
    from rearguard.link.linker import Linker

__all__ = ["fill"]

_WORD = re.compile(r"[-_](\w)")


def fill(linker: "Linker") -> bool:
    """Put what such files export under the names that they stand for; whether there are any."""
    found = False
    for path, module in linker.modules.items():
        family = family_of(module.language)
        for place, kind in linker.table.tables[family].folders:
            match = place.search(path)
            if match is not None:
                found = True
                _load(linker, family, path, kind, match["path"].split("/"))
    return found


def _load(linker: "Linker", family: str, path: str, kind: str, parts: list[str]) -> None:
    *folders, last = parts
    for folder in folders:
        inner = f"{kind}/{_camel(folder)}"
        held = linker.table.make(Kind.TYPE, None, inner, (inner,))
        linker.grow_slot(("field", kind, _camel(folder)), (held,))
        kind = inner
    refs = tuple(_loaded(linker, family, path))
    for name in dict.fromkeys((_camel(last), _camel(last)[:1].upper() + _camel(last)[1:])):
        linker.grow_slot(("field", kind, name), refs)


def _camel(name: str) -> str:
    return _WORD.sub(lambda match: match[1].upper(), name)


def _loaded(linker: "Linker", family: str, path: str) -> Iterator[Ref]:
    """An object of the class that is exported or returned, or what else a function returns."""
    body = function_id(path, MODULE_BODY)
    whole: Refs = ()
    for name in ("=", "default"):
        whole = join(whole, linker.read_slot(("export", path, name), body))
    for ref in whole:
        returned = linker.read_slot(("return", ref.id, ""), body) if ref.kind is Kind.FUNCTION else ()
        made = tuple(each for each in returned if each.kind is not Kind.FUNCTION)
        for each in made or (ref,):
            yield _instance(linker, family, each) if each.kind is Kind.CLASS else each
    if not whole:
        # `exports.list = async (ctx) => ...`
        yield linker.table.make(Kind.MODULE, None, path)


def _instance(linker: "Linker", family: str, cls: Ref) -> Ref:
    names = linker.table.tables[family].names(f"{name}()" for name in cls.names)
    ref = linker.table.make(Kind.INSTANCE, cls, "", names)
    if names and not ref.names:
        ref.names = names
    return ref
