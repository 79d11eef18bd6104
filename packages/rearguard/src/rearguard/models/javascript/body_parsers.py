"""Parsers of request bodies for Express and its kin.

API references: https://expressjs.com/en/api.html#express.urlencoded, https://github.com/expressjs/body-parser,
https://github.com/expressjs/multer, https://github.com/richardgirges/express-fileupload,
https://github.com/node-formidable/formidable, https://github.com/mscdex/busboy
"""

from rearguard.models.concepts import Context, FileAccess, FormBodies, RequestInput, UploadFilter
from rearguard.models.dsl import Library

__all__ = ["BODY_PARSERS"]

BODY_PARSERS = Library(
    name="body-parsers",
    language="javascript",
    packages=(
        "express",
        "body-parser",
        "multer",
        "express-fileupload",
        "formidable",
        "busboy",
        "@fastify/formbody",
        "@fastify/multipart",
    ),
    types={
        "Naming": ("multer.diskStorage(0).filename",),
        "Placing": ("multer.diskStorage(0).destination",),
        "Asked": ("multer.diskStorage(0).{filename,destination}", "multer(0).fileFilter"),
        "Form": ("formidable()", "formidable.{formidable,default,IncomingForm,Formidable}()"),
        "Parsed": ("Form.parse(1)",),
        "Streamed": ("busboy()",),
        "OnField": ("Streamed.on(1@field)",),
        "OnFile": ("Streamed.on(1@file)",),
    },
    concepts=(
        # The last part of the name alone, unless `preservePath` is set.
        RequestInput("Asked<1>.originalname", channel="files", safe=(Context.PATH, Context.SEGMENTS)),
        RequestInput("Asked<1>.{mimetype,fieldname}", channel="files"),
        FileAccess("Naming<2>(1)", action="write"),
        FileAccess("Placing<2>(1)", action="write"),
        UploadFilter("multer(0).fileFilter"),
        RequestInput("Parsed<1>", channel="form"),
        RequestInput("Parsed<2>", channel="files"),
        RequestInput("Form.parse()", channel="form"),
        RequestInput("OnField<1>", channel="form"),
        RequestInput("OnFile<2>.filename", channel="files", safe=(Context.PATH, Context.SEGMENTS)),
        RequestInput("OnFile<2>.mimeType", channel="files"),
        FileAccess("express:Request.files.*.mv(0)", action="write"),
        FormBodies("express.urlencoded()"),
        FormBodies("body-parser.urlencoded()"),
        FormBodies("multer()"),
        FormBodies("express-fileupload()"),
    ),
)
