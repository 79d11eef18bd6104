"""The application."""

import logging

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from notes.database import Base, engine
from notes.routers import accounts, admin, attachments, backups, notes, pages

logger = logging.getLogger(__name__)


async def database_error(request: Request, error: Exception) -> JSONResponse:
    logger.error("database error at %s", request.url.path, exc_info=error)
    return JSONResponse({"detail": "Database error", "reason": str(error)}, status_code=500)


def create_app() -> FastAPI:
    Base.metadata.create_all(engine)
    app = FastAPI(title="Notes", debug=True)
    app.add_exception_handler(SQLAlchemyError, database_error)
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
