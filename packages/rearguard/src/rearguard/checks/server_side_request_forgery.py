"""Request input must not choose the host of an outbound request."""

from rearguard.checks.base import FlowText
from rearguard.checks.flow import FlowCheck, Probe
from rearguard.findings import Severity
from rearguard.models.concepts import OutboundRequest

SERVER_SIDE_REQUEST_FORGERY = FlowCheck(
    id="server-side-request-forgery",
    title="Request input chooses where the server sends a request",
    cwe=918,
    severity=Severity.HIGH,
    asvs=("v5.0.0-1.3.6",),
    sinks=(OutboundRequest,),
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
