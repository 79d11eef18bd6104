"""Where passwords are compared with what is stored, and which endpoints lead there."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from rearguard.analysis import ValueView
from rearguard.analysis.access import Row
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.resources import Touch, access_at
from rearguard.analysis.identity.codes import BARE_CODE, CODE, PROVES, UNTIL
from rearguard.analysis.identity.computed import COMPARERS, HASHING_COMPARERS, Computed
from rearguard.analysis.identity.kept_codes import is_kept_code
from rearguard.analysis.identity.kept_values import kept_value
from rearguard.analysis.identity.names import is_password, is_password_hash, words
from rearguard.analysis.identity.naming import GETTERS, SAME_DATA, Naming
from rearguard.analysis.identity.typed import (
    counts,
    is_exact,
    is_given,
    is_kind,
    is_of_password,
    judges_form,
    names_no_password,
)
from rearguard.analysis.settings import Use, Uses, evaluate, option_of
from rearguard.models.concepts import (
    OtpVerify,
    OutboundRequest,
    PasswordGate,
    PasswordHash,
    PasswordPolicy,
    PasswordVerify,
)
from rearguard.models.routing import Link
from rearguard.program import Instr, Op, Span

MAX_FUNCTIONS = 120
"""Functions that one endpoint is followed into."""
_VERIFIES = re.compile(
    r"^(?:check|verify|valid|validate|compare|match|matches|is_valid|is_correct|is_right)_?(?:user_?)?(?:passw(?:or)?d|pwd|pass|"
    r"credentials?)\w*$|^(?:passw(?:or)?d|pwd)_?(?:match|matches|verify|is_valid)$|"
    r"^(?:authenticate|log_?in|sign_?in)(?:_user|_with_(?:email_and_)?password|_with_credentials)?$"
)
_AGAIN = re.compile(r"confirm|again|repeat|retype|verif|second|2$|_two$|match|old|current|new")
_FROM_CLIENT = re.compile(
    r"form|body|data|payload|request|req|input|dto|args|params|props|credentials?|values", re.IGNORECASE
)
_TWICE = re.compile(r"confirm|again|repeat|retype|verif|passw(?:or)?d_?2$")
"""What is typed a second time says nothing of what is stored."""
_DIGEST = re.compile(r"(?:^|_)(?:hash|hashed|digest|derived|stored|passw(?:or)?d|pwd)(?:_|$)")
_CALLED = re.compile(r"(?:user_?)?(?:name|login|handle)|e_?mail(?:_address)?|nick(?:_?name)?")
_OPENS = re.compile(r"^(?:log_?in|sign_?in)(?:_user)?$")
_SENT_ALONG = re.compile(
    r"^(?:request|req|ctx|context|credentials?|event|environ|form|body|payload|data|dto|input)$"
)
_ENCODERS = ("b64encode", "urlsafe_b64encode", "standard_b64encode", "b32encode", "hexlify", "btoa", "from")


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """One place where a password, or a one-time code, decides."""

    fid: str
    instr: Instr
    how: str
    """verify (by a library), compare (as it is, or its hash, with what is stored), query (it is part of the
    question), constant, code."""
    plain: bool = False
    """Whether what was typed is compared as it is, so that it is stored as it is."""

    def span(self, origins: Origins) -> Span:
        """The place."""
        return origins.span(self.fid, self.instr)


class Logins:
    """Asked once per review."""

    def __init__(
        self,
        origins: Origins,
        naming: Naming,
        graph: Mapping[str, Iterable[str]],
        uses: Uses,
        kept: frozenset[str] = frozenset(),
    ) -> None:
        self.origins = origins
        self.kept = kept
        """Columns whose stored hash logins verify, in words: passwords, whatever they are called."""
        self.naming = naming
        self.computed = Computed(origins, naming)
        self.graph = graph
        self.checks: dict[str, tuple[PasswordCheck, ...]] = {}
        self.passwords_set: dict[str, tuple[Instr | None, bool]] = {}
        """Function -> where it sets a password, and whether that is an account's first one."""
        self._called_by: dict[tuple[str, ...], tuple[str, ...]] = {}
        self.gates = tuple(use for use in uses.of(PasswordGate) if _asks_password(use))
        self._comparers = {fid: pair for fid in origins.linker.functions if (pair := self._comparer(fid))}
        for fid in origins.linker.functions:
            found = tuple(self._checks(fid, origins.linker.code(fid)))
            if found:
                self.checks[fid] = found
        self._add_methods()
        for use in self.gates:
            if self.origins.linker.functions[use.fid].kind not in ("module", "class"):
                # A handler that asks a library for the verdict on what it was sent.
                own = self.checks.get(use.fid, ())
                self.checks[use.fid] = (*own, PasswordCheck(use.fid, use.instr, "verify"))

    def of(self, row: Row) -> tuple[PasswordCheck, ...]:
        """Checks that the endpoint's handler leads to; of those that stand before it only a library's."""
        own = [check for fid in self.reached(row) for check in self.checks.get(fid, ())]
        held = {(check.fid, check.instr.dst) for check in own}
        before = (check for check in self.asked_before(row) if (check.fid, check.instr.dst) not in held)
        return (*own, *before)

    def asked_before(self, row: Row) -> tuple[PasswordCheck, ...]:
        """What a library's guard, or its view in place of a handler, asks for."""
        if not self.gates:
            return ()
        links = (*row.endpoint.chain, row.endpoint.handler)
        return tuple(
            PasswordCheck(use.fid, use.instr, "verify")
            for use in self.gates
            if any(self._makes(use, link) for link in links)
        )

    def _makes(self, use: Use[PasswordGate], link: Link) -> bool:
        """Whether a link of a chain is what the use makes, or a class that is derived from it."""
        span = use.span
        if span.path == link.span.path and link.span.start <= span.start and span.end <= link.span.end:
            return True
        callee = self.origins.view.definitions(use.fid).get(use.instr.args[0]) if link.cls else None
        if callee is not None and callee.op == Op.ATTR:
            # A view of the project's own that is made from the library's: `PortalLogin.as_view()`.
            return link.cls in ValueView(self.origins.view, use.fid, callee.args[0]).classes
        if not link.names or link.value is None:
            return False
        module = self.origins.linker.modules[span.path]
        cls = module.classes.get(link.label)
        return cls is not None and cls.start <= span.start and span.end <= cls.end

    def alone(self, rows: Iterable[Row]) -> Iterator[tuple[str, tuple[PasswordCheck, ...]]]:
        """Functions that judge a password that they are sent, where no endpoint is known that leads there:
        handlers of a router that could not be read, and what is given to a library to ask."""
        rows = tuple(rows)
        reached = {fid for row in rows for fid in self.reached(row)}
        answered = any(self.of(row) for row in rows)
        for fid, checks in self.checks.items():
            function = self.origins.linker.functions[fid]
            if fid in reached or any(check.how in ("constant", "code") for check in checks):
                continue
            names = [param.name for param in function.params]
            sent = any(_SENT_ALONG.match(name) for name in names)
            typed = any(is_password(name) for name in names) and bool(self.naming.handed_to(fid))
            if (sent or (typed and not answered)) and not self.naming.calls_of(fid):
                yield fid, checks

    def reached(self, row: Row) -> tuple[str, ...]:
        """The handler, and the functions that it calls."""
        handlers = row.endpoint.handler.functions
        found = self._called_by.get(handlers)
        if found is None:
            found = self._called_by[handlers] = self.called(handlers)
        return found

    def called(self, fids: Iterable[str], without: Collection[str] = ()) -> tuple[str, ...]:
        """Functions, and those that they call; `without` are not followed."""
        seen: dict[str, None] = {}
        pending = list(fids)
        while pending and len(seen) < MAX_FUNCTIONS:
            fid = pending.pop(0)
            if fid in seen or fid in without:
                continue
            seen[fid] = None
            pending.extend(sorted(self.graph.get(fid, ())))
        return tuple(seen)

    # -- single places ----------------------------------------------------------------------------

    def _add_methods(self) -> None:
        """`user.check_pw(request.form["password"])`: whose method it is may not be known, its name is."""
        judging = {
            function.name.rpartition(".")[2]
            for fid in self.checks
            if (function := self.origins.linker.functions[fid]).owner
        }
        if not judging:
            return
        for fid in self.origins.linker.functions:
            if self.origins.linker.functions[fid].name.rpartition(".")[2] in judging:
                continue
            definitions = self.origins.view.definitions(fid)
            found = [
                PasswordCheck(fid, instr, "verify")
                for instr in self.origins.linker.contents(fid).calls
                if (callee := definitions.get(instr.args[0])) is not None
                and callee.op == Op.ATTR
                and callee.name in judging
                and not self.origins.targets(fid, instr)
                and any(is_password(name) for value in instr.args[1:] for name in self.naming.of(fid, value))
            ]
            known = {check.instr.dst for check in self.checks.get(fid, ())}
            if any(check.instr.dst not in known for check in found):
                added = (check for check in found if check.instr.dst not in known)
                self.checks[fid] = (*self.checks.get(fid, ()), *added)

    def _checks(self, fid: str, body: list[Instr]) -> Iterator[PasswordCheck]:
        found = list(self._all_checks(fid, body))
        if any(check.plain for check in found) and self._hashes(fid, body):
            # `if (user.password !== dto.password) user.password = await hash(...)`: whether it changed.
            found = [check for check in found if not (check.plain and check.how == "compare")]
        yield from found

    def _hashes(self, fid: str, body: list[Instr]) -> bool:
        """Whether a function hashes passwords for the store."""
        return any(
            isinstance(row.concept, PasswordHash)
            for instr in body
            if instr.op == Op.CALL
            for row in self.origins.call_rows(fid, instr)
        )

    def _all_checks(self, fid: str, body: list[Instr]) -> Iterator[PasswordCheck]:
        for instr in body:
            if instr.op in (Op.CALL, Op.NEW):
                yield from self._called(fid, instr)
            elif instr.op == Op.COMPARE and instr.name in ("==", "!=", "===", "!==", "is", "is not"):
                yield from self._compared(fid, instr, instr.args)

    def _comparer(self, fid: str) -> tuple[str, str, bool] | None:
        """The two parameters that a function of the project's own compares, and whether it may hash one."""
        for instr in self.origins.linker.contents(fid).calls:
            callee = self.origins.view.definitions(fid).get(instr.args[0])
            if callee is not None and words(callee.name) in COMPARERS and len(instr.args) > 2:
                one, other = (tuple(self.naming.parameters(fid, value)) for value in instr.args[1:3])
                if len(one) == len(other) == 1 and one != other:
                    # `equal(Buffer.from(hash(typed)), Buffer.from(kept))`: what is made of one is compared.
                    hashes = words(callee.name) in HASHING_COMPARERS
                    return one[0], other[0], hashes or self.computed.any_made(fid, instr.args[1:3])
        return None

    def _called(self, fid: str, instr: Instr) -> Iterator[PasswordCheck]:
        concepts = self.origins.concepts(fid, instr.dst)
        if concepts and any(isinstance(concept, OtpVerify) for concept in concepts):
            yield PasswordCheck(fid, instr, "code")
            return
        if concepts and any(isinstance(concept, PasswordVerify) for concept in concepts):
            if not names_no_password(instr):
                yield PasswordCheck(fid, instr, "verify")
            return
        if concepts and any(isinstance(concept, PasswordPolicy) for concept in concepts):
            # `validate_password(new, user)` asks how strong it is.
            return
        callee = self.origins.view.definitions(fid).get(instr.args[0])
        if callee is not None and words(callee.name) in COMPARERS:
            sides = instr.args[1:3]
            pair = (*callee.args[:1], *sides) if len(sides) == 1 else sides
            yield from self._compared(fid, instr, pair, words(callee.name) in HASHING_COMPARERS)
            return
        for target in self.origins.targets(fid, instr) if self._comparers else ():
            if target in self._comparers:
                arguments = self.origins.arguments(instr, target)
                one, other, hashes = self._comparers[target]
                handed = tuple(arguments[name] for name in (one, other) if name in arguments)
                yield from self._compared(fid, instr, handed, hashes)
                return
        if callee is not None and judges_form(callee, instr):
            return
        if callee is not None and _verifies(callee.name) and not self.origins.targets(fid, instr):
            given = any(
                is_password(name) for value in instr.args[1:] for name in self.naming.of(fid, value)
            ) or any(key is not None and is_password(key) for key in instr.keys)
            if given and not self._logs_in_elsewhere(fid, instr):
                yield PasswordCheck(fid, instr, "verify")
                return
        if self._is_given_both(fid, instr):
            yield PasswordCheck(fid, instr, "verify")
            return
        touch = access_at(self.origins, fid, instr)
        if touch is not None and touch.operation in ("read", "list"):
            for name, atoms in touch.keys:
                typed = is_password(name) or is_password_hash(name) or is_of_password(atoms)
                if typed and is_given(atoms):
                    yield PasswordCheck(fid, instr, "query", is_password(name) and is_exact(atoms))
                    return
            if self._asks_for_code(fid, touch):
                yield PasswordCheck(fid, instr, "code")

    def _logs_in_elsewhere(self, fid: str, call: Instr) -> bool:
        """Whether the service itself logs in to another one: `smtplib.SMTP(host).login(user, password)`."""
        callee = self.origins.view.definitions(fid).get(call.args[0])
        made = self.origins.resolved(fid, callee.args[0]) if callee is not None and callee.args else None
        rows = self.origins.call_rows(*made) if made is not None and made[1].op == Op.CALL else ()
        return any(isinstance(row.concept, OutboundRequest) for row in rows)

    def _is_given_both(self, fid: str, call: Instr) -> bool:
        """Whether a function from elsewhere gets a typed password and what is kept of one: it compares them,
        whatever it is called."""
        if len(call.args) < 3 or self.origins.targets(fid, call):
            return False
        kept = [value for value in call.args[1:] if any(map(is_password_hash, self.naming.of(fid, value)))]
        return bool(kept) and any(
            value not in kept
            and self.is_raw(fid, value)
            and any(map(is_password, self.naming.of(fid, value)))
            for value in call.args[1:]
        )

    def _asks_for_code(self, fid: str, touch: Touch) -> bool:
        """Whether something is looked up by a code that the client sends: `WHERE phone = ? AND code = ?`."""
        about = words(f"{touch.resource} {self.origins.linker.functions[fid].name}")
        # One that ends, of somebody: `{ user_id: user.id, code, until }`.
        ends = len(touch.keys) > 2 and any(UNTIL.search(words(name)) for name, _ in touch.keys)
        for name, atoms in touch.keys:
            sent = any(a.kind == "input" and a.name in ("body", "form", "json", "query") for a in atoms)
            if not sent and not any(a.kind == "parameter" for a in atoms):
                continue
            called = {words(name), *(words(atom.path[-1]) for atom in atoms if atom.path)}
            if any(CODE.search(one) for one in called):
                return True
            bare = any(map(BARE_CODE.match, called))
            if bare and (ends or PROVES.search(about) or self._opens_within(fid)):
                return True
        return False

    def _opens_within(self, fid: str) -> bool:
        """The same of what a function gives to others to run: `req.session.regenerate(() => { ... })`."""
        path, _, name = fid.partition("::")
        inner = (n for n in self.origins.linker.modules[path].functions if n.startswith(f"{name}."))
        return self.opens_session(fid) or any(self.opens_session(f"{path}::{n}") for n in inner)

    def opens_session(self, fid: str) -> bool:
        """Whether a function says in a session who is there, or has a library do so."""
        definitions = self.origins.view.definitions(fid)
        for instr in self.origins.linker.code(fid):
            held = definitions.get(instr.args[0]) if instr.args else None
            if held is None:
                continue
            if instr.op in (Op.SETATTR, Op.SETITEM) and held.name == "session" and len(instr.args) > 1:
                atoms = self.origins.of(fid, instr.args[-1])
                if any(atom.kind == "stored" for atom in atoms):
                    return True
            if instr.op == Op.CALL and _OPENS.match(words(held.name)):
                return True
        return False

    def _compared(
        self, fid: str, instr: Instr, given: tuple[int, ...], hashes: bool = False
    ) -> Iterator[PasswordCheck]:
        definitions = self.origins.view.definitions(fid)
        sides = [definitions.get(value) for value in given]
        if len(sides) != 2 or sides[0] is None or sides[1] is None:
            return
        for (one, typed), (other, held) in (
            ((given[0], sides[0]), (given[1], sides[1])),
            ((given[1], sides[1]), (given[0], sides[0])),
        ):
            names = self.naming.of(fid, one)
            if (
                self._is_digest(fid, one, names)
                and self.computed.is_made(fid, other)
                and self.computed.holds_password(fid, other)
            ):
                # Whatever a project calls the digest that it keeps.
                yield PasswordCheck(fid, instr, "compare")
                return
            if not any(is_password(name) or is_password_hash(name) for name in names):
                named = held.op == Op.CONST or any(is_kind(definitions, side) for side in (typed, held))
                asked = self._is_code(fid, other, names) or self._meets_code(fid, one, other)
                if not named and asked and self.is_kept(fid, other):
                    yield PasswordCheck(fid, instr, "code")
                    return
                continue
            kept = self.origins.resolved(fid, other)
            if typed.op == Op.UNARY:
                # `typeof password === "string"`
                continue
            if kept is not None and kept[1].op == Op.CONST:
                if (
                    isinstance(kept[1].value, str)
                    and kept[1].value
                    and held.name not in ("null", "undefined")
                    and not self._is_stored(fid, one)
                ):
                    yield PasswordCheck(fid, instr, "constant")
                    return
                continue
            if self._is_deployed(fid, other):
                yield PasswordCheck(fid, instr, "constant")
                return
            if typed.op == Op.CALL and typed.args and counts(definitions.get(typed.args[0])):
                continue
            if self.computed.is_hash(fid, other):
                yield PasswordCheck(fid, instr, "compare")
                return
            if any(_TWICE.search(words(name)) for name in names):
                continue
            if any(_CALLED.fullmatch(words(name)) for name in self.naming.of(fid, other)):
                # `password === user.username`: as a password, it is refused.
                continue
            if self.is_kept(fid, other) and not self.is_kept(fid, one):
                raw = self.is_raw(fid, one) and any(is_password(name) for name in names)
                plain = raw and not hashes and not self.computed.is_made(fid, other)
                yield PasswordCheck(fid, instr, "compare", plain)
                return

    def _is_digest(self, fid: str, value: int, names: Iterable[str]) -> bool:
        """Whether a value is what is kept of a password, by where it comes from or by its name."""
        if any(atom.kind == "input" and atom.exact for atom in self.origins.of(fid, value)):
            return False
        return (
            self._is_stored(fid, value)
            or any(_DIGEST.search(words(name)) for name in names)
            or self._is_own(fid, value)
            or self._is_handed_kept(fid, value)
        )

    def _is_handed_kept(self, fid: str, value: int) -> bool:
        """Whether callers hand in what is kept, or the account that it is kept of."""
        return any(
            any(map(_is_digest_name, self.naming.of(home, given))) or self.is_kept(home, given)
            for atom in self.origins.of(fid, value)
            if atom.kind == "parameter" and atom.name == fid and atom.path
            for home, given in self.naming.given(fid, atom.path[0])
        )

    def _is_own(self, fid: str, value: int) -> bool:
        """`self.secret`, `this.secret`: a field of the account whose method this is."""
        found = self.origins.resolved(fid, value)
        if found is None or found[1].op != Op.ATTR:
            return False
        base = self.origins.view.definitions(found[0]).get(found[1].args[0])
        return base is not None and base.op == Op.LOAD and base.name in ("self", "this")

    def _is_deployed(self, fid: str, value: int) -> bool:
        """Whether a value is one that whoever deploys the service sets: no account's, and in no store."""
        found = self.origins.resolved(fid, value)
        home, number = (found[0], found[1].dst) if found is not None else (fid, value)
        return evaluate(ValueView(self.origins.view, home, number)).from_environment

    def _is_code(self, fid: str, held: int, typed: Iterable[str]) -> bool:
        """Whether a one-time code is compared: what was typed, or what it is compared with, is called so."""
        spelled = [words(name) for name in typed]
        if any(CODE.search(name) for name in spelled):
            return True
        return any(name in ("code", "token", "digits") for name in spelled) and (
            any(CODE.search(words(name)) for name in self.naming.of(fid, held))
            or is_kept_code(self.origins, fid, held)
        )

    def _meets_code(self, fid: str, made: int, held: int) -> bool:
        """Whether what is made of a sent code meets the stored one: `same(user.code, sha(sent))`, or what a
        function is given, whatever it calls it: `user.otp_code != given`."""
        kept = [words(name) for name in self.naming.of(fid, held)]
        if not any(name == "code" or CODE.search(name) for name in kept):
            return self._meets_entry(fid, made, held)
        given = self.origins.of(fid, made)
        handed = any(map(CODE.search, kept)) and any(
            a.kind == "parameter" and len(a.path) == 1 for a in given
        )
        return handed or any(
            a.kind == "input" and BARE_CODE.match(words(a.path[-1])) for a in given if a.path
        )

    def _meets_entry(self, fid: str, made: int, held: int) -> bool:
        """Whether what is sent as a code, or made of it, meets an entry that a store keeps: whatever its key
        says, as in `login:{phone}`, what is sent says what it is."""
        kept = kept_value(self.origins, fid, held)
        if kept is None:
            return False
        given = {
            words(a.path[-1])
            for a in self.origins.of(fid, made)
            if a.path and a.kind in ("input", "parameter")
        }
        if any(map(CODE.search, given)):
            return True
        says = is_kept_code(self.origins, fid, held) or PROVES.search(kept.named) is not None
        return says and any(map(BARE_CODE.match, given))

    def _is_stored(self, fid: str, value: int) -> bool:
        """Whether a value is a member of a stored account, as `user.password == "LDAP"` asks for its kind."""
        atoms = self.origins.of(fid, value)
        if atoms and all(atom.kind in ("stored", "principal") for atom in atoms):
            return True
        if any(atom.kind == "input" and atom.exact for atom in atoms):
            return False
        found = self.origins.resolved(fid, value)
        if found is None or found[1].op != Op.ATTR:
            return False
        base = self.origins.view.definitions(found[0]).get(found[1].args[0])
        if base is None or words(base.name) not in ("user", "account", "current_user", "member"):
            return False
        # A parameter may be what was typed into a form.
        given = {param.name for param in self.origins.linker.functions[found[0]].params}
        return base.op != Op.LOAD or base.name not in given

    def is_kept(self, fid: str, value: int) -> bool:
        """Whether a value is what is stored: read from an object that no client sends."""
        atoms = self.origins.of(fid, value)
        if kept_value(self.origins, fid, value) is not None:
            return True
        if any(
            atom.kind == "stored" or (atom.kind == "credential" and atom.name == "session" and atom.path)
            for atom in atoms
        ):
            return True
        if any(atom.kind in ("input", "credential") and atom.name != "session" for atom in atoms):
            return False
        found = self.origins.resolved(fid, value)
        if found is None:
            return False
        instr = found[1]
        if instr.op in (Op.ATTR, Op.ITEM):
            name = instr.name if instr.op == Op.ATTR else str(instr.value or "")
            base = self.origins.view.definitions(found[0]).get(instr.args[0])
            typed = base is not None and base.op in (Op.LOAD, Op.ATTR) and _FROM_CLIENT.search(base.name)
            return not typed and not _AGAIN.search(words(name))
        return instr.op == Op.CALL and self.computed.is_made(fid, value)

    def is_raw(self, fid: str, value: int, depth: int = 0) -> bool:
        """Whether a value is what was typed, not what some function made of it."""
        found = self.origins.resolved(fid, value)
        if found is None:
            return False
        home, instr = found
        definitions = self.origins.view.definitions(home)
        match instr.op:
            case Op.LOAD:
                return self._loads_raw(home, instr, depth)
            case Op.ATTR | Op.ITEM:
                return self._reads_raw(home, instr, depth)
            case Op.LOGIC | Op.JOIN:
                return any(self.is_raw(home, inner, depth) for inner in instr.args)
            case Op.CALL:
                callee = definitions.get(instr.args[0])
                if callee is not None and callee.name in _ENCODERS:
                    return any(self.is_raw(home, inner, depth) for inner in instr.args[1:2])
                if callee is None or callee.name not in (*SAME_DATA, *GETTERS):
                    return False
                if callee.op == Op.ATTR and callee.name not in GETTERS:
                    return self.is_raw(home, callee.args[0], depth)
                return callee.name in GETTERS or any(self.is_raw(home, v, depth) for v in instr.args[1:2])
        return False

    def _reads_raw(self, fid: str, read: Instr, depth: int) -> bool:
        """A field of what a function is given: hashed, where all who call it write it out so."""
        held = self.origins.view.definitions(fid).get(read.args[0])
        name = read.name if read.op == Op.ATTR else self.origins.constant(fid, read.args[1])
        if (
            held is None
            or held.op != Op.LOAD
            or depth >= 2
            or any(v >= 0 for v in self.origins.stores(fid, held))
        ):
            return True
        given = list(self.naming.given(fid, held.name))
        for home, value in given:
            found = self.origins.resolved(home, value)
            if found is not None and found[0] == home and self._is_set_before(home, found[1], name):
                continue
            if found is None or found[1].op != Op.COLLECT or name not in found[1].keys:
                return True
            if self.is_raw(found[0], found[1].args[found[1].keys.index(name)], depth + 1):
                return True
        return not given

    def _is_set_before(self, fid: str, given: Instr, name: object) -> bool:
        """`req.body.password = await hash(...)`: what is given on holds no longer what was typed."""
        definitions = self.origins.view.definitions(fid)
        return any(
            instr.op == Op.SETATTR
            and instr.name == name
            and (held := definitions.get(instr.args[0])) is not None
            and (held.op, held.name) == (given.op, given.name)
            and not self.is_raw(fid, instr.args[-1], 2)
            for instr in self.origins.linker.code(fid)
        )

    def _loads_raw(self, fid: str, load: Instr, depth: int) -> bool:
        """A variable with several values, or a parameter, which callers may give hashed."""
        stores = [value for value in self.origins.stores(fid, load) if value >= 0]
        if stores:
            return depth < 4 and all(v != load.dst and self.is_raw(fid, v, depth + 1) for v in stores)
        if depth >= 2:
            return True
        given = list(self.naming.given(fid, load.name))
        return not given or any(self.is_raw(home, value, depth + 1) for home, value in given)


def _is_digest_name(name: str) -> bool:
    return _DIGEST.search(words(name)) is not None


def _asks_password(use: Use[PasswordGate]) -> bool:
    selector = use.concept.strategy
    return not selector or option_of(use, selector).const in use.concept.strategies


@lru_cache(maxsize=50_000)
def _verifies(name: str) -> bool:
    return _VERIFIES.match(words(name)) is not None
