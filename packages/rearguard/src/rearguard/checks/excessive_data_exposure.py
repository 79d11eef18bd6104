"""Answers must not carry secrets of the accounts that they are about."""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from rearguard.analysis import ValueView
from rearguard.analysis.access import Row
from rearguard.analysis.access.answers import Answered
from rearguard.analysis.access.fields import SECRET
from rearguard.analysis.access.principals import USER_WORDS
from rearguard.analysis.access.resources import normal
from rearguard.analysis.values.channels import GRAPHQL
from rearguard.checks.account_records import as_stored
from rearguard.checks.base import Context, Draft, page, with_article
from rearguard.checks.declared_answers import in_declared
from rearguard.checks.endpoints import by_handler, endpoint_of, request
from rearguard.checks.private_matters import in_lists, private_matters
from rearguard.checks.privileged import lack
from rearguard.checks.related_records import related
from rearguard.checks.serializers import Serializer, serializers
from rearguard.checks.shaped import is_shaped
from rearguard.checks.shown import Shown, in_pages, in_schemas, of_the_process, to_who_asks
from rearguard.checks.spots import spot
from rearguard.findings import Confidence, Finding, Request, Rule, Severity
from rearguard.program import Evidence, Op, Source, Span, Step

_CHOSEN = re.compile(
    r"\bselect\b(?!\(\s*(?:(?:\w+\.)*[A-Z]\w*\s*)?\)|\(\s*['\"]\*)|attributes|\bonly\(|\bvalues\(\s*['\"*]|values_list|projection|defer\(|"
    r"omit|exclude|columns|pick\(|returning(?!\s*\*|\(\s*\)|\(\s*['\"]\*)|\bfind(?:One|ById)?\((?:[^()]|\([^()]*\))*,\s*['\"\[{]",
)
"""Words of a query that loads some fields alone."""
_COUNTS = re.compile(
    r"\.(?:(?:delete|update)(?:Many|One)|createMany|count(?:Documents)?|native(?:Update|Delete)|destroy|"
    r"(?:delete|softDelete|restore|del)(?=\((?!\s*\{\s*(?:where|data|select|include)\b)))\("
)
"""Calls that answer with how many records there were, and not with the records."""
_STAR = re.compile(r"select\s+(?:\w+\.)?\*|returning\s+\*", re.IGNORECASE)
_HIDES = re.compile(
    r"(?<![.\w])toJSON\b|prototype\.toJSON|@Exclude|select:\s*false|hidden|protected|write_only"
)
_TURNS = re.compile(r"(?<![.\w])toJSON\b|prototype\.toJSON")
_APPLIES = re.compile(
    rb"ClassSerializerInterceptor|instanceToPlain|classToPlain|plainTo(?:Instance|Class)|"
    rb"\b(?:create|use)(?:Express|Koa)Server\((?!(?:[^;]|;(?!\n))*?classTransformer:\s*false)"
)
"""What does what its decorators say; servers made of controllers do so unless they are told not to."""
_LEAVES_OUT = re.compile(r"omit|exclude")
"""Words that say it of a model where they stand in its class, and of one query elsewhere."""
_BY_DEFAULT = re.compile(r"defaultScope[\s\S]{0,200}?exclude|(?<![.\w])toJSON\b")
_LINK = re.compile(r"\s*\??\.\s*\w+\(")
_CHAIN = 600
"""Characters behind a query in which what is chained to it is read."""
_DEFINITION = 1500
"""Characters after a model's name in which its definition is looked for, where it is no class."""
_OWN = re.compile(r"(?:access|refresh|auth|api|session|csrf)?_?-?tokens?|api_?keys?|secret", re.IGNORECASE)
"""What a login or the making of a key answers with on purpose."""
_CHOOSES = frozenset(("get_queryset", "get_object", "filter_queryset"))
"""Methods that choose records for a view, which answers with what a serializer or template makes of them."""
_HASH = "secret"
"""What is stored of an account's password, where it is called so."""
MAX_NAMED = 4


