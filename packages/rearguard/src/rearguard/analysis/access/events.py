"""What happens while a function runs, in order, and under which conditions; calls are followed."""

from __future__ import annotations

from collections.abc import Iterator

from rearguard.analysis.access import slips
from rearguard.analysis.access.alternatives import Alternative, alternatives
from rearguard.analysis.access.atoms import Atom, shown_at, union
from rearguard.analysis.access.beside import parts_of_queries
from rearguard.analysis.access.caught_errors import answered_apart, raised
from rearguard.analysis.access.chosen import Chosen
from rearguard.analysis.access.denials import denial_status, denial_value, is_redirect, notes_error
from rearguard.analysis.access.dispatch import of_class, saved
from rearguard.analysis.access.effects import effect
from rearguard.analysis.access.facts import Condition, Conditions, Fact, compatible, in_terms, leaving, under
from rearguard.analysis.access.held import Held, ruled_out
from rearguard.analysis.access.looked_at import checked_by, kept_for
from rearguard.analysis.access.origins import RECEIVER, Origins
from rearguard.analysis.access.principals import ROLE, asks_role, is_caller, is_credential, is_mark
from rearguard.analysis.access.ranks import with_roles
from rearguard.analysis.access.records import filled, is_kept, saves, stored_writes
from rearguard.analysis.access.resources import access_at
from rearguard.analysis.access.spelled import spelled_out
from rearguard.analysis.access.tests import Tests, asks_above, asks_address
from rearguard.link import function_id
from rearguard.models.concepts import (
    Exit,
    Guard,
    HtmlResponse,
    PasswordVerify,
    ResponseBody,
    TemplateRender,
    TokenVerify,
)
from rearguard.program import (
    Block,
    If,
    Instr,
    Loop,
    Op,
    Span,
    Switch,
    Try,
    With,
    deciding,
    instructions,
)

MAX_FACTS = 240
MAX_DEPTH = 6
MAX_WALKS = 8
"""Times that a function is walked at one depth where calls are cut: functions that all call one another would
be walked without end. What they do then is what they did the last time."""
_AS_BOOLEAN = frozenset({"bool", "Boolean", "resolve", "of"})
"""Functions that hand on whether their argument holds: `bool(x)`, `Promise.resolve(x)`, `of(x)`."""
_CONTINUES = frozenset({"next", "call_next", "get_response"})


class Events:
    """Facts of functions, remembered; in terms of each function's own parameters."""

    def __init__(self, origins: Origins) -> None:
        self.origins = origins
        self._facts: dict[tuple[str, bool], tuple[Fact, ...]] = {}
        self._deep: dict[tuple[str, bool, int], list[tuple[Fact, ...]]] = {}
        """The same at the depths where it is cut, at each time that it was asked for."""
        self._open: set[str] = set()

    def forget(self) -> None:
        """Drop everything, after origins have changed."""
        self._facts.clear()
        self._deep.clear()

    def of(self, fid: str) -> tuple[Fact, ...]:
        """What happens when the function runs, calls included."""
        return self._read(fid, False)

    def verdict(self, fid: str) -> tuple[Fact, ...]:
        """The same of a function whose false answer refuses the request."""
        return self._read(fid, True)

    def _read(self, fid: str, decides: bool) -> tuple[Fact, ...]:
        known = self._facts.get((fid, decides))
        if known is not None:
            return known
        depth = len(self._open)
        if fid in self._open or depth > MAX_DEPTH or fid not in self.origins.linker.functions:
            return ()
        is_deep = depth >= MAX_DEPTH - 1
        walked = self._deep.setdefault((fid, decides, depth), []) if is_deep else []
        if len(walked) >= MAX_WALKS:
            return walked[-1]
        self._open.add(fid)
        try:
            walk = _Walk(self, fid, decides)
            walk.block(self.origins.linker.functions[fid].body, ())
        finally:
            self._open.discard(fid)
        found = tuple(leaving(walk.facts))[:MAX_FACTS]
        if is_deep:
            walked.append(found)
        else:
            self._facts[fid, decides] = found
        return found


