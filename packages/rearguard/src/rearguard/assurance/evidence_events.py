"""Positive evidence in logs: what is written down when somebody is refused, let in, or something breaks.

A refusal is logged if a call to a log stands under the very conditions of the refusal.
"""

import re
from collections.abc import Iterator

from rearguard.analysis.access import Row
from rearguard.analysis.access.facts import Fact
from rearguard.analysis.settings import Use, branch_conditions, option_of
from rearguard.assurance.code import SHOWN, Code, Evidence, is_one_of, steps
from rearguard.checks.endpoints import handler_id
from rearguard.checks.logins import logins, mentions
from rearguard.link import Kind
from rearguard.models.concepts import ErrorHandler, Exit, LogWrite
from rearguard.models.measure_concepts import ErrorsPassOn, LastResort, LogTime
from rearguard.program import Instr, Op, Step

__all__ = ["BROKEN", "MET", "noted_refusals"]

_REFUSALS = (401, 403)
_BYPASS = (400, 403, 413, 422, 429)
_REFUSING = ("authentication", "authorization", "csrf", "rate-limit")
_TELLS = re.compile(
    r"log(?:ger|ging)?(?:_|$)|capture|sentry|report|notify|track|record|emit|audit|event|warn|error$|exception$|print|console"
)
_ENDS_PROCESS = ("process.exit", "process.abort", "sys.exit", "os._exit", "os.abort")

Place = tuple[str, tuple[tuple[str, bool], ...]]
"""A function, and the conditions under which something stands in it."""


