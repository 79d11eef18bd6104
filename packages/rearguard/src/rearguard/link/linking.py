"""Links a program, and again where makers of functions and classes are told apart by what they are given."""

from collections.abc import Mapping

from rearguard.link.aliases import AliasTable
from rearguard.link.linker import Linker
from rearguard.link.made_classes import copy_classes
from rearguard.link.makers import Copies, copy_makers
from rearguard.link.modules import ModuleIndex
from rearguard.program import Module

MAX_ROUNDS = 3
"""Times that makers are told apart: those that makers call, too."""


def linked(modules: Mapping[str, Module], tables: dict[str, AliasTable], index: ModuleIndex) -> Linker:
    """The references of a program, in which each call of a maker has functions of its own."""
    linker = Linker(modules, tables, index)
    linker.run()
    copies = Copies(dict(modules))
    for _ in range(MAX_ROUNDS):
        before = copies.added
        copy_makers(linker, copies)
        copy_classes(linker, copies)
        if copies.added == before:
            break
        linker = Linker(copies.modules, tables, index, copies)
        linker.run()
    return linker


__all__ = ["linked"]
