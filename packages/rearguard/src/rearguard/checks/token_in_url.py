"""Secrets do not belong in addresses."""

import re
from collections.abc import Iterable, Iterator

from rearguard.analysis.access.atoms import Atom
from rearguard.analysis.identity import is_password, words
from rearguard.checks.base import Context, Draft
from rearguard.checks.markup import forms, pages
from rearguard.checks.plain import PlainCheck, told
from rearguard.findings import Request, Rule, Severity
from rearguard.models.concepts import Redirect, TokenFromUrl, TokenVerify
from rearguard.program import Op, Span

_WHY = (
    "Addresses end up in the logs of every server and proxy on the way, in the browser's history, and in the Referer that "
    "other sites receive."
)
_IN_TEXT = re.compile(
    r"[?&#](access_?token|auth_?token|id_token|jwt|refresh_?token|session_?id|api_?key|password)=$",
    re.IGNORECASE,
)
_NAMES = re.compile(r"^(?:access_?token|auth_?token|token|jwt|api_?key|session_?(?:id|token))$")
_IN_QUERY = re.compile(r"[?&#](\w{1,30})=$")
_LASTING = re.compile(
    r"^(?:\w+_)?(?:access|refresh|auth|session|bearer|api|id)_?(?:token|key)$|^(?:\w+_)?jwt(?:_token)?$"
)
"""What logs somebody in, whatever the address calls it."""
_KEY_NAMES = re.compile(r"^(?:access_?token|auth_?token|jwt|api_?key|session_?(?:id|token))$")
_BARE = re.compile(r"^(?:key|token|auth|access|secret|api)$")
"""What a key is called in an address, which the column that it is looked up in tells from others."""
_KEY_COLUMN = re.compile(
    r"(?:^|_)(?:api|access|auth|session|device|client)_?(?:key|token|secret)(?:_(?:hash|digest|hashed))?$"
)
_PASSWORD_INPUT = re.compile(rb"type\s*=\s*[\"']?password", re.IGNORECASE)
MAX_CALLERS = 12
_ONE_TIME = re.compile(
    r"reset|verif|confirm|activat|unsubscribe|invit|magic|callback|socket|download|stream|sse|event|register|recover"
)


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    for use in context.uses.of(TokenFromUrl):
        texts = [v.text or "" for value in use.selected for v in (*value.elements(), value)]
        if not use.concept.values or any(text in use.concept.values for text in texts):
            yield _draft(
                rule, use.span, "Tokens are taken from the address.", "the address is asked for it", True
            )
    for sent in context.uses.of(Redirect):
        for value in sent.selected:
            name = _sent(context, value.fid, value.value)
            if name:
                yield _draft(
                    rule, sent.span, f"`{name}` is put into an address.", "the client is sent there", True
                )
    for read in context.uses.of(TokenVerify):
        name, place = _read(context, read.fid, read.instr.args[1:])
        if name:
            text = f"The caller's token is taken from the address (`{name}`)."
            yield _draft(rule, place or read.span, text, "verified here", False, context, read.fid)
    for place, name, home in _put_into_headers(context):
        text = f"The caller's token is taken from the address (`{name}`)."
        yield _draft(rule, place, text, "taken for the header's", False, context, home)
    for place, name, home in _guarded(context):
        text = f"The caller's key is taken from the address (`{name}`)."
        yield _draft(rule, place, text, "who calls is looked up by it", False, context, home)
    for source in pages(context):
        for form in forms(source):
            if form.method == "get" and _PASSWORD_INPUT.search(form.body):
                text = "A form sends a password in the address: its method is GET."
                yield _draft(rule, form.span, text, "sent with GET", True)
    for row in context.matrix:
        for used in row.used:
            if (
                row.endpoint.method == "GET"
                and used.channel == "query"
                and is_password(used.name.rpartition(".")[2])
            ):
                text = "A password is sent in the address."
                yield _draft(rule, used.span, text, "read from the address", True)


def _sent(context: Context, fid: str, value: int) -> str:
    found = context.matrix.origins.resolved(fid, value)
    if found is None or found[1].op != Op.JOIN:
        return ""
    for number, following in zip(found[1].args, found[1].args[1:], strict=False):
        text = context.matrix.origins.constant(found[0], number) or ""
        match = _IN_TEXT.search(text)
        held = context.view.definitions(found[0]).get(following)
        if match is None and held is not None and held.op in (Op.ATTR, Op.LOAD, Op.ITEM):
            called = held.name or str(held.value or "")
            match = _IN_QUERY.search(text) if _LASTING.match(words(called)) else None
        if match is not None and held is not None and held.op != Op.CONST:
            return match.group(1)
    return ""