class _Logs:
    """Where a program writes to logs."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.uses: dict[str, list[Use[LogWrite]]] = {}
        for use in code.uses.of(LogWrite):
            self.uses.setdefault(use.fid, []).append(use)

    def at(self, fid: str, conditions: tuple[tuple[str, bool], ...]) -> Use[LogWrite] | None:
        """A call to a log in a function under just these conditions."""
        view = self.code.context.view
        for use in self.uses.get(fid, ()):
            if branch_conditions(view, fid, use.instr.start) == conditions:
                return use
        return None

    def of_fact(self, fact: Fact) -> Use[LogWrite] | None:
        """A call to a log that happens where the fact does."""
        return self.at(fact.fid, branch_conditions(self.code.context.view, fact.fid, fact.span.start))


def _facts(row: Row) -> tuple[Fact, ...]:
    return row.surface.facts if row.surface is not None else ()


def _denials(row: Row, statuses: tuple[int, ...]) -> list[Fact]:
    return [fact for fact in _facts(row) if fact.kind == "denial" and fact.status in statuses]


def logins_are_logged(code: Code) -> tuple[Step, ...]:
    """16.3.1: every login writes down that it failed, and that it was right."""
    logs = _Logs(code)
    rows = [row for row in code.rows() if logins(code.context).of(row) and handler_id(row)]
    found: list[Step] = []
    for row in rows:
        failed = [
            fact
            for fact in _denials(row, _REFUSALS)
            if fact.conditions and any(a.kind == "verified" for a in fact.conditions[-1].atoms)
        ]
        noted = [logs.of_fact(fact) for fact in failed]
        if not noted or any(use is None for use in noted):
            return ()
        homes = {fact.fid for fact in failed}
        under = {
            (fact.fid, branch_conditions(code.context.view, fact.fid, fact.span.start)) for fact in failed
        }
        right = [
            use
            for fid in homes
            for use in logs.uses.get(fid, ())
            if not any(_is_below(code, use, place) for place in under)
            and use.instr.start > max(fact.span.start for fact in failed if fact.fid == fid)
        ]
        if not right:
            return ()
        found += [Step(use.span, "notes a failed login", "note") for use in noted if use is not None]
        found += [Step(use.span, "notes a login", "note") for use in right]
    return tuple(dict.fromkeys(found))[:SHOWN] if code.is_whole else ()


def _is_below(code: Code, use: Use[LogWrite], place: Place) -> bool:
    held = branch_conditions(code.context.view, use.fid, use.instr.start)
    return use.fid == place[0] and held[: len(place[1])] == place[1]


def _noted(code: Code, statuses: tuple[int, ...], text: str) -> tuple[Step, ...]:
    logs = _Logs(code)
    found: dict[Step, None] = {}
    for row in code.rows():
        if _is_refused_elsewhere(row):
            return ()
        for fact in _denials(row, statuses):
            use = logs.of_fact(fact)
            if use is None:
                return ()
            found[Step(use.span, text, "note")] = None
    return tuple(found)[:SHOWN] if code.is_whole else ()


def noted_refusals(code: Code) -> Iterator[Use[LogWrite]]:
    """Entries of a log about somebody who is refused."""
    logs = _Logs(code)
    for row in code.rows():
        for fact in _denials(row, _REFUSALS):
            use = logs.of_fact(fact)
            if use is not None:
                yield use


def _is_refused_elsewhere(row: Row) -> bool:
    """Whether a library refuses, and what it writes down is not seen."""
    checks = row.surface.checks if row.surface is not None else ()
    places = [check.span for check in checks if check.kind in _REFUSING]
    return any(
        not link.functions
        and link.span.path == span.path
        and link.span.start < span.end
        and span.start < link.span.end
        for link in row.endpoint.chain
        for span in places
    )


def refusals_are_logged(code: Code) -> tuple[Step, ...]:
    """16.3.2: wherever somebody is refused, it is written down."""
    return _noted(code, _REFUSALS, "notes who is refused")


def bypasses_are_logged(code: Code) -> tuple[Step, ...]:
    """16.3.3: wherever input, a limit or a check is not kept to, it is written down."""
    return _noted(code, (*_REFUSALS, *_BYPASS), "notes what was tried")


def refusals_are_not_logged(code: Code) -> tuple[Step, ...]:
    """16.3.3, the contrary: some refusals are written down, and others beside them are not."""
    logs = _Logs(code)
    facts = {(f.fid, f.span): f for row in code.rows() for f in _denials(row, (*_REFUSALS, *_BYPASS))}
    homes = {fact.fid for fact in facts.values() if logs.of_fact(fact) is not None}
    silent = [f for f in facts.values() if f.fid in homes and logs.of_fact(f) is None and not _tells(code, f)]
    return tuple(Step(fact.span, "refused, and not written down", "note") for fact in silent)[:SHOWN]


def _tells(code: Code, fact: Fact) -> bool:
    """Whether something unknown under the same conditions may write it down."""
    view = code.context.view
    wanted = branch_conditions(view, fact.fid, fact.span.start)
    for call in view.linker.contents(fact.fid).calls:
        callee = view.definitions(fact.fid).get(call.args[0])
        told = callee is not None and _TELLS.search(callee.name.lower())
        if told and branch_conditions(view, fact.fid, call.start) == wanted:
            return True
    return False


# -- errors that nobody foresaw -----------------------------------------------------------------------------


def _last_resorts(code: Code) -> Iterator[tuple[Use[LastResort], tuple[str, ...]]]:
    """What handles every error, and its functions."""
    view = code.context.view
    decorated = {(use.fid, use.instr.args[0]): use for use in code.uses.of(ErrorHandler)}
    for use in code.uses.of(LastResort):
        concept = use.concept
        if concept.errors and not _is_every(use):
            continue
        if concept.handler:
            start = 1 if concept.handler.startswith("(1") else 0
            given = use.instr.args[1 + start :]
            if concept.takes and not _is_function(use, given[:1]):
                # What stands below a path sees the errors of that path alone.
                continue
            functions = [
                ref.id for n in given for ref in view.linker.refs[use.fid][n] if ref.kind is Kind.FUNCTION
            ]
        else:
            applied = decorated.get((use.fid, use.instr.dst))
            functions = [fid for value in (applied.selected if applied else ()) for fid in value.functions]
        known = [view.function(fid) for fid in functions]
        if any(len(function.params) >= concept.takes for function in known):
            yield use, tuple(functions)


def _is_function(use: Use[LastResort], given: tuple[int, ...]) -> bool:
    return any(ref.kind is Kind.FUNCTION for n in given for ref in use.view.linker.refs[use.fid][n])


def _is_every(use: Use[LastResort]) -> bool:
    """Whether the class or status that is named stands for every error."""
    given = use.instr.args[1] if len(use.instr.args) > 1 else None
    instr: Instr | None = use.view.definitions(use.fid).get(given) if given is not None else None
    if instr is None:
        return False
    said = str(instr.value) if instr.op == Op.CONST else instr.name
    return said in use.concept.every


def errors_have_a_last_resort(code: Code) -> tuple[Step, ...]:
    """16.5.4: the application handles errors that nobody foresaw."""
    if not all(is_one_of(use.value, False) for use in code.uses.of(ErrorsPassOn)):
        return ()
    if any(True for _ in _ending(code)) or any(True for _ in _too_early(code)):
        return ()
    return steps((use for use, _ in _last_resorts(code)), "handles what no endpoint caught")


def errors_have_no_last_resort(code: Code) -> tuple[Step, ...]:
    """16.5.4, the contrary: errors pass by what handles them, or it sees none, or ends the process."""
    passing = [use for use in code.uses.of(ErrorsPassOn) if is_one_of(use.value, True)]
    early = list(_too_early(code))
    return (
        *steps(passing, "errors pass by what handles them"),
        *steps(_ending(code), "one error ends the process for everybody"),
        *steps(early, "stands before every endpoint, and so sees no error of theirs"),
    )[:SHOWN]


def _ending(code: Code) -> Iterator[Use[Exit]]:
    """Where what handles errors ends the process under no condition."""
    handling = {fid for _, functions in _last_resorts(code) for fid in functions}
    for use in code.uses.of(Exit):
        ends = use.fid in handling and use.result.source_text.startswith(_ENDS_PROCESS)
        if ends and not branch_conditions(code.context.view, use.fid, use.instr.start):
            yield use


def _too_early(code: Code) -> Iterator[Use[LastResort]]:
    """What handles errors of what was registered before it, and was itself registered before all else."""
    view = code.context.view
    resorts = [use for use, _ in _last_resorts(code)]
    rows = list(code.rows())
    if not resorts or not rows or not code.is_whole or not all(use.concept.takes for use in resorts):
        return
    places = [(*row.endpoint.mounts, row.endpoint.span)[0] for row in rows]
    homes = {use.fid for use in resorts}
    if len(homes) == 1 and all(view.linker.module_of[use.fid] == p.path for use in resorts for p in places):
        first = min(place.start for place in places)
        yield from (use for use in resorts if all(one.instr.start < first for one in resorts))


def unforeseen_errors_are_logged(code: Code) -> tuple[Step, ...]:
    """16.3.4: what handles errors that nobody foresaw writes them down."""
    logs = _Logs(code)
    found: list[Step] = []
    for _, functions in _last_resorts(code):
        for fid in functions:
            use = logs.at(fid, ())
            if use is None:
                return ()
            found.append(Step(use.span, "writes down what no endpoint caught", "note"))
    return tuple(found[:SHOWN])


def unforeseen_errors_are_lost(code: Code) -> tuple[Step, ...]:
    """16.3.4, the contrary: it answers, and tells nobody."""
    lost = [
        use
        for use, functions in _last_resorts(code)
        if functions and not mentions(code.context, logins(code.context).called(functions), _TELLS)
    ]
    return steps(lost, "answers errors that nobody foresaw, and writes none of them down")


# -- times --------------------------------------------------------------------------------------------------


def _times(code: Code) -> Iterator[tuple[Use[LogTime], bool | None]]:
    """Where the times of a log are chosen: whether they are UTC, if that is written."""
    for use in code.uses.of(LogTime):
        concept = use.concept
        if not (concept.utc or concept.local):
            form = _form(use)
            # A form without a zone is that of the machine's clock.
            yield use, concept.default if form == "" else None if form is None else form.endswith(("Z", "ZZ"))
            continue
        said = use.value.source_text if use.value is not None else ""
        yield use, True if said in concept.utc else False if said in concept.local else None


def _form(use: Use[LogTime]) -> str | None:
    """The form of times that a call is given; "" where it is given none, `None` where it is not known."""
    if len(use.instr.args) < 2:
        return ""
    given = option_of(use, "(0).format")
    return "" if given.is_absent else given.value.text if given.value is not None else None


def times_are_universal(code: Code) -> tuple[Step, ...]:
    """16.2.2: wherever the times of a log are chosen, they are UTC."""
    found = list(_times(code))
    return steps((u for u, _ in found), "times are UTC") if all(utc for _, utc in found) else ()


def times_are_local(code: Code) -> tuple[Step, ...]:
    """16.2.2, the contrary."""
    return steps((use for use, utc in _times(code) if utc is False), "times are those of the machine's zone")


MET: dict[str, Evidence] = {
    "16.2.2": times_are_universal,
    "16.3.1": logins_are_logged,
    "16.3.2": refusals_are_logged,
    "16.3.3": bypasses_are_logged,
    "16.3.4": unforeseen_errors_are_logged,
    "16.5.4": errors_have_a_last_resort,
}
BROKEN: dict[str, Evidence] = {
    "16.2.2": times_are_local,
    "16.3.3": refusals_are_not_logged,
    "16.3.4": unforeseen_errors_are_lost,
    "16.5.4": errors_have_no_last_resort,
}
