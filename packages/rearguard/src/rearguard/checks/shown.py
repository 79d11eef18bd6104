"""Secrets that pages show: printed, in comments, in the browser's storage; and the whole environment."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rearguard.analysis import ValueView
from rearguard.analysis.access import Row
from rearguard.analysis.access.fields import SECRET
from rearguard.analysis.identity import words
from rearguard.checks.base import Context
from rearguard.checks.markup import comments, pages, printed, scripts
from rearguard.checks.sensitive_names import is_personal_field, is_sensitive
from rearguard.models.concepts import ResponseBody, TemplateRender
from rearguard.program import MODULE_BODY, Instr, Module, Op, Source, Span, instructions

__all__ = ["Shown", "in_pages", "in_schemas", "of_the_process", "to_who_asks"]

_FORMS = re.compile(
    r"form|field|input|helper|request|config|settings|i18n|labels?|text|t|self|loop|errors?", re.IGNORECASE
)
"""What holds fields to fill in, or texts about them, rather than records."""
_PUBLIC = re.compile(
    r"csrf|xsrf|nonce|captcha|token|(?:site|public|publishable|client)_?key|api_?key", re.IGNORECASE
)
"""What pages carry on purpose: tokens of forms and links, keys that a user looks up on the page of an account."""
_LOGIN_TEXT = re.compile(
    rb"(?:user(?:name)?|login|admin|account)s?\b[^<>\n]{0,40}?(?:pass(?:word|wd)?|pwd)\b\s*(?:is|[:=])\s*[^\s<>{}%]{4,}"
    rb"|\b(?:pass(?:word|wd)?|pwd)\s*(?:is\s|[:=])\s*['\"]?[^\s'\"<>{}%]{4,}"
    rb"|\b(?:login|account|credentials?|user)\s*:\s*[\w.@-]{3,40}\s*/\s*(?=\S*[\d!$#@])[^\s<>{}%]{4,}",
    re.IGNORECASE,
)
_KEPT = re.compile(
    rb"\b(?:local|session)Storage(?:\.setItem\(\s*|\[\s*)['\"`]([\w.:-]{2,60})['\"`]\s*(?:,|\]\s*=(?!=))\s*([^;\n]{1,200})"
)
_HEADS = re.compile(rb"<t[hd]\b[^>]*>\s*(?:pass(?:word|wd)?|pwd)s?\s*</t[hd]", re.IGNORECASE)
_CELLS = re.compile(rb"<td\b[^>]*>\s*([^<>{}%\s]{4,60})\s*</td", re.IGNORECASE)
_RECOVERS = re.compile(r"reset|forgot|recover|otp|2fa|mfa|two_?factor|magic|verif|one_?time", re.IGNORECASE)
_HANDED = re.compile(
    r"(?:password_?)?reset_?(?:token|code|link|url)|token|otp(?:_?code)?|(?:verification_?|one_?time_?|auth_?)?code|pin|"
    r"(?:magic|recovery)_?(?:link|token|code)|link|totp"
)
_KEEPS = frozenset(("local", "session"))


@dataclass(frozen=True, slots=True)
class Shown:
    """One secret that reaches a browser."""

    span: Span
    message: str
    step: str
    reason: str
    subject: str
    cwe: int = 200
    fid: str = ""


def in_pages(context: Context) -> Iterator[Shown]:
    """What templates print, comment and put into the browser's storage."""
    for source in pages(context):
        yield from _commented(source)
        yield from _stored(source)
        yield from _printed(source)
        yield from _listed(source)


def _commented(source: Source) -> Iterator[Shown]:
    for span, text in comments(source):
        names = [p.path[-1] for p in printed(source, text, 0) if _is_secret(p.path[-1])]
        if names:
            yield Shown(
                span,
                f"A comment of the page carries `{names[0]}`, which everyone reads who looks at its source.",
                "sent to the browser, and merely not shown",
                "the template prints it there",
                names[0],
                615,
            )
        elif (found := _LOGIN_TEXT.search(text)) and not _is_explanation(found[0]):
            yield Shown(
                span,
                "A comment of the page says how to log in.",
                "sent to the browser, and merely not shown",
                "the comment holds a password beside its name",
                "comment",
                615,
            )


def _is_explanation(text: bytes) -> bool:
    value = re.split(rb"[:=]|\bis\b", text)[-1].strip().strip(b"'\"")
    return (
        re.fullmatch(rb"[a-z]{1,12}|\*+|x+|\.+|\w*(?:required|field|input|here|your)\w*", value) is not None
    )


