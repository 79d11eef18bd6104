"""Options of a review that bring other tools in."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rearguard.cli.words import fail, nearest

if TYPE_CHECKING:
    from rearguard.review import Opened
    from rearguard.review.pipeline import Progress
    from rearguard.scanners import Scanned, Scanner

__all__ = ["Asked", "asked", "scanned"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What other tools are to do."""

    scanners: "tuple[Scanner, ...]" = ()
    must_be_there: bool = False
    """Whether each was named, so that one that is missing is an error and no remark."""
    rules: tuple[Path, ...] = ()
    sarif: tuple[Path, ...] = ()
    timeout: float = 300.0


def asked(given: dict[str, Any], path: str) -> Asked:
    """The options, checked before anything is read."""
    if not (given["scanners"] or given["semgrep_rules"] or given["import_sarif"]):
        return Asked()
    from rearguard.scanners import SCANNERS, ScannerError, chosen

    if path == "-":
        fail("other scanners read files; review a folder to run or merge them")
    try:
        scanners, must_be_there = chosen(given["scanners"])
    except ScannerError as error:
        name = str(error)
        known = ["auto", "all", "none", *(one.name for one in SCANNERS)]
        fail(f"--scanners: there is no scanner {name!r}.{nearest(name, known)} Known: {', '.join(known)}.")
    rules = tuple(Path(one) for one in given["semgrep_rules"])
    for one in rules:
        if not one.exists():
            fail(
                f"--semgrep-rules {one}: there is no such file or folder. Names of Semgrep's registry are "
                "not taken: a review downloads nothing"
            )
    if rules and not any(one.name == "semgrep" for one in scanners):
        fail("--semgrep-rules needs --scanners semgrep (or auto)")
    sarif = tuple(Path(one) for one in given["import_sarif"])
    for one in sarif:
        if not one.is_file():
            fail(f"--import-sarif {one}: there is no such file")
    return Asked(scanners, must_be_there, rules, sarif, given["scanner_timeout"])


def scanned(what: Asked, root: Path, opened: "Opened", progress: "Progress") -> "Scanned | None":
    """Run and read what was asked for. A scanner that was named and is not there ends the command."""
    if not what.scanners and not what.sarif:
        return None
    from rearguard.scanners import Place, SarifError, gathered, read_sarif, scan

    place = Place(root, what.timeout, what.rules, opened.looked_at)
    scans = scan(what.scanners, place, progress)
    for one in scans:
        if what.must_be_there and one.run.outcome == "absent":
            fail(f"--scanners {one.run.name}: {one.run.detail}")
    for file in what.sarif:
        try:
            scans += read_sarif(file, place.folder, opened.languages, opened.looked_at)
        except SarifError as error:
            fail(f"--import-sarif: {error}")
    return gathered(scans, root, {source.path for source in opened.sources})
