"""Classes of data as types: what a field holds is written once, and decides where it may go.

ASVS v5.0.0-14.2.4 (protection as the class demands), 15.3.1 (no more fields than are needed).
"""

import dataclasses
import datetime
import enum
import json
import typing
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Annotated, Any

from strongback.encryption import FieldCipher
from strongback.errors import ConfigurationError
from strongback.redaction import REDACTED, Secret, redact

__all__ = [
    "CONFIDENTIAL",
    "PERSONAL",
    "PUBLIC",
    "SECRET",
    "Class",
    "classes_of",
    "logged",
    "opened",
    "sealed",
    "shown",
]


class Class(enum.IntEnum):
    """How far a value may go. A field without one is `INTERNAL`."""

    PUBLIC = 0
    """For anyone."""
    INTERNAL = 1
    """For whoever works with the object."""
    PERSONAL = 2
    """About a person: never logged, encrypted at rest."""
    CONFIDENTIAL = 3
    """Of value to others: never logged, encrypted at rest."""
    SECRET = 4
    """For nobody but the code that needs it: never logged, encrypted at rest, shown to nobody."""


PUBLIC, PERSONAL, CONFIDENTIAL, SECRET = Class.PUBLIC, Class.PERSONAL, Class.CONFIDENTIAL, Class.SECRET
"""For annotations: `email: Annotated[str, PERSONAL]`."""
_LOGGED = Class.INTERNAL
_PLAIN = (str, bytes, int, float, Decimal, datetime.date, datetime.time, uuid.UUID, enum.Enum, type(None))


def classes_of(kind: type) -> Mapping[str, Class]:
    """The class of every field of a dataclass, a model of Pydantic, a `TypedDict` or any annotated class.

    Of several marks the strictest counts; a `Secret` is one without a mark.
    """
    hashed: Any = kind
    return _classes(hashed)


@lru_cache(maxsize=1024)
def _classes(kind: Any) -> Mapping[str, Class]:
    found: dict[str, Class] = {}
    for name, hint in typing.get_type_hints(kind, include_extras=True).items():
        if typing.get_origin(hint) is not typing.ClassVar and not name.startswith("_"):
            found[name] = _class_of(hint)
    return MappingProxyType(found)


def _class_of(hint: Any) -> Class:
    """The strictest mark in an annotation, those inside of containers and unions included."""
    if hint is Secret:
        return Class.SECRET
    marks = [mark for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, Class)]
    inside = [hint.__origin__] if typing.get_origin(hint) is Annotated else typing.get_args(hint)
    inner = [_class_of(part) for part in inside if not isinstance(part, Class | str | bytes | int)]
    strict = [mark for mark in inner if mark is not Class.INTERNAL]
    return max([*marks, *strict], default=Class.INTERNAL)


def _fields(value: object) -> dict[str, object] | None:
    """The classified fields of an object, or None for what has none."""
    kind = type(value)
    structured = dataclasses.is_dataclass(kind) or hasattr(kind, "model_fields")
    if not structured:
        return None
    return {name: getattr(value, name) for name in classes_of(kind) if hasattr(value, name)}


def shown(value: object, up_to: Class = Class.PUBLIC) -> Any:
    """An object as data for an answer: only fields of a class up to `up_to`, in objects inside it too.

    Raises ConfigurationError for `SECRET`, which is shown to nobody, and for an object without fields.
    """
    if up_to >= Class.SECRET:
        raise ConfigurationError("shown(): what is SECRET is shown to nobody")
    fields = _fields(value)
    if fields is not None:
        classes = classes_of(type(value))
        return {name: shown(inner, up_to) for name, inner in fields.items() if classes[name] <= up_to}
    if isinstance(value, Secret):
        return REDACTED
    if isinstance(value, Mapping):
        return {str(name): shown(inner, up_to) for name, inner in value.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes | bytearray):
        return [shown(inner, up_to) for inner in value]
    if not isinstance(value, _PLAIN):
        raise ConfigurationError(
            f"shown(): {type(value).__name__} says of none of its fields how far it may go"
        )
    return value


def logged(value: object) -> object:
    """An object for a log or an event: every field by name, those of a class above `INTERNAL` redacted."""
    fields = _fields(value)
    if fields is None:
        return redact(value)
    classes = classes_of(type(value))
    return {name: logged(inner) if classes[name] <= _LOGGED else REDACTED for name, inner in fields.items()}


def sealed(value: object, cipher: FieldCipher, *place: str) -> dict[str, object]:
    """The fields of an object for storage: those of a class above `INTERNAL` encrypted, bound to their place.

    `place` names the table and the row; the field's own name is added. Such a field holds text or JSON.
    """
    fields = _fields(value)
    if fields is None:
        raise ConfigurationError("sealed() wants a dataclass or a model of Pydantic")
    classes, kept = classes_of(type(value)), dict[str, object]()
    for name, inner in fields.items():
        if classes[name] <= _LOGGED:
            kept[name] = inner
            continue
        plain = inner.reveal() if isinstance(inner, Secret) else inner
        kept[name] = cipher.encrypt(json.dumps(plain).encode(), *place, name)
    return kept


def opened(kind: type, kept: Mapping[str, Any], cipher: FieldCipher, *place: str) -> dict[str, Any]:
    """What `sealed` made, in the clear again: arguments for `kind`. Raises DecryptionError elsewhere."""
    classes, found = classes_of(kind), dict[str, Any]()
    for name, inner in kept.items():
        if classes.get(name, Class.INTERNAL) <= _LOGGED:
            found[name] = inner
            continue
        plain = json.loads(cipher.decrypt(inner, *place, name))
        hint = typing.get_type_hints(kind)[name]
        found[name] = Secret(plain) if hint is Secret and isinstance(plain, str) else plain
    return found
