"""Which files are read. Follows no link, runs nothing, and accounts for everything it leaves out."""

import os
import re
import stat
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pathspec import GitIgnoreSpec

from rearguard.findings import Unread
from rearguard.frontends import MAX_SETTINGS_BYTES, settings_kind
from rearguard.frontends.page_scripts import BROWSER
from rearguard.review.options import Options

LANGUAGES = {
    ".py": "python",
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".jsx": "javascript",
    ".ts": "typescript",
    ".mts": "typescript",
    ".cts": "typescript",
    ".tsx": "tsx",
    ".ejs": "ejs",
    ".eta": "ejs",
    ".hbs": "handlebars",
    ".handlebars": "handlebars",
    ".mustache": "handlebars",
    ".pug": "pug",
    ".jade": "pug",
    ".njk": "jinja",
    ".html": "jinja",
    ".htm": "jinja",
    ".jinja": "jinja",
    ".jinja2": "jinja",
    ".j2": "jinja",
}
_MANIFEST = re.compile(r"package\.json|[jt]sconfig(?:\.[\w.-]+)?\.json")
_NEVER = frozenset(
    (
        *(".git", ".hg", ".svn", "node_modules", "bower_components", "__pycache__", "site-packages", ".eggs"),
        *(".tox", ".nox", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".cache", "htmlcov"),
        *(".next", ".nuxt", ".svelte-kit", ".turbo", ".yarn", "rearguard-report"),
    )
)
_COVERAGE_REPORT = ("lcov.info", "lcov-report", "coverage-final.json", "clover.xml", "index.html")
"""What tells a coverage report in `coverage` from a package of that name."""
_TEST_FOLDERS = frozenset(
    ("test", "tests", "__tests__", "__mocks__", "spec", "specs", "e2e", "cypress", "testing")
)
_CLIENT_FOLDERS = frozenset(("static", "public", "wwwroot", "assets"))
"""Folders whose scripts run in browsers. Browsers run no TypeScript."""
_TEST_FILE = re.compile(
    r"(?:^test_.*\.py|.*_test\.py|^tests?\.py|^conftest\.py|.*\.(?:test|spec|e2e-spec|stories|story)\.[cm]?[jt]sx?)$"
)
_MINIFIED_NAME = re.compile(r"\.(?:min|bundle|chunk)\.[cm]?js$")
_WILDCARDS = re.compile(r"[*]+")
MAX_WILDCARDS = 3
"""Wildcards of a pattern's segment, and `**` of a pattern: beyond it, matching takes time without bound."""
MAX_PATTERNS = 2_000
"""Lines of one `.gitignore`."""
MAX_DEPTH = 60
"""Folders inside folders."""
MAX_SETTINGS = 5_000
"""Settings files that are read."""
MINIFIED_LINE = 2_000
"""Bytes per line, on average, beyond which a script was made by a machine."""
MINIFIED_FROM = 50_000
"""Bytes of a script below which its lines say nothing."""
BUILT_FROM = 5_000
"""The same for a script that a bundler named: what it makes is cut into many small files."""


_TEST_FILES = ("test file", "test files")
_TESTS = ("folder of tests", "folders of tests")
_IGNORED = ("file ignored by git or by --exclude", "files ignored by git or by --exclude")
_IGNORED_FOLDERS = ("folder ignored by git or by --exclude", "folders ignored by git or by --exclude")
_ENVIRONMENTS = ("virtual environment", "virtual environments")
_COVERAGE = ("coverage report", "coverage reports")
_LINKS = ("symbolic link, which is not followed", "symbolic links, which are not followed")
BROWSER_SCRIPTS = (
    "script for browsers that is a library, or writes nothing to a page",
    "scripts for browsers that are libraries, or write nothing to a page",
)
_DATA = ("large settings or data file", "large settings or data files")
_MINIFIED = ("minified or bundled script", "minified or bundled scripts")
_COMPILED = ("compiled file whose source is reviewed", "compiled files whose sources are reviewed")
_OUTPUT = re.compile(
    r"(?:^|(?<=/))(?:(?:dist|build|lib|out|esm|cjs)/(?=(.+)\.([cm]?js|jsx)$)|build/lib/(?=(.+)\.(py)$))"
)
"""A folder that compilers write to, and what stands below it: `dist/src/app.js`, `build/lib/app/main.py`."""
_SOURCES = {
    "py": (".py",),
    "js": (".ts", ".tsx"),
    "jsx": (".tsx",),
    "mjs": (".mts", ".ts"),
    "cjs": (".cts", ".ts"),
}


