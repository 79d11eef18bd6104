"""What guards of libraries are made with: `requires("staff")`, `Authorized("admin")`."""

from rearguard.analysis.access.origins import Origins
from rearguard.link import Kind
from rearguard.models.routing import Link
from rearguard.models.view import ValueView
from rearguard.program import Instr, Op


def _call(origins: Origins, link: Link) -> tuple[str, Instr] | None:
    """The call that makes a guard."""
    found = origins.resolved(*link.value) if link.value is not None else None
    return found if found is not None and found[1].op in (Op.CALL, Op.NEW) else None


def is_given(origins: Origins, link: Link, selector: str) -> bool:
    found = _call(origins, link)
    return found is not None and bool(origins.program.selected(found[1], selector)[0])


def given(origins: Origins, link: Link, selector: str) -> list[object]:
    """The constants that a guard's call gets where a selector says."""
    found = _call(origins, link)
    if found is None:
        return []
    numbers, _ = origins.program.selected(found[1], selector)
    values = (ValueView(origins.view, found[0], number) for number in numbers)
    return [ref.step for value in values for ref in value.refs if ref.kind is Kind.CONST]


__all__ = ["given", "is_given"]
