"""What a field of a request may hold, guessed from its name, and how schema libraries say so.

https://joi.dev/api/, https://zod.dev/api, https://docs.pydantic.dev/latest/concepts/fields/
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rearguard.repair.syntax import RepairError

__all__ = ["Field", "check_shapes", "joi_schema", "pydantic_model", "zod_schema"]

_KINDS = {
    "email": "email mail",
    "password": "password passphrase pwd",
    "url": "url uri link website homepage callback",
    "flag": "enabled active published public private done completed archived",
    "number": "price amount total cost balance rate weight score latitude longitude lat lng duration timeout"
    " interval ttl width height percent percentage ratio seconds",
    "count": "count quantity qty age year limit page size days hours minutes cents stock position rank",
    "identifier": "id uuid",
    "date": "date birthday dob",
    "moment": "at",
    "opaque": "value token secret key certificate signature credential template html markdown script query",
    "text": "description body content message note notes comment bio text summary about",
    "label": "name title username login nickname handle slug label subject surname firstname lastname team",
    "word": "role type category tag city country region street address phone telephone mobile fax"
    " company organization organisation department gender language locale lang currency colour color"
    " reason format mode visibility plan term event verdict author sender recipient link zip postcode"
    " first last middle answer question topic level grade unit brand batch plate state status permission",
}
_BY_WORD = {word: kind for kind, words in _KINDS.items() for word in words.split()}
_FLAGS = frozenset(("is", "has", "can", "should", "allow"))
_SINGULAR = re.compile(r".*(?:ss|us|is|ics|news|series|address|status|notes|always)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a body."""

    name: str
    required: bool = False
    default: str = ""
    """A literal that stands for it when it is not given (Python)."""
    given: str = ""
    """int, str, float or bool when the code says so."""
    coerced: bool = False
    """Whether the code makes the number itself, of text too."""

    @property
    def kind(self) -> str:
        """A key of `_KINDS`, list, or "" where the name says nothing and the code does not either."""
        words = [w.lower() for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", self.name)]
        last = words[-1] if words else ""
        if self.given == "int":
            # Not every whole number counts something: an offset or a temperature may be below zero.
            return "count" if _BY_WORD.get(last) == "count" else "integer"
        if self.given in ("float", "bool"):
            return {"float": "number", "bool": "flag"}[self.given]
        if len(words) > 1 and words[0] in _FLAGS:
            return "flag"
        if last in _BY_WORD:
            kind = _BY_WORD[last]
            textual = kind in ("email", "password", "url", "date", "text", "opaque", "label", "word")
            return "word" if self.given == "str" and not textual else kind
        if self.given == "str":
            return "word"
        plural = last.endswith("s") and not _SINGULAR.fullmatch(last)
        return "list" if plural or last == "list" else ""


def check_shapes(fields: Sequence[Field]) -> None:
    """Raises RepairError when a field seems to hold several values, or nothing tells what it holds."""
    for field in fields:
        if field.kind in ("list", ""):
            raise RepairError(f"what `{field.name}` may hold is not seen here")


_JOI = {
    "email": "string().trim().email({{ tlds: false }}).max(254)",
    "password": "string().max(128)",
    "url": "string().uri({{ scheme: [{q}http{q}, {q}https{q}] }}).max(2000)",
    "flag": "boolean()",
    "number": "number()",
    "count": "number().integer().min(0)",
    "integer": "number().integer()",
    "identifier": "alternatives({j}.number().integer(), {j}.string().max(64))",
    "date": "date().iso().raw()",
    "moment": "alternatives({j}.number(), {j}.string().max(40))",
    "text": "string().trim().max(10000).allow({q}{q})",
    "opaque": "string().max(10000).allow({q}{q})",
    "label": "string().trim().min(1).max(200)",
    "word": "string().trim().max(200).allow({q}{q})",
}
_ZOD = {
    "email": "string().trim().email().max(254)",
    "password": "string().min(1).max(128)",
    "url": "string().url().max(2000)",
    "flag": "boolean()",
    "number": "number()",
    "count": "number().int().min(0)",
    "integer": "number().int()",
    "identifier": "union([{z}.number().int(), {z}.string().max(64)])",
    "date": "string().regex(/^\\d{{4}}-\\d{{2}}-\\d{{2}}/).max(40)",
    "moment": "union([{z}.number(), {z}.string().max(40)])",
    "text": "string().trim().max(10000)",
    "opaque": "string().max(10000)",
    "label": "string().trim().min(1).max(200)",
    "word": "string().trim().max(200)",
}
_PYDANTIC = {
    "email": ("str", 'max_length=254, pattern=r"^\\s*[^@\\s]+@[^@\\s]+\\.[^@\\s]+\\s*$"'),
    "password": ("str", "min_length=1, max_length=128"),
    "url": ("str", 'max_length=2000, pattern=r"^https?://"'),
    "flag": ("bool", ""),
    "number": ("float", "allow_inf_nan=False"),
    "count": ("int", "ge=0, le=2**31 - 1"),
    "integer": ("int", "ge=-(2**63), le=2**63 - 1"),
    "identifier": ("int | Annotated[str, Field(max_length=64)]", ""),
    "date": ("str", 'max_length=40, pattern=r"^\\d{4}-\\d{2}-\\d{2}"'),
    "moment": ("float | Annotated[str, Field(max_length=40)]", ""),
    "text": ("str", "max_length=10_000"),
    "opaque": ("str", "max_length=10_000"),
    "label": ("str", "min_length=1, max_length=200"),
    "word": ("str", "max_length=200"),
}


def joi_schema(joi: str, name: str, fields: Sequence[Field], quote: str, unit: str, semicolon: str) -> str:
    """A Joi schema as a statement. What was taken before, an empty text or nothing, still is."""
    lines = []
    for field in fields:
        text = _JOI[field.kind].format(q=quote, j=joi)
        if not field.required:
            empty = f".allow({quote}{quote})"
            text = (
                f"{text.removesuffix(empty)}.allow({quote}{quote}, null)"
                if empty in text
                else f"{text}.allow(null)"
            )
        lines.append(f"{unit}{field.name}: {joi}.{text}{'.required()' if field.required else ''},")
    body = "\n".join(lines)
    return f"const {name} = {joi}.object({{\n{body}\n}}).required(){semicolon}\n"


def zod_schema(zod: str, name: str, fields: Sequence[Field], unit: str, semicolon: str) -> str:
    """A zod schema as a statement; what it does not name is left out of what it gives."""
    lines = []
    for field in fields:
        text = _ZOD[field.kind].format(z=zod)
        if field.coerced and text.startswith("number()"):
            text = f"coerce.{text}"
        lines.append(f"{unit}{field.name}: {zod}.{text}{'' if field.required else '.nullish()'},")
    body = "\n".join(lines)
    return f"const {name} = {zod}.object({{\n{body}\n}}){semicolon}\n"


def pydantic_model(base: str, field_name: str, name: str, doc: str, fields: Sequence[Field]) -> str:
    """A pydantic model as a class; what it does not name is left out."""
    lines = [f"class {name}({base}):", f'    """{doc}"""', ""]
    for field in fields:
        kind, limits = _PYDANTIC[field.kind]
        if field.required:
            value = f" = {field_name}({limits})" if limits else ""
            lines.append(f"    {field.name}: {kind}{value}")
        elif field.default:
            if field.default.strip("'\"") == "":
                limits = re.sub(r"min_length=\d+, ", "", limits)
            given = f", {limits}" if limits else ""
            value = f"{field_name}(default={field.default}{given})" if limits else field.default
            lines.append(f"    {field.name}: {kind} = {value}")
        else:
            limits = re.sub(r"min_length=\d+, ", "", limits)
            given = f", {limits}" if limits else ""
            value = f"{field_name}(default=None{given})" if limits else "None"
            lines.append(f"    {field.name}: {kind} | None = {value}")
    return "\n".join(lines) + "\n"
