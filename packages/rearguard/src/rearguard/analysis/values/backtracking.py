"""Whether a backtracking matcher may need time that doubles with each further character.

A pattern does so when some state of it can be left and reached again by two different ways on the same text,
and the matcher can fail afterwards: then it tries every combination of the ways (Weideman et al., "Analyzing
Matching Time Behavior of Backtracking Regular Expression Matchers", CIAA 2016). The pattern becomes a graph
whose nodes are its characters; two walks through one strongly connected part are followed together.
Everything is bounded: what is too large to decide is taken to be harmless.
"""

import functools
from re import _constants as constants  # type: ignore[attr-defined]
from typing import Any

from rearguard.analysis.values.patterns import alphabet, parsed

MAX_NODES = 400
MAX_PART = 60
"""Characters of one strongly connected part."""
MAX_STEPS = 60_000
_UNROLLED = 4
"""Repetitions that are written out; more than these are taken for a loop."""
_OTHER = 1 << 128
"""Stands for all characters that are not ASCII."""


class _TooLargeError(Exception):
    """The pattern is too large, or holds what is not regular."""


@functools.lru_cache(maxsize=4096)
def is_catastrophic(pattern: str, whole: bool) -> bool:
    """Whether matching can take exponential time. `whole` says that the call anchors at both ends."""
    tree = parsed(pattern)
    if tree is None or not any(mark in pattern for mark in "*+{"):
        return False
    pending = [(tree, whole)]
    while pending:
        current, anchored = pending.pop()
        graph = _Graph()
        try:
            graph.build(current)
            if graph.is_ambiguous(anchored):
                return True
        except (_TooLargeError, RecursionError):
            return False
        pending.extend((inner, False) for inner in graph.inner)
    return False


