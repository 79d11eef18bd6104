"""Prisma Client. API reference: https://www.prisma.io/docs/orm/reference/prisma-client-reference

`$queryRaw` and `$executeRaw` are tags that bind their values, so only their unsafe twins are here.
"""

from rearguard.models.concepts import ResourceAccess, SqlExecution, StoredInput
from rearguard.models.dsl import Library

__all__ = ["PRISMA"]

PRISMA = Library(
    name="prisma",
    language="javascript",
    packages=("@prisma/client",),
    types={
        # The class that `prisma generate` writes into the project itself, where no repository keeps it:
        # https://www.prisma.io/docs/orm/prisma-schema/overview/generators#prisma-client
        "Class": (),
        "Client": ("@prisma/client.PrismaClient()", "Class()", "Client.$extends()", "Transaction<0>"),
        "Transaction": ("Client.$transaction(0)",),
        # The generated client has one member per model of the schema.
        "Model": ("Client.*",),
    },
    shapes={"Class": "PrismaClient"},
    concepts=(
        SqlExecution("Client.{$queryRawUnsafe,$executeRawUnsafe}(0)", parameters="(1:)", style="dollar"),
        SqlExecution("@prisma/client.Prisma.raw(0)", style="none"),
        StoredInput("Client.$queryRaw()"),
        ResourceAccess(
            "Model.{findUnique,findUniqueOrThrow,findFirst,findFirstOrThrow}(self)",
            op="read",
            key="(0).where",
        ),
        ResourceAccess("Model.{findMany,count,aggregate,groupBy}(self)", op="list", key="(0).where"),
        ResourceAccess("Model.{create,createMany,createManyAndReturn}(self)", op="create", key="(0).data"),
        ResourceAccess(
            "Model.{update,updateMany,updateManyAndReturn,upsert}(self)", op="update", key="(0).where"
        ),
        ResourceAccess("Model.{delete,deleteMany}(self)", op="delete", key="(0).where"),
    ),
)
