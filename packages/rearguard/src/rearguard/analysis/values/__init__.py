"""Where values come from and where they end up: labels, summaries, flows, traces."""

from rearguard.analysis.values.content import constants_in
from rearguard.analysis.values.domain import Hole, Origin, Port, SourceRead, Text
from rearguard.analysis.values.foreseen import FORESEEN_ERRORS
from rearguard.analysis.values.program import ValueProgram
from rearguard.analysis.values.solve import (
    Followed,
    NotFollowedError,
    Values,
    analyse,
    call_graph,
    components,
    follow,
    prepared,
)
from rearguard.analysis.values.summary import Flow, Hop, SinkUse, Site, Summary
from rearguard.analysis.values.trace import assignments

__all__ = [
    "FORESEEN_ERRORS",
    "Flow",
    "Followed",
    "Hole",
    "Hop",
    "NotFollowedError",
    "Origin",
    "Port",
    "SinkUse",
    "Site",
    "SourceRead",
    "Summary",
    "Text",
    "ValueProgram",
    "Values",
    "analyse",
    "assignments",
    "call_graph",
    "components",
    "constants_in",
    "follow",
    "prepared",
]
