"""Libraries that make file names of any text: pathvalidate, python-slugify.

https://pathvalidate.readthedocs.io/en/latest/pages/reference/function.html, https://github.com/un33k/python-slugify
"""

from rearguard.models.concepts import Context, Sanitizer
from rearguard.models.dsl import Library

__all__ = ["PATHNAMES"]

PATHNAMES = Library(
    name="pathnames",
    language="python",
    packages=("pathvalidate", "slugify"),
    concepts=(
        # A name without separators and control characters; `sanitize_filepath` keeps the separators.
        Sanitizer("pathvalidate.sanitize_filename()", (Context.PATH,)),
        Sanitizer("slugify.slugify()", (Context.PATH, Context.HTML)),
    ),
)
