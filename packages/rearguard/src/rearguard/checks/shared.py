"""Objects that more than their owners may read anyway, as other endpoints show."""

from collections.abc import Mapping, Sequence
from typing import cast

from rearguard.analysis.access import Access, Row
from rearguard.analysis.access.tenants import stem
from rearguard.checks.base import Context
from rearguard.checks.missing_authentication import lacks_login
from rearguard.checks.open_lists import is_open_list
from rearguard.checks.privileged import is_privileged


def chooses(access: Access) -> bool:
    """Whether the client names the object by an identifier, not by something to search for."""
    for name, source in access.keys:
        lowered = name.lower()
        if source is not None and (
            lowered in ("id", "_id", "pk", "uuid", "") or lowered.endswith(("id", "uuid", "_pk"))
        ):
            return True
        if source is not None and access.owner_field and lowered == access.owner_field.lower():
            return True
        if source is not None and access.part_of and stem(name) == access.part_of:
            # `filter(plot=key)` of a harvest, as `filter(plot_id=key)`
            return True
    return False


def is_shared(context: Context, access: Access, rows: tuple[Row, ...]) -> bool:
    """Whether anyone may read such objects somewhere else anyway."""
    for row, others in _readers(context, rows).get(access.resource, ()):
        for other, listed in others:
            if (other.fid, other.value) == (access.fid, access.value):
                if row.authentication.state in ("none", "optional"):
                    return True
                continue
            if row.authentication.state == "none" and lacks_login(context, row, rows):
                # That is told itself, and makes nothing shared.
                continue
            if row.authentication.state in ("none", "optional") and (
                not row.public or _is_of_published(access, other, rows)
            ):
                return True
            if row.authorization.state == "unknown" and other.restricted.state == "open":
                return True
            if listed and is_open_list(context, other, row, rows):
                # That is told itself, and makes nothing shared.
                continue
            if listed and row.authorization.state != "required" and not row.public:
                return True
    return False


_Readers = Mapping[str, Sequence[tuple[Row, Sequence[tuple[Access, bool]]]]]


def _readers(context: Context, rows: tuple[Row, ...]) -> _Readers:
    """Who reads objects of which kind, and whether the client names none: found once, since it is asked about
    each access."""
    known = context.notes.get("readers")
    if known is None:
        found: dict[str, list[tuple[Row, list[tuple[Access, bool]]]]] = {}
        for row in rows:
            # What operators see is no measure, whether or not it is kept to them.
            read: dict[str, list[tuple[Access, bool]]] = {}
            for access in row.accesses if not is_privileged(row) else ():
                if access.operation in ("read", "list"):
                    listed = access.restricted.state in ("none", "open", "unknown") and not chooses(access)
                    read.setdefault(access.resource, []).append((access, listed))
            for resource, accesses in read.items():
                found.setdefault(resource, []).append((row, accesses))
        known = context.notes["readers"] = found
    return cast("_Readers", known)


def _is_of_published(access: Access, shown: Access, rows: tuple[Row, ...]) -> bool:
    """Whether an object is looked up among those alone that strangers see elsewhere: `visible: true` in both."""
    flags = {name for name, source in shown.keys if source is None}
    chosen = {source.span for _, source in access.keys if source is not None}
    return bool(flags) and any(
        flags <= {name for name, source in same.keys if source is None}
        for row in rows
        if any(each is access for each in row.accesses)
        for same in row.accesses
        # What was found so once may be read again by its identifier.
        if same.resource == access.resource
        and any(source is not None and source.span in chosen for _, source in same.keys)
    )
