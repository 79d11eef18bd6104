"""Codes and links that are sent to whatever number or address a stranger names, as often as one likes."""

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

from rearguard.analysis.access import Row
from rearguard.analysis.identity import words
from rearguard.checks.base import Context
from rearguard.checks.endpoints import by_handler
from rearguard.checks.logins import asks_who_calls, logins
from rearguard.models.concepts import RandomSource, TokenIssue
from rearguard.program import Instr, Op, Span

__all__ = ["is_sending", "sends_message", "unlimited_messages"]

_TEXTS = re.compile(
    r"(?:^|_)(?:sms|text_messages?|texting|send_text|whatsapp|twilio|vonage|nexmo|voice_call|phone_call)(?:_|$)|^sms|sms$"
)
_MAILS = re.compile(
    # `email.toLowerCase()` sends nothing.
    r"(?:^|_)(?:(?:send|queue|deliver)_?(?:\w+_)?e?mails?|"
    r"e?mail_?(?:send|to(?!_(?:lower|upper|locale|string|json|s$))|user)|post_?mail)(?:_|$)"
)
_POSTS = re.compile(
    r"(?:^|_)(?:e?mail(?:er|s|_service|_client)?|transport(?:er)?|smtp|postmark|sendgrid|resend)_(?:\w+_)?(?:send|deliver)(?:_|$)"
)
_SENDS_CODE = re.compile(r"^(?:send|deliver|dispatch|notify|push|text|post)(?:_\w+)?$|^send$")
_NUMBER = re.compile(r"(?:^|_)(?:phone|mobile|msisdn|cell)(?:_?(?:number|no))?$|^number$")
_ADDRESS = re.compile(r"(?:^|_)(?:e?_?mail(?:_address)?|address|login|user_?name|identifier)$")
_TELLS = re.compile(r"(?:^|_)(?:post|notify|send|deliver)$")
_FEWEST = 3
"""Arguments of what sends to somebody whom the call names, less the callee: whom, about what, and what."""
_STEPS = 40

_Limited: TypeAlias = Callable[[Row], bool]


def unlimited_messages(context: Context, is_limited: _Limited) -> Iterator[tuple[Row, str, Span]]:
    """Endpoints for everybody that send a code or link; by what; and where. What goes by mail costs nothing, and is told
    of only where the program limits what is like it."""
    found = logins(context)
    made = {use.fid for use in context.uses.of(RandomSource) if use.concept.kind != "clock"}
    made |= {use.fid for use in context.uses.of(TokenIssue)}
    sending: list[tuple[Row, str, Span]] = []
    others: list[Row] = []
    for row in by_handler(context.matrix):
        if row.endpoint.method in ("GET", "HEAD", "WEBSOCKET") or asks_who_calls(row):
            continue
        if found.of(row) or row.authentication.state not in ("none", "optional"):
            others.append(row)
            continue
        sent = sends_message(context, row) if not made.isdisjoint(found.reached(row)) else None
        if sent is not None:
            sending.append((row, *sent))
    limits = any(map(is_limited, (*others, *(row for row, *_ in sending)))) if sending else False
    for row, what, place in sending:
        if (what == "text message" or limits) and not is_limited(row):
            yield row, what, place


def sends_message(context: Context, row: Row) -> tuple[str, Span] | None:
    """What the handler has sent to a number or address that the request names."""
    named = {words(use.name.rpartition(".")[2]) for use in row.used}
    numbers, addresses = any(map(_NUMBER.search, named)), any(map(_ADDRESS.search, named))
    if not (numbers or addresses):
        return None
    for fid in logins(context).reached(row)[:_STEPS]:
        for call in context.view.linker.contents(fid).calls:
            spelled = _spelled(context, fid, call)
            if _TEXTS.search(spelled) or (numbers and _is_sent_to(context, fid, call, spelled)):
                return "text message", context.view.span(fid, call.start, call.end)
            if addresses and (_MAILS.search(spelled) or _POSTS.search(spelled)):
                return "mail", context.view.span(fid, call.start, call.end)
    return None


def is_sending(context: Context, fid: str, call: Instr) -> bool:
    """Whether a call sends something to a person, or hands it on to what does: `tasks.add_task(send_mail, ...)`."""
    spelled = _spelled(context, fid, call)
    handed = (context.view.definitions(fid).get(value) for value in call.args[1:3])
    named = [
        spelled,
        *(words(one.name) for one in handed if one is not None and one.op in (Op.LOAD, Op.ATTR)),
    ]
    return any(_TEXTS.search(one) or _MAILS.search(one) or _POSTS.search(one) for one in named) or (
        _TELLS.search(spelled) is not None and len(call.args) > _FEWEST
    )


def _spelled(context: Context, fid: str, call: Instr) -> str:
    """What a call is called, with what it is called on: `sms.send`."""
    definitions = context.view.definitions(fid)
    callee = definitions.get(call.args[0])
    if callee is None:
        return ""
    held = definitions.get(callee.args[0]) if callee.op == Op.ATTR else None
    on = held.name if held is not None and held.op in (Op.LOAD, Op.ATTR) else ""
    if not on and _SENDS_CODE.match(words(callee.name)):
        # `from .sms import send_code`
        targets = context.matrix.origins.targets(fid, call)[:1]
        on = "".join(context.view.linker.module_of[to].rpartition("/")[2].partition(".")[0] for to in targets)
    return words(f"{on}_{callee.name}")


def _is_sent_to(context: Context, fid: str, call: Instr, spelled: str) -> bool:
    """`send(phone, text)`, by a function whose own name does not say how."""
    last = spelled.rpartition("_")[2] if "_" in spelled else spelled
    return (
        _SENDS_CODE.match(last) is not None
        and len(call.args) > 2
        and any(_NUMBER.search(words(name)) for name in context.naming.of(fid, call.args[1]))
    )