_WHY = {
    False: "Whoever may call this, and every cache and log on the way, gets secrets that only the service needs; "
    "hashes of passwords can be tried out at leisure.",
    True: "No role is asked for and the records are not the caller's own: anyone with a login reads of all others what is "
    "their own affair, and can take it away.",
}
_TO_ALL = {False: "", True: " to everyone who may call"}


class ExcessiveDataExposure:
    """See excessive_data_exposure.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="excessive-data-exposure",
            title="A response carries secrets of an account",
            cwe=200,
            severity=Severity.MEDIUM,
            asvs=("v5.0.0-15.3.1",),
            api_top10=("API3:2023",),
            related=(201, 213, 359, 615, 922),
            page=page("excessive-data-exposure"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per answer that holds a record whole, or a secret field of one."""
        seen: set[Span] = set()
        for row in by_handler(context.matrix):
            if _is_filtered(context, row):
                continue
            for part in (as_stored(context, row, one) for one in row.answers):
                shown = _secrets(context, row, part) or _private(context, row, part)
                place = part.span if shown is None else _place(context, row, part, shown)
                if shown is not None and place not in seen:
                    seen.add(place)
                    yield self._draft(context, row, part, shown, place)
            for told in to_who_asks(context, row):
                if not any(_overlap(told.span, other) for other in seen):
                    seen.add(told.span)
                    yield self._shown(context, told)
        for told in (
            *of_the_process(context),
            *in_pages(context),
            *in_schemas(context),
            *in_declared(context),
            *in_lists(context),
            *_serialized(context),
        ):
            if told.span not in seen:
                seen.add(told.span)
                yield self._shown(context, told)

    def _shown(self, context: Context, shown: Shown) -> Draft:
        return spot(
            self.rule.narrowed(shown.cwe),
            shown.span,
            shown.message,
            "Whoever gets the page or the answer, and every cache, log and script on the way, has it too.",
            "Leave it out. What proves who somebody is goes to the mailbox, phone or store of the account's owner alone.",
            shown.reason,
            step=shown.step,
            confidence=Confidence.LIKELY,
            subject=shown.subject,
            endpoint=context.first_endpoint(shown.fid) if shown.fid else None,
            verification=(
                Request("Send the request, and read all of what comes back.", "", "It is not there."),
            ),
        )

    def _draft(self, context: Context, row: Row, part: Answered, shown: "_Secrets", place: Span) -> Draft:
        endpoint = endpoint_of(context, row)
        listed = ", ".join(f"`{name}`" for name in shown.names[:MAX_NAMED])
        whole = part.whole
        loaded = part.atom.span or part.span
        as_stored = whole and not shown.chosen
        text = (
            f"the {shown.resource} as it is stored, {listed} included"
            if as_stored
            else f"{listed} of {with_article(shown.resource)}"
        )
        steps = (
            Step(loaded, f"loads the {shown.resource}" + (" with all fields" if as_stored else ""), "source"),
            Step(part.span, "sent as it is" + _TO_ALL[shown.private], "sink"),
        )
        finding = Finding(
            rule=self.rule,
            location=place,
            message=f"{endpoint.name} answers with {text}.",
            why=_WHY[shown.private],
            severity=self.rule.severity,
            confidence=Confidence.LIKELY if whole else Confidence.CERTAIN,
            confidence_reason="the record reaches the answer whole, and it has such fields"
            if as_stored
            else "the statement names the field, and what it gives reaches the answer whole"
            if whole
            else "the field is put into the answer by name",
            evidence=Evidence(steps),
            advice="Answer with named fields, or with a response schema that has only those.",
            endpoint=endpoint,
            verification=(
                Request("Send the request and read the answer.", request(endpoint), f"No {listed} in it."),
            ),
            subject=f"{shown.resource} {shown.names[0]}",
        )
        return Draft(finding)


