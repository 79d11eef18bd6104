"""A gateway that hands the caller's own token on leaves the question who that is to the service behind it."""

from collections.abc import Callable

import pytest
from rearguard.findings import Finding

Found = Callable[..., list[Finding]]

GATEWAY = """
import os
import httpx
import jwt
from fastapi import Depends, FastAPI, HTTPException, Request
app = FastAPI()
BACKEND = os.environ["BACKEND"]
def caller(request: Request):
    try:
        return jwt.decode(request.headers["Authorization"][7:], os.environ["KEY"], algorithms=["HS256"])
    except jwt.PyJWTError:
        raise HTTPException(401)
@app.post("/staff")
async def add(request: Request, user=Depends(caller)):
    async with httpx.AsyncClient() as client:
        return (await client.post(BACKEND + "/staff", json=await request.json())).json()
@app.put("/staff")
async def change(request: Request, user=Depends(caller)):
    async with httpx.AsyncClient() as client:
        return (await client.put(BACKEND + "/staff", json=await request.json())).json()
@app.delete("/staff")
async def drop(request: Request):
    CALL
"""
NODE = """
const express = require('express')
const axios = require('axios')
const jwt = require('jsonwebtoken')
const app = express()
app.use(express.json())
const login = (req, res, next) => {
  try { req.user = jwt.verify(req.get('authorization').slice(7), process.env.KEY, { algorithms: ['HS256'] }) } catch (e) { return res.status(401).end() }
  next()
}
app.post('/staff', login, async (req, res) => { res.json((await axios.post(process.env.BACKEND, req.body)).data) })
app.put('/staff', login, async (req, res) => { res.json((await axios.put(process.env.BACKEND, req.body)).data) })
app.delete('/staff', async (req, res) => {
  CALL
  res.end()
})
"""


@pytest.mark.parametrize(
    ("call", "count"),
    [
        ('httpx.delete(BACKEND, headers={"Authorization": request.headers.get("Authorization")})', 0),
        ('token = request.cookies["token"]\n    httpx.delete(BACKEND, headers={"Authorization": f"Bearer {token}"})', 0),
        ('headers = {"Accept": "*/*"}\n    headers["Authorization"] = request.headers["Authorization"]\n'
         '    httpx.delete(BACKEND, headers=headers)', 0),
        ('httpx.delete(BACKEND, cookies=request.cookies)', 0),
        ('httpx.delete(BACKEND, headers={"Authorization": os.environ["TOKEN"]})', 1),
        ('httpx.delete(BACKEND, headers={"Accept": request.headers["Authorization"]})', 1),
        ("httpx.delete(BACKEND)", 1),
    ],
)  # fmt: skip
def test_a_gateway_in_python(findings_of: Found, call: str, count: int) -> None:
    assert len(findings_of({"app.py": GATEWAY.replace("CALL", call)}, "missing-authentication")) == count


@pytest.mark.parametrize(
    ("call", "count"),
    [
        ("await axios.delete(process.env.BACKEND, { headers: { Authorization: req.headers.authorization } })", 0),
        ("const headers = { Authorization: `Bearer ${req.cookies.token}` }\n"
         "  await fetch(process.env.BACKEND, { method: 'DELETE', headers })", 0),
        ("await fetch(process.env.BACKEND, { method: 'DELETE', headers: { cookie: req.headers.cookie } })", 0),
        ("await axios.delete(process.env.BACKEND, { headers: { Authorization: process.env.TOKEN } })", 1),
        ("await axios.delete(process.env.BACKEND)", 1),
    ],
)  # fmt: skip
def test_a_gateway_in_javascript(findings_of: Found, call: str, count: int) -> None:
    assert len(findings_of({"app.js": NODE.replace("CALL", call)}, "missing-authentication")) == count
