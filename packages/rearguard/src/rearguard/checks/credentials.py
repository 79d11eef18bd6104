"""Credentials that are written out: in code, in texts of SQL and XML inside it, and in settings files.

Three checks tell of them, each of its own kind, so that one place gives one finding: keys that sign or
encrypt, passwords of accounts that the code makes, and everything else that opens a door.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from rearguard.analysis import ValueView
from rearguard.analysis.access import statements_with_values
from rearguard.analysis.identity import is_password, words
from rearguard.checks.base import Context
from rearguard.checks.credential import Credential
from rearguard.checks.literals import fallback, hashes, literals, reads_setting, written
from rearguard.checks.logins import logins
from rearguard.checks.only_told import only_warns
from rearguard.checks.secret_words import (
    MAY_BE_PROVIDER,
    PROVIDERS,
    is_code_of_error,
    is_compared_secret,
    is_credential_name,
    is_digest,
    is_key_name,
    is_key_value,
    is_random_key,
    is_secret_value,
    is_some_key,
    is_uniform,
    names_something,
    password_in_url,
)
from rearguard.checks.settings_credentials import in_settings
from rearguard.checks.taken_over import is_given_anew
from rearguard.models.concepts import AccountCreation, SecretUse
from rearguard.program import NO_VALUE, Instr, Op, inserted

_OTHERWISE = ("or", "??", "||")
SHORTEST_FORM = 8
"""Length below which no text says by itself that it holds a credential."""
_TELLING = frozenset(
    (Op.CONST, Op.STORE, Op.SETATTR, Op.SETITEM, Op.COLLECT, Op.CALL, Op.NEW, Op.COMPARE, Op.LOGIC)
)
"""Instructions that candidates are found at."""
_KEYS = ("signing key", "encryption key")
_ACCOUNT = re.compile(
    r"^(?:user_?name|user|login|e_?mail|account|user_?id|handle|first_?name|name|role|is_?admin|id)$"
)
_ELSEWHERE = re.compile(
    r"(?:auth|login)_?(?:method|type|source|provider|backend)|identity_?provider|oauth|oidc|saml|ldap"
)
_CONNECTION = re.compile(
    r"^(?:host|host_?name|port|database|db|db_?name|dsn|server|url|uri|address|driver|dialect|client|broker|service|"
    r"endpoint|connection_?string|ssl|auth_?source|v_?host|bucket|region)$"
)
_ACCOUNT_CALL = re.compile(
    r"(?:create|add|register|insert|make|new)_?(?:super|admin|staff)?_?(?:user|account|admin)s?$|^sign_?up$|"
    r"^(?:user|account|admin)s?_(?:create|add|register|insert|new)$"
)
_NOT_PRODUCTION = re.compile(
    r"(?:^|[-._/])(?:dev|development|local|testing|tests?|e2e|ci|cypress|playwright|examples?|samples?|mocks?|"
    r"fixtures?|stor(?:y|ies))(?:[-._/]|$)|(?:^|/)(?:openapi|swagger|locales?|i18n|translations?|langs?|languages)/|"
    r"(?:^|/)(?:docs?|documentation)/(?:.*/)?(?:scripts?|tools?|conf\.py)|"
    r"(?-i:(?<=[a-z])(?:Test|Tests|Mock|Mocks|Fixture|Fixtures)(?=[A-Z.]))",
    re.IGNORECASE,
)
_MADE_UP = re.compile(r"(?:^|_)(?:fake|mock|dummy)(?:_|$)")
ALIKE = 3
"""Entries of a map with one text: that is no secret."""
_FOR_TESTS = re.compile(
    r"(?:::|\.)(?:Test(?:ing|s)?(?:Config|Configuration|Settings|Environment)\b|(?:Mock|Fake|Dummy|Stub)[A-Z]\w*)"
)
_SHOWN = re.compile(
    r"holder|example|sample|dummy|mock|preview|template|hint|caption|label|weak|insecure|denied|forbidden|banned",
    re.IGNORECASE,
)
"""Names of texts that a form shows where its reader is to put a value, or that are refused."""
_REDACTED = re.compile(r"redacted|masked|hidden|^[*x.\u2022]+$", re.IGNORECASE)
_SETTER = re.compile(r"^(?:set|change|reset|update)_?password$")
_XML_PASSWORD = re.compile(r"<(?:password|passwd|pwd)>([^<>\s]{3,})</", re.IGNORECASE)
_INSERT = re.compile(r"insert\s+(?:or\s+\w+\s+)?into|create\s+user|alter\s+user", re.IGNORECASE)
WORDS_OF_A_SENTENCE = 6
_NESTED = 4
_RANK = ("key", "account", "secret")


def credentials(context: Context) -> tuple[Credential, ...]:
    """All of them, one per group, in the order of the code; asked once per review."""
    held = context.notes.get("credentials")
    if not isinstance(held, tuple):
        held = context.notes["credentials"] = tuple(_merged(context))
    return held


def _merged(context: Context) -> Iterator[Credential]:
    best: dict[tuple[str, int], Credential] = {}
    for found in _in_code(context):
        key = (found.place.path, found.place.start)
        known = best.get(key)
        if known is None or _RANK.index(found.kind) < _RANK.index(known.kind):
            best[key] = found if known is None else replace(found, name=known.name)
    groups: dict[tuple[object, ...], int] = {}
    kept: list[Credential] = []
    for found in (*best.values(), *in_settings(context)):
        same = (found.kind, *found.group)
        text = (found.place.path, found.text)
        index = groups.get(same, groups.get(text))
        if index is None:
            groups[same] = groups[text] = len(kept)
            kept.append(found)
        elif found.fid and kept[index].fid:
            kept[index] = replace(kept[index], also=(*kept[index].also, (found.fid, found.number)))
    yield from kept


def _in_code(context: Context) -> Iterator[Credential]:
    key_texts = _used_as_keys(context)
    for fid in context.view.linker.functions:
        for instr in context.view.linker.code(fid):
            if instr.op not in _TELLING or _is_mute(instr):
                continue
            for candidate in _candidates(context, fid, instr):
                yield from _judged(context, fid, candidate, key_texts)
    for use in context.uses.of(AccountCreation):
        for value in use.selected:
            yield from _judged(
                context,
                use.fid,
                _Candidate(value.value, "password", "an account is made with it", "account", loops=True),
                key_texts,
            )
    for secret in context.uses.of(SecretUse):
        # A setting of the application: one key, or a list whose first signs.
        if secret.instr.op == Op.SETATTR and secret.concept.what in _KEYS:
            value = ValueView(context.view, secret.fid, secret.values[-1])
            for one in _first(value):
                used = f"it is used as a {secret.concept.what}"
                held = _Candidate(one.value, secret.concept.what, used, "key")
                yield from _judged(context, one.fid, held, key_texts)
    for made in statements_with_values(context.matrix.origins):
        if is_password(made.column):
            yield from _judged(
                context,
                made.fid,
                _Candidate(
                    made.value,
                    made.column,
                    "it is stored as a password",
                    "account",
                    path=made.path,
                    loops=True,
                ),
                key_texts,
            )


def _first(value: ValueView) -> Iterator[ValueView]:
    """What a setting that is one text or a list of them begins with, wherever the list is written out."""
    for ref in value.refs:
        if isinstance(ref.step, tuple):
            made = value.view.definitions(ref.step[0]).get(ref.step[1])
            if made is not None and made.op == Op.COLLECT and made.args:
                yield ValueView(value.view, ref.step[0], made.args[0])
                return
    yield value


@dataclass(frozen=True, slots=True)
class _Candidate:
    value: int
    name: str
    reason: str
    kind: str = ""
    """"" when its name decides."""
    is_form: bool = False
    """Whether the text alone says that it is one."""
    path: tuple[str, ...] = ()
    """Where in a container it lies."""
    loops: bool = False
    """Whether all elements count that a loop goes through: those of a list of words to try do not."""


def _judged(
    context: Context, fid: str, candidate: _Candidate, key_texts: frozenset[str]
) -> Iterator[Credential]:
    if not candidate.is_form and (
        _NOT_PRODUCTION.search(context.view.linker.module_of[fid])
        or _FOR_TESTS.search(fid)
        or _is_made_up(context, fid, candidate.value)
    ):
        return
    is_key = candidate.kind == "key" or (not candidate.kind and is_key_name(candidate.name))
    for home, literal in literals(context, fid, candidate.value, candidate.path, candidate.loops):
        text = str(literal.value)
        key = is_key or (text in key_texts and not candidate.is_form and candidate.kind != "account")
        if not candidate.is_form and not _counts(candidate, text, key):
            continue
        kind = "key" if key else candidate.kind or "secret"
        place = context.view.span(home, literal.start, literal.end)
        group: tuple[object, ...] = (place.path, text)
        if kind == "account" or candidate.reason.startswith("a credential is compared"):
            group = (place.path, fid, kind)
        certain = candidate.is_form or "name that says so" not in candidate.reason
        yield Credential(
            kind, place, candidate.name, candidate.reason, certain, text, group, home, literal.dst
        )


def _is_made_up(context: Context, fid: str, value: int) -> bool:
    """Whether what is handed on calls itself a stand-in: `self.secret = settings.fake_wallet_secret`."""
    made = context.view.definitions(fid).get(value)
    return (
        made is not None and made.op in (Op.LOAD, Op.ATTR) and _MADE_UP.search(words(made.name)) is not None
    )


def _counts(candidate: _Candidate, text: str, key: bool) -> bool:
    """Whether a text under such a name, or in such a use, is a credential."""
    if names_something(candidate.name, text) or "." in candidate.name or text.endswith(("...", "\u2026")):
        # Nor is one what is cut short, to show what they look like.
        return False
    if key:
        return is_key_value(text)
    if candidate.kind == "account":
        stands_for = _REDACTED.search(text) is not None or text.startswith(("$", "{", "<", "%", "/"))
        # What is hashed so that unknown accounts cost the same time is a sentence as often as not.
        is_sentence = len(text.split()) >= WORDS_OF_A_SENTENCE
        said = is_digest(text) or is_code_of_error(text) or stands_for or is_sentence
        return bool(text.strip()) and not said
    if is_password(candidate.name) and is_digest(text):
        return False
    if is_some_key(candidate.name) and not is_credential_name(candidate.name):
        return is_random_key(text)
    return is_secret_value(text)


def _may_name(name: str) -> bool:
    """Whether a value of this name may be a credential."""
    return is_credential_name(name) or is_key_name(name) or is_some_key(name)


def _used_as_keys(context: Context) -> frozenset[str]:
    """Texts that some call signs or encrypts with."""
    found: set[str] = set()
    for use in context.uses.of(SecretUse):
        if use.concept.what in _KEYS and not use.row.keys:
            for value in use.selected:
                found.update(str(literal.value) for _, literal in literals(context, value.fid, value.value))
    return frozenset(found)


def _candidates(context: Context, fid: str, instr: Instr) -> Iterator[_Candidate]:
    match instr.op:
        case Op.CONST if isinstance(instr.value, str) and not instr.name.startswith("regex"):
            if len(instr.value) >= SHORTEST_FORM:
                found = _form(instr.value)
                if found is not None and not _is_shown(context, fid, instr.dst):
                    yield replace(found, value=instr.dst)
        case Op.STORE | Op.SETATTR if _may_name(instr.name):
            if not _is_member(context, fid) and not is_given_anew(context, fid, instr.name):
                yield _Candidate(instr.args[-1], instr.name, "it is assigned to a name that says so")
        case Op.SETITEM if isinstance(instr.value, str):
            if _may_name(instr.value):
                yield _Candidate(instr.args[-1], instr.value, "it is stored under a name that says so")
        case Op.COLLECT | Op.CALL | Op.NEW:
            if instr.keys:
                yield from _named_values(context, fid, instr)
            if instr.op != Op.COLLECT and len(instr.args) > 1:
                yield from _used(context, fid, instr)
                yield from _given(context, fid, instr)
                if len(instr.args) > 2:
                    yield from _otherwise(context, fid, instr)
        case Op.LOGIC:
            yield from _otherwise(context, fid, instr)
        case Op.COMPARE if instr.name in ("==", "===", "!=", "!=="):
            yield from _compared(context, fid, instr)


def _is_mute(instr: Instr) -> bool:
    """Whether no candidate can be found at an instruction: most of millions, told at one look."""
    match instr.op:
        case Op.LOGIC:
            return instr.name not in _OTHERWISE
        case Op.CONST:
            value = instr.value
            return not isinstance(value, str) or len(value) < SHORTEST_FORM or _form(value) is None
        case Op.STORE | Op.SETATTR:
            return not (_may_name(instr.name))
        case Op.COLLECT:
            return not instr.keys
    return False


def _is_member(context: Context, fid: str) -> bool:
    """Whether what is assigned here are the members of an enumeration: names of kinds."""
    if context.view.linker.functions[fid].kind != "class":
        return False
    path, _, name = fid.rpartition("::")
    declared = context.view.linker.modules[path].classes.get(name)
    return declared is not None and any(text.endswith(("Enum", "Flag")) for text in declared.base_texts)


def _is_shown(context: Context, fid: str, number: int, depth: int = 0) -> bool:
    """Whether a text is kept or given as what a form or a documentation shows: `placeholder="..."`."""
    for user in context.destinations.users(fid).get(number, ()):
        if user.op == Op.COLLECT and not any(user.keys or ()) and depth == 0:
            # `examples=["..."]`
            if _is_shown(context, fid, user.dst, depth + 1):
                return True
            continue
        names = [user.name] if user.op in (Op.STORE, Op.SETATTR) else []
        if user.keys and user.op in (Op.COLLECT, Op.CALL, Op.NEW):
            given = user.args if user.op == Op.COLLECT else user.args[1:]
            names = [key or "" for key, value in zip(user.keys, given, strict=False) if value == number]
        if any(_SHOWN.search(name) for name in names):
            return True
    return False


@lru_cache(maxsize=20_000)
def _form(text: str) -> _Candidate | None:
    """What a text says by itself; the same texts stand in a program again and again."""
    for provider, pattern in PROVIDERS if MAY_BE_PROVIDER.search(text) else ():
        match = pattern.search(text)
        if match is not None and "EXAMPLE" not in match.group() and not is_uniform(match.group()):
            kind = "key" if provider == "a private key" else "secret"
            return _Candidate(NO_VALUE, provider, f"it has the form of {provider}", kind, True)
    if "://" in text and password_in_url(text):
        return _Candidate(NO_VALUE, "a connection address", "the address carries a password", "secret", True)
    if "<" in text and _XML_PASSWORD.search(text):
        return _Candidate(NO_VALUE, "password", "it sets up accounts with their passwords", "account", True)
    if _INSERT.search(text) and any(_is_seed(x.column, x.value) for x in inserted(text)):
        return _Candidate(NO_VALUE, "password", "the statement stores a password", "account", True)
    return None


def _is_seed(column: str, value: str) -> bool:
    return (
        is_password(column)
        and len(value) > 2
        and not is_digest(value)
        and "\0" not in value
        and "{" not in value
        and "%" not in value
    )


def _named_values(context: Context, fid: str, instr: Instr) -> Iterator[_Candidate]:
    values = instr.args if instr.op == Op.COLLECT else instr.args[1:]
    named = [(key, number) for key, number in zip(instr.keys, values, strict=False) if key]
    if not any(_may_name(key) or key == "pass" for key, _ in named):
        return
    if instr.op == Op.COLLECT and _is_shown(context, fid, instr.dst):
        return
    others = [words(key) for key, _ in named]
    if "index_name" in others and _is_in(context, fid, instr, "themeConfig"):
        # With such a key the pages of a documentation search: readers have it.
        return
    connects = any(_CONNECTION.match(other) for other in others) or _connects(context, fid, instr)
    connects = connects or _is_part(context, fid, instr)
    account = not connects and any(_ACCOUNT.match(other) for other in others)
    if account and any(_ELSEWHERE.search(other) for other in others):
        # Who is known by another service has no password here, and what stands in its place opens nothing.
        return
    texts = [ValueView(context.view, fid, number).text for _, number in named]
    for (key, number), text in zip(named, texts, strict=True):
        if text is not None and texts.count(text) >= ALIKE:
            # `{ host: "mail", user: "mail", password: "mail" }`: where each is kept, or that there is none.
            continue
        if _may_name(key) or key == "pass":
            kind = "account" if account and is_password(key) else ""
            reason = "an account is made with it" if kind else "it is given under a name that says so"
            yield _Candidate(number, key, reason, kind)


def _is_in(context: Context, fid: str, made: Instr, name: str) -> bool:
    """Whether a map is part of one that another map holds under a name."""
    for _ in range(_NESTED):
        holder = next(
            (u for u in context.destinations.users(fid).get(made.dst, ()) if u.op == Op.COLLECT and u.keys),
            None,
        )
        if holder is None:
            return False
        if holder.keys[holder.args.index(made.dst)] == name:
            return True
        made = holder
    return False


def _is_part(context: Context, fid: str, instr: Instr) -> bool:
    """Whether a map is what another one calls `auth` or `credentials`: of whoever connects, not of an account."""
    for user in context.destinations.users(fid).get(instr.dst, ()):
        if user.op == Op.COLLECT and user.keys:
            key = user.keys[user.args.index(instr.dst)] or ""
            if re.search(r"auth|credential|connection|smtp|mail|database|broker", key, re.IGNORECASE):
                return True
    return False


def _connects(context: Context, fid: str, instr: Instr) -> bool:
    if instr.op == Op.COLLECT:
        return False
    callee = context.view.definitions(fid).get(instr.args[0])
    name = words(callee.name) if callee is not None else ""
    return (
        re.search(r"connect|pool|client|engine|transport|smtp|session|login|auth|request|get|post|put", name)
        is not None
    )


def _used(context: Context, fid: str, instr: Instr) -> Iterator[_Candidate]:
    program = context.values.program
    for row in program.rows(context.view.linker.refs[fid][instr.args[0]]):
        if isinstance(row.concept, SecretUse):
            what = row.concept.what
            hashed = what == "password" and hashes(context, fid, instr)
            if hashed and _stands_in(context, fid, instr):
                continue
            kind = "key" if what in _KEYS else "account" if hashed else ""
            if row.selector is not None and row.selector.low is not None and "*" in instr.keys:
                yield from _spread(instr, row.selector.low, what, kind)
            for number in program.arguments(instr, row, -1):
                held: ValueView | None = ValueView(context.view, fid, number)
                for key in row.keys:
                    held = held.key(key) if held is not None else None
                if held is not None:
                    yield _Candidate(held.value, what, f"it is used as a {what}", kind)


def _stands_in(context: Context, fid: str, made: Instr) -> bool:
    """Whether a hash is what passwords are compared with where there is no account, so that it costs the same time."""
    module = context.view.linker.functions[fid]
    if module.kind != "module":
        return False
    judging = logins(context).checks
    for home, callees in context.values.graph.items():
        if home not in judging and judging.keys().isdisjoint(callees):
            continue
        for instr in context.view.linker.code(home):
            if instr.op == Op.LOAD and context.matrix.origins.resolved(home, instr.dst) == (fid, made):
                return True
    return False


def _spread(instr: Instr, place: int, what: str, kind: str) -> Iterator[_Candidate]:
    """`Connection(server, *READER)`: the element of what is spread that comes to stand where a secret is given."""
    first = instr.keys.index("*")
    if place >= first and not any(instr.keys[:first]):
        inner = (str(place - first),)
        yield _Candidate(instr.args[1 + first], what, f"it is used as a {what}", kind, path=inner)


def _otherwise(context: Context, fid: str, instr: Instr) -> Iterator[_Candidate]:
    """What stands in for a variable of the environment that is called as a credential is, wherever it goes."""
    if instr.op == Op.LOGIC:
        name, default = _variable(context, fid, instr.args[0]), instr.args[1]
    else:
        named = ValueView(context.view, fid, instr.args[1]).text if len(instr.args) > 2 else None
        held = fallback(context, fid, instr) if named and _may_name(named) else None
        if named is None or held is None:
            return
        name, default = named, held
    if name and _may_name(name):
        yield _Candidate(default, name, "it stands in for a setting with a name that says so")


def _variable(context: Context, fid: str, number: int) -> str:
    """The variable of the environment that is read: `process.env.API_TOKEN`, `env["API_TOKEN"]`, `getenv(...)`."""
    definitions = context.view.definitions(fid)
    made = definitions.get(number)
    if made is None or made.op not in (Op.ATTR, Op.ITEM, Op.CALL):
        return ""
    holder = definitions.get(made.args[0])
    if made.op == Op.CALL:
        name = ValueView(context.view, fid, made.args[1]).text if len(made.args) == 2 else None
        reads = holder is not None and reads_setting(context, fid, holder)
        return name if name and reads else ""
    name = made.name if made.op == Op.ATTR else str(made.value or "")
    is_environment = holder is not None and holder.name in ("env", "environ")
    return name if is_environment else ""


def _given(context: Context, fid: str, instr: Instr) -> Iterator[_Candidate]:
    """Constants given for a parameter that is a password, to functions of the review; and to those of others whose
    name says that they make accounts."""
    candidates = list(_given_as_password(context, fid, instr))
    texts = (context.matrix.origins.constant(fid, value) or "" for value in instr.args[1:])
    # Compared with a hash that stands here, too: so that an unknown account costs the same time.
    if candidates and not any(is_digest(text) for text in texts):
        yield from candidates


def _given_as_password(context: Context, fid: str, instr: Instr) -> Iterator[_Candidate]:
    origins = context.matrix.origins
    targets = origins.targets(fid, instr)
    for target in targets:
        params = origins.linker.functions[target].params
        if not any(is_password(name) for name in (*(p.name for p in params), *filter(None, instr.keys))):
            continue
        for name, number in origins.arguments(instr, target).items():
            if is_password(name):
                called = words(target.rpartition("::")[2].rpartition(".")[2])
                kind = "account" if _ACCOUNT_CALL.search(called) or "hash" in called else "secret"
                yield _Candidate(number, name, "it is given as a password", kind, loops=kind == "account")
    callee = context.view.definitions(fid).get(instr.args[0])
    if targets or callee is None or not _may_set(callee.name):
        return
    spelled = words(callee.name)
    if _SETTER.match(spelled) and len(instr.args) > 1 and not any(instr.keys[:1]):
        yield _Candidate(instr.args[1], "password", "an account gets it as its password", "account")
    elif _ACCOUNT_CALL.search(spelled) and len(instr.args) > 2 and not instr.keys:
        last = written(context, fid, instr.args[-1])
        if last is not None and "@" not in str(last.value):
            yield _Candidate(instr.args[-1], "password", "an account is made with it", "account")


@lru_cache(maxsize=50_000)
def _may_set(name: str) -> bool:
    """Whether a function of this name may be one that sets passwords or makes accounts."""
    spelled = words(name)
    return _SETTER.match(spelled) is not None or _ACCOUNT_CALL.search(spelled) is not None


def _compared(context: Context, fid: str, instr: Instr) -> Iterator[_Candidate]:
    definitions = context.view.definitions(fid)
    if instr.name in ("==", "===") and only_warns(context, fid, instr):
        return
    for one, other in (instr.args, instr.args[::-1]):
        left, right = definitions.get(one), definitions.get(other)
        if left is None or right is None or not isinstance(right.value, str):
            continue
        name = _last_name(context, fid, left)
        if is_credential_name(name) and is_compared_secret(name, right.value):
            yield _Candidate(other, name, "a credential is compared with it")


def _last_name(context: Context, fid: str, instr: Instr) -> str:
    if instr.op in (Op.LOAD, Op.ATTR):
        return instr.name
    if instr.op == Op.ITEM and isinstance(instr.value, str):
        return instr.value
    if instr.op == Op.CALL and len(instr.args) == 2:
        return ValueView(context.view, fid, instr.args[1]).text or ""
    return ""


__all__ = ["credentials"]
