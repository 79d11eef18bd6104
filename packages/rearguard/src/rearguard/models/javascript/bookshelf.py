"""Bookshelf. API reference: https://bookshelfjs.org/api.html"""

from rearguard.models.concepts import ResourceAccess
from rearguard.models.dsl import Library

__all__ = ["BOOKSHELF"]

BOOKSHELF = Library(
    name="bookshelf",
    language="javascript",
    packages=("bookshelf",),
    types={
        "Bookshelf": ("bookshelf()",),
        "Model": ("Bookshelf.{model,Model.extend}()", "Bookshelf.Model"),
        "Narrowing": ("{Model,Row}.query(0)",),
        "Row": ("Model()", "Model.{forge,where,query}()", "Row.{where,query,orderBy,fetch}()"),
    },
    sites=("Model",),
    concepts=(
        ResourceAccess("{Model,Row}.where(self)", op="read", key="(0:)"),
        ResourceAccess("Model.forge(self)", op="read", key="(0)"),
        ResourceAccess("Row.{fetch,fetchAll,fetchPage}(self)", op="read"),
        ResourceAccess("Row.save(self)", op="update"),
        ResourceAccess("Row.destroy(self)", op="delete"),
    ),
)
