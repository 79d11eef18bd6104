"""Error texts in many answers are told once a file; in few, one by one."""

import pytest
from rearguard.checks import CHECKS
from rearguard.models import Models
from rearguard.program import Source
from rearguard.review import analyse_sources, run_checks
from rearguard.review.read import lower

ROUTE = """
@app.get("/{name}")
def {name}():
    try:
        work()
    except Exception as error:
        return jsonify(error=str(error)), 500
    return jsonify({{}})
"""


def routes(file: str, count: int) -> Source:
    """A file with so many handlers that answer with an error's own text."""
    head = "from flask import Flask, jsonify\nfrom work import work\n\napp = Flask(__name__)\n"
    return Source(
        file,
        (head + "".join(ROUTE.format(name=f"r{n}") for n in range(count))).encode(),
        "python",
    )


@pytest.mark.parametrize(("each", "told"), [(3, 6), (12, 2)])
def test_a_habit_is_told_once_a_file(all_models: Models, each: int, told: int) -> None:
    """A program that does so everywhere has one thing to change, in many places."""
    sources = [routes(file, each) for file in ("first.py", "second.py")]
    program = analyse_sources(sources, lower(sources, 1), models=all_models)
    drafts = list(run_checks(program, [one for one in CHECKS if one.rule.id == "error-exposure"]))
    assert len(drafts) == told
    if told == 2:
        assert all("11 more places" in draft.finding.message for draft in drafts)
