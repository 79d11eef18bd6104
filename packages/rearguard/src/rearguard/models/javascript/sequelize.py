"""Sequelize. API reference: https://sequelize.org/api/v6/"""

from rearguard.models.concepts import (
    Context,
    RecordMade,
    ResourceAccess,
    Sanitizer,
    SqlExecution,
    StoredObject,
)
from rearguard.models.dsl import Library

__all__ = ["SEQUELIZE"]

SEQUELIZE = Library(
    name="sequelize",
    language="javascript",
    packages=("sequelize", "sequelize-typescript"),
    types={
        "Sequelize": (
            "sequelize()",
            "sequelize.Sequelize()",
            "sequelize-typescript.Sequelize()",
            "Model.sequelize",
        ),
        "Model": (
            "sequelize.Model",
            "sequelize-typescript.Model",
            "Sequelize.{define,model}()",
            "Sequelize.models.*",
            "Model.{scope,unscoped,schema}()",
        ),
        "Instance": (
            "Model()",
            "Model.{findByPk,findOne,create,build}()",
            "Model.findAll()[]",
        ),
    },
    sites=("Model",),
    concepts=(
        SqlExecution("Sequelize.query(0)", parameters="(1).replacements", style="named"),
        SqlExecution("Sequelize.query(0).query", parameters="(0).values", style="qmark"),
        SqlExecution("{sequelize,sequelize.Sequelize,Sequelize}.literal(0)", style="none"),
        # A whole literal with its quotes; names are escaped by the query interface.
        Sanitizer("Sequelize.escape()", (Context.SQL,)),
        RecordMade("Model.build(0)"),
        ResourceAccess("Model.findByPk(self)", op="read", key="(0)"),
        ResourceAccess("Model.findOne(self)", op="read", key="(0).where"),
        ResourceAccess("Model.{findAll,findAndCountAll,count}(self)", op="list", key="(0).where"),
        ResourceAccess("Model.{max,min,sum}(self)", op="list", key="(1).where"),
        ResourceAccess("Model.{findOrCreate,findCreateFind,findOrBuild}(self)", op="create", key="(0).where"),
        ResourceAccess("Model.{create,bulkCreate,upsert}(self)", op="create", key="(0)"),
        ResourceAccess("Model.{update,increment,decrement}(self)", op="update", key="(1).where"),
        ResourceAccess("Model.destroy(self)", op="delete", key="(0).where"),
        ResourceAccess("Model.restore(self)", op="update", key="(0).where"),
        StoredObject("Instance"),
        ResourceAccess("Instance.{save,update,increment,decrement,restore}(self)", op="update"),
        ResourceAccess("Instance.destroy(self)", op="delete"),
    ),
)
