"""Which requests a refusal is for: tests of the path, the method and the marks of a route."""

import re

from rearguard.analysis.access import marks
from rearguard.analysis.access.facts import Condition
from rearguard.analysis.access.methods import URL_WORDS
from rearguard.analysis.access.origins import Origins
from rearguard.analysis.access.route_options import is_of_entry
from rearguard.link import function_id
from rearguard.models.routing import Endpoint
from rearguard.program import Instr, Op

_RAW = frozenset(("path", "raw_path", "PATH_INFO", "REQUEST_URI"))
"""Keys under which servers hand over the address of a request (ASGI, WSGI)."""
_VERBS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def is_url(condition: Condition, origins: Origins) -> bool:
    place = (condition.fid, condition.value)
    known = origins.url_tests.get(place)
    if known is None:
        known = origins.url_tests[place] = _url_words(condition, origins)
    return known


def _url_words(condition: Condition, origins: Origins) -> bool:
    stack, definitions = [condition.value], origins.view.definitions(condition.fid)
    for _ in range(30):
        if not stack:
            return False
        instr = definitions.get(stack.pop())
        if instr is None:
            continue
        if instr.op == Op.ATTR and instr.name in URL_WORDS:
            return True
        if instr.op == Op.ITEM and instr.value in _RAW and _is_raw(definitions.get(instr.args[0])):
            return True
        if instr.op == Op.LOAD:
            stack.extend(v for v in origins.stores(condition.fid, instr) if v >= 0)
        stack.extend(instr.args)
    return False


def _is_raw(held: Instr | None) -> bool:
    return held is not None and held.name in ("scope", "environ", "META")


def _texts(condition: Condition, origins: Origins) -> tuple[list[str], bool]:
    """Texts that a test compares with, and whether by prefix."""
    texts: list[str] = []
    prefix = False
    stack = [(condition.fid, condition.value)]
    for _ in range(60):
        if not stack:
            break
        fid, value = stack.pop()
        found = origins.resolved(fid, value)
        if found is None:
            continue
        home, instr = found
        if instr.op == Op.CONST and isinstance(instr.value, str):
            texts.append(instr.value)
        setting = _setting(home, instr, origins)
        if setting:
            stack.extend(setting)
            continue
        prefix = prefix or (
            instr.op == Op.ATTR and instr.name in ("startswith", "startsWith", "test", "match")
        )
        prefix = prefix or instr.name == "some"
        stack.extend((home, inner) for inner in instr.args)
        if instr.op == Op.FUNC:
            continue
    return texts, prefix


def _setting(fid: str, instr: Instr, origins: Origins) -> list[tuple[str, int]]:
    """What classes of settings give for a key of an application's configuration: `app.config["OPEN"]`."""
    key = instr.value if instr.op == Op.ITEM else None
    held = (
        origins.view.definitions(fid).get(instr.args[0]) if isinstance(key, str) and key.isupper() else None
    )
    if held is None or held.name != "config":
        return []
    return [
        (function_id(path, name), declared.default)
        for path, module in origins.linker.modules.items()
        for name, cls in module.classes.items()
        for declared in cls.fields
        if declared.name == key and declared.default >= 0
    ]


def compared_texts(condition: Condition, origins: Origins) -> tuple[str, ...]:
    """Constant texts that a test looks at: those it compares with, and keys that it reads."""
    return tuple(_texts(condition, origins)[0])


def applies(condition: Condition, endpoint: Endpoint, origins: Origins) -> str:
    """Whether a condition on the path or the marks of a route lets a refusal reach it: yes, no, unknown."""
    marked = marks.applies(condition, endpoint, origins)
    if marked:
        return marked
    asked = of_method(condition, endpoint, origins)
    if asked:
        return asked
    if condition.value < 0 or not is_url(condition, origins) or is_of_entry(condition, endpoint, origins):
        return "yes"
    texts, prefix = _texts(condition, origins)
    paths = [t for t in texts if t.startswith(("/", "^/", "^\\/"))]
    names = [t for t in texts if not t.startswith("/") and re.fullmatch(r"[\w.:-]+", t)]
    if not paths and not names:
        return "unknown"
    matched = any(_matches(text, endpoint.path, prefix) for text in paths)
    called = endpoint.name or endpoint.handler.label.rpartition(".")[2]
    matched = matched or any(re.split(r"[.:]", name)[-1] == called for name in names)
    verbs = _VERBS.intersection(texts)
    if verbs and paths and endpoint.method != "*":
        # `request.url === "/login" && request.method === "POST"`
        matched = matched and endpoint.method in verbs
    negated = _is_negative(condition, origins)
    return "yes" if (matched != negated) == condition.holds else "no"


def of_method(condition: Condition, endpoint: Endpoint, origins: Origins) -> str:
    """`request.method in SAFE_VERBS`: whether a test of the method comes out as the condition wants it."""
    instr = origins.view.definitions(condition.fid).get(condition.value)
    if instr is None or instr.op != Op.COMPARE or endpoint.method not in _VERBS:
        return ""
    for one, other in (instr.args, instr.args[::-1]):
        asked = origins.view.definitions(condition.fid).get(one)
        if asked is None or asked.op != Op.ATTR or asked.name not in ("method", "httpMethod"):
            continue
        given = origins.view.definitions(condition.fid).get(other)
        safe = given is not None and "SAFE" in given.name.upper()
        texts = {"GET", "HEAD", "OPTIONS"} if safe else set(_texts(condition, origins)[0])
        named = {text.upper() for text in texts} & _VERBS
        if named:
            held = (endpoint.method in named) != _is_negative(condition, origins)
            return "yes" if held == condition.holds else "no"
    return ""


def _is_negative(condition: Condition, origins: Origins) -> bool:
    instr = origins.view.definitions(condition.fid).get(condition.value)
    return instr is not None and instr.op == Op.COMPARE and instr.name in ("not in", "!=", "!==", "is not")


def _matches(text: str, path: str, prefix: bool) -> bool:
    text = text.lstrip("^").replace("\\/", "/").rstrip("$")
    if text == path or text.rstrip("/") == path.rstrip("/"):
        return True
    return prefix and text != "/" and path.startswith(text)


__all__ = ["applies", "compared_texts", "is_url", "of_method"]
