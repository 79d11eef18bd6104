"""Parameters of methods that a base class from outside calls."""

from rearguard.frontends.python import read_python
from rearguard.link import Linker, ModuleIndex
from rearguard.models.compile import Models
from rearguard.models.dsl import Library

WEB = Library(
    name="web",
    language="python",
    packages=("web",),
    types={"View": ("web.View",), "Request": ("View.{get,post}<0>",), "Query": ("Request.query",)},
)


def test_a_base_class_types_the_parameters_of_a_method() -> None:
    text = """
import web

class Base(web.View):
    pass

class Users(Base):
    def get(self, request, key):
        found = request.query

    def other(self, request):
        found = request.query
"""
    linker = Linker({"app.py": read_python(text.encode())}, Models((WEB,)).aliases, ModuleIndex(("app.py",)))
    linker.run()
    assert [ref.names for ref in linker.variables["app.py::Users.get"]["found"]] == [
        ("web:Request.query", "web:Query")
    ]
    assert "key" not in linker.variables["app.py::Users.get"]
    assert "found" not in linker.variables["app.py::Users.other"]


def test_a_subscripted_base_class_is_the_class() -> None:
    text = """
import web

class Base(web.View[int]):
    def helper(self):
        return web.View

class Users(Base[str]):
    def get(self, request):
        made = self.helper()
        found = request.query
"""
    linker = Linker({"app.py": read_python(text.encode())}, Models((WEB,)).aliases, ModuleIndex(("app.py",)))
    linker.run()
    variables = linker.variables["app.py::Users.get"]
    assert "web:Query" in variables["found"][0].names
    assert "web:View" in variables["made"][0].names
