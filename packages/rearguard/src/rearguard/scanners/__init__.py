"""What other tools say: found on PATH, run in bounded time, read defensively, merged with our findings."""

from rearguard.scanners.claims import Claim, Scan, Scanned, gathered
from rearguard.scanners.merging import merged
from rearguard.scanners.places import Place
from rearguard.scanners.registry import SCANNERS, Scanner, ScannerError, chosen, present, scan
from rearguard.scanners.sarif import SarifError, read_sarif
from rearguard.scanners.semgrep import OWN_RULES, own_rules

__all__ = [
    "OWN_RULES",
    "SCANNERS",
    "Claim",
    "Place",
    "SarifError",
    "Scan",
    "Scanned",
    "Scanner",
    "ScannerError",
    "chosen",
    "gathered",
    "merged",
    "own_rules",
    "present",
    "read_sarif",
    "scan",
]
