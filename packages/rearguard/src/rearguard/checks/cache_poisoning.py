"""What is kept or sent for others must not depend on the host that a request names."""

import re

from rearguard.analysis import ValueView
from rearguard.analysis.values import Flow
from rearguard.checks.base import Context, FlowText
from rearguard.checks.flow import FlowCheck, Probe, Variant
from rearguard.checks.hosts import host_lists
from rearguard.findings import Severity
from rearguard.models.concepts import RequestInput, SharedContent

_HOSTS = re.compile(
    r"(?:http_)?(?:x[-_])?(?:forwarded[-_])?(?:original[-_])?(?:host|hostname|server)|host_url|url_root"
    r"|base_url|origin|forwarded",
    re.IGNORECASE,
)


def _is_host(context: Context, flow: Flow) -> bool:
    """Whether the input is the host by which the client says that it found the service."""
    source = flow.source
    return (
        bool(source.path)
        and _HOSTS.fullmatch(source.path[-1]) is not None
        and source.channel in _CHANNELS
        and _is_any(context, flow)
    )


def _is_any(context: Context, flow: Flow) -> bool:
    """Whether the client may name any host: no list of the settings holds the names that are allowed."""
    source, view = flow.source, context.view
    if view.family(source.fid) != "python":
        return True
    lists = [is_open for _, _, is_open in host_lists(context)]
    rows = (
        concept
        for instr in view.linker.code(source.fid)
        if (instr.start, instr.end) == (source.span.start, source.span.end)
        for concept, _ in view.models.value_rows(
            view.family(source.fid), ValueView(view, source.fid, instr.dst).names, RequestInput
        )
    )
    if any(concept.listed for concept in rows):
        return any(lists)
    return not lists or any(lists)


def _is_mail(flow: Flow) -> bool:
    concept = flow.site.concept
    return isinstance(concept, SharedContent) and concept.where == "mail"


_CHANNELS = ("headers", "header", "META", "address")


CACHE_POISONING = FlowCheck(
    id="cache-poisoning",
    title="The host that a request names reaches what others see",
    cwe=349,
    severity=Severity.MEDIUM,
    asvs=("v5.0.0-4.1.3",),
    sinks=(SharedContent,),
    text=FlowText(
        message="{input} becomes part of what {call} keeps for other requests.",
        why="The client writes this header: with a host of their own, whoever sends the request puts "
        "links and scripts to their site into what everybody else is shown.",
        sink_step="the host of the request is part of the content",
        advice="Take the address of the service from its configuration, or accept only hosts from a "
        "fixed list.",
    ),
    probe=Probe(
        "attacker.example",
        "Send the header with a host of your own.",
        "The content names the configured host.",
    ),
    variants=(
        Variant(
            SharedContent,
            FlowText(
                message="{input} becomes part of the mail that {call} sends.",
                why="The client writes this header: with a host of their own, whoever asks for a link to be sent to "
                "someone else (a new password, an invitation) gets its secret when that person follows"
                " it.",
                sink_step="the host of the request is part of the mail",
                advice="Take the address of the service from its configuration, or accept only hosts from a fixed "
                "list.",
            ),
            Probe(
                "attacker.example",
                "Ask for the mail with a host of your own in the header.",
                "The link in the mail names the configured host.",
            ),
            applies=_is_mail,
            cwe=640,
        ),
    ),
    accepts=_is_host,
    related=(640, 644),
    at_source=True,
)
