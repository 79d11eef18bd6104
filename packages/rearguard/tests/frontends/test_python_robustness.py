"""The Python front end on any input at all: no exception, no broken promise, no more than linear time."""

import gc
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import rearguard.frontends.python_expressions as sample_module
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rearguard.frontends import read
from rearguard.program import Module, Op, instructions

Check = Callable[[Module, bytes], None]

SAMPLES = [
    Path(str(sample_module.__file__)).read_bytes(),
    Path(__file__).with_name("test_python_definitions.py").read_bytes(),
    b'match a:\n    case {"k": [1, *r], **s} | C(x=-1) if z: pass\n    case (b, -2 | "x"): pass\n',
    b"async def f(*, a: int = 1):\n    async with a as b, c: x = [await y async for y in z if (q := y)]\n",
    b'x = f"{a!r:>{b}}{{}}" "\\x41" rb"\\d" % (c, *d) + "{0.a[b]}".format(*e)\n',
    b"x = not f() and g() or a < b < c if h else lambda i=1, *j: -i ** 2, {**k, 'l': m[1:], n: o.p}\n",
    b"try: pass\nexcept* (A, B) as e: raise X from e\nelse: del a.b, c[0]\nfinally: print >>f, 'x'\n",
    b"a, b = [1, *c], {'k': 2}\nrun = d.e\ndef f(): a.append(0); run(*a, *a, **b)\nrun(*a, **b, *[3, *a])\n",
    b"type A[T: int, *U] = list[T] | None\ndef f[T](a, /, *b, c, **d) -> T: global x; assert a, b\n",
]
WORDS = (
    b"if else for in case match async await yield def class lambda := global del import from as not -> type"
    b' exec print >> 1j 0x """ f" rearguard: \\N{'
)
FRAGMENTS = st.sampled_from(
    [bytes([code]) for code in b"()[]{}:\n \t\"'*,=.\\#\0\xff@-|%abc019"]
) | st.sampled_from([word + b" " for word in WORDS.split()])


def read_python(text: bytes) -> Module:
    """As a review reads it, with what stands between lowering and linking."""
    return read(text, "python")


@given(st.sampled_from(SAMPLES), st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_prefix(check_module: Check, sample: bytes, data: st.DataObject) -> None:
    text = sample[: data.draw(st.integers(0, len(sample)))]
    check_module(read_python(text), text)


@given(
    st.sampled_from(SAMPLES), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 20), FRAGMENTS), max_size=8)
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_mutation(check_module: Check, sample: bytes, edits: list[tuple[float, int, bytes]]) -> None:
    text = sample[:3000]
    for place, length, fragment in edits:
        start = int(place * len(text))
        text = text[:start] + fragment + text[start + length :]
    check_module(read_python(text), text)


@given(st.binary() | st.text().map(str.encode) | st.lists(FRAGMENTS, max_size=60).map(b"".join))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text(check_module: Check, text: bytes) -> None:
    check_module(read_python(text), text)


