"""When a use is one: conditions on the text and the other arguments that the concept states."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from rearguard.analysis.values.domain import KEYS, Hole, Maybe, Origins, Port, Text, Value
from rearguard.models.concepts import (
    CommandExecution,
    Context,
    DeepMerge,
    NoSqlCode,
    NoSqlQuery,
    OutboundRequest,
    Sink,
    SqlExecution,
)

MAX_NESTING = 4
"""Levels of a filter that are looked into."""
MAX_STAGES = 6
"""Levels of a pipeline, its own list and that of a `$facet` included, that are looked into for code."""
_ADDRESS_KEYS = ("url", "uri", "href", "baseURL", "baseUrl", "prefixUrl", "origin", "host", "hostname")
_STATEMENT_KEYS = ("text", "sql", "query", "statement")
_ORIGIN = re.compile(r"^[a-z][a-z0-9+.-]*://[^/?#\\@]+[/?#]", re.IGNORECASE)
_STATEMENT = re.compile(
    r"\s*\(?\s*(?:select\b.*\bfrom\b|insert\s+into\b|update\b.*\bset\b|delete\s+from\b|with\b.*\bselect\b"
    r"|(?:drop|create|alter|truncate)\s+(?:table|index|view|database|user)\b)",
    re.IGNORECASE | re.DOTALL,
)
_INTERPRETERS = frozenset(
    [
        "sh",
        "bash",
        "dash",
        "zsh",
        "ksh",
        "ash",
        "fish",
        "cmd",
        "cmd.exe",
        "powershell",
        "powershell.exe",
        "pwsh",
        "pwsh.exe",
        "python",
        "python3",
        "node",
        "perl",
        "ruby",
        "php",
    ]
)
_SCRIPT_FLAGS = frozenset(
    ("-c", "-lc", "-ec", "-ic", "/c", "/C", "-Command", "-command", "-e", "--eval", "-r")
)
_OPTION_READERS = frozenset(
    (
        *(
            "git",
            "hg",
            "svn",
            "tar",
            "find",
            "ssh",
            "scp",
            "sftp",
            "rsync",
            "curl",
            "wget",
            "zip",
            "sed",
            "awk",
        ),
        *(
            "gawk",
            "sort",
            "man",
            "less",
            "vim",
            "vi",
            "python",
            "python3",
            "node",
            "perl",
            "ruby",
            "php",
            "java",
        ),
        *("mysql", "mysqldump", "psql", "pg_dump", "sqlite3", "docker", "podman", "kubectl", "helm", "pip"),
        *("pip3", "npm", "npx", "yarn", "make", "openssl", "sendmail", "mutt", "tcpdump", "nmap", "7z"),
        *(
            "wkhtmltopdf",
            "yt-dlp",
            "youtube-dl",
            "gs",
            "exiftool",
            "aria2c",
            "sudo",
            "env",
            "xargs",
            "chroot",
        ),
        *("bundle", "gem", "composer", "go", "cargo", "mvn", "gradle", "ansible", "ansible-playbook", "nc"),
        *("chromium", "google-chrome", "chrome", "ffmpeg", "journalctl", "systemctl", "dig", "gpg", "unzip"),
    )
)
"""Programs with options that run programs, write files or load code."""
_FLAGS = frozenset(
    (
        *(
            "-s",
            "-S",
            "-sS",
            "-sL",
            "-sSL",
            "-fsSL",
            "-L",
            "-k",
            "-q",
            "-v",
            "-qO-",
            "--silent",
            "--location",
        ),
        *(
            "--quiet",
            "--verbose",
            "--insecure",
            "--no-check-certificate",
            "--bare",
            "--recursive",
            "--mirror",
        ),
    )
)
"""Options that no value follows."""
_FETCHERS = frozenset(("curl", "wget", "lynx", "aria2c", "wkhtmltopdf", "wkhtmltoimage"))
_OPENERS = {"ffmpeg": "-i", "ffprobe": "-i", "yt-dlp": "", "youtube-dl": ""}
"""Programs that read a file or an address -> the option that names it, or "" where it stands alone."""
_FETCHES = re.compile(r"(?:^|[;&|(]\s*|/)(?:curl|wget|lynx|aria2c)(?:\s[^;&|]*)?\s[\"']?((?:https?://)?)\Z")
"""What stands in a shell's text before the address that is fetched."""
_NO_ADDRESS = (
    "-o",
    "-O",
    "-d",
    "-H",
    "-u",
    "-A",
    "-X",
    "-e",
    "-b",
    "-c",
    "-T",
    "-F",
    "--data",
    "--header",
    "--output",
)
_LOGICAL = frozenset(("$and", "$or", "$nor", "$not", "$match", "$elemMatch", "$expr", "$facet", "$lookup"))
"""Operators whose operands hold conditions themselves; those of all others are compared as they are."""
SCRIPT = NoSqlCode("")
"""What a filter or pipeline hands to the database as code."""
_RUNNING = frozenset(("$function", "$accumulator"))
_BODIES = frozenset(("body", "init", "accumulate", "merge", "finalize"))
"""What of these two is code."""
_SCHEME_HOST = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def options_of(concept: Sink) -> tuple[str, ...]:
    """Where an object of options is given: those that say what is run, or where to; () for all of it."""
    if isinstance(concept, OutboundRequest):
        return _ADDRESS_KEYS
    return _STATEMENT_KEYS if isinstance(concept, SqlExecution) else ()


