"""A small shop on the full API profile, for `test_schemathesis.py`: what is public, protected, and owned."""

import json
import os
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Query, Request
from strongback import KeyRing, MemoryStore, Principal, Profile, Roles, Rules, SystemClock, SystemRandomness
from strongback.events import LogSink
from strongback.fastapi import allow, current_principal, install
from strongback.models import Slug, StrictModel
from strongback.tokens import AccessTokens, BearerTokens

ORIGIN = os.environ["DEMO_ORIGIN"]
keys, clock, rng = KeyRing.from_environment("APP_KEYS"), SystemClock(), SystemRandomness()
tokens = AccessTokens.symmetric(keys, issuer=ORIGIN, audience=ORIGIN, clock=clock, rng=rng, lifetime=3600)


@dataclass
class Order:
    """What the shop keeps."""

    id: int
    owner: str
    item: str
    count: int


class NewOrder(StrictModel):
    """What a client may send."""

    item: Slug
    count: int = 1


ORDERS = {1: Order(1, "ada", "tea", 2), 2: Order(2, "bob", "coffee", 1)}
rules = Rules().allow(Order, "read", lambda who, order: order.owner == who.subject)
profile = Profile.api(
    origin=ORIGIN,
    store=MemoryStore(),
    keys=keys,
    roles=Roles({"clerk": ["orders:read", "orders:write"]}),
    rules=rules,
    rate="999999/s",
    production=False,
    tokens=BearerTokens(tokens, clock=clock, events=LogSink(), scoped=False),
)
app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
install(app, profile)
User = Annotated[Principal, Depends(current_principal)]


@app.get("/health", dependencies=[allow.public("liveness only")])
def health() -> dict[str, bool]:
    return {"ok": True}


@app.get("/schema.json", dependencies=[allow.public("this is a demo")], include_in_schema=False)
def schema() -> dict[str, object]:
    return json.loads(json.dumps(app.openapi()))


@app.get("/orders", dependencies=[allow.when("orders:read")])
def orders(
    who: User,
    sort: Literal["id", "item"] = "id",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    word: Annotated[str, Query(max_length=20)] = "",
) -> list[Order]:
    mine = [order for order in ORDERS.values() if order.owner == who.subject and word in order.item]
    return sorted(mine, key=lambda order: getattr(order, sort))[:limit]


@app.get("/orders/{order_id}", dependencies=[allow.when("orders:read")])
def order(order_id: int, request: Request) -> Order:
    return profile.authorization.authorize(request.scope, "read", ORDERS.get(order_id))


@app.post("/orders", status_code=201, dependencies=[allow.when("orders:write")])
def add(new: NewOrder, who: User) -> Order:
    return Order(3, who.subject, new.item, new.count)


@app.post("/import", dependencies=[allow.when("orders:write")])
def import_orders(new: list[NewOrder]) -> dict[str, int]:
    return {"count": len(new)}


if __name__ == "__main__":
    print(tokens.issue("ada", roles=frozenset({"clerk"})))
