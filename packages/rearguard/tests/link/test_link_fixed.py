"""Members, entries and imports that are constants, and those that only may be."""

from collections.abc import Mapping

import pytest
from rearguard.frontends import read
from rearguard.link import Linker, ModuleIndex, function_id
from rearguard.models import load
from rearguard.program import MODULE_BODY, Const, Op

LIMITS = "class Limits:\n    ROLE = 'admin'\n"
OTHER = {"limits.py": LIMITS, "settings.py": "ROLE = 'admin'\nROLES = {'top': 'admin'}\n"}


def given_to_use(files: Mapping[str, str], path: str = "app.py", function: str = MODULE_BODY) -> list[Const]:
    """The constants of which it is known that `use` is called with them."""
    languages = {"py": "python", "js": "javascript", "ts": "typescript"}
    modules = {name: read(text.encode(), languages[name.rpartition(".")[2]]) for name, text in files.items()}
    linker = Linker(modules, load().aliases, ModuleIndex(modules))
    linker.run()
    fid = function_id(path, function)
    fixed = linker.fixed(fid)
    code = {instr.dst: instr for instr in linker.code(fid)}
    stored = {
        i.name: i.args[0] for i in linker.code(fid) if i.op == Op.STORE and code[i.args[0]].op == Op.IMPORT
    }
    found = []
    for call in linker.contents(fid).calls:
        if code[call.args[0]].name == "use":
            value = code[call.args[1]]
            found.append(fixed.get(stored.get(value.name, value.dst) if value.op == Op.LOAD else value.dst))
    return found


@pytest.mark.parametrize(
    "text",
    [
        f"{LIMITS}use(Limits.ROLE)",
        f"@final\n{LIMITS}use(Limits.ROLE)",
        "from limits import Limits\nuse(Limits.ROLE)",
        "import limits\nuse(limits.Limits.ROLE)",
        f"{LIMITS}held = Limits\nuse(held.ROLE)",
        f"{LIMITS}use(Limits().ROLE)",
        "import settings\nuse(settings.ROLE)",
        "from settings import ROLE\nuse(ROLE)",
        "from settings import ROLES\nuse(ROLES['top'])",
        "ROLES = {'top': 'admin', 'low': 'user'}\nuse(ROLES['top'])",
        "ROLES = {**known, 'top': 'admin'}\nuse(ROLES['top'])",
        "ROLES = {}\nROLES = {'top': 'admin'}\nuse(ROLES['top'])",
    ],
)
def test_what_is_a_constant_on_every_path(text: str) -> None:
    assert given_to_use({**OTHER, "app.py": text}) == ["admin"]


@pytest.mark.parametrize(
    "text",
    [
        f"{LIMITS}held = Limits if a else given()\nuse(held.ROLE)",
        f"{LIMITS}held = given()\nif a:\n    held = Limits\nuse(held.ROLE)",
        f"{LIMITS}held = given() or Limits\nuse(held.ROLE)",
        f"{LIMITS}for held in (given(), Limits):\n    use(held.ROLE)",
        "try:\n    from limits import Limits\nexcept ImportError:\n    Limits = given()\nuse(Limits.ROLE)",
        "import settings\nsettings.ROLE = given()\nuse(settings.ROLE)",
        "import settings\nsettings.ROLE = given()\nfrom settings import ROLE\nuse(ROLE)",
        "ROLES = {'top': 'admin', **given()}\nuse(ROLES['top'])",
        "ROLES = {'top': 'admin', given(): 'user'}\nuse(ROLES['top'])",
        "ROLES = {'top': 'admin'}\nROLES[given()] = 'user'\nuse(ROLES['top'])",
        "ROLES = {'top': 'admin'}\ndef fill():\n    global ROLES\n    ROLES = given()\nuse(ROLES['top'])",
        "ROLES = {'top': 'admin'} if a else given()\nuse(ROLES['top'])",
    ],
)
def test_what_only_may_be_one(text: str) -> None:
    assert given_to_use({**OTHER, "app.py": text}) == [None]


def test_an_import_of_what_a_function_assigns() -> None:
    settings = "ROLE = 'admin'\ndef read():\n    global ROLE\n    ROLE = given()\n"
    assert given_to_use({"settings.py": settings, "app.py": "from settings import ROLE\nuse(ROLE)"}) == [None]


def test_a_class_below_may_have_another() -> None:
    base = "class Base:\n    ROLE = 'admin'\n    def run(self):\n        use(self.ROLE)\n"
    below = "class Below(Base):\n    ROLE = 'user'\n"
    assert given_to_use({"app.py": base}, function="Base.run") == ["admin"]
    assert given_to_use({"app.py": base + below}, function="Base.run") == [None]


def test_parameters_are_whatever_they_are_given() -> None:
    text = f"{LIMITS}def run(held=Limits):\n    use(held.ROLE)\nrun(Limits)\n"
    assert given_to_use({"app.py": text}, function="run") == [None]


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("const ROLES = { top: 'admin' }; use(ROLES.top)", "admin"),
        ("const ROLES = Object.freeze({ top: 'admin' }); use(ROLES.top)", "admin"),
        ("class Limits { static top = 'admin' }; use(Limits.top)", "admin"),
        ("const ROLES = given() || { top: 'admin' }; use(ROLES.top)", None),
        ("const ROLES = a ? given() : { top: 'admin' }; use(ROLES.top)", None),
        ("const ROLES = { top: 'admin', ...given() }; use(ROLES.top)", None),
        ("let ROLES = { top: 'admin' }; function fill() { ROLES = given() }; use(ROLES.top)", None),
    ],
)
def test_objects_of_scripts(text: str, known: Const) -> None:
    assert given_to_use({"app.js": text}, "app.js") == [known]
