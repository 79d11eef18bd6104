"""What an application says once for all its answers: protective headers, and the flags of its session cookie.

https://flask.palletsprojects.com/en/stable/web-security/, https://docs.djangoproject.com/en/stable/ref/settings/#sessions,
https://fastapi.tiangolo.com/tutorial/middleware/, https://docs.aiohttp.org/en/stable/web_advanced.html#signals,
https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html
"""

import re

from tree_sitter import Node

from rearguard.findings import Disposition, Edit, Fix
from rearguard.repair.context import RepairContext, proposed
from rearguard.repair.imports import imported
from rearguard.repair.syntax import RepairError, Tree

__all__ = ["cookie_header", "listed_hosts", "protective_headers", "session_cookie"]

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Content-Security-Policy": "frame-ancestors 'self'",
}
_FLAGS = {"Secure": "; Secure", "HttpOnly": "; HttpOnly", "SameSite": "; SameSite=Lax"}


def protective_headers(context: RepairContext) -> Fix:
    """Set them in one place, where the application is made; what a handler sets itself stays."""
    tree, node, name = _application(context)
    made = tree.text(node)
    title = "Set protective headers on all answers"
    name_of_hook = "protective_headers" if tree.is_python else "protectiveHeaders"
    if name_of_hook in context.module_names(tree.source.path) | context.function.locals:
        raise RepairError(f"the file uses the name `{name_of_hook}` for something else")
    if not tree.is_python:
        text = _script(tree, name, made)
        return proposed(title, Disposition.REVIEW, tree.after(tree.statement(node), text))
    lines = "".join(
        f'    response.headers.setdefault("{key}", "{value}")\n' for key, value in _HEADERS.items()
    )
    if re.match(r"(?:\w+\.)?Flask\(", made):
        text = f"\n@{name}.after_request\ndef protective_headers(response):\n{lines}    return response\n\n"
    elif re.match(r"(?:\w+\.)?FastAPI\(", made):
        text = (
            f'\n@{name}.middleware("http")\nasync def protective_headers(request, call_next):\n'
            f"    response = await call_next(request)\n{lines}    return response\n\n"
        )
    elif re.match(r"(?:\w+\.)?Application\(", made) and b"aiohttp" in tree.source.text:
        text = (
            f"\nasync def protective_headers(request, response):\n{lines}\n"
            f"{name}.on_response_prepare.append(protective_headers)\n"
        )
    else:
        raise RepairError("headers of this framework's applications are set elsewhere")
    if tree.function(node) is None:
        text = "\n" + text.rstrip("\n") + "\n\n"
    return proposed(
        title, Disposition.REVIEW, tree.after(_configured(tree, tree.statement(node), name), text)
    )


def _script(tree: Tree, name: str, made: str) -> str:
    """The middleware in the way of the framework that made the application."""
    if re.match(r"(?:await )?express\(", made):
        return _express(tree, name)
    if re.match(r"new Koa\(", made):
        head = f"{name}.use(function protectiveHeaders(ctx, next) {{\n{tree.unit}ctx.set({{\n"
        tail = (
            f"{tree.unit}}}){tree.semicolon}\n{tree.unit}return next(){tree.semicolon}\n}}){tree.semicolon}\n"
        )
        return f"\n{head}{_entries(tree)}{tail}"
    if re.match(
        r"(?:await )?NestFactory\.create(?:<NestExpressApplication>)?\(\w+(?:, \{.*\})?\)", made, re.DOTALL
    ):
        if b"FastifyAdapter" in tree.source.text:
            raise RepairError("headers of this framework's applications are set elsewhere")
        params = "(_req, res, next)"
        if tree.source.language != "javascript":
            params = (
                "(_req: unknown, res: { setHeader(name: string, value: string): void }, next: () => void)"
            )
        calls = [
            f"res.setHeader({tree.quote}{key}{tree.quote}, {_quoted(value, tree.quote)})"
            for key, value in _HEADERS.items()
        ]
        lines = "".join(f"{tree.unit}{call}{tree.semicolon}\n" for call in calls)
        return f"{name}.use({params} => {{\n{lines}{tree.unit}next(){tree.semicolon}\n}}){tree.semicolon}\n"
    raise RepairError("headers of this framework's applications are set elsewhere")


def _entries(tree: Tree) -> str:
    return "".join(
        f"{tree.unit * 2}{tree.quote}{key}{tree.quote}: {_quoted(value, tree.quote)},\n"
        for key, value in _HEADERS.items()
    )


def _express(tree: Tree, name: str) -> str:
    semicolon, unit = tree.semicolon, tree.unit
    return (
        f"\n{name}.use(function protectiveHeaders(req, res, next) {{\n"
        f"{unit}res.set({{\n{_entries(tree)}{unit}}}){semicolon}\n"
        f"{unit}next(){semicolon}\n}}){semicolon}\n"
    )


def _quoted(value: str, quote: str) -> str:
    return f'"{value}"' if "'" in value else f"{quote}{value}{quote}"


