"""Objects chosen by the client must be limited to what the caller may use."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.atoms import CLAIMED
from rearguard.analysis.access.fields import SECRET
from rearguard.analysis.access.resources import normal
from rearguard.checks.base import Context, Draft, input_name, page, with_article
from rearguard.checks.belonging import is_kept_by_its_whole
from rearguard.checks.endpoints import (
    believes_token,
    by_handler,
    endpoint_of,
    handler_id,
    location,
    repair_place,
    request,
)
from rearguard.checks.half_limited import half_finding, half_limited
from rearguard.checks.incorrect_authorization import slips
from rearguard.checks.joined_channels import joined_channel, joined_finding
from rearguard.checks.limited import contrast, limited
from rearguard.checks.lookup_places import place_of
from rearguard.checks.loose_parts import is_set_against_its_whole, loose_part, outside_of
from rearguard.checks.named_owners import Named, named_owner
from rearguard.checks.only_asked import adds_own, only_asked
from rearguard.checks.open_lists import open_list
from rearguard.checks.overrides import Override, overridden
from rearguard.checks.owner_advice import owner_advice, owner_requests
from rearguard.checks.privileged import lack
from rearguard.checks.referenced import referenced
from rearguard.checks.roles import beyond_role
from rearguard.checks.shared import chooses, is_shared
from rearguard.checks.siblings import Unlike, unlike_siblings
from rearguard.findings import Confidence, Finding, Request, Rule, Severity
from rearguard.program import Evidence, Instr, Op, Span, Step
from rearguard.repair.targets import Target

_VERBS = {"read": "reads", "list": "lists", "create": "creates", "update": "changes", "delete": "removes"}
_CHANNELS = {
    "body": "body field",
    "json": "body field",
    "data": "body field",
    "form": "form field",
    "query": "query parameter",
} | {
    "header": "header",
    "headers": "header",
}
_TWO_SIDED = frozenset({("update", "read"), ("update", "update"), ("delete", "read")})
"""A restricted change, and what is done without a restriction beside it."""
_ORDER = ("delete", "update", "read", "list", "create")
"""What is done to objects, the worst first."""
MAX_CONTRAST = 3
_PUBLIC = re.compile(r"(?:is_?)?(?:public|published|listed)|on_?sale", re.IGNORECASE)
"""Fields that say that everyone sees an object."""
_OF_CLASS = frozenset({"get_object", "retrieve", "destroy", "partial_update"})
"""Methods of Django's and REST framework's views that look an object up as the class says."""
_PERSONAL = re.compile(
    r"e?_?mail(?:_?address)?|phone(?:_?number)?|mobile|address|birth_?(?:date|day)|dob|ssn|salary|balance|iban|"
    r"password\w*|role|permissions?|credit_?card\w*|national_?id|tax_?id",
    re.IGNORECASE,
)
"""Fields of an account that are nobody else's business."""


