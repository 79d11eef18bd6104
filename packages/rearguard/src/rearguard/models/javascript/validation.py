"""Input validation: Joi, Zod, Yup, Ajv, express-validator, celebrate, validator, class-validator.

API references: https://joi.dev/api/, https://zod.dev/api, https://github.com/jquense/yup, https://ajv.js.org/api.html,
https://express-validator.github.io/docs/api/check, https://github.com/arb/celebrate, https://github.com/validatorjs/validator.js

What a schema lets through is read from the schema itself; here is only where it is applied.
"""

from rearguard.models.concepts import (
    TEXT,
    ClosedSchema,
    Context,
    Guard,
    OpenSchema,
    OperatorsRefused,
    Outcome,
    PatternTest,
    Proof,
    RequestInput,
    Sanitizer,
    Schema,
)
from rearguard.models.dsl import Library

__all__ = ["CLASS_VALIDATOR", "SCHEMAS", "VALIDATORS"]

_NO_ADDRESS = tuple(c for c in TEXT if c not in (Context.URL, Context.REDIRECT))
_JOI_KINDS = (
    "{object,string,number,array,boolean,bool,date,any,alternatives,alt,compile,binary,symbol,func,function,link,custom,"
    "valid,equal,allow,required,optional,exist,forbidden,when,objectId}"
)
_JOI_STEPS = (
    "{keys,required,optional,unknown,options,min,max,length,email,pattern,regex,trim,valid,items,integer,"
    "positive,uuid,guid,hex,uri,when,append,label,default,or,and,xor,alphanum,allow,concat,custom,messages,message,lowercase,"
    "uppercase,external,try,single,unique,iso,invalid,equal,not,strict,convert,description,example,note,unit,truncate,port,"
    "fork,prefs,preferences,tailor,alter,extract,rename,assert,with,without,nand,oxor,meta,tag,raw,result,strip,warn,warning,"
    "cast,empty,failover,presence,forbidden,only,disallow,exist,error,id,cache,shared,truthy,falsy,sensitive,insensitive,ip,"
    "domain,hostname,dataUri,base64,creditCard,isoDate,isoDuration,normalize,replace,case,token,greater,less,multiple,negative,"
    "precision,unsafe,sign,timestamp,ordered,has,sort,sparse,instance,encoding,conditional,match,optionalKeys,requiredKeys}"
)
_ZOD_KINDS = (
    "{object,string,number,array,boolean,date,union,discriminatedUnion,enum,nativeEnum,literal,record,tuple,any,unknown,"
    "strictObject,looseObject,bigint,int,uuid,email,url,cuid,cuid2,ulid,nanoid,guid,lazy,preprocess,intersection,coerce.number,"
    "coerce.string,coerce.boolean,coerce.date,coerce.bigint,iso.date,iso.datetime,iso.time,null,undefined,custom,map,set,stringbool,"
    "instanceof,json,e164,ipv4,ipv6,jwt,base64,int32,float32,float64,templateLiteral,pipe,transform}"
)
_ZOD_STEPS = (
    "{strict,passthrough,strip,partial,extend,merge,pick,omit,min,max,length,email,uuid,url,regex,int,positive,"
    "optional,nullable,nullish,default,refine,superRefine,transform,trim,and,or,nonempty,datetime,cuid,cuid2,ulid,nanoid,"
    "finite,safe,gt,gte,lt,lte,startsWith,endsWith,includes,toLowerCase,toUpperCase,catch,pipe,describe,meta,brand,readonly,"
    "strict,loose,deepPartial,required,array,omit,catchall,keyof,element,nonnegative,negative,multipleOf,check,openapi,safeExtend,"
    "unwrap,removeDefault,exclude,extract,date,time,ip,base64,emoji,normalize,overwrite,prefault,register,clone,rest,size}"
)
_YUP_KINDS = "{object,string,number,array,boolean,bool,date,mixed,tuple,lazy}"
_YUP_STEPS = (
    "{shape,required,optional,min,max,length,email,matches,trim,integer,positive,oneOf,noUnknown,of,uuid,url,nullable,"
    "nonNullable,defined,notRequired,default,label,meta,test,transform,when,typeError,strict,strip,concat,pick,omit,partial,"
    "deepPartial,lowercase,uppercase,datetime,negative,moreThan,lessThan,truncate,round,notOneOf,ensure,camelCase,constantCase,"
    "noUnknown,exact,stripUnknown,from,isTrue,isFalse,compact,cast,describe,clone}"
)
_CHAIN_STEPS = (
    "{exists,notEmpty,isEmail,isInt,isLength,isString,isUUID,isMongoId,isIn,isURL,isBoolean,isNumeric,isArray,"
    "isObject,isDate,isISO8601,isAlphanumeric,matches,custom,customSanitizer,optional,bail,trim,escape,normalizeEmail,"
    "toInt,toBoolean,withMessage,not,if,isStrongPassword,isFloat,toFloat,toLowerCase,isJSON,equals}"
)

