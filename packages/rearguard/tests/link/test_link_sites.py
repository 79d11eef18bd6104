"""Values of types listed in `sites`: every creation is a thing of its own."""

from rearguard.frontends.python import read_python
from rearguard.link import Linker, ModuleIndex, function_id
from rearguard.models.compile import Models
from rearguard.models.dsl import Library
from rearguard.program import MODULE_BODY

WEB = Library(
    name="web",
    language="python",
    packages=("web",),
    types={"Router": ("web.Router()",), "Plain": ("web.Plain()",)},
    sites=("Router",),
)


def link(text: str) -> Linker:
    modules = {"app.py": read_python(text.encode())}
    linker = Linker(modules, Models((WEB,)).aliases, ModuleIndex(modules))
    linker.run()
    return linker


def test_instances_of_a_project_class_that_extends_a_router_stay_apart() -> None:
    linker = link(
        """
import web

class Own(web.Router):
    pass

class Other(web.Plain):
    pass

a, b = Own(), Own()
c, d = Other(), Other()
"""
    )
    variables = linker.variables[function_id("app.py", MODULE_BODY)]
    assert {"web:Router"} <= set(variables["a"][0].names)
    assert set(variables["a"]).isdisjoint(variables["b"])
    assert variables["c"] == variables["d"]
