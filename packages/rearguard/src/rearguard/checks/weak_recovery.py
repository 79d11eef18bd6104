"""A link or code that gives access back must be secret, short-lived and good for one time."""

import re
from collections.abc import Iterable, Iterator, Mapping

from rearguard.analysis import ValueView
from rearguard.analysis.access import Row
from rearguard.analysis.access.facts import Fact
from rearguard.analysis.access.principals import is_caller
from rearguard.analysis.access.resources import Touch, normal
from rearguard.analysis.identity import is_password, is_secret, words
from rearguard.analysis.identity.renewals import Renewal, place, renewal
from rearguard.analysis.settings import Use
from rearguard.checks.accounts_changed import addresses_changed, invitations_again
from rearguard.checks.answered_secrets import answered_secrets
from rearguard.checks.base import Context, Draft
from rearguard.checks.codes_without_end import kept_without_end
from rearguard.checks.endpoints import by_handler, endpoint_of, location, request
from rearguard.checks.guessable import Guessable, guessable
from rearguard.checks.links import (
    codes_again,
    endless_links,
    entries_again,
    made_again,
    signed_again,
    used_up,
)
from rearguard.checks.logins import ASKED_AGAIN, before, logins, mentions
from rearguard.checks.plain import PlainCheck, told
from rearguard.findings import Request, Rule, Severity
from rearguard.models.concepts import TokenVerify
from rearguard.program import Span, Step

_KNOWN = re.compile(
    r"(?:old|current|existing|previous|verify|check|compare)_?(?:user_?)?(?:passw(?:or)?d|pass|pwd)|reauth|re_?confirm|sudo|"
    r"(?:passw(?:or)?d)_?(?:old|current)|token|otp|reset|recover|forgot|invit|activat"
)
_NEW = re.compile(r"^new_?pass(?:w(?:or)?d)?$")
_PLAIN = re.compile(r"^pass(?:w(?:or)?d)?$")
_OF_PASSWORD = re.compile(r"passw|pwd|credential")
_RIGHT = re.compile(
    r"^(?:(?:password_)?(?:reset|recover\w*|forgot\w*)(?:_(?:token|code|key|hash|digest|hashed|secret|password_token))*|"
    r"(?:\w+_)?(?:reset|recovery)_(?:token|code|key|digest|hash)(?:_(?:hash|digest))?)$"
)
"""Fields that hold what gives an account back."""
_RECORD = re.compile(r"reset|recover|forgot")
_TOKEN = re.compile(r"^(?:token|code|key|secret|digest|hash|value)(?:_(?:hash|digest))?$")
_UNTIL = re.compile(
    r"^(?:\w+_)?(?:reset|recovery|code|token|link)_(?:\w+_)?(?:at|until|expir\w*|ends?|sent|time|date)$"
)
_TIME = re.compile(r"^(?:\w+_)?(?:until|expir\w*|valid_to)$")
_MADE = re.compile(
    r"^(?:(?:created|issued|sent|requested|made|generated|inserted)(?:_(?:at|on|time|date))?|timestamp)$"
)
_ENDS = re.compile(r"expir|until|interval|max_age|valid_for|(?:^|_)(?:age|ttl|recent|fresh)(?:_|$)")
_PROOF = re.compile(r"token|code|otp|secret|signature|verify|nonce|uidb64|old_password|current_password")


