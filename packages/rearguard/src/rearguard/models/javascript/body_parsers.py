"""Parsers of request bodies for Express and its kin.

API references: https://expressjs.com/en/api.html#express.urlencoded, https://github.com/expressjs/body-parser,
https://github.com/expressjs/multer, https://github.com/richardgirges/express-fileupload
"""

from rearguard.models.concepts import FormBodies
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
        "@fastify/formbody",
        "@fastify/multipart",
    ),
    concepts=(
        FormBodies("express.urlencoded()"),
        FormBodies("body-parser.urlencoded()"),
        FormBodies("multer()"),
        FormBodies("express-fileupload()"),
    ),
)