def _serialized(context: Context) -> Iterator[Shown]:
    """Secrets among the fields that a serializer writes out."""
    for one in serializers(context):
        yield from _nested(context, one)
        held = one.fields
        if not held and (one.left_out or one.takes_all):
            # All that is not left out: what every account of the framework has, and what this one adds.
            known = (*(("password",) if one.is_account else ()), *context.matrix.fields.secrets(one.model))
            held = tuple(name for name in known if name not in one.left_out)
        secrets = [name for name in held if SECRET.fullmatch(name) and not _OWN.fullmatch(name)]
        secrets = [name for name in secrets if not _is_masked(context, one, name)]
        if secrets and one.is_read and not _HIDES.search(one.text) and _is_used(context, one):
            yield Shown(
                one.span,
                f"`{one.name}` writes `{secrets[0]}` of {one.model} into every answer.",
                "written out with the other fields",
                "the serializer names the field, and does not make it write-only"
                if one.fields
                else "the serializer takes every field that it does not leave out",
                secrets[0],
            )


def _is_masked(context: Context, one: Serializer, name: str) -> bool:
    """Whether a field of a class of the project's own stands for it, which writes something else: `"*" * len(value)`."""
    linker, origins = context.view.linker, context.matrix.origins
    stores = linker.contents(one.cid).stores.get(name, ()) if one.cid in linker.functions else ()
    for cid in (cid for store in stores for cid in ValueView(context.view, one.cid, store.args[0]).classes):
        writes = linker.method(cid, "to_representation")
        if writes is not None:
            given = [atom for value in origins.returned(writes) for atom in origins.of(writes, value)]
            return not any(atom.exact for atom in given)
    return False


def _is_used(context: Context, one: Serializer) -> bool:
    """Whether anything names a serializer beside its own file's class line and imports, in a program whose views
    name theirs: what nobody names answers nobody."""
    if not any(b"serializer_class" in source.text for source in context.sources.values()):
        return True
    name = re.escape(one.name.rpartition(".")[2].encode())
    named = re.compile(
        rb"^(?![ \t]*(?:from|import|class[ \t]+" + name + rb")\b).*\b" + name + rb"\b", re.MULTILINE
    )
    return any(named.search(source.text) for source in context.sources.values())


_DEPTH = re.compile(r"\bdepth\s*=\s*[1-9]")
_RELATION = re.compile(
    r"\b(\w+)\s*=\s*models\.(?:ForeignKey|OneToOneField|ManyToManyField)\(\s*(?:to\s*=\s*)?['\"]?([\w.]+)"
)


def _nested(context: Context, one: Serializer) -> Iterator[Shown]:
    """Accounts that a serializer with `depth` writes out whole, hash of the password and all."""
    if not one.is_read or not _DEPTH.search(one.text):
        return
    for name, target in _relations(context, one.model):
        declared = re.search(rf"^\s*{re.escape(name)}\s*(?::[^=\n]+)?=", one.text, re.MULTILINE)
        if target in USER_WORDS and (name in one.fields or one.takes_all) and declared is None:
            yield Shown(
                one.span,
                f"`{one.name}` nests `{name}` whole: every field of the account, the hash of its password included.",
                "nested with all of its fields",
                "depth writes related records with all fields that they have",
                name,
            )
            return


def _relations(context: Context, model: str) -> Iterator[tuple[str, str]]:
    """Relations of a model, each with the kind of record that it leads to."""
    for path, module in context.view.linker.modules.items():
        source = context.sources.get(path)
        for name, cls in module.classes.items() if source is not None else ():
            if name == model and source is not None:
                for found in _RELATION.finditer(source.slice(cls.start, cls.end)):
                    target = found[2].rpartition(".")[2]
                    yield found[1], "user" if target == "AUTH_USER_MODEL" else normal(target)


def _overlap(one: Span, other: Span) -> bool:
    return one.path == other.path and one.start < other.end and other.start < one.end


