"""Names across files: imports, symbols, classes, API paths. Knows no framework."""

from rearguard.link.aliases import AliasTable, Selector, expand, split_selector
from rearguard.link.ids import family_of, function_id
from rearguard.link.linker import MAX_ABOVE, Linker
from rearguard.link.linking import linked
from rearguard.link.modules import ModuleIndex
from rearguard.link.refs import Kind, Ref, Refs, join

__all__ = [
    "MAX_ABOVE",
    "AliasTable",
    "Kind",
    "Linker",
    "ModuleIndex",
    "Ref",
    "Refs",
    "Selector",
    "expand",
    "family_of",
    "function_id",
    "join",
    "linked",
    "split_selector",
]
