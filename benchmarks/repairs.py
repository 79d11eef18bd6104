"""How many findings get a repair that passes its gate, per check, and why the others do not.

    python benchmarks/repairs.py [TREE ...] [--list] [--sample N --seed S] [--json FILE]

Trees default to the example applications of this repository. A check counts when a recipe exists for it: when
any of its findings in the run carries a proposed or a refused repair. `--sample` prints that many accepted
repairs as diffs, drawn with the seed, to be read by a person.
"""

import argparse
import json
import random
import sys
from collections import Counter
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from rearguard.findings import Audience, Finding
from rearguard.repair import apply_all
from rearguard.report.summary import plural
from rearguard.review import Options, Reviewed, review_path

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


@dataclass(frozen=True)
class Judged:
    """A finding with the review that it is of."""

    tree: Path
    reviewed: Reviewed
    finding: Finding

    @property
    def reason(self) -> str:
        """Why there is no repair; "" when there is one."""
        fix = self.finding.fix
        return "no recipe for this place" if fix is None else fix.refused

    @property
    def place(self) -> str:
        """Where the finding is, in words."""
        span = self.finding.location
        source = self.reviewed.sources.get(span.path)
        return f"{self.tree.name}/{span.path}:{source.line_of(span.start) if source else 1}"

    def diff(self) -> str:
        """The repair as a diff."""
        fix = self.finding.fix
        changed = apply_all(self.reviewed.sources, fix.edits) if fix is not None else {}
        lines: list[str] = []
        for path, source in changed.items():
            before = self.reviewed.sources[path].text.decode("utf-8", "replace").splitlines()
            after = source.text.decode("utf-8", "replace").splitlines()
            lines += unified_diff(before, after, path, path, lineterm="")
        return "\n".join(lines)


def judged(trees: list[Path]) -> list[Judged]:
    """Every finding of the trees, those that only an audit tells included."""
    found: list[Judged] = []
    for tree in trees:
        reviewed = review_path(tree, str(tree), Options(audience=Audience.AUDIT))
        found += [Judged(tree, reviewed, finding) for finding in reviewed.result.findings]
        print(f"{tree.name}: {plural(len(reviewed.result.findings), 'finding')}", file=sys.stderr)
    return found


def main() -> int:
    """Print a table, and what was asked for beside it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("trees", nargs="*", type=Path)
    parser.add_argument("--list", action="store_true", help="every finding that is not repaired, and why")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    found = judged(chosen.trees or sorted(EXAMPLES.glob("*/vulnerable")))
    known = {each.finding.rule.id for each in found if each.finding.fix is not None}
    total = Counter(each.finding.rule.id for each in found)
    good = Counter(each.finding.rule.id for each in found if not each.reason)
    print(f"{'check':40}{'findings':>9}{'repaired':>9}")
    for check in sorted(total, key=lambda c: (c not in known, -total[c], c)):
        print(f"{check:40}{total[check]:9}{good[check] if check in known else '-':>9}")
    asked, done = sum(total[check] for check in known), good.total()
    print(f"{'checks with a recipe':40}{asked:9}{done:9}  {done / max(asked, 1):.0%}")
    for each in sorted(found, key=lambda j: (j.finding.rule.id, j.reason, j.place)):
        if chosen.list and each.reason and each.finding.rule.id in known:
            print(f"{each.finding.rule.id}: {each.reason}\n    {each.place}")
    accepted = [each for each in found if not each.reason]
    for each in random.Random(chosen.seed).sample(accepted, min(chosen.sample, len(accepted))):
        fix = each.finding.fix
        print(f"\n=== {each.finding.rule.id} {each.place}: {fix.title if fix else ''}\n{each.diff()}")
    if chosen.json:
        rows = [[each.finding.rule.id, each.place, each.reason] for each in found]
        chosen.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
