"""Passwords must not be stored, nor compared, as they were typed."""

import re
from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.access import statements_with_values
from rearguard.analysis.identity import is_password, words
from rearguard.checks.base import Context, Draft
from rearguard.checks.literals import literals
from rearguard.checks.logins import logins, mentions
from rearguard.checks.plain import PlainCheck, told
from rearguard.findings import Request, Rule, Severity
from rearguard.models.concepts import AccountCreation, Hashing, PasswordHash, ResourceAccess
from rearguard.program import Instr, Op, Span, Step

_WHY = (
    "Whoever gets to see the store, a backup or a query's log has every password, and people use the same one for "
    "their mail and their bank."
)
_ADVICE = (
    "Store a hash made by Argon2id, scrypt or bcrypt when the password is set, and let the same library verify what is "
    "typed at the login. Hash what is stored already."
)
_HASHES = re.compile(
    r"hash|(?:^|_)(?:set|make|encrypt|derive|protect|encode)_?(?:user_?)?(?:passw(?:or)?d|pwd|pass)|bcrypt|argon|scrypt|pbkdf"
)
_STORES = frozenset(
    (
        "append",
        "push",
        "add",
        "insert",
        "insert_one",
        "insertOne",
        "set",
        "put",
        "save",
        "create",
        "update",
        "setex",
    )
)
_SETS = re.compile(r"set_?passw|save|before|hash|create|register|manager|make")
_HOOK = re.compile(r"^(?:pre|before\w*|addHook|hook|on|use|listens_for|method|virtual|set)$")
_MODEL = re.compile(
    r"(?:\w+_)?(?:user|account|member|customer|admin|employee|student|client|profile|person)(?:_?(?:model|entity))?"
)
_OTHER_SERVICE = re.compile(
    r"(?<![\w.])(?:(?:smtp|imap|pop3?|mail|db|ftp|ldap)_?)?(?:host(?:_?name)?|port|server|tls|ssl)\w*[\"']?\s*[:=,]",
    re.IGNORECASE,
)
"""Beside it stands where to log in with it: the service must send it on, and keeps it encrypted at best."""
_DECLARED = re.compile(r"(?:^|[.\s])(?:\w*Column|\w*Field|mapped_column)\s*\(")
_TABLE = re.compile(
    r"user|account|member|customer|admin|credential|login|people|person|profile|auth|employee|student|client|db\b|store"
)


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    found = logins(context)
    hashing = _hashing_folders(context)
    stored: dict[str, list[tuple[str, Span]]] = {}
    for fid, instr, value in _written(context):
        path = context.view.linker.module_of[fid]
        if context.in_browser(fid) or not found.is_raw(fid, value) or mentions(context, (fid,), _HASHES):
            continue
        if _OTHER_SERVICE.search(context.text(context.view.span(fid, instr.start, instr.end))):
            continue
        if any(True for _ in literals(context, fid, value, loops=True)):
            # An account that the code makes: what is wrong with it is that the password is known.
            continue
        if not any(_near(folder, path) for folder in hashing):
            stored.setdefault(path, []).append((fid, context.view.span(fid, instr.start, instr.end)))
    for places in stored.values():
        # One decision stands behind all places of a file: what a password is before it is kept.
        (fid, place), *others = sorted(places, key=lambda one: one[1].start)
        text = "the password is kept here, with no hash between"
        beside = tuple(Step(other, "and here", "note") for _, other in others)
        yield _draft(context, rule, place, fid, "A password is stored as it was typed.", text, beside)
    compared: set[str] = set()
    columns: set[Span] = set()
    hashed = {use.fid for use in context.uses.of(PasswordHash)}
    for fid, checks in found.checks.items():
        path = context.view.linker.module_of[fid]
        if fid in hashed:
            # `if (typed !== user.password) user.password = await hash(typed)`: whether it is a new one.
            continue
        # Where a service stores passwords in clear, comparing them so is the same fault.
        if any(_near(other.rpartition("/")[0], path) for other in stored):
            continue
        for check in checks:
            if check.plain and path not in compared:
                compared.add(path)
                what = (
                    "is part of the question" if check.how == "query" else "is compared with what is stored"
                )
                message = f"The password {what} as it was typed, so passwords are stored in clear."
                text = f"the password {what}, with no hash between"
                place = check.span(context.matrix.origins)
                column = _column(context, path)
                if column is None:
                    yield _draft(context, rule, place, fid, message, text)
                elif column not in columns:
                    # What is to be changed is what the column holds.
                    columns.add(column)
                    seen = (Step(place, text, "note"),)
                    message = "Passwords are kept in clear: what was typed is compared with what is stored."
                    yield _draft(context, rule, column, fid, message, "the column that holds them", seen)


