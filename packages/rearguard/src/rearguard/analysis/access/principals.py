"""Who the caller is: which origins stand for somebody known, and where middleware keeps them."""

import re
from collections.abc import Iterable, Iterator

from rearguard.analysis.access.atoms import PASSWORD, UNVERIFIED, Atom, Atoms, spaced, union
from rearguard.analysis.access.lookups import STATE
from rearguard.analysis.access.origins import CREDENTIAL_NAME, Origins
from rearguard.analysis.access.resources import normal
from rearguard.models.concepts import Guard, PrincipalGiven, StateRead, StateWrite
from rearguard.program import Instr, Op

USER_WORDS = frozenset(
    [
        "user",
        "account",
        "customer",
        "member",
        "profile",
        "person",
        "employee",
        "client",
        "patient",
        "student",
        "admin",
        "owner",
        "author",
    ]
)
ROLE = re.compile(
    r"role|admin|perm|scope|staff|superuser|privilege|group|access_?level|is_?(?:owner|manager|moderator|editor)|"
    r"can_|(?:^|_)rw(?:_|$)|writ(?:e|able|er)|read_?only|capabilit|authorit|user_?type|plan",
    re.IGNORECASE,
)
STANDING = re.compile(
    r"is_?(?!authenticated|anonymous|active|activated|enabled|disabled|verified|confirmed|logged|signed|valid|expired|"
    r"deleted|blocked|banned|locked|suspended|guest|online|new|empty|array|instance|integer|string|number)[a-zA-Z]\w+",
    re.IGNORECASE,
)
"""Marks of an account that set some callers apart from others, as a project names them: `is_recruiter`."""
_OF_ANYBODY = re.compile(
    r"_?(?:id|uid|pk|uuid|sub|user|account|profile|member|identity|data|payload|claims?|session|name|\d+|\*)|"
    r".*(?:_id|Id|_?at|At|name|Name)|"
    r"(?:is_?|has_?)?(?:authenticated|anonymous|active|activated|enabled|disabled|valid|expired|deleted|blocked|banned|"
    r"locked|suspended|guest|online|new|logged_?in|complete\w*|onboard\w*|subscri\w*|paid|status|state)|"
    r".*(?:verif|confirm|approv|accept|token|password|secret|mfa|totp|otp|factor|2fa|mail|phone|exp|iat|epoch|version|"
    r"org|tenant|compan|team|cart|basket|address|email|avatar|settings|preferences).*",
    re.IGNORECASE,
)
"""Members of an account that say who it is, what belongs to it or in which state it is."""
IDENTIFIES = re.compile(
    r"(?:_?id|pk|uuid|uid|sub|e_?mail|login|nick(?:name)?|handle|user_?(?:name|id))?", re.IGNORECASE
)
"""Columns by which the one record is looked up that stands for somebody."""
_PASSWORD = re.compile(r"passw|pwd|passphrase|(?:pass|pw)_?hash", re.IGNORECASE)
_SECRET = re.compile(r"secret|password|passwd|hash|digest|token|(?:api|access)_?key", re.IGNORECASE)
_DIGEST = re.compile(r"(?:^|_)(?:digest|hash|hashed|sha\d*|fingerprint)(?:_|$)", re.IGNORECASE)
"""What columns are called that hold what became of a secret."""
_LOGINS = re.compile(r"(?:\w+_)?(?:session|token|login|api_?key)s?", re.IGNORECASE)
"""Records of which each stands for somebody who logged in."""
_REQUEST = frozenset({"req", "request", "g", "locals", "state", "ctx", "context", "session", "environ"})
_SENT = "body"
"""What came with a request, and of a context what is answered: `ctx.body = user` keeps nobody."""
_SENDERS = frozenset({"req", "request"})
_KEEPERS = frozenset({"c", "ctx", "context", "request", "req", "state"})
"""What keeps values under names by a call."""
_OPEN_CHANNELS = frozenset({"body", "form", "json", "data", "query", "path", "params", "file", "files"})


def is_credential(atom: Atom) -> bool:
    """Something that says who sent the request, verified or not."""
    return atom.kind == "credential" or is_caller(atom)


def is_shown(atom: Atom) -> bool:
    """A credential, or what else comes with a header or cookie, whatever its name."""
    return (atom.kind == "credential" and atom.name != "session") or (
        atom.kind == "input" and atom.name in ("header", "headers", "cookie", "cookies")
    )


