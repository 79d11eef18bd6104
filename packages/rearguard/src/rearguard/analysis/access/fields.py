"""Which fields stored objects have: declared, created as columns, or named where objects are used."""

import re
from collections.abc import Iterable

from rearguard.analysis.access.atoms import Atom
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.resources import Touch, normal
from rearguard.analysis.access.schemas import Schemas
from rearguard.program import Span

SECRET = re.compile(
    r"(?:hashed_?|encrypted_?)?(?:password|passwd|pwd|passphrase)(?:_?(?:hash|digest|salt))?\d?|(?:pass|pw)_?hash|salt|"
    r"(?:reset|refresh|access|auth|api|session|verification|confirm\w*|activation|remember)_?-?(?:password_?)?tokens?|"
    r"(?:password)?_?reset_?(?:code|token)|token|api_?keys?|(?:\w+_)?secret(?:_?key)?|(?:totp|otp|mfa|two_?factor|2fa)_?(?:secret|key|seed|code)?|"
    r"private_?key|ssn|social_?security(?:_?number)?|credit_?card(?:_?(?:number|no))?|card_?number|cvv|cvc|pin(?:_?code)?",
    re.IGNORECASE,
)
"""Fields whose values nobody but the service, or their owner, needs to see."""
PRIVILEGED = re.compile(
    r"is_?(?:admin|staff|superuser|super_?user|root|owner|moderator|verified|active|approved|enabled|premium)|admin|roles?|"
    r"role_?(?:id|name)|permissions?|privileges?|scopes?|access_?level|user_?type|account_?type|superuser|staff|"
    r"balance|credits?|wallet|plan|tier|verified|approved|email_?verified|"
    r"password(?:_?hash)?|hashed_?password|(?:owner|user|author|account|tenant|org|organi[sz]ation|created_?by)_?id|owner|groups?",
    re.IGNORECASE,
)
"""Fields that decide what an account may do, or whose an object is: nothing that a client may set freely."""


class Fields:
    """Fields by resource, in the spelling of the program."""

    def __init__(
        self, origins: Origins, touches: Iterable[Touch], schemas: Schemas, looked: Iterable[Atom] = ()
    ) -> None:
        """`looked`: what conditions and verifications look at, members of loaded records among them."""
        self._held: dict[str, set[str]] = {}
        for kept in origins.principal_records.values():
            self._of(kept)
        for touch in touches:
            held = self._of(touch.resource)
            held.update(n for n, _ in (*touch.keys, *touch.written) if n and n != "*")
            if not touch.also:
                held.update(touch.fields)
        for atom in looked:
            member = next((key for key in atom.path if not key.isdigit() and key != "*"), "")
            if atom.kind == "stored" and member.isidentifier() and normal(atom.name) in self._held:
                self._of(atom.name).add(member)
        self._schemas = schemas

    def of(self, resource: str) -> frozenset[str]:
        """The fields that are known of a resource."""
        return frozenset((*self._held.get(normal(resource), ()), *self._schemas.of(resource).columns))

    def secrets(self, resource: str) -> tuple[str, ...]:
        """Fields that must not be shown."""
        return tuple(sorted(name for name in self.of(resource) if SECRET.fullmatch(name)))

    def relation(self, name: str) -> frozenset[str]:
        """The records, by `normal` name, that a relation of this name leads to."""
        return self._schemas.relation(name)

    def declared(self, resource: str, column: str) -> Span | None:
        """Where a field of a record is declared."""
        return self._schemas.of(resource).columns.get(column)

    def privileged(self, resource: str) -> tuple[str, ...]:
        """Fields that clients must not set."""
        return tuple(sorted(name for name in self.of(resource) if PRIVILEGED.fullmatch(name)))

    def _of(self, resource: str) -> set[str]:
        return self._held.setdefault(normal(resource), set())


__all__ = ["PRIVILEGED", "SECRET", "Fields"]
