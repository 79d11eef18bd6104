"""Collects what one control changes, and makes a plan of it."""

import posixpath
import re
from collections.abc import Container, Mapping, Sequence
from importlib.resources import files

from tree_sitter import Node

from rearguard.findings import Edit
from rearguard.implement import layout, manifests
from rearguard.implement.application import Application
from rearguard.implement.plan import File, Package, Plan, PresentError, RefusedError
from rearguard.implement.runners import runner
from rearguard.link import function_id
from rearguard.program import MODULE_BODY
from rearguard.repair import RepairError, Tree, apply
from rearguard.repair.imports import import_python, import_script

__all__ = ["Draft", "template"]

_FIELD = re.compile(r"@@(\w+)@@")
_LINE = re.compile(r"^@@(\w+)@@\n", re.MULTILINE)
_TYPE = re.compile(r"@@(: [^@\n]+)@@")
_STRING = re.compile(r"""("[^"\n]*")|'([^'"\n]*)'|('[^'\n]*')""")
"""Texts in double quotes, in single ones, and in single ones around double ones, which stay."""

_OUTSIDE_IN = {
    "security-headers": ("securityHeaders",),
    "audit-log": ("auditLog", "AuditLog"),
    "cors": ("crossOrigin", "install_cors"),
    "rate-limit": ("loginLimit", "requestLimit", "RateLimits"),
    "csrf": ("refuseCrossSite", "CrossSiteRequests"),
    "jwt-refresh": ("authRouter",),
}
"""What each control registers, in the order in which requests should meet them, whichever was put in first:
a refusal carries the headers and stands in the trail.
"""
_NOTES = re.compile(
    r"[\w.]+\.use\(\s*(?:\w*(?:morgan|log(?:ger|ging)?|pino|compress|response_?time|request_?id)\w*)\s*[(.)]",
    re.IGNORECASE,
)
"""What takes part in every answer and gives none itself: logs, times, compression."""
_PYTHON_NEEDS = re.compile(
    rb"os\.environ\[\s*['\"]([A-Z][A-Z0-9_]+)['\"]\s*\]|\brequired?\w*\(\s*['\"]([A-Z][A-Z0-9_]{3,})['\"]"
    # An error that begins with its name, as that of our audit trail.
    rb"|\braise \w+\(\s*f?['\"]([A-Z][A-Z0-9_]{3,})\b(?= must| is not| needs| has to)"
)
_SCRIPT_NEEDS = re.compile(
    rb"\brequired?\w*\(\s*['\"]([A-Z][A-Z0-9_]{3,})['\"]|process\.env\.([A-Z][A-Z0-9_]{3,})(?!\w|\s*(?:\|\||\?\?|===|!==))"
)


def template(path: str, fields: Mapping[str, str], *, typed: bool = False) -> str:
    """A template of this room, its fields filled; only TypeScript keeps annotations, `@@: Type@@`."""
    text = (
        files("rearguard.implement")
        .joinpath("data", path.removesuffix(".txt") + ".txt")
        .read_text(encoding="utf-8")
    )
    text = _TYPE.sub(lambda match: match[1] if typed else "", text)
    text = _LINE.sub(lambda match: match[0] if fields[match[1]] else "", text)
    text = _FIELD.sub(lambda match: fields[match[1]], text)
    lines = "\n\n\n" if path.endswith(".py") else "\n\n"
    return re.sub(r"\n{3,}", lines, text.lstrip("\n")).rstrip("\n") + "\n"


