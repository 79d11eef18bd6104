"""How a project names its modules, imports them, and starts: so that what is added reads like the rest."""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rearguard.findings import Edit
from rearguard.implement.application import Application
from rearguard.implement.plan import RefusedError
from rearguard.repair import Tree

__all__ = [
    "Home",
    "PythonStart",
    "ScriptStart",
    "home",
    "import_root",
    "is_esm",
    "own_import",
    "python_import",
    "python_start",
    "relative",
    "script_import",
    "script_start",
    "tests_folder",
]

_RELATIVE = re.compile(r"^\s*from\s+\.", re.MULTILINE)
_LOCAL_IMPORT = re.compile(r"""(?:from|import|require\()\s*['"](\.{1,2}/[^'"]+)['"]""")
_SERVED = re.compile(r"(?:^|/)(?:wsgi|asgi|main|app|application|server|run)\.py$")
_FIXTURE = re.compile(
    r"^@pytest\.fixture[^\n]*\n(?:@[^\n]*\n)*def (?P<name>\w+)\((?P<body>.*?)(?=^\S|\Z)",
    re.MULTILINE | re.DOTALL,
)
_MOST_TESTS = 500
_WEB_FOLDERS = ("middleware", "middlewares")


@dataclass(frozen=True, slots=True)
class Home:
    """The place of a new module."""

    path: str


def home(app: Application, words: str) -> Home:
    """Where a module called `words` (`security headers`) goes."""
    return _python_home(app, words) if app.is_python else _script_home(app, words)


def relative(path: str, folder: str) -> str:
    """A path as seen from a folder, as imports write it."""
    found = posixpath.relpath(path, folder or ".")
    return found if found.startswith(".") else f"./{found}"


# -- Python -----------------------------------------------------------------------------------------


def _python_home(app: Application, words: str) -> Home:
    folder, name = posixpath.split(app.folder)
    if not (name == "settings" and app.framework == "django"):
        folder = app.folder  # settings in a package of their own: it holds settings and no code
    return Home(posixpath.join(folder, f"{words.replace(' ', '_')}.py"))


def python_import(app: Application, path: str, module: str) -> str:
    """How the file at `path` imports `{names}` of a module of the project."""
    text = app.program.sources[path].text.decode("utf-8", "replace")
    folder = posixpath.dirname(path)
    if _RELATIVE.search(text) and posixpath.dirname(module) == folder:
        return f"from .{posixpath.basename(module).removesuffix('.py')} import {{names}}"
    return f"from {import_root(app, module)[1]} import {{names}}"


def own_import(app: Application, tree: Tree, statement: str, before: int) -> list[Edit]:
    """The import among those of the same package, else among those of the project's other modules, in the
    order of names, as far as they stand before a byte; none where there are none.
    """
    imports = [
        (node, tree.text(module))
        for node in tree.root.named_children
        if node.type == "import_from_statement"
        and (module := node.child_by_field_name("module_name")) is not None
        and tree.begins_line(node)
        and node.start_byte < before
    ]
    package = statement.split()[1].partition(".")[0]
    own = [node for node, module in imports if module.partition(".")[0] == package]
    own = own or [node for node, module in imports if _is_of_project(app, module.partition(".")[0])]
    if not own:
        return []
    for node in own:
        if tree.text(node).split()[1] > statement.split()[1]:
            return [tree.insert(tree.line_start(node.start_byte), f"{statement}\n")]
    end = tree.line_end(own[-1].end_byte - 1)
    gap = "" if tree.source.text[:end].endswith(b"\n") else "\n"
    return [tree.insert(end, f"{gap}{statement}\n")]


def _is_of_project(app: Application, name: str) -> bool:
    """Whether an import of this top-level name finds a file beside the application or its package."""
    folder = import_root(app, app.path)[0]
    return any(
        posixpath.join(folder, name + ending) in app.program.sources for ending in (".py", "/__init__.py")
    )


