"""What a real browser makes of `review.html`: filters, keys, rows that open, both colour schemes, paper.

`make browser` runs this; it needs a Chromium and fails without one.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from packages.strongback.browser.devtools import Chromium, Page

APP = Path(__file__).parents[3] / "examples" / "express-orders" / "vulnerable"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "rearguard.cli.main",
            "review",
            str(APP),
            "--output",
            str(folder),
            "--no-cache",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    return folder / "rearguard-report"


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    running = Chromium(trusting="")
    yield running
    running.close()


@pytest.fixture
def page(browser: Chromium, report: Path) -> Page:
    opened = browser.page((report / "review.html").as_uri())
    opened.send(
        "Emulation.setDeviceMetricsOverride", width=1200, height=900, deviceScaleFactor=1, mobile=False
    )
    return opened


@pytest.fixture(scope="module")
def review(report: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((report / "review.json").read_text(encoding="utf-8"))
    return told


def press(page: Page, key: str) -> None:
    for kind in ("keyDown", "keyUp"):
        page.send("Input.dispatchKeyEvent", type=kind, key=key, text=key if kind == "keyDown" else "")


def shown(page: Page) -> int:
    return int(page.run("document.querySelectorAll('#findings details.finding:not([hidden])').length"))


def test_the_policy_refuses_nothing_of_the_page(page: Page, review: dict[str, Any]) -> None:
    assert page.run("document.styleSheets.length") == 1
    assert shown(page) == len(review["findings"])
    assert page.run("document.getElementById('shown').value") == f"{len(review['findings'])} shown"
    assert page.run("performance.getEntriesByType('resource').length") == 0


def test_a_search_and_boxes_filter(page: Page, review: dict[str, Any]) -> None:
    press(page, "/")
    assert page.run("document.activeElement.id") == "search"
    page.send("Input.insertText", text="sql-injection")
    found = [one for one in review["findings"] if one["check"] == "sql-injection"]
    assert 0 < shown(page) == len(found)
    page.run("document.querySelector('#search').value = ''")
    page.run("document.querySelector('input[value=high]').click()")
    high = [one for one in review["findings"] if one["severity"] == "high"]
    assert shown(page) == len(review["findings"]) - len(high)


def test_keys_walk_through_the_findings(page: Page) -> None:
    for key, at in (("j", "finding-1"), ("j", "finding-2"), ("k", "finding-1")):
        press(page, key)
        assert page.run("document.activeElement.closest('details').id") == at


def test_a_route_opens_to_its_evidence(page: Page) -> None:
    button = "document.querySelector('.matrix th button')"
    row = "document.getElementById('route-0')"
    assert page.run(f"{row}.hidden") is True
    assert page.run(f"{button}.click(), {button}.getAttribute('aria-expanded')") == "true"
    assert page.run(f"{row}.hidden") is False
    assert page.run(f"{row}.textContent.includes('handler')") is True


def test_a_link_opens_its_finding(page: Page) -> None:
    page.run("document.querySelector('.matrix a').click()")
    name = page.run("document.querySelector('.matrix a').getAttribute('href').slice(1)")
    page.run("new Promise((done) => setTimeout(done, 200))")
    assert page.run(f"document.getElementById('{name}').open") is True


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_both_colour_schemes_can_be_read(page: Page, scheme: str, dark: bool) -> None:
    """Contrast of text to its ground (WCAG 2.2, 1.4.3: at least 4.5)."""
    page.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    ground = page.run("getComputedStyle(document.body).backgroundColor")
    assert (_luminance(ground) < 0.2) is dark
    for chosen in ("body", ".dim", "a", "td.alarm", "td.unknown", "b.bad", "b.ask"):
        colour = page.run(f"getComputedStyle(document.querySelector({json.dumps(chosen)})).color")
        assert _contrast(colour, ground) >= 4.5, (scheme, chosen)
    for level in ("critical", "high", "medium", "low"):
        style = f"getComputedStyle(document.querySelector('.badge.{level}'))"
        assert _contrast(page.run(f"{style}.color"), page.run(f"{style}.backgroundColor")) >= 4.5, level


def test_a_narrow_screen_scrolls_in_one_direction(page: Page) -> None:
    page.send("Emulation.setDeviceMetricsOverride", width=360, height=700, deviceScaleFactor=1, mobile=True)
    assert page.run("document.documentElement.scrollWidth") <= 360


def test_paper_shows_what_is_closed(page: Page, review: dict[str, Any]) -> None:
    opened = "document.querySelectorAll('#findings details[open]').length"
    before = page.run(opened)
    page.run("dispatchEvent(new Event('beforeprint'))")
    assert page.run(opened) == len(review["findings"])
    page.run("dispatchEvent(new Event('afterprint'))")
    assert page.run(opened) == before


def _luminance(colour: str) -> float:
    """Relative luminance of `rgb(r, g, b)` (WCAG 2.2)."""
    values = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)
