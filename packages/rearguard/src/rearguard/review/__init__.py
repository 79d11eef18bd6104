"""The pipeline: read, link, model, analyse, check, merge, account for what was not analysed."""

from rearguard.review.checking import context_of
from rearguard.review.options import Options
from rearguard.review.pipeline import (
    Opened,
    Program,
    Reviewed,
    analyse_sources,
    chosen_checks,
    open_path,
    review_fragment,
    review_path,
    run_checks,
)

__all__ = [
    "Options",
    "Opened",
    "Program",
    "Reviewed",
    "analyse_sources",
    "chosen_checks",
    "context_of",
    "open_path",
    "review_fragment",
    "review_path",
    "run_checks",
]
