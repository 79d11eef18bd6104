"""Who may do what: guards, refusals, credentials, the resources that are touched."""

from dataclasses import dataclass

from rearguard.models.concepts.base import Concept
from rearguard.program import Const


@dataclass(frozen=True, slots=True)
class Guard(Concept):
    """A library's middleware, decorator, dependency or base class that restricts callers."""

    kind: str
    """authentication, authorization, csrf, rate-limit, validation."""
    strength: str = "required"
    """required, optional, presence (a credential must be sent, but nothing here verifies it), identifies (it
    says who the caller is, and refuses nobody), or of a validation: typed (it goes by the declared types),
    loose (it looks at what it names, and lets any other fields come along)."""
    optional_if: tuple[str, bool] | None = None
    """Selector of an argument, and the constant with which it makes the guard optional
    (`("(optional)", True)` of `jwt_required(optional=True)`). The call is what `Link.value` names."""
    carrier: str = ""
    """As for `Principal`, of a guard that knows callers."""
    known_if: tuple[str, str] | None = None
    """Selector of an argument, and the constant with which it asks for no more than a login
    (`("(0)", "authenticated")` of `requires("authenticated")`)."""
    strips_if: tuple[str, bool] | None = None
    """Of one that goes by declared types: selector of an argument, and the constant with which it takes away
    what no declaration names (`("(0).whitelist", True)` of `new ValidationPipe({ whitelist: true })`)."""
    roles: str = ""
    """Selector of arguments with which it asks for a role too (`(0:)` of `Authorized("admin")`)."""
    keeps: str = ""
    """The name under which a request then keeps its caller (`jwtPayload` of Hono's `jwt()`)."""


@dataclass(frozen=True, slots=True)
class Exemption(Concept):
    """A decorator or marker that lifts a guard of an outer level for what it is put on (`csrf.exempt`)."""

    kind: str
    """As for `Guard`."""


@dataclass(frozen=True, slots=True)
class Denial(Concept):
    """An answer or error that turns the caller away; the argument at `path` is the status, unless fixed."""

    status: int = 0
    """The fixed status, or 0 when the argument says it."""
    thrown: bool = False
    """Whether the argument may be anything, of which an error that was caught, or is made there, is answered
    with a status of its own."""


@dataclass(frozen=True, slots=True)
class CredentialRead(Concept):
    """The request's credential: an Authorization header, a session, a login cookie."""


@dataclass(frozen=True, slots=True)
class SameSite(Concept):
    """The argument, or the setting at the path, says whether browsers send the session's cookie along with
    requests that other sites cause (`strict`, `lax`, `none`)."""


@dataclass(frozen=True, slots=True)
class ForgerySwitch(Concept):
    """The option, or the call, switches a check on by which the framework refuses what other sites send."""

    serves: str
    """The framework; `graphql` for servers of schemas, whoever carries them."""
    words: str = ""
    """Words of the argument without which the call registers something else; "" for an option."""


@dataclass(frozen=True, slots=True)
class FormBodies(Concept):
    """The call lets the application read bodies that a plain HTML form can send."""

    words: str = ""
    """Words of the argument without which the call registers something else."""


@dataclass(frozen=True, slots=True)
class Verification(Concept):
    """Tokens are verified by the call, or by what it makes; with options that weaken it."""

    key: str = ""
    """Selector of the key that the signature is verified with."""
    algorithms: str = ""
    """Selector of the algorithms that are accepted."""
    needs_algorithms: bool = False
    """Whether the token chooses the algorithm when `algorithms` is left out."""
    off: tuple[tuple[str, Const], ...] = ()
    """Selectors of options, with the constant that switches the verification off."""
    endless: tuple[tuple[str, Const], ...] = ()
    """Likewise, for the test whether the token has expired."""
    audience: str = ""
    """Selector of whom the token must be for."""
    lifetime: str = ""
    """Selector of the greatest age accepted, for tokens that carry only the time they were made."""
    untimed: bool = False
    """Whether the tokens carry no time at all."""


@dataclass(frozen=True, slots=True)
class TokenVerify(Verification):
    """A token or password is verified; what it gives stands for the caller."""

    of_request: bool = False
    """Whether it is the token that came with the request, which nothing hands to the call."""


@dataclass(frozen=True, slots=True)
class PasswordVerify(TokenVerify):
    """A password is compared with its stored hash, in constant time."""


@dataclass(frozen=True, slots=True)
class OtpVerify(TokenVerify):
    """A one-time code is verified."""

    window: str = ""
    """Selector of the number of neighbouring codes that are accepted too."""


@dataclass(frozen=True, slots=True)
class ResourceAccess(Concept):
    """Stored objects are read or changed. The resource is the receiver's class, table or model."""

    op: str
    """read, list, create, update, delete."""
    key: str = ""
    """Selector of what identifies the object: a value (`(0)`), a filter (`(0).where`), or `**`."""
    resource: str = "self"
    """`self`: the receiver names the resource; a selector otherwise (`session.get(Model, id)`)."""
    text: str = ""
    """Selector of a condition that is text, with named places: `where("note.id = :id", { id })`."""
    bound: str = ""
    """Selector of the values for its places."""
    in_place: bool = False
    """Whether such calls narrow what they are called on: `query.andWhere(...)`, `query.getMany()`."""
    anew: bool = False
    """Whether its condition takes the place of those that the query had, as Drizzle's second `where` does."""
    many: bool = False
    """Whether what comes back is a list, where one record is meant too."""


@dataclass(frozen=True, slots=True)
class ChannelJoin(Concept):
    """Whoever called gets from now on what is sent to the channel, or room, that the argument names."""


@dataclass(frozen=True, slots=True)
class RecordMade(Concept):
    """The call makes a record of its argument's fields, and stores nothing yet (`repository.create(0)`)."""
