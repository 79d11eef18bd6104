"""What is bounded stays what it was when more comes, and nobody is read again for it."""

from rearguard.frontends.python import read_python
from rearguard.link import Linker, ModuleIndex
from rearguard.link.refs import MAX_REFS, MAX_ROWS, Kind, Ref, join
from rearguard.models import load


def _refs(kind: Kind, count: int) -> tuple[Ref, ...]:
    return tuple(Ref(kind, None, f"{kind.name}{number}", ()) for number in range(count))


def test_a_full_set_is_left_itself() -> None:
    plain, rows = _refs(Kind.CONST, MAX_REFS + 4), _refs(Kind.FUNCTION, MAX_ROWS + 4)
    full = join(plain[:5], plain)
    assert full == plain[:MAX_REFS]
    assert join(full, plain[-2:]) is full
    assert join(full, plain[-1:]) is full
    most = join(full, rows)
    assert len(most) == MAX_ROWS
    assert join(most, rows) is most


def _linked(text: str) -> Linker:
    modules = {"app.py": read_python(text.encode())}
    linker = Linker(modules, load().aliases, ModuleIndex(modules))
    linker.run()
    return linker


def test_a_template_method_knows_the_classes_that_come_later() -> None:
    made = "".join(f"class Part{n}(Base):\n    size = {n}\n\n" for n in range(20))
    linker = _linked(
        "class Base:\n    def run(self):\n        return self.work()\n\n"
        f"{made}class Last(Part7):\n    def work(self):\n        return 1\n"
    )
    held = {ref.id for refs in linker.refs["app.py::Base.run"] for ref in refs if ref.kind is Kind.FUNCTION}
    assert "app.py::Last.work" in held
    assert linker._visits["app.py::Base.run"] < 12
