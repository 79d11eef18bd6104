"""Dependency injection containers whose `get(Class)` gives an instance of it: TypeDI, tsyringe, NestJS.

API references: https://docs.typestack.community/typedi/, https://github.com/microsoft/tsyringe,
https://docs.nestjs.com/fundamentals/module-ref
"""

from rearguard.models.dsl import Library

__all__ = ["INJECTION"]

INJECTION = Library(
    name="injection",
    language="javascript",
    packages=("typedi", "tsyringe", "@nestjs/core", "awilix", "inversify"),
    types={
        "Container": (
            "typedi.{Container,default}",
            "typedi",
            "tsyringe.container",
            "inversify.Container()",
            "@nestjs/core.{ModuleRef,NestFactory.create}()",
        ),
    },
    provides=("Container.{get,resolve}(0)",),
)
