"""Paths for which a guard does not run, as `express-unless` names them: read, and never run."""

import time
from collections.abc import Callable, Mapping

import pytest
from rearguard.models import ModelView, routes

Program = Callable[[Mapping[str, str]], ModelView]

SERVER = """
const express = require('express')
const {{ expressjwt }} = require('express-jwt')
const app = express()
app.use(expressjwt({{ secret, algorithms: ['HS256'] }}).unless({{ path: {paths} }}))
app.get('/login', (req, res) => res.end())
app.get('/public/logo', (req, res) => res.end())
app.get('/public/:name/raw', (req, res) => res.end())
app.get('/users/:id', (req, res) => res.end())
"""
ALL = {"/login", "/public/logo", "/public/:name/raw", "/users/:id"}


def guarded(program: Program, paths: str) -> set[str]:
    """Paths of which the guard is known to run first."""
    found = routes(program({"server.js": SERVER.format(paths=paths)}))
    return {e.path for e in found if any(link.label.startswith("expressjwt") for link in e.chain)}


@pytest.mark.parametrize(
    ("paths", "spared"),
    [
        ("['/login']", {"/login"}),
        ("['/login', '/users/:id']", {"/login", "/users/:id"}),
        (r"[/^\/login$/]", {"/login"}),
        (r"[/^\/login\/?$/]", {"/login"}),
        (r"[/^\/public/]", {"/public/logo", "/public/:name/raw"}),
        (r"[/^\/public\/.*/]", {"/public/logo", "/public/:name/raw"}),
        (r"[/\/public(.*)/, '/login']", {"/public/logo", "/public/:name/raw", "/login"}),
        (r"[/^\/public\/[^/]+\/raw$/]", {"/public/:name/raw"}),
        (r"[/^\/users\/\d+$/]", {"/users/:id"}),
        (r"[/^\/(login|public\/logo)$/]", {"/login", "/public/logo"}),
        (r"[/^\/login|^\/users/]", {"/login", "/users/:id"}),
        (r"[/\/raw$/]", {"/public/:name/raw"}),
        (r"[/^\/logi$/, /^login/, /^\/$/]", set()),
    ],
)
def test_spared_paths(program: Program, paths: str, spared: set[str]) -> None:
    assert guarded(program, paths) == ALL - spared


@pytest.mark.parametrize(
    "pattern",
    [
        r"/^(\/\w+\s?)*$/",
        r"/^(([\/a-z:])+.)+[A-Z]([a-z])+$/",
        r"/^(?:.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*)*x$/",
        r"/(?<!\/api)\/x/",
        r"/^(?<name>[/)/",
        r"/^[\/a]*$/",
        r"/^\/a{1000000}{1000000}/",
    ],
)
def test_a_pattern_that_says_more_is_not_run(program: Program, pattern: str) -> None:
    start = time.process_time()
    assert guarded(program, f"[{pattern}]") <= ALL
    assert time.process_time() - start < 2


def test_a_guard_may_be_limited_many_times(program: Program) -> None:
    text = SERVER.format(paths="['/login']").replace(
        "unless({ path: ['/login'] })", "unless({ path: ['/login'] })" + ".unless({ path: ['/x'] })" * 3000
    )
    assert routes(program({"server.js": text}))


def test_many_texts_in_a_path_take_no_time(program: Program) -> None:
    start = time.process_time()
    pattern = r"/^\/" + "a.*" * 40 + "b$/"
    text = SERVER.format(paths=f"[{pattern}]") + f"app.get('/{'a' * 300}', (req, res) => res.end())"
    assert len(routes(program({"server.js": text}))) == 5
    assert time.process_time() - start < 2
