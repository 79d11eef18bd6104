"""Which file an import means.

Python's import system and Node's resolution are configured outside the code, so this is a reading of
both that needs no configuration: the nearest file that fits, from the importing file upwards.
"""

import posixpath
from collections.abc import Iterable, Mapping

_SCRIPT_ENDINGS = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts")
_SCRIPT_INDEXES = tuple("/index" + ending for ending in _SCRIPT_ENDINGS)
_COMPILED = {".js": (".ts", ".tsx"), ".mjs": (".mts",), ".cjs": (".cts",), ".jsx": (".tsx",)}
_SOURCE_FOLDERS = ("src", "lib", "app", "backend", "server", "api", "python")


class ModuleIndex:
    """Resolves import texts against the set of files under review."""

    def __init__(self, paths: Iterable[str], aliases: Mapping[str, tuple[str, ...]] | None = None) -> None:
        """`aliases` maps an import prefix (`@/`, a workspace package) to folders that it stands for."""
        self._paths = frozenset(paths)
        self._aliases = dict(aliases or {})
        self._packages = {posixpath.dirname(p) for p in self._paths if p.endswith("/__init__.py")}
        self._folders: set[str] = {""}
        self._known: dict[tuple[str, str, str | None], tuple[str | None, bool]] = {}
        self._known_scripts: dict[tuple[str, str], str | None] = {}
        """Answers given before, by folder: files beside each other ask the same."""
        for path in self._paths:
            folder = posixpath.dirname(path)
            while folder and folder not in self._folders:
                self._folders.add(folder)
                folder = posixpath.dirname(folder)

    def python(self, importer: str, name: str, member: str | None = None) -> tuple[str | None, bool]:
        """The file that Python module `name` means in `importer`, and whether `member` was a submodule.

        `(None, False)` when the module is not part of the review.
        """
        folder = posixpath.dirname(importer)
        key = (folder, name, member)
        if key not in self._known:
            self._known[key] = self._python(folder, name, member)
        return self._known[key]

    def _python(self, folder: str, name: str, member: str | None) -> tuple[str | None, bool]:
        if name.startswith("."):
            level = len(name) - len(name.lstrip("."))
            for _ in range(level - 1):
                folder = posixpath.dirname(folder)
            return self._python_at(folder, name.lstrip("."), member)
        for root in self._python_roots(folder):
            found = self._python_at(root, name, member)
            if found[0] is not None:
                return found
        return None, False

    def _python_roots(self, folder: str) -> Iterable[str]:
        """Folders that may be on `sys.path`: ancestors that are no packages, then usual roots."""
        seen: list[str] = []
        current = folder
        while True:
            if current not in self._packages:
                seen.append(current)
            if current in ("", "/"):
                break
            current = posixpath.dirname(current)
        for root in tuple(seen):
            for name in _SOURCE_FOLDERS:
                candidate = f"{root}/{name}" if root else name
                if candidate in self._folders and candidate not in self._packages:
                    seen.append(candidate)
        return seen

    def _python_at(self, root: str, name: str, member: str | None) -> tuple[str | None, bool]:
        base = posixpath.join(root, *name.split(".")) if name else root
        if member is not None and member != "*":
            # Of a package and a module with one name, Python imports the package.
            for candidate in (f"{base}/{member}/__init__.py", f"{base}/{member}.py"):
                if candidate.lstrip("/") in self._paths:
                    # A package's own `__init__` may define the member; the caller looks there first.
                    return candidate.lstrip("/"), True
        for candidate in (f"{base}/__init__.py", f"{base}.py"):
            if candidate.lstrip("/") in self._paths:
                return candidate.lstrip("/"), False
        return None, False

    def python_module(self, importer: str, name: str) -> str | None:
        """Like `python`, for the module alone."""
        return self.python(importer, name)[0]

    def is_python_package(self, importer: str, name: str) -> bool:
        """Whether `name` is a folder of the review without `__init__.py` (a namespace package)."""
        return any(
            posixpath.join(root, *name.split(".")) in self._folders
            for root in self._python_roots(posixpath.dirname(importer))
        )

    def script(self, importer: str, name: str) -> str | None:
        """The file that a JavaScript import text means, or `None` when it is not part of the review."""
        key = (posixpath.dirname(importer), name)
        if key not in self._known_scripts:
            self._known_scripts[key] = self._script(importer, name)
        return self._known_scripts[key]

    def _script(self, importer: str, name: str) -> str | None:
        if name.startswith("."):
            return self._script_at(posixpath.normpath(posixpath.join(posixpath.dirname(importer), name)))
        if name.startswith("/"):
            return None
        found = self._aliased(importer, name)
        if found is not None:
            return found
        if name.startswith(("@/", "~/")):
            # What bundlers and frameworks take these for unless they are told otherwise.
            return self._from_above(importer, name[2:], ("", "src", "app"))
        # `baseUrl: "src"` and the like: a path that exists from an ancestor and has a slash.
        if "/" in name and not name.startswith("@"):
            return self._from_above(importer, name, ("", "src"))
        return None

    def _aliased(self, importer: str, name: str) -> str | None:
        """The file behind the first alias that leads to one; of several folders, the importer's own first."""
        near = importer.split("/")
        for prefix, folders in self._aliases.items():
            start = prefix.rstrip("/")
            below = prefix if prefix[-1:] in "/~#$" else f"{start}/"
            if start and name != start and not name.startswith(below):
                continue
            rest = name[len(start) :].lstrip("/")
            for folder in sorted(folders, key=lambda each: -_shared(each.split("/"), near)):
                for base in (folder, posixpath.join(folder, "src")):
                    found = self._script_at(posixpath.normpath(posixpath.join(base, rest)))
                    if found is not None:
                        return found
        return None

    def _from_above(self, importer: str, name: str, roots: tuple[str, ...]) -> str | None:
        folder = posixpath.dirname(importer)
        while True:
            for root in roots:
                found = self._script_at(posixpath.normpath(posixpath.join(folder, root, name)))
                if found is not None:
                    return found
            if not folder:
                return None
            folder = posixpath.dirname(folder)

    def _script_at(self, base: str) -> str | None:
        if base in self._paths:
            return base
        stem, ending = posixpath.splitext(base)
        for other in _COMPILED.get(ending, ()):
            if stem + other in self._paths:
                return stem + other
        for ending in _SCRIPT_ENDINGS:
            if base + ending in self._paths:
                return base + ending
        for index in _SCRIPT_INDEXES:
            candidate = index.lstrip("/") if base in ("", ".") else base + index
            if candidate in self._paths:
                return candidate
        return None


def _shared(left: list[str], right: list[str]) -> int:
    """How many folders two paths have in common from the root."""
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count
