from fastapi import FastAPI

from app.api import accounts, auth, tickets

app = FastAPI()
app.include_router(auth.router)
app.include_router(tickets.router)
app.include_router(tickets.public)
app.include_router(accounts.router)
app.include_router(accounts.admin)