class InsecureDirectObjectReference:
    """See insecure_direct_object_reference.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="insecure-direct-object-reference",
            title="Any caller can reach another's object by its identifier",
            cwe=639,
            severity=Severity.HIGH,
            asvs=("v5.0.0-8.2.2",),
            api_top10=("API1:2023",),
            related=(284, 862),
            page=page("insecure-direct-object-reference"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per handler that lets the client choose an object without regard to its owner."""
        rows = tuple(context.matrix)
        told: set[str] = set()
        seen: set[Span] = set()
        for row in by_handler(rows):
            preferred = None if context.is_fragment else overridden(row, context.matrix.origins, rows)
            if preferred is not None:
                told.add(endpoint_of(context, row).name)
                if preferred.place not in seen:
                    seen.add(preferred.place)
                    yield self._overridden(context, row, preferred)
                if preferred.said.bound != CLAIMED:
                    continue
            for draft in self._of_row(context, row, rows):
                told.add(endpoint_of(context, row).name)
                place = draft.finding.location
                own = row.endpoint.implied is None and place == location(context, row)
                if own or place not in seen:
                    seen.add(place)
                    yield draft
        for row in by_handler(rows) if not context.is_fragment else ():
            if endpoint_of(context, row).name not in told:
                named = named_owner(row)
                if named is not None:
                    told.add(endpoint_of(context, row).name)
                    yield self._named(context, row, named)
            every = None if endpoint_of(context, row).name in told else open_list(context, row, rows)
            if every is not None and every.span not in seen:
                seen.add(every.span)
                told.add(endpoint_of(context, row).name)
                yield self._listed(context, row, every, rows)
            half = None if endpoint_of(context, row).name in told else half_limited(context, row)
            if half is not None:
                told.add(endpoint_of(context, row).name)
                yield Draft(half_finding(context, row, self.rule, *half))
            other = None if endpoint_of(context, row).name in told else _unlike(context, row, rows)
            if other is not None:
                told.add(endpoint_of(context, row).name)
                yield self._sibling(context, row, other)
            channel = None if endpoint_of(context, row).name in told else joined_channel(context, row, rows)
            if channel is not None:
                told.add(endpoint_of(context, row).name)
                yield Draft(joined_finding(context, row, self.rule, channel))
        if not context.is_fragment:
            yield from referenced(context, self.rule, told, seen)

    def _of_row(self, context: Context, row: Row, rows: tuple[Row, ...]) -> Iterator[Draft]:
        """The finding of one handler by what it does itself."""
        if row.public or not _has_caller(context, row):
            if not row.public and lack(context, row, rows) is None and not slips(context, row):
                yield from self._strangers(context, row, rows)
                yield from self._across(context, row, rows)
            return
        if lack(context, row, rows) is not None or slips(context, row):
            # The same handler is told as what it lacks first: a role, or a check that decides.
            return
        for access in _worst_first(context, row):
            if access.owner_field == "id" and row.authentication.state == "unknown":
                # What could not be read may have said whose account it is.
                continue
            verdict = (
                _verdict(context, row, access, rows)
                or _outside(context, row, access, rows)
                or _shows_account(context, row, access)
                or _of_part(context, row, access, rows)
                or _below(context, row, access, rows)
            )
            if verdict is not None and not _is_two_sided(row, access):
                yield self._draft(context, row, access, rows, *verdict)
                return

    def _listed(self, context: Context, row: Row, access: Access, rows: tuple[Row, ...]) -> Draft:
        """A list of everybody's objects, where another list of the same is kept to the caller."""
        endpoint = endpoint_of(context, row)
        kept = contrast(context, access, rows)
        place = location(context, row)
        shared = access.limit == "tenant"
        everybody = f"everybody with the same `{access.tenant_field}`" if shared else "everybody"
        finding = Finding(
            rule=self.rule,
            location=access.span if access.span.path == place.path else place,
            message=f"{endpoint.name} lists the {access.resource} data of {everybody} to whoever is logged in.",
            why="What is kept to its owner one by one is read here all at once.",
            severity=self.rule.severity,
            confidence=Confidence.LIKELY,
            confidence_reason="single ones are shown to their owner and to who has a role alone"
            if shared
            else "another list of the same, and most accesses to single ones, are limited to the caller",
            evidence=Evidence(
                (
                    Step(access.span, f"{everybody}: whose {access.resource} it is is not asked", "sink")
                    if shared
                    else Step(access.span, f"nothing limits which {access.resource} data is read", "sink"),
                    *access.owner_evidence[:1],
                ),
                kept,
            ),
            advice="Limit the query to what is the caller's, or ask for a role that may see everybody's.",
            endpoint=endpoint,
            verification=(
                Request(
                    "As a user without any, ask for the list.",
                    request(endpoint, "Authorization: Bearer $TOKEN_OF_SECOND_USER"),
                    "Nothing of another's in it.",
                ),
            ),
            subject=f"{access.resource} list",
        )
        return Draft(finding)

    def _overridden(self, context: Context, row: Row, found: Override) -> Draft:
        """What the client says of who it is goes before what its session or token says."""
        endpoint = endpoint_of(context, row)
        said = f"{_CHANNELS.get(found.said.name, found.said.name)} `{'.'.join(found.said.path)}`"
        verb, resource = _VERBS[found.access.operation], found.access.resource
        steps = (
            Step(found.place, f"the {said} counts, and the caller's own only where it is missing", "source"),
            Step(found.access.span, f"{verb} {with_article(resource)} with that as `{found.field}`", "sink"),
        )
        finding = Finding(
            rule=self.rule,
            location=found.place,
            message=f"{endpoint.name} {verb} {resource} data for whomever the {said} names, and for the caller only where "
            "nothing is sent.",
            why="Every caller may send the value: whoever names somebody else acts for them, or among what is theirs.",
            severity=self.rule.severity,
            confidence=Confidence.LIKELY,
            confidence_reason=f"`{found.field}` is the caller's own otherwise, and nothing compares what is sent with the "
            "caller",
            evidence=Evidence(steps),
            advice=f"Take `{found.field}` from the session or token alone; let only privileged callers name another.",
            endpoint=endpoint,
            verification=(
                Request(
                    "As one user, send another's identifier.",
                    request(endpoint, "Authorization: Bearer $TOKEN_OF_SECOND_USER"),
                    "403, or the caller's own is used.",
                ),
            ),
            subject=f"{resource} {found.field} override",
        )
        return Draft(finding)

    def _named(self, context: Context, row: Row, found: Named) -> Draft:
        """An owner or tenant that the client names, where the project elsewhere takes the caller's own."""
        endpoint = endpoint_of(context, row)
        said = f"{_CHANNELS.get(found.atom.name, found.atom.name)} `{'.'.join(found.atom.path)}`"
        verb, resource = _VERBS[found.access.operation], found.access.resource
        whose = "tenant" if found.is_tenant else "owner"
        steps = (
            Step(found.atom.span or found.access.span, f"the client says who the {whose} is", "source"),
            Step(found.access.span, f"{verb} {with_article(resource)} with that as `{found.field}`", "sink"),
            *found.seen,
        )
        finding = Finding(
            rule=self.rule,
            location=found.access.span if found.invitation else location(context, row),
            message=f"{endpoint.name} {verb} {resource} data for the {whose} that the {said} names, whoever calls.",
            why=f"A caller who names another {whose} acts in that {whose}'s name, or among what belongs to it.",
            severity=self.rule.severity,
            confidence=Confidence.LIKELY,
            confidence_reason=found.reason,
            evidence=Evidence(steps),
            advice=f"Take `{found.field}` from {found.truth}, not from the request.",
            endpoint=endpoint,
            verification=(
                Request(
                    f"As one user, send another {whose}'s identifier.",
                    request(endpoint, "Authorization: Bearer $TOKEN_OF_SECOND_USER"),
                    "403, or the caller's own is used.",
                ),
            ),
            subject=f"{resource} {found.field}",
        )
        return Draft(finding)

    def _sibling(self, context: Context, row: Row, found: Unlike) -> Draft:
        """A part of the path that others ask the owner for, and this endpoint takes as it comes."""
        endpoint = endpoint_of(context, row)
        kept = ", ".join(f"{other.endpoint.method} {other.endpoint.path}" for other in found.kept[:2])
        steps = (
            Step(location(context, row), f"nothing asks whose the path parameter `{found.name}` is", "note"),
            found.place,
        )
        contrast = tuple(
            Step(
                location(context, other),
                f"{other.endpoint.method} {other.endpoint.path} asks whose it is",
                "contrast",
            )
            for other in found.kept[:MAX_CONTRAST]
        )
        finding = Finding(
            rule=self.rule,
            location=repair_place(context, row, found.kept),
            message=f"{endpoint.name} works on whatever the path parameter `{found.name}` names, while {kept} asks whose "
            "it is.",
            why="A caller who counts up or guesses identifiers gets through this way what the others refuse.",
            severity=self.rule.severity,
            confidence=found.confidence,
            confidence_reason="endpoints beside it look the same object up for its owner, and this one does not",
            evidence=Evidence(steps, contrast),
            advice="Look the object up as its siblings do before anything is read or changed below it.",
            endpoint=endpoint,
            verification=(
                Request(
                    "As a second user, name an object of the first user.",
                    request(endpoint, "Authorization: Bearer $TOKEN_OF_SECOND_USER"),
                    "403 or 404, and nothing shown or changed.",
                ),
            ),
            subject=f"path {found.name}",
        )
        return Draft(finding)

    def _across(self, context: Context, row: Row, rows: tuple[Row, ...]) -> Iterator[Draft]:
        """What a role lets callers do to the objects of other tenants."""
        if row.authorization.state != "required" or row.for_services or context.is_fragment:
            return
        taken = [access for access in row.accesses if not only_asked(context, row, access)]
        for access in sorted(taken, key=lambda a: _ORDER.index(a.operation)):
            verdict = (
                (_outside(context, row, access, rows) or _below(context, row, access, rows))
                if access.limit in ("", "role")
                else None
            )
            if verdict is not None:
                yield self._draft(context, row, access, rows, *verdict)
                return
        for access in sorted(taken, key=lambda a: _ORDER.index(a.operation)):
            reason = (
                (_unasked(row, access) or beyond_role(row, access, rows))
                if access.operation != "create" and chooses(access)
                else ""
            )
            if reason:
                yield self._draft(context, row, access, rows, Confidence.LIKELY, reason)
                return

    def _strangers(self, context: Context, row: Row, rows: tuple[Row, ...]) -> Iterator[Draft]:
        """What anyone may read of an account, without a login, by naming it."""
        if row.authentication.state != "none" or not (
            context.matrix.knows_callers or context.matrix.has_accounts
        ):
            return
        for access in _worst_first(context, row):
            if access.operation == "read" and access.owner_field == "id" and chooses(access):
                shown = _personal(row, access)
                if shown:
                    reason = f"it answers with {shown} of whichever account the request names, and asks nobody who they are"
                    yield self._draft(context, row, access, rows, Confidence.LIKELY, reason)
                    return

    def _draft(
        self,
        context: Context,
        row: Row,
        access: Access,
        rows: tuple[Row, ...],
        confidence: Confidence,
        reason: str,
    ) -> Draft:
        endpoint = endpoint_of(context, row)
        field, source = next((name, source) for name, source in access.keys if source is not None)
        verb = _VERBS[access.operation]
        chosen = input_name(source)
        message = (
            f"{endpoint.name} {verb} the {access.resource} that the {chosen.removeprefix('the ')} names, "
            "whoever it belongs to."
        )
        steps = (
            Step(source.span, f"{chosen} is chosen by the client", "source"),
            Step(
                access.span,
                f"`{field}` alone chooses the {access.resource}: {access.restricted.reason}",
                "sink",
            ),
            *(access.owner_evidence or access.part_evidence),
        )
        finding = Finding(
            rule=self.rule,
            location=place_of(context, row, access, rows),
            message=message,
            why=f"A caller who counts up or guesses identifiers {verb} what belongs to others.",
            severity=self.rule.severity,
            confidence=confidence,
            confidence_reason=reason,
            evidence=Evidence(steps, contrast(context, access, rows)),
            advice=owner_advice(access, field),
            endpoint=endpoint,
            verification=owner_requests(endpoint, access),
            subject=f"{access.resource} {access.operation}",
        )
        concept = access.concept
        return Draft(
            finding,
            Target(
                "restrict-to-owner",
                access.fid or handler_id(row),
                access.value,
                concept=concept,
                owner=access.owner_field,
            ),
        )