@dataclass(frozen=True, slots=True)
class _Secrets:
    """The secret fields that a part of an answer carries."""

    names: tuple[str, ...] = ()
    resource: str = ""
    chosen: bool = False
    """Whether a statement names them."""
    private: bool = False
    """Whether they are people's own affairs rather than secrets of the service."""


def _secrets(context: Context, row: Row, part: Answered) -> _Secrets | None:
    if part.atom.kind != "stored":
        return None
    if not part.whole:
        name = part.atom.path[-1] if part.atom.path else ""
        if not _is_secret(name) or (part.name and not SECRET.fullmatch(part.name)):
            return None
        return _Secrets((name,), part.atom.name)
    columns = _columns(context, row, part)
    known = columns if columns is not None else dict.fromkeys(context.matrix.fields.secrets(part.atom.name))
    is_account = normal(part.atom.name) in context.matrix.accounts
    names = tuple(
        n for n in known if (_is_secret(n) or (is_account and n == _HASH)) and n not in part.without
    )
    if not names or (columns is None and _is_chosen(context, part)):
        return _of_related(context, part)
    resource, all_columns = (columns or {}).get(names[0], (part.atom.name, True))
    names = tuple(n for n in names if (columns or {}).get(n, (resource, True))[0] == resource)
    if _is_hidden(context, resource):
        return _of_related(context, part)
    return _Secrets(names, resource, not all_columns)


def _of_related(context: Context, part: Answered) -> _Secrets | None:
    """Secrets of records that come along with the one that is asked for."""
    for resource in related(context, part):
        names = tuple(name for name in context.matrix.fields.secrets(resource) if _is_secret(name))
        if names and not _is_hidden(context, resource):
            return _Secrets(names, resource)
    return None


def _private(context: Context, row: Row, part: Answered) -> _Secrets | None:
    """What of other people's records everybody who calls is told, and should not be."""
    if part.atom.kind != "stored" or not part.whole:
        return None
    columns = _columns(context, row, part)
    if columns is None and _is_chosen(context, part):
        return None
    names = private_matters(context, row, part, iter(columns) if columns is not None else None)
    if not names or _is_hidden(context, part.atom.name, by_field=False):
        return None
    if lack(context, row, tuple(context.matrix)) is not None:
        # It is told as the role that is not asked for.
        return None
    resource, all_columns = (columns or {}).get(names[0], (part.atom.name, True))
    return _Secrets(names, resource, not all_columns, private=True)


def _place(context: Context, row: Row, part: Answered, shown: _Secrets) -> Span:
    """Where the fields are to be named: at the answer; or elsewhere where a statement names them there, or where
    the handler only hands on what a function makes."""
    loaded = part.atom.span
    if loaded is None or part.atom.fid in row.endpoint.handler.functions or not part.whole:
        return part.span
    if shown.chosen:
        return loaded
    origins = context.matrix.origins
    for fid in row.endpoint.handler.functions[:1] if row.endpoint.returns else ():
        for value in origins.returned(fid):
            made = context.view.definitions(fid).get(value)
            while made is not None and made.op == Op.AWAIT:
                made = context.view.definitions(fid).get(made.args[0])
            if made is not None and made.op == Op.CALL and part.atom.fid in origins.targets(fid, made):
                return loaded
    return part.span


def _is_secret(name: str) -> bool:
    return SECRET.fullmatch(name) is not None and _OWN.fullmatch(name) is None


def _columns(context: Context, row: Row, part: Answered) -> dict[str, tuple[str, bool]] | None:
    """The columns that a statement gives back, each with its table, and whether it asks for all of those.

    `None` where it is no statement.
    """
    touches = row.surface.touches if row.surface is not None else ()
    for touch in touches:
        if (touch.fid, touch.value) == (part.atom.fid, part.atom.value) and touch.shown:
            found: dict[str, tuple[str, bool]] = {}
            for shown in touch.shown:
                table, _, column = shown.rpartition(".")
                names = sorted(context.matrix.fields.of(table)) if column == "*" else (column,)
                found.update((name, (table, column == "*")) for name in names)
            return found
    return None