def listed_hosts(context: RepairContext) -> Fix:
    """Take the host names from the environment, where any was allowed."""
    tree = context.here
    node = context.node(context.target.fid, context.target.argument)
    if not tree.is_python or not re.fullmatch(r"[\[(]\s*['\"]\*['\"]\s*,?\s*[\])]", tree.text(node)):
        raise RepairError("which names are right is for a person to say")
    environ, edits = imported(context, tree, "os.environ")
    quote = tree.quote
    name = f"{quote}ALLOWED_HOSTS{quote}"
    text = f"{environ}.get({name}, {quote}localhost{quote}).split({quote},{quote})"
    title = "Answer for the host names in ALLOWED_HOSTS only"
    return proposed(title, Disposition.REVIEW, *edits, tree.replace(node, text))


def session_cookie(context: RepairContext) -> Fix:
    """Give the framework's session cookie its flags, where the application is made."""
    title = "Set the session cookie's flags"
    tree = context.here
    found = context.view.definitions(context.target.fid).get(context.target.value)
    if found is None:
        return _settings(context, tree, title)
    tree, node, name = _application(context)
    if not tree.is_python or not re.match(r"(?:\w+\.)?(?:Flask|Quart)\(", tree.text(node)):
        raise RepairError("the session of this framework is set up elsewhere")
    quote = tree.quote
    line = (
        f"{name}.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_HTTPONLY=True, "
        f"SESSION_COOKIE_SAMESITE={quote}Lax{quote})\n"
    )
    return proposed(
        title, Disposition.REVIEW, tree.after(_configured(tree, tree.statement(node), name), line)
    )


def _settings(context: RepairContext, tree: Tree, title: str) -> Fix:
    """Of a settings module: beside the first setting."""
    place = context.finding.location
    if not tree.is_python or place.path != tree.source.path:
        raise RepairError("where the session is set up is not seen")
    statement = tree.statement(tree.at(place.start, place.end))
    return proposed(title, Disposition.REVIEW, tree.after(statement, "SESSION_COOKIE_SECURE = True\n"))


def _application(context: RepairContext) -> tuple[Tree, Node, str]:
    """The call that makes the application, and the variable that holds it."""
    tree = context.here
    node = context.node(context.target.fid, context.target.value)
    holder = node.parent
    while holder is not None and holder.type in ("await", "await_expression", "as_expression"):
        holder = holder.parent
    field = {"assignment": "left", "variable_declarator": "name"}.get(
        holder.type if holder is not None else ""
    )
    target = holder.child_by_field_name(field) if holder is not None and field is not None else None
    if target is None or target.type != "identifier":
        raise RepairError("the application is not given a name where it is made")
    return tree, node, tree.text(target)


def _configured(tree: Tree, statement: Node, name: str) -> Node:
    """The last of the statements right after it that load the application's settings."""
    following = statement.next_named_sibling
    while following is not None and re.match(
        rf"{re.escape(name)}\.config\.from_\w+\(|{re.escape(name)}\.(?:secret_key|config\[)",
        tree.text(following),
    ):
        statement, following = following, following.next_named_sibling
    return statement


def cookie_header(context: RepairContext) -> Fix:
    """Add the flags to a `Set-Cookie` header that is written by hand."""
    tree = context.here
    node = context.node(context.target.fid, context.target.argument)
    text = tree.text(node)
    title = "Set the cookie's flags"
    if tree.is_python and re.fullmatch(r"\w+\.OutputString\(\)", text):
        name, quote = text.partition(".")[0], tree.quote
        lines = "".join(
            f"{name}[{quote}{key}{quote}] = {value}\n"
            for key, value in (("secure", "True"), ("httponly", "True"), ("samesite", f"{quote}Lax{quote}"))
        )
        return proposed(title, Disposition.REVIEW, tree.before(tree.statement(node), lines))
    missing = "".join(flag for word, flag in _FLAGS.items() if word.lower() not in text.lower())
    return proposed(title, Disposition.REVIEW, _appended(tree, node, missing))


def _appended(tree: Tree, node: Node, text: str) -> Edit:
    """The edit that makes a text end with one more piece."""
    if node.type in ("string", "template_string"):
        end = tree.text(node)[-1]
        if end not in "\"'`" or tree.text(node).endswith(('"""', "'''")):
            raise RepairError("the header is not written in a form that can be edited")
        return tree.insert(node.end_byte - 1, text)
    quote = tree.quote
    if node.type in ("binary_operator", "binary_expression") and "%" not in tree.text(node):
        last = node.child_by_field_name("right")
        if last is not None and last.type == "string":
            return _appended(tree, last, text)
        return tree.insert(node.end_byte, f" + {quote}{text}{quote}")
    if node.type == "call" and re.match(r"['\"]", tree.text(node)):
        return tree.insert(node.end_byte, f" + {quote}{text}{quote}")
    raise RepairError("the header is put together somewhere else")