def _stored(source: Source) -> Iterator[Shown]:
    """Keys and passwords that scripts of a page keep where every script reads them, for good."""
    for start, text in scripts(source):
        for match in _KEPT.finditer(text):
            key, value = match[1].decode(), match[2].decode("utf-8", "replace")
            if not _is_kept_secret(key) or re.match(r"['\"`]{2}|null|undefined|false|true", value):
                continue
            yield Shown(
                Span(source.path, start + match.start(), start + match.end(1)),
                f"`{key}` is kept in the browser's storage, where every script of the page reads it.",
                "kept there until somebody removes it",
                "the key says what is stored",
                key,
                922,
            )


def _is_kept_secret(name: str) -> bool:
    spelled = words(name)
    # Tokens of sessions may be kept there (ASVS 14.3.3); what opens the account for ever may not.
    return is_sensitive(spelled) and re.search(r"token|jwt|csrf|session", spelled) is None


def _printed(source: Source) -> Iterator[Shown]:
    hidden = [span for span, _ in comments(source)]
    for value in printed(source):
        name = value.path[-1]
        if len(value.path) < 2 or any(s.start <= value.span.start < s.end for s in hidden):
            continue
        if _FORMS.search(value.path[-2]) or _FORMS.fullmatch(value.path[0]) or "|" in value.expression:
            continue
        if (
            SECRET.fullmatch(name)
            and not _PUBLIC.search(name)
            and name.lower() not in ("pin", "salt", "secret")
        ):
            yield Shown(
                value.span,
                f"The page prints `{name}` of `{'.'.join(value.path[:-1])}` in clear.",
                "printed into the page",
                "the template names the field",
                name,
            )
            return


def _listed(source: Source) -> Iterator[Shown]:
    """A table of accounts and their passwords, written out."""
    head = _HEADS.search(source.text)
    if head is None:
        return
    cells = list(_CELLS.finditer(source.text, head.end(), head.end() + 4000))
    telling = [m for m in cells if re.search(rb"\d|[^\w\s]|[a-z][A-Z]", m[1]) and not m[1].isdigit()]
    if len(telling) >= 2:
        yield Shown(
            Span(source.path, head.start(), head.end()),
            "The page lists accounts with their passwords.",
            "a column of passwords, filled by hand",
            "the column's head says what its cells are",
            "list",
        )


def _is_secret(name: str) -> bool:
    return is_personal_field(name) or (
        SECRET.fullmatch(name) is not None and not re.search("csrf", name, re.I)
    )


def in_schemas(context: Context) -> Iterator[Shown]:
    """Secrets of accounts as fields of a GraphQL schema, which every query may ask for."""
    for path, module in sorted(context.view.linker.modules.items()):
        source = context.sources.get(path)
        yield from _decorated(context, path, module)
        if source is None or (b"graphene" not in source.text and b"strawberry" not in source.text):
            yield from _declared(source) if source is not None else ()
            continue
        for cls in module.classes.values():
            if not any(re.search(r"(?<!Input)ObjectType", text) for text in cls.base_texts):
                continue
            named = {field.name: Span(path, field.start, field.end) for field in cls.fields}
            for method, qualified in cls.methods.items():
                function = module.functions.get(qualified)
                if method.startswith("resolve_") and function is not None:
                    named[method.removeprefix("resolve_")] = Span(path, function.start, function.name_end)
            for name, place in named.items():
                if _is_of_schema(name):
                    yield _field(place, name, cls.name.rpartition(".")[2])


def _decorated(context: Context, path: str, module: Module) -> Iterator[Shown]:
    """Fields of classes that decorators make types of the schema: `@ObjectType()` with `@Field()`."""
    for name, cls in module.classes.items():
        if "ObjectType" not in _decorators(context, path, cls.parent, cls.decorators):
            continue
        for field in cls.fields:
            asked = _decorators(context, path, name, field.decorators)
            if _is_of_schema(field.name) and "Field" in asked and "HideField" not in asked:
                yield _field(Span(path, field.start, field.end), field.name, name.rpartition(".")[2])


def _decorators(context: Context, path: str, function: str, values: tuple[int, ...]) -> set[str]:
    """Names of decorators, called or not."""
    fid = f"{path}::{function or MODULE_BODY}"
    definitions = context.view.definitions(fid)
    found: set[str] = set()
    for number in values:
        instr = definitions.get(number)
        callee = definitions.get(instr.args[0]) if instr is not None and instr.op == Op.CALL else instr
        if callee is not None:
            found.add(callee.name)
    return found


