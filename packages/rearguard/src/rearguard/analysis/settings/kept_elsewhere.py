"""Where settings stand that are read by name: `config.TOKEN_KEY`, `settings.link_key`, `env["API_KEY"]`."""

import re
from collections.abc import Iterator

from rearguard.link import Kind, Ref, family_of, function_id
from rearguard.models.view import ModelView
from rearguard.program import MODULE_BODY, Instr, Op

Place = tuple[str, int, tuple[str, ...]]
"""Function, value, and where in it."""

_SETTINGS = re.compile(
    r"(?:^|_)(?:settings?|conf|config|configuration|env|environment|secrets?)$", re.IGNORECASE
)
_OF_SETTINGS = re.compile(
    r"(?:^|[/_.-])(?:settings?|conf|config|configuration|env|environment|secrets?)(?:[/_.-]|$)", re.IGNORECASE
)


def kept_elsewhere(
    view: ModelView, notes: dict[str, object], fid: str, instr: Instr, path: tuple[str, ...]
) -> Iterator[Place]:
    """What a member or an import is, where that is written: in a module, a class or a map of the review.

    `notes` keeps for the whole review what was gathered once.
    """
    if instr.op == Op.IMPORT:
        yield from _imported(view, fid, instr, path)
        return
    name = instr.name if instr.op == Op.ATTR else instr.value
    if not isinstance(name, str):
        return
    held = view.linker.refs[fid][instr.args[0]]
    found = [place for ref in held for place in _member(view, ref, name, path)]
    if not found and _reads_settings(view, fid, instr.args[0]):
        # What a framework or a schema makes of the settings: by their name, when only one is called so.
        named = _settings(view, notes).get(name, [])
        found = [(*named[0], path)] if len(named) == 1 else []
    yield from found


def _imported(view: ModelView, fid: str, instr: Instr, path: tuple[str, ...]) -> Iterator[Place]:
    linker = view.linker
    if not isinstance(instr.value, str):
        return
    here = linker.module_of[fid]
    if family_of(linker.modules[here].language) == "python":
        home, is_module = linker.index.python(here, instr.name, instr.value)
    else:
        home, is_module = linker.index.script(here, instr.name), False
    if home is not None and not is_module and home in linker.modules:
        yield from _assigned(view, function_id(home, MODULE_BODY), instr.value, path)


def _member(view: ModelView, held: Ref, name: str, path: tuple[str, ...]) -> Iterator[Place]:
    linker = view.linker
    if held.kind is Kind.MODULE:
        if not held.id.endswith("/"):
            yield from _assigned(view, function_id(held.id, MODULE_BODY), name, path)
    elif held.kind in (Kind.CLASS, Kind.INSTANCE):
        cls = held.base if held.kind is Kind.INSTANCE else held
        for home in linker.lineage(cls.id) if cls is not None else ():
            places = list(_assigned(view, home, name, path))
            if places:
                yield from places
                return
    elif held.kind is Kind.COLLECT and isinstance(held.step, tuple):
        yield *held.step, (name, *path)


def _assigned(view: ModelView, fid: str, name: str, path: tuple[str, ...]) -> Iterator[Place]:
    linker = view.linker
    if fid in linker.functions:
        for store in linker.contents(fid).stores.get(name, ()):
            yield fid, store.args[0], path


def _reads_settings(view: ModelView, fid: str, number: int) -> bool:
    """Whether a value is called as the settings of a program are: `settings`, `app.config`, `env`.

    The environment itself (`process.env`) is none: what it holds stands in no file.
    """
    definitions = view.definitions(fid)
    made = definitions.get(number)
    if made is None or made.op not in (Op.LOAD, Op.ATTR) or _SETTINGS.search(made.name) is None:
        return False
    holder = definitions.get(made.args[0]) if made.op == Op.ATTR else None
    return holder is None or holder.name not in ("process", "meta", "Deno", "Bun")


def _settings(view: ModelView, notes: dict[str, object]) -> dict[str, list[tuple[str, int]]]:
    """Settings by name, in modules, classes and maps that are called so; gathered once per review."""
    known = notes.get("settings by name")
    if isinstance(known, dict):
        return known
    held: dict[str, list[tuple[str, int]]] = {}
    for fid, function in view.linker.functions.items():
        if function.kind in ("module", "class") and _OF_SETTINGS.search(_spelled(fid)):
            for name, number in _named(view, fid):
                held.setdefault(name, []).append((fid, number))
    notes["settings by name"] = held
    return held


def _spelled(fid: str) -> str:
    """`app/settings.py::BaseConfig` as `app/settings.py::Base_Config`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", fid.replace("::", "/"))


def _named(view: ModelView, fid: str) -> Iterator[tuple[str, int]]:
    for instr in view.linker.code(fid):
        if instr.op == Op.STORE and not instr.name.startswith("$"):
            yield instr.name, instr.args[0]
        elif instr.op == Op.COLLECT and instr.keys:
            yield from ((key, value) for key, value in zip(instr.keys, instr.args, strict=False) if key)
