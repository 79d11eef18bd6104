"""Uploads must not be stored under a type that the client chooses."""

import re

from rearguard.analysis.settings import Folder, Folders, Use
from rearguard.analysis.settings.options import Given, Option, entry
from rearguard.analysis.values import Flow
from rearguard.checks.base import Context, FlowText
from rearguard.checks.checked import UPLOAD_NAMES
from rearguard.checks.flow import FlowCheck, Probe
from rearguard.findings import Confidence, Severity
from rearguard.models.concepts import FileAccess, StoredUpload, UploadFilter
from rearguard.models.settings_concepts import StaticFolder, UploadFolder

_SERVED = re.compile(
    r"^(?!(?:.*[/\\])?(?:data|private)[/\\])(?:.*[/\\])?"
    r"(?:static|public|www|wwwroot|htdocs|html|media|assets)(?:[/\\]|$)"
)
"""Folders that web servers send files from, unless they lie in one of the application's own data."""
_ELSEWHERE = re.compile(r"^(?:/|[A-Za-z]:[/\\])")
"""A folder of the machine, not of the application: nothing sends its files by itself."""


def _is_name(context: Context, flow: Flow) -> bool:
    """Whether the input is the name that an upload brought along, stored where browsers may find it."""
    source = flow.source
    if source.channel not in ("file", "files") or not source.path or source.path[-1] not in UPLOAD_NAMES:
        return False
    if any(map(_is_given, _receivers(context, flow))):
        return False
    folder = _folder(context, flow)
    return _is_sent(context, folder) or not _ELSEWHERE.match(folder.text)


def _receivers(context: Context, flow: Flow) -> list[Use[UploadFilter]]:
    """Where uploads are received that are stored at a place: the call that it stands in, or those of its file."""
    place = flow.site.span
    beside = [use for use in context.uses.of(UploadFilter) if use.span.path == place.path]
    around = [use for use in beside if use.span.start <= place.start and place.end <= use.span.end]
    return around or beside


def _is_given(use: Use[UploadFilter]) -> bool:
    found = Option(Given.YES, use.selected[-1]) if use.selected else Option(Given.NO)
    for key in use.row.keys:
        found = entry(found, key)
    return found.given is not Given.NO


def _folder(context: Context, flow: Flow) -> Folder:
    """The beginning of the path under which the upload is stored, as far as it is known."""
    folders = _folders(context)
    parts: list[str | tuple[str, int]] = []
    for part in flow.text or ():
        if isinstance(part, str):
            parts.append(part)
        elif part.labels:
            break
        else:
            # A folder that a setting names is none of the machine's root, unless that says so.
            parts.extend(folders.of(flow.site.fid, part.value).parts or ("?",))
    if not any(isinstance(part, tuple) or "/" in part for part in parts):
        # The folder is said beside the function that names the file.
        for use in context.uses.of(UploadFolder):
            if use.span.path == flow.site.span.path and use.value is not None:
                parts[:0] = folders.of(use.value.fid, use.value.value).parts
    return Folder(tuple(parts))


def _folders(context: Context) -> Folders:
    held = context.notes.get("folders")
    if not isinstance(held, Folders):
        held = context.notes["folders"] = Folders(context.view)
    return held


def _is_sent(context: Context, folder: Folder) -> bool:
    """Whether browsers are sent the files of a folder: a call says so, or its name does."""
    if _SERVED.search(folder.text):
        return True
    return any(
        folder.is_in(_folders(context).of(use.value.fid, use.value.value))
        for use in context.uses.of(StaticFolder)
        if use.value is not None
    )


def _confidence(context: Context, flow: Flow) -> tuple[Confidence, str] | None:
    """Where nothing sends the files out again, their type matters little."""
    folder = _folder(context, flow)
    if _SERVED.search(folder.text):
        return Confidence.LIKELY, "the folder's name says that its files are sent to browsers"
    if _is_sent(context, folder):
        return Confidence.LIKELY, "the files of this folder are sent to browsers"
    if _may_leave(context, flow):
        # Told beside path-traversal: what keeps the name in its folder leaves its ending as it is.
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
