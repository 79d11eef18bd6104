"""Debug features must be off where users are."""

import re
from collections.abc import Iterator
from functools import cached_property

from rearguard.analysis import ValueView
from rearguard.analysis.settings import evaluate, is_development_branch, is_development_name, is_on
from rearguard.analysis.settings.uses import Use
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.only_told import branches
from rearguard.checks.spots import in_file, spot
from rearguard.checks.taken_over import taken_over
from rearguard.findings import Confidence, Request, Rule, Severity
from rearguard.models.concepts import DebugSwitch
from rearguard.models.settings_concepts import DebugTool, SourcesShown
from rearguard.program import Entry, Op, SettingsFile, instructions
from rearguard.repair.targets import Target

_WHY = (
    "Debug pages show source, settings and variables to whoever causes an error, and some offer a console "
    "that runs code on the server."
)
_ADVICE = (
    "Leave it off in the code, and let the development environment switch it on by a variable that "
    "production does not set."
)
_VARIABLES = re.compile(r"(?:FLASK|DJANGO|APP|FASTAPI|QUART|SANIC|STARLETTE)_DEBUG|DEBUG|WERKZEUG_DEBUG_PIN")
_ENVIRONMENTS = {"FLASK_ENV": ("development",), "NODE_ENV": ("development", "dev")}
_DEPLOYED = re.compile(r"prod|stag|deploy|k8s|kube|helm|live", re.IGNORECASE)
_BUILDS = re.compile(r"(?:dev|test|build|lint|debug)", re.IGNORECASE)


class DebugMode:
    """See debug_mode.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="debug-mode",
            title="Debug mode is on",
            cwe=489,
            severity=Severity.HIGH,
            asvs=("v5.0.0-13.4.2",),
            api_top10=("API8:2023",),
            related=(94, 215, 540),
            page=page("debug-mode"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per switch that is on where nothing else is said."""
        yield from self._switches(context)
        yield from self._tools(context)
        yield from self._sources(context)
        for file in context.settings.values():
            yield from self._variables(file)

    def _switches(self, context: Context) -> Iterator[Draft]:
        found: dict[tuple[str, int], tuple[Use[DebugSwitch], ValueView, bool]] = {}
        for use in context.uses.of(DebugSwitch):
            value = use.value
            place = (use.span.path, use.span.start)
            if value is None or place in found or _is_development(context, use):
                continue
            if _is_asked_for(context, use) or _is_replaced(context, use):
                continue
            setting = evaluate(value)
            if is_on(setting):
                found[place] = use, value, setting.from_environment
        in_settings = any(use.instr.op == Op.STORE for use, _, _ in found.values())
        for use, value, is_default in found.values():
            # A switch that hands on a setting which is told itself is the same cause.
            if use.is_written_here or not in_settings:
                yield self._draft(use, value, is_default)

    def _draft(self, use: Use[DebugSwitch], value: ValueView, is_default: bool) -> Draft:
        message = "Debug mode is switched on in the code, so it is on wherever this runs."
        reason, step = "the switch is the constant true", "always on"
        if is_default:
            message = (
                "Debug mode is on unless the environment switches it off: one forgotten variable is enough."
            )
            reason, step = "the switch is true when the variable is not set", "on by default"
        return spot(
            self.rule,
            use.span,
            message,
            _WHY,
            _ADVICE,
            reason,
            step=step,
            part=value.span,
            subject="debug",
            target=Target("debug-off", use.fid, use.instr.dst, value.value),
            verification=(
                Request(
                    "Cause an error, for instance with a parameter of the wrong type.",
                    "",
                    "A general error page: no stack trace, no source, no console.",
                ),
            ),
        )

    def _tools(self, context: Context) -> Iterator[Draft]:
        for use in context.uses.of(DebugTool):
            if _is_development(context, use):
                continue
            yield spot(
                self.rule,
                use.span,
                f"{use.concept.what[:1].upper()}{use.concept.what[1:]} is part of the application wherever it runs.",
                _WHY,
                "Add it only behind a test of the environment that production does not pass.",
                "no test of the environment stands around it",
                step="made for every environment",
                subject=use.concept.what,
                severity=Severity.MEDIUM if use.concept.shows else None,
            )

    def _sources(self, context: Context) -> Iterator[Draft]:
        for use in context.uses.of(SourcesShown):
            value = use.value
            if value is None or not is_on(evaluate(value)):
                continue
            yield spot(
                self.rule,
                value.span,
                "The build for production publishes the sources of the scripts that browsers run.",
                "Whoever opens the page reads the code as it was written: names, comments, addresses of interfaces "
                "that no page links to, and checks that are made in the browser alone.",
                "Leave it off, or send the source maps to the service that reads errors and delete them from the build.",
                "the option is the constant true",
                step="sources are published",
                subject="source maps",
                confidence=Confidence.LIKELY,
                severity=Severity.LOW,
            )

    def _variables(self, file: SettingsFile) -> Iterator[Draft]:
        """Variables that containers and deployments set."""
        if is_development_name(file.path) or file.kind not in ("dockerfile", "yaml", "dotenv", "json"):
            return
        deployed = file.kind == "dockerfile" or bool(_DEPLOYED.search(file.path))
        for entry in file.entries:
            name, text = _variable(file, entry)
            wanted = _ENVIRONMENTS.get(name)
            if wanted is not None:
                on = text.lower() in wanted
            else:
                on = bool(_VARIABLES.fullmatch(name)) and text.lower() in ("1", "true", "yes", "on")
            if not on or not deployed or _in_build_stage(file, entry):
                continue
            yield in_file(
                self.rule,
                file,
                entry,
                f"{name} switches debug features on in what is deployed.",
                _WHY,
                f"Take {name} out of this file; set it in the development environment alone.",
                "containers and deployments made from this file have it set",
                confidence=Confidence.LIKELY,
                severity=Severity.MEDIUM if name == "NODE_ENV" else None,
            )