def _find(context: Context, rule: Rule) -> Iterator[Draft]:
    told_endless = frozenset(endless_links(context))
    for use, mended in endless_links(context).values():
        yield _endless(context, rule, use, mended)
    for one in guessable(context).values():
        if one.gives_back:
            yield _guessed(context, rule, one)
    for row, spot in addresses_changed(context):
        yield _moved(context, rule, row, spot)
    for row, spot, field in invitations_again(context):
        yield _invited_again(context, rule, row, spot, field)
    for row, name, spot in answered_secrets(context):
        yield _answered(context, rule, row, name, spot)
    endings = _endings(context)
    for row in by_handler(context.matrix):
        stays = _stays(context, row, endings)
        if stays is not None:
            yield _good_again(context, rule, row, *stays)
            continue
        again = _again(context, rule, row, told_endless)
        if again is not None:
            yield again
            continue
        changed = _change(context, row)
        if changed is not None:
            yield _unasked(context, rule, row, changed)
            continue
        if row.authentication.state not in ("required", "unknown") and _is_open(context, row):
            endpoint = endpoint_of(context, row)
            yield told(
                rule,
                location(context, row),
                f"{endpoint.name} sets a new password for whichever account the request names.",
                why="No secret that only the owner has is asked for, so anyone takes any account.",
                advice="Send a random token to the owner's address, keep its hash with an end, and set the password of the "
                "account that the token belongs to. Use it up.",
                step="the account is named by the client, and nothing proves whose it is",
                certain=False,
                reason="neither a token nor the old password is among what the handler reads",
                subject=endpoint.name,
                endpoint=endpoint,
                verification=(
                    Request(
                        "As nobody, set the password of another account.", request(endpoint), "400 or 401."
                    ),
                ),
            )


def _moved(context: Context, rule: Rule, row: Row, place: Span) -> Draft:
    endpoint = endpoint_of(context, row)
    return told(
        rule.narrowed(620),
        location(context, row),
        f"{endpoint.name} changes the address that new passwords are mailed to, and asks neither for the password nor at the "
        "new address.",
        why="Whoever finds a screen unlocked, or makes a browser send one request, enters an own address, has a new password "
        "mailed there, and keeps the account.",
        advice="Ask for the current password, keep the new address apart until a link that was mailed there is opened, and tell "
        "the old one.",
        step="whoever is logged in gets here",
        before=(Step(place, "stored here", "note"),) if place.path else (),
        certain=False,
        reason="nothing that the handler reads is a password or a code, and it sends nothing",
        subject=f"{endpoint.name} address",
        endpoint=endpoint,
        severity=Severity.MEDIUM,
        verification=(
            Request("Change the address, sending it alone.", request(endpoint), "400, 401 or 403."),
        ),
    )


def _invited_again(context: Context, rule: Rule, row: Row, place: Span, field: str) -> Draft:
    endpoint = endpoint_of(context, row)
    return told(
        rule.narrowed(294),
        place,
        f"An invitation lets in whoever shows `{field}` again: nothing uses it up.",
        why="Whoever was put out of a group opens the old mail and is in it again, with the role from then.",
        advice="Mark it as accepted, or delete it, in one statement that also asks that it was not, and go on when that changed "
        "a row.",
        step="looked up here",
        certain=False,
        reason="nothing that the handler runs changes or removes it",
        subject=field,
        endpoint=endpoint,
        severity=Severity.MEDIUM,
        verification=(Request("Accept an invitation twice.", request(endpoint), "404 the second time."),),
    )


def _answered(context: Context, rule: Rule, row: Row, name: str, spot: Span) -> Draft:
    endpoint = endpoint_of(context, row)
    return told(
        rule,
        spot,
        f"`{name}` is sent to the owner to prove an address, and is in the answer to whoever asked for it as well.",
        why="Whoever enters another's address reads the answer, and needs no mailbox. A test of the environment lets it out "
        "wherever that is not set, or set to another word.",
        advice="Leave it out of every answer; let tests read it from the mails that were caught.",
        step="part of the answer",
        certain=True,
        reason="the same value goes into the message and into the answer",
        subject=name,
        endpoint=endpoint,
        verification=(
            Request("Ask for it with another's address.", request(endpoint), "An answer without it."),
        ),
    )


def _endless(context: Context, rule: Rule, use: Use[TokenVerify], mended: Span) -> Draft:
    return told(
        rule,
        mended,
        "A link for recovering or confirming an account is valid for ever.",
        why="Old mails lie in mailboxes and archives for years; whoever reads one later has the account.",
        advice="Accept the token for an hour (`max_age=3600`), and make it depend on the password's hash, so that it "
        "works once.",
        step="what is signed carries no time" if use.concept.untimed else "read without a greatest age",
        before=(Step(use.span, "read here", "note"),) if mended != use.span else (),
        certain=True,
        reason="the option is left out" if not use.concept.untimed else "what signs it knows no time",
        subject="age",
        endpoint=context.first_endpoint(use.fid),
        verification=(
            Request("Open a link that was sent a day ago.", "", "400, and the account unchanged."),
        ),
    )


