"""Reviews every example and says what was found and where the reports are. `make demo` runs it.

Exit code 0 when every review did its work: findings in a vulnerable application are what it is there for.
"""

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPORTS = HERE.parent / "build" / "demo"
SEVERITIES = ("critical", "high", "medium", "low")


def review(app: Path) -> str:
    """Review one application; what its report says, in one line. Raises RuntimeError when that fails."""
    output = REPORTS / app.parent.name / app.name
    command = [
        sys.executable,
        "-m",
        "rearguard.cli.main",
        "review",
        str(app),
        "--quiet",
        "--output",
        str(output),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):  # 1: there are findings
        raise RuntimeError(f"{app}: the review ended with {done.returncode}\n{done.stdout}{done.stderr}")
    report = json.loads((output / "rearguard-report" / "review.json").read_text(encoding="utf-8"))
    found = Counter(one["severity"] for one in report["findings"] if one["confidence"] != "question")
    listed = ", ".join(f"{found[severity]} {severity}" for severity in SEVERITIES if found[severity])
    return f"{len(report['endpoints']):6}{found.total():9}  {listed}".rstrip()


def main() -> int:
    """Review all and print where to read on."""
    started = time.monotonic()
    print("\nThree small backends, as people write them (vulnerable) and repaired (hardened):\n")
    print(f" {'':25}{'routes':>6}{'findings':>9}")
    for app in sorted(path for path in HERE.glob("*/*") if path.name in ("vulnerable", "hardened")):
        try:
            line = review(app)
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return 1
        print(f" {app.parent.name:14} {app.name:10}{line}", flush=True)
    print(
        f"\nReviewed in {time.monotonic() - started:.0f} s, offline; nothing was imported or run. "
        "The reports:\n"
    )
    for report in sorted(REPORTS.glob("*/*/rearguard-report/review.md")):
        print(f"  {report.relative_to(HERE.parent)}")
    program = Path(sys.executable).with_name("rearguard")
    shown = program.relative_to(Path.cwd()) if program.is_relative_to(Path.cwd()) else program
    print("\nBeside each: review.html, review.sarif and review.json. Your own code:\n")
    print(f"  {shown} review PATH\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
