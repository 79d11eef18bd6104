"""Rewriting a handler of an Express application step by step: who calls, which object, what body, what error.

https://expressjs.com/en/guide/error-handling.html, https://joi.dev/api/, https://zod.dev/api,
https://mongoosejs.com/docs/api/mongoose.html#Mongoose.prototype.isObjectIdOrHexString()
"""

import re
from collections.abc import Iterator

from tree_sitter import Node

from rearguard.findings import Edit
from rearguard.link import Kind, function_id
from rearguard.program import MODULE_BODY, Op, Source, instructions
from rearguard.repair.context import RepairContext
from rearguard.repair.helpers import free_name, logging_of, random_id, top_level
from rearguard.repair.imports import import_script, in_block, is_module, script_module
from rearguard.repair.recipes.callers import CHANGES, Caller, script_caller
from rearguard.repair.recipes.fields import Field, check_shapes, joi_schema, zod_schema
from rearguard.repair.recipes.generic_error import LOGS, details_of, without
from rearguard.repair.recipes.layout import laid_out
from rearguard.repair.syntax import RepairError, Tree, indented, quoted

__all__ = ["ScriptHandler"]

_UPDATES = ("PUT", "PATCH")
_ANSWER = re.compile(r"\.status\(\s*[45]\d\d\s*\)\s*\.(json|send)\(\s*(?:\{\s*(\w+)\s*:)?")


