"""Plugins of Fastify that are loaded from a folder. API reference: https://github.com/fastify/fastify-autoload

Each file's default export is a plugin; folders give the prefix, a file `autohooks` the hooks of its folder.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.link import Kind, Refs
from rearguard.models.javascript.chains import follow, texts_of
from rearguard.models.view import CallView, ModelView, ValueView

__all__ = ["Loaded", "autoloads", "loaded"]

_SCRIPT = re.compile(r"\.(?:js|cjs|mjs|ts|cts|mts)$")
_NO_PLUGIN = re.compile(r"\.d\.[cm]?ts$|\.(?:test|spec)\.[cm]?[jt]s$")
_HOOKS = re.compile(r"[_.]?auto_?hooks(?:\.(?:js|cjs|mjs|ts|cts|mts))$", re.IGNORECASE)
_INDEX = re.compile(r"index\.(?:js|cjs|mjs|ts|cts|mts)$")


@dataclass(frozen=True, slots=True)
class Loaded:
    """One file that a folder of plugins holds."""

    path: str
    prefix: str
    exported: Refs
    hooks_of: tuple[str, ...] = ()
    """For a file of hooks: the plugins that they run for."""

    @property
    def functions(self) -> tuple[str, ...]:
        """The plugin, when the program itself defines it."""
        return tuple(ref.id for ref in self.exported if ref.kind is Kind.FUNCTION)


def autoloads(call: CallView) -> bool:
    """Whether a call of `register` loads a folder of plugins."""
    return bool(call.args) and call.args[0].has_type("fastify:Autoload")


def loaded(view: ModelView, call: CallView) -> tuple[Loaded, ...]:
    """The plugins of the folder, outer ones first, and its hooks."""
    options = _written(call.args[1]) if len(call.args) > 1 else None
    folder = _folder(call, options.key("dir")) if options is not None else ""
    if options is None or not folder:
        return ()
    inner = options.key("options")
    given = _written(inner) if inner is not None else None
    fixed = given.key("prefix") if given is not None else None
    start = "".join(texts_of(fixed)[:1]) if fixed is not None else ""
    cascades = _is_on(options, "cascadeHooks")
    paths = [path for path in view.linker.modules if path.startswith(f"{folder}/") and _SCRIPT.search(path)]
    paths = sorted(path for path in paths if not _NO_PLUGIN.search(path))
    plugins = [
        Loaded(
            path, start + _prefix(view, path, folder, _is_on(options, "routeParams")), _default(view, path)
        )
        for path in paths
        if not _HOOKS.fullmatch(posixpath.basename(path)) and _is_entry(path, paths)
    ]
    hooks = [path for path in paths if _HOOKS.fullmatch(posixpath.basename(path))]
    return (*plugins, *_hooked(view, hooks if _is_on(options, "autoHooks") else [], plugins, cascades))


def _hooked(view: ModelView, hooks: list[str], plugins: list[Loaded], cascades: bool) -> Iterator[Loaded]:
    for path in hooks:
        home = posixpath.dirname(path)
        below = [
            plugin
            for plugin in plugins
            if posixpath.dirname(plugin.path) == home or (cascades and plugin.path.startswith(f"{home}/"))
        ]
        yield Loaded(
            path, "", _default(view, path), tuple(fid for plugin in below for fid in plugin.functions)
        )


def _written(value: ValueView) -> ValueView | None:
    """The object of options, where it is written out."""
    for ref in value.refs:
        if ref.kind is Kind.COLLECT and isinstance(ref.step, tuple):
            return ValueView(value.view, *ref.step)
    return None


def _is_on(options: ValueView, name: str) -> bool:
    value = options.key(name)
    return value is not None and value.const is True


def _folder(call: CallView, value: ValueView | None) -> str:
    """`path.join(import.meta.dirname, "routes")`: the folder of this file, and the texts behind it."""
    if value is None:
        return ""
    made = follow(value)
    home = posixpath.dirname(value.view.linker.module_of[value.fid])
    instr = made.instr
    if instr is None:
        return ""
    texts = [ValueView(made.view, made.fid, number).text for number in instr.args[1:]]
    parts = [text for text in texts if text]
    if not parts and made.text is not None:
        parts = [made.text]
    if not parts or any(part.startswith("/") for part in parts[:1]):
        return ""
    return posixpath.normpath(posixpath.join(home, *parts))


def _is_entry(path: str, paths: list[str]) -> bool:
    """Beside an `index`, no other file of the folder is a plugin."""
    if _INDEX.fullmatch(posixpath.basename(path)):
        return True
    home = posixpath.dirname(path)
    return not any(
        posixpath.dirname(other) == home and _INDEX.fullmatch(posixpath.basename(other)) for other in paths
    )


def _prefix(view: ModelView, path: str, folder: str, parameters: bool) -> str:
    """The folders on the way, or what the file says for itself."""
    for name in ("prefixOverride", "autoPrefix"):
        for ref in view.linker.slots.get(("export", path, name), ()):
            if ref.kind is Kind.CONST and isinstance(ref.step, str):
                return ref.step
    parts = posixpath.relpath(posixpath.dirname(path), folder).split("/")
    if parts == ["."]:
        return ""
    shown = (f":{part[1:]}" if parameters and part.startswith("_") else part for part in parts)
    return "".join(f"/{part}" for part in shown)


def _default(view: ModelView, path: str) -> Refs:
    slots = view.linker.slots
    return slots.get(("export", path, "default"), ()) or slots.get(("export", path, "="), ())
