"""Members that are operators, and members known by their name alone."""

import pytest
from rearguard.frontends.javascript import read_javascript
from rearguard.frontends.python import read_python
from rearguard.link import Linker, ModuleIndex, function_id
from rearguard.models.compile import Models
from rearguard.models.concepts import FileAccess, Proof
from rearguard.models.dsl import Library
from rearguard.program import MODULE_BODY

FILES = Library(
    name="files",
    language="python",
    packages=("files",),
    types={"Path": ("files.Path()", "Path./")},
    concepts=(FileAccess("Path.open(self)"), Proof("*.isdigit(self)", ())),
)


SEALS = Library(
    name="seals",
    language="javascript",
    packages=("seals",),
    types={"Seals": ("seals", "seals.default"), "Seal": ("Seals.make()",)},
    concepts=(FileAccess("Seals.write(0)"),),
)


def names(text: str, variable: str) -> set[str]:
    modules = {"app.py": read_python(text.encode())}
    linker = Linker(modules, Models((FILES,)).aliases, ModuleIndex(modules))
    linker.run()
    refs = linker.variables[function_id("app.py", MODULE_BODY)].get(variable, ())
    return {name for ref in refs for name in ref.names}


def test_an_operator_is_a_member() -> None:
    text = "import files\np = files.Path('a') / unknown\nopened = p.open\nproduct = p * 2\n"
    assert "files:Path" in names(text, "p")
    assert "files:Path.open" in names(text, "opened")
    assert names(text, "product") == set()


def test_a_member_of_a_value_of_which_nothing_is_known() -> None:
    text = (
        "import files\ntest = something().isdigit\nother = something().upper\nown = files.Path('a').isdigit\n"
    )
    assert names(text, "test") == {"*.isdigit"}
    assert names(text, "other") == set()
    assert names(text, "own") == {"*.isdigit"}


def test_every_member_without_a_path_of_its_own() -> None:
    store = Library(
        name="store",
        language="python",
        packages=("store",),
        types={
            "Database": ("store.Database()",),
            "Collection": ("Database.*",),
            "Cursor": ("Collection.find()",),
        },
        concepts=(FileAccess("Database.command(0)"),),
    )
    module = read_python(b"import store\ndb = store.Database()\nfound = db.users.find()\nrun = db.command\n")
    linker = Linker({"app.py": module}, Models((store,)).aliases, ModuleIndex(("app.py",)))
    linker.run()
    variables = linker.variables[function_id("app.py", MODULE_BODY)]
    assert "store:Cursor" in variables["found"][0].names
    assert "store:Collection" not in variables["run"][0].names


@pytest.mark.parametrize(
    "text",
    [
        "import { make } from 'seals'; const seal = make()",
        "import { make } from 'node:seals'; const seal = make()",
        "import * as seals from 'seals'; const seal = seals.make()",
        "import seals from 'seals'; const seal = seals.make()",
        "const { make } = require('seals'); const seal = make()",
    ],
)
def test_what_is_imported_by_name_is_a_member_of_its_module(text: str) -> None:
    modules = {"app.ts": read_javascript(text.encode(), "typescript")}
    linker = Linker(modules, Models((SEALS,)).aliases, ModuleIndex(modules))
    linker.run()
    refs = linker.variables[function_id("app.ts", MODULE_BODY)].get("seal", ())
    assert "seals:Seal" in {name for ref in refs for name in ref.names}
