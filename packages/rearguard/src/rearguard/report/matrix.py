"""The access matrix for a terminal of 80 columns: every cell with its word, its reason and its place."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rearguard.findings import Endpoint, MatrixCell, ReviewResult
from rearguard.program import Source
from rearguard.report.page import Page
from rearguard.report.quote import quotes
from rearguard.report.summary import NO_ROUTES, plural

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["NAMES", "is_alarming", "print_matrix"]

NAMES = {
    "authentication": "login",
    "authorization": "role",
    "ownership": "object",
    "tenant": "tenant",
    "csrf": "forgery",
    "rate_limit": "rate",
    "validation": "input",
    "response": "answer",
}
"""Columns as a reader knows them."""
_ALARMING = frozenset(
    {("authentication", "none"), ("ownership", "open"), ("tenant", "open"), ("csrf", "missing")}
)
_NAME = 9
_STATE = 12


def is_alarming(endpoint: Endpoint, cell: MatrixCell) -> bool:
    """Whether somebody should look at a cell. That a login or a health check asks for no login is as it
    should be."""
    meant = cell.column == "authentication" and bool(endpoint.public)
    return (cell.column, cell.state) in _ALARMING and not meant


def print_matrix(result: ReviewResult, sources: Mapping[str, Source], console: "Console") -> None:
    """Print every endpoint with all cells of its row, and the objects that it touches."""
    page = Page(console, quotes(result, sources))
    result = page.quoted.cleaned(result)
    if not result.endpoints:
        page.line((NO_ROUTES, "bold"))
    for endpoint in result.endpoints:
        _row(page, endpoint)
    unknown = sum(cell.state == "unknown" for endpoint in result.endpoints for cell in endpoint.cells)
    cells = sum(len(endpoint.cells) for endpoint in result.endpoints)
    counted = f"{plural(len(result.endpoints), 'route')}, {plural(cells, 'cell')}"
    page.words(f"{counted}: {cells - unknown} decided, {unknown} unknown.")


def _row(page: Page, endpoint: Endpoint) -> None:
    place = page.quoted.place(endpoint.location)
    page.line((f"{endpoint.method} {endpoint.path}", "bold"), (f"  {place}", "dim"))
    if endpoint.public:
        page.words(f"meant for everyone: {endpoint.public}", "dim", indent=2)
    for cell in endpoint.cells:
        style = "bold red" if is_alarming(endpoint, cell) else ""
        head = f"{NAMES.get(cell.column, cell.column):{_NAME}}{cell.state:{_STATE}}"
        page.words(_told(page, cell), style, indent=2, hang=len(head), first=head)
    for one in endpoint.objects:
        keys = f" by {', '.join(one.keys)}" if one.keys else ""
        text = f"{one.operation} {one.resource}{keys}: {one.state} ({page.quoted.place(one.place)})"
        page.words(text, "dim", indent=2 + _NAME)
    page.line()


def _told(page: Page, cell: MatrixCell) -> str:
    """The reason, and where it is seen."""
    if not cell.steps:
        return cell.reason
    return f"{cell.reason} ({page.quoted.place(cell.steps[0].span)})"