def _again(context: Context, rule: Rule, row: Row, told_endless: frozenset[str]) -> Draft | None:
    """A link or code that gets somebody in, and gets in whoever shows it again."""
    one = renewal(logins(context), row)
    if one is not None:
        made = made_again(context, row)
        if made is not None:
            return _shown_again(context, rule, row, made, "a signed token", "The token that is sent")
        signed = signed_again(context, row, one)
        if signed is None or not told_endless.isdisjoint(logins(context).reached(row)):
            return None
        return _shown_again(context, rule, row, signed, "a signed token", "The token that is sent")
    entry = entries_again(context, row)
    if entry is not None:
        touch, field = entry
        place = touch.span if touch.span.path else location(context, row)
        return _shown_again(context, rule, row, place, field, f"`{field}`")
    for field, place in codes_again(context, row):
        return _shown_again(context, rule, row, place, field, f"`{field}`")
    return None


def _shown_again(context: Context, rule: Rule, row: Row, place: Span, subject: str, what: str) -> Draft:
    endpoint = endpoint_of(context, row)
    return told(
        rule if subject == "a signed token" else rule.narrowed(294),
        place,
        f"{what} gets whoever shows it into the account, and does so again: nothing uses it up.",
        why="Links and codes lie on in mailboxes, histories and logs. Whoever finds one is let in, long after its owner was.",
        advice="Make it of the old password's hash as well, so that it ends with that password, or write down that it was used."
        if subject == "a signed token"
        else f"Empty `{subject}` in one statement that also asks for it and for its end (`UPDATE … SET {subject} = NULL WHERE "
        f"{subject} = ? AND …`), and go on when that changed a row.",
        step="accepted here",
        certain=False,
        reason="all that the handler reads and changes is known, and this is not among it",
        subject=subject,
        endpoint=endpoint,
        severity=Severity.MEDIUM,
        verification=(Request("Use the same link two times.", request(endpoint), "400 the second time."),),
    )


def _stays(
    context: Context, row: Row, endings: Mapping[tuple[str, str], frozenset[str]]
) -> tuple[Touch, str, str] | None:
    """Where a handler that sets a password looks up what gives that right; the field; and when it should have ended,
    if that is what nobody asks: the field itself when nothing says it, "" when it is good again after its use."""
    if renewal(logins(context), row) is None:
        return None
    touches = row.surface.touches if row.surface is not None else ()
    asking = (touch for kind in ("read", "update", "delete") for touch in touches if touch.operation == kind)
    for touch in asking:
        for field, atoms in touch.keys:
            if not _is_right(touch.resource, field) or not any(atom.kind == "input" for atom in atoms):
                continue
            if not used_up(context, row, touch.resource, field):
                return touch, field, ""
            ends = endings.get((touch.resource, field), frozenset()) | _declared(context, touch.resource)
            for end in sorted(ends):
                asked = any(end in (*_named(one), *one.flags, *(k for k, _ in one.keys)) for one in touches)
                reached = logins(context).reached(row)
                reached = (*reached, *_of_records(context, reached))
                if not asked and not mentions(context, reached, _ENDS) and touch.resource:
                    return touch, field, end
            if not ends and kept_without_end(context, row, touch, field):
                return touch, field, field
    return None


def _of_records(context: Context, fids: Iterable[str]) -> Iterator[str]:
    """Methods of stored records that functions call: `reset.valid()`."""
    origins = context.matrix.origins
    for fid in fids:
        for call in context.view.linker.contents(fid).calls:
            yield from origins.runs(fid, call)


def _is_right(resource: str, field: str) -> bool:
    """Whether a field, by its name or that of the record, holds what gives an account back."""
    of_record = _RECORD.search(words(resource)) is not None and _TOKEN.match(words(field)) is not None
    return of_record or _RIGHT.search(words(field)) is not None


def _declared(context: Context, resource: str) -> frozenset[str]:
    """The fields of a record for recovery that say when it ends, as its class declares them with their default."""
    if _RECORD.search(words(resource)) is None:
        return frozenset()
    known = context.matrix.fields.of(resource)
    ends = frozenset(n for n in known if _TIME.search(words(n)))
    if ends:
        return ends
    # Where nothing says when it ends, the time at which it was made does.
    made = frozenset(n for n in known if _MADE.match(words(n)))
    return frozenset() if _is_swept(context, resource, made) else made


