"""YAML, read as PyYAML's stream of events: no object is made, no tag or alias is followed, so a text of any
cunning costs no more than its length."""

from dataclasses import dataclass

from rearguard.frontends.settings_base import MAX_DEPTH, Draft, scalar

_COMMENT_MARK = "rearguard:"
MAX_SKIPPED = 500
"""Containers below the deepest that is followed; the parser's time grows with the square of the depth."""


@dataclass(slots=True)
class _Container:
    keys: tuple[str, ...]
    is_map: bool
    start: int
    key: str | None = None
    """The key that was read and has no value yet."""
    key_start: int = 0
    count: int = 0

    def next(self, start: int) -> tuple[tuple[str, ...], int]:
        """Keys and start of the value that comes now."""
        if self.is_map:
            key, self.key = self.key or "", None
            return (*self.keys, key), self.key_start
        self.count += 1
        return (*self.keys, str(self.count - 1)), start


class _Reader:
    """Turns events into entries; what lies below the deepest container that is followed is passed over."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.stack: list[_Container] = []
        self.skipped = 0

    def open(self, start: int, is_map: bool) -> None:
        if self.skipped or len(self.stack) >= MAX_DEPTH:
            self.skipped += 1
            return
        keys, began = self.place(start)
        self.stack.append(_Container(keys, is_map, began))

    def close(self, end: int) -> None:
        if self.skipped:
            self.skipped -= 1
        elif self.stack:
            done = self.stack.pop()
            if not done.count:
                self.draft.add(done.keys, None, done.start, done.start, max(end, done.start))

    def place(self, start: int) -> tuple[tuple[str, ...], int]:
        """Keys and start of the value that comes now."""
        if not self.stack:
            return (), start
        parent = self.stack[-1]
        if parent.is_map and parent.key is None:
            # A container as a key: rare enough to have no name.
            parent.key, parent.key_start = "?", start
            parent.count += 1
            return (*parent.keys, "?"), start
        return parent.next(start)

    def scalar(self, held: str, is_plain: bool, start: int, end: int) -> None:
        if self.skipped:
            return
        parent = self.stack[-1] if self.stack else None
        if parent is not None and parent.is_map and parent.key is None:
            parent.key, parent.key_start = held, start
            parent.count += 1
            return
        keys, began = self.place(start)
        value = scalar(held) if is_plain else held
        self.draft.add(keys, value, began, start, _trimmed(self.draft.text, start, end))


def read_yaml(draft: Draft) -> None:
    """Fill `draft`; documents of one stream follow each other."""
    # Loaded only where there is YAML.
    import yaml
    from yaml import events

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = draft.text
    if not text.isascii():
        # One character for one: positions stay what they are.
        text = "".join(char if char.isprintable() or char in "\t\r\n" else "?" for char in text)
    reader, last = _Reader(draft), 0
    try:
        for event in yaml.parse(text, Loader=loader):
            start, last = _index(event.start_mark, last), _index(event.end_mark, last)
            if isinstance(event, events.ScalarEvent):
                plain = event.style in (None, "") and event.tag is None
                reader.scalar(event.value, plain, start, last)
            elif isinstance(event, events.AliasEvent):
                reader.scalar(f"*{event.anchor}", False, start, last)
            elif isinstance(event, events.CollectionStartEvent):
                reader.open(start, isinstance(event, events.MappingStartEvent))
            elif isinstance(event, events.CollectionEndEvent):
                reader.close(last)
            elif isinstance(event, events.DocumentStartEvent):
                reader.stack.clear()
            if reader.skipped > MAX_SKIPPED:
                draft.fail(start, last)
            if draft.is_full or reader.skipped > MAX_SKIPPED:
                break
    except (yaml.YAMLError, ValueError, RecursionError):
        draft.fail(last, min(last + 1, len(draft.text)))
    _comments(draft)


def _index(mark: object, otherwise: int) -> int:
    found = getattr(mark, "index", None)
    return found if isinstance(found, int) else otherwise


def _trimmed(text: str, start: int, end: int) -> int:
    """The end of a value without the line ends that a block scalar takes in."""
    while end > start and text[end - 1] in " \r\n":
        end -= 1
    return end


def _comments(draft: Draft) -> None:
    position = draft.text.find(_COMMENT_MARK)
    while position != -1:
        line = draft.text.rfind("\n", 0, position) + 1
        mark = draft.text.find("#", line, position)
        end = draft.text.find("\n", position)
        end = len(draft.text) if end == -1 else end
        if mark != -1:
            draft.comment(mark, end)
        position = draft.text.find(_COMMENT_MARK, end)
