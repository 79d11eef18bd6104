"""What happens in functions that all call one another: walked a bounded number of times."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import AccessMatrix, events

SIZE = 24


def test_functions_that_all_call_one_another_are_walked_within_bounds(
    matrix: Callable[[Mapping[str, str]], AccessMatrix], monkeypatch: pytest.MonkeyPatch
) -> None:
    walked = 0
    make = events._Walk.__init__

    def count(self: events._Walk, *given: object) -> None:
        nonlocal walked
        walked += 1
        make(self, *given)

    monkeypatch.setattr(events._Walk, "__init__", count)
    lines = ["from flask import Flask, request", "app = Flask(__name__)"]
    for number in range(SIZE):
        lines.append(f"def f{number}(x):")
        lines += [f"    x = f{other}(x) or x" for other in range(SIZE) if other != number]
        lines.append("    return x")
    lines.append("@app.get('/')\ndef index():\n    return f0(request.args['a'])")
    rows = list(matrix({"app.py": "\n".join(lines)}))
    assert [row.endpoint.path for row in rows] == ["/"]
    # Each at most once above the depths at which calls are cut, and a few times at each of those.
    assert walked <= (SIZE + 1) * (2 * events.MAX_WALKS + 1) * 2
