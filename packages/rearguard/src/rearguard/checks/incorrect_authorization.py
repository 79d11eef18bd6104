"""A check of who may do something must decide it."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from rearguard.analysis import Link
from rearguard.analysis.access import Access, Row, claims, marks, route_options
from rearguard.analysis.access.claims import Claim
from rearguard.analysis.access.facts import Fact
from rearguard.analysis.access.guards import Check, classify, compares_owner
from rearguard.analysis.access.inputs import CHANNELS
from rearguard.analysis.access.origins import CREDENTIAL_NAME
from rearguard.analysis.access.presence import spares_known
from rearguard.analysis.access.principals import (
    asks_role,
    is_caller,
    is_credential,
    is_open,
    within,
)
from rearguard.analysis.identity import is_password
from rearguard.checks.always_there import AlwaysThere, always_there
from rearguard.checks.base import Context, Draft, page, sentence, with_article
from rearguard.checks.belonging import is_of_any_membership
from rearguard.checks.endpoints import by_handler, endpoint_of, request
from rearguard.checks.escaped_limits import Escape, escaped_limits
from rearguard.checks.handed_roles import HandedRole, handed_role
from rearguard.checks.replaced_limits import Replaced, replaced_limits
from rearguard.checks.slipped_tests import Slipped, slipped_tests
from rearguard.checks.true_anyway import TrueAnyway, true_anyway
from rearguard.checks.vain_comparisons import Vain, vain
from rearguard.findings import Confidence, Finding, Request, Rule, Severity
from rearguard.program import Evidence, Op, Span, Step

_REFUSES = (401, 403)
_HIDES = 404
_MARK = re.compile(r"permission|roles?|polic|scopes?|abilit|access", re.IGNORECASE)
_GUARD = re.compile(r"guard", re.IGNORECASE)
MIN_MARKED = 3
"""Handlers on which a mark and a guard must stand together to belong together."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A check that exists and does not decide what it should."""

    place: Span
    message: str
    step: str
    confidence: Confidence
    reason: str
    advice: str


class IncorrectAuthorization:
    """See incorrect_authorization.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="incorrect-authorization",
            title="A check of access decides nothing, or the wrong thing",
            cwe=863,
            severity=Severity.HIGH,
            asvs=("v5.0.0-8.2.1",),
            api_top10=("API5:2023",),
            related=(285, 698, 252),
            page=page("incorrect-authorization"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per check that does not decide."""
        seen: set[Span] = set()
        for row, marker, guard in unread_markers(tuple(by_handler(context.matrix))):
            slip = _unread_marker(row, marker, guard)
            if slip.place not in seen:
                seen.add(slip.place)
                yield self._draft(context, row, slip)
        for row in by_handler(context.matrix):
            for slip in slips(context, row):
                if slip.place not in seen:
                    seen.add(slip.place)
                    yield self._draft(context, row, slip)

        rows = () if context.is_fragment else tuple(context.matrix)
        for row in by_handler(rows):
            handed = handed_role(context, row, rows)
            if handed is not None and handed.above and handed.place not in seen:
                seen.add(handed.place)
                yield self._draft(context, row, _handed(handed))

        for row in by_handler(context.matrix):
            for slip in _overlooked_marks(context, row):
                if slip.place not in seen:
                    seen.add(slip.place)
                    yield self._draft(context, row, slip)
        yield from self._gates(context, seen)

    def _gates(self, context: Context, seen: set[Span]) -> Iterator[Draft]:
        """Refusals that a cookie which nothing signs decides over, in routes and elsewhere."""
        origins, fids = context.matrix.origins, set[str]()
        for row in context.matrix:
            if row.surface is not None:
                fids.update(fact.fid for fact in row.surface.facts)
                for claim in claims.claims(row.surface, origins):
                    if (
                        claim.kind == "gate"
                        and claim.span not in seen
                        and row.authentication.state != "required"
                    ):
                        seen.add(claim.span)
                        yield self._draft(context, row, _gate(claim))
        for _, claim in claims.elsewhere(origins, context.matrix.events, fids):
            if claim.kind == "gate" and claim.span not in seen:
                seen.add(claim.span)
                yield self._draft(context, None, _gate(claim))

    def _draft(self, context: Context, row: Row | None, slip: Slip) -> Draft:
        endpoint = endpoint_of(context, row) if row is not None else None
        where = f"In {endpoint.name}, " if endpoint is not None else ""
        sent = (
            request(endpoint, "Authorization: Bearer $TOKEN_OF_SECOND_USER") if endpoint is not None else ""
        )
        effects = row.effects[:2] if row is not None else ()
        finding = Finding(
            rule=self.rule,
            location=slip.place,
            message=sentence(f"{where}{slip.message}."),
            why="The code looks guarded, and every caller gets through.",
            severity=self.rule.severity,
            confidence=slip.confidence,
            confidence_reason=slip.reason,
            evidence=Evidence((Step(slip.place, slip.step, "sink"), *effects)),
            advice=slip.advice,
            endpoint=endpoint,
            verification=(
                Request(
                    "Send the request as somebody who must be refused.",
                    sent,
                    "401 or 403, and nothing changed or shown.",
                ),
            ),
            subject=endpoint.name if endpoint is not None else slip.step,
        )
        return Draft(finding)