def _is_swept(context: Context, resource: str, made: frozenset[str]) -> bool:
    """Whether old records of a kind are removed, or found by their age, anywhere in the program; or by the store."""
    for name in made:
        place = context.matrix.fields.declared(resource, name)
        if place is not None and _ENDS.search(context.text(place).lower()):
            return True
    wanted = normal(resource)
    for fid in context.view.linker.functions:
        for fact in context.matrix.events.of(fid):
            touch = fact.touch
            if touch is not None and normal(touch.resource) == wanted:
                asked = (*(k for k, _ in touch.keys), *touch.flags)
                if touch.operation != "create" and any(name in made for name in asked):
                    return True
    return False


def _named(touch: Touch) -> tuple[str, ...]:
    return (*(name for name, _ in touch.written), *touch.fields)


def _endings(context: Context) -> Mapping[tuple[str, str], frozenset[str]]:
    """Record and field of what gives a right -> the fields that are written with it and say when it ends."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for row in context.matrix:
        for touch in row.surface.touches if row.surface is not None else ():
            if touch.operation in ("create", "update"):
                names = _named(touch)
                of_record = _RECORD.search(words(touch.resource)) is not None
                ends = frozenset(n for n in names if (_TIME if of_record else _UNTIL).search(words(n)))
                for name in names if ends else ():
                    if _is_right(touch.resource, name) and name not in ends:
                        key = (touch.resource, name)
                        found[key] = found.get(key, frozenset()) | ends
    return found


def _good_again(context: Context, rule: Rule, row: Row, touch: Touch, field: str, end: str) -> Draft:
    endpoint = endpoint_of(context, row)
    # Where a record is removed, it was found before.
    found = touch.span.path and touch.operation != "delete"
    place = touch.span if found else location(context, row)
    message = (
        f"`{field}` gives the account back whenever it is shown: nothing says when it was made, or when it ends."
        if end == field
        else f"`{end}` is kept together with `{field}` and never asked here: what was sent is good for ever."
        if end
        else f"`{field}` gives the account back and stays good after that: nothing uses it up."
    )
    return told(
        rule.narrowed(613) if end and end != field else rule,
        place,
        message,
        why="Links and codes lie on in mailboxes, histories and logs. Whoever finds one sets the password again, long after its "
        "owner has.",
        advice=f"Write beside `{field}` when it ends, some minutes from then, and ask for that in the same question."
        if end == field
        else f"Ask in the same question whether `{end}` is recent enough."
        if end
        else f"Empty `{field}` in the statement that sets the password, and ask for it in the condition of that statement.",
        step="looked up here",
        certain=False,
        reason="all that the handler reads and changes is known, and this is not among it",
        subject=field,
        endpoint=endpoint,
        severity=Severity.MEDIUM,
        verification=(
            Request(
                "Use the link that was mailed a day ago." if end else "Use the same link two times.",
                request(endpoint),
                "400, and the password unchanged.",
            ),
        ),
    )


def _guessed(context: Context, rule: Rule, one: Guessable) -> Draft:
    return told(
        rule.narrowed(330),
        one.span,
        f"`{one.name}` is a hash of what others know: nothing secret goes into it.",
        why="Whoever knows the account's address or number, and about when the token was made, computes it and has what it "
        "opens.",
        advice="Make it of at least 128 bits from the generator of the operating system (`secrets.token_urlsafe(32)`, "
        "`crypto.randomBytes(32)`), keep its hash, and let it end soon and work once.",
        step="made of what others know",
        certain=False,
        reason="the value's name, or that of the function that makes it, says that it gives access",
        subject=one.name,
        endpoint=context.first_endpoint(one.fid),
        verification=(
            Request("Ask for one for an account of yours, and compute it by hand.", "", "The two differ."),
        ),
    )


def _change(context: Context, row: Row) -> Renewal | None:
    """Where a caller's own password is replaced, and nothing that is sent proves that the caller knows the old one."""
    surface = row.surface
    if (
        surface is None
        or row.public
        or row.authorization.state == "required"
        or row.endpoint.method == "WEBSOCKET"
    ):
        return None
    told = logins(context)
    if told.of(row) or any(_compares_password(fact) for fact in surface.facts):
        return None
    one = renewal(told, row)
    if one is None or one.right != "caller" or row.authentication.state != "required":
        return None
    named = f"{row.endpoint.path} {row.endpoint.handler.label} {context.view.function(one.fid).name}"
    if not _OF_PASSWORD.search(words(named)):
        # The password of a link or a share, or a whole account that is written back with other fields.
        return None
    reached = (*told.reached(row), *_of_forms(context, row))
    asked = mentions(context, reached, _KNOWN) or mentions(context, before(row), ASKED_AGAIN)
    return None if asked or _is_beside_new(row) else one