def _unlike(context: Context, row: Row, rows: tuple[Row, ...]) -> Unlike | None:
    if lack(context, row, rows) is not None or slips(context, row):
        return None
    return None if _asks_its_class(context, row) else unlike_siblings(context, row, rows)


def _asks_its_class(context: Context, row: Row) -> bool:
    """Whether a framework's `self.get_object()`, or what it answers by itself, finds the object among the class's."""
    for fid in row.endpoint.handler.functions[:1]:
        receiver = context.view.function(fid).receiver
        if not receiver or not row.endpoint.handler.cls:
            return False
        definitions = context.view.definitions(fid)
        for call in context.view.linker.contents(fid).calls:
            callee = definitions.get(call.args[0])
            if callee is not None and callee.op == Op.ATTR and callee.name in _OF_CLASS:
                own = _is_own_object(definitions, callee.args[0], receiver)
                if own and not context.matrix.origins.targets(fid, call):
                    return True
    return False


def _is_own_object(definitions: Mapping[int, Instr], value: int, receiver: str) -> bool:
    """`self`, or `super()`."""
    held = definitions.get(value)
    if held is not None and held.op == Op.CALL:
        made_by = definitions.get(held.args[0])
        return made_by is not None and made_by.op == Op.LOAD and made_by.name == "super"
    return held is not None and held.op == Op.LOAD and held.name == receiver