def import_root(app: Application, path: str, *, tests: bool = False) -> tuple[str, str]:
    """The folder that Python finds a file's package in, and the file's module name from there; with `tests`,
    as the project's own tests see it, which may stand further out.
    """
    parts = path.removesuffix(".py").split("/")
    if parts[-1] == "__init__":
        parts.pop()
    folders = parts[:-1] if not path.endswith("__init__.py") else parts
    program = [source.text.decode("utf-8", "replace") for source in app.texts("python")]
    for texts in ([*_test_files(app).values()] if tests else [], program):
        for start in range(len(folders)):
            if _is_imported(texts, folders[start]):
                return "/".join(folders[:start]), ".".join(parts[start:])
    start = len(folders)
    while start and "/".join((*folders[:start], "__init__.py")) in app.program.sources:
        start -= 1
    return "/".join(folders[:start]), ".".join(parts[start:])


def _is_imported(texts: Sequence[str], name: str) -> bool:
    pattern = re.compile(
        rf"^\s*(?:from\s+{re.escape(name)}(?:\.\w+)*\s+import|import\s+{re.escape(name)}\b)", re.M
    )
    return any(map(pattern.search, texts))


@dataclass(frozen=True, slots=True)
class PythonStart:
    """How a test gets the application."""

    folder: str
    """The folder to run tests in."""
    lines: str
    """Statements after which `app` is the application; none where a fixture gives it."""
    fixture: str = ""
    """The fixture of the project's own tests that gives the application."""


def python_start(app: Application, *, fixtures: bool = False) -> PythonStart:
    """How a test gets the application: with `fixtures`, from the project's own where there is one.

    Raises RefusedError where a test cannot know how.
    """
    folder, module = import_root(app, app.path, tests=True)
    own = _fixture(app) if fixtures and app.factory else ""
    if own:
        return PythonStart(folder, "", own)
    if not app.factory:
        alias = "" if app.variable == "app" else " as app"
        return PythonStart(folder, f"from {module} import {app.variable}{alias}")
    made = re.compile(rf"^(\w+)(?:\s*:\s*\w+)?\s*=\s*(?:\w+\.)?{re.escape(app.factory)}\(", re.M)
    paths = sorted(app.program.sources, key=lambda path: (path != app.path, *_entry_order(path)))
    for path in paths:
        source = app.program.sources[path]
        if source.language == "python":
            match = made.search(source.text.decode("utf-8", "replace"))
            if match:
                root, name = import_root(app, path, tests=True)
                alias = "" if match[1] == "app" else " as app"
                return PythonStart(root, f"from {name} import {match[1]}{alias}")
    function = app.tree.function(app.statement)
    parameters = function.child_by_field_name("parameters") if function is not None else None
    needed = [
        child
        for child in (parameters.named_children if parameters is not None else ())
        if child.type in ("identifier", "typed_parameter")
    ]
    if needed:
        raise RefusedError(
            f"{app.path}: {app.factory}() takes arguments, and nothing in the project shows which: a "
            f"test could "
            "not make the application"
        )
    return PythonStart(folder, f"from {module} import {app.factory}\n\napp = {app.factory}()")


def _entry_order(path: str) -> tuple[bool, int, str]:
    """What servers start comes first, then what lies outermost: workers make an application as well."""
    return not _SERVED.search(path), path.count("/"), path


def _fixture(app: Application) -> str:
    """The fixture that makes the application: an application may refuse to be made twice in one process."""
    made = rf"(?:\w+\.)?{re.escape(app.factory)}\("
    given = re.compile(
        rf"(?:(\w+)\s*=\s*{made}.*?(?:yield|return)\s+\1\b|(?:yield|return)\s+{made})", re.DOTALL
    )
    texts = _test_files(app)
    shared = "".join(text for path, text in texts.items() if posixpath.basename(path) == "conftest.py")
    for path, text in texts.items():
        stem = posixpath.basename(path).removesuffix(".py")
        if stem == "conftest" or re.search(rf"\b{re.escape(stem)} import\b", shared):
            for match in _FIXTURE.finditer(text):
                if given.search(match["body"]):
                    return match["name"]
    return ""


