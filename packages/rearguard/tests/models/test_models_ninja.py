"""Routers of Django Ninja that stand in other files, and parts of paths with a converter."""

from collections.abc import Callable, Mapping

from rearguard.models import ModelView, routes

Program = Callable[[Mapping[str, str]], ModelView]

API = """
from ninja import NinjaAPI

api = NinjaAPI()
api.add_router("/events/{int:year}/", "events.api.router", auth=[signed_in])
"""
EVENTS = """
from ninja import Router

router = Router()
other = Router()

@router.get("/{int:event_id}/{slug:name}/{file}")
def show(request, year: int, event_id, name, file: str): ...

@other.get("/other")
def beside(request): ...
"""


def test_a_router_that_a_text_names(program: Program) -> None:
    found = routes(program({"api.py": API, "events/__init__.py": "", "events/api.py": EVENTS}))
    (show,) = (e for e in found if e.handler.label == "show")
    assert show.path == "/events/{year}/{event_id}/{name}/{file}"
    parts = {"year": "path:int", "event_id": "path:int", "name": "path", "file": "path"}
    assert dict(show.inputs) == {"request": "request", **parts}
    (beside,) = (e for e in found if e.handler.label == "beside")
    assert beside.path == "/other"
