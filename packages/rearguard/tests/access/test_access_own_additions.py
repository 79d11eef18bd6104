"""What callers add of their own to what is for everybody is nobody else's; what they put in its place is."""

import pytest

from packages.rearguard.tests.access.conftest import Reviewed

PROGRAM = """
const express = require('express')
const session = require('express-session')
const mongoose = require('mongoose')

const Schema = mongoose.Schema
const Post = mongoose.model('Post', new Schema({ author: { type: Schema.Types.ObjectId, ref: 'User' }, title: String, replies: [{ by: String, text: String }], holder: { type: Schema.Types.ObjectId, ref: 'User' } }))
const app = express()
app.use(express.json())
app.use(session({ secret: process.env.SECRET, cookie: { secure: true, httpOnly: true, sameSite: 'lax' } }))
app.use((req, res, next) => (req.session.userId ? next() : res.sendStatus(401)))

app.post('/posts/:id/title', async (req, res) => {
  await Post.updateOne({ _id: String(req.params.id), author: req.session.userId }, { title: String(req.body.title) })
  res.sendStatus(204)
})
app.post('/posts/:id/CHANGED', async (req, res) => {
  await Post.updateOne(WHERE, WHAT)
  res.sendStatus(204)
})
"""
ONE = "{ _id: String(req.params.id) }"


@pytest.mark.parametrize(
    ("where", "what", "found"),
    [
        (ONE, "{ $push: { replies: { by: req.session.userId, text: String(req.body.text) } } }", False),
        (ONE, "{ $addToSet: { waiting: req.session.userId } }", False),
        ("{ _id: String(req.params.id), author: null }", "{ author: req.session.userId }", False),
        # Who stands there already is put out, or what they wrote is changed.
        (ONE, "{ author: req.session.userId }", True),
        (ONE, "{ title: String(req.body.title) }", True),
        (ONE, "{ holder: req.session.userId, title: String(req.body.title) }", True),
    ],
)
def test_what_is_added_is_the_callers(reviewed: Reviewed, where: str, what: str, found: bool) -> None:
    text = PROGRAM.replace("WHERE", where).replace("WHAT", what)
    told = reviewed({"app.js": text}, "insecure-direct-object-reference")
    assert told == (["POST /posts/:id/CHANGED"] if found else [])
