"""Functions that never return, told from the form of their code alone."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import AccessMatrix

PYTHON = """
import sys
from flask import abort

def refuse():
    abort(403)

def refuse_too(reason):
    if reason:
        refuse()
    else:
        raise ValueError(reason)

def tried():
    try:
        refuse()
    finally:
        print("done")

def endless():
    while True:
        if sys.argv:
            raise SystemExit

def chosen(kind):
    match kind:
        case 1:
            refuse()
        case _:
            sys.exit(2)

def never():
    if False:
        return 1
    raise KeyError

def may(reason):
    if reason:
        refuse()

def caught():
    try:
        refuse()
    except Exception:
        pass

def polls():
    while True:
        if sys.argv:
            break

def loops(many):
    for one in many:
        raise ValueError(one)

def open_choice(kind):
    match kind:
        case 1:
            refuse()

def itself():
    return itself()

def gives():
    yield 1
    raise ValueError
"""
SCRIPT = """
function refuse() { throw new Error('no') }
function refuseToo(kind) { switch (kind) { case 1: case 2: refuse(); default: process.exit(1) } }
const arrow = () => { if (true) { refuse() } }
function tried() { try { refuse() } finally { console.log(1) } }
function endless() { for (;;) { if (Math.random() > 1) throw new Error('x') } }
function may(kind) { if (kind) refuse() }
function left(kind) { switch (kind) { case 1: break; default: refuse() } }
function caught() { try { refuse() } catch (e) { return null } }
function polls() { for (;;) { if (Math.random() > 1) break } }
"""


@pytest.mark.parametrize(
    ("path", "text", "leaving"),
    [
        ("main.py", PYTHON, {"refuse", "refuse_too", "tried", "endless", "chosen", "never"}),
        ("main.js", SCRIPT, {"refuse", "refuseToo", "arrow", "tried", "endless"}),
    ],
)
def test_functions_that_never_return(
    matrix: Callable[[Mapping[str, str]], AccessMatrix], path: str, text: str, leaving: set[str]
) -> None:
    origins = matrix({path: text}).origins
    names = {fid: function.name for fid, function in origins.linker.functions.items()}
    assert {names[fid] for fid in names if origins.leaving.of(fid)} == leaving


def test_a_long_chain_of_calls_is_followed_to_its_end(
    matrix: Callable[[Mapping[str, str]], AccessMatrix],
) -> None:
    chain = "".join(f"def f{n}():\n    f{n + 1}()\n\n" for n in range(400))
    origins = matrix({"main.py": f"{chain}def f400():\n    raise ValueError\n"}).origins
    assert origins.leaving.of("main.py::f0")