def _asks_who(condition: Condition) -> bool:
    """Whether a test looks at the caller alone."""
    return bool(condition.atoms) and all(is_caller(atom) for atom in condition.atoms)


def _says_of_itself(atom: Atom) -> bool:
    """Something that the client says without proof: input, or a cookie that nothing signs."""
    if atom.kind == "parameter":
        # Which part of the request a framework puts there, only the route says: `@Headers('x-role') role`.
        return bool(atom.path) and ROLE.search(atom.path[-1]) is not None
    return atom.kind == "input" or (atom.kind == "credential" and atom.name in ("cookie", "cookies"))


ABOVE = "above"
"""What a refusal says that is the library's: `return super.canActivate(context)`."""


class _Walk:
    """Walks one function's regions."""

    def __init__(self, events: Events, fid: str, decides: bool = False) -> None:
        self.decides = decides
        self.events = events
        self.origins = events.origins
        self.fid = fid
        self.path = self.origins.linker.module_of[fid]
        self.definitions = self.origins.view.definitions(fid)
        self.tests = Tests(self.origins, fid)
        self.facts: list[Fact] = []
        self.held = Held(self.origins, fid, events.of)
        self.chosen = Chosen(self.origins, fid)
        body = self.origins.linker.code(fid)
        self.commits = any(saves(self.origins, fid, i) for i in body)
        self.used = {value for i in body for value in i.args} | set(
            deciding(self.origins.linker.functions[fid].body)
        )
        self.is_read_only = not self.commits
        self.beside = parts_of_queries(self.origins, fid)

    def span(self, instr: Instr) -> Span:
        return Span(self.path, instr.start, instr.end)

    # -- regions ----------------------------------------------------------------------------------

    def block(self, block: Block, conditions: Conditions) -> bool:
        """Walk a block; true when its end is never reached."""
        return self._walk(block, conditions)[0]

    def _walk(self, block: Block, conditions: Conditions) -> tuple[bool, Conditions]:
        """Whether a block's end is never reached, and the conditions that hold at its last statement."""
        first = len(self.facts)
        for statement in block:
            if type(statement) is Instr:
                left = self.step(statement, conditions)
            else:
                left, conditions = self.region(statement, conditions)
            if left:
                self._mark_leaving(first, len(conditions))
                return True, conditions
        return False, conditions

    def _mark_leaving(self, first: int, depth: int) -> None:
        """Denials of a block that leaves do leave; those of an `if` in it do not, which went on."""
        for index in range(first, len(self.facts)):
            fact = self.facts[index]
            own = fact.fid == self.fid and len(fact.conditions) <= depth
            if own and fact.kind == "denial" and not fact.leaves:
                self.facts[index] = fact._replace(leaves=True)

    def region(self, region: object, conditions: Conditions) -> tuple[bool, Conditions]:
        """Whether control leaves for good, and the conditions that hold behind."""
        match region:
            case If():
                return self._if(region, conditions)
            case Loop():
                self.block(region.head, conditions)
                inner = conditions
                if region.cond >= 0:
                    inner = (*conditions, *self.tests.parts(region.cond, True))
                self.block(region.body, inner)
                return self.block(region.orelse, conditions), conditions
            case Try():
                return self._try(region, conditions)
            case Switch():
                tested = self.tests.condition(region.subject, True)
                ends = []
                for case in region.cases:
                    self.block(case.head, conditions)
                    held = tested._replace(value=-1) if case.tests else tested
                    ends.append(self.block(case.body, (*conditions, held)))
                default = any(not case.tests and case.guard < 0 for case in region.cases)
                return bool(ends) and all(ends) and default, conditions
            case With():
                return self.block(region.body, conditions), conditions
        return False, conditions

    def _if(self, region: If, conditions: Conditions) -> tuple[bool, Conditions]:
        when, otherwise = self.tests.parts(region.cond, True), self.tests.parts(region.cond, False)
        self._note_said(when, conditions)
        if notes_error(region.then, self.definitions):
            self._note_refused(when, conditions)
        first = len(self.facts)
        then_left, then_end = self._walk(region.then, (*conditions, *when))
        then_left = self._turned_away(then_left, first, when, region, conditions)
        if then_left:
            self.facts.extend(self.held.sent(region.cond))
        self.facts[first:] = slips.lost_verdicts(self.origins, self.fid, region.cond, self.facts[first:])
        second = len(self.facts)
        if then_left:
            # Whether what follows stands in an `else` or behind the `if` is a matter of taste.
            otherwise = self._settled(otherwise, self.facts[first:])
        else_left, else_end = self._walk(region.orelse, (*conditions, *otherwise))
        if else_left and (settled := self._settled(when, self.facts[second:])) != when:
            known = dict(zip(when, settled, strict=True))
            self.facts[first:second] = under(self.facts[first:second], known)
        for index in range(first, len(self.facts)):
            fact, side = self.facts[index], index < second
            self.facts[index] = fact._replace(branches=((self.fid, region.cond, side), *fact.branches))
        if then_left and else_left:
            return True, conditions
        if then_left:
            return False, (*conditions, *otherwise)
        if else_left:
            return False, (*conditions, *self._settled(when, self.facts[second:]))
        went_on = [
            any(f.kind == "continue" for f in part)
            for part in (self.facts[first:second], self.facts[second:])
        ]
        if all(went_on):
            # Whoever was not let on by either of the two ways: `if by_team: if member: return view(request)`.
            ends = (*then_end[len(conditions) + len(when) :], *else_end[len(conditions) + len(otherwise) :])
            return False, (*conditions, *(c for c in ends if any(map(is_credential, c.atoms))))
        return False, conditions

    def _note_said(self, tests: Conditions, conditions: Conditions) -> None:
        """Tests of what the client says of itself."""
        for test in tests:
            if any(_says_of_itself(atom) for atom in test.atoms):
                self.facts.append(Fact("tested", test.span, self.fid, test.value, (*conditions, test)))

    def _note_refused(self, when: Conditions, conditions: Conditions) -> None:
        """Inputs that an error is noted of, for the client to read and nothing to be stored."""
        for tested in when:
            looked = frozenset(
                a for a in tested.atoms if a.kind == "input" and not (tested.presence and a.exact)
            )
            if looked:
                self.facts.append(
                    Fact("checked", tested.span, self.fid, tested.value, conditions, atoms=looked)
                )

    def _turned_away(
        self, left: bool, first: int, when: Conditions, region: If, conditions: Conditions
    ) -> bool:
        """Callers whom nothing is known of get an answer that shows nothing: `if (!user) return page`."""
        inner = self.facts[first:]
        happens = ("denial", "touch", "effect", "session", "verify", "continue")
        tested = when[-1] if when else None
        if not left:
            self._sent_on(first, when, region, conditions)
            return left
        if tested is None or any(fact.kind in happens for fact in inner):
            return left
        if _asks_who(tested) and self.tests.is_absence(tested):
            role = asks_role(tested.atoms, tested.presence) or (tested.presence and is_mark(tested.atoms))
            code = list(instructions(region.then))
            calls = [i for i in code if i.op in (Op.CALL, Op.NEW)]
            # What is thrown ends the request, whatever it says.
            ends = any(i.op == Op.RAISE for i in code) or any(map(self._never_returns, calls))
            if role and not ends and not any(is_redirect(self.origins, self.fid, i) for i in calls):
                return left
            span = Span(self.path, region.start, region.end)
            fact = Fact("turned", span, self.fid, tested.value, (*conditions, *when), 403 if role else 401)
            # Whoever lacks a role is refused, though politely: `if (!user.isAdmin) return redirect("/")`.
            self.facts.append(fact._replace(kind="denial", leaves=True) if ends or role else fact)
        return left

    def _sent_on(self, first: int, when: Conditions, region: If, conditions: Conditions) -> None:
        """Callers who lack a role, or are nobody, get an answer, and the code goes on for them."""
        tested = when[-1] if when else None
        only = all(f.kind in ("tested", "answer") or f.what == "read" for f in self.facts[first:])
        if tested is None or not (only and _asks_who(tested) and self.tests.is_absence(tested)):
            return
        if slips.answers_and_goes_on(self.origins, self.fid, region.then, self.used):
            span = Span(self.path, region.start, region.end)
            status = 403 if asks_role(tested.atoms, tested.presence) else 401
            fact = Fact("denial", span, self.fid, tested.value, (*conditions, *when), status)
            self.facts.append(fact._replace(leaves=False))

    @staticmethod
    def _settled(conditions: Conditions, before: list[Fact]) -> Conditions:
        """Conditions that hold behind a branch that left, by a refusal or otherwise."""
        refused = any(fact.kind in ("denial", "turned") for fact in before)
        return tuple(c._replace(settled=True) for c in conditions) if refused else conditions

    def _try(self, region: Try, conditions: Conditions) -> tuple[bool, Conditions]:
        first = len(self.facts)
        left, reached = self._walk(region.body, conditions)
        for index in range(first, len(self.facts) if region.handlers else first):
            if self.facts[index].kind == "verify":
                # What it raises is caught, and what the handlers say decides.
                self.facts[index] = self.facts[index]._replace(leaves=False)
        if not left:
            left = self.block(region.orelse, conditions)
        tried = [i for i in instructions(region.body) if i.op in (Op.CALL, Op.NEW)]
        atoms = union(self.origins.of(self.fid, i.dst) for i in tried)
        schema = any(self.tests.is_schema(i) for i in tried)
        caught = Condition(atoms, True, Span(self.path, region.start, region.end), self.fid, -1, schema)
        # Requests that left the body early, by their address, raise nothing that is caught.
        passed = tuple(c for c in reached[len(conditions) :] if asks_address(self.origins, self.fid, c))
        handlers = []
        for index, handler in enumerate(region.handlers):
            start = len(self.facts)
            handlers.append(self.block(handler.body, (*conditions, *passed, caught)))
            answered_apart(self.origins, self.fid, region, index, start, self.facts)
        final = self.block(region.final, conditions)
        return final or (left and bool(handlers) and all(handlers)) or (left and not handlers), conditions

    # -- instructions -----------------------------------------------------------------------------

    def step(self, instr: Instr, conditions: Conditions) -> bool:
        """One instruction; true when control leaves here."""
        if instr.op in (Op.CALL, Op.NEW):
            return self._call(instr, conditions)
        if instr.op == Op.RAISE:
            status = denial_value(self.origins, self.fid, instr.args[0]) if instr.args else 0
            if not status and self.decides and any(c.atoms for c in conditions):
                # Whatever a guard throws, the request ends there.
                status = 403
            if status:
                what = raised(self.origins, self.fid, instr)
                self._deny(instr, status, conditions, True, what)
            return True
        if instr.op == Op.RETURN:
            status = denial_value(self.origins, self.fid, instr.args[0], returned=True) if instr.args else 0
            if status:
                self._deny(instr, status, conditions, True)
            elif self.decides and instr.args:
                self._judge(instr, instr.args[0], conditions)
            self.facts.extend(self.held.returned(instr, conditions))
            return True
        if instr.op in (Op.BREAK, Op.CONTINUE):
            return True
        if instr.op in (Op.SETATTR, Op.SETITEM):
            self._session(instr, conditions)
            written = stored_writes(self.origins, self.fid, instr)
            kept = written is not None and self.commits and is_kept(self.origins, self.fid, instr, written)
            # `user.set_password(text)`, and whoever calls it saves the user.
            left = written is not None and any(atom.path == (RECEIVER,) for atom in written.subject)
            if kept or left:
                kind = "touch" if kept else "unsaved"
                fact = Fact(kind, self.span(instr), self.fid, instr.dst, conditions, touch=written)
                self.facts.append(fact)
        elif instr.op == Op.STORE and conditions:
            self.facts.extend(kept_for(self.origins, self.fid, instr, conditions))
            self.chosen.store(instr, conditions)
            self.held.store(instr, conditions)
        elif instr.op == Op.COLLECT and "**" in instr.keys:
            self._overwritten(instr, conditions)
        elif instr.op == Op.ASSERT:
            failed = self.tests.condition(instr.args[0], False)
            if any(atom.kind == "principal" for atom in failed.atoms):
                self._deny(instr, 403, (*conditions, failed), True)
        return False

    def _judge(self, instr: Instr, value: int, conditions: Conditions, depth: int = 0) -> None:
        """`return user.is_admin`: who gets something false for an answer is refused."""
        made = self.definitions.get(value)
        if made is None or depth > 6:
            return
        if made.op == Op.CONST:
            if not made.value:
                self._deny(instr, 403, conditions, True)
        elif made.op == Op.AWAIT:
            self._judge(instr, made.args[0], conditions, depth + 1)
        elif made.op == Op.LOGIC and made.name == "and":
            for part in made.args:
                self._judge(instr, part, conditions, depth + 1)
        elif made.op == Op.CALL and self.tests.callee(made) in _AS_BOOLEAN and len(made.args) > 1:
            self._judge(instr, made.args[-1], conditions, depth + 1)
        elif made.op == Op.CALL and any(True for _ in self.origins.runs(self.fid, made)):
            for target in self.origins.runs(self.fid, made):
                replaced = self.origins.binding(self.fid, made, target)
                self.facts.extend(in_terms(self.events.verdict(target), replaced, conditions))
        elif asks_above(self.origins, self.fid, made):
            # Whoever asks the library's guard refuses the strangers that this one refuses.
            known = frozenset((Atom("principal", "caller"),))
            stranger = Condition(known, False, self.span(made), self.fid, made.dst, presence=True)
            fact = Fact(
                "denial", self.span(instr), self.fid, instr.dst, (*conditions, stranger), 401, what=ABOVE
            )
            self.facts.append(fact)
        else:
            failed = self.tests.parts(value, False)
            self._note_said(tuple(c for c in failed if not any(map(is_caller, c.atoms))), conditions)
            status = 401 if all(c.presence for c in failed) else 403
            self._deny(instr, status, (*conditions, *failed), True)

    def _deny(self, instr: Instr, status: int, conditions: Conditions, leaves: bool, what: str = "") -> None:
        fact = Fact("denial", self.span(instr), self.fid, instr.dst, conditions, status, None, what)
        self.facts.append(fact._replace(leaves=leaves))

    def _call(self, instr: Instr, conditions: Conditions) -> bool:
        origins, fid = self.origins, self.fid
        name = self.tests.callee(instr)
        for made in self._closures(instr):
            self._follow(made, instr, conditions, same=True)
        for callback, value in origins.callbacks(fid, instr):
            self._called_back(callback, value, conditions)
        self.facts.extend(checked_by(origins, fid, instr, name, conditions))
        for concept in origins.concepts(fid, instr.args[0]):
            if isinstance(concept, Guard) and concept.kind in ("authentication", "csrf"):
                # `passport.authenticate(...)(req, res, next)` inside a middleware; a form with a token.
                guard = Fact("guard", self.span(instr), fid, instr.dst, conditions, what=concept.kind)
                self.facts.append(guard)
        ways = self.chosen.ways(instr, self.span(instr)) if name in _CONTINUES else ()
        self.facts.extend(ways)
        status = 0 if ways else denial_status(origins, fid, instr)
        if status and name == "assert" and len(instr.args) > 1:
            # `ctx.assert(user, 401)` goes on where the value is there.
            self._deny(instr, status, (*conditions, self.tests.condition(instr.args[1], False)), True)
        elif status:
            self._deny(instr, status, conditions, False)
        # A WSGI server is told the status by a parameter that it gives (PEP 3333).
        handed_in = name in _CONTINUES or (name != "start_response" and origins.calls_parameter(fid, instr))
        if handed_in and not status and not ways:
            self.facts.append(Fact("continue", self.span(instr), fid, instr.dst, conditions))
        touch = access_at(origins, fid, instr)
        if touch is None and not self.is_read_only:
            touch = filled(origins, fid, instr)
        for found in alternatives(origins, fid, instr, touch):
            self._either(instr, found, conditions)
        if name in ("update", "assign"):
            self._overwritten(instr, conditions)
        if touch is not None and instr.dst not in self.beside:
            self.facts.append(Fact("touch", touch.span, fid, instr.dst, conditions, touch=touch))
        elif touch is None:
            self._effect(instr, name, conditions)
        self._answer(instr, conditions)
        targets = list(origins.runs(fid, instr))
        if not targets:
            self._verify(instr, conditions)
        elif origins.is_dispatched(fid, instr, targets) or (
            handed_in and (len(targets) > 1 or self._is_decorated(instr))
        ):
            # A decorator's wrapper, or `next`: of all that it is put around, one alone runs for a request.
            targets = []
        for target in targets if touch is None and not self.held.sends(instr.args[0]) else ():
            lost = self._lost(target, instr)
            if lost is None:
                self._follow(target, instr, conditions)
            else:
                self.facts.append(lost._replace(conditions=conditions))
        return self._never_returns(instr)

    def _either(self, instr: Instr, found: Alternative, conditions: Conditions) -> None:
        """The two sides of an `or` in a query's conditions."""
        for kind, atoms in (("limit", found.limits), ("or", found.other)):
            self.facts.append(Fact(kind, self.span(instr), self.fid, instr.dst, conditions, atoms=atoms))

    def _is_decorated(self, instr: Instr) -> bool:
        """`view(*args)` in the wrapper that a decorator puts around a view, which is looked at by itself."""
        owner = self.fid.rpartition(".")[0]
        function = self.origins.linker.functions.get(owner)
        return (
            self.path.endswith(".py")
            and function is not None
            and any(param.name == self.tests.callee(instr) for param in function.params)
        )

    def _lost(self, target: str, instr: Instr) -> Fact | None:
        """The check that a call makes to no avail."""
        if instr.dst in self.used or instr.op != Op.CALL:
            return None
        inner = self.events.of(target)
        return slips.not_awaited(self.origins, self.fid, instr, target, inner) or slips.unasked(
            self.origins, self.fid, instr, target, inner
        )

    def _overwritten(self, instr: Instr, conditions: Conditions) -> None:
        found = slips.overwritten(self.origins, self.fid, instr)
        if found is not None:
            self.facts.append(found._replace(conditions=conditions))

    def _session(self, instr: Instr, conditions: Conditions) -> None:
        """`session['user'] = name`: from here on the caller is somebody."""
        key = instr.name if instr.op == Op.SETATTR else instr.value
        if not isinstance(key, str):
            return
        held = self.origins.of(self.fid, instr.args[0])
        if any(a.kind == "credential" and a.name == "session" and a.exact and not a.path for a in held):
            given = self.origins.of(self.fid, instr.args[-1])
            self.facts.append(
                Fact("session", self.span(instr), self.fid, instr.args[-1], conditions, what=key, atoms=given)
            )

    def _answer(self, instr: Instr, conditions: Conditions) -> None:
        """What is sent back by a call."""
        # What may be markup or data (`res.send`) is asked for the data that it carries.
        rows = sorted(
            self.origins.call_rows(self.fid, instr), key=lambda row: not isinstance(row.concept, ResponseBody)
        )
        for row in rows:
            if isinstance(row.concept, TemplateRender | HtmlResponse):
                self.facts.append(Fact("answer", self.span(instr), self.fid, -1, conditions))
                return
            if isinstance(row.concept, ResponseBody):
                for value in self.origins.program.arguments(instr, row, -1):
                    given = self.origins.of(self.fid, value)
                    self.facts.append(
                        Fact("answer", self.span(instr), self.fid, value, conditions, atoms=given)
                    )
                return

    def _called_back(self, callback: str, value: int, conditions: Conditions) -> None:
        """Facts of a function handed over by name, or made by a call: `verify(token, key, done(req))`."""
        inner = self.events.of(callback)
        made = self.definitions.get(value)
        if made is not None and made.op == Op.CALL:
            for target in self.origins.runs(self.fid, made):
                replaced = self.origins.binding(self.fid, made, target)
                self.facts.extend(in_terms(inner, replaced, conditions))
        else:
            self.facts.extend(f._replace(conditions=(*conditions, *f.conditions)) for f in inner)

    def _verify(self, instr: Instr, conditions: Conditions) -> None:
        for concept in self.origins.concepts(self.fid, instr.dst):
            if isinstance(concept, TokenVerify):
                shown = shown_at(self.origins.span(self.fid, instr)) if concept.of_request else frozenset()
                given = union((shown, *(self.origins.of(self.fid, value) for value in instr.args[1:])))
                fact = Fact("verify", self.span(instr), self.fid, instr.dst, conditions, what=concept.path)
                sure = not self.origins.skips_verification(self.fid, instr)
                password = isinstance(concept, PasswordVerify)
                self.facts.append(fact._replace(atoms=given, leaves=sure, of_password=password))

    def _never_returns(self, instr: Instr) -> bool:
        program = self.origins.program
        refs = self.origins.linker.refs[self.fid][instr.args[0]]
        if not refs:
            return False
        targets = self.origins.runs(self.fid, instr)
        # What the review's own function may give is no answer of the call: `return found or abort(404)`.
        given = program.result_rows(self.origins.linker.refs[self.fid], instr) if not targets else ()
        if any(isinstance(row.concept, Exit) for row in (*program.rows(refs), *given)):
            return True
        return bool(targets) and all(self.origins.leaving.of(target) for target in targets)

    def _closures(self, instr: Instr) -> Iterator[str]:
        """Functions written out as arguments: the call runs them."""
        for value in instr.args[1:]:
            made = self.definitions.get(value)
            if made is not None and made.op == Op.FUNC:
                yield function_id(self.path, made.name)

    def _effect(self, instr: Instr, name: str, conditions: Conditions) -> None:
        what = effect(self.origins, self.fid, instr, name)
        if what:
            given = union(self.origins.of(self.fid, value) for value in instr.args[1:])
            self.facts.append(
                Fact("effect", self.span(instr), self.fid, instr.dst, conditions, what=what, atoms=given)
            )

    def _follow(self, target: str, instr: Instr, conditions: Conditions, same: bool = False) -> None:
        """Facts of what a call runs, in our terms."""
        if len(self.facts) >= MAX_FACTS:
            return
        inner = self.events.of(target)
        if not inner:
            return
        if same:
            self.facts.extend(f._replace(conditions=(*conditions, *f.conditions)) for f in inner)
            return
        replaced = self.origins.binding(self.fid, instr, target)
        bound = self.origins.arguments(instr, target)
        happening = (
            fact
            for fact in inner
            if not ruled_out(fact.conditions, target, bound, self.definitions, self.origins)
        )
        held = any(fact.kind == "held" for fact in inner)
        kept = saved(of_class(self.origins, self.fid, instr, target, happening), self.commits)
        if not self.origins.targets(self.fid, instr):
            # A record's own method, known by the record's name: what it reads counts, and what it changes it
            # may do behind a permission that was not read.
            kept = (fact for fact in kept if fact.touch is None or fact.touch.operation in ("read", "list"))
        kept = with_roles(
            self.origins, self.fid, instr, spelled_out(self.origins, self.fid, instr, target, kept)
        )
        self.facts.extend(self.held.give(instr, in_terms(kept, replaced, conditions), held))


__all__ = ["ABOVE", "Condition", "Events", "Fact", "compatible", "in_terms"]