def unread_markers(rows: tuple[Row, ...]) -> Iterator[tuple[Row, Link, str]]:
    """Handlers that are marked with a permission, without the guard that reads such marks everywhere else."""
    marked: dict[str, list[tuple[Row, Link, frozenset[str]]]] = {}
    for row in rows:
        guards = frozenset(_said(link) for link in row.endpoint.chain if _GUARD.search(_said(link)))
        for link in row.endpoint.chain:
            if _MARK.search(_said(link)) and not _GUARD.search(_said(link)) and "(" in link.label:
                marked.setdefault(_said(link), []).append((row, link, guards))
    for held in marked.values():
        counts = Counter(guard for _, _, guards in held for guard in guards if _MARK.search(guard))
        for guard, count in counts.items():
            if count >= MIN_MARKED and count >= 0.8 * len(held):
                yield from ((row, link, guard) for row, link, guards in held if not guards & set(counts))


def _said(link: Link) -> str:
    return link.label.partition("(")[0].strip("@ ")


def _unread_marker(row: Row, marker: Link, guard: str) -> Slip:
    return Slip(
        marker.span,
        f"`{_said(marker)}` says what the caller must be allowed, and `{guard}`, which reads that on other handlers, "
        "does not run here",
        "names a permission that nothing asks for",
        Confidence.LIKELY,
        "almost all handlers with this mark have the guard, and this one does not",
        f"Put `{guard}` on this handler too.",
    )


def slips(context: Context, row: Row) -> tuple[Slip, ...]:
    """The checks of an endpoint that do not decide: whoever else looks at access stays silent about such."""
    held = context.notes.setdefault("slips", {})
    assert isinstance(held, dict)
    if id(row) not in held:
        # The row is kept with it, so that its number stays its own.
        held[id(row)] = row, tuple(_slips(context, row))
    found: tuple[Slip, ...] = held[id(row)][1]
    return found


def _slips(context: Context, row: Row) -> Iterator[Slip]:
    surface = row.surface
    if surface is None or row.public:
        return
    for fact in surface.facts:
        if fact.kind == "overrun" and fact.status in _REFUSES and _decides(context, row, fact):
            yield Slip(
                fact.span,
                "callers are refused here, and the handler goes on all the same",
                "an answer is given, and nothing stops what follows",
                Confidence.CERTAIN,
                "the refusal neither returns nor raises, and more happens behind it",
                "Return or raise where the caller is refused.",
            )
        # A refusal that a promise decides is none, whatever else is asked for; elsewhere a verdict may be for show.
        if fact.kind == "ignored" and (fact.status in _REFUSES or _is_alone(row)):
            yield Slip(
                fact.span,
                f"the verdict of `{fact.what.rpartition('.')[2]}` is lost: nothing waits for it or looks at it",
                "called, and its verdict is dropped",
                Confidence.CERTAIN,
                "the check's result is used nowhere, and it refuses nobody itself",
                "Wait for the check, and refuse the caller when it says no.",
            )
        if fact.kind == "denial" and fact.status in _REFUSES and _spares(fact):
            yield Slip(
                next(c.span for c in fact.conditions if compares_owner(c)),
                "whose the object is counts for nothing: the comparison only refuses callers who are not logged in",
                "true for everyone who is logged in, whatever is compared",
                Confidence.LIKELY,
                "a caller is refused only when both parts say no, and one of them says yes to every login",
                "Ask for the login and for the owner, both: `and` in place of `or`.",
            )
        if fact.kind == "denial" and fact.status in _REFUSES:
            yield from _negated(context, fact)
            yield from map(_holding, true_anyway(context, row, fact))
            yield from _mislaid(context, row, fact)
        if fact.kind == "denial" and fact.status in (*_REFUSES, _HIDES):
            yield from map(_no_answer, always_there(context, row, fact))
    yield from map(_slipped, slipped_tests(context, row))
    yield from map(_escaped, escaped_limits(row))
    yield from map(_replaced, replaced_limits(row))
    other = _other_thing(row)
    if other is not None:
        yield other
    for found in vain(context, row):
        yield _vain(found)
    for link, check in surface.apart:
        # Where nobody is asked at all, that is told.
        lacks = row.authorization.state == "none" and row.authentication.state == "required"
        if check.kind == "authorization" and check.strength == "required" and lacks:
            yield _apart(link)