N = 10_000
HOSTILE = {
    "parentheses": b"(" * N + b"a" + b")" * N,
    "open parentheses": b"(" * N,
    "calls": b"f(" * N + b"x" + b")" * N,
    "sum": b"x = " + b"a + " * N + b"a",
    "power": b"x = " + b"a ** " * N + b"a",
    "and": b"x = " + b"a() and " * N + b"a",
    "condition": b"if " + b"a and " * N + b"a: pass",
    "not": b"not " * N + b"a",
    "comparison": b"a < " * N + b"a",
    "method chain": b"a" + b".b()" * N,
    "conditional": b"x = " + b"a if b else " * N + b"c",
    "spread lists": b"f(*[" * N + b"a" + b"])" * N,
    "spreads in lists": b"f(" + b"*[" * N + b"a" + b"]" * N + b")",
    "spread maps": b"f(" + b"**{" * N + b"'a': b" + b"}" * N + b")",
    "spread calls of dict": b"f(" + b"**dict(" * N + b"a=b" + b")" * N + b")",
    "lambda": b"lambda: " * N + b"1",
    "elif": b"if a: pass\n" + b"elif b: x()\n" * N,
    "chained assignment": b"a = " * N + b"1",
    "f-string": b'f"' + b"{a}" * N + b'"',
    "nested f-string": b'f"{' * N,
    "comprehension clauses": b"[x " + b"for a in b if c " * N + b"]",
    "nested comprehensions": b"[x for a in " * N + b"b" + b"]" * N,
    "nested blocks": b"".join(b" " * level + b"if a:\n" for level in range(600)) + b" " * 600 + b"pass",
    "nested definitions": b"".join(
        b" " * level + b"@d\n" + b" " * level + b"def f():\n" for level in range(600)
    )
    + b" " * 600
    + b"pass",
    "same name": b"def f(): pass\n" * N,
    "patterns": b"match a:\n case " + b"[" * N + b"b" + b"]" * N + b": pass",
    "alternatives": b"match a:\n case " + b"-1 | " * N + b"1: pass",
    "errors": b"$ " * N,
    "line continuations": b"\\\n" * N,
    "named escapes": b'"' + b"\\N{" * N + b'"',
    "digits": b"x = " + b"9" * N * 10,
    "nul bytes": b"\0" * N,
    "suppressions": b"# rearguard: x\n" * N,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_takes_linear_time(text: bytes, check_module: Check) -> None:
    start = time.process_time()
    module = read_python(text)
    # Two seconds for at most 150 kB: some 30 times what it takes, and far from quadratic cost.
    assert time.process_time() - start < 2
    check_module(module, text)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_caller_may_be_deep_in_its_own_stack(text: bytes) -> None:
    def deep(frames: int) -> Module:
        return deep(frames - 1) if frames else read_python(text)

    assert deep(300).language == "python"


def test_long_line() -> None:
    text = b"x = [" + b"'a' + b, " * 120_000 + b"]"
    assert len(text) > 1_000_000
    module = read_python(text)
    assert module.errors == []
    joins = [each for each in instructions(module.functions["<module>"].body) if each.op == Op.JOIN]
    assert len(joins) == 120_000


def test_too_deep_expression_keeps_what_it_depends_on() -> None:
    module = read_python(b"x = " + b"(" * 500 + b"secret" + b")" * 500)
    assert module.unlowered == {"too deep": 1}
    names = [each.name for each in instructions(module.functions["<module>"].body) if each.op == Op.LOAD]
    assert names == ["secret"]


def test_long_elif_chain_loses_no_branch() -> None:
    module = read_python(b"if a: pass\n" + b"elif b: f()\n" * 1000)
    calls = [each for each in instructions(module.functions["<module>"].body) if each.op == Op.CALL]
    assert len(calls) == 1000


@pytest.mark.parametrize(
    "text",
    [b"", b"\xef\xbb\xbfx = 1\r\n", b"\tx = 1", b"x = '\xe9'  # latin-1", "ｘ = 'é'".encode(), b"x\0= 1"],
    ids=["empty", "byte order mark", "tab", "latin-1", "full width", "nul"],
)
def test_odd_bytes(text: bytes, check_module: Check) -> None:
    check_module(read_python(text), text)


def test_line_ends_within_text_are_one_character() -> None:
    body = read_python(b'x = """a\r\nb"""').functions["<module>"].body
    assert [each.value for each in instructions(body) if each.op == Op.CONST] == ["a\nb"]


def test_unreadable_places_are_reported_and_the_rest_is_read() -> None:
    text = b"import os\ndef f(:\n    return g(\ny = h(z)\n"
    module = read_python(text)
    assert module.errors
    names = {each.name for function in module.functions.values() for each in instructions(function.body)}
    assert {"os", "g", "h", "z"} <= names


def test_missing_names_are_not_variables() -> None:
    module = read_python(b"x = a +\n")
    assert module.errors
    assert all(
        each.name
        for function in module.functions.values()
        for each in instructions(function.body)
        if each.op in (Op.LOAD, Op.STORE)
    )


def test_nothing_is_left_for_the_garbage_collector() -> None:
    text = SAMPLES[0]
    read_python(text)
    gc.collect()
    gc.disable()
    try:
        read_python(text)
        assert gc.collect() == 0
    finally:
        gc.enable()
