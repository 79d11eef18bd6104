"""The application."""

import logging
from collections.abc import Awaitable, Callable

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from notes.database import Base, engine
from notes.routers import accounts, admin, attachments, backups, notes, pages

logger = logging.getLogger(__name__)
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


async def internal_error(request: Request, error: Exception) -> JSONResponse:
    logger.error("unhandled error at %r", request.url.path, exc_info=error)
    return JSONResponse({"detail": "Internal error"}, status_code=500)


async def add_security_headers(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await call_next(request)
    response.headers.update(SECURITY_HEADERS)
    return response


def create_app() -> FastAPI:
    Base.metadata.create_all(engine)
    app = FastAPI(title="Notes", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(Exception, internal_error)
    app.middleware("http")(add_security_headers)
    for module in (accounts, notes, attachments, backups, admin):
        app.include_router(module.router, prefix="/api")
    app.include_router(pages.router)

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    return app


app = create_app()

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=8000)
