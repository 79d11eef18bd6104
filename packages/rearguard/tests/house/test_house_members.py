"""Enumerations whose members are asked for millions of times behave as enumerations."""

import pytest
from rearguard.link import Kind
from rearguard.models.concepts import Context
from rearguard.program import Op


@pytest.mark.parametrize("enum", [Op, Kind, Context], ids=["Op", "Kind", "Context"])
def test_members(enum: type[Op]) -> None:
    members = list(enum)
    assert len(enum) == len(members)
    for number, member in enumerate(members):
        assert enum(number) is member
        assert getattr(enum, member.name) is member
    with pytest.raises(ValueError, match=str(len(members))):
        enum(len(members))
