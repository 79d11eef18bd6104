"""Request input must not choose the host of an outbound request."""

from collections.abc import Iterator

from rearguard.analysis import ValueView
from rearguard.analysis.settings import Option, Use, entry
from rearguard.analysis.settings.options import Given
from rearguard.analysis.values import Flow
from rearguard.checks.base import Context, Draft, FlowText
from rearguard.checks.flow import FlowCheck, Probe
from rearguard.checks.spots import spot
from rearguard.findings import Confidence, Severity
from rearguard.models.concepts import OutboundRequest
from rearguard.models.settings_concepts import FetchedHosts

_ANY = "**"
"""Stands for any host, with any number of names."""


class ServerSideRequestForgery(FlowCheck):
    """Addresses from input, and options by which the server itself fetches what a client names."""

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per place where input chooses an address, and per list that lets every host in."""
        yield from super().run(context)
        for use in context.uses.of(FetchedHosts):
            for host in _open_hosts(use):
                yield spot(
                    self.rule,
                    host.span,
                    "The server fetches pictures from every host that a request names: `**` stands for any.",
                    "Whoever asks sends the server to addresses of their choice, those that only it can reach among "
                    "them, and has it load, resize and keep pictures of any size for others.",
                    "List the hosts whose pictures the pages show, each with its protocol and path.",
                    "the pattern is written out here",
                    step="stands for any host",
                    subject="hosts",
                    confidence=Confidence.LIKELY,
                    severity=Severity.MEDIUM,
                )


def _is_chosen(_: Context, flow: Flow) -> bool:
    """A program that is told to open what is stored (`ffmpeg -i photo.path`) opens the files of the application."""
    return bool(flow.site.concept.path) or flow.source.kind != "stored"


def _open_hosts(use: Use[FetchedHosts]) -> Iterator[ValueView]:
    value = use.value
    if value is None:
        return
    beside = dict(zip(use.instr.keys, use.instr.args, strict=False))
    switch = beside.get(use.concept.unless)
    if switch is not None and ValueView(use.view, use.fid, switch).const is not False:
        return
    for one in value.elements():
        host = entry(Option(Given.YES, one), use.concept.host).value
        if host is not None and host.text == _ANY:
            yield host


SERVER_SIDE_REQUEST_FORGERY = ServerSideRequestForgery(
    id="server-side-request-forgery",
    title="Request input chooses where the server sends a request",
    cwe=918,
    severity=Severity.HIGH,
    asvs=("v5.0.0-1.3.6",),
    sinks=(OutboundRequest,),
    accepts=_is_chosen,
    text=FlowText(
        message="{input} chooses the host that {call} contacts.",
        why="The server can be sent to addresses that only it can reach: the cloud's metadata service with its "
        "credentials, internal administration pages, databases.",
        sink_step="the input decides the address",
        advice="Allow only https and hosts from a fixed list, compare the parsed host rather than the text, do not "
        "follow redirects, and refuse names that resolve to private or link-local addresses.",
    ),
    probe=Probe(
        "http://169.254.169.254/latest/meta-data/",
        "Point the server at an address that only it can reach.",
        "400, and no request leaves the server.",
    ),
    recipe="allow-hosts",
    api_top10=("API7:2023",),
    per_input=True,
)