def read_part(concept: Sink, value: Value) -> int:
    """Labels of what a sink reads of a value: of an object of options, or a list of them, some keys alone."""
    if isinstance(concept, NoSqlQuery):
        if value.fields and "where" in value.fields and value.container == "dict":
            # `findOne({ where: ... })` asks a mapper of tables, which knows no operators by their text.
            return 0
        return operator_part(value)
    if isinstance(concept, DeepMerge):
        return value.labels if value.container == "dict" else value.deep()
    if isinstance(concept, CommandExecution) and not concept.program:
        # A helper is given the whole list: what is only an argument in it chooses no program.
        return command_part(value)
    options = options_of(concept)
    fields = value.fields or {}
    if options and value.container == "dict":
        return value.labels | _joined(fields[key].deep() for key in options if key in fields)
    if isinstance(concept, SqlExecution) and value.container in ("list", "tuple"):
        return value.labels | _joined(read_part(concept, entry) for entry in fields.values())
    return value.deep()


def _joined(labels: Iterable[int]) -> int:
    result = 0
    for each in labels:
        result |= each
    return result


def is_sql(text: Text) -> bool:
    """Whether the constant parts of a text read as an SQL statement."""
    return _STATEMENT.match(" ".join(part if isinstance(part, str) else "?" for part in text)) is not None


def reads_as_sql(text: Text | None, origins: Origins) -> bool | None:
    """Whether a text reads as an SQL statement; `None` where what it begins with is the caller's to say."""
    if text is None:
        return False
    first = text[0] if text else ""
    if isinstance(first, Hole):
        given = origins.items[first.origin] if first.origin >= 0 else None
        return None if isinstance(given, Port) and given.kind == "param" else False
    return is_sql(text)


def fixes_host(text: str) -> bool:
    """Whether an address that starts with `text` always goes to the same host."""
    return _ORIGIN.match(text) is not None


def harmful_part(context: Context, text: Text | None, labels: int) -> int:
    """Labels that still matter once the constant parts of the text are taken into account.

    An address whose host stands fixed before the first tainted hole cannot be sent elsewhere; a
    redirect to a path of the same site is no open redirect. Everything else keeps its labels.
    """
    if text is None or context not in (Context.URL, Context.REDIRECT):
        return labels
    before, chosen, started = "", 0, False
    for part in text:
        if not isinstance(part, str):
            if not started and _stays_here(context, before):
                return 0
            # What comes before the path decides the host, be it input or a setting that no input reaches.
            before += "\x00"
            chosen |= part.labels
            started = True
            continue
        before += part
        if host_ends(before) if started else fixes_host(before):
            break
    return labels & chosen


def begins_with_input(text: Text | None) -> bool:
    """Whether input decides how an address begins, and so its scheme."""
    first = text[0] if text else ""
    return isinstance(first, Hole) and first.labels != 0


def host_is_fixed(before: str) -> bool:
    """Whether what follows on this beginning of a text has no say in the host of an address."""
    if before.startswith(("?", "#")):
        return True
    return host_ends(before) if "\x00" in before else fixes_host(before)


def shape_of(value: Maybe) -> str:
    """A part of a text, `\0` standing for whatever is not constant."""
    if value is None:
        return "\x00"
    if value.constant is not None:
        return str(value.constant[0])
    return "".join(part if isinstance(part, str) else "\x00" for part in value.text or ("\x00",))


def host_ends(before: str) -> bool:
    """Whether the path of an address has begun, `\\0` standing for each part that is not constant."""
    after = before.rpartition("\x00")[2]
    stem = before.partition("\x00")[0]
    if after[:1] in ("/", "?", "#") and (not stem or _SCHEME_HOST.match(stem)):
        return True
    return "/" in after or "?" in after or fixes_host(before.partition("\x00")[0])


def _stays_here(context: Context, before: str) -> bool:
    """Whether a redirect that starts like this stays on the site."""
    if context is not Context.REDIRECT:
        return False
    local = before.startswith("/") and not before.startswith(("//", "/\\")) and len(before) > 1
    return local or before.startswith(("?", "#", "mailto:", "tel:"))


def command_part(value: Value) -> int:
    """Labels that choose what runs when no shell reads the argument: a program's name, or a list."""
    if value.container not in ("list", "tuple"):
        return value.deep()
    vector = elements(value)
    if not vector:
        return value.deep()
    return (vector[0].deep() if vector[0] is not None else 0) | script_part(vector)


