"""Verbose errors of Node's web frameworks.

References: https://github.com/expressjs/errorhandler, https://github.com/koajs/error
"""

from rearguard.models.dsl import Library
from rearguard.models.settings_concepts import DebugTool

__all__ = ["DEBUGGING"]

DEBUGGING = Library(
    name="debugging-node",
    language="javascript",
    packages=("errorhandler",),
    concepts=(
        DebugTool(
            "{errorhandler,express.errorHandler}()", what="a handler that answers with the stack trace"
        ),
        DebugTool("{express-error-handler,koa-error}()", what="a handler that answers with the stack trace"),
    ),
)