def _overlooked_marks(context: Context, row: Row) -> Iterator[Slip]:
    """A mark on the class, which the guard never looks at: it asks for those of the method alone."""
    for fact in row.surface.facts if row.surface is not None else ():
        for condition in fact.conditions if fact.kind == "denial" else ():
            place = marks.overlooked(condition, row.endpoint, context.matrix.origins)
            if place is not None and condition.holds:
                yield Slip(
                    place,
                    "the class is marked with what its callers need, and the guard looks at the marks of methods alone",
                    "the marks of the method decide, and there are none",
                    Confidence.CERTAIN,
                    "what stands on the class is not among what the guard reads, so nobody is refused",
                    "Read the marks of the method and of its class, the method's first.",
                )


def _mislaid(context: Context, row: Row, fact: Fact) -> Iterator[Slip]:
    """What a guard asks of the route, where it does not look for it."""
    for condition in fact.conditions:
        found = route_options.mislaid(condition, row.endpoint, context.matrix.origins)
        if found is not None and condition.holds:
            yield Slip(
                found.place,
                f"`{found.name}` stands beside `{found.within}` among the route's options, and the guard looks within that "
                "alone: nobody is refused",
                f"not within `{found.within}`, where it is looked for",
                Confidence.CERTAIN,
                "the framework hands on what stands within, and takes no notice of an option that it does not know",
                f"Put it within: `{found.within}: {{ {found.name}: … }}`.",
            )


def _spares(fact: Fact) -> bool:
    """Whether a refusal that compares the owner never meets a caller who is logged in."""
    return any(spares_known(c) for c in fact.conditions) and any(compares_owner(c) for c in fact.conditions)


def _vain(found: Vain) -> Slip:
    if found.skips == "missing":
        return Slip(
            found.place,
            f"whose the {found.resource} is, is only asked where there is none: all that exist pass",
            "skipped for every object that is there",
            Confidence.CERTAIN,
            "a caller is refused only when the object is missing and, besides, not theirs",
            "Refuse when either is so: `or` in place of `and`.",
        )
    if found.skips:
        return Slip(
            found.place,
            f"whose the {found.resource} is, is not asked of callers with the role `{found.skips}`: they reach everybody's",
            "skipped for the very callers whose object it could be",
            Confidence.LIKELY,
            "a caller is refused only when both parts say no, and one says yes to all who have the role",
            "Refuse when either is so: `or` in place of `and`.",
        )
    if found.said:
        return Slip(
            found.place,
            f"whose the {found.resource} is, is compared with `{found.said}` of the request, and not with the caller",
            "compared with what the client sends",
            Confidence.LIKELY,
            f"whoever sends the right `{found.said}` passes, and the answer that shows the object may tell it",
            "Compare the owner with the session's or token's caller.",
        )
    return Slip(
        found.place,
        f"whose the {found.resource} is, is only asked where somebody is logged in: strangers pass",
        "skipped where nobody is logged in",
        Confidence.CERTAIN,
        "the comparison stands behind a test whether there is a caller, and nothing else asks for one",
        "Refuse callers who are not logged in first, or refuse unless the owner and the caller are the same.",
    )


def _negated(context: Context, fact: Fact) -> Iterator[Slip]:
    """`!user.role === "staff"`: yes or no is compared with a text, and neither is ever the same."""
    for condition in fact.conditions:
        definitions = context.view.definitions(condition.fid)
        pending = [condition.value]
        while pending:
            instr = definitions.get(pending.pop())
            if instr is not None and instr.op == Op.LOGIC:
                pending.extend(instr.args)
            if instr is None or instr.op != Op.COMPARE or instr.name not in ("==", "==="):
                continue
            parts = [part for part in map(definitions.get, instr.args) if part is not None]
            negated = any(part.op == Op.UNARY and part.name == "not" for part in parts)
            text = any(part.op == Op.CONST and isinstance(part.value, str) for part in parts)
            if negated and text and any(map(is_caller, context.matrix.origins.of(condition.fid, instr.dst))):
                yield Slip(
                    context.view.span(condition.fid, instr.start, instr.end),
                    "the negation belongs to the value alone, and yes or no is never the same as a text: nobody is refused",
                    "compares yes or no with a text",
                    Confidence.CERTAIN,
                    "`!` binds more tightly than the comparison",
                    "Write `!==`, or put the comparison in parentheses.",
                )


