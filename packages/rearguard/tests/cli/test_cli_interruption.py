"""Ctrl-C while a large tree is reviewed: the report of the run before stays as it was."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest


@pytest.mark.skipif(os.name != "posix", reason="signals are sent to a process group")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interruption_leaves_the_report_before(app: Path, jobs: str, vulnerable: str) -> None:
    report = app / "rearguard-report"
    report.mkdir()
    names = ("review.md", "review.html", "review.sarif", "review.json")
    before = {name: f"{name} of the run before" for name in names}
    for name, text in before.items():
        (report / name).write_text(text)
    for number in range(1_500):
        (app / f"module_{number}.py").write_text(vulnerable.replace("users", f"users_{number}"))
    process = subprocess.Popen(
        [sys.executable, "-m", "rearguard.cli.main", "review", "--jobs", jobs],
        cwd=app,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Whoever started the tests in the background may have had interrupts ignored.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    time.sleep(1.5)
    assert process.poll() is None, "the tree must be large enough to be interrupted"
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to workers, too
    out, error = process.communicate(timeout=30)
    assert process.returncode == 130, error
    assert out == ""
    assert "interrupted" in error
    assert "Traceback" not in error
    assert {name: (report / name).read_text() for name in before} == before
    assert {path.name for path in report.iterdir()} == set(before)


@pytest.mark.skipif(os.name != "posix", reason="ends by a signal")
def test_an_interruption_while_python_imports_ends_it_with_130(tmp_path: Path) -> None:
    """Where a class is made by `exec`, Python remembers the interrupt after it was caught."""
    (tmp_path / "interrupted.py").write_text(
        "from rearguard.cli import main\n"
        "main.cli.main = lambda **given: exec('raise KeyboardInterrupt')\n"
        "main.main([])\n"
    )
    command = [sys.executable, "-m", "interrupted"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert "interrupted" in done.stderr
