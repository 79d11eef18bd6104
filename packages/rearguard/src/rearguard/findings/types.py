"""What we say: a finding, its repair, and the result of a review with its ledger.

`docs/reference/review.schema.json` publishes the JSON form; `report/` renders it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from rearguard.program import Evidence, Span, Step


class Severity(StrEnum):
    """How bad it is if the finding is right."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for the worst, growing."""
        return list(Severity).index(self)


class Confidence(StrEnum):
    """How sure the finding is. A `question` is for a person to decide and never fails a run."""

    CERTAIN = "certain"
    LIKELY = "likely"
    QUESTION = "question"

    @property
    def rank(self) -> int:
        """0 for the surest, growing."""
        return list(Confidence).index(self)


class Audience(StrEnum):
    """For whom a check speaks: everyone, or a thorough audit."""

    DEFAULT = "default"
    AUDIT = "audit"


class Disposition(StrEnum):
    """What applying a fix asks of a person: nothing, or a look."""

    SAFE = "safe"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Rule:
    """What is true of every finding of one check."""

    id: str
    """Stable word: `sql-injection`."""
    title: str
    cwe: int
    """The primary CWE. OWASP categories are derived from it per edition (`standards.owasp`)."""
    severity: Severity
    asvs: tuple[str, ...] = ()
    """ASVS ids as `v5.0.0-8.2.2`."""
    api_top10: tuple[str, ...] = ()
    """OWASP API Security Top 10 2023 ids as `API1:2023`."""
    related: tuple[int, ...] = ()
    """Other CWEs a reader may know it by."""
    audience: Audience = Audience.DEFAULT
    absence: bool = False
    """Whether it tells of a control that is not there. Programs on the pages of other checks are excerpts,
    which lack many: they are not judged by it."""
    page: str = ""
    """The check's page as Markdown: what, why, examples, what it does not see."""

    def narrowed(self, cwe: int) -> "Rule":
        """The same rule under the weakness that a finding shows; its own is then a related one."""
        if cwe == self.cwe:
            return self
        related = tuple(number for number in (self.cwe, *self.related) if number != cwe)
        return replace(self, cwe=cwe, related=related)

    def for_audit(self) -> "Rule":
        """The same rule for a finding that only a thorough audit wants to hear of."""
        return replace(self, audience=Audience.AUDIT)


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the bytes of `span` by `text`; an empty span inserts."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A repair. Only one that passed the gate is ever shown as revised code."""

    title: str
    disposition: Disposition
    edits: tuple[Edit, ...]
    revised: str = ""
    """The repaired statement or handler, as it reads after the edits."""
    refused: str = ""
    """Why the gate turned it down; "" when it passed."""


@dataclass(frozen=True, slots=True)
class Request:
    """One verification step: what to send and what must come back, or what else to do."""

    text: str
    """One sentence."""
    request: str = ""
    """A request as a person would type it (curl), or "" for a step without one."""
    expect: str = ""
    """What a repaired service answers."""


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One answer about an endpoint, with what it rests on."""

    column: str
    """authentication, authorization, ownership, tenant, csrf, rate_limit, validation, response."""
    state: str
    """The column's word for it (`required`, `open`, `missing`, ...), or `unknown`."""
    reason: str
    steps: tuple[Step, ...] = ()
    """Where it is seen, each place with its sentence."""


@dataclass(frozen=True, slots=True)
class TouchedObject:
    """A stored object that an endpoint reads or changes."""

    operation: str
    """read, list, create, update, delete."""
    resource: str
    keys: tuple[str, ...]
    """What chooses it: `id from path id`."""
    state: str
    """restricted, open, none, unknown."""
    reason: str
    owner: str
    """The field that says whose it is, or ""."""
    place: Span


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A route as findings and the inventory name it."""

    method: str
    path: str
    handler: str
    """Qualified handler name."""
    location: Span
    """The registration."""
    framework: str
    chain: tuple[str, ...] = ()
    """Middleware and guards before the handler, outermost first, as readable names."""
    guards: tuple[str, ...] = ()
    """What of the chain and of the handler restricts the caller, as `authentication: requireAuth`."""
    inputs: tuple[str, ...] = ()
    """Request values read: `path id`, `body email`, `query page`."""
    authentication: str = "unknown"
    """required, optional, none, unknown."""
    ownership: str = "unknown"
    """restricted, open (an id from the request without an ownership check), none (no object), unknown."""
    public: str = ""
    """Why it is meant for everyone, or ""."""
    cells: tuple[MatrixCell, ...] = ()
    """Its row of the access matrix."""
    objects: tuple[TouchedObject, ...] = ()

    @property
    def name(self) -> str:
        """`POST /api/users/:id`."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One place to repair, with the evidence for saying so."""

    rule: Rule
    location: Span
    """The sink statement, the handler, or the application's construction."""
    message: str
    """What happens here, in one or two sentences that name the values involved."""
    why: str
    """Why it matters: what an attacker gains; also why this severity."""
    severity: Severity
    confidence: Confidence
    confidence_reason: str
    evidence: Evidence
    advice: str = ""
    """What to do, in the idiom of the library that the project uses."""
    endpoint: Endpoint | None = None
    fix: Fix | None = None
    verification: tuple[Request, ...] = ()
    subject: str = ""
    """What the fingerprint hangs on beside the code: the sink's role, an input's name, a header."""
    fingerprint: str = ""
    """Versioned: `rg1:` and 32 hex digits. Filled by `findings.fingerprint`."""
    suppressed: str = ""
    """The reason given in the suppression; "" when the finding stands."""
    suppressed_in: str = "source"
    """Where the suppression stands: `source` (a comment) or `external` (the settings)."""
    reported_by: tuple[str, ...] = ()
    """Other tools that point here for the same cause, each with its rule: `bandit B608`."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of the tree that was not, or not wholly, analysed."""

    path: str
    line: int
    """0 when it concerns the whole file."""
    reason: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """The ledger: what was examined and what was not."""

    files: int
    lines: int
    languages: Mapping[str, int]
    """Files per language."""
    functions: int
    calls: int
    calls_resolved: int
    """Calls whose target is a function of the project or a modelled library."""
    endpoints: int
    endpoints_unresolved: tuple[Unread, ...]
    """Registrations whose path or handler could not be resolved."""
    unread: tuple[Unread, ...]
    """Files and parts skipped or broken, with the reason."""
    unlowered: Mapping[str, int]
    """Syntax kinds not modelled, with counts."""
    frameworks: tuple[str, ...]
    """Models that recognised something."""

    @property
    def complete(self) -> bool:
        """True when every file of a known language was read whole."""
        return not self.unread


@dataclass(frozen=True, slots=True)
class ToolRun:
    """One tool's part in the result."""

    name: str
    version: str
    outcome: str
    """ran, absent, failed, not asked (there was nothing for it, or it needs a network)."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ReviewResult:
    """Everything a review says, ready for any report."""

    root: str
    """The reviewed path as the user gave it."""
    findings: tuple[Finding, ...]
    """Ordered: severity, confidence, path, offset, check."""
    suppressed: tuple[Finding, ...]
    stale_suppressions: tuple[Unread, ...]
    endpoints: tuple[Endpoint, ...]
    coverage: Coverage
    tools: tuple[ToolRun, ...]
    level: int
    """Tool level 0, 1 or 2 (design §4)."""
    notes: tuple[str, ...] = ()
    """Anything the reader must know: nothing found in the wrong directory, options that narrowed the run."""
    known: tuple[Finding, ...] | None = None
    """Findings that a baseline holds; they fail nothing. `None` without a baseline."""