def _holding(found: TrueAnyway) -> Slip:
    """A part of a check that everybody meets."""
    what = (
        "a text is always true"
        if found.is_constant
        else "every such object has one, and it is compared with nothing"
    )
    return Slip(
        found.place,
        f"`{found.text}` is a part of the check by itself: {what}, so nobody is refused",
        "true for everyone",
        Confidence.CERTAIN if found.is_constant else Confidence.LIKELY,
        "the refusal needs this to be missing, and it never is",
        "Compare it with what it should be: the caller's own identifier, or role.",
    )


def _slipped(found: Slipped) -> Slip:
    """A test that is written like one that decides."""
    if found.assigns:
        return Slip(
            found.place,
            f"`{found.text}` sets what should be asked: the test holds for everybody, who is given it besides",
            "an assignment, whose value is what was assigned",
            Confidence.CERTAIN,
            "one `=` assigns, and a text that is not empty counts as yes",
            "Compare with `===`.",
        )
    return Slip(
        found.place,
        f"`{found.text}` compares by identity what is an object of its own each time it is read: no two are the same, "
        "so nobody is refused",
        "false for everyone",
        Confidence.LIKELY,
        "the field is declared as an ObjectId, and `===` asks whether both are one object",
        "Compare with `.equals(...)`, or both as texts: `String(a) === String(b)`.",
    )


def _no_answer(found: AlwaysThere) -> Slip:
    """What counts as yes whatever was found."""
    if found.is_place:
        return Slip(
            found.place,
            f"`{found.text}` gives a place and no answer: -1 for what is not there counts as yes, and 0 for what stands "
            "first as no",
            "takes a place in a list for yes or no",
            Confidence.CERTAIN,
            "whoever lacks it passes, and nothing compares the place with -1",
            "Ask `includes()`, or compare the place with -1.",
        )
    return Slip(
        found.place,
        f"`{found.text}` gives a list, and an empty one counts as yes too: nobody is refused",
        "asks whether there is a list, and there always is",
        Confidence.CERTAIN,
        "the refusal needs the list to be missing, and it never is",
        "Look at the list's length, or ask for one object.",
    )


def _apart(link: Link) -> Slip:
    """A guard that its framework keeps to the scope in which it was added."""
    return Slip(
        link.span,
        f"`{link.label}` is added in a scope of its own, which has no routes: it runs for none of those beside it",
        "adds a guard that no request meets",
        Confidence.CERTAIN,
        "hooks run for the routes of the scope in which they are added, and of those within it",
        "Add the guard where the routes are, or make its scope the one around it (`fastify-plugin`).",
    )


def _escaped(found: Escape) -> Slip:
    """A search that leaves what is the caller's."""
    return Slip(
        found.place,
        "the limit to what is the caller's holds on one side of an `or` alone: on the other whatever matches "
        f"`{found.name}` is found, whoever it belongs to",
        "joins another condition with `or`, outside the limit",
        Confidence.LIKELY,
        "`and` binds more tightly than `or`, so the limit is not asked of what the other side finds",
        "Put the alternatives into a group of their own, and join that with the limit by `and`.",
    )


def _replaced(found: Replaced) -> Slip:
    """A limit that its own query forgets."""
    return Slip(
        found.place,
        f"the second condition takes the place of the first: `{found.field}`, which says whose the {found.resource} is, "
        "limits nothing any more",
        "replaces the condition that kept the query to the caller",
        Confidence.CERTAIN,
        "the query builder keeps the condition alone that it is given last",
        "Join the two conditions by `and` in one.",
    )


def _handed(one: HandedRole) -> Slip:
    """A role that is above the caller's own, and nothing compares the two."""
    return Slip(
        one.place,
        f"`{one.field}` of {with_article(one.resource)} is set to what the request says: a caller who is no more than "
        f"{one.below} makes somebody {one.above}, oneself too",
        f"takes `{one.field}` as the client sends it",
        Confidence.LIKELY,
        f"{one.above} and {one.below} may call this, other endpoints are not for {one.below}, and nothing compares the role "
        "that is given with the caller's",
        "Let callers give only roles below their own, and none to themselves.",
    )


def _gate(claim: Claim) -> Slip:
    return Slip(
        claim.span,
        f"the {claim.channel} `{claim.name}` decides whether the caller is refused, and any client can set it",
        "compared with a constant that every client may send",
        Confidence.LIKELY,
        "the value comes from the request, and nothing signs it",
        "Decide by the session, a verified token or a stored role.",
    )


