"""The place in a page where a template writes a value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rearguard.frontends.html_context import HtmlContext

CONTEXTS = {
    "html",
    "attribute",
    "attribute-unquoted",
    "script",
    "script-code",
    "event-handler",
    "url",
    "link",
    "style",
}


def contexts(page: str) -> list[str]:
    """The contexts of the holes, written `@`."""
    tracker = HtmlContext()
    found = []
    for position, text in enumerate(page.split("@")):
        if position:
            found.append(tracker.hole())
        tracker.feed(text)
    return found


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("@", ["html"]),
        ("<p>@</p>@", ["html", "html"]),
        ("a < b @", ["html"]),
        ("<!-- <a href='@ --> @", ["html", "html"]),
        ("<p title=\"a@b\" class='@'>@", ["attribute", "attribute", "html"]),
        ("<p title=@>@", ["attribute-unquoted", "html"]),
        ("<p title = a@ @>@", ["attribute-unquoted", "attribute-unquoted", "html"]),
        ("<p @='@'>", ["attribute-unquoted", "attribute"]),
        ("<p data-@='@'>", ["attribute-unquoted", "attribute"]),
        ("<@ a='@'>", ["html"]),
        ("<a href='@'>", ["link"]),
        ("<a href=' @'>", ["link"]),
        ("<a href='/users/@'>", ["attribute"]),
        ("<a href='@/@'>", ["link", "attribute"]),
        ("<a href=@>", ["attribute-unquoted"]),
        ("<IMG SRC='@'>", ["url"]),
        ("<object data='@'><p data='@'>", ["link", "attribute"]),
        ("<p onclick='f(@)' style='color:@'>", ["event-handler", "style"]),
        ("<p onclick=f(@)>", ["event-handler"]),
        ("<script>var a = '@' < 1; // <p>@</script>@", ["script", "script", "html"]),
        (
            "<script>var a = @; b('\\'@') /* it's @ */ + `@`; // don't\n@</script>",
            ["script-code", "script", "script", "script-code", "script-code"],
        ),
        ("<script src='@'>@</SCRIPT >@", ["url", "script-code", "html"]),
        ("<style>a{@}</style>@", ["style", "html"]),
        ("<textarea><a href='@</textarea><a href='@'>", ["html", "link"]),
        ("<link href='@'><form action='@'>", ["url", "link"]),
        ("<br/><input disabled value='@'/>@", ["attribute", "html"]),
        ("<p a='>@'>@", ["attribute", "html"]),
    ],
)
def test_contexts(page: str, expected: list[str]) -> None:
    assert contexts(page.replace("<@ a='@'>", "<@")) == expected


@given(st.text(alphabet="<>/=\"'@ ab!-\n") | st.text())
def test_any_page_has_contexts(page: str) -> None:
    assert set(contexts(page)) <= CONTEXTS


@given(st.lists(st.sampled_from(["<p ", "a", "='", "'", ">", "<script>", "</script>", "x"])))
def test_pieces_read_like_the_whole(pieces: list[str]) -> None:
    whole, parts = HtmlContext(), HtmlContext()
    whole.feed("".join(pieces))
    for piece in pieces:
        parts.feed(piece)
    assert parts.hole() == whole.hole()
