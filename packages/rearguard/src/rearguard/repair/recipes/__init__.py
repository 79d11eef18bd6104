"""How to repair: one recipe a file. The table is the registry; checks name its keys."""

from collections.abc import Mapping

from rearguard.repair.context import Recipe
from rearguard.repair.recipes.bind_parameters import bind_parameters

__all__ = ["HANDLER_RECIPES", "RECIPES"]

RECIPES: Mapping[str, Recipe] = {
    "bind-parameters": bind_parameters,
}

HANDLER_RECIPES: frozenset[str] = frozenset()
"""Recipes of findings that one repair of the whole handler can end together."""
