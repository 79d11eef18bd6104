"""The picture of a terminal that the documentation shows."""

import xml.etree.ElementTree as ElementTree

from picture import svg

TEXT = "\x1b[1;31m 2\x1b[0m <b> & \x1b[2mdim\nstill dim\x1b[0m\n\n\x1b[1;37;41mALARM\x1b[0m"
SVG = "{http://www.w3.org/2000/svg}"


def test_words_keep_their_colours_and_their_columns() -> None:
    document = ElementTree.fromstring(svg(TEXT, columns=20))
    texts = {(one.text or "").strip(): one.attrib for one in document.iter(f"{SVG}text")}
    assert set(texts) == {"2", "<b> &", "dim", "still dim", "ALARM"}
    assert texts["2"]["fill"] == "#ff7b72"
    assert texts["2"]["font-weight"] == "bold"
    assert texts["dim"]["fill"] == texts["still dim"]["fill"] != texts["<b> &"]["fill"]
    assert float(texts["<b> &"]["x"]) > float(texts["2"]["x"])
    assert texts["still dim"]["y"] > texts["dim"]["y"]


def test_a_colour_behind_a_word_lies_under_it() -> None:
    document = ElementTree.fromstring(svg(TEXT, columns=20))
    behind = [one for one in document.iter(f"{SVG}rect") if one.attrib.get("x")]
    assert len(behind) == 1
    (alarm,) = [one for one in document.iter(f"{SVG}text") if one.text == "ALARM"]
    assert behind[0].attrib["x"] == alarm.attrib["x"]
    assert behind[0].attrib["width"] == alarm.attrib["textLength"]
