"""What is fulfilled: standards against what a review found and what stands in the code as evidence."""

from rearguard.assurance.decide import assure
from rearguard.assurance.types import Assurance, Outcome, Row, Standard

__all__ = ["Assurance", "Outcome", "Row", "Standard", "assure"]
