"""Links a program, and once more where its makers of functions are told apart."""

from collections.abc import Mapping

from rearguard.link.aliases import AliasTable
from rearguard.link.linker import Linker
from rearguard.link.makers import Copies, told_apart
from rearguard.link.modules import ModuleIndex
from rearguard.program import Module

MAX_ROUNDS = 2
"""Times that makers are told apart: those that makers call, too."""


def linked(modules: Mapping[str, Module], tables: dict[str, AliasTable], index: ModuleIndex) -> Linker:
    """The references of a program, in which each call of a maker has functions of its own."""
    linker = Linker(modules, tables, index)
    linker.run()
    copies: Copies | None = None
    for _ in range(MAX_ROUNDS):
        found = told_apart(linker, copies)
        if found is None:
            break
        copies = found
        linker = Linker(copies.modules, tables, index, copies)
        linker.run()
    return linker


__all__ = ["linked"]
