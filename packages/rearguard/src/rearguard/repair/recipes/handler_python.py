"""Rewriting a handler of FastAPI or Flask step by step: who calls, which object, what body, what error.

https://fastapi.tiangolo.com/tutorial/dependencies/, https://docs.pydantic.dev/latest/concepts/models/,
https://flask.palletsprojects.com/en/stable/errorhandling/
"""

import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from rearguard.findings import Edit
from rearguard.program import Op, Param
from rearguard.repair.context import RepairContext
from rearguard.repair.helpers import logging_of, random_id, top_level
from rearguard.repair.imports import import_python, imported, sort_key
from rearguard.repair.recipes.callers import CHANGES, Caller, python_caller
from rearguard.repair.recipes.fields import Field, check_shapes, pydantic_model
from rearguard.repair.recipes.generic_error import LOGS, details_of, without
from rearguard.repair.syntax import RepairError, Tree, indented, quoted

__all__ = ["PythonHandler"]

_GUARD = re.compile(
    r"(?:\w+\.)?(?:login_required|auth_required|require_\w*(?:auth|login|user)\w*|jwt_required\(\))"
)
_LITERAL = r"-?\d+(?:\.\d+)?|True|False|None|'[^'\\]*'|\"[^\"\\]*\""
_CALLER = re.compile(
    r"Depends\(\s*\w*(?:current|user|auth)\w*\s*\)|^\w+\s*:\s*\w*(?:Current|Auth)\w*User\w*$"
)


@dataclass(frozen=True, slots=True)
class _Use:
    """One place that takes a field out of the body."""

    node: Node
    field: str
    required: bool


