"""Short-circuit operators in a value's place are found again in the branches they became."""

import pytest
from rearguard.analysis.values.logic import combinations
from rearguard.frontends import read
from rearguard.program import Op, instructions

CASES = [
    ("python", b"def f(x):\n    return g(x) and h(x)\n", ["and"]),
    ("python", b"def f(x):\n    return g(x) or h(x)\n", ["or"]),
    ("python", b"def f(x):\n    return g(x) and h(x) or i(x)\n", ["and", "or"]),
    ("python", b"def f(x):\n    return g(x) if h(x) else i(x)\n", []),
    ("javascript", b"function f(x) { return g(x) && h(x) }\n", ["and"]),
    ("javascript", b"function f(x) { return g(x) || h(x) }\n", ["or"]),
    ("javascript", b"function f(x) { return g(x) ? h(x) : i(x) }\n", []),
]


@pytest.mark.parametrize(("language", "text", "operators"), CASES, ids=[c[1].decode() for c in CASES])
def test_operators(language: str, text: bytes, operators: list[str]) -> None:
    body = read(text, language).functions["f"].body
    found = combinations(body)
    assert sorted(each.operator for each in found.values()) == operators
    calls = {instr.dst for instr in instructions(body) if instr.op == Op.CALL}
    assert all(each.right in calls for each in found.values())