_SESSIONS = re.compile(
    r"(?:\w+_)?(?:sessions?|(?:access_?|auth_?|api_?|login_?)?tokens?|logins?|api_?keys?)", re.IGNORECASE
)
"""What records are called that stand for a login."""


def is_caller(atom: Atom, depth: int = 0) -> bool:
    """Whether an origin stands for somebody whose identity was established."""
    # Asked by the million: plain loops, and what is told at one look first.
    kind = atom.kind
    if kind == "stored":
        if depth < 4:
            for column, atoms in atom.keys:
                for inner in atoms:
                    if inner.kind == "input":
                        if _is_secret(column, inner) or _is_login(atom, inner):
                            return True
                    elif inner.kind == "credential" or is_caller(inner, depth + 1):
                        return True
        return False
    if kind == "credential":
        # That nothing verifies a token is told where it is read: it says who calls to all that runs behind.
        return atom.name == "session" or atom.bound in ("opaque", "unknown", UNVERIFIED)
    if kind == "verified":
        return depth < 4 and _is_token(atom, depth)
    return kind == "principal"


def _is_secret(column: str, atom: Atom) -> bool:
    """A record looked up by its secret, which came with a cookie or header, whatever that is called."""
    carried = atom.name in ("cookie", "cookies", "header", "headers")
    # Of a secret itself only the digest is stored.
    return carried and (
        CREDENTIAL_NAME.search(column) is not None or _DIGEST.search(spaced(column)) is not None
    )


def _is_login(record: Atom, atom: Atom) -> bool:
    """A session or token, which is looked up by what a cookie or header holds of it, whatever the column."""
    carried = atom.exact and atom.name in ("cookie", "cookies", "header", "headers")
    return carried and _LOGINS.fullmatch(spaced(record.name)) is not None


def _is_token(atom: Atom, depth: int) -> bool:
    """A verified token or signature; not a password or code that came with the form."""
    given = [inner for _, atoms in atom.keys for inner in atoms]
    if _compares(atom) and any(i.kind == "input" and i.name in ("header", "headers") for i in given):
        # A signature over what was sent, whatever its header is called.
        return True
    if any(inner.kind == "credential" or is_caller(inner, depth + 1) for inner in given):
        return not any(_is_form(inner) and not _signs(atom) for inner in given)
    if atom.bound == PASSWORD or any(
        inner.kind == "stored" and inner.path and _PASSWORD.search(inner.path[-1]) for inner in given
    ):
        # A login: the account is the one that the form names.
        return False
    if any(inner.kind == "parameter" for inner in given):
        return not any(_is_form(inner) for inner in given)
    inputs = [inner for inner in given if inner.kind == "input"]
    if not inputs:
        return True
    return _decodes(atom) and all(
        inner.name in ("query", "path", "params", "header", "headers", "cookie", "cookies")
        for inner in inputs
    )


def _is_form(atom: Atom) -> bool:
    return atom.kind == "input" and atom.name in ("body", "form", "json", "data")


def _signs(atom: Atom) -> bool:
    """A signature is compared with one computed from the body; that is how it is meant."""
    return any(word in atom.name.lower() for word in ("digest", "equal", "signature", "verify", "construct"))


def _compares(atom: Atom) -> bool:
    """Whether two values are compared in constant time, as signatures are."""
    return any(word in atom.name.lower() for word in ("digest", "equal"))


def _decodes(atom: Atom) -> bool:
    return any(word in atom.name.lower() for word in ("decode", "verify", "loads", "unsign", "jwt"))


def callers(atoms: Atoms) -> tuple[Atom, ...]:
    """The origins that stand for the caller."""
    return tuple(atom for atom in atoms if is_caller(atom))


def asks_role(atoms: Atoms, presence: bool, standing: bool = False) -> bool:
    """Whether a test looks at a role of the caller; `presence` when it asks whether a value is there.

    Of an object that is there, `{ id, role }`, no member is looked at. `standing` also takes in what sets
    some callers apart by a name of the project: `is_recruiter`.
    """
    known = [
        any(ROLE.search(key) or (standing and STANDING.fullmatch(key)) for key in atom.path)
        for atom in callers(atoms)
        if atom.path
    ]
    return all(known) and bool(known) if presence else any(known)


