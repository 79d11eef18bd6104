"""Nothing is permitted that no rule permits: policies, roles, scopes, step-up, objects, fields, the second
line.
"""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strongback.authorization import (
    Authorization,
    DecisionGuard,
    Fields,
    Guarded,
    NotFoundError,
    Policy,
    Public,
    Requires,
    Roles,
    Rules,
    UnauthenticatedError,
)
from strongback.errors import ConfigurationError, DeniedError
from strongback.identity import Principal
from strongback.testing import EventRecorder, FakeClock

from packages.strongback.tests.http.call import answering, call, handshake

PERMISSIONS = ["orders:read", "orders:write", "users:read"]
NAMES = st.frozensets(st.sampled_from(PERMISSIONS))


@dataclass
class Order:
    id: int
    owner: str
    tenant: str = "t1"


@pytest.fixture
def authorization(clock: FakeClock, events: EventRecorder) -> Authorization:
    roles = Roles({"clerk": ["orders:read"], "boss": ["orders:read", "orders:write"]})
    rules = (
        Rules()
        .allow(Order, "read", lambda who, order: order.owner == who.subject)
        .allow(Order, "read", lambda who, order: "boss" in who.roles and order.tenant == who.tenant)
    )
    return Authorization(roles=roles, rules=rules, clock=clock, events=events)


@given(
    granted=st.dictionaries(st.sampled_from(["a", "b", "c"]), NAMES),
    held=st.frozensets(st.sampled_from(["a", "b", "c", "unknown"])),
    scopes=st.none() | NAMES,
    needed=NAMES,
)
def test_roles_and_scopes_are_an_intersection(
    granted: dict[str, frozenset[str]],
    held: frozenset[str],
    scopes: frozenset[str] | None,
    needed: frozenset[str],
) -> None:
    by_role = set().union(*(granted.get(role, frozenset()) for role in held))
    expected = needed <= by_role and (scopes is None or needed <= scopes)
    principal = Principal("ada", held, scopes)
    try:
        Requires(needed).check(principal, Roles(granted), 0)
        permitted = True
    except DeniedError:
        permitted = False
    assert permitted is expected


def test_a_policy_that_decides_nothing_denies() -> None:
    with pytest.raises(DeniedError):
        Policy().check(Principal("ada"), Roles({}), 0)


def test_nobody_is_unauthenticated_and_public_is_explicit() -> None:
    with pytest.raises(UnauthenticatedError):
        Requires().check(None, Roles({}), 0)
    Public("status page").check(None, Roles({}), 0)
    with pytest.raises(ConfigurationError):
        Public(" ")
    with pytest.raises(ConfigurationError):
        Roles({"admin": ["*"]})


@pytest.mark.parametrize(("age", "permitted"), [(0, True), (300, True), (301, False), (-1, False)])
def test_step_up_wants_recent_authentication(age: float, permitted: bool) -> None:
    policy = Requires(within=300)
    principal = Principal("ada", authenticated_at=1000)
    if permitted:
        policy.check(principal, Roles({}), 1000 + age)
    else:
        with pytest.raises(UnauthenticatedError):
            policy.check(principal, Roles({}), 1000 + age)


def test_factor_and_predicate_are_further_conditions() -> None:
    policy = Requires(factor="otp", predicate=lambda who: who.attributes.get("region") == "eu")
    with pytest.raises(UnauthenticatedError):
        policy.check(Principal("a", attributes={"region": "eu"}), Roles({}), 0)
    with pytest.raises(DeniedError):
        policy.check(Principal("a", factors=frozenset({"otp"})), Roles({}), 0)
    policy.check(Principal("a", factors=frozenset({"otp"}), attributes={"region": "eu"}), Roles({}), 0)