def elements(value: Maybe) -> list[Maybe]:
    """The elements of a list as far as they are known one by one; the value itself when it is none."""
    if value is None or value.container not in ("list", "tuple"):
        return [value]
    fields = value.fields or {}
    found: list[Maybe] = []
    while str(len(found)) in fields:
        found.append(fields[str(len(found))])
    return found


def script_part(vector: Sequence[Maybe]) -> int:
    """Labels of the script in `["sh", "-c", script]`, where the program is an interpreter or not known."""
    runs = bool(vector) and (vector[0] is None or vector[0].constant is None)
    for item, following in pairwise(vector):
        word = item.constant[0] if item is not None and item.constant is not None else None
        if not isinstance(word, str):
            continue
        if word.replace("\\", "/").rpartition("/")[2] in _INTERPRETERS:
            runs = True
        elif runs and word in _SCRIPT_FLAGS:
            return following.deep() if following is not None else 0
    return 0


def operator_part(value: Value, depth: int = 0) -> int:
    """Labels that may bring operators into a filter: all that is no operand of an operator written out."""
    if not value.fields or depth > MAX_NESTING:
        return value.deep()
    labels = value.labels
    for key, child in value.fields.items():
        if not key.startswith("$") or key in _LOGICAL:
            labels |= child.deep() if key == KEYS else operator_part(child, depth + 1)
    return labels


def regular_part(value: Value, depth: int = 0) -> Iterator[Value]:
    """Operands of `$regex` in a filter."""
    if depth <= MAX_NESTING:
        for key, child in (value.fields or {}).items():
            if key == "$regex":
                yield child
            else:
                yield from regular_part(child, depth + 1)


def script_parts(value: Value, depth: int = 0) -> Iterator[Value]:
    """What a filter or pipeline that is written out runs as code: `$where`, and the bodies of `$function` and
    `$accumulator`. The client's own operators are another matter: that of the query."""
    for key, child in (value.fields or {}).items():
        if key == "$where":
            yield child
        elif key in _RUNNING:
            yield from (body for name, body in (child.fields or {}).items() if name in _BODIES)
        elif depth < MAX_STAGES:
            yield from script_parts(child, depth + 1)


def option_part(vector: Sequence[Maybe]) -> Iterator[tuple[int, str]]:
    """Elements of an argument list that the program named before may read as an option, with its name.

    Not those behind `--`, those that belong to the option before them, and those whose beginning is fixed.
    """
    program, before = "", ""
    for position, item in enumerate(vector):
        word = item.constant[0] if item is not None and item.constant is not None else None
        if word in ("--", "--end-of-options"):
            return
        if isinstance(word, str):
            name = word.replace("\\", "/").rpartition("/")[2].lower().removesuffix(".exe")
            if name in _OPTION_READERS:
                program = program or name
            before = word
            continue
        takes = before.startswith("-") and before not in _FLAGS and "=" not in before
        if program and position and not takes and item is not None and _begins_open(item):
            yield position, program
        before = ""


def fetched_part(text: Text | None, labels: int) -> Text | None:
    """The address that a shell's text gives to a program that fetches it, from its first hole on."""
    before = ""
    for index, part in enumerate(text or (Hole(labels, -1, -1),)):
        if isinstance(part, str):
            before += part
            continue
        found = _FETCHES.search(before)
        if found is not None and part.labels:
            assert text is not None
            return (found[1], *text[index:]) if found[1] else text[index:]
        before += "\x00"
    return None


def fetched_elements(vector: Sequence[Maybe]) -> Iterator[tuple[int, Value]]:
    """Elements of an argument list that are addresses which the program named first fetches."""
    first = vector[0] if vector else None
    program = first.constant[0] if first is not None and first.constant is not None else None
    named = program.rpartition("/")[2] if isinstance(program, str) else ""
    if named in _OPENERS:
        yield from _opened(vector, _OPENERS[named])
    if named not in _FETCHERS:
        return
    before = ""
    for position, item in enumerate(vector[1:], 1):
        if item is not None and item.constant is not None:
            before = str(item.constant[0])
            continue
        if item is not None and item.deep() and before not in _NO_ADDRESS:
            yield position, item
        before = ""


def _opened(vector: Sequence[Maybe], option: str) -> Iterator[tuple[int, Value]]:
    """Elements that a program opens, be they addresses: those whose beginning is the client's."""
    before = ""
    for position, item in enumerate(vector[1:], 1):
        if item is not None and item.constant is not None:
            before = str(item.constant[0])
            continue
        if item is not None and _begins_open(item) and (before == option if option else before[:1] != "-"):
            yield position, item
        before = ""


def _begins_open(value: Value) -> bool:
    """Whether the value's first character may be the client's."""
    if value.container:
        return False
    if value.text is not None:
        first = value.text[0] if value.text else ""
        return isinstance(first, Hole) and bool(first.labels)
    return bool(value.labels)
