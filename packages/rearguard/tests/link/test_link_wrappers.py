"""References through wrappers, array methods and parameters counted by arity."""

import pytest
from rearguard.frontends.javascript import read_javascript
from rearguard.link import Linker, ModuleIndex
from rearguard.models.compile import Models
from rearguard.models.dsl import Library

WEB = Library(
    name="web",
    language="javascript",
    packages=("web",),
    types={
        "App": ("web()",),
        "Handler": ("App.on(0:)",),
        "Request": ("Handler<0>", "Handler<1/3>"),
        "Problem": ("Handler<0/3>",),
        "Header": ("Request.header()",),
        "OnOpen": ("App.listen(1@open)", "App.onopen(@=)"),
        "Opened": ("OnOpen<0>",),
    },
    shapes={"App": "[A-Z][a-z]*"},
    passes=("util.{promisify,freeze}(0)",),
)


def link(files: dict[str, str]) -> Linker:
    modules = {path: read_javascript(text.encode(), "javascript") for path, text in files.items()}
    linker = Linker(modules, Models((WEB,)).aliases, ModuleIndex(modules))
    linker.run()
    return linker


def types_of(linker: Linker, fid: str, parameter: str) -> set[str]:
    return {name for ref in linker.slots.get(("param", fid, parameter), ()) for name in ref.names}


@pytest.mark.parametrize("called", ["fn(req, res)", "fn.call(this, req, res)"])
def test_wrapped_functions_stay_apart(called: str) -> None:
    linker = link(
        {
            "wrap.js": f"module.exports = (fn) => (req, res) => Promise.resolve({called}).catch(log)",
            "app.js": """
const web = require('web'); const wrap = require('./wrap'); const app = web()
exports.list = wrap((req) => 1)
exports.read = wrap(async (req) => 2)
app.on(exports.list); app.on(exports.read)
""",
        }
    )
    listed = linker.slots["export", "app.js", "list"]
    assert [ref.id for ref in listed] == ["app.js::<1>"]
    assert "web:Request" in types_of(linker, "app.js::<1>", "req")
    assert "web:Request" in types_of(linker, "app.js::<2>", "req")
    assert linker.wrappers["app.js::<1>"] == ("wrap.js::<1>.<1>",)


def test_a_factory_that_calls_nothing_with_its_own_parameter_is_no_wrapper() -> None:
    linker = link(
        {
            "app.js": """
const limit = (count) => (req) => count(5)
exports.made = limit((n) => n)
""",
        }
    )
    assert [ref.id for ref in linker.slots["export", "app.js", "made"]] == ["app.js::limit.<1>"]


def test_array_callbacks_get_the_elements() -> None:
    linker = link(
        {
            "app.js": """
const app = require('web')()
const one = (req) => 1, two = (req) => 2
const table = [{ run: one }, { run: two }]
table.filter(Boolean).forEach(({ run }) => app.on(run))
const found = table.map((row) => row.run)
exports.last = found[0]
""",
        }
    )
    assert "web:Request" in types_of(linker, "app.js::one", "req")
    assert "web:Request" in types_of(linker, "app.js::two", "req")
    assert {ref.id for ref in linker.slots["export", "app.js", "last"]} == {"app.js::one", "app.js::two"}


def test_callbacks_of_promises_get_what_is_promised() -> None:
    linker = link(
        {
            "app.js": """
const web = require('web')
async function make() { return web() }
make().then((app) => app.on((req) => 1))
make().then((app) => ({ app })).then((both) => both.app.on((req) => 2))
"""
        }
    )
    assert "web:Request" in types_of(linker, "app.js::<1>.<1>", "req")
    assert "web:Request" in types_of(linker, "app.js::<3>.<1>", "req")


def test_listeners_are_told_by_their_event() -> None:
    linker = link(
        {
            "app.js": """
const app = require('web')()
app.listen('open', (opened) => 1)
app.listen('close', (closed) => 2)
app.onopen = (assigned) => 3
app.onclose = (other) => 4
"""
        }
    )
    assert "web:Opened" in types_of(linker, "app.js::<1>", "opened")
    assert types_of(linker, "app.js::<2>", "closed") == set()
    assert "web:Opened" in types_of(linker, "app.js::onopen", "assigned")
    assert types_of(linker, "app.js::onclose", "other") == set()


def test_parameters_by_arity() -> None:
    linker = link({"app.js": "require('web')().on((a, b) => 1, (err, req, next) => 2)"})
    assert "web:Request" in types_of(linker, "app.js::<1>", "a")
    assert types_of(linker, "app.js::<2>", "err") >= {"web:Problem"}
    assert "web:Request" not in types_of(linker, "app.js::<2>", "err")
    assert "web:Request" in types_of(linker, "app.js::<2>", "req")
    assert types_of(linker, "app.js::<2>", "next") == set()


def test_this_in_arrow_fields_and_object_methods() -> None:
    linker = link(
        {
            "app.js": """
const web = require('web')
class Routes {
  app = web()
  start = () => { this.app.on((req) => 1) }
}
const routes = { app: web(), start() { this.app.on((req) => 2) } }
""",
        }
    )
    assert "web:Request" in types_of(linker, "app.js::Routes.start.<1>", "req")
    assert "web:Request" in types_of(linker, "app.js::start.<1>", "req")


def test_what_a_call_passes_on_is_its_argument() -> None:
    linker = link(
        {"app.js": "const { promisify } = require('util'); exports.app = promisify(require('web')())"}
    )
    assert {name for ref in linker.slots["export", "app.js", "app"] for name in ref.names} == {
        "web:App",
        "web()",
    }


def test_bound_members_of_libraries() -> None:
    linker = link({"app.js": "const app = require('web')(); const on = app.on.bind(app); on((req) => 1)"})
    assert "web:Request" in types_of(linker, "app.js::<1>", "req")


def test_names_imported_from_files_that_are_not_here() -> None:
    linker = link(
        {
            "app.js": """
const { Main } = require('./main')
const Service = require('./service')
const Other = require('other')
exports.main = () => Main
exports.service = () => Service
exports.other = () => Other
""",
            "service.js": "class Service {}; module.exports = Service",
        }
    )
    returned = [linker.slots.get(("return", f"app.js::{n}", ""), ()) for n in ("main", "service", "other")]
    assert [[name for ref in refs for name in ref.names] for refs in returned] == [["web:App"], [], []]
    assert "service.js::Service" in [ref.id for ref in returned[1]]


def test_a_module_passed_on_stands_for_its_default_export() -> None:
    linker = link(
        {"app.js": "require('web')().on(import('./late'))", "late.js": "export default (req) => req.x"}
    )
    assert "web:Request" in types_of(linker, "late.js::<1>", "req")


def test_parameters_that_nobody_fills() -> None:
    linker = link(
        {
            "app.js": """
exports.setup = (Main, other) => Main.on((req) => 1)
const known = (Main) => 2
known('x')
"""
        }
    )
    assert "web:Request" in types_of(linker, "app.js::setup.<1>", "req")
    assert types_of(linker, "app.js::setup", "other") == set()
    assert types_of(linker, "app.js::known", "Main") == set()
