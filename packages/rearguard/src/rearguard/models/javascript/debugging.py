"""Verbose errors of Node's web frameworks, and what their builds publish or fetch.

References: https://github.com/expressjs/errorhandler, https://github.com/koajs/error,
https://nextjs.org/docs/app/api-reference/config/next-config-js/productionBrowserSourceMaps,
https://nextjs.org/docs/app/api-reference/components/image#remotepatterns, https://docs.astro.build/en/reference/configuration-reference/#imageremotepatterns
"""

from rearguard.models.dsl import Library
from rearguard.models.settings_concepts import DebugTool, FetchedHosts, SourcesShown

__all__ = ["DEBUGGING"]

DEBUGGING = Library(
    name="debugging-node",
    language="javascript",
    packages=("errorhandler",),
    concepts=(
        DebugTool(
            "{errorhandler,express.errorHandler}()", what="a handler that answers with the stack trace"
        ),
        SourcesShown("@option.productionBrowserSourceMaps"),
        FetchedHosts("@option.remotePatterns", host="hostname", unless="unoptimized"),
        DebugTool("{express-error-handler,koa-error}()", what="a handler that answers with the stack trace"),
    ),
)
