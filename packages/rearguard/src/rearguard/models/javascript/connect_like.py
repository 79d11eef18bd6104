"""Frameworks whose applications register routes as Express does: Restify, Polka, the `router` package.

API references: http://restify.com/docs/server-api/, https://github.com/lukeed/polka,
https://github.com/pillarjs/router. What a request holds is Express's; how they answer is their own.
"""

from rearguard.models.concepts import Denial, Guard
from rearguard.models.dsl import Library

__all__ = ["CONNECT_LIKE"]

CONNECT_LIKE = Library(
    name="connect-like",
    language="javascript",
    packages=("restify", "polka", "router"),
    types={
        "App": ("restify.createServer()", "polka()", "router()", "connect()"),
    },
    sites=("App",),
    concepts=(
        Denial("restify-errors.UnauthorizedError()", status=401),
        Denial("restify-errors.{ForbiddenError,NotAuthorizedError}()", status=403),
        Denial("restify-errors.{NotFoundError,ResourceNotFoundError}()", status=404),
        Guard("restify.plugins.throttle()", "rate-limit"),
        Guard("restify-jwt-community()", "authentication"),
    ),
)
