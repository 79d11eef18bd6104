"""Request input must not reach a page as markup."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.analysis.identity import words
from rearguard.analysis.values import Flow
from rearguard.checks.base import Context, Draft, FlowText
from rearguard.checks.browser_scripts import SCRIPTS
from rearguard.checks.flow import FlowCheck, Probe, Variant
from rearguard.checks.made_markup import is_made_markup
from rearguard.checks.passed_on import is_passed_on
from rearguard.checks.served_types import is_chosen
from rearguard.findings import Confidence, Severity
from rearguard.models.concepts import (
    HtmlMarkup,
    HtmlResponse,
    MailMarkup,
    PageHandler,
    PageLink,
    PageMarkup,
    ServedType,
    StoredObject,
    TemplateSource,
)
from rearguard.program import Op, Span


def _is_told(context: Context, flow: Flow) -> bool:
    """Whether the flow is this check's to tell: a served type that the client chose, or markup.

    Not what a call prints that compiles the same text as a template (`render_template_string`): one cause,
    told as the graver one. Markup that is made before, and put into the template's text as a piece, stays markup
    when that text no longer changes: it has a repair of its own.
    """
    key = "compiled texts"
    if key not in context.notes:
        context.notes[key] = frozenset(
            (other.site.fid, other.site.value, other.source)
            for other in context.values.flows
            if isinstance(other.site.concept, TemplateSource)
        )
    compiled = context.notes[key]
    assert isinstance(compiled, frozenset)
    if (flow.site.fid, flow.site.value, flow.source) in compiled and not _is_piece(context, flow):
        return False
    if isinstance(flow.site.concept, MailMarkup) and (flow.uncertain or not _is_written_around(flow)):
        # Mails are made by templates, and what is not known on the way is one as a rule.
        return False
    if _is_marked_within(context, flow) or _is_put_away(context, flow) or is_made_markup(context, flow):
        return False
    return is_chosen(context, flow) and not is_passed_on(context, flow)


def _is_written_around(flow: Flow) -> bool:
    """Whether the program writes the tags itself that the input stands between: not a whole mail that somebody made."""
    return any(isinstance(part, str) and _TAG.search(part) for part in flow.text or ())


def _is_marked_within(context: Context, flow: Flow) -> bool:
    """Whether an answer is sent in which the same input is marked as markup: `HttpResponse(mark_safe(text))`."""
    if not isinstance(flow.site.concept, HtmlResponse):
        return False
    key = "marked texts"
    if key not in context.notes:
        marked: dict[tuple[object, str], list[Span]] = {}
        for other in context.values.flows:
            if isinstance(other.site.concept, HtmlMarkup):
                marked.setdefault((other.source, other.site.fid), []).append(other.site.span)
        context.notes[key] = marked
    held = context.notes[key]
    assert isinstance(held, dict)
    span = flow.site.span
    return any(
        span.start < one.start and one.end <= span.end for one in held.get((flow.source, flow.site.fid), ())
    )


_TAG = re.compile(r"<[a-zA-Z]")
_MARKUP = re.compile(r"(?:^|_)x?html(?:_|$)")
"""Names of what holds markup."""


def _is_put_away(context: Context, flow: Flow) -> bool:
    """Whether a text marked as markup only becomes part of a stored object: a database keeps the text, not the mark."""
    if not isinstance(flow.site.concept, HtmlMarkup) or flow.site.concept.path == "":
        return False
    fid = flow.site.fid
    users = context.destinations.users(fid).get(flow.site.value, ())
    return bool(users) and all(
        user.op in (Op.CALL, Op.NEW)
        and flow.site.value in user.args[1:]
        and any(
            isinstance(row.concept, StoredObject)
            for row in context.values.program.value_rows(context.view.linker.refs[fid][user.dst])
        )
        for user in users
    )


def _is_piece(context: Context, flow: Flow) -> bool:
    """Whether the input is made markup before the template's text is put together from it."""
    fid, value = flow.site.fid, flow.site.value
    definitions, reaching = context.view.definitions(fid), context.view.linker.reaching(fid)
    whole = definitions.get(reaching.get(value, value))
    if whole is None or whole.op != Op.JOIN:
        return False
    return bool(flow.places) and not any(
        place.start <= whole.start and whole.end <= place.end for place in flow.places
    )


def _confidence(_context: Context, flow: Flow) -> tuple[Confidence, str] | None:
    """No link fills the browser's storage, and a column for markup holds what somebody made as such."""
    if flow.source.kind == "stored" and flow.source.path and _MARKUP.search(words(flow.source.path[-1])):
        return Confidence.QUESTION, "whether the stored markup was cleaned before was not followed"
    if flow.source.kind == "browser" and flow.source.channel == "storage":
        return Confidence.QUESTION, "whether somebody else can have it stored was not followed"
    return None