def _test_files(app: Application) -> dict[str, str]:
    """Texts of the project's tests, which the review does not read: `conftest.py` and what it may import."""
    found: list[Path] = []
    for folder in dict.fromkeys((import_root(app, app.path)[0], app.package_root)):
        root = app.root / folder
        found.append(root / "conftest.py")
        for name in ("tests", "test"):
            found += sorted((root / name).rglob("*.py"))[:_MOST_TESTS]
    return {
        file.relative_to(app.root).as_posix(): file.read_text("utf-8", "replace")
        for file in found
        if file.is_file() and not file.is_symlink()
    }


# -- JavaScript and TypeScript ------------------------------------------------------------------------


def is_esm(app: Application) -> bool:
    """Whether the application's file is written with `import`."""
    text = app.tree.source.text.decode("utf-8", "replace")
    return bool(re.search(r"^\s*(?:import\s|export\s)", text, re.M))


def _script_home(app: Application, words: str) -> Home:
    ending = posixpath.splitext(app.path)[1].replace(".tsx", ".ts")
    folders = {posixpath.dirname(path) for path in app.program.sources}
    folder = next(
        (place for name in _WEB_FOLDERS if (place := posixpath.join(app.folder, name)) in folders), app.folder
    )
    names = [
        posixpath.splitext(posixpath.basename(p))[0]
        for p in app.program.sources
        if posixpath.dirname(p) == folder
    ]
    camel = any(re.search(r"[a-z][A-Z]", name) for name in names) and not any("-" in name for name in names)
    first, *rest = words.split()
    name = first + "".join(word.capitalize() for word in rest) if camel else words.replace(" ", "-")
    return Home(posixpath.join(folder, name + ending))


def script_import(app: Application, tree: Tree, module: str) -> str:
    """How the file of `tree` imports `{names}` of a module of the project."""
    target = relative(posixpath.splitext(module)[0], posixpath.dirname(tree.source.path))
    quote, end = tree.quote, tree.semicolon
    if not is_esm(app):
        return f"const {{{{ {{names}} }}}} = require({quote}{target}{quote}){end}"
    return f"import {{{{ {{names}} }}}} from {quote}{target}{_extension(app, module)}{quote}{end}"


def _extension(app: Application, path: str) -> str:
    """The ending that relative imports of the project carry."""
    if not app.is_typescript:
        return posixpath.splitext(path)[1]
    for source in app.texts("typescript", "tsx"):
        for match in _LOCAL_IMPORT.finditer(source.text.decode("utf-8", "replace")):
            ending = posixpath.splitext(match[1])[1]
            if ending in (".js", ".ts", ".mjs", ".mts"):
                return ending
            return ""
    return ""


@dataclass(frozen=True, slots=True)
class ScriptStart:
    """How a test gets the application."""

    folder: str
    entry: str
    """The file to import, as seen from the test."""
    makers: tuple[str, ...]
    """Exports to try: a factory, or the application itself."""


def script_start(app: Application, test_folder: str) -> ScriptStart:
    """What a test imports."""
    entry = relative(app.path, test_folder)
    makers = tuple(
        dict.fromkeys(name for name in (app.factory, app.variable, "default") if name and name != "?")
    )
    return ScriptStart(app.package_root, entry, makers)


def tests_folder(app: Application, base: str) -> str:
    """The folder of tests below `base`, made when there is none."""
    for name in ("tests", "test", "__tests__"):
        if (app.root / base / name).is_dir():
            return posixpath.join(base, name)
    return posixpath.join(base, "tests" if app.is_python else "test")