def is_mark(atoms: Atoms) -> bool:
    """Whether a test looks at a member of the caller alone that says neither who nor in what state it is.

    Whoever is refused for lacking it, `if (!user.officer)`, lacks a role of the project.
    """
    names = {atom.path[-1] if atom.path else "" for atom in atoms if is_caller_itself(atom)}
    return (
        len(names) == 1
        and all(map(is_caller_itself, atoms))
        and any(atom.exact for atom in atoms)
        and not any(not name or _OF_ANYBODY.fullmatch(name) for name in names)
    )


def is_of_anybody(name: str) -> bool:
    """Whether a member of a session or an account says who it is or in which state, not what they may do."""
    return _OF_ANYBODY.fullmatch(name) is not None


def is_open(atom: Atom) -> bool:
    """A value that the client chooses freely."""
    if atom.kind == "input" and atom.name == "address":
        # The query of the request's own address, `new URL(request.url).searchParams`.
        return atom.path[:1] in (("searchParams",), ("query",), ("search",))
    return atom.kind == "input" and atom.name in _OPEN_CHANNELS


def is_named_freely(atom: Atom) -> bool:
    """A value that the client sends without proof and that is taken as it is, in a header or elsewhere."""
    # Whoever is asked for a number makes one of what is sent.
    as_sent = atom.exact or atom.bound == "number"
    return as_sent and (is_open(atom) or (atom.kind == "input" and atom.name in ("header", "headers")))


_NAMES_TENANT = re.compile(
    r"(?:http[-_])?(?:x[-_])?(?:\w+[-_])?(?:org|organi[sz]ation|tenant|workspace|account|company|team|project|shop|store|"
    r"school|clinic|branch|site|realm|space|customer|household|agency|group)(?:[-_]?(?:id|uuid|slug|key|name|code))?",
    re.IGNORECASE,
)
"""What headers are called by which a client says in what it acts: `X-Org-Id`."""


def is_chosen_freely(atom: Atom) -> bool:
    """A value by which the client chooses an object, in the header that names its tenant too."""
    return is_open(atom) or (
        atom.kind == "input"
        and atom.name in ("header", "headers")
        and bool(atom.path)
        and _NAMES_TENANT.fullmatch(atom.path[0]) is not None
        and (atom.exact or atom.bound == "number")
    )


def is_caller_itself(atom: Atom) -> bool:
    """The caller, or the record that the caller's identity was looked up in."""
    if atom.kind == "stored":
        return is_caller(atom) and (
            normal(atom.name) in USER_WORDS
            or (atom.logs_in and _is_of_caller(atom))
            or (_SESSIONS.fullmatch(spaced(atom.name)) is not None and _is_by_credential(atom))
            or _is_by_secret(atom)
        )
    return is_caller(atom)


def _is_by_credential(atom: Atom) -> bool:
    """Whether a session is looked up by what the caller brings, with whoever it belongs to."""
    given = [inner for _, atoms in atom.keys for inner in atoms]
    return any(inner.kind == "credential" for inner in given) and not any(map(is_named_freely, given))


def _is_by_secret(atom: Atom) -> bool:
    """Whether a record is what a secret stands for that the caller shows: `keyHash = sha256(key)`."""
    return any(
        (CREDENTIAL_NAME.search(column) is not None or _DIGEST.search(spaced(column)) is not None)
        and bool(atoms)
        and all(inner.kind == "credential" and inner.name != "session" for inner in atoms)
        for column, atoms in atom.keys
    )


def _is_of_caller(atom: Atom) -> bool:
    """Whether a record is looked up by who calls, and not as one of many that merely belong to them."""
    given = [inner for _, atoms in atom.keys for inner in atoms]
    return not any(map(is_named_freely, given)) and any(
        IDENTIFIES.fullmatch(column) and any(map(is_caller, atoms)) for column, atoms in atom.keys
    )


def within(atoms: Atoms) -> bool:
    """Whether what a test asks of the caller holds in something that the client names alone, as a role in a
    club does of which `Membership(club=given, user=caller)` tells."""
    records = [atom for atom in atoms if is_caller(atom)]
    return bool(records) and all(
        atom.kind == "stored"
        and any(is_open(inner) for _, inners in atom.keys for inner in _inputs(inners))
        and any(is_caller(inner) for _, inners in atom.keys for inner in inners)
        for atom in records
    )


_RANK = re.compile(r"(?:\w+_)?(?:level|rank|grade|tier|standing|seniority|position|kind)", re.IGNORECASE)
"""What columns are called that say how high somebody stands in something."""
_OWN_KEYS = frozenset(("", "id", "_id", "pk", "uuid", "slug", "code", "number"))