def _variable(file: SettingsFile, entry: Entry) -> tuple[str, str]:
    """The name and text of a variable of the environment; "" for other entries."""
    if file.kind == "dockerfile":
        return (entry.key, entry.text) if entry.keys[0] == "ENV" else ("", "")
    if file.kind == "dotenv":
        return entry.key, entry.text
    if file.kind == "yaml":
        if entry.key == "value" and entry.keys[-3:-2] in (("env",), ("variables",)):
            named = file.get(*entry.keys[:-1], "name")
            return (named.text, entry.text) if named is not None else ("", "")
        name, mark, text = entry.text.partition("=")
        if mark and entry.keys[-2:-1] == ("environment",):
            return name.strip(), text.strip()
        if entry.keys[-2:-1] in (("environment",), ("env",), ("env_variables",)):
            return entry.key, entry.text
    return "", ""


def _in_build_stage(file: SettingsFile, entry: Entry) -> bool:
    """Whether an instruction stands in a stage of a Dockerfile that another stage follows, or one for development."""
    if file.kind != "dockerfile":
        return False
    stages = list(file.under("FROM"))
    before = [stage for stage in stages if stage.start < entry.start]
    return bool(before) and (
        before[-1] is not stages[-1] or bool(_BUILDS.search(before[-1].text.partition(" ")[2]))
    )


def _is_asked_for(context: Context, use: Use[DebugSwitch]) -> bool:
    """Whether the switch stands in a branch that a variable of the environment opens, and none opens by itself."""
    for branch in branches(context.view.function(use.fid).body):
        inside = any(one.start == use.instr.start for one in instructions(branch.then))
        opened = evaluate(ValueView(context.view, use.fid, branch.cond)) if inside else None
        if opened is not None and opened.from_environment and opened.known and not is_on(opened):
            return True
    return False


def _is_replaced(context: Context, use: Use[DebugSwitch]) -> bool:
    """Whether settings that take over all of this file's switch it off: `from shop.settings.common import *`."""
    if use.instr.op != Op.STORE:
        return False
    for given in taken_over(context, use.span.path, use.instr.name):
        settings = [evaluate(value) for value in given]
        if any(setting.known and not is_on(setting) for setting in settings):
            return True
    return False


def _is_development(context: Context, use: Use[DebugSwitch] | Use[DebugTool]) -> bool:
    function = context.view.function(use.fid)
    named = function.name if function.kind in ("class", "function", "method") else ""
    if use.instr.op == Op.STORE and is_development_name(use.span.path, named):
        return True
    return is_development_branch(context.view, use.fid, use.instr.start)