class _Graph:
    """A pattern as nodes: some read a character, others only lead on."""

    def __init__(self) -> None:
        self.reads: list[int] = []
        """Characters that a node reads, as bits; 0 for one that reads nothing."""
        self.next: list[list[int]] = []
        self.ends: set[int] = set()
        """Nodes that pass only at the end of the text."""
        self.inner: list[Any] = []
        """Patterns looked ahead or behind for, which are matched on their own."""
        self.start = self.end = 0
        self._steps = 0

    def _node(self, reads: int = 0) -> int:
        if len(self.reads) >= MAX_NODES:
            raise _TooLargeError
        self.reads.append(reads)
        self.next.append([])
        return len(self.reads) - 1

    def build(self, tree: Any) -> None:
        """Make the nodes of a pattern."""
        self.start = self._node()
        self.end = self._sequence(tree, self.start)

    def _sequence(self, tree: Any, node: int) -> int:
        for op, argument in tree:
            node = self._item(op, argument, node)
        return node

    def _item(self, op: Any, argument: Any, node: int) -> int:
        if op in (constants.LITERAL, constants.NOT_LITERAL, constants.ANY, constants.IN):
            return self._linked(node, self._node(_mask(op, argument)))
        if op is constants.SUBPATTERN:
            return self._sequence(argument[3], node)
        if op is constants.BRANCH:
            joined = self._node()
            for branch in argument[1]:
                self._linked(self._sequence(branch, self._linked(node, self._node())), joined)
            return joined
        if op in (constants.MAX_REPEAT, constants.MIN_REPEAT):
            low, high, body = argument
            return self._repeated(low, high, body, node)
        if op is constants.AT:
            after = self._linked(node, self._node())
            if argument in (constants.AT_END, constants.AT_END_STRING):
                self.ends.add(after)
            return after
        if op in (constants.ASSERT, constants.ASSERT_NOT):
            self.inner.append(argument[1])
            return node
        if op.name in ("ATOMIC_GROUP", "POSSESSIVE_REPEAT"):
            # Never tried again once matched.
            return node
        raise _TooLargeError

    def _linked(self, before: int, after: int) -> int:
        self.next[before].append(after)
        return after

    def _repeated(self, low: int, high: Any, body: Any, node: int) -> int:
        high = int(high) if high is not constants.MAXREPEAT else 1 << 30
        if low == high and low > _UNROLLED:
            # A fixed number of times: the ways do not differ.
            return self._sequence(body, node)
        for _ in range(min(low, _UNROLLED)):
            node = self._sequence(body, node)
        if high > _UNROLLED:
            entry = self._linked(node, self._node())
            after = self._sequence(body, self._linked(entry, self._node()))
            self._linked(after, entry)
            return self._linked(entry, self._node())
        out = self._node()
        for _ in range(high - min(low, _UNROLLED)):
            self._linked(node, out)
            node = self._sequence(body, node)
        return self._linked(node, out)

    def is_ambiguous(self, whole: bool) -> bool:
        """Whether some text leads from a node back to it by two ways, after which the match can fail."""
        follows: dict[int, dict[int, int]] = {}
        accepts: dict[int, bool] = {}
        for node, reads in enumerate(self.reads):
            if reads:
                follows[node], accepts[node] = self._follow(node)
        for part in _parts(follows):
            if not whole and any(accepts[node] for node in part):
                # The matcher can stop here at any time, successfully.
                continue
            if len(part) <= MAX_PART and self._meets(part, follows):
                return True
        return False

    def _follow(self, node: int) -> tuple[dict[int, int], bool]:
        """Reading nodes that can come next, with the number of ways there (2 for more), and whether the
        pattern may end here in the middle of a text."""
        found: dict[int, int] = {}
        ends = node == self.end
        stack: list[tuple[int, frozenset[tuple[int, int]]]] = [(n, frozenset()) for n in self.next[node]]
        while stack:
            self._steps += 1
            if self._steps > MAX_STEPS:
                raise _TooLargeError
            current, way = stack.pop()
            if self.reads[current]:
                found[current] = min(2, found.get(current, 0) + 1)
                continue
            if current in self.ends:
                continue
            ends = ends or current == self.end
            # A round that reads nothing is not made twice.
            stack.extend((n, way | {(current, n)}) for n in self.next[current] if (current, n) not in way)
        return found, ends

    def _meets(self, part: frozenset[int], follows: dict[int, dict[int, int]]) -> bool:
        """Whether two different walks through the part read the same text and meet again where they began."""
        inside = {node: [n for n in follows[node] if n in part] for node in part}
        if any(follows[node][n] > 1 for node in part for n in inside[node]):
            return True
        pairs: dict[tuple[int, int], dict[tuple[int, int], int]] = {}
        pending = [(node, node) for node in part]
        while pending:
            pair = pending.pop()
            if pair in pairs:
                continue
            reached: dict[tuple[int, int], int] = {}
            for left in inside[pair[0]]:
                for right in inside[pair[1]]:
                    self._steps += 1
                    if self._steps > MAX_STEPS:
                        raise _TooLargeError
                    if self.reads[left] & self.reads[right]:
                        reached[(left, right)] = 1
            pairs[pair] = reached
            pending.extend(reached)
        for joined in _parts(pairs):
            if any(a == b for a, b in joined) and any(a != b for a, b in joined):
                return True
        return False


def _mask(op: Any, argument: Any) -> int:
    """The characters that an item reads, as bits."""
    found = 0
    for char in alphabet([(op, argument)]):
        found |= 1 << char
    wide = op in (constants.NOT_LITERAL, constants.ANY)
    if op is constants.IN:
        wide = any(
            kind is constants.NEGATE or (kind is constants.CATEGORY and "NOT" in held.name)
            for kind, held in argument
        )
        wide = wide or any(kind is constants.RANGE and held[1] > 127 for kind, held in argument)
    if wide or not found:
        found |= _OTHER
    return found


def _parts(graph: Any) -> list[frozenset[Any]]:
    """Strongly connected parts that hold a cycle (Tarjan, iterative)."""
    index: dict[Any, int] = {}
    low: dict[Any, int] = {}
    stack: list[Any] = []
    held: set[Any] = set()
    found: list[frozenset[Any]] = []
    for root in graph:
        if root in index:
            continue
        work = [(root, iter(graph[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        held.add(root)
        while work:
            node, successors = work[-1]
            for successor in successors:
                if successor not in index:
                    index[successor] = low[successor] = len(index)
                    stack.append(successor)
                    held.add(successor)
                    work.append((successor, iter(graph.get(successor, ()))))
                    break
                if successor in held:
                    low[node] = min(low[node], index[successor])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    members = []
                    while True:
                        member = stack.pop()
                        held.discard(member)
                        members.append(member)
                        if member == node:
                            break
                    if len(members) > 1 or node in graph.get(node, ()):
                        found.append(frozenset(members))
    return found
