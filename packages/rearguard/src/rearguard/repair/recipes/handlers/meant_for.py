"""For whom an endpoint is: some are not for people who log in, and some objects not for owners alone."""

import re
from collections.abc import Iterable

from rearguard.program import Source
from rearguard.repair.context import RepairContext
from rearguard.repair.recipes.handlers.callers import is_group
from rearguard.repair.syntax import RepairError

__all__ = ["check_login", "check_owner", "check_roles"]

_MACHINES = re.compile(
    r"(?:^|[/_-])(?:web-?hooks?|hooks?|callback|ipn|postback)(?:[/_-]|$)|web-?hook", re.IGNORECASE
)
_SIGNED = re.compile(
    r"createHmac|hmac\.new|compare_digest|timingSafeEqual|verify_?signature|constructEvent", re.I
)
_BEFORE = re.compile(
    r"(?:^|/)(?:log-?in|sign-?in|sign-?up|register|registration|forgot[\w-]*|reset[\w-]*|recover[\w-]*|otp|sms"
    r"|magic[\w-]*|refresh)(?:/|$)",
    re.IGNORECASE,
)
_VISITORS = re.compile(r"(?<!!)\breq(?:uest)?\.user\s*(?:\?(?!\.)|&&|\|\|)|[(,]\s*req\.user\s*[),]")
"""What files do whose handlers serve visitors too: `visibleTo(req.user)`."""
_ROLES = re.compile(rb"\b(?:role|roles|is_staff|isStaff|is_teacher|isTeacher)\b")
_SIGNS = re.compile(
    r"\b(?:req|request|g|ctx\.state)\.user\.(?:name|full_?name|email|username|title)\b", re.IGNORECASE
)
_OTHERS = re.compile(
    r"approv|reject|declin|accept|moderat|review|grad(?:e|ing)|assign|ban(?:$|[_/-])|verif|publish|escalat|resolv",
    re.IGNORECASE,
)


def check_login(context: RepairContext) -> None:
    """Raises RepairError where a login is not what is missing: machines call, or it is part of logging in."""
    path, text = _said(context)
    module = context.sources[context.path(context.handler or context.target.fid)].text
    if _MACHINES.search(path) or _SIGNED.search(text):
        raise RepairError("another program calls this, which logs in nowhere: check its signature instead")
    if _BEFORE.search(path):
        raise RepairError("this is asked before a login: limit how often instead")
    if _VISITORS.search(module.decode("utf-8", "replace")):
        raise RepairError("visitors who are not logged in are meant here: see what they may be shown")


def check_owner(context: RepairContext) -> None:
    """Raises RepairError where an object is for others than its owner too."""
    path, _ = _said(context)
    if _OTHERS.search(path):
        raise RepairError("this is done by somebody else than the owner: ask for that role")


def check_roles(context: RepairContext, owner: str) -> None:
    """Raises RepairError where callers are told apart by more than what is theirs: a teacher, or a member of
    staff, may reach what somebody else owns, and signs what is done to it with a name. What belongs to a
    group is for all of its members."""
    if is_group(owner):
        return
    _, text = _said(context)
    if context.once(_has_roles, context.path(context.target.fid)) or _SIGNS.search(text):
        raise RepairError("callers have roles, and some may reach what others own: limit it by hand")


def _has_roles(sources: Iterable[Source], path: str) -> bool:
    return any(_ROLES.search(source.text) for source in sources if source.path == path)


def _said(context: RepairContext) -> tuple[str, str]:
    """The path of the endpoint with its handler's name, and the handler as it is written."""
    fid = context.handler or context.target.fid
    function = context.view.function(fid)
    path = context.route.path if context.route is not None else ""
    source = context.sources[context.path(fid)]
    text = source.slice(function.start, function.end)
    return f"{path}/{function.name.rpartition('.')[2]}", text
