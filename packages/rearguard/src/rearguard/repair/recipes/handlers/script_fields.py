"""What the fields of a body hold, and whether they may be missing, by what the code does with them."""

import re
from collections import Counter

from rearguard.program import Source
from rearguard.repair.recipes.handlers.fields import Field
from rearguard.repair.recipes.handlers.script_handler import ScriptHandler
from rearguard.repair.syntax import RepairError

__all__ = ["read_field"]

_SCRIPTS = ("javascript", "typescript", "tsx")
_NUMBERS = r"(?:Number|parseInt|parseFloat|Number\.parse(?:Int|Float))\(\s*"
_TEXTS = (
    r"\??\.(?:trim|toLowerCase|toUpperCase|startsWith|endsWith|replace|replaceAll|split|match|padStart"
    r"|normalize)\b"
)
_DECLARED = {"string": "str", "number": "float", "boolean": "bool"}
_KINDS_OF_COLUMNS = {
    "String": "str",
    "Number": "float",
    "Boolean": "bool",
    "STRING": "str",
    "TEXT": "str",
    "INTEGER": "float",
    "BIGINT": "float",
    "FLOAT": "float",
    "DOUBLE": "float",
    "DECIMAL": "float",
    "BOOLEAN": "bool",
}
_COLUMN = (
    r"(?:(?:mongoose\.)?(?:Schema\.)?(?:Types\.)?|(?:DataTypes|Sequelize)\.)"
    r"((?:String|Number|Boolean)(?!\()|[A-Z]{4,}(?:\([^()]*\))?)"
)


def read_field(handler: ScriptHandler, name: str, changes: bool) -> Field:
    """The field as the handler and the project's models take it. `changes`: what is not given stays."""
    text = handler.tree.text(handler.body)
    read = rf"(?<![\w.$!]){_read(handler, name)}"
    given, coerced = "", False
    if re.search(_NUMBERS + _read(handler, name), text):
        given, coerced = "float", True
    elif re.search(rf"{read}{_TEXTS}|{read}\s*[!=]==?\s*['\"`]", text):
        given = "str"
    declared, may_be_missing = _declared(handler, name)
    given = given or declared
    optional = changes or may_be_missing or _is_tolerated(text, read, name)
    field = Field(name, not optional, given=given, coerced=coerced)
    if field.kind == "flag" and not given and any(b"urlencoded" in s.text for s in _scripts(handler)):
        raise RepairError(f"what a form sends for `{name}` is not seen here")
    return field


def _read(handler: ScriptHandler, name: str) -> str:
    """The expressions by which the handler reads a field."""
    return rf"(?:{re.escape(handler.req)}\.body\??\.)?{re.escape(name)}\b(?!\s*:)"


def _is_tolerated(text: str, read: str, name: str) -> bool:
    """Whether the handler goes on where the field is missing: a default, a condition, a comparison."""
    defaulted = re.search(rf"[{{,]\s*{re.escape(name)}\s*(?::\s*\w+\s*)?=(?![=>])", text)
    asked = re.search(
        rf"{read}\s*(?:\|\||\?\?|&&|\?(?!\.)|[!=]==?\s*(?:undefined|null|['\"`]))"
        rf"|{read}\?\.|if \(\s*{read}\s*\)",
        text,
    )
    return defaulted is not None or asked is not None


def _scripts(handler: ScriptHandler) -> list[Source]:
    return [s for s in handler.context.sources.values() if s.language in _SCRIPTS]


def _declared(handler: ScriptHandler, name: str) -> tuple[str, bool]:
    """The type that models and types of the project give a field of that name, where they agree, and
    whether some of them lets it be missing."""
    kinds: Counter[str] = Counter()
    optional = False
    key = re.escape(name)
    typed = re.compile(
        rf"(?<![\w.]){key}([?!]?)\s*:\s*(string|number|boolean)\b(\s*\|\s*(?:null|undefined))?"
    )
    column = re.compile(
        rf"(?<![\w.]){key}\s*:\s*(?:\{{([^{{}}]*\btype\s*:\s*{_COLUMN}[^{{}}]*)\}}|{_COLUMN}(?=\s*[,}}\n]))"
    )
    for source in _scripts(handler):
        text = source.text.decode("utf-8", "replace")
        if name not in text:
            continue
        if source.language != "javascript":
            for match in typed.finditer(text):
                kinds[_DECLARED[match[2]]] += 1
                optional = optional or match[1] == "?" or bool(match[3])
        for match in column.finditer(text):
            kind = _KINDS_OF_COLUMNS.get((match[2] or match[3] or "").partition("(")[0])
            if kind:
                kinds[kind] += 1
                optional = optional or not re.search(
                    r"required\s*:\s*(?:true|\[)|allowNull\s*:\s*false", match[1] or ""
                )
    return (next(iter(kinds)) if len(kinds) == 1 else ""), optional
