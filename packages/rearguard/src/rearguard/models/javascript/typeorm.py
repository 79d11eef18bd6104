"""TypeORM. API reference: https://typeorm.io/docs/working-with-entity-manager/repository-api"""

from rearguard.models.concepts import RecordMade, ResourceAccess, SqlExecution
from rearguard.models.dsl import Library

__all__ = ["TYPEORM"]

_TEXTS = (
    "{where,andWhere,orWhere,having,andHaving,orHaving,select,addSelect,orderBy,addOrderBy,groupBy,addGroupBy,"
    "leftJoin,innerJoin,leftJoinAndSelect,innerJoinAndSelect,set}"
)
_CONDITIONS = "{where,andWhere,orWhere,having,andHaving,orHaving}"
_ORDERS = "{select,addSelect,orderBy,addOrderBy,groupBy,addGroupBy}"
_STEPS = "{from,update,delete,insert,into,values,take,skip,limit,offset,setParameter,setParameters}"

TYPEORM = Library(
    name="typeorm",
    language="javascript",
    packages=("typeorm", "@nestjs/typeorm"),
    types={
        "DataSource": (
            "typeorm.{DataSource,Connection,createConnection,getConnection,createQueryRunner}()",
            "DataSource.createQueryRunner()",
        ),
        "Manager": (
            "DataSource.{manager,createEntityManager()}",
            "typeorm.{EntityManager,getManager}()",
            "Transaction<0>",
        ),
        "Transaction": ("{DataSource,Manager}.transaction(-1)",),
        "Repository": (
            "typeorm.{Repository,TreeRepository,MongoRepository,getRepository,getCustomRepository}()",
            "{DataSource,Manager}.getRepository()",
            "Repository.extend()",
            "typeorm.BaseEntity",
        ),
        "Builder": (
            "{DataSource,Manager,Repository,typeorm}.createQueryBuilder()",
            f"Builder.{_TEXTS}()",
            f"Builder.{_STEPS}()",
        ),
    },
    sites=("Repository",),
    concepts=(
        SqlExecution("{DataSource,Manager,Repository}.query(0)", parameters="(1)", style="dollar"),
        SqlExecution(f"Builder.{_CONDITIONS}(0)", parameters="(1)", style="named"),
        SqlExecution(f"Builder.{_ORDERS}(0)", style="none"),
        SqlExecution(
            "Builder.{leftJoin,innerJoin,leftJoinAndSelect,innerJoinAndSelect}(2)", parameters="(3)"
        ),
        ResourceAccess("Repository.{findOne,findOneOrFail,exists,exist}(self)", op="read", key="(0).where"),
        ResourceAccess("Repository.{findOneBy,findOneByOrFail,existsBy}(self)", op="read", key="(0)"),
        ResourceAccess("Repository.{find,findAndCount,count}(self)", op="list", key="(0).where"),
        ResourceAccess("Repository.{findBy,findAndCountBy,countBy}(self)", op="list", key="(0)"),
        ResourceAccess("Repository.{save,insert}(self)", op="create", key="(0)"),
        ResourceAccess("Repository.{update,upsert,increment}(self)", op="update", key="(0)"),
        ResourceAccess("Repository.{delete,remove,softDelete}(self)", op="delete", key="(0)"),
        ResourceAccess("Manager.{findOne,findOneOrFail}(self)", op="read", key="(1).where", resource="(0)"),
        ResourceAccess("Manager.findOneBy(self)", op="read", key="(1)", resource="(0)"),
        ResourceAccess("Manager.find(self)", op="list", key="(1).where", resource="(0)"),
        ResourceAccess("Manager.update(self)", op="update", key="(1)", resource="(0)"),
        ResourceAccess("Manager.{delete,softDelete}(self)", op="delete", key="(1)", resource="(0)"),
        RecordMade("Repository.create(0)"),
        RecordMade("Manager.create(1)"),
        ResourceAccess("Manager.save(self)", op="create", key="(-1)", resource="(0)"),
    ),
)