def is_rank_within(atoms: Atoms) -> bool:
    """Whether a test looks at nothing but the caller's rank in what the client names: `seat.level`, of the
    seat that is looked up by the team and the caller. Whatever such records are called, that is a role, and
    no owner is compared."""
    return (
        bool(atoms)
        and all(atom.kind == "stored" and atom.path and _is_rank(atom.path[-1]) for atom in atoms)
        and within(atoms)
        and not any(
            column in _OWN_KEYS and any(map(is_open, inners))
            for atom in atoms
            for column, inners in atom.keys
        )
    )


def _is_rank(name: str) -> bool:
    return ROLE.search(name) is not None or _RANK.fullmatch(name) is not None


def _inputs(atoms: Atoms) -> Iterator[Atom]:
    """Values, and what stored objects among them were looked up by."""
    for atom in atoms:
        yield atom
        if atom.kind == "stored" and not is_caller(atom):
            yield from (inner for _, inners in atom.keys for inner in inners)


def find_principal_fields(origins: Origins, functions: Iterable[str]) -> dict[str, str]:
    """Members of the request, or of its context, that hold the caller once a function has run, with what
    carries the caller's credential."""
    guards = (use.concept for use in origins.program.uses.of(Guard))
    found = {guard.keeps: frozenset(filter(None, (guard.carrier,))) for guard in guards if guard.keeps}
    for base, name, value in _kept(origins, functions):
        if normal(name) == "session" and any(_is_session_record(atom) for atom in value):
            # `request.session = row`, of a table of sessions: strangers may have one as well.
            origins.carried[base, name] = frozenset((Atom("credential", "session"),))
        elif any(atom.exact and is_named_freely(atom) for atom in value):
            # `req.tenant = req.headers["x-tenant"] || req.user.tenant`: whoever the client says it is.
            origins.carried[base, name] = frozenset(a for a in value if a.kind != "parameter")
        elif any(
            is_caller(atom) and atom.name != "session" and not _is_loaded(atom, origins) for atom in value
        ):
            if name == _SENT:
                continue
            held = frozenset(c for atom in value if is_caller(atom) for c in carriers(atom))
            found[name] = found.get(name, NOTHING_CARRIES) | held
        elif base.lower() != "session" and any(_is_of_session(atom) for atom in value):
            # `ctx.state.uid = ctx.session.uid`
            origins.carried[base, name] = frozenset(atom for atom in value if _is_of_session(atom))
        elif normal(name) in USER_WORDS and not any(atom.exact for atom in value):
            # `scope["user"] = await get_user(scope["query_string"])`: whom something unknown found by it.
            continue
        elif value and all(map(is_open, value)):
            # `request["channel"] = int(request.match_info["channel"])`
            origins.carried[base, name] = value
    for name in _proved(origins, functions):
        found[name] = found.get(name, NOTHING_CARRIES) | {"header"}
    return {name: "cookie" if "cookie" in held else next(iter(held), "") for name, held in found.items()}


def _proved(origins: Origins, functions: Iterable[str]) -> Iterator[str]:
    """Members of the request that hold a record which a header names and whose secret another one shows:
    `req.client = await known(req.headers)`, where that compares `x-client-secret` with what is stored."""
    for fid in functions:
        for instr in origins.linker.contents(fid).writes:
            if instr.op != Op.SETATTR or origins.request_name(fid, instr.args[0]).lower() not in _REQUEST:
                continue
            records = {atom.name for atom in origins.of(fid, instr.args[-1]) if _is_by_header(atom)}
            if not records:
                continue
            calls = origins.linker.contents(fid).calls
            places = {fid: None} | {target: None for call in calls for target in origins.targets(fid, call)}
            if any(_compares_secret(origins, place, records) for place in places):
                yield instr.name


def _is_by_header(atom: Atom) -> bool:
    given = [inner for _, atoms in atom.keys for inner in atoms]
    return (
        atom.kind == "stored"
        and not atom.path
        and bool(given)
        and all(inner.name in ("header", "headers") for inner in given)
    )


def _compares_secret(origins: Origins, fid: str, records: Iterable[str]) -> bool:
    """Whether a call is given a secret that one of these records holds, and what a header shows."""
    for call in origins.linker.contents(fid).calls:
        given = [origins.of(fid, value) for value in call.args[1:]]
        held = any(
            atom.kind == "stored" and atom.name in records and atom.path and _SECRET.search(atom.path[-1])
            for atoms in given
            for atom in atoms
        )
        if held and any(is_shown(atom) or atom.kind == "parameter" for atoms in given for atom in atoms):
            return True
    return False


