"""The access matrix: who may call each route and what it restricts, each cell with its evidence."""

from rearguard.findings import Endpoint, MatrixCell, ReviewResult
from rearguard.report.html.document import Section
from rearguard.report.html.findings import anchor
from rearguard.report.html.markup import NOTHING, Markup, code, joined, prose, tag
from rearguard.report.matrix import NAMES, is_alarming
from rearguard.report.quote import Quotes
from rearguard.report.summary import NO_ROUTES, actionable, headline, plural

__all__ = ["routes_section"]


def routes_section(result: ReviewResult, quoted: Quotes) -> Section:
    """Every route with its row; the evidence of a row opens below it."""
    if not result.endpoints:
        return Section("routes", "Routes", tag("p", NO_ROUTES), "0")
    cited: dict[Endpoint, list[int]] = {}
    for number, finding in enumerate(actionable(result), start=1):
        if finding.endpoint is not None:
            cited.setdefault(finding.endpoint, []).append(number)
    columns = [cell.column for cell in result.endpoints[0].cells]
    titles = ("Route", *(NAMES.get(column, column) for column in columns), "findings")
    head = tag("tr", *(tag("th", title, scope="col") for title in titles))
    rows = (
        _row(endpoint, cited.get(endpoint, []), number, len(titles), quoted)
        for number, endpoint in enumerate(result.endpoints)
    )
    shown = headline(result)
    told = (
        f"{plural(shown.routes, 'route')}: {shown.without_login} without login, {shown.login_unknown} with "
        f"login unknown, {shown.open_objects} with an id that nothing restricts, {shown.objects_unknown} "
        "with ownership unknown."
    )
    caption = tag("caption", "Each route with what restricts its callers. A route opens to its evidence.")
    table = tag("table", caption, tag("thead", head), *rows, class_="matrix")
    body = joined(tag("p", told), _filters(), tag("div", table, class_="wide", tabindex="0"))
    return Section("routes", "Routes", body, str(shown.routes))


def _filters() -> Markup:
    search = tag(
        "input", type="search", id="route-search", placeholder="method or path", autocomplete="off",
        aria_label="Search the routes",
    )  # fmt: skip
    alarming = tag("label", tag("input", type="checkbox", name="alarming"), "only what should be looked at")
    shown = tag("output", "", id="routes-shown", aria_live="polite")
    return tag(
        "form", search, alarming, shown, id="route-filters", hidden=True, aria_label="Filter the routes"
    )


def _row(endpoint: Endpoint, cited: list[int], number: int, width: int, quoted: Quotes) -> Markup:
    """A body of its own for each route, so that a filter hides its evidence with it."""
    name = f"route-{number}"
    alarming = bool(cited) or any(is_alarming(endpoint, cell) for cell in endpoint.cells)
    # The script makes the name a button; without it the evidence is in view.
    route = tag("th", code(endpoint.name), scope="row", data_opens=name)
    links = [tag("a", str(one), href=f"#{anchor(one)}") for one in cited]
    row = tag("tr", route, *(_cell(endpoint, cell) for cell in endpoint.cells), tag("td", *_spaced(links)))
    evidence = tag(
        "tr", tag("td", _evidence(endpoint, quoted), colspan=str(width)), id=name, class_="evidence"
    )
    return tag("tbody", row, evidence, data_alarming=alarming, data_words=endpoint.name.lower())


def _cell(endpoint: Endpoint, cell: MatrixCell) -> Markup:
    kind = "unknown" if cell.state == "unknown" else "alarm" if is_alarming(endpoint, cell) else "known"
    return tag("td", cell.state, class_=kind)


def _spaced(links: list[Markup]) -> list[Markup | str]:
    parts: list[Markup | str] = []
    for one in links:
        parts += [" ", one] if parts else [one]
    return parts


def _evidence(endpoint: Endpoint, quoted: Quotes) -> Markup:
    entries = [_told("handler", prose(endpoint.handler), code(str(quoted.place(endpoint.location))))]
    if endpoint.public:
        entries.append(_told("meant for everyone", prose(endpoint.public)))
    if endpoint.inputs:
        entries.append(_told("reads", ", ".join(endpoint.inputs)))
    for cell in endpoint.cells:
        place = code(str(quoted.place(cell.steps[0].span))) if cell.steps else NOTHING
        entries.append(
            _told(f"{NAMES.get(cell.column, cell.column)} {cell.state}", prose(cell.reason), place)
        )
    for one in endpoint.objects:
        keys = f" by {', '.join(one.keys)}" if one.keys else ""
        told = prose(f"{one.operation} {one.resource}{keys}: {one.state}, {one.reason}")
        entries.append(_told("object", told, code(str(quoted.place(one.place)))))
    return tag("dl", *entries)


def _told(title: str, *parts: Markup | str) -> Markup:
    spaced: list[Markup | str] = []
    for part in parts:
        spaced += [" ", part]
    return joined(tag("dt", title), tag("dd", *spaced[1:]))