@dataclass(slots=True)
class Collected:
    """The files to read, in order of path, and what was left out."""

    files: list[tuple[str, Path, str]] = field(default_factory=list)
    """(path relative to the root, path on disk, language)."""
    settings: list[tuple[str, Path, str]] = field(default_factory=list)
    """(path relative to the root, path on disk, kind) of settings files."""
    manifests: list[tuple[str, Path]] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What is left out on purpose and by default, in the singular and the plural -> how many."""


def collect(root: Path, options: Options) -> Collected:
    """Walk `root` (a folder or one file). Raises FileNotFoundError when it is neither."""
    found = Collected()
    if root.is_file():
        language = LANGUAGES.get(root.suffix.lower())
        if language is None and settings_kind(root.name):
            _add_settings(found, root.name, root, settings_kind(root.name))
        elif language is None:
            found.unread.append(Unread(root.name, 0, "not a language that is reviewed"))
        else:
            _add(found, root.name, root, language, options)
        return found
    if not root.is_dir():
        raise FileNotFoundError(root)
    spec = GitIgnoreSpec.from_lines(options.exclude)
    _walk(found, root, "", [("", spec)], options, 0)
    _leave_out_compiled(found)
    found.files.sort(key=lambda item: item[0])
    found.settings.sort(key=lambda item: item[0])
    found.manifests.sort(key=lambda item: item[0])
    return found


def _leave_out_compiled(found: Collected) -> None:
    """Take out what a compiler made of files that are read: it would be told, and be mended, twice."""
    known = {path for path, _, _ in found.files}
    kept = [item for item in found.files if not _is_compiled(item[0], known)]
    if len(kept) < len(found.files):
        found.left_out[_COMPILED] += len(found.files) - len(kept)
        found.files = kept


def _is_compiled(path: str, known: set[str]) -> bool:
    for output in _OUTPUT.finditer(path):
        above = path[: output.start()]
        below, ending = output[1] or output[3], output[2] or output[4]
        if any(
            above + folder + below + source in known for source in _SOURCES[ending] for folder in ("", "src/")
        ):
            return True
    return False


def is_code(path: str) -> bool:
    """Whether files of this name are read by a review."""
    return Path(path).suffix.lower() in LANGUAGES


def looked_at(root: Path, options: Options) -> Callable[[str], bool]:
    """Whether a path relative to `root` lies where a review looks: not in what is ignored, foreign, a test.

    For files that other tools name; those of a language that is reviewed are known by `collect`.
    """
    excluded = GitIgnoreSpec.from_lines(options.exclude)
    known: dict[str, GitIgnoreSpec | None] = {}

    def ignores(prefix: str) -> list[tuple[str, GitIgnoreSpec]]:
        if prefix not in known:
            file = root / prefix / ".gitignore"
            known[prefix] = _read_ignore(file) if file.is_file() and not file.is_symlink() else None
        spec = known[prefix]
        return [] if spec is None else [(prefix, spec)]

    def answer(path: str) -> bool:
        *folders, name = path.split("/")
        prefix = ""
        rules = [("", excluded), *ignores("")]
        for folder in folders:
            is_test = folder in _TEST_FOLDERS and not options.include_tests
            if folder in _NEVER or folder.endswith(".egg-info") or is_test:
                return False
            prefix += f"{folder}/"
            if _ignored(prefix, rules) or (root / prefix / "pyvenv.cfg").exists():
                return False
            rules += ignores(prefix)
        is_test = _TEST_FILE.match(name) is not None and not options.include_tests
        return not is_test and not _ignored(path, rules)

    return answer


def _walk(
    found: Collected,
    folder: Path,
    prefix: str,
    ignores: list[tuple[str, GitIgnoreSpec]],
    options: Options,
    depth: int,
) -> None:
    if depth > MAX_DEPTH:
        found.unread.append(Unread(prefix.rstrip("/"), 0, f"folders nested more than {MAX_DEPTH} deep"))
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        found.unread.append(Unread(prefix.rstrip("/") or ".", 0, f"folder cannot be read: {error.strerror}"))
        return
    ignore = next((entry for entry in entries if entry.name == ".gitignore"), None)
    if ignore is not None and ignore.is_file(follow_symlinks=False):
        ignores = [*ignores, (prefix, _read_ignore(Path(ignore.path)))]
    for entry in entries:
        path = prefix + _text(entry.name)
        if entry.is_symlink():
            _note_link(found, path, entry)
        elif entry.is_dir(follow_symlinks=False):
            if _enters(found, entry, path, ignores, options):
                _walk(found, Path(entry.path), path + "/", ignores, options, depth + 1)
        else:
            _file(found, entry, path, ignores, options)


def _text(name: str) -> str:
    """A file name that any report can hold."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _read_ignore(path: Path) -> GitIgnoreSpec:
    try:
        with path.open("rb") as file:
            text = file.read(200_000).decode("utf-8", "replace")
    except OSError:
        text = ""
    lines = (line for line in text.split("\n")[:MAX_PATTERNS] if is_bounded(line) and is_pattern(line))
    return GitIgnoreSpec.from_lines(lines)


