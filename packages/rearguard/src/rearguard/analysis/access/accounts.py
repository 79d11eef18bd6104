"""Which stored objects are accounts, whatever a project calls them: campers, people, staffers."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rearguard.analysis.access.atoms import Atom, normal
from rearguard.analysis.access.principals import IDENTIFIES, USER_WORDS, is_caller
from rearguard.analysis.access.resources import Touch
from rearguard.analysis.access.schemas import Schemas
from rearguard.link.linker import Linker

_PASSWORD = re.compile(
    r"(?:hashed_?|encrypted_?)?(?:passw(?:or)?d|passphrase|pwd)(?:_?(?:hash|digest))?|(?:pass|pw)_?hash",
    re.IGNORECASE,
)
"""Columns that only what logs in has."""
_COMPARED = re.compile(
    rf"{_PASSWORD.pattern}|(?:card_?)?pin(?:_?(?:hash|code))?|pass_?code|hash|digest", re.IGNORECASE
)
"""The same, of records that something given is compared with."""
_STORED = (
    re.compile(
        rb"\binsert\s+(?:or\s+\w+\s+|ignore\s+)?into\s+[\"'`]?(\w+)[\"'`]?\s*\([^()]*?\bpass(?:w|_?hash)\w*",
        re.IGNORECASE,
    ),
    re.compile(
        rb"\bupdate\s+[\"'`]?(\w+)[\"'`]?\s+set\s[^;]{0,120}?\bpass(?:w|_?hash)\w*\s*=", re.IGNORECASE
    ),
    re.compile(
        rb"\bselect\s[^;()]{0,120}?\bpass(?:w|_?hash)\w*[^;()]{0,120}?\bfrom\s+[\"'`]?(\w+)", re.IGNORECASE
    ),
)
"""Statements that store or load a password."""
_LOGS_IN = re.compile(r"\b(?:AbstractUser|AbstractBaseUser|UserMixin|\w*BaseUserTable\w*)\b")
"""Classes to extend that make a record something that logs in."""
_SWITCHED = re.compile(r"\bAbstract(?:Base)?User\b")
_USES_SWITCHED = re.compile(
    rb"^from django\.contrib\.auth(?:\.models)? import [^\n]*\b(?:User|get_user_model)\b", re.MULTILINE
)
_OWN_ID = re.compile(r"_?id|pk|uuid", re.IGNORECASE)
_USER_ID = re.compile(r"user_?id", re.IGNORECASE)
"""An account's own identifier, or whose a record is that has another."""
_PARTIES = frozenset(
    ["customer", "member", "person", "employee", "client", "patient", "student", "owner", "author"]
)
"""People who log in at some applications, and whom others keep records of: a clinic's patients."""
_SESSION = re.compile(r"(?:\w+_?)?(?:session|token|login|api_?key)", re.IGNORECASE)
"""Records of a login, which do not say who logs in."""


def logging_in(linker: Linker) -> frozenset[str]:
    """Records of which a library says that they log in, by `normal` name."""
    return frozenset(
        normal(name.rpartition(".")[2])
        for module in linker.modules.values()
        for name, cls in module.classes.items()
        if any(map(_LOGS_IN.search, cls.base_texts))
    )


def switched(linker: Linker, texts: Mapping[str, bytes]) -> Mapping[str, str]:
    """Records by `normal` name -> the column by which a library's own logins refuse whoever is switched off:
    what a project writes itself must ask for it."""
    named = {
        normal(name.rpartition(".")[2])
        for module in linker.modules.values()
        for name, cls in module.classes.items()
        if any(map(_SWITCHED.search, cls.base_texts))
    }
    if named or any(_USES_SWITCHED.search(text) for text in texts.values()):
        named.add("user")
    return dict.fromkeys(sorted(named), "is_active")


def with_passwords(schemas: Schemas, texts: Mapping[str, bytes]) -> frozenset[str]:
    """Records that have a password, by `normal` name: as they are declared, or as they are stored."""
    return schemas.having(_PASSWORD) | frozenset(normal(name) for name in _stored(texts.values()))


def judged(verified: Iterable[Atom]) -> frozenset[str]:
    """Records whose password or PIN is compared with what was given, by `normal` name."""
    return frozenset(
        normal(atom.name)
        for atom in verified
        if atom.kind == "stored" and atom.path and _COMPARED.fullmatch(atom.path[-1])
    )


def accounts(
    schemas: Schemas,
    certain: Iterable[str],
    having: frozenset[str],
    touches: Sequence[Touch],
    kept: Iterable[str],
) -> frozenset[str]:
    """Those that stand for who calls: kept as the caller, or with a password and looked up by who that is.

    Where it is known who logs in, others of the people that an application knows of are records like any.
    """
    found = {*certain, *(normal(name) for name in kept)}
    by_own_id = schemas.having(_OWN_ID).union(
        normal(touch.resource) for touch in touches if any(_OWN_ID.fullmatch(c) for c, _ in touch.keys)
    )
    for touch in touches:
        name = normal(touch.resource)
        if name in having and name not in found and _is_callers_own(touch, name in by_own_id):
            found.add(name)
    known = any(_SESSION.fullmatch(name) is None for name in found)
    return frozenset((USER_WORDS - (_PARTIES - having) if known else USER_WORDS) | found)


def _stored(texts: Iterable[bytes]) -> Iterator[str]:
    for text in texts:
        for pattern in _STORED:
            for match in pattern.finditer(text):
                yield match[1].decode("latin-1")


def _is_callers_own(touch: Touch, has_own_id: bool) -> bool:
    """Whether a record is looked up by who calls, and not as one of those that are the caller's."""
    for column, atoms in touch.keys:
        if _USER_ID.fullmatch(column) and (has_own_id or touch.operation == "list"):
            continue
        if IDENTIFIES.fullmatch(column) and any(is_caller(a) and a.kind != "stored" for a in atoms):
            return True
    return False


__all__ = ["accounts", "judged", "logging_in", "switched", "with_passwords"]