def _shows_account(context: Context, row: Row, access: Access) -> tuple[Confidence, str] | None:
    """Secrets of whichever account the request names, shown to everyone who is logged in."""
    if access.operation != "read" or access.owner_field != "id" or not chooses(access) or context.is_fragment:
        return None
    for part in row.answers:
        same = (part.atom.fid, part.atom.value) == (access.fid, access.value)
        if same and part.whole:
            held = context.matrix.fields.of(access.resource) - part.without
            shown = sorted(name for name in held if _PERSONAL.fullmatch(name) and not name.startswith("role"))
            if any(SECRET.fullmatch(name) for name in shown):
                listed = ", ".join(f"`{name}`" for name in shown[:3])
                return Confidence.LIKELY, f"it answers with {listed} of whichever account the request names"
    return None


def _unasked(row: Row, access: Access) -> str:
    """Why an object is not kept to whom its view names: the permission for objects is asked about none."""
    link = row.surface.unasked if row.surface is not None else None
    if link is None or access.limit == "owner":
        return ""
    return f"`{link.label}` is to say who may have the object, and nothing here asks it about one"


def _personal(row: Row, access: Access) -> str:
    """Personal or privileged fields of an account that an answer carries."""
    touches = row.surface.touches if row.surface is not None else ()
    named = [n for t in touches if (t.fid, t.value) == (access.fid, access.value) for n in t.fields]
    named.extend(
        part.atom.path[-1] for part in row.answers if part.atom.path and part.atom.value == access.value
    )
    found = list(dict.fromkeys(n for n in named if _PERSONAL.fullmatch(n)))
    return ", ".join(f"`{name}`" for name in found[:3])


