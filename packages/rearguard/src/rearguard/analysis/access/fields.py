"""Which fields stored objects have: declared, created as columns, or named where objects are used."""

import re
from collections.abc import Iterable, Iterator

from rearguard.analysis.access.atoms import Atom
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.resources import Touch, normal
from rearguard.program import Instr, Op

MAX_COLUMNS = 80
_TABLE = re.compile(
    r"create\s+table\s+(?:if\s+not\s+exists\s+)?[\"'`\[]?(?:\w+[\"'`\]]?\.[\"'`\[]?)?(\w+)[^(]*\(",
    re.IGNORECASE,
)
_COLUMN = re.compile(r"\s*[\"'`\[]?([A-Za-z_]\w*)")
_NO_COLUMN = frozenset({"primary", "foreign", "unique", "constraint", "check", "key", "index"})
SECRET = re.compile(
    r"(?:hashed_?|encrypted_?)?(?:password|passwd|pwd|passphrase)(?:_?(?:hash|digest|salt))?\d?|(?:pass|pw)_?hash|salt|"
    r"(?:reset|refresh|access|auth|api|session|verification|confirm\w*|activation|remember)_?-?(?:password_?)?tokens?|"
    r"(?:password)?_?reset_?(?:code|token)|token|api_?keys?|secret(?:_?key)?|(?:totp|otp|mfa|two_?factor|2fa)_?(?:secret|key|seed|code)?|"
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

    def __init__(self, origins: Origins, touches: Iterable[Touch], looked: Iterable[Atom] = ()) -> None:
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
        wanted = set(self._held)
        for path, module in origins.linker.modules.items():
            for name, cls in module.classes.items():
                resource = normal(name.rpartition(".")[2])
                if resource in wanted:
                    self._of(resource).update(field.name for field in cls.fields)
                    body = module.functions.get(name)
                    self._of(resource).update(body.locals - set(cls.methods) if body is not None else ())
            for function in module.functions.values():
                fid = f"{path}::{function.name}"
                self._made(origins, fid, origins.linker.code(fid))

    def of(self, resource: str) -> frozenset[str]:
        """The fields that are known of a resource."""
        return frozenset(self._held.get(normal(resource), ()))

    def secrets(self, resource: str) -> tuple[str, ...]:
        """Fields that must not be shown."""
        return tuple(sorted(name for name in self.of(resource) if SECRET.fullmatch(name)))

    def privileged(self, resource: str) -> tuple[str, ...]:
        """Fields that clients must not set."""
        return tuple(sorted(name for name in self.of(resource) if PRIVILEGED.fullmatch(name)))

    def _of(self, resource: str) -> set[str]:
        return self._held.setdefault(normal(resource), set())

    def _made(self, origins: Origins, fid: str, body: list[Instr]) -> None:
        """Tables created by a statement, and models made by a call of a name and a map of fields."""
        for instr in body:
            if (
                instr.op == Op.CONST
                and isinstance(instr.value, str)
                and "create" in instr.value[:4000].lower()
            ):
                for resource, columns in created(instr.value):
                    self._of(resource).update(columns)
            elif instr.op == Op.CALL and len(instr.args) >= 3:
                self._declared(origins, fid, instr)

    def _declared(self, origins: Origins, fid: str, instr: Instr) -> None:
        """A model made of a name and its fields: `model('User', new Schema({...}))`."""
        name = origins.constant(fid, instr.args[1])
        if not name or not re.fullmatch(r"\w{2,40}", name) or normal(name) not in self._held:
            return
        found = origins.resolved(fid, instr.args[2])
        if found is not None and found[1].op in (Op.NEW, Op.CALL) and len(found[1].args) > 1:
            found = origins.resolved(found[0], found[1].args[1])
        if found is not None and found[1].op == Op.COLLECT:
            self._of(name).update(key for key in found[1].keys if key and key not in ("*", "**", "?"))


def created(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Tables and their columns in the text of CREATE TABLE statements."""
    for match in _TABLE.finditer(text):
        columns: list[str] = []
        depth, start = 0, match.end()
        for position in range(match.end(), min(len(text), match.end() + 6000)):
            sign = text[position]
            depth += (sign == "(") - (sign == ")")
            if (sign == "," and depth == 0) or depth < 0:
                named = _COLUMN.match(text, start)
                if named and named[1].lower() not in _NO_COLUMN and len(columns) < MAX_COLUMNS:
                    columns.append(named[1])
                start = position + 1
            if depth < 0:
                break
        yield match[1], tuple(columns)


__all__ = ["PRIVILEGED", "SECRET", "Fields", "created"]
