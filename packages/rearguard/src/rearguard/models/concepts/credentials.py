"""Passwords, tokens, sessions, keys and the cryptography around them; errors and debuggers."""

from dataclasses import dataclass

from rearguard.models.concepts.base import Concept
from rearguard.program import Const


@dataclass(frozen=True, slots=True)
class Hashing(Concept):
    """A fast hash function at work: the call at the path hashes data, or makes an object that does."""

    algorithm: str = ""
    """md5, sha1, sha256 ...; "" when `chosen` says it."""
    chosen: str = ""
    """Selector of the argument that names the algorithm."""
    data: str = ""
    """Selector of data that is hashed at once."""
    exempt: str = ""
    """Selector of an argument that says, when it is `False`, that the hash protects nothing."""


@dataclass(frozen=True, slots=True)
class Mac(Concept):
    """A keyed hash: without its key the result cannot be computed."""


@dataclass(frozen=True, slots=True)
class PasswordHash(Concept):
    """The password at the path gets a slow, salted hash."""

    cost: str = ""
    """Selector of the cost, when it can be given here."""
    least: int = 0
    """The lowest cost that is adequate."""
    salt: str = ""
    """Selector of a salt that is given rather than made by the library."""


@dataclass(frozen=True, slots=True)
class PasswordScheme(Concept):
    """The text, or the first of a list of texts, at the path names how new passwords are hashed."""


@dataclass(frozen=True, slots=True)
class PasswordPolicy(Concept):
    """A call that judges the strength of a password."""

    refuses: str = ""
    """What it refuses by itself: `common` or `breached` passwords; `listed`: what `PasswordRules` list."""


@dataclass(frozen=True, slots=True)
class PasswordRules(Concept):
    """The setting lists rules that new passwords must keep: maps, with a rule's name under `name`."""

    name: str
    options: str
    """Key of the map of a rule's options."""
    rules: tuple[tuple[str, str], ...]
    """Name of a rule -> what it is about: `common`, `breached`, `length`, `similar`."""
    shortest: tuple[str, int] = ("", 0)
    """Option of the rule of lengths, and what holds without it."""


@dataclass(frozen=True, slots=True)
class KeyDerivation(Concept):
    """A key, or a stored hash, is derived from the password at the path."""

    cost: str = ""
    """Selector of the number of rounds, or of the memory cost."""
    least: int = 0
    """The lowest cost that is adequate."""
    fallback: int = 0
    """What the cost is when it is left out; 0 when that is adequate."""
    salt: str = ""


@dataclass(frozen=True, slots=True)
class Encryption(Concept):
    """A cipher, its mode, or both are chosen by the call at the path."""

    algorithm: str = ""
    """des, rc4, aes-ecb ... as far as the call alone says it."""
    chosen: str = ""
    """Selector of the argument that names algorithm or mode."""
    key: str = ""
    iv: str = ""
    """Selector of the initialisation vector or nonce."""
    passphrase: str = ""
    """Selector of a text from which the key is derived by a weak function of the library's own."""
    data: str = ""
    """Selector of what is encrypted, when the call does it at once."""


@dataclass(frozen=True, slots=True)
class KeyGeneration(Concept):
    """A key is made; the size in bits is at the path."""

    least: int
    """The lowest size that is adequate."""
    curve: bool = False
    """Whether a curve is named there, by its size among other things (`secp256r1`)."""


@dataclass(frozen=True, slots=True)
class TlsVersion(Concept):
    """The argument, or the setting that is assigned, names the versions of TLS that are spoken."""


@dataclass(frozen=True, slots=True)
class RandomSource(Concept):
    """What the call gives is chosen by chance, or only looks so."""

    kind: str
    """secure; statistical (the next value follows from earlier ones); clock (who knows the time knows it)."""
    bits: bool = False
    """Whether it gives bits or bytes, as keys are made of, rather than numbers and elements."""
    size: str = ""
    """Selector of how many bytes it gives; "" when it gives something else."""
    default: int = 0
    """How many there are where that is left out."""


@dataclass(frozen=True, slots=True)
class TokenIssue(Concept):
    """A signed token is made."""

    payload: str = ""
    """Selector of the claims, when they are a map written by the caller."""
    expiry: tuple[str, ...] = ()
    """Selectors of options that limit its life."""
    chain: str = ""
    """Method on the way to the call that limits its life."""
    key: str = ""
    endless: tuple[tuple[str, Const], ...] = ()
    """Selectors of options, with the constant that makes it live for ever."""


