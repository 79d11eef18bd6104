"""Refusals by what a function makes of the whole request that cannot be read."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import pytest
from rearguard.analysis.access import AccessMatrix

Matrices: TypeAlias = Callable[[Mapping[str, str]], AccessMatrix]

FASTAPI = """
from fastapi import FastAPI, HTTPException, Request
from providers import provider_for

app = FastAPI()

@app.get("/auth/{provider}/token")
async def finish(request: Request, provider: str):
    sso = provider_for(provider)
    who = await sso.verify_and_process(GIVEN)
    if not who:
        raise HTTPException(401)
    open("log").write(who.email)
"""
EXPRESS = """
const express = require('express');
const fs = require('fs');
const { providerFor } = require('providers');
const app = express();
app.get('/auth/:provider/token', async (req, res) => {
  const sso = providerFor(req.params.provider);
  const who = await sso.verify(GIVEN);
  if (!who) return res.sendStatus(401);
  fs.writeFileSync('log', who.email);
  return res.end();
});
"""


@pytest.mark.parametrize(
    ("path", "text", "given", "state"),
    [
        ("app.py", FASTAPI, "request", "unknown"),
        ("app.py", FASTAPI, "provider", "none"),
        ("app.js", EXPRESS, "req", "unknown"),
        ("app.js", EXPRESS, "req.params.provider", "none"),
    ],
)
def test_what_is_made_of_the_whole_request_may_be_a_login(
    matrix: Matrices, path: str, text: str, given: str, state: str
) -> None:
    (row,) = matrix({path: text.replace("GIVEN", given)})
    assert row.authentication.state == state