def is_bounded(pattern: str) -> bool:
    """Whether matching a pattern takes time in proportion to a path: it has few wildcards."""
    segments = pattern.split("/")
    return segments.count("**") <= MAX_WILDCARDS and all(
        len(_WILDCARDS.findall(segment)) <= MAX_WILDCARDS for segment in segments
    )


def is_pattern(text: str) -> bool:
    """Whether `text` is a pattern of `.gitignore`; git, too, passes over a line that is none."""
    try:
        GitIgnoreSpec.from_lines([text])
    except (ValueError, re.error):
        return False
    return True


def _note_link(found: Collected, path: str, entry: "os.DirEntry[str]") -> None:
    if Path(entry.name).suffix.lower() in LANGUAGES or "." not in entry.name:
        found.left_out[_LINKS] += 1


def _ignored(path: str, ignores: list[tuple[str, GitIgnoreSpec]]) -> bool:
    """What the options exclude, and else what the nearest `.gitignore` says that says anything.

    `!pattern` takes in again what a folder above leaves out.
    """
    (_, excluded), *files = ignores
    if excluded.match_file(path):
        return True
    for prefix, spec in reversed(files):
        include = spec.check_file(path[len(prefix) :]).include
        if include is not None:
            return include
    return False


def _enters(
    found: Collected,
    entry: "os.DirEntry[str]",
    path: str,
    ignores: list[tuple[str, GitIgnoreSpec]],
    options: Options,
) -> bool:
    name = entry.name
    if name in _NEVER or name.endswith(".egg-info"):
        return False
    reason = None
    if _ignored(path + "/", ignores):
        reason = _IGNORED_FOLDERS
    elif _holds(entry, ("pyvenv.cfg",)):
        reason = _ENVIRONMENTS
    elif name == "coverage" and _holds(entry, _COVERAGE_REPORT):
        reason = _COVERAGE
    elif name in _TEST_FOLDERS and not options.include_tests:
        reason = _TESTS
    if reason is None:
        return True
    found.left_out[reason] += 1
    return False


def _holds(folder: "os.DirEntry[str]", names: tuple[str, ...]) -> bool:
    return any(os.path.lexists(os.path.join(folder.path, name)) for name in names)


def _file(
    found: Collected,
    entry: "os.DirEntry[str]",
    path: str,
    ignores: list[tuple[str, GitIgnoreSpec]],
    options: Options,
) -> None:
    name = entry.name
    if _MANIFEST.fullmatch(name) and entry.is_file(follow_symlinks=False):
        found.manifests.append((path, Path(entry.path)))
    language = LANGUAGES.get(os.path.splitext(name)[1].lower())
    kind = settings_kind(path) if language is None else ""
    if (language is None and not kind) or name.endswith(".d.ts"):
        return
    if _ignored(path, ignores):
        found.left_out[_IGNORED] += 1
    elif _TEST_FILE.match(name) and not options.include_tests:
        found.left_out[_TEST_FILES] += 1
    elif language is None:
        _add_settings(found, path, Path(entry.path), kind)
    elif _MINIFIED_NAME.search(name):
        found.left_out[_MINIFIED] += 1
    else:
        if language == "javascript" and not _CLIENT_FOLDERS.isdisjoint(path.split("/")[:-1]):
            language = BROWSER
        _add(found, path, Path(entry.path), language, options)


def _add_settings(found: Collected, path: str, file: Path, kind: str) -> None:
    try:
        status = file.stat()
    except OSError as error:
        found.unread.append(Unread(path, 0, f"cannot be read: {error.strerror}"))
        return
    if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_SETTINGS_BYTES:
        found.left_out[_DATA] += 1
    elif len(found.settings) >= MAX_SETTINGS:
        if len(found.settings) == MAX_SETTINGS:
            found.unread.append(
                Unread(path, 0, f"more than {MAX_SETTINGS} settings files; the rest is not read")
            )
    else:
        found.settings.append((path, file, kind))


def _add(found: Collected, path: str, file: Path, language: str, options: Options) -> None:
    try:
        status = file.stat()
    except OSError as error:
        found.unread.append(Unread(path, 0, f"cannot be read: {error.strerror}"))
        return
    if not stat.S_ISREG(status.st_mode):
        found.unread.append(Unread(path, 0, "not a regular file"))
    elif status.st_size > options.max_file_bytes:
        size = status.st_size / 1_000_000
        found.unread.append(
            Unread(
                path, 0, f"{size:.1f} MB; files over {options.max_file_bytes / 1_000_000:.0f} MB are not read"
            )
        )
    elif len(found.files) >= options.max_files:
        if len(found.files) == options.max_files:
            found.unread.append(Unread(path, 0, f"more than {options.max_files} files; the rest is not read"))
    else:
        found.files.append((path, file, language))
