"""When a use is one: fixed hosts, local redirects, programs and scripts."""

import pytest
from rearguard.analysis.values.domain import Hole, Text, Value, constant
from rearguard.analysis.values.sinks import command_part, elements, fixes_host, harmful_part, script_part
from rearguard.models.concepts import Context

BAD = 1
HOLE = Hole(BAD, 0, 1)
SETTING = Hole(0, -1, 2)

ADDRESSES: list[tuple[Text, bool]] = [
    ((HOLE,), True),
    (("https://", HOLE), True),
    (("https://example.com", HOLE), True),
    (("https://example.com/", HOLE), False),
    (("https://example.com?q=", HOLE), False),
    (("https://user@", HOLE), True),
    (("https://a.example.com\\", HOLE), True),
    (("//example.com/", HOLE), True),
    (("ftp://example.com/", HOLE), False),
    ((SETTING, "/items/", HOLE), False),
    ((SETTING, HOLE), True),
    (("https://", SETTING, "/", HOLE), False),
    ((HOLE, "/items"), True),
    (("https://example.com/",), False),
]


@pytest.mark.parametrize(("text", "harmful"), ADDRESSES, ids=[repr(case[0])[:60] for case in ADDRESSES])
def test_an_address(text: Text, harmful: bool) -> None:
    assert bool(harmful_part(Context.URL, text, BAD)) is harmful


REDIRECTS: list[tuple[Text, bool]] = [
    (("/users/", HOLE), False),
    (("/", HOLE), True),
    (("//", HOLE), True),
    (("/\\", HOLE), True),
    (("?next=", HOLE), False),
    (("#", HOLE), False),
    (("https://example.com/", HOLE), False),
    ((HOLE,), True),
]


@pytest.mark.parametrize(("text", "harmful"), REDIRECTS, ids=[repr(case[0])[:40] for case in REDIRECTS])
def test_a_redirect(text: Text, harmful: bool) -> None:
    assert bool(harmful_part(Context.REDIRECT, text, BAD)) is harmful


def test_other_contexts_keep_their_labels() -> None:
    assert harmful_part(Context.SQL, ("https://example.com/", HOLE), BAD) == BAD


def test_a_host_is_fixed_by_what_follows_it() -> None:
    assert fixes_host("https://example.com/")
    assert not fixes_host("https://example.com")
    assert not fixes_host("example.com/")


def vector(*items: object) -> Value:
    fields = {
        str(i): item if isinstance(item, Value) else constant(str(item)) for i, item in enumerate(items)
    }
    return Value(0, fields, container="list")


INPUT = Value(BAD)

VECTORS: list[tuple[Value, bool]] = [
    (vector(INPUT, "-l"), True),
    (vector("ls", INPUT), False),
    (vector("sh", "-c", INPUT), True),
    (vector("/bin/bash", "-lc", INPUT), True),
    (vector("C:\\Windows\\cmd.exe", "/c", INPUT), True),
    (vector("docker", "exec", "web", "sh", "-c", INPUT), True),
    (vector("sh", "-c", 'echo "$1"', "sh", INPUT), False),
    (vector("git", "-c", INPUT), False),
    (vector("tail", "-c", INPUT), False),
    (vector("python3", "-c", INPUT), True),
    (vector("node", "-e", INPUT), True),
    (vector(Value(), "-c", INPUT), True),
    (INPUT, True),
]


@pytest.mark.parametrize(("given", "harmful"), VECTORS, ids=[str(number) for number in range(len(VECTORS))])
def test_what_chooses_the_program(given: Value, harmful: bool) -> None:
    assert bool(command_part(given)) is harmful


def test_elements_are_known_up_to_the_first_gap() -> None:
    held = Value(0, {"0": constant("a"), "2": constant("c")}, container="list")
    assert [item.constant for item in elements(held) if item is not None] == [("a",)]
    assert elements(None) == [None]
    assert elements(INPUT) == [INPUT]
    assert script_part([]) == 0