def _is_chosen(context: Context, part: Answered) -> bool:
    """Whether the query names the fields that it loads."""
    source = context.sources.get(part.atom.span.path) if part.atom.span else None
    if source is None or part.atom.span is None:
        return True
    if part.atom.value < 0:
        return False
    if (part.atom.fid, part.atom.value) in _written_out(context):
        return not _selects_all(context, part.atom.fid)
    loaded = source.slice(part.atom.span.start, part.atom.span.end) + _chained(source, part.atom.span.end)
    return _CHOSEN.search(loaded) is not None or _COUNTS.search(loaded) is not None


def _written_out(context: Context) -> Container[tuple[str, int]]:
    """Calls whose statement says what they load: found once for all rows."""
    known = context.notes.get("written statements")
    if known is None:
        every = (access for row in context.matrix for access in row.accesses)
        known = frozenset((access.fid, access.value) for access in every if access.concept is None)
        context.notes["written statements"] = known
    return cast("Container[tuple[str, int]]", known)


def _chained(source: Source, end: int) -> str:
    """The calls that stand behind a query: `.select("-password").lean()`."""
    text = source.slice(end, end + _CHAIN)
    at = 0
    while (link := _LINK.match(text, at)) is not None:
        depth, at = 1, link.end()
        while depth and at < len(text):
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            at += 1
    return text[:at]


def _selects_all(context: Context, fid: str) -> bool:
    """Whether a function's statements load all columns."""
    function = context.view.linker.functions.get(fid)
    source = context.sources.get(fid.rpartition("::")[0])
    if function is None or source is None:
        return False
    return _STAR.search(source.slice(function.start, function.end)) is not None


def _is_hidden(context: Context, resource: str, by_field: bool = True) -> bool:
    """Whether the model takes secrets out of what it is turned into; `by_field`: where single fields say so, too."""
    for path, module in context.view.linker.modules.items():
        source = context.sources.get(path)
        if source is None:
            continue
        text = source.slice(0, len(source.text))
        named = [
            cls for name, cls in module.classes.items() if normal(name.rpartition(".")[2]) == normal(resource)
        ]
        bodies = [source.slice(cls.start, cls.end) for cls in named]
        made = [
            text[found.start() : found.end() + _DEFINITION]
            for found in re.finditer(rf"['\"]{re.escape(resource)}['\"]", text)
        ]
        hides = (_HIDES if by_field else _TURNS).search(text) if bodies or made else None
        if hides is not None and (hides[0] != "@Exclude" or _is_applied(context)):
            return True
        if any(map(_LEAVES_OUT.search, bodies)) or any(map(_BY_DEFAULT.search, made[:4])):
            return True
    return False


def _is_applied(context: Context) -> bool:
    """Whether anything applies what decorators of class-transformer say: they do nothing by themselves."""
    return any(
        _APPLIES.search(source.text) is not None
        for source in context.sources.values()
        if source.language in ("typescript", "tsx", "javascript")
    )


def _is_filtered(context: Context, row: Row) -> bool:
    """Whether the framework answers with a declared schema, whatever the handler returns."""
    if row.endpoint.path.startswith(GRAPHQL):
        # What a query may ask for is the schema's to say.
        return True
    span = row.endpoint.span
    source = context.sources.get(span.path)
    if source is not None and "response_model" in source.slice(span.start, span.end):
        return True
    for fid in row.endpoint.handler.functions[:1]:
        function = context.view.linker.functions.get(fid)
        if function is not None and function.name.rpartition(".")[2] in _CHOOSES:
            return True
        if function is not None and function.returns and row.endpoint.framework == "fastapi":
            return True
        if row.endpoint.framework == "nestjs" and is_shaped(context, fid):
            return True
    return False
