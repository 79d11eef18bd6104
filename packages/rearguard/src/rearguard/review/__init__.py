"""The pipeline: read, link, model, analyse, check, merge, account for what was not analysed."""

from rearguard.review.options import Options
from rearguard.review.pipeline import (
    Program,
    Reviewed,
    analyse_sources,
    chosen_checks,
    review_fragment,
    review_path,
    run_checks,
)

__all__ = [
    "Options",
    "Program",
    "Reviewed",
    "analyse_sources",
    "chosen_checks",
    "review_fragment",
    "review_path",
    "run_checks",
]
