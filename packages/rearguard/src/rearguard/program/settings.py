"""What a settings file says: a flat list of entries, each with the keys that lead to it and its place.

Files of every form (YAML, JSON, TOML, INI, `.env`, Dockerfile, requirements, directives of servers) become
the same: whoever reads them asks for keys and values, and quotes the place.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from rearguard.program.ir import Const
from rearguard.program.source import Span

__all__ = ["Entry", "SettingsFile"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One value, or one empty container, of a settings file."""

    keys: tuple[str, ...]
    """What leads to it: keys of maps as written, positions in lists as text (`("services", "db", "ports",
    "0")`). A Dockerfile's are the instruction in capitals, its number among all, and for `ENV`, `ARG` and
    `LABEL` the name; a requirement's is the package's name."""
    value: Const
    """As the form reads it: `true` of YAML, JSON and TOML is a boolean; all of `.env` and INI is text.
    `None` for null and for an empty container."""
    start: int
    """Where the innermost key starts, in bytes; the value itself for an element of a list."""
    value_start: int
    end: int

    @property
    def key(self) -> str:
        """The innermost key."""
        return self.keys[-1] if self.keys else ""

    @property
    def text(self) -> str:
        """The value as text; "" for null."""
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        return "" if self.value is None else str(self.value)


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """One settings file as read."""

    path: str
    kind: str
    """yaml, json, toml, ini, dotenv, dockerfile, requirements, directives, prisma, sql, xml."""
    entries: tuple[Entry, ...]
    """In the order of the file."""
    errors: tuple[tuple[int, int], ...] = ()
    """Spans that could not be read; what follows one may be lost."""
    comments: tuple[tuple[int, int], ...] = field(default=())
    """Spans of comments that contain `rearguard:` (suppressions)."""

    def span(self, entry: Entry) -> Span:
        """The place of an entry, its key included."""
        return Span(self.path, entry.start, entry.end)

    def value_span(self, entry: Entry) -> Span:
        """The place of the value alone."""
        return Span(self.path, entry.value_start, entry.end)

    def under(self, *keys: str) -> Iterator[Entry]:
        """Entries whose keys start with `keys`; `*` stands for any one key."""
        for entry in self.entries:
            if len(entry.keys) >= len(keys) and all(
                wanted in ("*", held) for wanted, held in zip(keys, entry.keys, strict=False)
            ):
                yield entry

    def get(self, *keys: str) -> Entry | None:
        """The last entry with exactly these keys: where forms allow two, the later one counts."""
        found = None
        for entry in self.under(*keys):
            if len(entry.keys) == len(keys):
                found = entry
        return found
