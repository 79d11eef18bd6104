"""What a value is called that is put together in many steps, each of which holds all before it."""

from collections.abc import Callable, Mapping

from rearguard.analysis.access import AccessMatrix
from rearguard.analysis.identity.naming import Naming
from rearguard.program import Op

STEPS = "\n".join(
    f"        if kind == {number}:\n            text = text + ' and ' + text + word{number}"
    for number in range(12)
)
PYTHON = f"""
def build(kind, {", ".join(f"word{number}" for number in range(12))}):
    text = kind
    while True:
{STEPS}
        if len(text) > 90:
            return text
"""


def test_each_part_is_asked_once(matrix: Callable[[Mapping[str, str]], AccessMatrix]) -> None:
    """Asked along every way, this would not end."""
    origins = matrix({"main.py": PYTHON}).origins
    fid = "main.py::build"
    returned = next(i for i in origins.linker.code(fid) if i.op == Op.RETURN)
    names = Naming(origins).of(fid, returned.args[0])
    assert {"kind", "text", "word0", "word11"} <= names
