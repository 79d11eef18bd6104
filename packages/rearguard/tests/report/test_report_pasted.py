"""Pasted code is given back whole, and once, however many findings the revision repairs."""

import io

from rearguard.report import print_review
from rearguard.review import Options, review_fragment
from rich.console import Console

HANDLER = b"""app.put('/notes/:id', async (req, res) => {
  try {
    const note = await Note.findById(req.params.id);
    note.title = req.body.title;
    await note.save();
    res.send('saved');
  } catch (err) {
    res.status(500).send('failed');
  }
});
"""


def first_screen() -> str:
    reviewed = review_fragment(HANDLER, "javascript", Options())
    out = io.StringIO()
    print_review(reviewed.result, reviewed.sources, Console(file=out, width=80))
    return out.getvalue()


def test_the_revised_handler_is_shown_once_and_whole() -> None:
    screen = first_screen()
    assert screen.count("Revised, and reviewed again") == 1
    assert screen.count("await note.save();") == 1
    assert screen.count("note.title = value.title;") == 1


def test_login_is_not_decided_for_a_pasted_piece() -> None:
    screen = first_screen()
    assert "0  reachable without login" in screen
    assert "1  where login could not be decided" in screen
