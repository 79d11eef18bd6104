"""Credentials must not stand in the code."""

from collections.abc import Iterator
from functools import cached_property

from rearguard.analysis import ValueView
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.secret_words import (
    PROVIDERS,
    SHORTEST_PROVIDER,
    is_compared_secret,
    is_credential_name,
    is_secret_value,
    names_something,
    password_in_url,
)
from rearguard.findings import Confidence, Finding, Request, Rule, Severity
from rearguard.models.concepts import SecretUse
from rearguard.program import Evidence, Instr, Op, Span, Step, instructions
from rearguard.repair.targets import Target


class HardcodedSecret:
    """See hardcoded_secret.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="hardcoded-secret",
            title="A credential stands in the code",
            cwe=798,
            severity=Severity.HIGH,
            asvs=("v5.0.0-13.3.1",),
            related=(259, 321, 547),
            page=page("hardcoded-secret"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per literal that is a credential by what it is named, used for, or looks like."""
        seen: set[tuple[str, str]] = set()
        for fid, function in context.view.linker.functions.items():
            for instr in instructions(function.body):
                for number, name, reason in self._candidates(context, fid, instr):
                    found = _literal(context, fid, number)
                    if found is None:
                        continue
                    home, literal = found
                    if names_something(name, str(literal.value)):
                        continue
                    place = context.view.span(home, literal.start, literal.end)
                    # The same credential twice in a file is one to replace.
                    key = (place.path, str(literal.value))
                    if key not in seen:
                        seen.add(key)
                        yield self._draft(context, home, place, literal, name, reason)

    def _candidates(self, context: Context, fid: str, instr: Instr) -> Iterator[tuple[int, str, str]]:
        """Values that may be credentials: `(value, name, reason)`."""
        if instr.op == Op.CONST and isinstance(instr.value, str) and not instr.name.startswith("regex"):
            for provider, pattern in PROVIDERS if len(instr.value) >= SHORTEST_PROVIDER else ():
                if pattern.search(instr.value):
                    yield instr.dst, provider, f"it has the form of {provider}"
            if "://" in instr.value and password_in_url(instr.value):
                yield instr.dst, "a connection address", "the address carries a password"
        elif instr.op in (Op.STORE, Op.SETATTR) and is_credential_name(instr.name):
            yield instr.args[-1], instr.name, "it is assigned to a name that says so"
        elif instr.op == Op.SETITEM and isinstance(instr.value, str) and is_credential_name(instr.value):
            yield instr.args[-1], instr.value, "it is stored under a name that says so"
        elif instr.op in (Op.COLLECT, Op.CALL, Op.NEW):
            values = instr.args if instr.op == Op.COLLECT else instr.args[1:]
            for key, number in zip(instr.keys, values, strict=False):
                if key and is_credential_name(key):
                    yield number, key, "it is given under a name that says so"
            if instr.op != Op.COLLECT:
                yield from self._used(context, fid, instr)
        elif instr.op == Op.COMPARE and instr.name in ("==", "===", "!=", "!=="):
            for one, other in (instr.args, instr.args[::-1]):
                left = context.view.definitions(fid).get(one)
                right = context.view.definitions(fid).get(other)
                if left is None or right is None or not isinstance(right.value, str):
                    continue
                name = _last_name(context, fid, left)
                if is_credential_name(name) and is_compared_secret(name, right.value):
                    yield other, name, "a credential is compared with it"

    @staticmethod
    def _used(context: Context, fid: str, instr: Instr) -> Iterator[tuple[int, str, str]]:
        program = context.values.program
        for row in program.rows(context.view.linker.refs[fid][instr.args[0]]):
            if isinstance(row.concept, SecretUse) and not row.keys:
                for number in program.arguments(instr, row, -1):
                    yield number, row.concept.what, f"it is used as a {row.concept.what}"

    def _draft(
        self, context: Context, fid: str, place: Span, literal: Instr, name: str, reason: str
    ) -> Draft:
        finding = Finding(
            rule=self.rule,
            location=place,
            message=f"A credential ({name}) is written into the code.",
            why="Everyone who can read the code, its history or a copy of the image has it, and it cannot be changed "
            "without a release.",
            severity=self.rule.severity,
            confidence=Confidence.LIKELY if "name that says so" in reason else Confidence.CERTAIN,
            confidence_reason=reason,
            evidence=Evidence((Step(place, reason, "sink"),)),
            advice="Read it from the environment or a secret store, refuse to start without it, and replace the "
            "credential: it is known to whoever has seen this file.",
            verification=(
                Request(
                    "Start the service without the variable set.",
                    "",
                    "It refuses to start and names the variable.",
                ),
            ),
            subject=name,
        )
        return Draft(finding, Target("secret-from-environment", fid, literal.dst))


def _last_name(context: Context, fid: str, instr: Instr) -> str:
    if instr.op in (Op.LOAD, Op.ATTR):
        return instr.name
    if instr.op == Op.ITEM and isinstance(instr.value, str):
        return instr.value
    if instr.op in (Op.CALL,) and len(instr.args) == 2:
        key = ValueView(context.view, fid, instr.args[1]).text
        return key or ""
    return ""


def _literal(context: Context, fid: str, number: int) -> tuple[str, Instr] | None:
    """The literal that a value is, or falls back to when a setting is not given; with its function."""
    definitions = context.view.definitions(fid)
    pending, seen = [number], set()
    while pending:
        current = pending.pop()
        if current in seen:
            continue
        seen.add(current)
        instr = definitions.get(current)
        if instr is None:
            continue
        if instr.op == Op.CONST and isinstance(instr.value, str):
            if is_secret_value(instr.value):
                return fid, instr
        elif instr.op == Op.LOGIC and instr.name in ("or", "??"):
            pending.append(instr.args[1])
        elif instr.op == Op.LOAD and instr.name.startswith("$"):
            pending.extend(
                i.args[0]
                for i in instructions(context.view.function(fid).body)
                if i.op == Op.STORE and i.name == instr.name
            )
        elif instr.op == Op.CALL and len(instr.args) == 3 and _reads_setting(context, fid, instr):
            pending.append(instr.args[2])
        elif instr.op == Op.CALL and len(instr.args) > 1:
            callee = definitions.get(instr.args[0])
            if callee is not None and callee.op == Op.ATTR and callee.name in ("encode", "from"):
                pending.append(callee.args[0] if callee.name == "encode" else instr.args[1])
        elif instr.op == Op.CALL:
            callee = definitions.get(instr.args[0])
            if callee is not None and callee.op == Op.ATTR and callee.name == "encode":
                pending.append(callee.args[0])
    return None


def _reads_setting(context: Context, fid: str, instr: Instr) -> bool:
    """`os.environ.get(name, default)`, `os.getenv(name, default)`, `config(name, default)`."""
    callee = context.view.definitions(fid).get(instr.args[0])
    if callee is None:
        return False
    text = context.text(context.view.span(fid, callee.start, callee.end)).lower()
    return any(word in text for word in ("environ", "getenv", "config", "settings", "env"))