class Draft:
    """The changes of one control in the making."""

    def __init__(self, control: str, app: Application, original: Mapping[str, bytes]) -> None:
        """`original` is what was read from the disk: repairs may have changed the program since."""
        self.control = control
        self.app = app
        self._original = original
        self._trees: dict[str, Tree] = {app.path: app.tree}
        self._edits: dict[str, list[tuple[Edit, str]]] = {}
        self._new: dict[str, tuple[str, str]] = {}
        self._packages: list[Package] = []
        self._seen: list[str] = []
        self._left: list[str] = []
        self._tests: list[str] = []
        self._brings: set[str] = set()

    # -- what is said -------------------------------------------------------------------------------

    def saw(self, text: str) -> None:
        """Something read in the application that decided how the control is put in."""
        self._seen.append(text)

    def leave(self, text: str) -> None:
        """Something that stays with a person."""
        self._left.append(text)

    def brings(self, *endpoints: str) -> None:
        """Endpoints that the control adds."""
        self._brings.update(endpoints)

    # -- what is changed ----------------------------------------------------------------------------

    def module(self, words: str, data: str, fields: Mapping[str, str], names: str, why: str) -> str:
        """Write a module beside the application and import `names` of it there; its path.

        Raises PresentError when the application imports it already, RefusedError when another file is in
        its place.
        """
        self.ask_present(words, names)
        place = layout.home(self.app, words)
        text = self._styled(template(data, fields, typed=self.app.is_typescript))
        existing = self._existing(place.path)
        if existing is not None and existing != text.encode():
            raise RefusedError(
                f"{place.path} exists with other content: move it away, or put its control in by hand"
            )
        self._new[place.path] = (text, why)
        self.import_into(self.app.path, place.path, names)
        return place.path

    def new_module(self, words: str, data: str, fields: Mapping[str, str], why: str) -> str:
        """Write a module that is named in settings, not imported; its path."""
        place = layout.home(self.app, words)
        text = template(data, fields)
        existing = self._existing(place.path)
        if existing is not None and existing != text.encode():
            raise RefusedError(f"{place.path} exists with other content: move it away first")
        self._new[place.path] = (text, why)
        return place.path

    def text(self, data: str) -> str:
        """A template without fields."""
        return template(data, {})

    def import_into(self, path: str, module: str, names: str) -> None:
        """Import `names` of a module of the project into one of its files."""
        tree = self.tree(path)
        if self.app.is_python:
            statement = layout.python_import(self.app, path, module).format(names=names)
            before = self._first_use(path)
            edits = layout.own_import(self.app, tree, statement, before)
            edits = edits or import_python(tree, statement, before=before)
        else:
            edits = import_script(tree, layout.script_import(self.app, tree, module).format(names=names))
        for each in edits:
            self._note(each, "imports it")

    def _first_use(self, path: str) -> int:
        """Where a module's imports have to be done: some import views at the end, after the application."""
        tree = self.tree(path)
        uses = ("function_definition", "class_definition", "decorated_definition")
        places = [node.start_byte for node in tree.root.named_children if node.type in uses]
        if path == self.app.path:
            places.append(self.app.statement.start_byte)
        return min(places, default=len(tree.source.text))

    def name_of(self, module: str) -> str:
        """How a test names a module of the project."""
        if self.app.is_python:
            return layout.import_root(self.app, module, tests=self.app.framework != "django")[1]
        return layout.relative(module, self._script_folder())

    def ask_present(self, words: str, names: str) -> None:
        """Raises PresentError when the application uses what such a module gives, wherever that lies by now,
        and RefusedError when it uses one of the names for something else.
        """
        place = layout.home(self.app, words)
        if self._existing(place.path) is not None and self._imports(place, names):
            raise PresentError(f"{place.path} is there and {self.app.path} uses it")
        known = self._names_in(self.app.path)
        first = re.split(r"[ ,:]", names)[0]
        if first in known:
            defines = re.compile(
                rf"^(?:export )?(?:def|class|function|const) {first}\b".encode(), re.MULTILINE
            )
            for path, source in sorted(self.app.program.sources.items()):
                if path != self.app.path and first in self._names_in(path) and defines.search(source.text):
                    raise PresentError(f"{path} has {first}, and {self.app.path} uses it")
        for name in re.findall(r"\w+", names):
            if name in known:
                raise RefusedError(f"{self.app.path} uses the name {name} for something else")

    def _names_in(self, path: str) -> Container[str]:
        """Names that a module has at its top."""
        body = self.app.program.view.linker.functions.get(function_id(path, MODULE_BODY))
        return body.locals if body is not None else ()

    def _imports(self, place: layout.Home, names: str) -> bool:
        first = re.split(r"[ ,:]", names)[0]
        stem = posixpath.splitext(posixpath.basename(place.path))[0]
        text = self.app.tree.source.text.decode("utf-8", "replace")
        return bool(re.search(rf"\b{re.escape(first)}\b", text)) and stem in text

    def _styled(self, text: str) -> str:
        """Text in the quotes of the project; templates of JavaScript are written with single ones."""
        if self.app.is_python or self.app.tree.quote == "'":
            return text
        return _STRING.sub(lambda m: m[1] or m[3] or f'"{m[2]}"', text)

    def _existing(self, path: str) -> bytes | None:
        file = self.app.root / path
        return file.read_bytes() if file.is_file() else None

    def after_construction(self, lines: str, why: str) -> None:
        """Statements directly after the one that makes the application."""
        self._note(self._after(self.app.tree, self.app.statement, lines), why)

    def around(self, lines: str, why: str, *, outermost: bool = False) -> None:
        """Statements that add middleware to FastAPI, where what is added last meets a request first: after
        those of ours that it has to be around; with `outermost`, after all that is added beside the
        construction.
        """
        own, place = re.escape(self.app.variable), self.app.statement
        patterns = [rf"\b{name}\b" for name in self._registered(after=True)]
        if outermost:
            patterns += [
                rf"(?<![\w.]){own}\.(?:add_middleware|middleware)\(",
                rf"\w*middlewares?\w*\((?:[^()]*,\s*)?{own}\s*[,)]",
            ]
        adds = re.compile("|".join(patterns) or r"(?!)")
        for node in self.app.siblings():
            is_plain = node.type not in ("function_definition", "class_definition", "return_statement")
            if node.start_byte > place.start_byte and is_plain and adds.search(self.app.tree.text(node)):
                place = node
        self._note(self._after(self.app.tree, place, lines), why)

    def _registered(self, *, after: bool) -> tuple[str, ...]:
        """What controls register that requests should meet before this one, or `after` it."""
        names = list(_OUTSIDE_IN)
        at = names.index(self.control) if self.control in names else len(names)
        chosen = names[at + 1 :] if after else names[:at]
        return tuple(each for name in chosen for each in _OUTSIDE_IN[name])

    def after_configuration(self, lines: str, why: str) -> None:
        """Statements after the last one beside the construction that configures the application."""
        name, tree = re.escape(self.app.variable), self.app.tree
        configures = re.compile(
            rf"(?<![\w.]){name}\.config\.(?:from_\w+|update|setdefault)\(|(?<![\w.]){name}\.config\[[^\]]+\]\s*=(?!=)"
            rf"|\w*config\w*\((?:[^()]*,\s*)?{name}\s*[,)]",
            re.IGNORECASE,
        )
        place = self.app.statement
        for node in self.app.siblings():
            text = tree.text(node)
            is_plain = not node.type.endswith("_definition") and "__name__" not in text.partition("\n")[0]
            if node.start_byte > place.start_byte and is_plain and configures.search(text):
                place = node
        self._note(self._after(tree, place, lines), why)

    def before_registrations(self, lines: str, why: str) -> None:
        """Statements before the first middleware or route beside the construction, else directly after it;
        but after controls of ours that requests should meet before.
        """
        beside = self.app.beside()
        if not beside:
            self.after_construction(lines, why)
            return
        outer = re.compile("|".join(rf"\b{name}\b" for name in self._registered(after=False)) or r"(?!)")
        met = [node for node in beside if outer.search(self.app.tree.text(node).partition("=>")[0])]
        met = met or self._own_headers(beside)
        if met:
            self._note(self._after(self.app.tree, met[-1], lines), why)
            return
        self._note(self.app.tree.before(beside[0], lines), why)

    def _own_headers(self, beside: Sequence[Node]) -> list[Node]:
        """What puts the application's own protective headers on answers, as far as nothing that may answer by
        itself stands before it: what we refuse carries them then. Of headers further down a person is told.
        """
        tree = self.app.tree
        setting = [node for node in beside if self.app.sets_headers(node)]
        if not setting or self.control == "security-headers":
            return []
        before = [node for node in beside if node.start_byte < setting[-1].start_byte]
        if all(node in setting or _NOTES.match(tree.text(node)) for node in before):
            return setting
        line = tree.source.line_of(setting[0].start_byte)
        self.leave(
            f"{self.app.path}:{line}: headers are set after what may answer without them: move this line "
            "up, so that every refusal carries them."
        )
        return []

    def after_registrations(self, lines: str, why: str) -> None:
        """Statements after the last middleware or route of the application's file."""
        found = self.app.registrations()
        if not found:
            raise RefusedError(
                f"{self.app.path}: nothing is registered on {self.app.variable} in this file, so the "
                f"place after "
                "all routes cannot be told"
            )
        last = found[-1]
        parent = last.parent
        while parent is not None and parent.type in ("if_statement", "statement_block", "else_clause"):
            if parent.type == "if_statement":
                raise RefusedError(
                    f"{self.app.path}:{self.app.tree.source.line_of(last.start_byte)}: the last registration "
                    "stands in a condition, so no place is after all routes"
                )
            parent = parent.parent
        self._note(self._after(self.app.tree, last, lines), why)

    def _after(self, tree: Tree, statement: Node, lines: str) -> Edit:
        try:
            return tree.after(statement, lines)
        except RepairError as error:
            line = tree.source.line_of(statement.start_byte)
            raise RefusedError(f"{tree.source.path}:{line}: {error}") from None

    def edit(self, each: Edit, why: str) -> None:
        """One edit of a source of the program."""
        self._note(each, why)

    def tree(self, path: str) -> Tree:
        """The syntax tree of a source."""
        if path not in self._trees:
            self._trees[path] = Tree(self.app.program.sources[path])
        return self._trees[path]

    def _note(self, each: Edit, why: str) -> None:
        self._edits.setdefault(each.span.path, []).append((each, why))

    def package(self, package: Package) -> None:
        """A package that the application will need."""
        self._packages.append(package)

    # -- tests --------------------------------------------------------------------------------------

    def test(self, words: str, data: str, fields: Mapping[str, str]) -> None:
        """Write the test that was red and is green."""
        self._needs()
        if self.app.is_python:
            self._python_test(words, data, fields)
        else:
            self._script_test(words, data, fields)

    def _needs(self) -> None:
        """Tell which environment the application asks for when it starts, as far as it is written out."""
        pattern = _PYTHON_NEEDS if self.app.is_python else _SCRIPT_NEEDS
        names: set[str] = set()
        for source in self.app.texts(*(("python",) if self.app.is_python else ("javascript", "typescript"))):
            names |= {each.decode() for match in pattern.findall(source.text) for each in match if each}
        told = f" ({', '.join(sorted(names)[:6])})" if names else ""
        note = f"The test starts the application: give it the environment that it needs{told}."
        if names and note not in self._left:
            self._left.append(note)

    def _python_test(self, words: str, data: str, fields: Mapping[str, str]) -> None:
        if self.app.framework == "django":
            manage = (
                self.app.package_root
                if (self.app.root / self.app.package_root / "manage.py").is_file()
                else ""
            )
            start = layout.PythonStart(manage, "")
        else:
            start = layout.python_start(self.app, fixtures=self.app.framework == "flask")
        folder = layout.tests_folder(self.app, start.folder)
        path = posixpath.join(folder, f"test_{words.replace(' ', '_')}.py")
        fixture = self._served(start.fixture) if self.app.framework == "flask" else ""
        text = template(data, {**fields, "start": start.lines, "fixture": fixture})
        text = re.sub(r"\n+(@pytest\.fixture\ndef served\()", r"\n\n\n\1", text)
        self._new[path] = (text, "was red before, is green after")
        target = posixpath.relpath(path, start.folder or ".")
        cd = f"cd {start.folder} && " if start.folder else ""
        if self.app.framework == "django" and (self.app.root / start.folder / "manage.py").is_file():
            self._tests.append(f"{cd}python manage.py test {target.removesuffix('.py').replace('/', '.')}")
        else:
            self._tests.append(f"{cd}python -m pytest {target}")

    def _served(self, fixture: str) -> str:
        """The fixture that gives Flask's application to our tests: what fails in it is an answer too."""
        made = fixture or "app"
        takes = f"{fixture}: Flask, request: pytest.FixtureRequest, " if fixture else ""
        lines = [f"def served({takes}monkeypatch: pytest.MonkeyPatch) -> Flask:"]
        if self.control != "error-handling":
            # Pages for errors may need a database, which these tests do not ask for.
            bare = "defaultdict(lambda: defaultdict(dict))"
            lines.append(f"    monkeypatch.setattr({made}, 'error_handler_spec', {bare})")
        for name in ("TESTING", "PROPAGATE_EXCEPTIONS"):
            lines += [f"    monkeypatch.setitem({made}.config, '{name}', False)"]
        if fixture:
            lines += [
                "    # Its own context: what others left in theirs, such as who is logged in, plays no part.",
                f"    context = {made}.app_context()",
                "    context.push()",
                "    request.addfinalizer(context.pop)",
            ]
        text = "\n".join((*lines, f"    return {made}"))
        return "@pytest.fixture\n" + text.replace("'", '"') + "\n"

    def _script_test(self, words: str, data: str, fields: Mapping[str, str]) -> None:
        base = self.app.package_root
        folder, run = self._script_folder(), runner(self.app)
        start = layout.script_start(self.app, folder)
        helper = posixpath.join(folder, "serve-app.mjs")
        makers = ", ".join(f"'{name}'" for name in start.makers)
        text = run.helper(template("express/serve-app.mjs", {"entry": start.entry, "makers": makers}))
        existing = self._existing(helper)
        if existing is not None and b"export async function serve" not in existing:
            raise RefusedError(f"{helper} exists with other content: move it away first")
        if existing is None:
            self._new[helper] = (self._styled(text), "starts the application for the test")
        path = posixpath.join(folder, f"{words.replace(' ', '-')}{run.ending}")
        self._new[path] = (self._styled(run.test(template(data, fields))), "was red before, is green after")
        needs_loader = self.app.is_typescript and run.name == "node"
        if needs_loader and not manifests.declared(self.app.manifests, "tsx"):
            self.package(Package("tsx", "^4.23.0", "runs the TypeScript sources in the test", dev=True))
        target = posixpath.relpath(path, base or ".")
        cd = f"cd {base} && " if base else ""
        self._tests.append(cd + run.command(target, typescript=needs_loader))

    def _script_folder(self) -> str:
        """Where tests in JavaScript go."""
        base, own = self.app.package_root, runner(self.app).folder
        return posixpath.join(base, own) if own else layout.tests_folder(self.app, base)

    # -- the plan -----------------------------------------------------------------------------------

    def plan(
        self, repaired: Mapping[str, tuple[bytes, str]], told: Sequence[str], left: Sequence[str]
    ) -> Plan:
        """Everything together, with files that were repaired before and what is said of it.

        Raises RefusedError when edits do not fit.
        """
        found = [
            File(path, self._original[path], text, why)
            for path, (text, why) in repaired.items()
            if path not in self._edits
        ]
        for path, (text, why) in self._new.items():
            before = self._existing(path)
            if before is not None and before != text.encode():
                raise RefusedError(f"{path} exists with other content: move it away first")
            found.append(File(path, before, text.encode(), why))
        for path, noted in self._edits.items():
            source = self.app.program.sources[path]
            reasons = "; ".join(dict.fromkeys(why for _, why in noted if why))
            if path in repaired:
                reasons = f"{repaired[path][1]}; {reasons}"
            edited = apply(source.text, [each for each, _ in noted])
            found.append(File(path, self._original[path], edited, reasons))
        install = self._install(found)
        order = sorted(
            found, key=lambda file: (file.is_new and "test" in file.path, file.is_new is False, file.path)
        )
        return Plan(
            self.control,
            self.app.name,
            (*self._seen, *told),
            tuple(order),
            tuple(self._packages),
            (*install, *self._tests),
            (*self._left, *left),
            frozenset(self._brings),
        )

    def _install(self, found: list[File]) -> tuple[str, ...]:
        """Put packages into the manifest; what installs them."""
        known = dict(self.app.manifests)
        missing = [p for p in self._packages if not manifests.declared(self.app.manifests, p.name)]
        changed: dict[str, bytes] = {}
        by_hand: list[Package] = []
        for package in missing:
            answer = manifests.add_package(known, self.app.package_root, package, python=self.app.is_python)
            if answer is None:
                by_hand.append(package)
                continue
            path, text = answer
            known[path] = changed[path] = text
        for path, text in changed.items():
            found.append(File(path, self.app.manifests[path], text, "names the packages"))
        if not missing:
            return ()
        root = self.app.package_root
        cd = f"cd {root} && " if root else ""
        if not self.app.is_python:
            return (f"{cd}npm install",)
        if by_hand:
            return (cd + "pip install " + " ".join(f"'{p.name}{p.version}'" for p in by_hand),)
        return tuple(f"{cd}{_installs(posixpath.basename(path), text)}" for path, text in changed.items())


def _installs(manifest: str, text: bytes) -> str:
    if manifest.startswith("requirements"):
        return f"pip install -r {manifest}"
    if manifest == "Pipfile":
        return "pipenv install"
    if b"[tool.poetry.dependencies]" in text and not re.search(rb"^\[project\]", text, re.MULTILINE):
        return "poetry lock && poetry install"
    return "pip install -e ."