def _decides(context: Context, row: Row, fact: Fact) -> bool:
    """Whether the refusal depends on who calls, and nothing else guards the endpoint."""
    if not any(is_credential(atom) for condition in fact.conditions for atom in condition.atoms):
        return False
    as_denial = Fact("denial", fact.span, fact.fid, fact.value, fact.conditions, fact.status)
    return classify(as_denial, row.endpoint, context.matrix.origins)[0] in (
        "authentication",
        "authorization",
        "ownership",
    )


def _is_alone(row: Row) -> bool:
    """Whether no other check asks for more than a login."""
    return row.authorization.state != "required" and bool(row.accesses or row.effects)


def _other_thing(row: Row) -> Slip | None:
    """An identifier of the request is held against the caller, and another one is acted on."""
    surface = row.surface
    if surface is None:
        return None
    for check in surface.checks:
        compared = _compared(check)
        if check.kind == "ownership" and compared and check.fact is not None:
            guards_one = any(_acted_on(access) & compared for access in row.accesses)
            for access in row.accesses:
                if guards_one and access.operation == "read":
                    # The check protects what is acted on; this is only looked up beside it.
                    continue
                acted = _acted_on(access)
                if _is_loose(access) and acted and not any(_is_same(a, c) for a in acted for c in compared):
                    return _mistaken(check, access, _shown(min(compared)), _shown(min(acted)))
        named = _named_in(check)
        for access in row.accesses if named else ():
            acted = _acted_on(access)
            tied = any(_is_same(a, c) for a in acted for c in named)
            if acted and not tied and is_of_any_membership(row, access):
                return _mistaken(check, access, _shown(min(named)), _shown(min(acted)))
    return None


def _named_in(check: Check) -> frozenset[tuple[str, tuple[str, ...]]]:
    """Inputs that name what callers must have a role in: `Member(club=given, user=caller).role`."""
    found: set[tuple[str, tuple[str, ...]]] = set()
    for condition in check.fact.conditions if check.fact is not None else ():
        if within(condition.atoms) and asks_role(condition.atoms, condition.presence):
            keys = [key for atom in condition.atoms if is_caller(atom) for key in atom.keys]
            given = [atom for _, atoms in keys for atom in atoms]
            if any(atom.kind == "stored" and not is_caller(atom) for atom in given):
                return frozenset()
            found.update((CHANNELS.get(a.name, a.name), a.path) for a in given if is_open(a) and a.path)
    return frozenset(found)


def _is_same(one: tuple[str, tuple[str, ...]], other: tuple[str, tuple[str, ...]]) -> bool:
    """Whether two inputs are one, or one is a member of the other: `id`, and what is looked up by it."""
    length = min(len(one[1]), len(other[1]))
    return one[0] == other[0] and one[1][:length] == other[1][:length]


def _is_loose(access: Access) -> bool:
    known = access.restricted.state == "open" and bool(access.owner_field)
    return known and access.operation in ("update", "delete", "read")


def _mistaken(check: Check, access: Access, one: str, two: str) -> Slip:
    return Slip(
        check.span,
        f"{one} is compared with the caller, and the {access.resource} that {two} names is acted on",
        f"compares {one}",
        Confidence.LIKELY,
        "the client sends both values and need not make them agree",
        f"Compare what {two} names: load the {access.resource}, and look at whose it is.",
    )


def _compared(check: Check) -> frozenset[tuple[str, tuple[str, ...]]]:
    """Inputs that are themselves set against the caller."""
    if check.fact is None:
        return frozenset()
    found: set[tuple[str, tuple[str, ...]]] = set()
    for condition in check.fact.conditions:
        if not any(is_caller(atom) for atom in condition.atoms):
            continue
        if any(atom.kind == "stored" and not is_caller(atom) for atom in condition.atoms):
            return frozenset()
        found.update(
            (CHANNELS.get(a.name, a.name), a.path)
            for a in condition.atoms
            # A key in the query, or a password that is asked for once more, says who calls, and not what is meant.
            if is_open(a)
            and a.path
            # Which of the values it is that a key of the class's own names is not known.
            and a.path[-1] != "*"
            and not CREDENTIAL_NAME.search(a.path[-1])
            and not is_password(a.path[-1])
        )
    return frozenset(found)


def _acted_on(access: Access) -> frozenset[tuple[str, tuple[str, ...]]]:
    return frozenset(
        (source.channel, source.path) for _, source in access.keys if source is not None and source.path
    )


def _shown(value: tuple[str, tuple[str, ...]]) -> str:
    return f"the {value[0]} value `{'.'.join(value[1])}`"
