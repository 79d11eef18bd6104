"""Lists have an end."""

import re
from collections.abc import Iterator
from functools import cached_property

from rearguard.checks.base import Context, Draft, page
from rearguard.checks.spots import spot
from rearguard.findings import Audience, Confidence, Rule, Severity
from rearguard.models.concepts import ResourceAccess
from rearguard.program import Op

_BOUNDED = re.compile(
    r"^(?:limit|take|skip|offset|paginate\w*|page|per_?page|page_?size|slice|first|top|islice|cursor|batch\w*|count|aggregate)$",
    re.IGNORECASE,
)


class MissingPagination:
    """See missing_pagination.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="missing-pagination",
            title="A list has no bound",
            cwe=770,
            severity=Severity.LOW,
            asvs=("v5.0.0-15.2.2",),
            api_top10=("API4:2023",),
            related=(400,),
            audience=Audience.AUDIT,
            page=page("missing-pagination"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per function that lists all there is for an endpoint."""
        seen: set[str] = set()
        for use in context.uses.of(ResourceAccess):
            if use.concept.op != "list" or use.fid in seen:
                continue
            endpoint = context.first_endpoint(use.fid)
            if endpoint is None or endpoint.method not in ("GET", "*", "QUERY"):
                continue
            if any(_is_bound(each.op, each.name, each.keys) for each in context.view.linker.code(use.fid)):
                continue
            seen.add(use.fid)
            yield spot(
                self.rule,
                use.span,
                f"{endpoint.name} reads every stored object that fits, however many there are.",
                "The answer, the memory it takes and the time of the database grow with the data; one caller can ask for it "
                "again and again.",
                "Take a page and a size from the request, with a largest size that the server sets.",
                "no limit, page or slice stands in this function",
                step="reads them all",
                confidence=Confidence.LIKELY,
                subject="list",
                endpoint=endpoint,
            )


def _is_bound(op: int, name: str, keys: tuple[str | None, ...]) -> bool:
    if op in (Op.ATTR, Op.LOAD) and _BOUNDED.match(name):
        return True
    return any(key is not None and _BOUNDED.match(key) for key in keys)
