"""Recall and precision on the example applications, per check.

    python benchmarks/accuracy.py [--json FILE]

A finding is right when `EXPECTED.toml` lists its check at one of its lines; entries marked optional count
neither as missed nor as wrong. Every finding on a hardened twin is wrong.
"""

import argparse
import json
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from rearguard.review import Options, Reviewed, review_path

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def matches(entry: dict[str, Any], check: str, path: str, texts: list[str]) -> bool:
    """Whether a finding of `check` on the lines `texts` of `path` is what the entry expects."""
    if check not in (entry["check"], *entry.get("accept_checks", ())):
        return False
    places = [(entry["path"], entry["line_contains"])]
    places += [
        (other.get("path", entry["path"]), other["line_contains"]) for other in entry.get("accept_at", ())
    ]
    return any(path == where and any(wanted in text for text in texts) for where, wanted in places)


def judge(reviewed: Reviewed, expected: list[dict[str, Any]]) -> tuple[Counter[str], Counter[str], list[str]]:
    """Right and wanted findings per check, and what was missed or wrong in words."""
    right: Counter[str] = Counter()
    wanted: Counter[str] = Counter(e["check"] for e in expected if not e.get("optional"))
    told: list[str] = []
    open_entries = list(expected)
    for finding in reviewed.result.findings:
        place = finding.location
        source = reviewed.sources[place.path]
        first, last = source.line_of(place.start), source.line_of(max(place.start, place.end - 1))
        texts = [source.line_text(line) for line in range(first, last + 1)]
        entry = next((e for e in open_entries if matches(e, finding.rule.id, place.path, texts)), None)
        if entry is None:
            told.append(f"wrong   {finding.rule.id} {place.path}:{first}")
        else:
            open_entries.remove(entry)
            if not entry.get("optional"):
                right[entry["check"]] += 1
    told.extend(
        f"missed  {e['check']} {e['path']}: {e['line_contains']}"
        for e in open_entries
        if not e.get("optional")
    )
    return right, wanted, told


def main() -> int:
    """Print a table; 1 when anything was missed or wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    right: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    lines: list[str] = []
    for root in sorted(EXAMPLES.glob("*/*")):
        if not (root / "EXPECTED.toml").is_file() and root.name != "hardened":
            continue
        expected: list[dict[str, Any]] = []
        if (root / "EXPECTED.toml").is_file():
            expected = tomllib.loads((root / "EXPECTED.toml").read_text(encoding="utf-8")).get("finding", [])
        found, asked, told = judge(review_path(root, str(root), Options(repair=False)), expected)
        right += found
        wanted += asked
        wrong += Counter(line.split()[1] for line in told if line.startswith("wrong"))
        lines.extend(f"{root.parent.name}/{root.name}: {line}" for line in told)
    print(f"{'check':36}{'expected':>9}{'found':>7}{'wrong':>7}")
    for check in sorted(set(wanted) | set(wrong)):
        print(f"{check:36}{wanted[check]:9}{right[check]:7}{wrong[check]:7}")
    total, good, bad = wanted.total(), right.total(), wrong.total()
    print(f"{'all':36}{total:9}{good:7}{bad:7}")
    for line in lines:
        print(line)
    if chosen.json:
        figures = {"expected": total, "found": good, "wrong": bad}
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
