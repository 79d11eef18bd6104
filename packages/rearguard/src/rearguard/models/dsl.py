"""How a framework or library is written down: rows of data, and at most a few functions."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rearguard.models.concepts import Concept

if TYPE_CHECKING:
    from rearguard.models.routing import RouteNode
    from rearguard.models.view import ModelView


@dataclass(frozen=True, slots=True)
class Library:
    """Everything the engine knows of one package or framework.

    Paths are written as in `link.aliases`; a path that starts with a key of `types` starts from that
    type. `other:Type` names a type of another library.
    """

    name: str
    language: str
    """`python` or `javascript`."""
    packages: tuple[str, ...]
    """Import names, for the reader: rows apply by their paths, which an import or a shape leads to."""
    types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Type -> paths whose values have it. `Handler: ("Router.get(0:)",)` types functions passed there, and
    `Request: ("Handler<0>",)` their parameters; a bare type name includes that type."""
    concepts: tuple[Concept, ...] = ()
    sites: tuple[str, ...] = ()
    """Types whose every creation is a thing of its own (applications, routers, route builders)."""
    provides: tuple[str, ...] = ()
    """`path(selector)`: the call's result is what calling that argument returns (`fastapi.Depends(0)`)."""
    passes: tuple[str, ...] = ()
    """`path(selector)`: the call's result is used as that argument is (`util.promisify(0)`)."""
    keeps: tuple[str, ...] = ()
    """Calls that keep their second argument as the member that the first names (`Instance.decorate`)."""
    shapes: Mapping[str, str] = field(default_factory=dict)
    """Type -> regular expression over unresolved global names that are taken for it in fragments."""
    exports: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Type -> regular expressions for the path of a file and for the names under which it exports functions
    of that type, where a framework goes by files (`app/**/route.ts`); `name()` is what such a one returns."""
    folders: Mapping[str, str] = field(default_factory=dict)
    """Type -> regular expression for paths of files that a framework loads as its members, whose group `path`
    says under which name (`app/service/(?P<path>.+).js`)."""
    routes: Callable[["ModelView"], Iterable["RouteNode"]] | None = None
    """Yields the routes that this framework registers."""
    caught: Callable[["ModelView"], Iterable[tuple[str, str]]] | None = None
    """Yields functions that this framework calls with errors nobody foresaw, by its conventions rather than
    by a registration that a path names: function id, and the parameter that is the error."""
    pages: Callable[["ModelView"], Iterable[tuple[str, str]]] | None = None
    """Yields functions that answer requests which no route fits, or that failed: function id, and what
    becomes of what it returns, as `RouteNode.returns` has it."""
