"""Containers have the rights and the contents that they need, and no more."""

import re
from collections.abc import Iterator
from functools import cached_property

from rearguard.analysis.settings import is_development_name
from rearguard.checks.base import Context, Draft, page
from rearguard.checks.spots import in_file
from rearguard.findings import Audience, Rule, Severity
from rearguard.program import Entry, SettingsFile

_REFERENCE = re.compile(r"^\s*(?:\$|<|\{|%|\*|file:|env:)|\$\{|\$\(|\{\{")
_FROM = re.compile(r"(?:--platform=\S+\s+)?(?P<image>\S+)(?:\s+as\s+(?P<name>\S+))?", re.IGNORECASE)
_DANGEROUS_MOUNTS = ("/var/run/docker.sock", "/:/", "/etc:", "/root:", "/proc:", "/sys:")
_OPEN_PORTS = {"5432", "3306", "27017", "6379", "9200", "11211", "5672", "1433", "9042"}
_CAPABILITIES = frozenset(("all", "sys_admin", "net_admin", "sys_ptrace", "sys_module", "dac_override"))


class ContainerHygiene:
    """See container_hygiene.md, which is this check's page and its test."""

    @cached_property
    def rule(self) -> Rule:
        """What is true of every finding of this check."""
        return Rule(
            id="container-hygiene",
            title="A container has more rights, or carries more, than it needs",
            cwe=250,
            severity=Severity.LOW,
            asvs=("v5.0.0-13.2.2",),
            related=(269, 522, 732),
            audience=Audience.AUDIT,
            page=page("container-hygiene"),
        )

    def run(self, context: Context) -> Iterator[Draft]:
        """Yield one finding per instruction or service option."""
        for file in context.settings.values():
            if file.kind == "dockerfile":
                yield from self._dockerfile(file)
            elif file.kind == "yaml" and any(True for _ in file.under("services")) and not file.get("on"):
                yield from self._compose(file)

    def _dockerfile(self, file: SettingsFile) -> Iterator[Draft]:
        stages = list(file.under("FROM"))
        if not stages:
            return
        names = {match["name"] for stage in stages if (match := _FROM.match(stage.text)) and match["name"]}
        for stage in stages:
            match = _FROM.match(stage.text)
            image = match["image"] if match is not None else ""
            if (
                image
                and image not in names
                and image != "scratch"
                and not _REFERENCE.search(image)
                and _floats(image)
            ):
                yield self._told(
                    file,
                    stage,
                    f"The image {image} is whatever stands there on the day of the build.",
                    "Name a version, and its digest where builds must be the same.",
                )
        for entry in file.entries:
            if entry.keys[0] == "ADD" and re.match(r"(?:--\S+\s+)*https?://", entry.text):
                yield self._told(
                    file,
                    entry,
                    "A file is fetched into the image, and nothing verifies what came.",
                    "Fetch it with a checksum (ADD --checksum), or copy it from the repository.",
                )
        last = stages[-1]
        users = [entry for entry in file.under("USER") if entry.start > last.start]
        if not users:
            yield self._told(
                file,
                last,
                "The container runs as root: no instruction USER says otherwise.",
                "Make a user, and switch to it.",
            )
        elif re.split(r"[:\s]", users[-1].text)[0] in ("root", "0"):
            yield self._told(
                file, users[-1], "The container runs as root.", "Switch to a user without rights at the end."
            )

    def _compose(self, file: SettingsFile) -> Iterator[Draft]:
        for entry in file.under("services", "*"):
            service, option = entry.keys[1], entry.keys[2] if len(entry.keys) > 2 else ""
            text = entry.text
            if option == "privileged" and entry.value is True:
                message = f"The service {service} is privileged: it can do on the machine whatever root can."
                yield self._told(
                    file, entry, message, "Give it the single capability that it needs.", Severity.MEDIUM
                )
            elif option == "volumes" and text.startswith(_DANGEROUS_MOUNTS):
                message = f"The service {service} has a part of the machine mounted that gives it the rest."
                yield self._told(
                    file, entry, message, "Mount only what it needs, read-only.", Severity.MEDIUM
                )
            elif option in ("network_mode", "pid", "ipc") and text == "host":
                yield self._told(
                    file,
                    entry,
                    f"The service {service} shares the machine's {option}.",
                    "Leave the option out.",
                )
            elif option == "cap_add" and text.lower().removeprefix("cap_") in _CAPABILITIES:
                yield self._told(file, entry, f"The service {service} has the capability {text}.", "Drop it.")
            elif option == "image" and _floats(text) and not _REFERENCE.search(text):
                yield self._told(
                    file,
                    entry,
                    f"The image {text} is whatever stands there on the day.",
                    "Name a version or digest.",
                )
            elif option == "ports" and _is_open(text) and not is_development_name(file.path):
                yield self._told(
                    file,
                    entry,
                    f"The service {service} publishes the port of a data store on every address of the machine.",
                    "Leave it to the inner network, or bind it to 127.0.0.1.",
                )

    def _told(
        self, file: SettingsFile, entry: Entry, message: str, advice: str, severity: Severity | None = None
    ) -> Draft:
        return in_file(
            self.rule,
            file,
            entry,
            message,
            "Whoever gets into the container gets that much further.",
            advice,
            severity=severity,
            subject=message.partition(":")[0][:60],
        )


def _floats(image: str) -> bool:
    """Whether an image has no version: no tag, or latest."""
    if "@sha256:" in image:
        return False
    _, mark, tag = image.rpartition("/")[2].partition(":")
    return not mark or tag == "latest"


def _is_open(text: str) -> bool:
    parts = text.removesuffix("/tcp").split(":")
    return len(parts) == 2 and parts[1] in _OPEN_PORTS
