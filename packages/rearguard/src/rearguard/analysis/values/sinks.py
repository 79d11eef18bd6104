"""When a use is one: conditions on the text and the other arguments that the concept states."""

import re

from rearguard.analysis.values.domain import Hole, Text, Value
from rearguard.models.concepts import Context

_ORIGIN = re.compile(r"^[a-z][a-z0-9+.-]*://[^/?#\\@]+[/?#]", re.IGNORECASE)
_SCHEME_HOST = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def fixes_host(text: str) -> bool:
    """Whether an address that starts with `text` always goes to the same host."""
    return _ORIGIN.match(text) is not None


def harmful_part(context: Context, text: Text | None, labels: int) -> int:
    """Labels that still matter once the constant parts of the text are taken into account.

    An address whose host stands fixed before the first tainted hole cannot be sent elsewhere; a
    redirect to a path of the same site is no open redirect. Everything else keeps its labels.
    """
    if text is None or context not in (Context.URL, Context.REDIRECT):
        return labels
    before = ""
    base = False
    for part in text:
        if isinstance(part, str):
            before += part
        elif part.labels == 0 and part.origin < 0:
            # A setting or another value that no input reaches: the base address.
            before += "\x00"
            base = True
        else:
            break
    else:
        return 0
    if base:
        after = before.rpartition("\x00")[2]
        stem = before.partition("\x00")[0]
        if after[:1] in ("/", "?", "#") and (not stem or _SCHEME_HOST.match(stem)):
            return 0
        if "/" in after or "?" in after:
            return 0
    if fixes_host(before):
        return 0
    if context is Context.REDIRECT:
        local = before.startswith("/") and not before.startswith(("//", "/\\")) and len(before) > 1
        if local or before.startswith(("?", "#", "mailto:", "tel:")):
            return 0
    return labels


def command_part(value: Value | None, argument_vector: bool) -> int:
    """Labels that choose the program when no shell reads the argument."""
    if value is None:
        return 0
    if value.container in ("list", "tuple"):
        first = (value.fields or {}).get("0")
        labels = first.deep() if first is not None else 0
        return labels | _through_shell(value)
    return value.deep() if not argument_vector or value.container == "" else 0


def _through_shell(value: Value) -> int:
    """Labels of the script in `["sh", "-c", script]`."""
    fields = value.fields or {}
    for position in range(8):
        flag = fields.get(str(position))
        if flag is not None and flag.constant in (("-c",), ("/c",), ("/C",), ("-Command",)):
            script = fields.get(str(position + 1))
            return script.deep() if script is not None else 0
    return 0


def tainted_holes(text: Text | None, mask: int) -> tuple[Hole, ...]:
    """Holes of the text that carry some of the labels in `mask`."""
    return tuple(part for part in text or () if isinstance(part, Hole) and part.labels & mask)