def _has_caller(context: Context, row: Row) -> bool:
    if row.authorization.state in ("required", "unknown") or row.for_services:
        return False
    if context.is_fragment:
        return True
    said = row.authentication.state in ("required", "unknown")
    return believes_token(row) or (said and context.matrix.knows_callers)


def _worst_first(context: Context, row: Row) -> list[Access]:
    found = [
        a
        for a in row.accesses
        if a.operation != "create"
        and a.restricted.state == "open"
        and not only_asked(context, row, a)
        and not adds_own(row, a)
    ]
    return sorted(found, key=lambda a: _ORDER.index(a.operation))


def _is_two_sided(row: Row, access: Access) -> bool:
    """Whether the caller's own object of the same kind changes too: a payment from one account to another, or
    what is removed by a helper that asks whose it is."""
    return any(
        (other.operation, access.operation) in _TWO_SIDED
        and other.resource == access.resource
        and other.restricted.state == "restricted"
        for other in row.accesses
    )


def _is_published(row: Row, access: Access) -> bool:
    """Whether an object is looked up among those that everyone sees: who buys a seat takes it from the event."""
    chosen = {source.span for _, source in access.keys if source is not None}
    return any(
        any(source is None and _PUBLIC.fullmatch(name) for name, source in same.keys)
        for same in row.accesses
        if same.resource == access.resource
        and any(source is not None and source.span in chosen for _, source in same.keys)
    )