def _is_session_record(atom: Atom) -> bool:
    """A record of a table of sessions, looked up by what a cookie holds of it."""
    given = [inner for _, atoms in atom.keys for inner in atoms]
    return (
        atom.kind == "stored"
        and not atom.path
        and "session" in normal(atom.name)
        and any(is_shown(inner) and "cookie" in inner.name for inner in given)
    )


def _is_of_session(atom: Atom) -> bool:
    return atom.kind == "credential" and atom.name == "session" and bool(atom.path)


def find_loaded(origins: Origins, functions: Iterable[str]) -> dict[tuple[str, str], Atoms]:
    """Members of the request that middleware fills with an object that it looked up: `req.order = order`."""
    found: dict[tuple[str, str], set[Atom]] = {}
    for base, name, value in _kept(origins, functions):
        loaded = {atom for atom in value if _is_loaded(atom, origins)}
        if loaded and name not in origins.principal_fields and (base, name) not in origins.carried:
            found.setdefault((base, name), set()).update(loaded)
    return {place: frozenset(atoms) for place, atoms in found.items() if len({a.name for a in atoms}) == 1}


def _is_loaded(atom: Atom, origins: Origins) -> bool:
    """A stored object that is no account, or that the request itself chose."""
    if atom.kind != "stored" or not atom.exact or atom.path:
        return False
    if not all(atoms for _, atoms in atom.keys) and not is_caller(atom):
        # What it was compared with was not read: it may be the caller.
        return False
    given = [inner for _, atoms in atom.keys for inner in atoms]
    return any(
        is_open(inner)
        or (inner.kind == "parameter" and (inner.name, inner.path[-1]) in origins.sent)
        or (inner.kind == "stored" and _is_loaded(inner._replace(path=(), exact=True), origins))
        for inner in given
    )


def _kept(origins: Origins, functions: Iterable[str]) -> Iterator[tuple[str, str, Atoms]]:
    """What functions store on the request, or its context: what that is called, the member, the value."""
    for fid in functions:
        definitions = origins.view.definitions(fid)
        for instr in origins.linker.contents(fid).writes:
            base = definitions.get(instr.args[0])
            held = origins.request_name(fid, instr.args[0])
            name = instr.name if instr.op == Op.SETATTR else str(instr.value or "")
            if base is None or not name or (name == _SENT and held.lower() not in _SENDERS):
                continue
            if held.lower() in _REQUEST or (held and origins.is_answering(fid, base)):
                yield held, name, origins.of(fid, instr.args[-1])
            elif origins.is_state(fid, base.dst):
                yield STATE, name, origins.of(fid, instr.args[-1])
        yield from _named_by_call(origins, fid)
        for instr in origins.linker.contents(fid).calls if origins.keeps_state else ():
            yield from _begun(origins, fid, instr)


def _begun(origins: Origins, fid: str, instr: Instr) -> Iterator[tuple[str, str, Atoms]]:
    """What is kept for the rest of a request by one call: `storage.run({ user }, next)`."""
    for row in origins.call_rows(fid, instr):
        if (
            not isinstance(row.concept, StateWrite)
            or row.selector is None
            or not _is_read_back(origins, row.concept)
        ):
            continue
        for position in row.selector.pick(len(instr.args) - 1, instr.keys):
            found = origins.resolved(fid, instr.args[1 + position])
            if found is not None and found[1].op == Op.COLLECT:
                for key, held in zip(found[1].keys, found[1].args, strict=False):
                    if key and key not in ("*", "**", "?"):
                        yield STATE, key, origins.of(found[0], held)


def _is_read_back(origins: Origins, kept: StateWrite) -> bool:
    return any(
        use.concept.request and use.concept.store == kept.store for use in origins.program.uses.of(StateRead)
    )


def _named_by_call(origins: Origins, fid: str) -> Iterator[tuple[str, str, Atoms]]:
    """`c.set("user", user)`"""
    definitions = origins.view.definitions(fid)
    for instr in origins.linker.contents(fid).calls:
        callee = definitions.get(instr.args[0]) if len(instr.args) == 3 else None
        keeps = callee is not None and callee.op == Op.ATTR and callee.name == "set"
        base = definitions.get(callee.args[0]) if callee is not None and keeps else None
        if base is not None and base.op in (Op.LOAD, Op.ATTR) and base.name.lower() in _KEEPERS:
            name = origins.constant(fid, instr.args[1]) or ""
            if name:
                yield base.name, name, origins.of(fid, instr.args[2])


