"""How many requirements of ASVS are decided both ways, of those that a reader of code can decide so.

A requirement counts when its rule is tested with a program that fulfils it, one that breaks it, and one
that only looks like it, in Python and in JavaScript. `--list` names those that do not, and those of which
nothing looks for a violation.
"""

import argparse
import importlib.util
import sys
from collections import Counter
from pathlib import Path

from rearguard.assurance.asvs import RULES
from rearguard.assurance.decide import looking
from rearguard.assurance.evidence import EVIDENCE
from rearguard.assurance.evidence_slips import SEEN
from rearguard.checks import CHECKS
from rearguard.standards import requirements

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "packages" / "rearguard" / "tests" / "assurance" / "conftest.py"


def tested() -> Counter[str]:
    """Requirements on the pages of the tests, and how many programs each has."""
    spec = importlib.util.spec_from_file_location("assurance_pages", PAGES)
    assert spec is not None
    assert spec.loader is not None
    pages = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = pages  # dataclasses look their own module up
    spec.loader.exec_module(pages)
    return Counter(case.number for case in pages.all_cases())


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="name what is missing")
    listed = parser.parse_args().list
    programs = tested()
    rules = [check.rule for check in CHECKS]
    both = [one for one in requirements() if one.decides == "PF"]
    decided = [one for one in both if programs[one.number] == 6]
    by_checks = [one for one in requirements() if one.decides in ("F", "E")]
    looked = [one for one in by_checks if one.number in SEEN or (one.number in RULES and looking(one, rules))]
    print(f"{len(decided)} of {len(both)} requirements are decided both ways, with programs for both")
    print(f"{len([o for o in both if o.number in EVIDENCE])} of these can be met at all")
    told = "that only violation can be shown of have a check or a rule that looks for it"
    print(f"{len(looked)} of {len(by_checks)} {told}")
    for one in (*both, *by_checks) if listed else ():
        if one not in decided and one not in looked:
            print(f"  {one.number} [{one.decides}] {one.label}")


if __name__ == "__main__":
    main()
