"""Who may do what: one row per endpoint, every cell with its evidence or `unknown`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from rearguard.analysis.access.answers import Answered
from rearguard.analysis.access.events import Events
from rearguard.analysis.access.fields import Fields
from rearguard.analysis.access.powers import powers
from rearguard.analysis.access.schemas import Schemas
from rearguard.analysis.access.surface import Surface
from rearguard.analysis.settings import Uses
from rearguard.analysis.values import SourceRead
from rearguard.models.concepts import ResourceAccess
from rearguard.models.routing import Endpoint
from rearguard.program import Span, Step


@dataclass(frozen=True, slots=True)
class Cell:
    """One answer of the matrix."""

    state: str
    """Authentication: required, optional, none, unknown. Ownership: restricted, open, none, unknown."""
    evidence: tuple[Step, ...] = ()
    reason: str = ""
    """Why it is so in a few words: `requireAuth answers 401 unless a token verifies`."""


@dataclass(frozen=True, slots=True)
class Access:
    """A stored object read or changed while an endpoint is handled."""

    concept: ResourceAccess | None
    """`None` when it was read from SQL text."""
    fid: str
    value: int
    """Value id of the call in `fid`."""
    span: Span
    resource: str
    """Class, model or table name."""
    operation: str
    """read, list, create, update, delete."""
    keys: tuple[tuple[str, SourceRead | None], ...]
    """Field that identifies the object -> the request value that it comes from, if it does."""
    restricted: Cell
    """restricted: the caller's identity is among the keys or is compared before use; open; unknown."""
    owner_field: str
    """The field that says whose the object is ("" when none is known), and where that is seen."""
    owner_evidence: tuple[Step, ...] = ()
    tenant_field: str = ""
    """The field that says which tenant the object belongs to, where the project limits such objects by it."""
    tenant_named: bool = False
    """Whether callers belong to several tenants and so name the one that they mean."""
    part_of: str = ""
    """The resource, in its normal form, that it is part of and that has an owner; "" when none is known."""
    part_evidence: tuple[Step, ...] = ()
    limit: str = ""
    """By what it is restricted: `owner`, `tenant` (others of the same tenant pass), `role`; or ""."""
    within: frozenset[str] = frozenset()
    """Resources, in their normal form, that it is part of by the columns that refer to them, near and far."""


@dataclass(frozen=True, slots=True)
class InputUse:
    """A request value that the handling reads."""

    channel: str
    """path, query, body, form, header, cookie, file."""
    name: str
    """Key path, or "" for the whole."""
    span: Span
    validation: str
    """What bounds it: `schema`, `number`, `allow-list`, `pattern`, `none`, `unknown`."""
    used_as: str = ""
    """identifier (names a stored object), stored (written to an object), other."""


@dataclass(frozen=True, slots=True)
class Row:
    """Everything known of who may call an endpoint and what it restricts."""

    endpoint: Endpoint
    authentication: Cell
    authorization: Cell
    """required (a role, permission or predicate beyond being logged in), none, unknown."""
    ownership: Cell
    """restricted, open, none (no object chosen by the client), unknown."""
    tenant: Cell
    """restricted, open, none (nothing belongs to a tenant), unknown."""
    csrf: Cell
    """protected, missing, unneeded, unknown."""
    rate_limit: Cell
    """limited, none, unknown."""
    validation: Cell
    """bounded, partly, open, none (nothing is read), unknown."""
    response: Cell
    """records (stored objects with all their fields), fields, unknown."""
    public: str
    """Why the endpoint is meant for everyone (`login`, `health check`, `marked @public`), or ""."""
    accesses: tuple[Access, ...]
    used: tuple[InputUse, ...]
    effects: tuple[Step, ...]
    """What the endpoint changes or discloses: writes, deletes, mails, files; empty for pure reads."""
    guards: tuple[str, ...]
    """For people: `authentication: requireAuth (auth.js:12)`."""
    discloses: tuple[Step, ...] = ()
    """Files and other services whose content the endpoint may answer with."""
    answers: tuple[Answered, ...] = ()
    """Stored objects, and fields of them, that are sent back."""
    for_services: bool = False
    """Whether other services call it, which share a secret with this one, and no accounts do."""
    surface: Surface | None = field(default=None, repr=False, compare=False)
    """Everything that happens for the endpoint, for questions that no cell answers."""
    purpose: str = ""
    """As `public`, and where that is a mark alone, what the endpoint is there for."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """For people: `path id`, `body email`."""
        return tuple(dict.fromkeys(f"{use.channel} {use.name}".strip() for use in self.used))


_ACCOUNTS = frozenset(
    ["login", "registration", "creates an account", "verifies a password or code and opens a session"]
)


class AccessMatrix:
    """Rows by endpoint, in the endpoints' order."""

    def __init__(
        self,
        rows: Iterable[Row],
        events: Events,
        fields: Fields,
        uses: Uses,
        accounts: frozenset[str],
        schemas: Schemas,
    ) -> None:
        self._rows = {id(row.endpoint): row for row in rows}
        self.origins = events.origins
        """Where values come from, for questions about single values."""
        self.events = events
        """What happens in single functions."""
        self.fields = fields
        """Which fields stored objects have."""
        self.uses = uses
        """Every use of a concept: the index is made once."""
        self.accounts = accounts
        """Stored objects that stand for somebody who logs in, by `normal` name."""
        self.schemas = schemas
        """What is declared of stored objects."""

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def row(self, endpoint: Endpoint) -> Row | None:
        """The row of an endpoint of this program."""
        return self._rows.get(id(endpoint))

    @cached_property
    def powers(self) -> frozenset[str]:
        """Fields of accounts that the project's own guards ask callers for."""
        surfaces = (row.surface for row in self if row.surface is not None)
        return powers(surfaces, self.origins.linker, self.accounts)

    @cached_property
    def knows_callers(self) -> bool:
        """Whether the project authenticates anywhere at all."""
        return any(row.authentication.state in ("required", "optional") for row in self)

    @cached_property
    def unknown(self) -> int:
        """Of how many endpoints it could not be read whether they ask who calls."""
        return sum(row.authentication.state == "unknown" for row in self)

    @cached_property
    def has_accounts(self) -> bool:
        """Whether the project has accounts that one can make or enter, whatever it asks them for."""
        return any(row.purpose in _ACCOUNTS and row.accesses for row in self)
