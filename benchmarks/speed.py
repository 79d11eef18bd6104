"""Speed and memory of a review beside parsing alone, Semgrep CE and Bandit, on one tree in one run.

    python benchmarks/speed.py --tree PATH [--rules DIR_OR_FILE ...] [--runs 3] [--json FILE]

Every contender is a process of its own; its CPU time, wall time and peak memory are those that the kernel
counts for it and its children. Machines are noisy, so what counts is the ratio between rows of one run. Tools
that are not on PATH are named as absent. Without `--tree` the standard library of this Python is measured.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

TIMEOUT = 3600
"""Seconds after which a contender is given up."""
UNCHANGED = "the same, tree unchanged"
CHANGED = "the same, one file changed"


ADDED = {
    ".py": "\n\ndef added_by_benchmark_{0}(value):\n    return [value]\n",
    ".js": "\n\nfunction added_by_benchmark_{0}(value) {{\n  return [value]\n}}\n",
    ".ts": "\n\nfunction added_by_benchmark_{0}(value: string) {{\n  return [value]\n}}\n",
}
"""What is added to a file between two runs, by its ending."""


@dataclass(frozen=True)
class Measure:
    """One contender's best run."""

    name: str
    wall: float
    """Seconds."""
    cpu: float
    """Seconds of user and system time, children included."""
    memory: int
    """Peak resident size of the largest process, in MB."""
    outcome: str


def measure(
    name: str,
    command: Sequence[str],
    runs: int,
    accepted: Sequence[int] = (0, 1),
    before: Callable[[], None] = lambda: None,
) -> Measure:
    """Run a command several times, `before` ahead of each; keep the run with the least CPU time."""
    best: Measure | None = None
    for _ in range(runs):
        before()
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            os.write(writer, json.dumps(_run(command)).encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            wall, cpu, memory, code = json.loads(pipe.read())
        os.waitpid(child, 0)
        outcome = "ok" if code in accepted else f"exit {code}"
        found = Measure(name, wall, cpu, memory, outcome)
        if best is None or found.cpu < best.cpu:
            best = found
    assert best is not None
    return best


def _run(command: Sequence[str]) -> tuple[float, float, int, int]:
    """Runs in a forked child, so that the kernel's figures for children are this command's alone."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=TIMEOUT,
                check=False,
            )
            code = done.returncode
        except subprocess.TimeoutExpired:
            code = -1
    wall = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024, code


def contenders(tree: Path, copy: Path, rules: Sequence[str], jobs: int) -> list[tuple[str, list[str]]]:
    """Names and commands; an empty command means that the tool is absent. `copy` may be changed."""
    ours = [sys.executable, "-m", "rearguard.cli.main"]
    review = [*ours, "review", str(tree), "--quiet", "--include-tests", "--jobs", str(jobs), "--output", "."]
    found = [
        ("parse only", [sys.executable, __file__, "--parse-only", str(tree)]),
        (
            "rearguard routes",
            [*ours, "routes", str(tree), "--quiet", "--json", os.devnull],
        ),
        (f"rearguard review ({jobs} jobs)", [*review, "--no-cache"]),
        (UNCHANGED, review),
        (CHANGED, [part if part != str(tree) else str(copy) for part in review]),
    ]
    semgrep, bandit = _tool("semgrep"), _tool("bandit")
    if rules:
        configs = [part for rule in rules for part in ("--config", rule)]
        command = [
            semgrep,
            "scan",
            *configs,
            "--metrics",
            "off",
            "--disable-version-check",
            "--jobs",
            str(jobs),
        ]
        found.append(("semgrep", [*command, "--quiet", str(tree)] if semgrep else []))
    found.append(("bandit", [bandit, "-q", "-r", str(tree)] if bandit else []))
    return found


def change(tree: Path) -> None:
    """Add a function to the file of middle size, as an edit would; a name that was not there before."""
    from rearguard.review import Options
    from rearguard.review.collect import collect

    files = sorted(file for _, file, _ in collect(tree, Options()).files if file.suffix in ADDED)
    if not files:
        return
    file = sorted(files, key=lambda each: each.stat().st_size)[len(files) // 2]
    text = file.read_text(encoding="utf-8", errors="surrogateescape")
    added = ADDED[file.suffix].format(text.count("added_by_benchmark"))
    file.write_text(text + added, encoding="utf-8", errors="surrogateescape")


def _tool(name: str) -> str:
    return shutil.which(name) or ""


def parse_only(tree: Path) -> None:
    """Parse every file that a review would read, and do nothing with it."""
    import tree_sitter_javascript
    import tree_sitter_python
    import tree_sitter_typescript
    from rearguard.review import Options
    from rearguard.review.collect import collect
    from tree_sitter import Language, Parser

    grammars = {
        "python": tree_sitter_python.language(),
        "javascript": tree_sitter_javascript.language(),
        "typescript": tree_sitter_typescript.language_typescript(),
        "tsx": tree_sitter_typescript.language_tsx(),
    }
    parsers = {name: Parser(Language(grammar)) for name, grammar in grammars.items()}
    for _, file, language in collect(tree, Options(include_tests=True)).files:
        if language in parsers:
            parsers[language].parse(file.read_bytes())


def lines_of(tree: Path) -> int:
    """Lines of the files that a review would read."""
    from rearguard.review import Options
    from rearguard.review.collect import collect

    files = collect(tree, Options(include_tests=True)).files
    return sum(file.read_bytes().count(b"\n") for _, file, _ in files)


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tree", type=Path, default=Path(sysconfig.get_path("stdlib")))
    parser.add_argument("--rules", action="append", default=[], help="Semgrep rules; may be repeated")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--parse-only", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.parse_only is not None:
        parse_only(chosen.parse_only)
        return 0
    tree = chosen.tree.resolve()
    count = lines_of(tree)
    print(f"{tree.name}: {count / 1000:.0f} kLOC, best of {chosen.runs} runs, {chosen.jobs} jobs\n")
    print(f"{'':28}{'CPU s':>8}{'wall s':>8}{'x parse':>9}{'kLOC/s':>8}{'MB':>7}")
    measures: list[Measure] = []
    cache = tempfile.TemporaryDirectory()
    os.environ["REARGUARD_CACHE_DIR"] = cache.name
    copies = tempfile.TemporaryDirectory()
    copy = Path(copies.name) / tree.name
    shutil.copytree(tree, copy, symlinks=True)
    for name, command in contenders(tree, copy, chosen.rules, chosen.jobs):
        if not command:
            print(f"{name:28}{'not on PATH':>16}")
            continue
        if name in (UNCHANGED, CHANGED):
            _run(command)
        before = partial(change, copy) if name == CHANGED else lambda: None
        found = measure(name, command, chosen.runs, before=before)
        measures.append(found)
        ratio = found.cpu / measures[0].cpu
        note = "" if found.outcome == "ok" else f"  {found.outcome}"
        print(
            f"{name:28}{found.cpu:8.1f}{found.wall:8.1f}{ratio:9.1f}"
            f"{count / 1000 / found.cpu:8.1f}{found.memory:7}{note}",
            flush=True,
        )
    cache.cleanup()
    copies.cleanup()
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(m) for m in measures], indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
