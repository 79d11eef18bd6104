"""TypeORM. API reference: https://typeorm.io/docs/working-with-entity-manager/repository-api"""

from rearguard.models.concepts import RecordMade, ResourceAccess, SqlExecution
from rearguard.models.dsl import Library

__all__ = ["TYPEORM"]

_JOINS = "leftJoin,innerJoin,leftJoinAndSelect,innerJoinAndSelect"
_MAPPED = "leftJoinAndMapOne,leftJoinAndMapMany,innerJoinAndMapOne,innerJoinAndMapMany"
_TEXTS = (
    "{where,andWhere,orWhere,having,andHaving,orHaving,select,addSelect,orderBy,addOrderBy,groupBy,addGroupBy,"
    f"{_JOINS},{_MAPPED},set}}"
)
_CONDITIONS = "{where,andWhere,orWhere,having,andHaving,orHaving}"
_ORDERS = "{select,addSelect,orderBy,addOrderBy,groupBy,addGroupBy}"
_STEPS = (
    "{from,addFrom,update,delete,softDelete,restore,insert,into,values,valuesFromSelect,take,skip,limit,offset,setParameter,"
    "setParameters,distinct,distinctOn,withDeleted,cache,setLock,setOnLocked,setFindOptions,setOption,setQueryRunner,"
    "useTransaction,useIndex,maxExecutionTime,comment,clone,subQuery,relation,of,returning,output,orUpdate,orIgnore,"
    "updateEntity,callListeners,whereInIds,andWhereInIds,orWhereInIds,whereExists,andWhereExists,orWhereExists,"
    "loadRelationIdAndMap,loadRelationCountAndMap,loadAllRelationIds,addCommonTableExpression,createQueryBuilder}"
)

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
        SqlExecution(f"Builder.{{{_JOINS}}}(2)", parameters="(3)"),
        SqlExecution(f"Builder.{{{_MAPPED}}}(3)", parameters="(4)"),
        ResourceAccess("Repository.createQueryBuilder(self)", op="read"),
        ResourceAccess("Manager.createQueryBuilder(self)", op="read", resource="(0)"),
        ResourceAccess("Builder.from(self)", op="read", resource="(0)"),
        ResourceAccess("Builder.{insert,into}(self)", op="create"),
        ResourceAccess("Builder.into(self)", op="create", resource="(0)"),
        ResourceAccess("Builder.where(self)", op="read", key="(0)", text="(0)", bound="(1)", anew=True),
        ResourceAccess("Builder.andWhere(self)", op="read", key="(0)", text="(0)", bound="(1)"),
        ResourceAccess("Builder.{getOne,getOneOrFail,getRawOne,getExists}(self)", op="read", in_place=True),
        ResourceAccess(
            "Builder.{getMany,getManyAndCount,getRawMany,getRawAndEntities,getCount}(self)",
            op="list",
            in_place=True,
        ),
        # Of one that no repository began, the table is said here.
        ResourceAccess("Builder.{update,set,restore}(self)", op="update"),
        ResourceAccess("Builder.update(self)", op="update", resource="(0)"),
        ResourceAccess("Builder.{delete,softDelete}(self)", op="delete"),
        ResourceAccess("Builder.values(self)", op="create", key="(0)"),
        ResourceAccess("Repository.{findOne,findOneOrFail,exists,exist}(self)", op="read", key="(0).where"),
        ResourceAccess("Repository.{findOneBy,findOneByOrFail,existsBy}(self)", op="read", key="(0)"),
        ResourceAccess("Repository.{find,findAndCount,count}(self)", op="list", key="(0).where"),
        ResourceAccess("Repository.{findBy,findAndCountBy,countBy}(self)", op="list", key="(0)"),
        ResourceAccess("Repository.{save,insert,upsert}(self)", op="create", key="(0)"),
        ResourceAccess(
            "Repository.{update,increment,decrement,restore,recover}(self)", op="update", key="(0)"
        ),
        ResourceAccess("Repository.{delete,remove,softDelete,softRemove}(self)", op="delete", key="(0)"),
        ResourceAccess("Manager.{findOne,findOneOrFail}(self)", op="read", key="(1).where", resource="(0)"),
        ResourceAccess(
            "Manager.{findOneBy,findOneByOrFail,existsBy}(self)", op="read", key="(1)", resource="(0)"
        ),
        ResourceAccess("Manager.{find,findAndCount,count}(self)", op="list", key="(1).where", resource="(0)"),
        ResourceAccess("Manager.{findBy,findAndCountBy,countBy}(self)", op="list", key="(1)", resource="(0)"),
        ResourceAccess(
            "Manager.{update,increment,decrement,restore}(self)", op="update", key="(1)", resource="(0)"
        ),
        ResourceAccess("Manager.{insert,upsert}(self)", op="create", key="(1)", resource="(0)"),
        ResourceAccess("Manager.{remove,softRemove}(self)", op="delete", key="(-1)"),
        ResourceAccess("Manager.{delete,softDelete}(self)", op="delete", key="(1)", resource="(0)"),
        RecordMade("Repository.create(0)"),
        RecordMade("Manager.create(1)"),
        ResourceAccess("Manager.save(self)", op="create", key="(-1)", resource="(0)"),
    ),
)