def find_principal_records(origins: Origins, functions: Iterable[str]) -> dict[str, str]:
    """Those members that hold the caller's whole record, and what record that is."""
    found: dict[str, set[str]] = {}
    for fid in functions:
        for instr in origins.linker.contents(fid).writes:
            name = instr.name if instr.op == Op.SETATTR else str(instr.value or "")
            if name in origins.principal_fields:
                atoms = origins.of(fid, instr.args[-1])
                whole = {_whole_record(origins, atom) for atom in atoms}
                found.setdefault(name, set()).update(whole)
    for use in origins.program.uses.of(PrincipalGiven):
        atoms = union(origins.of(use.fid, value) for value in use.values)
        whole = {_whole_record(origins, atom) for atom in atoms}
        found.setdefault(use.concept.member, set()).update(whole)
    return {name: next(iter(kept)) for name, kept in found.items() if len(kept) == 1 and "" not in kept}


_CHOSEN = re.compile(rb"\bselect\b\s*(?:[:(]\s*[\[{'\"]|(?!\*)[\w.`\"]+\s*(?:,|from\b))", re.IGNORECASE)
"""A query that names the fields it loads."""


def _whole_record(origins: Origins, atom: Atom) -> str:
    """What record an origin is with all its fields; "" when it is none."""
    if atom.kind != "stored" or not atom.exact or any(not key.isdigit() for key in atom.path):
        return ""
    text = origins.view.texts.get(atom.span.path, b"") if atom.span is not None else b""
    if atom.span is not None and _CHOSEN.search(text[atom.span.start : atom.span.end]):
        return ""
    return atom.name


NOTHING_CARRIES: frozenset[str] = frozenset()


def carriers(atom: Atom, depth: int = 0) -> frozenset[str]:
    """What of the request an identity comes with: `cookie`, `header`; nothing when that is not known."""
    match atom.kind:
        case "principal" if atom.name in ("cookie", "header"):
            return frozenset((atom.name,))
        case "credential" if atom.name in ("session", "cookie", "cookies"):
            return frozenset(("cookie",))
        case "credential" if atom.name in ("header", "headers", "credential"):
            return frozenset(("cookie" if _is_cookies(atom) else "header",))
        case "input" if atom.name in ("cookie", "cookies"):
            return frozenset(("cookie",))
        case "input" if atom.name in ("header", "headers"):
            return frozenset(("cookie" if _is_cookies(atom) else "header",))
        case "verified" | "stored" if depth < 4:
            return frozenset(c for _, atoms in atom.keys for a in atoms for c in carriers(a, depth + 1))
    return NOTHING_CARRIES


def _is_cookies(atom: Atom) -> bool:
    """Whether a header is the one that holds all cookies, for a program that takes them apart itself."""
    return bool(atom.path) and atom.path[0].lower() in ("cookie", "http_cookie")


def cookie_names(atom: Atom, depth: int = 0) -> frozenset[str]:
    """Names of the cookies that an identity comes with."""
    if atom.name in ("cookie", "cookies") and atom.kind in ("credential", "input"):
        return frozenset(atom.path[:1])
    if atom.kind in ("verified", "stored") and depth < 4:
        return frozenset(n for _, atoms in atom.keys for a in atoms for n in cookie_names(a, depth + 1))
    return NOTHING_CARRIES


def header_names(atom: Atom, depth: int = 0) -> frozenset[str]:
    """Names, in lower case, of the headers that an identity comes with; "" for one that is not known.

    What models call a request's credential, and no cookie, is what stands in its `Authorization`.
    """
    if atom.kind == "credential" and atom.name == "credential" and not atom.path:
        return frozenset(("authorization",))
    if atom.kind in ("credential", "input") and atom.name in ("header", "headers", "credential"):
        return (
            NOTHING_CARRIES if _is_cookies(atom) else frozenset((atom.path[0].lower() if atom.path else "",))
        )
    if atom.kind in ("verified", "stored") and depth < 4:
        return frozenset(n for _, atoms in atom.keys for a in atoms for n in header_names(a, depth + 1))
    return NOTHING_CARRIES