class PythonHandler:
    """One handler. Each step adds edits; `fix` gives them."""

    def __init__(self, context: RepairContext) -> None:
        if context.route is None or not context.handler:
            raise RepairError("the handler is not known")
        self.context = context
        self.route = context.route
        self.is_flask = self.route.framework.startswith("flask")
        if not self.is_flask and self.route.framework not in ("fastapi", "starlette"):
            raise RepairError("handlers of this framework are not rewritten")
        self.fid = context.handler
        self.tree: Tree = context.tree(context.path(self.fid))
        self.function = context.view.function(self.fid)
        self.node = self.tree.at(self.function.start, self.function.end)
        if self.node.type == "decorated_definition":
            self.node = self.node.named_children[-1]
        body = self.node.child_by_field_name("body")
        parameters = self.node.child_by_field_name("parameters")
        if body is None or parameters is None or self.node.type != "function_definition":
            raise RepairError("the handler is not a plain function")
        self.body, self.parameters = body, parameters
        self.statements = [n for n in body.named_children if n.type != "comment"]
        if self.statements and self.statements[0].type == "expression_statement" and self.function.doc:
            self.statements = self.statements[1:]
        if not self.statements:
            raise RepairError("the handler is empty")
        self.edits: list[Edit] = []
        self._imports: dict[str, set[str]] = {}
        self._added: list[str] = []
        """Parameters to add."""
        self._changed: dict[int, str] = {}
        """Offset of a parameter -> what it becomes."""
        self._first: list[str] = []
        self._models: list[str] = []
        self._caller: Caller | None = None
        self._numbers: set[str] = set()
        """Path parameters that `identify` made numbers."""

    # -- words ------------------------------------------------------------------------------------

    def refusal(self, status: int, message: str) -> str:
        """The statement that ends the request, as the handler does it already."""
        text = quoted(message, self.tree.quote)
        written = self.tree.text(self.body)
        if not self.is_flask:
            return f"raise {self._name('fastapi.HTTPException')}({status}, {text})"
        match = re.search(
            r"return (jsonify\(\{\s*(['\"])(\w+)\2:|jsonify\((\w+)=|\{\s*(['\"])(\w+)\5:)[^\n]*, 4\d\d",
            written,
        )
        if match is not None:
            key = match[3] or match[4] or match[6]
            if match[4]:
                return f"return jsonify({key}={text}), {status}"
            pair = f"{{{self.tree.quote}{key}{self.tree.quote}: {text}}}"
            return f"return {'jsonify(' + pair + ')' if match[3] else pair}, {status}"
        return f"{self._name('flask.abort')}({status})"

    def _name(self, path: str) -> str:
        """What the file calls an API path; imports it if it must."""
        name, edits = imported(self.context, self.tree, path)
        self.edits += [e for e in edits if e not in self.edits]
        return name

    def _import(self, module: str, *names: str) -> None:
        """Import names of one module in one statement."""
        known = self.context.module_names(self.tree.source.path)
        missing = {name for name in names if name not in known}
        if missing:
            self._imports.setdefault(module, set()).update(missing)

    def caller(self) -> Caller:
        """How the caller is known here. Raises RepairError when the project does not say."""
        if self._caller is None:
            self._caller = self._flask_caller() if self.is_flask else self._fastapi_caller()
        return self._caller

    def _flask_caller(self) -> Caller:
        known = self.context.module_names(self.tree.source.path)
        found = python_caller(
            self.context.sources.values(), ("g.user", "g.current_user", "current_user", "request.user")
        )
        if found is None:
            raise RepairError("nothing in the project says who calls")
        root = found.present.partition(".")[0]
        if root not in known:
            self._name({"g": "flask.g", "request": "flask.request"}.get(root, f"flask_login.{root}"))
        return found

    def _fastapi_caller(self) -> Caller:
        own = [p for p in self.function.params if _CALLER.search(self._written(self.fid, p))]
        name = own[0].name if own else self._principal()
        found = python_caller(self.context.sources.values(), (name,))
        if found is None:
            found = Caller(name, f"{name}.id", "")
        return found

    def _written(self, fid: str, param: Param) -> str:
        source = self.context.sources[self.context.path(fid)]
        return source.slice(param.start, param.end)

    # -- steps ------------------------------------------------------------------------------------

    def authenticate(self) -> None:
        """Ask for a login the way other endpoints do."""
        if self.is_flask:
            self._decorate()
        elif not self._depend():
            self.caller()

    def identify(self) -> None:
        """Check the form of identifiers in the path."""
        for param in self.function.params:
            channel = self.route.inputs.get(param.name, "").partition(":")[0]
            if channel != "path" or param.annotation_text not in ("", "str"):
                continue
            self._identify(param)

    def own(self, owner: str) -> None:
        """Refuse callers whose object it is not; `owner` as in `ScriptHandler.own`."""
        caller = self.caller()
        if owner in ("id", "pk", ""):
            named = [p for p in self.function.params if self.route.inputs.get(p.name, "").startswith("path")]
            if not named:
                raise RepairError("which part of the request names the account is not seen here")
            identifier = named[0].name
            condition = f"str({caller.identifier}) != str({identifier})"
            if self._is_number(named[0]):
                condition = f"{caller.identifier} != {identifier}"
            if caller.not_privileged:
                condition += f" and {caller.not_privileged}"
            self._first.append(f"if {condition}:\n    {self.refusal(403, 'Forbidden')}\n")
            return
        self._own_object(caller, owner)

    def validate(self) -> None:
        """Read the body through a pydantic model."""
        holder, statement, param = self._body()
        uses = list(self._uses(holder))
        if not uses:
            raise RepairError("which fields the body may have is not seen here")
        fields = self._fields(uses)
        required = {field.name: field.required or bool(field.default) for field in fields}
        check_shapes(fields)
        model = self._model(fields)
        name = holder
        if not holder.isidentifier():
            name = "data" if "data" not in self.function.locals else "received"
        if self.is_flask:
            self._validated(name, statement, model)
        elif param is not None:
            self._changed[param.start] = f"{holder}: {model}"
        elif statement is not None:
            line = self.tree.line_start(statement.start_byte), self.tree.line_end(statement.end_byte - 1)
            self.edits.append(self.tree.edit(*line, ""))
            self._replace_request(f"{holder}: {model}", statement)
        self._fields_of_model(name, uses, required)

    def record(self) -> None:
        """Log errors under an id that the client gets too, and nothing else of them."""
        for node in self.tree.walk(self.body):
            if node.type == "except_clause" and self.tree.function(node) == self.node:
                self._record(node)

    def fix(self) -> list[Edit]:
        """All edits."""
        if self._first:
            self.edits.append(self.tree.before(self.statements[0], "".join(self._first)))
        if self._added or self._changed:
            self.edits.append(self._signature())
        imports = [
            each
            for module, names in self._imports.items()
            for each in import_python(
                self.tree, f"from {module} import {', '.join(sorted(names, key=sort_key))}"
            )
        ]
        self.edits = [*imports, *self.edits]
        if self._models:
            top = top_level(self.node)
            text = "\n\n".join(self._models)
            self.edits.append(self.tree.insert(self.tree.line_start(top.start_byte), f"{text}\n\n"))
        return self.edits

    # -- authentication ---------------------------------------------------------------------------

    def _decorate(self) -> None:
        """The decorator that guards other routes, above the function and below the registration."""
        known = self.context.module_names(self.tree.source.path)
        for route in self.context.routes:
            for link in route.chain:
                if link.how != "decorator" or not _GUARD.fullmatch(link.label):
                    continue
                name = link.label.partition(".")[0].partition("(")[0]
                if name not in known:
                    module = self._home(name)
                    if not module:
                        continue
                    self._import(module, name)
                start = self.tree.line_start(self.node.start_byte)
                indent = self.tree.indent(self.node.start_byte)
                self.edits.append(self.tree.insert(start, f"{indent}@{link.label}\n"))
                return
        caller = self.caller()
        self._first.append(f"if not {caller.present}:\n    {self.refusal(401, 'Please log in')}\n")

    def _depend(self) -> bool:
        """Give the route the `dependencies` that every other route of its router has, if they agree."""
        own = self._registration(self.node)
        given: set[str] = set()
        for route in self.context.routes:
            if route.router != self.route.router or self.fid in route.handler.functions:
                continue
            for fid in route.handler.functions:
                function = self.context.view.function(fid)
                path = self.context.path(fid)
                tree = self.context.tree(path)
                call = self._registration(tree.at(function.start, function.end))
                match = re.search(r"dependencies=\[[^\]]*\]", tree.text(call)) if call is not None else None
                given.add(match[0] if match and path == self.tree.source.path else "")
        if own is None or len(given) != 1 or not (text := next(iter(given))):
            return False
        arguments = own.child_by_field_name("arguments")
        if arguments is None or not arguments.named_children:
            return False
        self.edits.append(self.tree.insert(arguments.named_children[-1].end_byte, f", {text}"))
        return True

    @staticmethod
    def _registration(node: Node) -> Node | None:
        """The call in the decorator that registers a handler."""
        holder = node if node.type == "decorated_definition" else node.parent
        if holder is None or holder.type != "decorated_definition":
            return None
        for child in holder.named_children:
            if child.type == "decorator" and child.named_children[0].type == "call":
                return child.named_children[0]
        return None

    def _home(self, name: str) -> str:
        """The module from which other files of the project import a name, or that defines it."""
        found: Counter[str] = Counter()
        for path, source in self.context.sources.items():
            if source.language != "python":
                continue
            text = source.text.decode("utf-8", "replace")
            for match in re.finditer(rf"^from ([\w.]+) import [^\n]*\b{name}\b", text, re.MULTILINE):
                found[match[1]] += 1
            if re.search(rf"^(?:(?:async )?def {name}\(|{name}\s*[:=])", text, re.MULTILINE):
                dotted = posixpath.splitext(path)[0].replace("/", ".").removesuffix(".__init__")
                found.setdefault(dotted, 0)
        plain = {module: count for module, count in found.items() if not module.startswith(".")}
        return min(plain.items(), key=lambda item: (-item[1], item[0]))[0] if plain else ""

    def _principal(self) -> str:
        """Add the parameter by which other handlers take the caller; its name."""
        written: Counter[str] = Counter()
        for route in self.context.routes:
            if route.framework != "fastapi":
                continue
            for fid in route.handler.functions:
                for param in self.context.view.function(fid).params:
                    text = " ".join(self._written(fid, param).split())
                    if _CALLER.search(text):
                        written[text] += 1
        if not written:
            raise RepairError("nothing in the project says who calls")
        text = min(written.items(), key=lambda item: (-item[1], item[0]))[0]
        known = self.context.module_names(self.tree.source.path)
        for name in re.findall(r"\b[A-Za-z_]\w*\b", text.partition(":")[2]):
            if name in known or name in dir(__builtins__):
                continue
            module = {"Depends": "fastapi", "Annotated": "typing"}.get(name) or self._home(name)
            if not module:
                raise RepairError(f"where `{name}` comes from is not seen")
            self._import(module, name)
        self._added.append(text)
        return text.partition(":")[0].strip()

    def _signature(self) -> Edit:
        """The parameters written anew: those without a default first, one a line where they do not fit."""
        texts: list[str] = []
        for node in self.parameters.named_children:
            text = self._changed.get(node.start_byte, self.tree.text(node))
            if text:
                texts.append(text)
        plain = [t for t in [*texts, *self._added] if "=" not in re.sub(r"\(.*\)|\[.*\]", "", t)]
        given = [t for t in [*texts, *self._added] if t not in plain]
        ordered = [*plain, *given] if not any(t.startswith("*") for t in texts) else [*texts, *self._added]
        line = self.tree.source.line_text(self.tree.source.line_of(self.parameters.start_byte))
        head = len(line.partition("(")[0])
        tail = len(self.function.returns) + 8
        joined = ", ".join(ordered)
        if (
            self.parameters.start_point[0] == self.parameters.end_point[0]
            and head + len(joined) + tail <= 100
        ):
            return self.tree.replace(self.parameters, f"({joined})")
        indent = self.tree.indent(self.parameters.start_byte)
        lines = "".join(f"{indent}    {text},\n" for text in ordered)
        return self.tree.replace(self.parameters, f"(\n{lines}{indent})")

    # -- identifiers ------------------------------------------------------------------------------

    def _is_number(self, param: Param) -> bool:
        """Whether a path parameter is a number, as it is or as `identify` makes it."""
        return (
            param.annotation_text == "int"
            or param.name in self._numbers
            or f"<int:{param.name}>" in self.route.path
        )

    def _numbered(self) -> bool:
        """Whether the class whose objects the handler looks up numbers them."""
        text = self.tree.text(self.body)
        match = re.search(r"\.get\(\s*([A-Z]\w+)\s*,|\b([A-Z]\w+)\.query\.|select\(\s*([A-Z]\w+)\s*\)", text)
        if match is None:
            return False
        name = match[1] or match[2] or match[3]
        for source in self.context.sources.values():
            if source.language == "python":
                body = source.text.decode("utf-8", "replace")
                found = re.search(rf"^class {name}\b.*?(?=^\S|\Z)", body, re.MULTILINE | re.DOTALL)
                if found and re.search(
                    r"^\s+(?:id|pk)\s*(?::\s*Mapped\[int\]|:\s*int\b|=\s*(?:\w+\.)?Column\(\s*(?:\w+\.)?(?:Big)?Integer)",
                    found[0],
                    re.MULTILINE,
                ):
                    return True
        return False

    def _identify(self, param: Param) -> None:
        node = self.tree.root.named_descendant_for_byte_range(param.start, param.end)
        if node is None:
            return
        if self.is_flask:
            self._converted(param)
        elif self._numbered():
            self._numbers.add(param.name)
            self._changed[param.start] = f"{param.name}: int"
        else:
            self._import("typing", "Annotated")
            self._import("fastapi", "Path")
            pattern = f"r{self.tree.quote}^[\\w-]{{1,64}}${self.tree.quote}"
            self._changed[param.start] = f"{param.name}: Annotated[str, Path(pattern={pattern})]"

    def _converted(self, param: Param) -> None:
        """Let the route's converter accept the right form only."""
        if not self._numbered():
            pattern = f"r{self.tree.quote}[\\w-]{{1,64}}{self.tree.quote}"
            fullmatch = self._name("re.fullmatch")
            answer = self.refusal(400, f"Invalid {param.name}")
            self._first.append(f"if not {fullmatch}({pattern}, {param.name}):\n    {answer}\n")
            return
        holder = self.node.parent
        for node in self.tree.walk(holder) if holder is not None else ():
            if node.type == "string" and f"<{param.name}>" in self.tree.text(node):
                text = self.tree.text(node).replace(f"<{param.name}>", f"<int:{param.name}>")
                self.edits.append(self.tree.replace(node, text))
                self._numbers.add(param.name)
                return
        raise RepairError("where the route's path is written is not seen from here")

    # -- ownership --------------------------------------------------------------------------------

    def _own_object(self, caller: Caller, owner: str) -> None:
        for node in self.tree.walk(self.body):
            if node.type != "if_statement":
                continue
            condition, answer = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
            if condition is None or answer is None or "404" not in self.tree.text(answer):
                continue
            match = re.fullmatch(r"([a-z_]\w*) is None|not ([a-z_]\w*)", self.tree.text(condition))
            if match is None:
                continue
            name = match[1] or match[2]
            quote = self.tree.quote
            subscripted = re.search(rf"\b{name}\[['\"]", self.tree.text(self.body)) is not None
            whose = f"{name}[{quote}{owner}{quote}]" if subscripted else f"{name}.{owner}"
            if not self._is_read(name):
                continue
            test = f"{self.tree.text(condition)} or {whose} != {caller.identifier}"
            self.edits.append(self.tree.replace(condition, test))
            return
        raise RepairError("the object is not looked up here before it is used; look it up with its owner")

    def _is_read(self, name: str) -> bool:
        """Whether a variable holds what was looked up, not what was changed already."""
        for node in self.tree.walk(self.body):
            if node.type == "assignment":
                left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
                if left is not None and right is not None and self.tree.text(left) == name:
                    last = self.tree.text(right).rpartition("(")[0].rpartition(".")[2]
                    return not CHANGES.search(last)
        return False

    # -- the body ---------------------------------------------------------------------------------

    def _body(self) -> tuple[str, Node | None, Param | None]:
        """The variable that holds the body, the statement that reads it, or the parameter that it is."""
        for param in self.function.params:
            if self.route.inputs.get(param.name, "").partition(":")[0] == "body":
                return param.name, None, param
        pattern = r"(?:await )?request\.(?:get_json\([^()]*\)|json(?:\(\))?)(?: or \{\})?"
        for node in self.tree.walk(self.body):
            if node.type != "assignment":
                continue
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is None or right is None or left.type != "identifier":
                continue
            if re.fullmatch(pattern, self.tree.text(right)):
                return self.tree.text(left), self.tree.statement(node), None
        inline = r"request\.(?:get_json\(\)|json)"
        for node in self.tree.walk(self.body):
            value = node.child_by_field_name("value") if node.type == "subscript" else None
            if value is not None and re.fullmatch(inline, self.tree.text(value)) and self.is_flask:
                return self.tree.text(value), None, None
        raise RepairError("the body is not read into a variable here")

    def _uses(self, holder: str) -> Iterator[_Use]:
        """Fields taken out of the body. Raises RepairError where it is used as a whole."""
        taken = 0
        for node in self.tree.walk(self.body):
            if node.type == "subscript":
                value, key = node.child_by_field_name("value"), node.child_by_field_name("subscript")
                if value is not None and key is not None and self.tree.text(value) == holder:
                    if key.type != "string":
                        raise RepairError("the body's fields are not all named")
                    taken += 1
                    yield _Use(node, self.tree.text(key).strip("'\""), True)
            elif node.type == "call":
                callee = node.child_by_field_name("function")
                arguments = node.child_by_field_name("arguments")
                if callee is None or arguments is None or self.tree.text(callee) != f"{holder}.get":
                    continue
                key = arguments.named_children[0]
                taken += 1
                yield _Use(node, self.tree.text(key).strip("'\""), False)
        seen = [n for n in self.tree.walk(self.body) if self.tree.text(n) == holder]
        whole = [n for n in seen if n.parent is None or self.tree.text(n.parent) != holder]
        if len(whole) - self._declared(holder) != taken:
            raise RepairError("the body is passed on as a whole, and which fields it may have is not seen")

    def _declared(self, holder: str) -> int:
        """How often the body's variable is assigned."""
        return sum(
            1
            for n in self.tree.walk(self.body)
            if n.type == "assignment"
            and (left := n.child_by_field_name("left")) is not None
            and self.tree.text(left) == holder
        )

    def _fields(self, uses: list[_Use]) -> list[Field]:
        """The fields, each required if it is taken without a default somewhere."""
        found: dict[str, Field] = {}
        for use in uses:
            default = self._default(use.node)
            literal = default if re.fullmatch(_LITERAL, default) and default != "None" else ""
            kind = self._annotated(use.node)
            held = found.get(use.field, Field(use.field, False, literal, kind))
            same = held.default == literal and not use.required
            found[use.field] = Field(
                use.field, held.required or use.required, literal if same else "", held.given or kind
            )
        return list(found.values())

    def _annotated(self, node: Node) -> str:
        """The type of the parameter that a field is given to, when that is a plain one."""
        view = self.context.view
        definitions = view.definitions(self.fid)
        for instr in definitions.values():
            if instr.op != Op.CALL:
                continue
            for position, number in enumerate(instr.args[1:]):
                given = definitions.get(number)
                if given is None or (given.start, given.end) != (node.start_byte, node.end_byte):
                    continue
                for fid in self.context.value(self.fid, instr.args[0]).functions:
                    params = view.function(fid).params
                    key = instr.keys[position] if instr.keys else None
                    named = [p for p in params if p.name == key] if key else params[position : position + 1]
                    for param in named:
                        if param.annotation_text in ("int", "str", "float", "bool"):
                            return param.annotation_text
        return ""

    def _model(self, fields: list[Field]) -> str:
        """Define the model before the handler; its name."""
        words = "".join(word.capitalize() for word in self.function.name.rpartition(".")[2].split("_"))
        taken = self.context.module_names(self.tree.source.path)
        name = next((n for n in (f"{words}In", f"{words}Body", f"{words}Data") if n not in taken), "")
        if not name:
            raise RepairError("no name for the schema is free")
        limited = any(field.kind not in ("flag", "date") for field in fields)
        if any(field.kind == "identifier" for field in fields):
            self._import("typing", "Annotated")
        self._import("pydantic", "BaseModel", "ConfigDict", *(("Field",) if limited else ()))
        if any(field.kind == "date" for field in fields):
            self._name("datetime.date")
        doc = f"What {self.route.method} {self.route.path} accepts."
        self._models.append(pydantic_model("BaseModel", "ConfigDict", "Field", name, doc, fields))
        return name

    def _validated(self, holder: str, statement: Node | None, model: str) -> None:
        """Flask: the body through the model, or an answer that names the fields and nothing else."""
        self._import("pydantic", "ValidationError")
        request = "request.get_json(silent=True)"
        fields = '[error["loc"] for error in invalid.errors()]'.replace('"', self.tree.quote)
        jsonify = self._name("flask.jsonify")
        lines = (
            f"try:\n    {holder} = {model}.model_validate({request})\n"
            f"except ValidationError as invalid:\n"
            f"    return {jsonify}(error={quoted('Invalid input', self.tree.quote)}, fields={fields}), 400"
        )
        if statement is None:
            self._first.append(f"{lines}\n")
            return
        text = indented(lines, self.tree.indent(statement.start_byte)).strip()
        self.edits.append(self.tree.replace(statement, text))

    def _replace_request(self, text: str, statement: Node) -> None:
        """Take the body as a parameter, in place of the request when nothing else needs that."""
        names = [
            n for n in self.tree.walk(self.body) if n.type == "identifier" and self.tree.text(n) == "request"
        ]
        inside = [n for n in names if statement.start_byte <= n.start_byte < statement.end_byte]
        for param in self.function.params:
            if param.name == "request" and len(names) == len(inside):
                self._changed[param.start] = text
                return
        self._added.append(text)

    def _fields_of_model(self, holder: str, uses: list[_Use], required: dict[str, bool]) -> None:
        """Read attributes; assign optional ones only if they were given."""
        for use in uses:
            value = f"{holder}.{use.field}"
            statement = self._assignment(use.node)
            if statement is not None and not required[use.field]:
                left = statement.named_children[0].child_by_field_name("left")
                indent = self.tree.indent(statement.start_byte)
                lines = (
                    f"if {value} is not None:\n{indent}    {self.tree.text(left)} = {value}" if left else ""
                )
                self.edits.append(self.tree.replace(statement, lines))
                continue
            default = self._default(use.node)
            text = value if required[use.field] or default in ("", "None") else ""
            self.edits.append(
                self.tree.replace(use.node, text or f"({value} if {value} is not None else {default})")
            )

    def _default(self, node: Node) -> str:
        arguments = node.child_by_field_name("arguments")
        if node.type != "call" or arguments is None or len(arguments.named_children) < 2:
            return ""
        return self.tree.text(arguments.named_children[1])

    def _assignment(self, node: Node) -> Node | None:
        """The statement `object.field = <node>`."""
        parent = node.parent
        if parent is None or parent.type != "assignment" or parent.parent is None:
            return None
        left, right = parent.child_by_field_name("left"), parent.child_by_field_name("right")
        if left is None or right is None or left.type != "attribute" or right.id != node.id:
            return None
        return parent.parent if parent.parent.type == "expression_statement" else None

    # -- errors -----------------------------------------------------------------------------------

    def _record(self, clause: Node) -> None:
        tree = self.tree
        body = next((n for n in clause.named_children if n.type == "block"), None)
        if body is None:
            return
        kinds = [n for n in clause.named_children if n.type not in ("block", "comment")]
        caught = ""
        named = tree.text(kinds[0]) if kinds else "Exception"
        if kinds and kinds[0].type == "as_pattern":
            alias = kinds[0].child_by_field_name("alias")
            caught = tree.text(alias) if alias is not None else ""
        statements = [n for n in body.named_children if n.type != "comment"]
        details = details_of(tree, body, caught) if caught else []
        details = [d for d in details if not self._is_cause(d)]
        logs = LOGS.search(tree.text(body)) is not None
        if not details and (logs or tree.text(body).strip() == "raise"):
            return
        if re.match(r"(?:Base)?Exception\b", named):
            self._let_answers_through(clause)
        identified = ""
        if not logs:
            log = logging_of(self.context, tree)
            new, edits = random_id(self.context, tree)
            self.edits += [e for e in (*log.edits, *edits) if e not in self.edits]
            identified = "error_id"
            call = log.error(f"{self.route.method} {self.route.path} failed", identified)
            line = f"{identified} = {new}\n{call}"
            self.edits.append(tree.before(statements[0], line))
        for index, detail in enumerate(details):
            self.edits.append(without(tree, detail, identified if not index else ""))
        if (
            statements
            and "from" not in tree.text(statements[-1])
            and statements[-1].type == "raise_statement"
        ):
            name = caught or "None"
            self.edits.append(tree.insert(statements[-1].end_byte, f" from {name}"))

    @staticmethod
    def _is_cause(node: Node) -> bool:
        """Whether the node is the `e` of `raise x from e`."""
        parent = node.parent
        return (
            parent is not None
            and parent.type == "raise_statement"
            and parent.named_children[-1].id == node.id
        )

    def _let_answers_through(self, clause: Node) -> None:
        """An answer raised inside `try` must not be taken for an error."""
        attempt = clause.parent
        inside = attempt.child_by_field_name("body") if attempt is not None else None
        if inside is None or attempt is None:
            return
        added = "".join(self._first)
        raises = re.search(r"\bHTTPException\(|\babort\(", self.tree.text(inside) + added) is not None
        handled = re.search(r"except\b[^\n]*HTTPException", self.tree.text(attempt)) is not None
        if not raises or handled:
            return
        path = "werkzeug.exceptions.HTTPException" if self.is_flask else "fastapi.HTTPException"
        name = self._name(path)
        indent = self.tree.indent(clause.start_byte)
        start = self.tree.line_start(clause.start_byte)
        self.edits.append(self.tree.insert(start, f"{indent}except {name}:\n{indent}    raise\n"))