def _read(context: Context, fid: str, values: tuple[int, ...]) -> tuple[str, Span | None]:
    """The name of what is verified, where the address says it, and the call that hands it on, where one does."""
    endpoint = context.first_endpoint(fid)
    if _is_once(context, fid) or (endpoint is not None and _ONE_TIME.search(endpoint.path.lower())):
        return "", None
    for value in values:
        atoms = context.matrix.origins.of(fid, value)
        name = _asked(atoms)
        if name:
            return name, None
        given = {a.path[0] for a in atoms if a.kind == "parameter" and a.name == fid and len(a.path) == 1}
        for home, call in context.naming.calls_of(fid)[:MAX_CALLERS] if given else ():
            for parameter, handed in context.matrix.origins.arguments(call, fid).items():
                name = _asked(context.matrix.origins.of(home, handed)) if parameter in given else ""
                if name and not _is_once(context, home):
                    return name, context.view.span(home, call.start, call.end)
    return "", None


def _is_once(context: Context, fid: str) -> bool:
    """Whether a function is about what works once, by its name."""
    return _ONE_TIME.search(words(context.view.function(fid).name)) is not None


def _asked(atoms: Iterable[Atom]) -> str:
    """The name of a token among what a value comes from, where the address says it."""
    return min((a.path[-1] for a in atoms if _is_asked(a) and _NAMES.match(words(a.path[-1]))), default="")


def _is_asked(atom: Atom) -> bool:
    return atom.kind in ("input", "credential") and atom.name == "query" and bool(atom.path)


def _guarded(context: Context) -> Iterator[tuple[Span, str, str]]:
    """Keys in the address by which guards look up who calls: the place, the name and the function."""
    seen: set[str] = set()
    for row in context.matrix if not context.uses.of(TokenFromUrl) else ():
        surface = row.surface
        if surface is None or _ONE_TIME.search(row.endpoint.path.lower()):
            continue
        for fact in surface.facts[: surface.handler_start]:
            for column, atoms in fact.touch.keys if fact.touch is not None else ():
                named = [a.path[-1] for a in atoms if _is_asked(a) and _is_key(column, words(a.path[-1]))]
                if named and min(named) not in seen:
                    # However many look it up: where it is read is mended once.
                    seen.add(min(named))
                    yield fact.span, min(named), fact.fid


def _put_into_headers(context: Context) -> Iterator[tuple[Span, str, str]]:
    """Tokens of the address that take the header's place: `headers.authorization = `Bearer ${query.token}``."""
    for fid in context.view.linker.functions:
        for instr in context.view.linker.contents(fid).writes:
            key = instr.name if instr.op == Op.SETATTR else instr.value
            if not isinstance(key, str) or key.lower() != "authorization":
                continue
            name = _asked(context.matrix.origins.of(fid, instr.args[-1]))
            if name and not _is_once(context, fid):
                yield context.view.span(fid, instr.start, instr.end), name, fid


def _is_key(column: str, name: str) -> bool:
    if _KEY_NAMES.match(name):
        return True
    return _BARE.match(name) is not None and _KEY_COLUMN.search(words(column)) is not None


def _draft(
    rule: Rule,
    place: Span,
    message: str,
    step: str,
    certain: bool,
    context: Context | None = None,
    fid: str = "",
) -> Draft:
    return told(
        rule,
        place,
        message,
        why=_WHY,
        advice="Send it in a header (`Authorization`), a cookie or the body. A link that must carry one carries a token that "
        "works once and for minutes.",
        step=step,
        certain=certain,
        reason="it is written out here" if certain else "the value that is verified comes from the query",
        subject="address",
        endpoint=context.first_endpoint(fid) if context is not None else None,
        verification=(Request("Look at the access log after a request.", "", "It holds no secret."),),
    )


TOKEN_IN_URL = PlainCheck(
    id="token-in-url",
    title="A secret travels in an address",
    cwe=598,
    severity=Severity.MEDIUM,
    asvs=("v5.0.0-14.2.1",),
    find=_find,
)
