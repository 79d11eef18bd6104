"""MikroORM. API references: https://mikro-orm.io/api/core/class/EntityManager,
https://mikro-orm.io/api/core/class/EntityRepository, https://mikro-orm.io/docs/entity-manager
"""

from rearguard.models.concepts import ResourceAccess, SqlExecution
from rearguard.models.dsl import Library

__all__ = ["MIKRO_ORM"]

_PACKAGES = "{core,postgresql,mysql,mariadb,sqlite,better-sqlite,libsql,mssql,mongodb,knex}"

MIKRO_ORM = Library(
    name="mikro-orm",
    language="javascript",
    packages=("@mikro-orm/core", "@mikro-orm/postgresql", "@mikro-orm/nestjs"),
    types={
        "Orm": (f"@mikro-orm/{_PACKAGES}.MikroORM.{{init,initSync}}()", f"@mikro-orm/{_PACKAGES}.MikroORM()"),
        "Manager": (
            "Orm.em",
            f"@mikro-orm/{_PACKAGES}.{{EntityManager,SqlEntityManager}}()",
            "Manager.fork()",
            "Body<0>",
        ),
        "Body": ("Manager.{transactional,fork().transactional}(0)",),
        "Repository": (
            f"@mikro-orm/{_PACKAGES}.EntityRepository()",
            "Manager.getRepository()",
            "@mikro-orm/nestjs.InjectRepository()",
        ),
    },
    sites=("Repository",),
    concepts=(
        SqlExecution("Manager.execute(0)", parameters="(1)", style="qmark"),
        SqlExecution("Manager.getConnection().execute(0)", parameters="(1)", style="qmark"),
        ResourceAccess("Manager.{findOne,findOneOrFail}(self)", op="read", key="(1)", resource="(0)"),
        ResourceAccess(
            "Manager.{find,findAll,findAndCount,count}(self)", op="list", key="(1)", resource="(0)"
        ),
        ResourceAccess("Manager.nativeUpdate(self)", op="update", key="(1)", resource="(0)"),
        ResourceAccess("Manager.nativeDelete(self)", op="delete", key="(1)", resource="(0)"),
        ResourceAccess("Manager.{insert,create}(self)", op="create", key="(1)", resource="(0)"),
        ResourceAccess("Manager.{remove,removeAndFlush}(self)", op="delete", resource="(0)"),
        ResourceAccess("Repository.{findOne,findOneOrFail}(self)", op="read", key="(0)"),
        ResourceAccess("Repository.{find,findAndCount,count}(self)", op="list", key="(0)"),
        ResourceAccess("Repository.findAll(self)", op="list", key="(0).where"),
        ResourceAccess("Repository.nativeUpdate(self)", op="update", key="(0)"),
        ResourceAccess("Repository.nativeDelete(self)", op="delete", key="(0)"),
        ResourceAccess("Repository.{insert,create}(self)", op="create", key="(0)"),
    ),
)
