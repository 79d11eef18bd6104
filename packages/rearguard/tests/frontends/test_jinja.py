"""Jinja and Django templates: outputs and their places, expressions, tags, and any input at all."""

import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rearguard.frontends.jinja import INCLUDE, OUTPUT, read_jinja
from rearguard.program import Instr, Module, Op, instructions

Check = Callable[[Module, bytes], None]
Jinja = Callable[..., str]


@pytest.fixture(scope="module")
def jinja(check_module: Check, dump: Callable[..., str]) -> Jinja:
    """Lowers a template, checks the module, and returns one function's IR as text."""

    def lowered(source: str, function: str = "<module>") -> str:
        text = source.encode()
        module = read_jinja(text)
        check_module(module, text)
        assert module.errors == []
        assert module.unlowered == {}
        return dump(module, function)

    return lowered


def outputs(source: str) -> list[tuple[str, Instr]]:
    """The outputs of a template: what each writes, as written, and its call."""
    text = source.encode()
    functions = read_jinja(text).functions.values()
    found = [each for function in functions for each in instructions(function.body)]
    written = {each.dst: each for each in found if each.op == Op.LOAD and each.name == OUTPUT}
    calls = [each for each in found if each.op == Op.CALL and each.args[0] in written]
    return [(text[call.start : call.end].decode(), call) for call in calls]


EXPRESSIONS = {
    "name": ("a", "%0 = LOAD a"),
    "Django's name with a digit first": ("2fa_status", "%0 = LOAD 2fa_status"),
    "attribute and item": (
        "a.b['k'][0]",
        "%0 = LOAD a\n%1 = ATTR b %0\n%2 = CONST 'k'\n%3 = ITEM %1 %2 'k'\n%4 = CONST 0\n%5 = ITEM %3 %4 0",
    ),
    "Django's items": (
        "a.0.1",
        "%0 = LOAD a\n%1 = CONST 0\n%2 = ITEM %0 %1 0\n%3 = CONST 1\n%4 = ITEM %2 %3 1",
    ),
    "slice": (
        "a[1:]",
        "%0 = LOAD a\n%1 = CONST 1\n%2 = LOAD slice\n%3 = CALL %2 %1\n%4 = ITEM %0 %3",
    ),
    "call": (
        "f(a, *b, c=d)",
        "%0 = LOAD f\n%1 = LOAD a\n%2 = LOAD b\n%3 = LOAD d\n%4 = CALL %0 %1 *=%2 c=%3",
    ),
    "filters": (
        "a|trim|replace('b', c)",
        (
            "%0 = LOAD a\n%1 = LOAD filter:trim\n%2 = CALL %1 %0\n%3 = LOAD filter:replace\n"
            "%4 = CONST 'b'\n%5 = LOAD c\n%6 = CALL %3 %2 %4 %5"
        ),
    ),
    "Django's filter argument": (
        'a|default:"x"',
        "%0 = LOAD a\n%1 = LOAD filter:default\n%2 = CONST 'x'\n%3 = CALL %1 %0 %2",
    ),
    "tests": (
        "a is not defined",
        "%0 = LOAD a\n%1 = LOAD test:defined\n%2 = CALL %1 %0\n%3 = UNARY not %2",
    ),
    "test with an operand": (
        "a is divisibleby 3",
        "%0 = LOAD a\n%1 = LOAD test:divisibleby\n%2 = CONST 3\n%3 = CALL %1 %0 %2",
    ),
    "none": ("a is none", "%0 = LOAD a\n%1 = CONST None\n%2 = COMPARE is %0 %1"),
    "text": ("a ~ 'b' ~ c", "%0 = LOAD a\n%1 = CONST 'b'\n%2 = LOAD c\n%3 = JOIN join %0 %1 %2"),
    "arithmetic": (
        "a + b - c * -d ** 2",
        (
            "%0 = LOAD a\n%1 = LOAD b\n%2 = JOIN plus %0 %1\n%3 = LOAD c\n%4 = LOAD d\n%5 = CONST 2\n"
            "%6 = BINARY ** %4 %5\n%7 = UNARY - %6\n%8 = BINARY * %3 %7\n%9 = BINARY - %2 %8"
        ),
    ),
    "comparison": (
        "a not in [1, b]",
        "%0 = LOAD a\n%1 = CONST 1\n%2 = LOAD b\n%3 = COLLECT list %1 %2\n%4 = COMPARE not in %0 %3",
    ),
    "dict": (
        "{'a': b, c: 1}",
        "%0 = CONST 'a'\n%1 = LOAD b\n%2 = LOAD c\n%3 = CONST 1\n%4 = COLLECT dict a=%1 ?=%3",
    ),
    "or": ("a or b", "%0 = LOAD a\n%1 = LOAD b\n%2 = LOGIC or %0 %1"),
    "or with a call": (
        "a or b()",
        "%0 = LOAD a\nSTORE $1 %0\nif %0:\nelse:\n  %1 = LOAD b\n  %2 = CALL %1\n  STORE $1 %2\n%3 = LOAD $1",
    ),
    "conditional": (
        "a if b and c() else d",
        (
            "%1 = LOAD b\n%2 = LOAD c\n%3 = CALL %2\n%4 = LOGIC and %1 %3\nif %4:\n  %0 = LOAD a\n"
            "  STORE $1 %0\nelse:\n  %5 = LOAD d\n  STORE $1 %5\n%6 = LOAD $1"
        ),
    ),
}


