"""What is installed is what was chosen."""

import re
from collections.abc import Iterator
from functools import cached_property

from rearguard.checks.base import Context, Draft, page
from rearguard.checks.spots import in_file
from rearguard.findings import Audience, Rule, Severity
from rearguard.program import Entry, SettingsFile

_FIXED_VERSION = re.compile(r"^\s*(?:={2,3}\s*[\w.!+*-]+|@\s*\S+)")
_EXACT_NPM = re.compile(
    r"^(?:=?v?\d+\.\d+\.\d+(?:-[\w.]+)?|file:.*|link:.*|workspace:.*|git.*#[0-9a-f]{7,40}|portal:.*|catalog:.*)$"
)


class UnpinnedDependency:
    """See unpinned_dependency.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="unpinned-dependency",
            title="Dependencies float",
            cwe=1357,
            severity=Severity.LOW,
            asvs=("v5.0.0-15.2.1",),
            related=(494, 829),
            audience=Audience.AUDIT,
            page=page("unpinned-dependency"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per file of requirements that pins nothing, with what floats most."""
        for file in context.settings.values():
            if file.kind == "requirements":
                yield from self._requirements(file)
            elif file.path.rpartition("/")[2] == "package.json":
                yield from self._manifest(file)

    def _requirements(self, file: SettingsFile) -> Iterator[Draft]:
        # `.in` files are what locks are made from.
        if file.path.endswith(".in"):
            return
        plain = [entry for entry in file.entries if not entry.key.startswith("-")]
        loose = [entry for entry in plain if not _FIXED_VERSION.match(entry.text)]
        if loose:
            yield self._told(
                file,
                loose[0],
                f"{_listed([entry.key for entry in loose])} {'float' if len(loose) > 1 else 'floats'}: each installation "
                "takes the newest there is.",
                "Pin versions with hashes (pip-compile --generate-hashes, uv, poetry), and let a tool propose updates.",
            )
        for entry in file.entries:
            if entry.key in ("--index-url", "--extra-index-url", "-i", "--trusted-host") and (
                "http://" in entry.text or entry.key == "--trusted-host"
            ):
                yield self._told(
                    file,
                    entry,
                    "Packages come from a server whose answers nothing verifies.",
                    "Use https, without --trusted-host.",
                    Severity.MEDIUM,
                )

    def _manifest(self, file: SettingsFile) -> Iterator[Draft]:
        loose = [
            entry
            for group in ("dependencies", "devDependencies")
            for entry in file.under(group)
            if (len(entry.keys) == 2 and entry.text in ("*", "latest", "x", ""))
            or (
                len(entry.keys) == 2
                and entry.text.startswith((">", "git", "http", "github:"))
                and not _EXACT_NPM.match(entry.text)
            )
        ]
        if loose:
            yield self._told(
                file,
                loose[0],
                f"{_listed([entry.key for entry in loose])} {'float' if len(loose) > 1 else 'floats'}: each installation "
                "takes whatever is there.",
                "Name versions, commit the lock file, and install with it (npm ci).",
            )
        for name in ("preinstall", "install", "postinstall"):
            entry = file.get("scripts", name)
            if entry is not None and re.search(r"curl|wget|https?://", entry.text):
                yield self._told(
                    file,
                    entry,
                    f"The script {name} fetches something whenever this is installed.",
                    "Leave it out, or fetch a fixed version and compare its checksum.",
                    Severity.MEDIUM,
                )

    def _told(
        self, file: SettingsFile, entry: Entry, message: str, advice: str, severity: Severity | None = None
    ) -> Draft:
        return in_file(
            self.rule,
            file,
            entry,
            message,
            "A version that was taken over, or only broken, is in the next build without anybody's decision.",
            advice,
            severity=severity,
            subject=entry.key,
        )


def _listed(names: list[str]) -> str:
    shown = names[:4]
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    if len(shown) > 1 and not more:
        return f"{', '.join(shown[:-1])} and {shown[-1]}"
    return ", ".join(shown) + more
