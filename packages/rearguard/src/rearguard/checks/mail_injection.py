"""Headers of mails must not take line breaks from request input."""

import re

from rearguard.analysis.values import Flow
from rearguard.checks.base import Context, FlowText
from rearguard.checks.flow import FlowCheck, Probe
from rearguard.findings import Confidence, Severity
from rearguard.models.concepts import MailHeader

_BLANK_LINE = re.compile(r"\r?\n\r?\n")
_HEADER = re.compile(r"^(?:subject|to|from|cc|bcc|reply-to)\s*:", re.IGNORECASE | re.MULTILINE)


def _is_header(context: Context, flow: Flow) -> bool:
    """Whether the input stands in the headers; of a whole mail as text, only what stands before the text."""
    concept = flow.site.concept
    if not (isinstance(concept, MailHeader) and concept.whole):
        return True
    before = ""
    for part in flow.text or ():
        if not isinstance(part, str):
            if part.labels and _HEADER.search(before) and not _BLANK_LINE.search(before):
                return True
            before += "x"
        else:
            before += part
    return False


def _confidence(context: Context, flow: Flow) -> tuple[Confidence, str] | None:
    concept = flow.site.concept
    if isinstance(concept, MailHeader) and not concept.whole:
        return Confidence.LIKELY, "the newest releases of Python refuse such a header when the mail is sent"
    return None


MAIL_INJECTION = FlowCheck(
    id="mail-injection",
    title="Request input becomes a header of a mail",
    cwe=93,
    severity=Severity.MEDIUM,
    asvs=("v5.0.0-1.3.11",),
    sinks=(MailHeader,),
    text=FlowText(
        message="{input} becomes part of the headers of the mail that {call} sends.",
        why="A line break ends the header: whoever sends the request adds recipients and a text of "
        "their own, and your server sends it in your name.",
        sink_step="the input is part of a header",
        advice="Use a class that refuses line breaks (`email.message.EmailMessage`, the fields of "
        "nodemailer), or take `\\r` and `\\n` out of the value.",
    ),
    probe=Probe(
        "a\r\nBcc: b@example.com",
        "Send a line break and another recipient.",
        "400, or a mail with the one recipient.",
    ),
    accepts=_is_header,
    confidence=_confidence,
)