SCHEMAS = Library(
    name="schemas",
    language="javascript",
    packages=("joi", "@hapi/joi", "zod", "yup", "ajv", "celebrate", "class-validator"),
    types={
        "JoiSchema": (
            f"{{joi,@hapi/joi,celebrate.Joi}}.{_JOI_KINDS}()",
            f"joi.Joi.{_JOI_KINDS}()",
            f"JoiSchema.{_JOI_STEPS}()",
        ),
        "ZodSchema": (
            f"{{zod,zod.z,zod.default,zod/v4,zod/v4.z}}.{_ZOD_KINDS}()",
            f"ZodSchema.{_ZOD_STEPS}()",
            "ZodSchema.shape.*",
        ),
        "YupSchema": (f"yup.{_YUP_KINDS}()", f"YupSchema.{_YUP_STEPS}()"),
        "TypeBox": ("{@sinclair/typebox,@fastify/type-provider-typebox,typebox}.Type.Object()",),
        "AjvCheck": ("{ajv,ajv.default,ajv.Ajv}().compile()",),
    },
    sites=("JoiSchema", "ZodSchema", "YupSchema", "TypeBox"),
    concepts=(
        Schema("JoiSchema.{validate,validateAsync}(0)", result="value", open_if=("(1).allowUnknown", True)),
        Schema("{joi,@hapi/joi}.{attempt,assert}(0)"),
        OpenSchema("JoiSchema.unknown()"),
        OpenSchema("ZodSchema.{passthrough,loose}()"),
        OpenSchema("zod.z.looseObject()"),
        ClosedSchema("{ZodSchema.strict,zod.z.strictObject}()"),
        ClosedSchema("YupSchema.noUnknown()"),
        Schema("ZodSchema.{parse,parseAsync}(0)", refuses=False),
        Schema("ZodSchema.{safeParse,safeParseAsync}(0)", result="data", refuses=False),
        Schema(
            "YupSchema.{validate,validateSync,cast}(0)", closed_if=("(1).stripUnknown", True), refuses=False
        ),
        Schema("AjvCheck(0)"),
        Schema("{ajv,ajv.default,ajv.Ajv}().validate(1)"),
        Schema("class-validator.{validate,validateOrReject}(0)"),
        Guard("celebrate.celebrate()", "validation"),
        Guard("celebrate.Celebrator()()", "validation"),
        Guard("express-joi-validation.createValidator().{body,query,params}()", "validation"),
        Guard("{zod-express-middleware,zod-express}.{validateRequest,processRequest}()", "validation"),
        Guard("express-openapi-validator.middleware()", "validation"),
        # Takes keys that start with `$` out of body, query and params.
        Guard("express-mongo-sanitize()", "validation"),
        OperatorsRefused("express-mongo-sanitize()"),
    ),
)

_CLASS_CHECKS = (
    "{IsInt,IsNumber,IsBoolean,IsUUID,IsMongoId,IsDate,IsDateString,IsISO8601,IsEnum,IsIn,IsNumberString,IsAlphanumeric,"
    "IsHexadecimal,IsBooleanString,IsPositive}"
)

CLASS_VALIDATOR = Library(
    name="class-validator",
    language="javascript",
    packages=("class-validator",),
    concepts=(
        # Decorators of fields, where a pipe or framework validates.
        Sanitizer(f"class-validator.{_CLASS_CHECKS}()", TEXT),
        PatternTest("class-validator.Matches(0)", pattern="(0)"),
    ),
)

VALIDATORS = Library(
    name="validators",
    language="javascript",
    packages=("validator", "express-validator", "uuid"),
    types={
        "Chain": (
            "express-validator.{body,query,param,check,cookie,header,checkSchema,oneOf}()",
            "express-validator/check.{body,query,param,check}()",
            f"Chain.{_CHAIN_STEPS}()",
        ),
        "Outcome": ("express-validator.validationResult()",),
    },
    concepts=(
        # Says nothing of fields that no chain names: these are left out by `matchedData` alone.
        Guard("Chain", "validation", strength="loose"),
        Outcome("express-validator.validationResult()"),
        RequestInput("express-validator.matchedData()", channel="validated"),
        Proof(
            "validator.{isInt,isNumeric,isFloat,isUUID,isMongoId,isAlphanumeric,isAlpha,isHexadecimal}(0)",
            TEXT,
        ),
        Proof("validator.{isBoolean,isDate,isISO8601,isPort,isIP}(0)", _NO_ADDRESS),
        # The local part may hold quotes only when asked for, but `'` and backtick always.
        Proof("validator.isEmail(0)", (Context.NOSQL, Context.PATH, Context.HEADER, Context.LOG)),
        Proof("validator.isIn(0)", TEXT),
        Proof("uuid.validate(0)", TEXT),
        Sanitizer("validator.escape()", (Context.HTML,)),
        Sanitizer("validator.{toInt,toFloat,toBoolean,toDate}()", TEXT),
        Sanitizer("uuid.{v4,v1,v7}()", TEXT),
    ),
)
