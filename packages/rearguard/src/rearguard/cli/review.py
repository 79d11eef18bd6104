"""`rearguard review`."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rearguard.cli import others
from rearguard.cli.config import MAX_JOBS, Config, ConfigError, bad_pattern, find
from rearguard.cli.progress import ProgressLine
from rearguard.cli.words import complete_check, fail, listed, unknown_check

if TYPE_CHECKING:
    from rearguard.findings import ReviewResult
    from rearguard.review import Options, Reviewed

MAX_FRAGMENT = 1_000_000
"""Bytes read from standard input."""
_SEVERITIES = click.Choice(["critical", "high", "medium", "low"])
_EPILOG = """\b
Examples:
  rearguard review .
  rearguard review src --fail-on high --sarif out.sarif
  rearguard review . --since origin/main
  cat route.js | rearguard review - --language javascript
"""


@click.command(epilog=_EPILOG)
@click.argument("path", default=".", metavar="[PATH|-]")
@click.option("--sarif", metavar="FILE", help="Also write SARIF 2.1.0 to FILE; - is standard output.")
@click.option("--json", "json_", metavar="FILE", help="Also write JSON to FILE; - is standard output.")
@click.option("--junit", metavar="FILE", help="Also write JUnit XML.")
@click.option("--gitlab-sast", metavar="FILE", help="Also write GitLab's report of static analysis.")
@click.option("--code-quality", metavar="FILE", help="Also write GitLab's Code Quality report.")
@click.option("--github", is_flag=True, help="Print GitHub annotations instead of the first screen.")
@click.option("--output", metavar="DIR", help="Folder in which rearguard-report/ is made [default: here].")
@click.option("--fail-on", type=_SEVERITIES, help="Lowest severity that fails the run [default: medium].")
@click.option("--audience", type=click.Choice(["default", "audit"]), help="audit adds checks of hygiene.")
@click.option(
    "--min-confidence",
    type=click.Choice(["certain", "likely", "question"]),
    help="Leave out findings that are less sure [default: question].",
)
@click.option(
    "--only",
    multiple=True,
    metavar="CHECK",
    callback=listed,
    help="Run only these checks: repeat it, or part them by commas.",
    shell_complete=complete_check,
)
@click.option(
    "--skip",
    multiple=True,
    metavar="CHECK",
    callback=listed,
    help="Do not run these checks.",
    shell_complete=complete_check,
)
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out paths, as .gitignore would.")
@click.option("--include-tests", is_flag=True, default=None, help="Review test code like the rest.")
@click.option(
    "--baseline", metavar="FILE", help="Set apart the findings of an earlier review; only new ones fail."
)
@click.option("--write-baseline", metavar="FILE", help="Write the findings of this review as a baseline.")
@click.option("--fail-on-stale", is_flag=True, default=None, help="Fail on suppressions that excuse nothing.")
@click.option("--since", metavar="REV", help="Report only findings on lines changed since a git revision.")
@click.option(
    "--scanners",
    multiple=True,
    metavar="WHICH",
    help="Also run other scanners: auto (found here, offline), all (also those that ask a server), "
    "none, or names, as bandit,gitleaks [default: none].",
)
@click.option(
    "--semgrep-rules", multiple=True, metavar="PATH", help="Your rules for Semgrep, a file or folder."
)
@click.option(
    "--scanner-timeout",
    type=click.FloatRange(min=1),
    default=300.0,
    metavar="SECONDS",
    help="Time for one scanner [default: 300].",
)
@click.option("--import-sarif", multiple=True, metavar="FILE", help="Merge the results of another tool.")
@click.option("--language", metavar="NAME", help="Language of the code on standard input.")
@click.option("--engagement", metavar="ID", help="Also write output/ID/eng-backend-SLUG.md; needs --topic.")
@click.option("--topic", metavar="SLUG", help="The topic in that file's name.")
@click.option("--timestamp", metavar="TIME", help="Put this RFC 3339 time into the reports; none by default.")
@click.option(
    "--jobs", type=click.IntRange(1, MAX_JOBS), help="Processes to work with [default: by machine]."
)
@click.option("--no-cache", is_flag=True, default=None, help="Neither use nor keep what earlier runs read.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def review(path: str, **given: Any) -> None:
    """Review the backend at PATH, or the piece of code on standard input (-).

    Writes rearguard-report/ with review.md, review.html, review.sarif and review.json, and prints what
    matters.
    """
    if bool(given["engagement"]) != bool(given["topic"]):
        fail("--engagement and --topic go together: they name output/ID/eng-backend-SLUG.md")
    if given["sarif"] == given["json_"] == "-":
        fail("--sarif - and --json - cannot share standard output; write one of them to a file")
    problem = bad_pattern(given["exclude"])
    if problem:
        fail(f"--exclude: {problem}")
    if given["language"] and path != "-":
        fail("--language is that of the code on standard input; files tell theirs by their names")
    given["timestamp"] = _utc(given["timestamp"] or "")
    root = Path.cwd() if path == "-" else Path(path)
    try:
        config = find(root) if root.exists() else Config({}, "")
    except ConfigError as error:
        fail(str(error))
    options = _options(given, config.values)
    scanners = others.asked(given, path)
    reviewed = _from_input(given, options) if path == "-" else _from_path(path, given, options, scanners)
    if config.note:
        notes = (*reviewed.result.notes, config.note)
        reviewed = replace(reviewed, result=replace(reviewed.result, notes=notes))
    if given["write_baseline"]:
        _write_baseline(reviewed, given["write_baseline"])
    reviewed = _against_baseline(reviewed, given, options)
    _publish(reviewed, given)
    if not reviewed.result.coverage.files:
        fail("nothing was reviewed, so nothing is known")
    stale = bool(given["fail_on_stale"] and reviewed.result.stale_suppressions)
    sys.exit(1 if stale or _fails(reviewed.result, given["fail_on"] or "medium") else 0)


def _utc(timestamp: str) -> str:
    """A time of RFC 3339 in UTC, as SARIF wants it; "" stays."""
    try:
        moment = datetime.fromisoformat(timestamp) if timestamp else None
    except ValueError:
        moment = datetime.min
    if moment is not None and moment.tzinfo is None:
        fail(f"--timestamp {timestamp!r}: write a time with its zone, as 2031-02-03T04:05:06Z")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment is not None else ""


def _options(given: dict[str, Any], config: Mapping[str, Any]) -> "Options":
    from rearguard.findings import Audience, Confidence
    from rearguard.review import Options

    def pick(name: str, default: Any) -> Any:
        value = given.get(name.replace("-", "_"))
        return value if value not in (None, ()) else config.get(name, default)

    given["fail_on"] = pick("fail-on", "medium")
    given["output"] = pick("output", None)
    given["baseline"] = pick("baseline", None)
    given["fail_on_stale"] = pick("fail-on-stale", False)
    today = datetime.fromisoformat(given["timestamp"]) if given["timestamp"] else datetime.now(UTC)
    return Options(
        only=tuple(pick("only", ())),
        skip=tuple(pick("skip", ())),
        exclude=tuple(pick("exclude", ())),
        audience=Audience(pick("audience", "default")),
        min_confidence=Confidence(pick("min-confidence", "question")),
        include_tests=bool(pick("include-tests", False)),
        jobs=int(pick("jobs", 0)),
        cache=not given["no_cache"] and bool(config.get("cache", True)),
        today=today.date(),
        suppress=tuple(config.get("suppress", ())),
    )


def _from_input(given: dict[str, Any], options: "Options") -> "Reviewed":
    from rearguard.review import review_fragment
    from rearguard.review.fragments import extract, guess, named

    if given["since"]:
        fail("--since compares files of a repository; standard input is none")
    text = sys.stdin.buffer.read(MAX_FRAGMENT + 1)
    if len(text) > MAX_FRAGMENT:
        fail(f"more than {MAX_FRAGMENT} bytes on standard input; review a folder instead")
    if not text.strip():
        fail("nothing on standard input; pipe the code in, or give a path")
    code, language = extract(text.decode("utf-8", "replace"))
    if given["language"]:
        try:
            language = named(given["language"])
        except KeyError:
            fail(f"--language {given['language']}: known are python, javascript, typescript, tsx")
    try:
        return review_fragment(code.encode(), language or guess(code), options)
    except KeyError as error:
        unknown_check(error)


def _from_path(path: str, given: dict[str, Any], options: "Options", scanners: "others.Asked") -> "Reviewed":
    from rearguard.review import chosen_checks, open_path
    from rearguard.review.changes import GitError, only_changed, revision

    root = Path(path)
    progress = ProgressLine(given["quiet"])
    try:
        since = revision(root, given["since"]) if given["since"] else None
        chosen_checks(options)
        opened = open_path(root, path, options, progress)
        reviewed = opened.review(options, progress, others.scanned(scanners, root, opened, progress))
        return only_changed(reviewed, since) if since else reviewed
    except FileNotFoundError:
        fail(f"{path}: there is no such file or folder")
    except GitError as error:
        fail(f"--since: {error}")
    except KeyError as error:
        unknown_check(error)
    finally:
        progress.close()


def _write_baseline(reviewed: "Reviewed", name: str) -> None:
    from rearguard.findings import baseline
    from rearguard.report import ReportPathError, write_file

    findings, sources = reviewed.result.findings, reviewed.sources
    lines = [sources[f.location.path].line_of(f.location.start) for f in findings]
    try:
        write_file(Path(name), baseline.written(findings, lines))
    except (ReportPathError, OSError) as error:
        fail(f"{name} could not be written: {error}")


def _against_baseline(reviewed: "Reviewed", given: dict[str, Any], options: "Options") -> "Reviewed":
    """The review with what the baseline holds set apart; one that was just written holds everything."""
    from rearguard.findings import baseline

    name = given["baseline"] or given["write_baseline"]
    if not name:
        return reviewed
    try:
        known = baseline.read(Path(name))
    except baseline.BaselineError as error:
        fail(f"--baseline: {error}")
    ran = {check.rule.id for check in reviewed.rules}
    narrowed = bool(given["since"] or options.exclude)
    result = baseline.apply(reviewed.result, known, ran, judge_stale=not narrowed)
    return replace(reviewed, result=result)


def _publish(reviewed: "Reviewed", given: dict[str, Any]) -> None:
    from rearguard.report import (
        FORMATS,
        ReportPathError,
        print_review,
        render_html,
        render_json,
        render_markdown,
        render_sarif,
        write_engagement,
        write_file,
        write_report,
    )

    result, sources = reviewed.result, reviewed.sources
    stamp = given["timestamp"]
    rules = tuple(check.rule for check in reviewed.rules)
    markdown = render_markdown(result, sources, timestamp=stamp)
    sarif = render_sarif(result, sources, rules=rules, timestamp=stamp)
    as_json = render_json(result, sources, timestamp=stamp)
    parent = Path(given["output"] or ".")
    written: list[str] = []
    try:
        parent.mkdir(parents=True, exist_ok=True)
        page = render_html(result, sources, timestamp=stamp)
        files = {"review.md": markdown, "review.html": page, "review.sarif": sarif, "review.json": as_json}
        folder = write_report(parent, files)
        written += [_shown(folder / "review.md"), _shown(folder / "review.html")]
        if given["engagement"]:
            written.append(_shown(write_engagement(parent, given["engagement"], given["topic"], markdown)))
        for target, text in ((given["sarif"], sarif), (given["json_"], as_json)):
            if target and target != "-":
                write_file(Path(target), text)
                written.append(target)
        for name in ("junit", "gitlab_sast", "code_quality"):
            if given[name]:
                write_file(Path(given[name]), FORMATS[name.replace("_", "-")](result, sources, stamp))
                written.append(given[name])
    except ReportPathError as error:
        fail(f"the report could not be written: {error}")
    except OSError as error:
        fail(f"the report could not be written: {error.filename}: {error.strerror}")
    if given["sarif"] == "-" or given["json_"] == "-":
        click.echo(sarif if given["sarif"] == "-" else as_json, nl=False)
    elif given["github"]:
        click.echo(FORMATS["github"](result, sources, stamp), nl=False)
    elif not given["quiet"]:
        from rich.console import Console

        print_review(result, sources, Console(highlight=False), written=written)


def _shown(path: Path) -> str:
    """A path as a person would type it from here."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _fails(result: "ReviewResult", fail_on: str) -> bool:
    from rearguard.findings import Confidence, Severity

    limit = Severity(fail_on).rank
    return any(f.severity.rank <= limit and f.confidence is not Confidence.QUESTION for f in result.findings)
