"""Validation and limits: Pydantic, safe-redirect-url, marshmallow, WTForms, Cerberus, voluptuous, jsonschema,
slowapi.

API reference: https://docs.pydantic.dev/latest/api/, https://marshmallow.readthedocs.io/,
https://wtforms.readthedocs.io/, https://docs.python-cerberus.org/, https://python-jsonschema.readthedocs.io/,
https://slowapi.readthedocs.io/
"""

from rearguard.models.concepts import (
    CheckedFields,
    Context,
    Exemption,
    FieldCheck,
    FieldKind,
    FieldPredicate,
    Guard,
    LimiterMade,
    Proof,
    RateKey,
    RequestInput,
    Schema,
)
from rearguard.models.dsl import Library

__all__ = ["VALIDATION"]

PYDANTIC = Library(
    name="pydantic",
    language="python",
    packages=("pydantic", "annotated_types"),
    types={
        "Model": ("pydantic.{BaseModel,main.BaseModel,v1.BaseModel}", "pydantic.RootModel"),
        "Adapter": ("pydantic.TypeAdapter()",),
    },
    concepts=(
        Schema("Model.{model_validate,model_validate_json,parse_obj,parse_raw}(0)"),
        Schema("Adapter.{validate_python,validate_json}(0)"),
        Schema("pydantic.{parse_obj_as,tools.parse_obj_as}(1)"),
        CheckedFields("Model"),
        FieldCheck(
            "pydantic.{field_validator,validator,v1.validator,functional_validators.field_validator}(*)"
        ),
        FieldCheck("pydantic.{AfterValidator,functional_validators.AfterValidator}(0|func)"),
        FieldCheck("pydantic.{BeforeValidator,functional_validators.BeforeValidator}(0|func)"),
        FieldPredicate("annotated_types.Predicate(0|func)"),
    ),
)

REDIRECTS = Library(
    name="safe_redirect_url",
    language="python",
    packages=("safe_redirect_url",),
    concepts=(
        Proof(
            "safe_redirect_url.{url_has_allowed_host_and_scheme,is_safe_url}(0|url)",
            (Context.REDIRECT, Context.URL),
        ),
    ),
)

MARSHMALLOW = Library(
    name="marshmallow",
    language="python",
    packages=("marshmallow", "webargs", "flask_marshmallow"),
    types={
        "SchemaClass": (
            "marshmallow.{Schema,schema.Schema}",
            "flask_marshmallow.Marshmallow().{Schema,SQLAlchemySchema,SQLAlchemyAutoSchema}",
            "marshmallow_sqlalchemy.{SQLAlchemySchema,SQLAlchemyAutoSchema}",
        ),
        "SchemaObject": ("SchemaClass()",),
    },
    concepts=(
        Schema("SchemaObject.load(0|data)"),
        FieldKind("marshmallow.fields.{Int,Integer,Float,Decimal,Boolean,Bool,Number}()", harmless=True),
        FieldKind("marshmallow.fields.{Date,DateTime,Time,TimeDelta,UUID,Enum}()", harmless=True),
        Schema("SchemaObject.loads(0|json_data)"),
        Schema("webargs.flaskparser.parser.parse(0|argmap)"),
        Guard("webargs.flaskparser.{use_args,use_kwargs}()", kind="validation"),
    ),
)

WTFORMS = Library(
    name="wtforms",
    language="python",
    packages=("wtforms", "flask_wtf"),
    types={
        "FormClass": (
            "{wtforms.Form,wtforms.form.Form,flask_wtf.FlaskForm,flask_wtf.form.FlaskForm,flask_wtf.Form}",
        ),
        "FormObject": ("FormClass()",),
    },
    concepts=(
        RequestInput("FormObject.*.data", channel="form", declared=True),
        RequestInput("FormObject.data", channel="form", declared=True),
        FieldKind(
            "{wtforms,wtforms.fields}.{BooleanField,DateField,DateTimeField,DateTimeLocalField,DecimalField}()",
            harmless=True,
        ),
        FieldKind(
            "{wtforms,wtforms.fields}.{DecimalRangeField,FloatField,IntegerField,IntegerRangeField}()",
            harmless=True,
        ),
        FieldKind("{wtforms,wtforms.fields}.{MonthField,RadioField,SelectField,TimeField}()", harmless=True),
        FieldKind("{wtforms,wtforms.fields}.SelectMultipleField()", harmless=True),
        Schema("FormObject.{validate,validate_on_submit}(self)"),
    ),
)

DICTIONARIES = Library(
    name="dictionary_schemas",
    language="python",
    packages=("cerberus", "voluptuous", "jsonschema"),
    types={
        "Cerberus": ("cerberus.Validator()",),
        "Voluptuous": ("voluptuous.Schema()",),
        "JsonSchema": (
            "jsonschema.{Draft7Validator,Draft202012Validator,Draft4Validator,Draft6Validator}()",
        ),
    },
    concepts=(
        Schema("Cerberus.{validate,validated,normalized}(0)"),
        Schema("Voluptuous(0)"),
        Schema("jsonschema.validate(0|instance)"),
        Schema("JsonSchema.{validate,is_valid}(0|instance)"),
    ),
)

SLOWAPI = Library(
    name="slowapi",
    language="python",
    packages=("slowapi", "fastapi_limiter"),
    types={"Limiter": ("slowapi.{Limiter,extension.Limiter}()",)},
    concepts=(
        Guard("Limiter.{limit,shared_limit}()", kind="rate-limit"),
        LimiterMade("slowapi.{Limiter,extension.Limiter}()"),
        RateKey("slowapi.{Limiter,extension.Limiter}(0|key_func)"),
        RateKey("Limiter.{limit,shared_limit}(key_func)"),
        Guard("slowapi.middleware.{SlowAPIMiddleware,SlowAPIASGIMiddleware}", kind="rate-limit"),
        Guard("fastapi_limiter.depends.RateLimiter()", kind="rate-limit"),
        Exemption("Limiter.exempt", kind="rate-limit"),
    ),
)

VALIDATION = (PYDANTIC, REDIRECTS, MARSHMALLOW, WTFORMS, DICTIONARIES, SLOWAPI)
