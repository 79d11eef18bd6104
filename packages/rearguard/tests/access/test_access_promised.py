"""Tokens that a promise made by hand verifies: who calls is known once it is waited for."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import Row

Build = Callable[..., Mapping[str, Row]]

APP = """
const express = require('express')
const jwt = require('jsonwebtoken')
const mongoose = require('mongoose')
const User = mongoose.model('User', new mongoose.Schema({ email: String }))
const app = express()
const verified = (token) => new Promise((resolve, reject) => {
  CHECK(token, process.env.SECRET, (err, decoded) => {
    if (err) reject(err)
    else resolve(decoded)
  })
})
const auth = async (req, res, next) => {
  const token = req.headers.authorization
  if (!token) return res.status(403).send('no')
  try {
    const who = await verified(token)
    if (!(await User.exists({ _id: who.sub }))) return res.status(401).send('no')
    next()
  } catch (error) {
    return res.status(403).send('expired')
  }
}
app.delete('/users', auth, async (req, res) => {
  await User.deleteMany({ email: 'x' })
  res.end()
})
"""


@pytest.mark.parametrize(("check", "state"), [("jwt.verify", "required"), ("jwt.decode", "none")])
def test_what_a_promise_holds_is_known(rows: Build, check: str, state: str) -> None:
    assert rows(APP.replace("CHECK", check))["DELETE /users"].authentication.state == state