@dataclass(frozen=True)
class _Pages(FlowCheck):
    """What the server writes into pages, and what their scripts make of answers and typed text."""

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per place, and one per function of a script."""
        yield from super().run(context)
        if context.browser is not None:
            yield from SCRIPTS.run(context.browser)


CROSS_SITE_SCRIPTING = _Pages(
    id="cross-site-scripting",
    title="Request input reaches a page unescaped",
    cwe=79,
    severity=Severity.HIGH,
    asvs=("v5.0.0-1.2.1",),
    sinks=(HtmlResponse, HtmlMarkup, ServedType, MailMarkup),
    text=FlowText(
        message="{input} is sent as HTML by {call} without escaping.",
        why="A link or a stored value can carry a script that runs in another person's session: it reads what they "
        "see and acts as them.",
        sink_step="the input is part of the page's markup",
        advice="Put values into pages through a template with automatic escaping, or send data as JSON; mark text as "
        "safe markup only after a sanitiser made for HTML.",
    ),
    probe=Probe(
        "<script>alert(1)</script>",
        "Send markup as the value.",
        "The page shows the text `<script>` as text: `&lt;script&gt;` in its source.",
    ),
    variants=(
        Variant(
            ServedType,
            FlowText(
                message="{input} decides the content type that {call} sends.",
                why="Sent as `text/html` or `image/svg+xml`, the content runs scripts in the name of your site, in the "
                "session of whoever opens the address.",
                sink_step="the browser takes the content for what this says",
                advice="Choose the type from a fixed list by what the content is, or send it as "
                "`application/octet-stream` with `Content-Disposition: attachment`.",
            ),
            Probe(
                "text/html",
                "Have content sent that was given the type text/html and holds a script.",
                "The type is one of a list, or the browser saves the content to a file.",
            ),
        ),
        Variant(
            MailMarkup,
            FlowText(
                message="{input} is written into the HTML of a mail without escaping.",
                why="Whoever gets the mail trusts it, since it comes from you: it can show them a form, or a link of the "
                "attacker's under your name, and pictures that tell when it was opened.",
                sink_step="the input is part of the mail's markup",
                advice="Make the mail with a template that escapes, or escape each value (`html.escape`, "
                "`markupsafe.escape`, `escape-html`).",
            ),
            Probe(
                "<a href=https://attacker.example>Log in</a>",
                "Send markup as the value and look at the mail.",
                "The mail shows the markup as text.",
            ),
            Severity.MEDIUM,
            cwe=116,
        ),
        Variant(
            PageLink,
            FlowText(
                message="{input} is the beginning of an address that the page has the browser open.",
                why="`javascript:` is a scheme like any other, and escaping leaves it alone: whoever follows the link runs "
                "a script in their own session.",
                sink_step="the address begins with the input",
                advice="Let addresses of your own site through (one slash, not two), or those that begin with `https://`; "
                "everything else becomes a fixed page.",
            ),
            Probe(
                "javascript:alert(1)",
                "Send an address with the scheme `javascript:` and follow the link.",
                "The link leads to a page, and no script runs.",
            ),
        ),
        Variant(
            PageHandler,
            FlowText(
                message="{input} stands in the code of an event's attribute.",
                why="The browser undoes what escaping for HTML did before it runs the code, so that a quote ends the string "
                "it stands in: a link or a stored value runs a script in another person's session.",
                sink_step="the input is part of the attribute's code",
                advice="Put the value into an attribute of its own (`data-name`) and read it in a script, or write it as JSON "
                "(`|tojson` between single quotes).",
            ),
            Probe(
                "');alert(1);//",
                "Send a quote, a bracket and code as the value, and have the event happen.",
                "The value arrives as text.",
            ),
        ),
        Variant(
            PageMarkup,
            FlowText(
                message="{input} is put into the page as markup.",
                why="Whoever makes a link to the page, or opens it in a window of theirs, runs a script in the session "
                "of the person who follows it.",
                sink_step="the page reads the value as markup",
                advice="Put text into the page as text (`textContent`, jQuery's `text()`); pass markup that must be "
                "markup through a sanitiser made for HTML first.",
            ),
            Probe(
                "<img src=x onerror=alert(1)>",
                "Open the page with markup as the value.",
                "The page shows the text as text, and no script runs.",
            ),
        ),
    ),
    accepts=_is_told,
    confidence=_confidence,
    recipe="escape-html",
    related=(80, 116, 646),
    sources=("request", "stored", "browser"),
)