def _of_forms(context: Context, row: Row) -> Iterator[str]:
    """What the classes check to which a handler gives what was sent: `clean` of a form of one's own."""
    linker = context.view.linker
    for fid in row.endpoint.handler.functions[:1]:
        for call in linker.contents(fid).calls:
            for cid in ValueView(context.view, fid, call.args[0]).classes:
                found = (linker.method(cid, name) for name in ("clean", "validate"))
                yield from (method for method in found if method is not None)


def _is_beside_new(row: Row) -> bool:
    """Whether a password is sent beside the new one, which then is the old one: `{ password, newPassword }`."""
    named = {words(use.name.rpartition(".")[2]) for use in row.used}
    return any(_NEW.match(name) for name in named) and any(_PLAIN.match(name) for name in named)


def _compares_password(fact: Fact) -> bool:
    """`if me["password"] != digest(form["old"])`: refused by what is kept of the caller's own password."""
    return fact.kind == "denial" and any(
        any(is_caller(a) and a.path and "passw" in a.path[-1].lower() for a in condition.atoms)
        and any(a.kind == "input" for a in condition.atoms)
        for condition in fact.conditions
    )


def _unasked(context: Context, rule: Rule, row: Row, changed: Renewal) -> Draft:
    endpoint = endpoint_of(context, row)
    # What others use too, such as a reset that has asked for its code, is right as it stands.
    own = changed.fid in row.endpoint.handler.functions or len(context.naming.calls_of(changed.fid)) > 1
    function = context.view.linker.functions[changed.fid]
    return told(
        rule.narrowed(620),
        location(context, row)
        if own
        else context.view.span(changed.fid, function.name_start, function.name_end),
        f"{endpoint.name} replaces the caller's password without asking for the old one.",
        why="Whoever finds a screen unlocked, or makes a browser send one request, takes the account for good and locks its "
        "owner out.",
        advice="Ask for the current password and verify it before the new one is set, and end the account's other sessions.",
        step="the new password is stored",
        before=(Step(place(logins(context), changed), "here, for whoever is logged in", "note"),),
        certain=False,
        reason="neither the old password nor a code is among what the handler reads",
        subject=endpoint.name,
        endpoint=endpoint,
        severity=Severity.MEDIUM,
        verification=(
            Request("Change the password, sending the new one alone.", request(endpoint), "400 or 401."),
        ),
    )


def _is_open(context: Context, row: Row) -> bool:
    surface = row.surface
    if surface is None or logins(context).of(row):
        return False
    names = {use.name for use in row.used}
    if any(is_secret(name.rpartition(".")[2]) and not is_password(name.rpartition(".")[2]) for name in names):
        return False
    for touch in surface.touches:
        writes = any(
            is_password(name) or "password" in name.lower()
            for name, atoms in touch.written
            if any(atom.kind == "input" for atom in atoms)
        )
        chosen = any(atom.kind == "input" for _, atoms in touch.keys for atom in atoms)
        if touch.operation == "update" and writes and chosen:
            reached = logins(context).reached(row)
            return not mentions(context, reached, _PROOF)
    return False


WEAK_RECOVERY = PlainCheck(
    id="weak-recovery",
    title="Access is given back without proof, or for ever",
    cwe=640,
    severity=Severity.HIGH,
    asvs=("v5.0.0-6.4.3",),
    find=_find,
    related=(620, 613, 294, 330, 340),
)
