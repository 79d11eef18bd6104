"""Uploads must not be stored under a type that the client chooses."""

import re

from rearguard.analysis.settings import Use
from rearguard.analysis.settings.options import Given, Option, entry
from rearguard.analysis.values import Flow, constants_in
from rearguard.checks.base import Context, FlowText
from rearguard.checks.checked import UPLOAD_NAMES
from rearguard.checks.flow import FlowCheck, Probe
from rearguard.findings import Confidence, Severity
from rearguard.models.concepts import FileAccess, StoredUpload, UploadFilter

_SERVED = re.compile(r"(?:^|[/\\])(?:static|public|www|wwwroot|htdocs|html|media|assets)(?:[/\\]|$)")
"""Folders that web servers send files from."""
_ELSEWHERE = re.compile(r"^(?:/|[A-Za-z]:[/\\])")
"""A folder of the machine, not of the application: nothing sends its files by itself."""


def _is_name(context: Context, flow: Flow) -> bool:
    """Whether the input is the name that an upload brought along, stored where browsers may find it."""
    source = flow.source
    if source.channel not in ("file", "files") or not source.path or source.path[-1] not in UPLOAD_NAMES:
        return False
    if any(_is_given(use) and use.span.path == flow.site.span.path for use in context.uses.of(UploadFilter)):
        return False
    folder = _folder(context, flow)
    if _SERVED.search(folder):
        return True
    return not _ELSEWHERE.match(folder)


def _is_given(use: Use[UploadFilter]) -> bool:
    found = Option(Given.YES, use.selected[-1]) if use.selected else Option(Given.NO)
    for key in use.row.keys:
        found = entry(found, key)
    return found.given is not Given.NO


def _folder(context: Context, flow: Flow) -> str:
    """The beginning of the path under which the upload is stored, as far as it is constant."""
    parts: list[str] = []
    for part in flow.text or ():
        if isinstance(part, str):
            parts.append(part)
        elif part.labels:
            break
        else:
            # A folder that a setting names is none of the machine's root.
            parts.append(constants_in(context.values.program, flow.site.fid, part.value) or "?")
    return "".join(parts)


def _confidence(context: Context, flow: Flow) -> tuple[Confidence, str] | None:
    """Where nothing sends the files out again, their type matters little."""
    if _SERVED.search(_folder(context, flow)):
        return Confidence.LIKELY, "the folder's name says that its files are sent to browsers"
    if _may_leave(context, flow):
        return (
            Confidence.LIKELY,
            "the name may leave the folder for one whose files are sent to browsers, or run",
        )
    return Confidence.QUESTION, "whether files of this folder are sent to browsers, or run, was not seen"


def _may_leave(context: Context, flow: Flow) -> bool:
    """Whether nothing keeps the name inside the folder either."""
    site = flow.site
    return any(
        isinstance(other.site.concept, FileAccess)
        and (other.site.fid, other.site.value) == (site.fid, site.value)
        and other.source.path[-1:] == flow.source.path[-1:]
        for other in context.values.flows
    )


UNRESTRICTED_UPLOAD = FlowCheck(
    id="unrestricted-upload",
    title="Uploads are stored with the ending that the client chose",
    cwe=434,
    severity=Severity.HIGH,
    asvs=("v5.0.0-5.2.2",),
    sinks=(StoredUpload,),
    text=FlowText(
        message="An upload is stored by {call} under the ending that the client gave it; no list says which may be stored.",
        why="What a server or browser makes of a file hangs on its ending: `.html` and `.svg` run scripts on your "
        "site, `.php`, `.jsp` or `.py` may run on the server.",
        sink_step="the ending of the stored name is the client's",
        advice="Accept a fixed list of endings and look into the content; store under a name of your own, outside of "
        "what the web server sends, and send it with `Content-Disposition: attachment`.",
    ),
    probe=Probe(
        "x.html",
        "Upload a file called x.html that holds a script.",
        "400 or 415; nothing is stored under that ending.",
    ),
    accepts=_is_name,
    confidence=_confidence,
    related=(351, 646),
)