_TYPE = re.compile(rb"\btype\s+([A-Z]\w*)\b[^{}=;()]{0,200}\{([^{}]{1,6000})\}")
_ARGUMENTS = re.compile(rb"\([^()]*\)")
_MEMBER = re.compile(rb"(?:^|[\n,])[ \t]*(\w+)\s*:", re.MULTILINE)


def _declared(source: Source) -> Iterator[Shown]:
    if b"type Query" not in source.text and b"gql" not in source.text and b"buildSchema" not in source.text:
        return
    for match in _TYPE.finditer(source.text):
        if match[1] in (b"Query", b"Mutation", b"Subscription"):
            continue
        body = _ARGUMENTS.sub(lambda m: b" " * len(m[0]), match[2])
        for member in _MEMBER.finditer(body):
            name = member[1].decode()
            if _is_of_schema(name):
                start = match.start(2) + member.start(1)
                yield _field(Span(source.path, start, start + len(name)), name, match[1].decode())


def _is_of_schema(name: str) -> bool:
    return (
        SECRET.fullmatch(name) is not None
        and not _PUBLIC.search(name)
        and name not in ("pin", "salt", "secret")
    )


def _field(place: Span, name: str, owner: str) -> Shown:
    return Shown(
        place,
        f"`{name}` is a field of the schema's `{owner}`, which queries may ask for.",
        "part of what the schema answers with",
        "the schema names the field",
        name,
    )


def of_the_process(context: Context) -> Iterator[Shown]:
    """The environment of the process in an answer: every key and password that the service is given."""
    for use in context.uses.of(ResponseBody):
        for value in use.selected:
            text = re.sub(r"\s+", "", value.source_text)
            found = _WHOLE.search(text) or _EACH.search(text)
            if found is not None:
                is_environment = ".config" not in found[0]
                what = "environment of the process" if is_environment else "configuration"
                yield Shown(
                    use.span,
                    f"The whole {what} is part of the answer.",
                    "every key and password that the service is given",
                    f"the {what.partition(' ')[0]} is put into the answer itself",
                    "environment",
                    fid=use.fid,
                )
    for row in context.matrix:
        for fid in row.endpoint.handler.functions[:1] if row.endpoint.returns else ():
            for number in context.matrix.origins.returned(fid):
                text = re.sub(r"\s+", "", ValueView(context.view, fid, number).source_text)
                what = (
                    "environment of the process"
                    if _ENVIRONMENT.fullmatch(text) or _has_environment(context, fid, number)
                    else "configuration"
                    if row.authentication.state != "required" and _is_configuration(context, fid, number)
                    else ""
                )
                if what:
                    held = context.view.definitions(fid)[number]
                    yield Shown(
                        context.view.span(fid, held.start, held.end),
                        f"The whole {what} is the answer, or a part of it.",
                        "every key and password that the service is given",
                        f"the {what.partition(' ')[0]} is answered as it is",
                        "environment",
                        fid=fid,
                    )


_HELD = r"(?:process\.env|os\.environ|(?:current_app|app)\.config)"
_WHOLE = re.compile(r"(?<![\w.])" + _HELD + r"(?=[,)}\]]|$)")
_EACH = re.compile(r"\{(\w+):.*for\1,\w+in" + _HELD + r"\.items\(\)\}")
"""Every entry of it by a comprehension, without a condition; blanks taken out."""
_ENVIRONMENT = re.compile(
    r"(?:dict\()?os\.environ(?:\.copy\(\))?\)?|\{\*\*os\.environ\}|process\.env|\{\.\.\.process\.env\}"
)
_SETTINGS = re.compile(r"^(?:app_?|the_?)?(?:settings|config(?:uration)?|conf)$", re.IGNORECASE)
_WHOLE_SETTINGS = frozenset(
    ("model_dump", "dict", "model_dump_json", "json", "to_dict", "asdict", "toObject")
)


def _has_environment(context: Context, fid: str, number: int) -> bool:
    """Whether an entry of a map is the whole environment: `{ uptime, env: process.env }`."""
    made = context.view.definitions(fid).get(number)
    return (
        made is not None
        and made.op == Op.COLLECT
        and any(
            _ENVIRONMENT.fullmatch(
                re.sub(r"\s+", "", ValueView(context.view, fid, each).source_text).removeprefix("...")
            )
            for each in made.args
        )
    )