class ScriptHandler:
    """One handler. Each step adds edits; `edits` are the repair."""

    def __init__(self, context: RepairContext) -> None:
        if context.route is None or not context.handler:
            raise RepairError("the handler is not known")
        self.context = context
        self.route = context.route
        self.fid = context.handler
        self.tree: Tree = context.tree(context.path(self.fid))
        function = context.view.function(self.fid)
        names = [param.name for param in function.params]
        if len(names) < 2 or any(name.startswith("$") for name in names[:2]):
            raise RepairError("the handler's request and response have no names")
        self.req, self.res = names[0], names[1]
        self.node = self.tree.at(function.start, function.end)
        body = self.node.child_by_field_name("body")
        if body is None or body.type != "statement_block":
            raise RepairError("the handler has no block to put statements into")
        self.body = body
        self.statements = [n for n in body.named_children if n.type != "comment"]
        if not self.statements:
            raise RepairError("the handler is empty")
        self.edits: list[Edit] = []
        self._imports: list[Edit] = []
        self._first: list[str] = []
        """Lines to put before the first statement."""
        self._checked: set[str] = set()

    # -- words ------------------------------------------------------------------------------------

    def refusal(self, status: int, message: str, more: str = "") -> str:
        """`return res.status(...)...` as the handler refuses already. `more` are further keys."""
        quote, semicolon = self.tree.quote, self.tree.semicolon
        match = _ANSWER.search(self.tree.text(self.body))
        text = quoted(message, quote)
        if match is not None and match[1] == "send" and match[2] is None and not more:
            return f"return {self.res}.status({status}).send({text}){semicolon}"
        key = match[2] if match is not None and match[2] else "error"
        if more:
            unit = self.tree.unit
            inside = f"\n{unit}{key}: {text},\n{unit}{more.removeprefix(', ')},\n"
            return f"return {self.res}.status({status}).json({{{inside}}}){semicolon}"
        return f"return {self.res}.status({status}).json({{ {key}: {text} }}){semicolon}"

    def unless(self, condition: str, answer: str) -> str:
        """An `if` of three lines."""
        return f"if ({condition}) {{\n{indented(answer, self.tree.unit)}}}\n"

    def caller(self) -> Caller:
        """How the caller is known. Raises RepairError when the project knows none."""
        found = script_caller(self.context.sources.values(), self.req, self.context.is_fragment)
        if found is None:
            raise RepairError("nothing in the project says who calls")
        return found

    # -- steps ------------------------------------------------------------------------------------

    def authenticate(self) -> None:
        """Refuse callers that nobody knows: the guard that other routes have, else a test of the caller."""
        guard = self._guard()
        if guard:
            handler = self._registered()
            self.edits.append(self.tree.insert(handler.start_byte, f"{guard}, "))
            return
        self._first.append(self.unless(f"!{self.caller().present}", self.refusal(401, "Please log in")))

    def identify(self) -> None:
        """Check the form of the identifiers in the path before anything is looked up."""
        for name in self._parameters():
            self._identify(name)

    def own(self, owner: str) -> None:
        """Refuse callers whose object it is not; `owner` is the field that says whose (`id`: the caller)."""
        caller = self.caller()
        if owner in ("id", "_id", ""):
            self._own_account(caller)
        else:
            self._own_object(caller, owner)

    def validate(self) -> None:
        """Put the body through a schema, and use only what it lets through."""
        uses = list(self._bodies())
        if not uses:
            return
        fields = self._fields(uses)
        changes = self.route.method in _UPDATES or self._updates({field.name for field in fields})
        fields = [Field(f.name, not changes) for f in fields]
        check_shapes(fields)
        schema, value = self._schema(fields), self._name("value", "input", "data")
        invalid = self._name("invalid", "problem")
        tree = self.tree
        if self._library() == "zod":
            parsed = self._name("parsed", "checked")
            check = f"const {parsed} = {schema}.safeParse({self.req}.body){tree.semicolon}\n"
            listed = (
                f", fields: {parsed}.error.issues.map((issue) => issue.path.join({tree.quote}.{tree.quote}))"
            )
            check += self.unless(f"!{parsed}.success", self.refusal(400, "Invalid input", listed))
            value = f"{parsed}.data"
        else:
            options = "{ abortEarly: false, allowUnknown: false }"
            taken = "value" if value == "value" else f"value: {value}"
            check = f"const {{ error: {invalid}, {taken} }} = {schema}.validate({self.req}.body, "
            check += f"{options}){tree.semicolon}\n"
            path = f"detail.path.join({tree.quote}.{tree.quote})"
            listed = f", fields: {invalid}.details.map((detail) => {path})"
            check += self.unless(invalid, self.refusal(400, "Invalid input", listed))
        self._before(self._outer(uses[0]), check)
        for use in uses:
            self.edits.append(tree.replace(use, value))
        if changes:
            self._only_given({field.name for field in fields}, value)

    def record(self) -> None:
        """Log errors under an id that the client gets too, and nothing else of them."""
        for clause in self._catches():
            self._record(clause)

    def fix(self) -> list[Edit]:
        """All edits."""
        if self._first:
            self.edits.insert(0, self.tree.before(self.statements[0], "".join(self._first)))
        statement = top_level(self.node)
        return laid_out(self.tree, statement, [*in_block(self._imports), *self.edits])

    # -- authentication ---------------------------------------------------------------------------

    def _registered(self) -> Node:
        """The handler's expression in the call that registers it."""
        value = self.route.handler.value
        if value is None or self.context.path(value[0]) != self.tree.source.path:
            raise RepairError("where the handler is registered is not seen from here")
        node = self.context.node(*value)
        if node.parent is None or node.parent.type != "arguments":
            raise RepairError("the handler is not registered in a call of its own")
        return node

    def _guard(self) -> str:
        """The name of a middleware that refuses unknown callers on other routes, if it can be named here."""
        path = self.tree.source.path
        variables = self.context.view.linker.variables.get(function_id(path, MODULE_BODY), {})
        links = [link for route in self.context.routes for link in route.chain]
        for name in sorted(variables):
            functions = {ref.id for ref in variables[name] if ref.kind is Kind.FUNCTION}
            for link in links:
                named = re.search(r"auth|login|logged|session|user", name, re.IGNORECASE)
                if named and link.label == name and functions & set(link.functions):
                    return name
        return self._imported_guard(links_of={link.label: link.functions for link in links})

    def _imported_guard(self, links_of: dict[str, tuple[str, ...]]) -> str:
        """A guard of another file, imported as its neighbours are; "" when there is none."""
        for label, functions in sorted(links_of.items()):
            if not re.fullmatch(
                r"(require|ensure|is|check)\w*(Auth|Login|LoggedIn|Authenticated|User)\w*", label
            ):
                continue
            if not functions or label in self.context.module_names(self.tree.source.path):
                continue
            home = self.context.path(functions[0])
            line = self._import_line(label, home)
            if line:
                self._import(import_script(self.tree, line))
                return label
        return ""

    def _import_line(self, name: str, home: str) -> str:
        """An import as other files of the project import the same name, seen from this file."""
        import posixpath

        folder = posixpath.dirname(self.tree.source.path)
        target = posixpath.relpath(posixpath.splitext(home)[0], folder or ".")
        if not target.startswith("."):
            target = f"./{target}"
        quote, semicolon = self.tree.quote, self.tree.semicolon
        if is_module(self.tree):
            ending = ".js" if b".js'" in self.tree.source.text or b'.js"' in self.tree.source.text else ""
            return f"import {{ {name} }} from {quote}{target}{ending}{quote}{semicolon}"
        return f"const {{ {name} }} = require({quote}{target}{quote}){semicolon}"

    # -- identifiers ------------------------------------------------------------------------------

    def _parameters(self) -> list[str]:
        """Path parameters that the handler reads, in order."""
        text = self.tree.text(self.body)
        found = re.findall(rf"\b{re.escape(self.req)}\.params\??\.(\w+)", text)
        for node in self._declared("params"):
            pattern = node.child_by_field_name("name")
            if pattern is not None and pattern.type == "object_pattern":
                found += [self.tree.text(n) for n in pattern.named_children if n.type.startswith("shorthand")]
        return list(dict.fromkeys(found))

    def _declared(self, member: str) -> Iterator[Node]:
        """Declarators whose value is `req.member`, possibly with a default."""
        for node in self.tree.walk(self.body):
            value = node.child_by_field_name("value") if node.type == "variable_declarator" else None
            if value is not None and re.match(
                rf"{re.escape(self.req)}\.{member}\b(?!\??\.)", self.tree.text(value)
            ):
                yield node

    def _holder(self, name: str) -> tuple[str, Node | None]:
        """The expression by which the handler reads a path parameter, and the statement that stores it."""
        direct = rf"{re.escape(self.req)}\.params\??\.{name}"
        for node in self.tree.walk(self.body):
            if node.type != "variable_declarator":
                continue
            value, pattern = node.child_by_field_name("value"), node.child_by_field_name("name")
            if value is None or pattern is None:
                continue
            if pattern.type == "identifier" and re.fullmatch(direct, self.tree.text(value)):
                return self.tree.text(pattern), self.tree.statement(node)
            if pattern.type == "object_pattern" and self.tree.text(value) == f"{self.req}.params":
                names = [self.tree.text(n) for n in pattern.named_children]
                if name in names:
                    return name, self.tree.statement(node)
        return f"{self.req}.params.{name}", None

    def _identify(self, name: str) -> None:
        if name in self._checked:
            return
        self._checked.add(name)
        holder, statement = self._holder(name)
        text = self.tree.text(self.body)
        if re.search(
            rf"(?:test|isValid\w*|validate|isUUID|isSafeInteger|isInteger)\([^)]*\b{re.escape(holder)}\b",
            text,
        ):
            return
        condition = self._form(name, holder)
        check = self.unless(condition, self.refusal(400, f"Invalid {name}"))
        self._after(statement, check)

    def _form(self, name: str, holder: str) -> str:
        """True when the identifier does not have the form that its store gives identifiers."""
        definitions = self.context.view.definitions(self.fid)
        names = {
            own
            for instr in definitions.values()
            if instr.op == Op.CALL
            for own in self.context.names(self.fid, instr.args[0])
        }
        if any(own.startswith("mongoose:") for own in names):
            module, edits = script_module(self.tree, "mongoose", "mongoose")
            self._import(edits)
            return f"!{module}.isObjectIdOrHexString({holder})"
        if re.search(
            rf"(?:Number|parseInt|Number\.parseInt)\(\s*{re.escape(holder)}\b", self.tree.text(self.body)
        ):
            return f"!/^[1-9]\\d{{0,15}}$/.test({holder})"
        sibling = r"/\^?\[0-9a-f\]\{8\}|requireUuid|isUUID|\.uuid\("
        if any(re.search(sibling, s.text.decode("utf-8", "replace")) for s in self._scripts()):
            return f"!/^[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$/i.test({holder})"
        return f"!/^[\\w-]{{1,64}}$/.test({holder})"

    def _scripts(self) -> list[Source]:
        return [s for s in self.context.sources.values() if s.language in ("javascript", "typescript", "tsx")]

    # -- ownership --------------------------------------------------------------------------------

    def _own_account(self, caller: Caller) -> None:
        names = self._parameters()
        if not names:
            raise RepairError("which part of the request names the account is not seen here")
        holder, statement = self._holder(names[0])
        condition = f"String({caller.identifier}) !== {holder}"
        if caller.not_privileged:
            condition += f" && {caller.not_privileged}"
        if self.context.is_fragment or self.context.route is None:
            self._present(caller)
        self._after(statement, self.unless(condition, self.refusal(403, "Forbidden")))

    def _present(self, caller: Caller) -> None:
        test = self.unless(f"!{caller.present}", self.refusal(401, "Please log in"))
        if test not in self._first:
            self._first.append(test)

    def _own_object(self, caller: Caller, owner: str) -> None:
        """Where the handler answers 404 for a missing object, it answers so for another's too."""
        for node in self.tree.walk(self.body):
            if node.type != "if_statement":
                continue
            condition = node.child_by_field_name("condition")
            answer = node.child_by_field_name("consequence")
            if condition is None or answer is None or "404" not in self.tree.text(answer):
                continue
            match = re.fullmatch(r"\(\s*!\s*([A-Za-z_$][\w$]*)\s*\)", self.tree.text(condition))
            if match is None:
                continue
            if not self._is_read(match[1]):
                continue
            test = f"String({match[1]}.{owner}) !== String({caller.identifier})"
            self.edits.append(self.tree.replace(condition, f"(!{match[1]} || {test})"))
            return
        raise RepairError("the object is not looked up here before it is used; look it up with its owner")

    def _is_read(self, name: str) -> bool:
        """Whether a variable holds what was looked up, not what was changed already."""
        for node in self.tree.walk(self.body):
            if node.type == "variable_declarator":
                pattern, value = node.child_by_field_name("name"), node.child_by_field_name("value")
                if pattern is not None and value is not None and self.tree.text(pattern) == name:
                    return not CHANGES.search(self.tree.text(value).partition("(")[0])
        return False

    # -- the body ---------------------------------------------------------------------------------

    def _bodies(self) -> Iterator[Node]:
        """Every `req.body`, with the default put after it (`req.body || {}`)."""
        text = f"{self.req}.body"
        for node in self.tree.walk(self.body):
            if node.type == "member_expression" and self.tree.text(node) == text:
                parent = node.parent
                if parent is not None and parent.type == "binary_expression":
                    right = parent.child_by_field_name("right")
                    if right is not None and self.tree.text(right) == "{}":
                        yield parent
                        continue
                yield node

    def _fields(self, uses: list[Node]) -> list[Field]:
        names: dict[str, None] = {}
        for use in uses:
            for name in self._members(use):
                names.setdefault(name)
        if not names:
            raise RepairError("which fields the body may have is not seen here")
        return [Field(name) for name in names]

    def _members(self, use: Node) -> list[str]:
        parent = use.parent
        if parent is None:
            return []
        if parent.type == "member_expression":
            member = parent.child_by_field_name("property")
            return [self.tree.text(member)] if member is not None else []
        if parent.type == "variable_declarator":
            pattern = parent.child_by_field_name("name")
            if pattern is not None and pattern.type == "object_pattern":
                return self._pattern(pattern)
        if parent.type == "arguments":
            found = self._passed(use)
            if found:
                return found
        raise RepairError("the body is passed on as a whole, and which fields it may have is not seen")

    def _pattern(self, pattern: Node) -> list[str]:
        """Names that a destructuring pattern takes."""
        found: list[str] = []
        for child in pattern.named_children:
            if child.type == "shorthand_property_identifier_pattern":
                found.append(self.tree.text(child))
            elif child.type == "object_assignment_pattern":
                found.append(self.tree.text(child.named_children[0]))
            elif child.type == "pair_pattern":
                key = child.child_by_field_name("key")
                if key is not None:
                    found.append(self.tree.text(key))
            elif child.type == "rest_pattern":
                raise RepairError("the body's fields are not all named")
        return found

    def _passed(self, use: Node) -> list[str]:
        """Names that the project function takes out of the body it is given."""
        body = self.context.view.function(self.fid).body
        for instr in instructions(body):
            if instr.op != Op.CALL:
                continue
            for position, number in enumerate(instr.args[1:]):
                argument = self.context.view.definitions(self.fid).get(number)
                if argument is None or (argument.start, argument.end) != (use.start_byte, use.end_byte):
                    continue
                for fid in self.context.value(self.fid, instr.args[0]).functions:
                    function = self.context.view.function(fid)
                    if position < len(function.params):
                        param = function.params[position]
                        other = self.context.tree(self.context.path(fid))
                        node = other.root.named_descendant_for_byte_range(param.start, param.end)
                        if node is not None and node.type == "assignment_pattern":
                            node = node.named_children[0]
                        if node is not None and node.type == "object_pattern":
                            return _Names(other).of(node)
        return []

    def _updates(self, names: set[str]) -> bool:
        """Whether fields are assigned to an object that was looked up: then each may be left out."""
        return any(True for _ in self._assigned(names))

    def _assigned(self, names: set[str]) -> Iterator[tuple[Node, str]]:
        """Statements `object.field = field;` and the expression assigned."""
        for node in self.tree.walk(self.body):
            if node.type != "expression_statement":
                continue
            inner = node.named_children[0]
            if inner.type != "assignment_expression":
                continue
            left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
            if left is None or right is None or left.type != "member_expression":
                continue
            text = self.tree.text(right)
            if text.rpartition(".")[2] in names and re.fullmatch(
                rf"(?:{re.escape(self.req)}\.body\??\.)?\w+", text
            ):
                yield node, text

    def _only_given(self, names: set[str], value: str) -> None:
        """Assign only what the request gave."""
        for node, text in list(self._assigned(names)):
            given = text.replace(f"{self.req}.body?.", f"{value}.").replace(f"{self.req}.body.", f"{value}.")
            indent = self.tree.indent(node.start_byte)
            self.edits = [
                e for e in self.edits if not (node.start_byte <= e.span.start and e.span.end <= node.end_byte)
            ]
            statement = self.tree.text(node).replace(text, given)
            lines = f"if ({given} !== undefined) {{\n{indent}{self.tree.unit}{statement}\n{indent}}}"
            self.edits.append(self.tree.replace(node, lines))

    def _library(self) -> str:
        """The schema library that the project imports; Joi when it imports none that is known here."""
        found: set[str] = set()
        for function in self.context.view.linker.functions.values():
            if function.kind == "module":
                found.update(i.name for i in instructions(function.body) if i.op == Op.IMPORT)
        if "zod" in found and not found & {"joi", "@hapi/joi"}:
            return "zod"
        return "@hapi/joi" if "@hapi/joi" in found else "joi"

    def _schema(self, fields: list[Field]) -> str:
        """Define the schema before the statement that registers the handler; its name."""
        library = self._library()
        name = free_name(self.context, self.tree, *self._schema_names())
        tree = self.tree
        if library == "zod":
            zod, edits = self._zod()
            text = zod_schema(zod, name, fields, tree.unit, tree.semicolon)
        else:
            joi, edits = script_module(tree, library, "Joi")
            text = joi_schema(joi, name, fields, tree.quote, tree.unit, tree.semicolon)
        self._import(edits)
        top = top_level(self.node)
        self.edits.append(tree.insert(tree.line_start(top.start_byte), f"{text}\n"))
        return name

    def _zod(self) -> tuple[str, list[Edit]]:
        """`z`, imported as zod's documentation has it."""
        if "z" in self.context.module_names(self.tree.source.path):
            return "z", []
        quote, semicolon = self.tree.quote, self.tree.semicolon
        if is_module(self.tree):
            return "z", import_script(self.tree, f"import {{ z }} from {quote}zod{quote}{semicolon}")
        return "z", import_script(self.tree, f"const {{ z }} = require({quote}zod{quote}){semicolon}")

    def _schema_names(self) -> tuple[str, ...]:
        words = [
            re.sub(r"\W", "", part)
            for part in self.route.path.split("/")
            if part and not part.startswith((":", "*")) and not re.fullmatch(r"api|v\d+|rest", part)
        ]
        words = [word for word in words if word] or ["request"]
        words[0] = words[0].removesuffix("s") if len(words[0]) > 3 else words[0]
        verb = {"POST": "create", "PUT": "update", "PATCH": "update"}.get(self.route.method, "")
        if len(words) == 1 and verb:
            words.append(verb)
        base = words[0][:1].lower() + words[0][1:] + "".join(w[:1].upper() + w[1:] for w in words[1:])
        return f"{base}Schema", f"{base}BodySchema", f"{base}InputSchema"

    # -- errors -----------------------------------------------------------------------------------

    def _catches(self) -> Iterator[Node]:
        for node in self.tree.walk(self.body):
            if node.type == "catch_clause" and self.tree.function(node) == self.node:
                yield node

    def _record(self, clause: Node) -> None:
        tree = self.tree
        parameter, body = clause.child_by_field_name("parameter"), clause.child_by_field_name("body")
        if body is None:
            return
        statements = [n for n in body.named_children if n.type != "comment"]
        if parameter is not None and parameter.type != "identifier":
            raise RepairError("the handler takes the error apart")
        error = tree.text(parameter) if parameter is not None else "error"
        if re.search(r"\b(?:next|throw)\b", tree.text(body)):
            return
        identified = ""
        if not LOGS.search(tree.text(body)):
            log = logging_of(self.context, tree)
            new, edits = random_id(self.context, tree)
            self._import(edits)
            identified = self._name("errorId", "failureId")
            message = f"{self.route.method} {self.route.path} failed"
            line = f"const {identified} = {new}{tree.semicolon}\n"
            line += log.error(message, identified, error=error) + tree.semicolon
            self.edits += log.edits
            if parameter is None:
                self.edits.append(tree.insert(body.start_byte, f"({error}) "))
            if statements:
                self.edits.append(tree.before(statements[0], line))
            else:
                indent = tree.indent(clause.start_byte)
                answer = self.refusal(500, "Server error").removeprefix("return ")
                inside = indented(f"{line}\n{answer}", indent + tree.unit)
                self.edits.append(tree.replace(body, "{\n" + inside + indent + "}"))
        for index, detail in enumerate(details_of(tree, body, error)):
            call = detail.parent.parent if detail.parent is not None else None
            if call is not None and LOGS.search(tree.text(call)[:40]):
                continue
            self.edits.append(without(tree, detail, identified if not index else ""))
            identified = "" if not index else identified
        if identified:
            self._identified(statements, identified)

    def _identified(self, statements: list[Node], identified: str) -> None:
        """Give the client the id too, in an answer that is general already."""
        for statement in statements:
            for node in self.tree.walk(statement):
                if node.type != "call_expression":
                    continue
                callee, arguments = (
                    node.child_by_field_name("function"),
                    node.child_by_field_name("arguments"),
                )
                if callee is None or arguments is None or len(arguments.named_children) != 1:
                    continue
                method = self.tree.text(callee).rpartition(".")[2]
                given = arguments.named_children[0]
                if method == "send" and given.type == "string":
                    text = self.tree.text(given)[1:-1]
                    self.edits.append(self.tree.replace(given, f"`{text} (${{{identified}}})`"))
                    return
                if method in ("json", "send") and given.type == "object" and given.named_children:
                    last = given.named_children[-1]
                    self.edits.append(self.tree.insert(last.end_byte, f", id: {identified}"))
                    return

    # -- placing ----------------------------------------------------------------------------------

    def _outer(self, node: Node) -> Node:
        """The statement of the handler's own block around a node."""
        while node.parent is not None and node.parent.id != self.body.id:
            node = node.parent
        return node

    def _before(self, statement: Node, lines: str) -> None:
        if statement.id == self.statements[0].id:
            self._first.append(lines)
        else:
            self.edits.append(self.tree.before(statement, lines))

    def _after(self, statement: Node | None, lines: str) -> None:
        if statement is None:
            self._first.append(lines)
        else:
            self.edits.append(self.tree.after(statement, lines))

    def _import(self, edits: list[Edit]) -> None:
        self._imports += [e for e in edits if e not in self._imports]

    def _name(self, *names: str) -> str:
        function = self.context.view.function(self.fid)
        taken = function.locals | self.context.module_names(self.tree.source.path)
        for name in names:
            if name not in taken:
                return name
        raise RepairError(f"the names {', '.join(names)} are all taken")


class _Names(ScriptHandler):
    """Only the reading of patterns, of another file."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def of(self, pattern: Node) -> list[str]:
        """Names that a pattern takes."""
        return self._pattern(pattern)