@dataclass(frozen=True, slots=True)
class ServiceToken(Concept):
    """A signed token is made by what the application has set up once, which may say for all when they end."""

    service: str
    payload: str = "(0)"
    """Selector of the claims."""
    expiry: str = "(1).expiresIn"
    """Selector of the option of the call that limits its life."""


@dataclass(frozen=True, slots=True)
class ServiceTokenSettings(Concept):
    """The call sets up what makes the tokens of a service."""

    service: str
    settings: str
    """Selector of the settings, or of a function that gives them."""
    options: str
    """Key of the settings that holds what holds for all tokens."""
    expiry: str = "expiresIn"
    """Key in there that limits their life."""
    plugin: str = ""
    """Selector of what is registered, for calls that register other things too."""
    words: str = ""
    """Words of what is registered for such a service."""


@dataclass(frozen=True, slots=True)
class TokenDecode(Concept):
    """A token is read without its signature being verified."""

    token: str = "(0)"


@dataclass(frozen=True, slots=True)
class ServerSession(Concept):
    """A session that the server keeps under an identifier, which stays what it was until it is renewed."""


@dataclass(frozen=True, slots=True)
class ClientSession(Concept):
    """Sessions are kept in a signed cookie, which changes with what is in it."""


@dataclass(frozen=True, slots=True)
class SessionRenewal(Concept):
    """The session gets a new identifier, or the call logs in and does so."""

    bound: bool = False
    """Whether what it opens ends by itself when the account's password changes."""


@dataclass(frozen=True, slots=True)
class AccountCreation(Concept):
    """An account is made with the password at the path."""

    name: str = ""
    """Selector of the account's name."""


@dataclass(frozen=True, slots=True)
class RateLimit(Concept):
    """A setting, or a call, that limits how often anything may be asked, all through the application."""

    words: str = ""
    """Pattern of the words of which the setting must hold one for that; "": it always does."""
    everywhere: str = ""
    """Selector of what must not be off for that: `(1).global`."""
    passwords: bool = False
    """Whether it counts the passwords alone that the framework is asked to judge."""


@dataclass(frozen=True, slots=True)
class LimiterMade(Concept):
    """A limiter is made or set up here; it limits nothing until something that answers requests uses it."""


@dataclass(frozen=True, slots=True)
class RateKey(Concept):
    """The function at the path says by what a limiter counts: under which address, account or header."""


@dataclass(frozen=True, slots=True)
class PasswordGate(Concept):
    """The call makes what asks for a password and verifies it: a library's middleware, guard or view."""

    strategy: str = ""
    """Selector of the name of the way in which callers are known; "": it is always by password."""
    strategies: tuple[str, ...] = ()
    """Names that stand for a password."""


@dataclass(frozen=True, slots=True)
class TokenFromUrl(Concept):
    """The call or setting at the path takes the caller's token from the address."""

    values: tuple[str, ...] = ()
    """Texts of which the setting must hold one for that; none: it always does."""


@dataclass(frozen=True, slots=True)
class Lifetime(Concept):
    """How long a session or token lives: a number, a text such as `90d`, or a duration, at the path."""

    per_second: int = 1
    """How many of the numbers make one second."""


@dataclass(frozen=True, slots=True)
class OAuthRedirect(Concept):
    """The call sends a person to a server of identities, or makes the address for that."""

    state: str = ""
    """Selector of the value that ties the answer to the browser; "" when the library does it."""
    redirect: str = ""
    """Selector of the address to come back to."""


@dataclass(frozen=True, slots=True)
class UserVerification(Concept):
    """The setting at the path says whether an authenticator must verify its user."""


@dataclass(frozen=True, slots=True)
class DebugSwitch(Concept):
    """The argument, or the setting at the path when it is assigned, turns a debugger or verbose errors on."""


@dataclass(frozen=True, slots=True)
class SecretUse(Concept):
    """The argument is a password, key or token."""

    what: str
    """`signing key`, `password`, `API key` ..."""


@dataclass(frozen=True, slots=True)
class ErrorHandler(Concept):
    """The argument handles the application's errors."""

    returns: str = ""
    """What text that it returns is sent as: `html`, or "" when nothing that it returns is sent."""
