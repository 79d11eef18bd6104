"""What makes text harmless in a page.

API references: https://developer.mozilla.org/docs/Web/JavaScript, https://github.com/cure53/DOMPurify,
https://lodash.com/docs/#escape
"""

from rearguard.models.concepts import TEXT, Context, Parsed, Sanitizer
from rearguard.models.dsl import Library

__all__ = ["CLEANING"]

CLEANING = Library(
    name="cleaning",
    language="javascript",
    packages=("dompurify",),
    types={"Escaper": ()},
    shapes={"Escaper": r"\w*(?:[eE]scape|[sS]anitize|[eE]ncode|[pP]urify)\w*|esc"},
    concepts=(
        Parsed("global.JSON.parse()"),
        Sanitizer("Escaper()", (Context.HTML,)),
        Sanitizer("{global,global.window}.DOMPurify.sanitize()", (Context.HTML,)),
        Sanitizer("{global._,global.lodash}.escape()", (Context.HTML,)),
        Sanitizer(
            "global.{encodeURIComponent,encodeURI,escape}()", (Context.HTML, Context.REDIRECT, Context.CODE)
        ),
        Sanitizer("global.{Number,parseInt,parseFloat,Boolean,Date}()", TEXT),
        Sanitizer("global.Math.{floor,ceil,round,trunc,abs,min,max}()", TEXT),
        Sanitizer("*.{toFixed,getTime,toISOString,charCodeAt,indexOf}()", TEXT),
        # What was put in as text comes out escaped.
        Sanitizer("browser:Selection.html()", (Context.HTML,)),
    ),
)
