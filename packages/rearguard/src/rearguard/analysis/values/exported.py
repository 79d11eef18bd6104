"""Functions that no route of the program reaches: what they are given is up to whoever calls them.

A package without routes exports functions to users that are not here; a program with routes holds helpers
for scripts, other services, and features to come. Of what a package exports only what a function *builds*
counts: text around a parameter that becomes a shell's command or a program. A function that runs the
command, opens the path or sends the request that it is given does what it is for, and statements are what
libraries for databases build. The choice follows CodeQL's queries for library input.

A statement is another matter where a parameter stands in the place of a value: between quotes, or behind a
comparison. Names of tables and columns cannot be bound, and whoever builds them from parameters means it; a
value can be bound everywhere.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from rearguard.analysis.values.domain import HARMFUL, UNCERTAIN, Hole, Port, SourceRead, Text
from rearguard.analysis.values.program import ValueProgram
from rearguard.analysis.values.summary import Flow, SinkUse
from rearguard.link import Kind, Ref, function_id
from rearguard.models.concepts import CodeExecution, CommandExecution, SqlExecution
from rearguard.models.python.annotations import harmless_kind
from rearguard.models.view import ModelView
from rearguard.program import MODULE_BODY, Op, Span

CHANNEL = "argument"
"""Of what is given to a function that a package offers."""
PARAMETER = "parameter"
"""Of what is given to a function that no route reaches."""
_BUILT = (CommandExecution, CodeExecution)
_MEANT = re.compile(
    r"cmd|command|shell|script|exec|program|code|source|expr|sql|query|statement|where|template|args?$|options?$|table|"
    r"column|schema|database|flags?$",
    re.IGNORECASE,
)
"""Names of parameters that are commands, programs or parts of statements on purpose."""
_ENTRY = re.compile(r"^(?:index|main|mod|lib|api)$")
_NO_LIBRARY = re.compile(
    r"(?:^|/)(?:bin|cli|scripts?|tools?|build|benchmarks?|examples?|docs?|tests?|tasks|migrations|bench)(?:/|\.|$)|"
    r"(?:^|/)(?:setup|conftest|gulpfile|gruntfile|\w*config|__main__|manage|fabfile|noxfile)\b",
    re.IGNORECASE,
)
_NO_HELPER = re.compile(
    r"(?:^|/)(?:tests?|testing|fixtures|migrations?|alembic|benchmarks?|bench|docs?|docs_src)(?:/|\.|$)|"
    r"(?:^|/)(?:conftest|test_\w+|\w+_test)\.",
    re.IGNORECASE,
)
_VALUE_FOLLOWS = re.compile(
    r"(?:['\"]%?|[=<>]|\b(?:like|ilike|between|in\s*\(|values\s*\())\s*\Z|\bvalues\s*\([^)]*,\s*\Z",
    re.IGNORECASE,
)
"""What stands in a statement before a value."""
_TYPED = re.compile(r"(?:number|bigint|boolean|Date)(?:\s*\|\s*(?:null|undefined))?")
"""TypeScript's types that are no text."""
_MAX_DEPTH = 3
"""Folders above a module that a package may be entered by."""


def offered(view: ModelView) -> dict[str, str]:
    """Function id -> the name under which the package offers it."""
    found: dict[str, str] = {}
    for path, module in view.linker.modules.items():
        if _NO_LIBRARY.search(path) or path.startswith("fragment."):
            continue
        if module.language == "python":
            found.update(_public(view, path))
        elif module.language in ("javascript", "typescript") and _enters(path):
            found.update(_exports(view, path))
    return found


def _enters(path: str) -> bool:
    file = PurePosixPath(path)
    return bool(_ENTRY.match(file.stem)) and len(file.parts) <= _MAX_DEPTH + 1


def _public(view: ModelView, path: str) -> Iterator[tuple[str, str]]:
    """What the outermost package binds in its `__init__`; if it binds nothing, what its modules hold."""
    modules = view.linker.modules
    folder = path.rpartition("/")[0]
    above = folder.rpartition("/")[0]
    start = f"{folder}/__init__.py".lstrip("/")
    if start not in modules or (folder and f"{above}/__init__.py".lstrip("/") in modules):
        return
    bound = {name for name, refs in view.linker.variables[function_id(start, MODULE_BODY)].items() if refs}
    if path != start and any(not name.startswith("_") for name in bound):
        return
    for name, refs in view.linker.variables[function_id(path, MODULE_BODY)].items():
        for ref in refs if not name.startswith("_") else ():
            if ref.kind in (Kind.FUNCTION, Kind.CLASS):
                yield from _functions(view, ref, name, 1)


def _exports(view: ModelView, path: str) -> Iterator[tuple[str, str]]:
    """Functions that a module exports, those of objects and classes that it exports included."""
    names = {i.name for i in view.linker.code(function_id(path, MODULE_BODY)) if i.op == Op.EXPORT}
    for name in sorted(names):
        for ref in view.linker.slots.get(("export", path, name), ()):
            yield from _functions(view, ref, "" if name in ("=", "*") else name, 0)


