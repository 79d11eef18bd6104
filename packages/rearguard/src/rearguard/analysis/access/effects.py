"""What a call does besides looking up and changing stored objects: files, programs, requests, messages."""

import re

from rearguard.analysis.access.dispatch import runs_function
from rearguard.analysis.access.forwarded import carries_the_callers
from rearguard.analysis.access.origins import Origins
from rearguard.models.concepts import (
    ChannelJoin,
    CodeExecution,
    CommandExecution,
    Deserialisation,
    FileAccess,
    MailHeader,
    MemoryFile,
    OutboundRequest,
    SharedContent,
    TemplateSource,
    XmlParse,
)
from rearguard.program import Instr

_MAIL = re.compile(
    r"send_?(?:\w+?_?)?(?:e?mail|message|sms|notification|code|link|otp)s?|publish|enqueue|delay|apply_async",
    re.IGNORECASE,
)
_MAILER = re.compile(
    r"e?_?mail(?:er|s|_?service|_?client|_?sender)?|\w+?_?mail(?:er)?|transport(?:er)?|sms\w*|smtp", re.I
)
"""What something is called that has a `send` for mails."""
_RECORDS = re.compile(
    r"(?:record|log|track)_?(?:event|activity|access|visit|view|usage)|audit|analytics|telemetry|metrics?(?:_|$)",
    re.IGNORECASE,
)
JOIN = "join"
"""The caller gets from now on what is sent to a channel."""
_FOLDERS = ("mkdir", "makedirs", "mkdirSync", "ensureDir", "ensureDirSync")
"""Making sure that a folder is there changes nothing that anybody misses."""


def effect(origins: Origins, fid: str, instr: Instr, name: str) -> str:
    """`read`, `file`, `command`, `code`, `request`, `message`, `join`; "" for a call that does none of it."""
    what = ""
    for row in origins.call_rows(fid, instr):
        concept = row.concept
        if isinstance(concept, FileAccess):
            harmless = concept.action in ("read", "send", "list") or name in _FOLDERS
            what = "read" if harmless or _in_memory(origins, fid, instr) else "file"
        elif isinstance(concept, ChannelJoin):
            what = JOIN
        elif isinstance(concept, CommandExecution):
            what = "command"
        elif isinstance(concept, CodeExecution) and runs_function(origins.view.definitions(fid), instr):
            # `setTimeout(() => ...)` runs what is written there.
            continue
        elif isinstance(concept, TemplateSource) and origins.is_written(fid, instr):
            # `template("page")` names a file or is the text itself: nobody chooses what runs.
            continue
        elif isinstance(concept, CodeExecution | Deserialisation | TemplateSource | XmlParse):
            what = what or "code"
        elif isinstance(concept, OutboundRequest):
            what = what if carries_the_callers(origins, fid, instr) else "request"
        elif isinstance(concept, MailHeader) or (
            isinstance(concept, SharedContent) and concept.where == "mail"
        ):
            what = what or "message"
    if not what and (_MAIL.fullmatch(name) or (name == "send" and _is_mailer(origins, fid, instr))):
        what = "" if _is_record(origins, fid, instr) else "message"
    return what


def _in_memory(origins: Origins, fid: str, instr: Instr) -> bool:
    """`image.save(BytesIO())`: written into a buffer, or into the answer."""
    return any(
        isinstance(concept, MemoryFile)
        for value in instr.args[1:]
        for concept in origins.concepts(fid, value)
    )


def _is_mailer(origins: Origins, fid: str, instr: Instr) -> bool:
    """`mail.send(message)`"""
    receiver = origins.view.definitions(fid).get(origins.receiver(fid, instr))
    return receiver is not None and _MAILER.fullmatch(receiver.name) is not None


def _is_record(origins: Origins, fid: str, instr: Instr) -> bool:
    """`record_event.delay(...)`: notes that something happened, and changes nothing."""
    receiver = origins.view.definitions(fid).get(origins.receiver(fid, instr))
    return receiver is not None and _RECORDS.search(receiver.name) is not None


__all__ = ["JOIN", "effect"]
