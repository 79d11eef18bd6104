"""JavaScript and TypeScript libraries, one file per framework or family."""

from rearguard.models.dsl import Library
from rearguard.models.javascript.express import EXPRESS

__all__ = ["LIBRARIES"]

LIBRARIES: tuple[Library, ...] = (EXPRESS,)