def _column(context: Context, path: str) -> Span | None:
    """The declared column that holds the passwords of a service's accounts."""
    for place, module in sorted(context.view.linker.modules.items()):
        source = context.sources.get(place)
        if source is None or not _near(place.rpartition("/")[0], path):
            continue
        for cls in module.classes.values():
            if _MODEL.fullmatch(words(cls.name.rpartition(".")[2])) is None:
                continue
            for held in cls.fields:
                if is_password(held.name) and _DECLARED.search(source.slice(held.start, held.end)):
                    return Span(place, held.start, held.end)
    return None


def _draft(
    context: Context,
    rule: Rule,
    place: Span,
    fid: str,
    message: str,
    step: str,
    before: tuple[Step, ...] = (),
) -> Draft:
    return told(
        rule,
        place,
        message,
        why=_WHY,
        advice=_ADVICE,
        step=step,
        before=before,
        certain=False,
        reason="names say that it is a password, and nothing between hashes it",
        subject="password",
        verification=(
            Request("Register an account and look at what is stored.", "", "Only a hash of the password."),
        ),
        endpoint=context.first_endpoint(fid),
    )


def _hashing_folders(context: Context) -> frozenset[str]:
    """Folders of classes and hooks that hash passwords by themselves, whoever stores them."""
    fids = [use.fid for use in context.uses.of(PasswordHash)] + [use.fid for use in context.uses.of(Hashing)]
    found: set[str] = set()
    for fid in fids:
        if _is_of_the_account(context, fid) or _is_hook(context, fid):
            found.add(context.view.linker.module_of[fid].rpartition("/")[0])
    for fid, function in context.view.linker.functions.items():
        if _sets_hashed(context, fid):
            found.add(context.view.linker.module_of[fid].rpartition("/")[0])
        if function.decorators and _validates_passwords(context, fid):
            found.add(context.view.linker.module_of[fid].rpartition("/")[0])
    return frozenset(found)


def _sets_hashed(context: Context, fid: str) -> bool:
    """Whether a model's setter hashes what it is given: `set(value) { this.setDataValue("password", hash(value)) }`."""
    definitions = context.view.definitions(fid)
    for call in context.view.linker.contents(fid).calls:
        callee = definitions.get(call.args[0])
        if callee is None or callee.name != "setDataValue" or len(call.args) < 3:
            continue
        name, made = context.matrix.origins.constant(fid, call.args[1]), definitions.get(call.args[2])
        hashing = definitions.get(made.args[0]) if made is not None and made.op == Op.CALL else None
        if name and is_password(name) and hashing is not None and _HASHES.search(words(hashing.name)):
            return True
    return False


def _is_of_the_account(context: Context, fid: str) -> bool:
    """Whether a method belongs to a class of accounts, or prepares what is stored: a service's login does not."""
    function = context.view.function(fid)
    if not function.owner:
        return False
    owner, _, name = function.name.rpartition(".")
    module = context.view.linker.modules[context.view.linker.module_of[fid]]
    declared = module.classes.get(owner)
    if declared is not None and any(is_password(held.name) for held in declared.fields):
        return True
    last = owner.rpartition(".")[2]
    return _MODEL.fullmatch(words(last)) is not None or _SETS.search(words(name)) is not None


def _validates_passwords(context: Context, fid: str) -> bool:
    """Whether a model runs a method on each password that it is given, and that hashes: `@validates("password")`."""
    for decorator in context.view.decorators(fid):
        call = decorator.instr
        made = (
            context.view.definitions(decorator.fid).get(call.args[0])
            if call is not None and call.args
            else None
        )
        if call is None or made is None or made.name not in ("validates", "field_validator", "validator"):
            continue
        names = (context.matrix.origins.constant(decorator.fid, value) or "" for value in call.args[1:])
        if any(is_password(name) for name in names) and mentions(context, (fid,), _HASHES):
            return True
    return False


def _is_hook(context: Context, fid: str) -> bool:
    """Whether a function is handed to what runs it before something is stored."""
    for home, call in context.naming.handed_to(fid):
        callee = context.view.definitions(home).get(call.args[0])
        if callee is not None and _HOOK.match(callee.name):
            return True
    return False


def _near(folder: str, path: str) -> bool:
    """Whether a folder belongs to the same service as a file, by its first name."""
    first = folder.split("/")[0]
    return not folder or "/" not in path or first == path.split("/")[0] or first in _FOR_ALL


_FOR_ALL = frozenset(("db", "database", "model", "models", "entities", "orm"))
"""Folders at the root in which a service keeps the models that all of it stores."""


def _written(context: Context) -> Iterator[tuple[str, Instr, int]]:
    """Values that are stored as passwords: by statements, object mappers, and in variables of the module."""
    for held in statements_with_values(context.matrix.origins):
        if is_password(held.column):
            value = _at(context, held.fid, held.value, held.path)
            if value is not None:
                yield value[0], held.call, value[1]
    resources = _resources(context)
    for fid in context.view.linker.functions:
        for instr in context.view.linker.code(fid):
            if instr.op in (Op.CALL, Op.NEW):
                yield from _made(context, fid, instr, resources)
            elif instr.op == Op.SETITEM and _is_shared(context, fid, instr.args[0]):
                yield from _entries(context, fid, instr, instr.args[-1])


