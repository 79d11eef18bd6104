"""Forms that say of an address that it is taken already: they are made of accounts, whose address is unique."""

import re

from rearguard.analysis import ValueView
from rearguard.analysis.access import Row
from rearguard.analysis.access.atoms import normal
from rearguard.analysis.identity import words
from rearguard.checks.base import Context
from rearguard.checks.logins import logins
from rearguard.program import Op, Span

__all__ = ["says_taken"]

_FORM = re.compile(r"\b(?:ModelForm|UserCreationForm|BaseUserCreationForm)\b")
_ADDRESS = re.compile(r"^e_?mail(?:_address)?$")
_UNIQUE = re.compile(r"\bunique\s*=\s*True")
_OWN = ("validate_unique", "_get_validation_exclusions")
"""Methods by which a form leaves the question out."""


def says_taken(context: Context, row: Row) -> Span | None:
    """Where a registration asks such a form for its verdict, and shows it."""
    for fid in logins(context).reached(row)[:8]:
        forms = [
            cid
            for call in context.view.linker.contents(fid).calls
            for cid in ValueView(context.view, fid, call.args[0]).classes
            if _is_of_accounts(context, cid)
        ]
        if not forms:
            continue
        definitions = context.view.definitions(fid)
        for call in context.view.linker.contents(fid).calls:
            callee = definitions.get(call.args[0])
            if callee is not None and callee.op == Op.ATTR and callee.name == "is_valid":
                return context.view.span(fid, call.start, call.end)
    return None


def _is_of_accounts(context: Context, cid: str) -> bool:
    """Whether a form is made of accounts and takes an address that must be theirs alone."""
    linker = context.view.linker
    lineage = tuple(linker.lineage(cid))
    texts = [base for each in lineage for base in _bases(context, each)]
    if not any(map(_FORM.search, texts)) or any(linker.method(cid, name) for name in _OWN):
        return False
    for each in lineage:
        meta = f"{each}.Meta"
        stores = linker.contents(meta).stores if meta in linker.functions else {}
        for store in stores.get("model", ()):
            listed = [
                one.text or ""
                for fields in stores.get("fields", ())
                for one in ValueView(context.view, meta, fields.args[0]).elements()
            ]
            if any(_ADDRESS.match(words(name)) for name in listed):
                models = ValueView(context.view, meta, store.args[0]).classes
                return any(_is_unique(context, model) for model in models)
    return False


def _is_unique(context: Context, model: str) -> bool:
    if normal(model.rpartition("::")[2]) not in context.matrix.accounts:
        return False
    for each in context.view.linker.lineage(model):
        path = each.partition("::")[0]
        source = context.sources.get(path)
        name = each.partition("::")[2]
        for field in context.view.linker.modules[path].classes[name].fields:
            if source is not None and _ADDRESS.match(words(field.name)):
                return _UNIQUE.search(source.slice(field.start, field.end)) is not None
    return False


def _bases(context: Context, cid: str) -> tuple[str, ...]:
    path, _, name = cid.partition("::")
    return tuple(context.view.linker.modules[path].classes[name].base_texts)