def test_objects_absent_and_forbidden_look_alike(authorization: Authorization, events: EventRecorder) -> None:
    mine, other = Order(1, "ada"), Order(2, "bob")
    scope = {"strongback.principal": Principal("ada"), "path": "/orders/2"}
    assert authorization.authorize(scope, "read", mine) is mine
    for resource in (other, None):
        with pytest.raises(NotFoundError) as refused:
            authorization.authorize(scope, "read", resource)
        assert refused.value.status == 404
    with pytest.raises(NotFoundError):
        authorization.authorize(scope, "delete", mine)
    with pytest.raises(NotFoundError):
        authorization.authorize({"path": "/"}, "read", mine)
    assert [e.name.label for e in events.events] == ["authz.denied"] * 4
    boss = {"strongback.principal": Principal("eve", frozenset({"boss"}), tenant="t1")}
    assert authorization.visible(boss, "read", [mine, other, Order(3, "x", "t2")]) == [mine, other]
    assert authorization.visible({}, "read", [mine]) == []


def test_rules_take_no_subtypes_and_no_truthy_answers() -> None:
    class Special(Order):
        pass

    ada = Principal("ada")
    rules = Rules().allow(Order, "read", lambda who, order: True)
    assert rules.permits(ada, "read", Order(1, "x"))
    assert not rules.permits(ada, "read", Special(1, "x"))
    odd = Rules().allow(Order, "read", lambda who, order: "yes")  # type: ignore[arg-type,return-value]
    assert not odd.permits(ada, "read", Order(1, "x"))
    failing = (
        Rules().allow(Order, "read", lambda who, order: order.missing).allow(Order, "read", lambda w, o: True)
    )
    assert failing.permits(ada, "read", Order(1, "x"))
    assert not Rules().allow(Order, "read", lambda w, o: o.missing).permits(ada, "read", Order(1, "x"))


def test_fields_are_shown_and_taken_by_role_only() -> None:
    fields = Fields(read={"user": ["id", "name"], "admin": ["email"]}, write={"user": ["name"]})
    row = {"id": 1, "name": "Ada", "email": "a@example.com", "password_hash": "x"}
    assert fields.view(["user"], row) == {"id": 1, "name": "Ada"}
    assert fields.view(["user", "admin"], row) == {"id": 1, "name": "Ada", "email": "a@example.com"}
    assert fields.view([], row) == {}
    assert fields.accept(["user"], {"name": "Eve"}) == {"name": "Eve"}
    for changes in ({"name": "Eve", "role": "admin"}, {"id": 2}):
        with pytest.raises(DeniedError):
            fields.accept(["user"], changes)


@pytest.mark.anyio
async def test_a_success_without_a_decision_becomes_an_error_and_an_alert(
    authorization: Authorization, clock: FakeClock, events: EventRecorder
) -> None:
    guard = DecisionGuard(authorization, clock=clock, events=events)
    for status in (200, 204, 302, 307):
        answer = await call(guard.around(answering(b"leak", status)))
        assert (answer.status, b"leak" in answer.body) == (500, False)
    assert await handshake(guard.around(answering())) == "closed"
    assert {e.name.label for e in events.events} == {"authz.undecided"}
    assert len(events.events) == 5
    assert (await call(guard.around(answering(b"{}", 404)))).status == 404


@pytest.mark.anyio
async def test_guarded_mounts_decide(
    authorization: Authorization, clock: FakeClock, events: EventRecorder
) -> None:
    guard = DecisionGuard(authorization, clock=clock, events=events)
    opened = guard.around(Guarded(answering(), Public("static files")))
    closed = guard.around(Guarded(answering(), Requires(frozenset({"orders:write"}))))
    assert (await call(opened)).status == 200
    assert await handshake(opened) == "accepted"
    with pytest.raises(UnauthenticatedError):
        await call(closed)
    with pytest.raises(DeniedError):
        await call(closed, **{"strongback.principal": Principal("ada", frozenset({"clerk"}))})
    boss = Principal("eve", frozenset({"boss"}))
    assert (await call(closed, **{"strongback.principal": boss})).status == 200
    with pytest.raises(ConfigurationError):
        await call(Guarded(answering(), Public("alone")))
