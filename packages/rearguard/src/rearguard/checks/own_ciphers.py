"""Ciphers of the program's own: functions that say they encrypt, and hide nothing from whoever reads them."""

import re
from collections.abc import Iterator

from rearguard.analysis.identity import words
from rearguard.checks.base import Context, within
from rearguard.checks.guessable import is_encoding
from rearguard.models.concepts import Encryption
from rearguard.program import Instr, Op, Span

__all__ = ["own_ciphers"]

_ENCRYPTS = re.compile(
    r"(?:^|_)(?:encrypt\w*|decrypt\w*|encipher|decipher|obfuscate|scramble|unscramble|(?:caesar|vigenere|xor)_?(?:cipher|encode|decode))(?:_|$)"
)
_ELSEWHERE = re.compile(
    r"encrypt|cipher|seal|fernet|kms|vault|gpg|nacl|crypto\.subtle|createCipher|(?:^|_)box(?:_|$)"
)
_LETTERS = frozenset(("ord", "chr", "charCodeAt", "codePointAt", "fromCharCode", "fromCodePoint"))
_DEPTH = 6


def own_ciphers(context: Context) -> Iterator[tuple[str, Span, str]]:
    """Function, place and kind (`xor`, `letters`, `encoding`) of the first of them in each file."""
    told: set[str] = set()
    at_work = {use.fid for use in context.uses.of(Encryption)}
    for fid, function in context.view.linker.functions.items():
        path = context.view.linker.module_of[fid]
        name = function.name.rpartition(".")[2].partition("~")[0]
        if path in told or function.kind in ("module", "class") or not _ENCRYPTS.search(words(name)):
            continue
        if context.in_browser(fid) or any(within(other, fid) for other in at_work):
            continue
        found = _kind(context, fid)
        if found is not None:
            told.add(path)
            home, instr, kind = found
            yield home, context.view.span(home, instr.start, instr.end), kind


def _kind(context: Context, fid: str) -> tuple[str, Instr, str] | None:
    parts = [other for other in context.view.linker.functions if within(other, fid)]
    code = [(home, instr) for home in parts for instr in context.view.linker.code(home)]
    named = {instr.name for _, instr in code if instr.op in (Op.ATTR, Op.LOAD)}
    own = context.view.function(fid).name.rpartition(".")[2]
    if any(_ELSEWHERE.search(name) for name in named - {own}):
        # It hands the work on to what does it.
        return None
    letters = not _LETTERS.isdisjoint(named)
    for home, instr in code:
        if (
            instr.op == Op.BINARY
            and instr.name.rstrip("=") == "^"
            and _is_over_letters(context, home, letters)
        ):
            return home, instr, "xor"
    for home, instr in code:
        if letters and instr.op in (Op.BINARY, Op.JOIN) and _shifts(context, home, instr):
            return home, instr, "letters"
    returned = [context.matrix.origins.resolved(fid, value) for value in context.matrix.origins.returned(fid)]
    for found in returned:
        if found is None or found[0] != fid or found[1].op != Op.CALL:
            continue
        if is_encoding(context, fid, found[1]) and _of_parameters(context, fid, found[1], 0):
            return fid, found[1], "encoding"
    return None


def _is_over_letters(context: Context, fid: str, letters: bool) -> bool:
    """Whether what is combined are letters or bytes, one by one: in a loop, or in an inner function."""
    if letters:
        return True
    code = context.view.linker.code(fid)
    return any(instr.op == Op.ITER for instr in code) or any(
        param.kind == "positional" for param in context.view.function(fid).params
    )


def _shifts(context: Context, fid: str, instr: Instr) -> bool:
    """Whether the number of a letter is moved on: `ord(c) + shift`."""
    definitions = context.view.definitions(fid)
    for value in instr.args:
        made = definitions.get(value)
        callee = definitions.get(made.args[0]) if made is not None and made.op == Op.CALL else None
        if callee is not None and callee.name in ("ord", "charCodeAt", "codePointAt"):
            return True
    return False


def _of_parameters(context: Context, fid: str, call: Instr, depth: int) -> bool:
    """Whether an encoding is made of what the function is given, and of nothing else that may hide it."""
    definitions = context.view.definitions(fid)
    callee = definitions.get(call.args[0])
    inner = [*call.args[1:], *(callee.args[:1] if callee is not None and callee.op == Op.ATTR else ())]
    found = False
    for value in inner:
        resolved = context.matrix.origins.resolved(fid, value)
        if resolved is None or depth > _DEPTH:
            return False
        made = resolved[1]
        if made.op in (Op.CALL, Op.NEW):
            found = _of_parameters(context, fid, made, depth + 1) or found
        elif made.op == Op.LOAD and resolved[0] == fid:
            found = found or any(True for _ in context.naming.parameters(fid, made.dst))
    return found