def _at(context: Context, fid: str, value: int, path: tuple[str, ...]) -> tuple[str, int] | None:
    """The value under a path of a container that is written out."""
    for key in path:
        found = context.matrix.origins.resolved(fid, value)
        if found is None or found[1].op != Op.COLLECT:
            return None
        fid, made = found
        if key == "*":
            element = next(_elements(context, fid, made), None)
            if element is None:
                return None
            value = element
        elif key.isdigit() and int(key) < len(made.args):
            value = made.args[int(key)]
        elif key in made.keys:
            value = made.args[made.keys.index(key)]
        else:
            return None
    return fid, value


def _elements(context: Context, fid: str, made: Instr) -> Iterator[int]:
    """What a list that is made here holds: written out, or put into it by a loop."""
    yield from made.args
    for instr in context.view.linker.code(fid):
        if instr.op == Op.PUSH and instr.args[0] == made.dst:
            yield instr.args[1]
        elif instr.op == Op.CALL and len(instr.args) == 2:
            callee = context.view.definitions(fid).get(instr.args[0])
            if callee is not None and callee.op == Op.ATTR and callee.name in ("append", "push"):
                held = context.matrix.origins.resolved(fid, callee.args[0])
                if held is not None and held[0] == fid and held[1].dst == made.dst:
                    yield instr.args[1]


def _resources(context: Context) -> frozenset[str]:
    """Names of what is stored."""
    return frozenset(access.resource.lower() for row in context.matrix for access in row.accesses)


def _made(
    context: Context, fid: str, instr: Instr, resources: frozenset[str]
) -> Iterator[tuple[str, Instr, int]]:
    program = context.values.program
    rows = [row.concept for row in program.rows(context.view.linker.refs[fid][instr.args[0]])]
    if any(isinstance(concept, AccountCreation | PasswordHash) for concept in rows):
        return
    callee = context.view.definitions(fid).get(instr.args[0])
    if callee is None:
        return
    stores = any(isinstance(c, ResourceAccess) and c.op in ("create", "update") for c in rows)
    spelled = words(callee.name)
    named = callee.op in (Op.LOAD, Op.ATTR) and callee.name[:1].isupper()
    known = spelled in resources or f"{spelled}s" in resources or callee.name.lower() in resources
    is_model = (
        named
        and not (spelled == "client" and _is_imported(context, fid, instr))
        and (known or _MODEL.fullmatch(spelled) is not None)
    )
    if not stores and not is_model:
        if callee.name in _STORES and callee.op == Op.ATTR and _is_shared(context, fid, callee.args[0]):
            for value in instr.args[1:]:
                yield from _entries(context, fid, instr, value)
        return
    for key, value in zip(instr.keys, instr.args[1:], strict=False):
        if key is not None and is_password(key):
            yield fid, instr, value
    for value in instr.args[1:]:
        yield from _entries(context, fid, instr, value)


def _is_imported(context: Context, fid: str, instr: Instr) -> bool:
    """Whether what is called comes from a package, or from a module of one: the client of another service."""
    if ValueView(context.view, fid, instr.args[0]).classes:
        return False
    callee = context.view.definitions(fid).get(instr.args[0])
    value = callee.args[0] if callee is not None and callee.op == Op.ATTR else instr.args[0]
    found = context.matrix.origins.resolved(fid, value)
    return found is not None and found[1].op == Op.IMPORT


def _entries(
    context: Context, fid: str, instr: Instr, value: int, depth: int = 0
) -> Iterator[tuple[str, Instr, int]]:
    """Entries of a map that is written out, and is called a password's."""
    found = context.matrix.origins.resolved(fid, value)
    if found is None or found[1].op != Op.COLLECT or found[0] != fid:
        return
    for key, inner in zip(found[1].keys, found[1].args, strict=False):
        if key is None:
            continue
        if is_password(key):
            yield fid, instr, inner
        elif depth < 2 and key in ("data", "$set", "create", "values", "defaults"):
            yield from _entries(context, fid, instr, inner, depth + 1)


def _is_shared(context: Context, fid: str, value: int) -> bool:
    """Whether a container outlives the call and is called after accounts."""
    instr = ValueView(context.view, fid, value).instr
    if instr is None or instr.op not in (Op.LOAD, Op.ATTR):
        return False
    function = context.view.function(fid)
    local = instr.op == Op.LOAD and instr.name in function.locals and function.kind != "module"
    return not local and _TABLE.search(words(instr.name)) is not None


PLAINTEXT_PASSWORD = PlainCheck(
    id="plaintext-password",
    title="Passwords are stored or compared in clear",
    cwe=256,
    severity=Severity.CRITICAL,
    asvs=("v5.0.0-11.4.2",),
    find=_find,
    related=(312, 522, 916),
)
