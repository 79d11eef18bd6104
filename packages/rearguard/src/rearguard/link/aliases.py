"""API paths: how a value is named by the way it was obtained from an import.

A path is text: `express.Router().get` is the member `get` of what calling `Router` of the module
`express` returns. Steps are `.name`, `()` for a call's result, `[]` for an element, `<n>` for the n-th
parameter of a function value, and `<n/m>` for that of a function with m parameters, which then has only
those. An operator is a member (`Path./`), `Database.*` is every member without a path of its own, and
`*.name` is that member of a value that is not known to have it. A *type* is a name for a set of paths;
models give them as data (`AliasTable.add`), so this room knows no framework. The idea is CodeQL's API
graphs.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_BRACES = re.compile(r"\{([^{}]*)\}")
_STEP = re.compile(r"\.[^.()\[\]<>]+|\(\)|\[\]|<\d+(?:/\d+)?>")


def expand(pattern: str) -> Iterator[str]:
    """Yield the patterns that `{a,b}` alternatives stand for."""
    match = _BRACES.search(pattern)
    if match is None:
        yield pattern
        return
    for choice in match.group(1).split(","):
        yield from expand(pattern[: match.start()] + choice.strip() + pattern[match.end() :])


@dataclass(frozen=True, slots=True)
class Selector:
    """Which arguments of a call are meant: `(0)`, `(1:)`, `(name)`, `(0|name)`, `(-1)`, `(1@data)`."""

    low: int | None
    high: int | None
    """Exclusive; `None` with `low` set means all from `low`."""
    keyword: str = ""
    everything: bool = False
    """Every argument, keywords included: `(*)`."""
    event: str = ""
    """The constant that the first argument must be: `(1@data)` is what listens to the event `data`; `(@=)` is
    what is assigned to the member."""

    @classmethod
    def parse(cls, text: str) -> "Selector":
        """Read the inside of the parentheses. Raises ValueError on anything else."""
        if text == "*":
            return cls(None, None, "", True)
        text, _, event = text.partition("@")
        if not text:
            return cls(None, None, event=event)
        low: int | None = None
        high: int | None = None
        keyword = ""
        for part in text.split("|"):
            if part.endswith(":"):
                low, high = int(part[:-1]), None
            elif re.fullmatch(r"-?\d+", part):
                low = int(part)
                high = low + 1 if low >= 0 else low
            elif re.fullmatch(r"[A-Za-z_$][\w$-]*", part):
                keyword = part
            else:
                raise ValueError(f"not an argument selector: ({text})")
        return cls(low, high, keyword, event=event)

    def pick(self, count: int, keys: tuple[str | None, ...]) -> tuple[int, ...]:
        """Positions, among `count` arguments whose `keys` are as in `Instr`, that are selected."""
        if self.everything:
            return tuple(range(count))
        positional = [i for i in range(count) if not keys or keys[i] is None]
        chosen: list[int] = []
        if self.low is not None:
            if self.low < 0:
                chosen.extend(positional[self.low :][:1])
            elif self.high is None:
                chosen.extend(positional[self.low :])
            else:
                chosen.extend(positional[self.low : self.high])
        if self.keyword and keys:
            chosen.extend(i for i in range(count) if keys[i] == self.keyword)
        return tuple(chosen)


def split_selector(pattern: str) -> tuple[str, Selector | None, tuple[str, ...]]:
    """Split `path(selector).key.key` into path, selector, and the keys inside the argument.

    A pattern without a selector gives `(pattern, None, ())`.
    """
    match = re.search(r"\(([^()]+)\)((?:\.(?:[\w$-]+|\*))*)$", pattern)
    if match is None:
        return pattern, None, ()
    keys = tuple(key for key in match.group(2).split(".") if key)
    return pattern[: match.start()], Selector.parse(match.group(1)), keys


def prefixes(path: str) -> Iterator[str]:
    """Yield every path on the way to `path`, itself included."""
    for step in _STEP.finditer(path):
        yield path[: step.start()]
    yield path


@dataclass(slots=True)
class AliasTable:
    """Types as sets of paths, for one language family. Built once from the models, then only read."""

    exact: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Path -> types that it belongs to."""
    arguments: dict[str, tuple[tuple[Selector, tuple[str, ...], str], ...]] = field(default_factory=dict)
    """Callee path -> (which arguments, keys inside them, type that a function passed there gets)."""
    results: dict[str, Selector] = field(default_factory=dict)
    """Callee path whose result is what calling the selected argument returns (dependency injection)."""
    same: dict[str, Selector] = field(default_factory=dict)
    """Callee path whose result is the selected argument, for all a model can tell (`util.promisify`)."""
    keepers: set[str] = field(default_factory=set)
    """Callee paths that keep their second argument under the name that is the first (`app.set(name, it)`)."""
    shapes: list[tuple[re.Pattern[str], str]] = field(default_factory=list)
    """Name of an unresolved global -> type it is taken for, at lower confidence."""
    exports: list[tuple[re.Pattern[str], re.Pattern[str], str]] = field(default_factory=list)
    """Path of a file, name of an export -> type of the functions that are exported there."""
    folders: list[tuple[re.Pattern[str], str]] = field(default_factory=list)
    """Path of a file, whose group `path` names a member -> type whose member is what the file exports."""
    sites: set[str] = field(default_factory=set)
    """Types whose every creation is a thing of its own (applications, routers)."""
    live: set[str] = field(default_factory=set)
    """Every path that can still grow into something known; others are dropped at once."""

    def add(self, kind: str, pattern: str) -> None:
        """Say that values at `pattern` are of type `kind`. Raises ValueError on a malformed pattern."""
        for path in expand(pattern):
            callee, selector, keys = split_selector(path)
            if selector is not None:
                self.arguments[callee] = (*self.arguments.get(callee, ()), (selector, keys, kind))
                self.keep(callee)
            else:
                self.exact[path] = (*self.exact.get(path, ()), kind)
                self.keep(path)
        self.live.add(kind)

    def keep(self, path: str) -> None:
        """Make `path` and everything on the way to it worth tracking."""
        self.live.update(prefixes(path))

    def names(self, paths: Iterable[str]) -> tuple[str, ...]:
        """All live names of values found at `paths`, their types included, in a stable order."""
        found: dict[str, None] = {}
        stack = list(paths)
        while stack:
            path = stack.pop(0)
            if path in found:
                continue
            types = self.exact.get(path)
            if types:
                stack.extend(types)
            if path in self.live or types:
                found[path] = None
        return tuple(found)

    def shape(self, name: str) -> tuple[str, ...]:
        """Types that an unresolved global called `name` is taken for."""
        return tuple(kind for pattern, kind in self.shapes if pattern.fullmatch(name))
