from fastapi import FastAPI

from app import notes, users

app = FastAPI()
api = FastAPI()
api.include_router(notes.router)
api.include_router(users.router)
app.mount("/api", api)