@pytest.mark.parametrize(("source", "expected"), EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_expression(source: str, expected: str, jinja: Jinja) -> None:
    assert jinja("{% do " + source + " %}") == expected


TAGS = {
    "output": ("{{- a -}}", "%0 = LOAD a\n%1 = LOAD rearguard:output\n%2 = CALL %1 %0 'html'"),
    "if": (
        "{% if a %}{% do b %}{% elif not c %}{% do d %}{% else %}{% do e %}{% endif %}{% do f %}",
        (
            "%0 = LOAD a\nif %0:\n  %1 = LOAD b\nelse:\n  %2 = LOAD c\n  %3 = UNARY not %2\n  if %3:\n"
            "    %4 = LOAD d\n  else:\n    %5 = LOAD e\n%6 = LOAD f"
        ),
    ),
    "for": (
        "{% for k, v in d.items() if v %}{% do k %}{% else %}{% do k %}{% endfor %}{% do k %}",
        (
            "%0 = LOAD d\n%1 = ATTR items %0\n%2 = CALL %1\nloop:\n  %3 = ITER value %2\n  %4 = CONST 0\n"
            "  %5 = ITEM %3 %4 0\n  STORE k$1 %5\n  %6 = CONST 1\n  %7 = ITEM %3 %6 1\n  STORE v$2 %7\n"
            "  %8 = LOAD v$2\n  if %8:\n    %9 = LOAD k$1\nelse:\n  %10 = LOAD k\n%11 = LOAD k"
        ),
    ),
    "Django's for": (
        "{% for a in b reversed %}{% do forloop.counter %}{% empty %}{% do c %}{% endfor %}",
        (
            "%0 = LOAD b\nloop:\n  %1 = ITER value %0\n  STORE a$1 %1\n  %2 = COLLECT dict\n"
            "  STORE loop$2 %2\n  %3 = COLLECT dict\n  STORE forloop$3 %3\n"
            "  %4 = LOAD forloop$3\n  %5 = ATTR counter %4\nelse:\n  %6 = LOAD c"
        ),
    ),
    "set begins as what the caller passed": (
        "{% if a %}{% set b = 1 %}{% endif %}{% do b %}",
        "%0 = LOAD b\nSTORE b$set %0\n%1 = LOAD a\nif %1:\n  %2 = CONST 1\n  STORE b$set %2\n%3 = LOAD b$set",
    ),
    "set of a pair": (
        "{% set a, b = c %}",
        (
            "%0 = LOAD a\nSTORE a$set %0\n%1 = LOAD b\nSTORE b$set %1\n%2 = LOAD c\n%3 = CONST 0\n"
            "%4 = ITEM %2 %3 0\nSTORE a$set %4\n%5 = CONST 1\n%6 = ITEM %2 %5 1\nSTORE b$set %6"
        ),
    ),
    "set of an attribute": ("{% set a.b = c %}", "%0 = LOAD a\n%1 = LOAD c\nSETATTR b %0 %1"),
    "with": (
        "{% with a=b.c %}{% do a %}{% endwith %}{% do a %}",
        "%0 = LOAD b\n%1 = ATTR c %0\nSTORE a$1 %1\n%2 = LOAD a$1\n%3 = LOAD a",
    ),
    "Django's with": (
        "{% with b.c as a %}{% do a %}{% endwith %}",
        "%0 = LOAD b\n%1 = ATTR c %0\nSTORE a$1 %1\n%2 = LOAD a$1",
    ),
    "translation": (
        "{% trans user=a.name %}Hello {{ user }}{% endtrans %}",
        (
            "%0 = LOAD a\n%1 = ATTR name %0\nSTORE user$1 %1\n%2 = LOAD user$1\n%3 = LOAD rearguard:output\n"
            "%4 = CALL %3 %2 'html'"
        ),
    ),
    "regroup": (
        "{% regroup a by b as c %}{% do c %}",
        "%0 = LOAD a\nSTORE c %0\n%1 = LOAD c",
    ),
    "other templates": (
        (
            '{% extends "base.html" %}{% include ["a.html", \'b.html\'] %}{% import "c.html" as c %}'
            '{% from "d.html" import e as f, g with context %}'
        ),
        (
            "%0 = IMPORT base.html\n%1 = IMPORT a.html\n%2 = IMPORT b.html\n%3 = IMPORT c.html\nSTORE c %3\n"
            "%4 = IMPORT d.html 'e'\nSTORE f %4\n%5 = IMPORT d.html 'g'\nSTORE g %5"
        ),
    ),
    "computed path": (
        '{% include a ~ ".html" %}',
        f"%0 = LOAD a\n%1 = CONST '.html'\n%2 = JOIN join %0 %1\n%3 = LOAD {INCLUDE}\n%4 = CALL %3 %2",
    ),
    "call block": (
        "{% call(a) f(1) %}{% do a %}{% endcall %}",
        (
            "%0 = LOAD f\n%1 = CONST 1\n%2 = CALL %0 %1\n%3 = LOAD rearguard:output\n%4 = CALL %3 %2 'html'\n"
            "%5 = UNKNOWN caller\nSTORE a$1 %5\n%6 = LOAD a$1"
        ),
    ),
    "nothing is read inside raw": (
        "{% raw %}{{ a }}{% if %}{% endraw %}{% comment %}{{ b }}{% endcomment %}",
        "",
    ),
    "comment": ("{# {{ a }} #}", ""),
}


@pytest.mark.parametrize(("source", "expected"), TAGS.values(), ids=TAGS)
def test_tag(source: str, expected: str, jinja: Jinja) -> None:
    assert jinja(source) == expected


def test_macro_is_a_function(jinja: Jinja) -> None:
    source = "{% macro field(name, value='') %}{{ name }}{{ other }}{% endmacro %}{% do field(x) %}"
    assert jinja(source) == (
        "%0 = CONST ''\n%1 = FUNC field\nSTORE field %1\n%2 = LOAD field\n%3 = LOAD x\n%4 = CALL %2 %3"
    )
    assert jinja(source, "field") == (
        "%0 = LOAD name\n%1 = LOAD rearguard:output\n%2 = CALL %1 %0 'html'\n"
        "%3 = LOAD other\n%4 = LOAD rearguard:output\n%5 = CALL %4 %3 'html'"
    )
    macro = read_jinja(source.encode()).functions["field"]
    assert [(each.name, each.default) for each in macro.params] == [("name", -1), ("value", 0)]
    assert source[macro.start : macro.end] == source.partition("{% do")[0]
    assert source[macro.name_start : macro.name_end] == "field"


def test_place_of_each_output() -> None:
    source = (
        '<a href="{{ 1 }}" href="/x/{{ 2 }}" class={{ 3 }} title=\'{{ 4 }}\' onclick="f({{ 5 }})" '
        'style="{{ 6 }}" {{ 7 }}>{{ 8 }}<script>{{ 9 }}</script><style>{{ 10 }}</style>{{ 11 }}'
    )
    assert [call.value for _, call in outputs(source)] == [
        "link",
        "attribute",
        "attribute-unquoted",
        "attribute",
        "event-handler",
        "style",
        "attribute-unquoted",
        "html",
        "script-code",
        "style",
        "html",
    ]


def test_each_branch_begins_in_the_same_place() -> None:
    source = '<a {% if a %}title="{{ b }}"{% else %}title="{{ c }}"{% endif %}>{{ d }}'
    assert [(text, call.value) for text, call in outputs(source)] == [
        ("{{ b }}", "attribute"),
        ("{{ c }}", "attribute"),
        ("{{ d }}", "html"),
    ]


@pytest.mark.parametrize("off", ["false", "off"])
def test_outputs_without_escaping_are_raw(off: str) -> None:
    source = (
        "{{ a }}{% autoescape "
        + off
        + " %}{{ b }}{% autoescape true %}{{ c }}{% endautoescape %}"
        + ("{{ d }}{% endautoescape %}{{ e }}")
    )
    assert [text for text, call in outputs(source) if call.keys == ("raw",)] == ["{{ b }}", "{{ d }}"]
    assert len(outputs(source)) == 5


def test_tornado_prints_raw_and_ends_bare() -> None:
    source = (
        "{% block a %}{% for m in ms %}{{ m.a }}{% if m.b %}{% raw m['b'] %}{% end %}{% end %}"
        "{% apply f %}{{ c }}{% end %}{% end %}{{ d }}"
    )
    assert [(text, call.keys) for text, call in outputs(source)] == [
        ("{{ m.a }}", ()),
        ("{% raw m['b'] %}", ("raw",)),
        ("{{ c }}", ()),
        ("{{ d }}", ()),
    ]
    assert read_jinja(source.encode()).errors == []
    assert [text for text, _ in outputs("{% raw %}{{ a }}{% endraw %}{{ b }}")] == ["{{ b }}"]


def test_django_tokens_that_write() -> None:
    source = '{% csrf_token %}{% firstof a b "c" %}{% trans title %}'
    assert [text for text, _ in outputs(source)] == [
        "{% csrf_token %}",
        *['{% firstof a b "c" %}'] * 3,
        "{% trans title %}",
    ]


def test_unknown_tags_are_counted() -> None:
    module = read_jinja(b"{% load x %}{% custom a %}{{ b }}{% endcustom %}{% custom %}")
    assert module.unlowered == {"tag custom": 2}
    assert module.errors == []


def test_suppressions_are_found() -> None:
    text = b"{# rearguard: ignore[x] #}{# plain #}"
    assert [text[start:end] for start, end in read_jinja(text).comments] == [b"{# rearguard: ignore[x] #}"]


@pytest.mark.parametrize(
    ("source", "unread"),
    [
        ("{{ a b }}", ["b"]),
        ("{{ ok }}{{ open {{ ok }}", ["{{ open "]),
        ("{% if a %}{{ ok }}", ["{% if a %}"]),
        ("{{ ok }}{% endif %}", ["{% endif %}"]),
        ("{% for a in b %}{% if c %}{{ ok }}{% endfor %}", ["{% if c %}"]),
        ("{{ ok }}{% elif a %}", ["{% elif a %}"]),
    ],
)
def test_broken_templates_are_reported_and_read(source: str, unread: list[str], check_module: Check) -> None:
    text = source.encode()
    module = read_jinja(text)
    check_module(module, text)
    assert [text[start:end].decode() for start, end in module.errors] == unread
    assert any("ok" in written or "a b" in written for written, _ in outputs(source))


def test_delimiters_that_never_close_are_text() -> None:
    module = read_jinja("a {{ b {% c {# ünï".encode())
    assert (module.errors, module.functions["<module>"].body) == ([], [])


N = 10_000
HOSTILE = {
    "open outputs": b"{{ " * N + b"}}",
    "braces": b"{{" + b"{" * N + b"}" * N + b"}}",
    "parentheses": b"{{" + b"(" * N + b"a" + b")" * N + b"}}",
    "not": b"{{" + b"not " * N + b"a}}",
    "or": b"{{" + b"a() or " * N + b"a}}",
    "conditional": b"{{" + b"a if b else " * N + b"c}}",
    "filters": b"{{a" + b"|f" * N + b"}}",
    "open if": b"{% if a %}" * N,
    "nested if": b"{% if a %}" * N + b"{% endif %}" * N,
    "elif": b"{% if a %}" + b"{% elif a %}{{ x }}" * N + b"{% endif %}",
    "open for": b"".join(b"{%% for a%d in b %%}" % index for index in range(N)),
    "wrong ends": b"{% if a %}" + b"{% for a in b %}{% endif %}" * N,
    "macros": b"{% macro a() %}" * N + b"{% endmacro %}" * N,
    "with": b"".join(b"{%% with a%d=1 %%}" % index for index in range(N)),
    "raw": b"{% raw %}" * N,
    "quotes": b"{{" + b'"' * N + b"}}",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_template_takes_linear_time(text: bytes, check_module: Check) -> None:
    start = time.process_time()
    module = read_jinja(text)
    # Some ten times what the slowest takes, and far from quadratic cost.
    assert time.process_time() - start < 5
    check_module(module, text)


SAMPLE = "".join(source for source, _ in TAGS.values()).encode() + b"".join(
    b"{{ " + source.encode() + b" }}" for source, _ in EXPRESSIONS.values()
)
WORDS = (
    b"{{ }} {% %} {# #} ( ) [ ] { } , . : = | ~ * ** ' \" \\ < > <script> a 0 0.1 is not in if else for as"
)
FRAGMENTS = st.sampled_from(
    [
        *WORDS.split(),
        b" ",
        b"\n",
        b"\0",
        b"\xff",
        b"{% endif %}",
        b"{% else %}",
        b"{% set x %}",
        b"{% endfor %}",
    ]
)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 30), FRAGMENTS), max_size=8), st.floats(0, 1))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_mutation(check_module: Check, edits: list[tuple[float, int, bytes]], end: float) -> None:
    text = SAMPLE[: int(end * len(SAMPLE))]
    for place, length, fragment in edits:
        start = int(place * len(text))
        text = text[:start] + fragment + text[start + length :]
    check_module(read_jinja(text), text)


@given(st.binary() | st.lists(FRAGMENTS, max_size=60).map(b"".join))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text(check_module: Check, text: bytes) -> None:
    check_module(read_jinja(text), text)
