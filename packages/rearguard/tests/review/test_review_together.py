"""Work that several processes share gives what one gives; each test has a process of its own, without threads."""

import subprocess
import sys
from pathlib import Path

import pytest
from rearguard.checks import CHECKS
from rearguard.review import checking

APP = """
import hashlib, sqlite3, subprocess
from flask import Flask, request
app = Flask(__name__)
app.secret_key = "u8x!kk29sPqqW71z"

@app.post("/login")
def login():
    user = find(request.form["name"])
    if user.password == request.form["password"]:
        return "ok"
    return subprocess.run("id " + request.form["name"], shell=True)

@app.get("/find")
def find_it():
    return sqlite3.connect("x").execute(f"select * from t where a = '{request.args['a']}'").fetchall()
"""
PAGE = """
@app.get("/page")
def page():
    parts = ["<h1>" + request.args["title"] + "</h1>"]
    parts.append("<p>" + request.args["text"] + "</p>")
    return "".join(parts)
"""


def _run(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_results_come_in_the_order_of_the_work() -> None:
    script = """
import os
from functools import partial
from rearguard.review.together import shared_out
assert shared_out([partial(pow, n, 2) for n in range(50)], 3) == [n * n for n in range(50)]
assert shared_out([], 2) == [] and shared_out([partial(pow, 3, 2)], 2) == [9]
"""
    _run(script)


@pytest.mark.parametrize("fault", ["os._exit(3)", "raise OSError", "return (lambda: 0)"])
def test_what_a_helper_fails_at_is_done_here(fault: str) -> None:
    script = f"""
import os
from functools import partial
from rearguard.review.together import shared_out
here = os.getpid()
def piece(n):
    if os.getpid() != here:
        {fault}
    return n
assert shared_out([partial(piece, n) for n in range(20)], 2) == list(range(20))
"""
    _run(script)


def test_a_fault_is_raised_where_the_work_was_given_out() -> None:
    script = """
from functools import partial
from rearguard.review.together import shared_out
try:
    shared_out([partial(divmod, 1, 0)] * 8, 2)
except ZeroDivisionError:
    print("told")
"""
    assert _run(script).strip() == "told"


def test_checks_find_the_same_with_several_processes(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    script = """
import sys
from pathlib import Path
from rearguard.review import Options, checking, review_path
checking.PARALLEL_FROM = 0
one, two = (review_path(Path(sys.argv[1]), ".", Options(jobs=jobs, cache=False)).result for jobs in (1, 2))
assert len(one.findings) >= 3 and one == two, len(one.findings)
"""
    _run(script, str(tmp_path))


def test_checks_that_share_their_work_are_checks() -> None:
    known = {check.rule.id for check in CHECKS}
    shared = [id for ids in checking._SHARING for id in ids]
    assert set(shared) <= known
    assert len(shared) == len(set(shared))
    pieces = checking._pieces(CHECKS)
    assert sorted(number for piece in pieces for number in piece) == list(range(len(CHECKS)))


@pytest.mark.parametrize("fault", ["pass", "os._exit(3)", "raise OSError", "return (lambda: 0)"])
def test_work_apart_gives_what_it_would_here(fault: str) -> None:
    script = f"""
import os
from rearguard.review.together import Later
here = os.getpid()
def work():
    if os.getpid() != here:
        {fault}
    return 7
assert Later(work, 1).result() == 7
later = Later(work, 2)
assert later.is_apart and later.result() == 7
"""
    _run(script)


def test_work_apart_that_nobody_waits_for_is_ended() -> None:
    script = """
import multiprocessing, time
from rearguard.review.together import Later
later = Later(lambda: time.sleep(600), 2)
assert multiprocessing.active_children()
del later
assert not multiprocessing.active_children()
"""
    _run(script)


def test_checks_ask_again_for_flows_that_came_late(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP + PAGE, encoding="utf-8")
    script = """
import sys
from pathlib import Path
from rearguard.review import Options, checking, review_path
checking.PARALLEL_FROM = 0
def markup(jobs):
    found = review_path(Path(sys.argv[1]), ".", Options(jobs=jobs, cache=False)).result
    return [(f.rule.id, f.location.start) for f in found.findings]
assert markup(1) == markup(2)
assert {"command-injection", "sql-injection", "cross-site-scripting"} <= {id for id, _ in markup(2)}
"""
    _run(script, str(tmp_path))


def test_repairs_are_the_same_with_several_processes(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    script = """
import sys
from pathlib import Path
from rearguard.repair import trial
from rearguard.review import Options, review_path
trial.SHARED_FROM = 0
one, two = (review_path(Path(sys.argv[1]), ".", Options(jobs=jobs, cache=False)).result for jobs in (1, 2))
assert any(f.fix and not f.fix.refused for f in one.findings) and one == two
"""
    _run(script, str(tmp_path))