def _named_by_key(access: Access) -> bool:
    """Whether the client names the object by another key that only one object has, in what is sent."""
    return any(
        source is not None
        and source.channel in ("body", "form", "json", "query")
        and name in ("code", "key", "number")
        for name, source in access.keys
    )


def _verdict(
    context: Context, row: Row, access: Access, rows: tuple[Row, ...]
) -> tuple[Confidence, str] | None:
    """How sure it is that the object should be its owner's alone."""
    if not access.owner_field or not (chooses(access) or _named_by_key(access)):
        return None
    if access.operation == "update" and _is_published(row, access):
        return None
    if context.is_fragment:
        if access.operation in ("update", "delete") or access.owner_field != "id":
            return Confidence.LIKELY, "nothing in the piece of code compares the object with the caller"
        return None
    restricted = [
        other
        for other in limited(context, rows).get(access.resource, ())
        if (other.fid, other.value) != (access.fid, access.value)
    ]
    changes = access.operation in ("update", "delete")
    if not changes and is_shared(context, access, rows):
        return None
    if not chooses(access) and not restricted:
        return None
    if restricted and access.owner_field != "id":
        # Whose alone it is to change may be there for everybody to read: a comment.
        alike = changes or _is_read_by_owners(access, rows)
        text = "other access(es) to it are limited to the caller; this is not"
        return (
            (Confidence.CERTAIN, f"{len(restricted)} {text}")
            if alike
            else (Confidence.LIKELY, f"{len(restricted)} {text}, and only reads")
        )
    if changes or (access.owner_field != "id" and normal(access.resource) not in context.matrix.accounts):
        return Confidence.LIKELY, "the object has an owner, and nothing compares it with the caller"
    return None


def _is_read_by_owners(access: Access, rows: tuple[Row, ...]) -> bool:
    """Whether others that only look at such an object are kept to its owner, not only those that change it."""
    for row in rows:
        same = [other for other in row.accesses if other.resource == access.resource]
        if same and all(
            other.operation in ("read", "list")
            and other.restricted.state == "restricted"
            and other.limit in ("owner", "tenant")
            for other in same
        ):
            return True
    return False


def _of_part(
    context: Context, row: Row, access: Access, rows: tuple[Row, ...]
) -> tuple[Confidence, str] | None:
    """How sure it is that a part of an object should be reached through the object's owner alone."""
    if context.is_fragment or not chooses(access) or not is_kept_by_its_whole(access, rows):
        return None
    if is_set_against_its_whole(row, access):
        return None
    if access.operation in ("read", "list") and is_shared(context, access, rows):
        return None
    return (
        Confidence.LIKELY,
        f"it is part of {with_article(access.part_of)}, which is kept to its owner elsewhere",
    )


def _outside(
    context: Context, row: Row, access: Access, rows: tuple[Row, ...]
) -> tuple[Confidence, str] | None:
    """How sure it is that an object should be looked up in what the caller was found to be a member of."""
    whole = "" if context.is_fragment else outside_of(row, access)
    if not whole or (access.operation in ("read", "list") and is_shared(context, access, rows)):
        return None
    named = f"callers are looked up in the {whole} that the request names"
    return Confidence.LIKELY, f"{named}, and this {access.resource} may be of another"


def _below(
    context: Context, row: Row, access: Access, rows: tuple[Row, ...]
) -> tuple[Confidence, str] | None:
    """How sure it is that what the address names below something else should be a part of that."""
    whole = "" if context.is_fragment else loose_part(row, access)
    if not whole or (access.operation == "read" and is_shared(context, access, rows)):
        return None
    return (
        Confidence.LIKELY,
        f"the {whole} above it in the address is the caller's, and nothing says that this is part of it",
    )
