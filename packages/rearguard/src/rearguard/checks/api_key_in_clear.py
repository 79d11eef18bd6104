"""API keys that a service gives out must be stored as digests."""

import re
from collections.abc import Iterator

from rearguard.analysis.access.resources import access_at
from rearguard.analysis.identity import Destination, words
from rearguard.checks.base import Context, Draft
from rearguard.checks.plain import PlainCheck, told
from rearguard.checks.shown_secrets import shown_secrets
from rearguard.findings import Request, Rule, Severity
from rearguard.models.concepts import RandomSource, ResourceAccess
from rearguard.program import Instr, Op, Step

_KEY = re.compile(r"(?:^|_)(?:api_?key|api_?token|personal_access_token|access_key|secret_key)s?$")

_DIGEST = re.compile(r"(?:^|_)(?:hash(?:ed)?|digest)(?:_|$)")


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    shown = shown_secrets(context)
    # What a program digests elsewhere, it means to keep from whoever reads the table.
    beside = {column for _, column in shown.as_shown} if shown.digested else set()
    told_at: set[tuple[str, int]] = set()
    for use in context.uses.of(RandomSource):
        for end in context.destinations.of(use.fid, use.instr.dst):
            named = _is_key(context, end) or (end.name in beside and use.concept.kind == "secure")
            place = (end.fid, end.instr.start)
            if named and place not in told_at and _is_stored(context, end):
                told_at.add(place)
                yield told(
                    rule,
                    end.span(context.matrix.origins),
                    f"`{end.name}` is stored as it was given out.",
                    why="Whoever gets to see the table, a backup or a query's log uses every key in it at once.",
                    advice="Store the SHA-256 of the key (it is random, so a fast hash is enough) beside its first characters, "
                    "show the key once, and look the digest up when a key is presented.",
                    step="stored without a digest",
                    before=(Step(use.span, "the key is made", "source"),),
                    certain=False,
                    reason="the field's name says that it is a key, and nothing between hashes it",
                    subject=end.name,
                    endpoint=context.first_endpoint(end.fid),
                    verification=(Request("Make a key and look at what is stored.", "", "Only its digest."),),
                )
                break


def _is_key(context: Context, end: Destination) -> bool:
    """Whether what is made is a key to the service, by its own name or that of the table it is put into."""
    name = words(end.name)
    if _KEY.search(name):
        return True
    if name not in ("key", "token", "secret", "value") or end.how not in ("key", "argument"):
        return False
    if end.how == "argument":
        # `ApiKey(key=key)`
        callee = context.view.definitions(end.fid).get(end.instr.args[0])
        made = callee is not None and callee.name[:1].isupper() and _KEY.search(words(callee.name))
        return bool(made)
    users = context.destinations.users(end.fid)
    pending, seen = list(users.get(end.instr.dst, ())), 0
    while pending and seen < 6:
        user = pending.pop()
        seen += 1
        touch = access_at(context.matrix.origins, end.fid, user) if user.op == Op.CALL else None
        if touch is not None:
            return _KEY.search(words(touch.resource)) is not None
        pending.extend(users.get(user.dst, ()) if user.op == Op.COLLECT else ())
    return False


def _is_stored(context: Context, end: Destination) -> bool:
    """Whether the value becomes a field of a stored object, as it is."""
    if end.formed and "hash" in context.text(end.span(context.matrix.origins)).lower():
        return False
    if _is_called_digest(context, end):
        return False
    if end.how == "field":
        base = context.matrix.origins.of(end.fid, end.instr.args[0])
        return any(atom.kind == "stored" for atom in base)
    if end.how == "key" and end.instr.op == Op.COLLECT:
        users = context.destinations.users(end.fid)
        held = list(users.get(end.instr.dst, ()))
        # `create({ data: { key } })`
        held.extend(
            inner for user in tuple(held) if user.op == Op.COLLECT for inner in users.get(user.dst, ())
        )
        return any(user.op == Op.CALL and creates(context, end.fid, user) for user in held)
    if end.how != "argument" or end.instr.op not in (Op.CALL, Op.NEW):
        return False
    return stores(context, end.fid, end.instr)


def _is_called_digest(context: Context, end: Destination) -> bool:
    """`Login(token=token_hash)`, where one function gives the token and its digest together."""
    definitions = context.view.definitions(end.fid)
    values = end.instr.args[1:] if end.instr.op in (Op.CALL, Op.NEW) else end.instr.args
    given = (definitions.get(v) for key, v in zip(end.instr.keys, values, strict=False) if key == end.name)
    return any(made is not None and _DIGEST.search(words(made.name)) for made in given)


def stores(context: Context, fid: str, call: Instr) -> bool:
    """Whether a call stores its arguments, or makes an object of a class that is stored."""
    if creates(context, fid, call):
        return True
    callee = context.view.definitions(fid).get(call.args[0])
    resources = {access.resource.lower() for row in context.matrix for access in row.accesses}
    return callee is not None and callee.name[:1].isupper() and callee.name.lower() in resources


def creates(context: Context, fid: str, call: Instr) -> bool:
    """Whether a call stores an object, or changes one."""
    rows = context.values.program.rows(context.view.linker.refs[fid][call.args[0]])
    return any(isinstance(r.concept, ResourceAccess) and r.concept.op in ("create", "update") for r in rows)


API_KEY_IN_CLEAR = PlainCheck(
    id="api-key-in-clear",
    title="API keys are stored as they were given out",
    cwe=522,
    severity=Severity.MEDIUM,
    asvs=("v5.0.0-6.5.2",),
    find=_find,
    related=(256, 312),
)