def _is_configuration(context: Context, fid: str, number: int) -> bool:
    """Whether a value is the settings object of the program turned into a map: `settings.model_dump()`.

    Only where one of its fields is named as a secret.
    """
    made = context.view.definitions(fid).get(number)
    callee = (
        context.view.definitions(fid).get(made.args[0]) if made is not None and made.op == Op.CALL else None
    )
    if made is None or callee is None or callee.op != Op.ATTR or callee.name not in _WHOLE_SETTINGS:
        return False
    if len(made.args) > 1:
        # `exclude=` and the like say which fields.
        return False
    holder = ValueView(context.view, fid, callee.args[0])
    named = holder.instr
    if named is None or not _SETTINGS.search(named.name):
        return False
    for cid in holder.classes:
        path, _, name = cid.rpartition("::")
        cls = context.view.linker.modules[path].classes.get(name)
        if cls is not None and any(
            is_sensitive(field.name) or _KEY.search(field.name) for field in cls.fields
        ):
            return True
    return False


_KEY = re.compile(r"(?:^|_)(?:secret|key|password|token)$")


def to_who_asks(context: Context, row: Row) -> Iterator[Shown]:
    """A secret that was meant for a mailbox or a phone, in the answer to whoever asked for it."""
    fid = next(iter(row.endpoint.handler.functions), "")
    if not fid or row.authentication.state == "required" or row.public == "login":
        return
    function = context.view.function(fid)
    if not _RECOVERS.search(f"{row.endpoint.path} {function.name.rpartition('.')[2]}"):
        return
    for instr in instructions(function.body):
        if instr.op != Op.CALL and not (instr.op == Op.RETURN and instr.args and row.endpoint.returns):
            continue
        for name, part in _handed(context, fid, instr):
            if _is_made_here(context, fid, part):
                yield Shown(
                    context.view.span(fid, instr.start, instr.end),
                    f"`{name}` is told to whoever asks for it, not to the account's owner.",
                    "part of the answer",
                    "it is made in this handler, and sent back by it",
                    name,
                    fid=fid,
                )
                return


def _handed(context: Context, fid: str, call: Instr) -> Iterator[tuple[str, int]]:
    """Values of an answer, a page or a message for the user, by name."""
    if call.op == Op.RETURN:
        given = context.view.definitions(fid).get(call.args[0])
        pending = [("", call.args[0])] if given is not None and given.op == Op.COLLECT else []
    else:
        program = context.values.program
        rows = [row.concept for row in program.rows(context.view.linker.refs[fid][call.args[0]])]
        callee = context.view.definitions(fid).get(call.args[0])
        is_message = callee is not None and callee.name == "flash"
        if not is_message and not any(isinstance(one, ResponseBody | TemplateRender) for one in rows):
            return
        keys: tuple[str | None, ...] = tuple(call.keys) or (None,) * len(call.args)
        pending = [(key or "", number) for key, number in zip(keys, call.args[1:], strict=False)]
    for _ in range(40):
        if not pending:
            return
        key, number = pending.pop()
        found = context.matrix.origins.resolved(fid, number)
        own = context.view.definitions(fid).get(number)
        name = own.name if own is not None and own.op in (Op.LOAD, Op.ATTR) else key
        if _HANDED.fullmatch(words(name or key)) or (key and _HANDED.fullmatch(words(key))):
            yield name or key, number
        if found is not None and found[0] == fid and found[1].op in (Op.COLLECT, Op.JOIN):
            inner_keys = found[1].keys or (None,) * len(found[1].args)
            pending.extend((inner or "", v) for inner, v in zip(inner_keys, found[1].args, strict=False))


def _is_made_here(context: Context, fid: str, number: int) -> bool:
    """Whether a value is computed in the function, or is a field that the function sets."""
    own = context.view.definitions(fid).get(number)
    if own is not None and own.op == Op.ATTR:
        return any(i.op == Op.SETATTR and i.name == own.name for i in context.view.linker.code(fid))
    found = context.matrix.origins.resolved(fid, number)
    if found is None or found[0] != fid or found[1].op not in (Op.CALL, Op.JOIN, Op.BINARY):
        return False
    atoms = context.matrix.origins.of(fid, number)
    return not any(a.kind in ("verified", "principal") or (a.kind == "input" and a.exact) for a in atoms)