def _functions(view: ModelView, ref: Ref, name: str, depth: int) -> Iterator[tuple[str, str]]:
    if ref.kind is Kind.FUNCTION:
        yield ref.id, name or ref.id.rpartition("::")[2]
    elif ref.kind is Kind.CLASS:
        path, _, qualified = ref.id.rpartition("::")
        cls = view.linker.modules[path].classes.get(qualified)
        for method, function in cls.methods.items() if cls is not None else ():
            if not method.startswith(("_", "#")):
                yield function_id(path, function), f"{qualified}.{method}"
    elif ref.kind is Kind.COLLECT and isinstance(ref.step, tuple) and depth == 0:
        for key, entry in view.linker.slots.items():
            if key[0] == "item" and key[1] == f"{ref.step[0]}#{ref.step[1]}":
                for inner in entry:
                    yield from _functions(view, inner, key[2], depth + 1)


def enter_offered(program: ValueProgram, offers: dict[str, str]) -> None:
    """Report what the parameters of offered functions build."""
    for fid in offers:
        summary = program.summary(fid)
        for use in summary.uses if summary is not None else ():
            if use.pending or not _is_built(use):
                continue
            assert summary is not None
            for number, field in summary.origins.fields(use.labels):
                origin = summary.origins.items[number]
                if isinstance(origin, Port) and origin.kind == "param" and field & HARMFUL:
                    if _MEANT.search(origin.path[-1] if origin.path else origin.name) or field & UNCERTAIN:
                        continue
                    source = SourceRead(
                        "library",
                        CHANNEL,
                        _place(program, fid, origin.name),
                        fid,
                        origin.names,
                    )
                    program.add_flow(Flow(source, use.site, use.hops, fid, False, use.text))


def unreached(graph: Mapping[str, tuple[str, ...]], entries: Iterable[str], view: ModelView) -> list[str]:
    """Functions of the program that no entry leads to, callees first as in `graph`."""
    seen: set[str] = set()
    pending = list(entries)
    while pending:
        fid = pending.pop()
        if fid not in seen:
            seen.add(fid)
            pending.extend(graph.get(fid, ()))
    return [
        fid
        for fid in graph
        if fid not in seen
        and view.linker.functions[fid].params
        and not _NO_HELPER.search(view.linker.module_of[fid])
    ]


def enter_unreached(program: ValueProgram, functions: Iterable[str]) -> None:
    """Report parameters that stand for values in the text of a statement."""
    known = {(flow.site.fid, flow.site.value) for flow in program.flows.values()}
    for fid in functions:
        summary = program.summaries.get(fid)
        for use in summary.uses if summary is not None else ():
            site = use.site
            if use.pending or not isinstance(site.concept, SqlExecution) or (site.fid, site.value) in known:
                continue
            assert summary is not None
            for number, field in summary.origins.fields(use.labels):
                origin = summary.origins.items[number]
                if (
                    isinstance(origin, Port)
                    and origin.kind == "param"
                    and field & HARMFUL
                    and not (origin.path == () and _is_typed(program, fid, origin.name))
                    and _is_value(use.text, summary.origins.fields, number)
                ):
                    source = SourceRead(
                        "library",
                        PARAMETER,
                        _place(program, fid, origin.name),
                        fid,
                        origin.names,
                    )
                    program.add_flow(Flow(source, site, use.hops, fid, False, use.text))


def _is_typed(program: ValueProgram, fid: str, name: str) -> bool:
    """Whether a parameter is said to be a number, a date or the like, which callers do not make of text."""
    params = program.linker.functions[fid].params
    text = next((param.annotation_text for param in params if param.name == name), "")
    _, annotation = program.view.parameter(fid, name)
    return bool(harmless_kind(annotation, text) or _TYPED.fullmatch(text.strip(" :")))


def _is_value(text: Text | None, fields: Callable[[int], Iterable[tuple[int, int]]], number: int) -> bool:
    """Whether the origin stands where the statement has a value."""
    before = ""
    for part in text or ():
        if isinstance(part, Hole):
            if _VALUE_FOLLOWS.search(before) and any(index == number for index, _ in fields(part.labels)):
                return True
            before += "?"
        else:
            before += part
    return False


def _is_built(use: SinkUse) -> bool:
    """Whether the text that arrives has constant parts around what was given."""
    if not isinstance(use.site.concept, _BUILT) or use.text is None:
        return False
    return any(isinstance(part, str) and part.strip() for part in use.text)


def _place(program: ValueProgram, fid: str, name: str) -> Span:
    path = program.linker.module_of[fid]
    for param in program.linker.functions[fid].params:
        if param.name == name:
            return Span(path, param.start, param.end)
    function = program.linker.functions[fid]
    return Span(path, function.name_start, function.name_end)
