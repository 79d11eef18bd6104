"""What a field holds is written once and decides where it goes: answers, logs, storage."""

import json
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, TypedDict

import pytest
from pydantic import BaseModel, Field
from strongback.classified import (
    CONFIDENTIAL,
    PERSONAL,
    PUBLIC,
    SECRET,
    Class,
    classes_of,
    logged,
    opened,
    sealed,
    shown,
)
from strongback.encryption import DecryptionError, FieldCipher
from strongback.errors import ConfigurationError
from strongback.events import Event, EventName
from strongback.keys import KeyRing, new_key_text
from strongback.redaction import Secret
from strongback.seams import SystemRandomness
from strongback.testing import SeededRandomness

CIPHER = FieldCipher(
    KeyRing.from_text(new_key_text("k1", SeededRandomness("classes"))), rng=SystemRandomness()
)


class Address(BaseModel):
    town: Annotated[str, PUBLIC]
    street: Annotated[str, PERSONAL, Field(max_length=80)]


@dataclass
class Person:
    limit: ClassVar[int] = 3
    id: Annotated[int, PUBLIC]
    name: Annotated[str, PERSONAL]
    rank: int
    salary: Annotated[int | None, CONFIDENTIAL]
    token: Secret
    seed: Annotated[str, SECRET]
    homes: Annotated[list[Address], PUBLIC] = field(default_factory=list)
    nicknames: "list[Annotated[str, PERSONAL]]" = field(default_factory=list)
    _cache: str = "kept by the class"


class Row(TypedDict):
    note: Annotated[str, PERSONAL, PUBLIC]
    when: str


ADA = Person(
    7, "Ada", 2, 100, Secret("t0ken"), "seed", [Address(town="London", street="Main 1")], ["Countess"]
)


def test_the_class_of_every_field() -> None:
    assert classes_of(Person) == {
        "id": Class.PUBLIC,
        "name": Class.PERSONAL,
        "rank": Class.INTERNAL,
        "salary": Class.CONFIDENTIAL,
        "token": Class.SECRET,
        "seed": Class.SECRET,
        "homes": Class.PUBLIC,
        "nicknames": Class.PERSONAL,
    }
    # The strictest of several marks counts.
    assert classes_of(Row) == {"note": Class.PERSONAL, "when": Class.INTERNAL}
    assert classes_of(Address)["street"] is Class.PERSONAL


def test_answers_hold_what_may_be_shown() -> None:
    assert shown(ADA) == {"id": 7, "homes": [{"town": "London"}]}
    assert shown([ADA], Class.INTERNAL) == [{"id": 7, "rank": 2, "homes": [{"town": "London"}]}]
    owner = shown({"person": ADA}, PERSONAL)["person"]
    assert owner["name"] == "Ada"
    assert owner["homes"] == [{"town": "London", "street": "Main 1"}]
    everything = shown(ADA, CONFIDENTIAL)
    assert everything["salary"] == 100
    assert {"token", "seed"} & set(everything) == set()
    assert shown([Secret("t0ken"), "x", b"y"]) == ["[redacted]", "x", b"y"]
    with pytest.raises(ConfigurationError):
        shown(ADA, SECRET)
    # What says nothing of its fields is not shown: a row of an ORM, a connection.
    with pytest.raises(ConfigurationError, match="FieldCipher"):
        shown({"inner": [CIPHER]}, CONFIDENTIAL)
    assert shown({"at": None, "rank": Class.PUBLIC}) == {"at": None, "rank": 0}


def test_logs_hold_names_of_fields_and_no_more() -> None:
    line = Event(EventName.ACCESS_DENIED, at=0, detail={"who": logged(ADA)}).as_json()
    assert json.loads(line)["detail"]["who"] == {
        "id": 7, "name": "[redacted]", "rank": 2, "salary": "[redacted]", "token": "[redacted]",
        "seed": "[redacted]", "homes": "[deep]", "nicknames": "[redacted]",
    } | {"homes": json.loads(line)["detail"]["who"]["homes"]}  # fmt: skip
    for hidden in ("Ada", "t0ken", "100", "Main 1", "Countess"):
        assert hidden not in line
    assert logged(["plain"]) == ["plain"]


def test_storage_holds_ciphertext_bound_to_its_place() -> None:
    kept = sealed(ADA, CIPHER, "people", "7")
    assert (kept["id"], kept["rank"]) == (7, 2)
    for name in ("name", "salary", "token", "seed", "nicknames"):
        assert isinstance(kept[name], bytes)
    assert Person(**opened(Person, kept, CIPHER, "people", "7")) == ADA
    with pytest.raises(DecryptionError):
        opened(Person, kept, CIPHER, "people", "8")
    with pytest.raises(DecryptionError):
        opened(Person, {**kept, "name": kept["seed"]}, CIPHER, "people", "7")
    with pytest.raises(ConfigurationError):
        sealed("text", CIPHER, "people", "7")
