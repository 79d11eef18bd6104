"""What a wrapper hands to the handler that it is put around: `return view(user, *args)` in a decorator."""

from collections.abc import Iterator

from rearguard.analysis.access.atoms import NOTHING, Atoms, union
from rearguard.analysis.access.origins import Origins
from rearguard.models.routing import Endpoint
from rearguard.program import Instr

_AROUND = ("decorator", "wrapper")
MAX_LEVELS = 3
"""Wrappers around wrappers, and functions in functions, that are followed."""


class Passed:
    """What the wrappers of one endpoint put in the place of its handler's parameters."""

    def __init__(self, origins: Origins, endpoint: Endpoint) -> None:
        self.origins = origins
        self.handlers = frozenset(endpoint.handler.functions)
        self.around = tuple(f for link in endpoint.chain if link.how in _AROUND for f in link.functions)

    def of(self, fid: str, name: str, rest: tuple[str, ...]) -> Atoms:
        """The origins of a parameter of the handler, or of a function that a wrapper of it hands to the next;
        nothing where it is handed what came in, as every middleware hands the request on."""
        function = self.origins.linker.functions.get(fid)
        if function is None:
            return NOTHING
        names = [param.name for param in function.params if param.kind == "positional"]
        if name not in names:
            return NOTHING
        place = names.index(name) - (names[0] == function.receiver)
        found: list[Atoms] = []
        for home, call in self._calls(fid):
            value = _argument(call, name, place)
            if value is not None:
                found.append(self.origins.of(home, value, rest))
        atoms = union(found)
        return NOTHING if all(atom.kind in ("parameter", "input") for atom in atoms) else atoms

    def _calls(self, fid: str) -> Iterator[tuple[str, Instr]]:
        """Where what a wrapper was given is called: the handler, or a function handed to a wrapper."""
        wrappers = self.around if fid in self.handlers else self._wrapping(fid)
        for wrapper in wrappers:
            for inner in self._within(wrapper):
                for call in self.origins.linker.contents(inner).calls:
                    if self.origins.calls_parameter(inner, call):
                        yield inner, call

    def _wrapping(self, fid: str) -> tuple[str, ...]:
        held = self.origins.callback_of(fid)
        return self.origins.targets(*held) if held is not None else ()

    def _within(self, fid: str) -> Iterator[str]:
        """A function and those that are made in it."""
        level = [fid]
        for _ in range(MAX_LEVELS):
            level = [each for each in level if each in self.origins.linker.functions]
            yield from level
            level = [inner for each in level for inner in self.origins.made_in(each)]


def _argument(call: Instr, name: str, place: int) -> int | None:
    position = 0
    for index, value in enumerate(call.args[1:]):
        key = call.keys[index] if call.keys and index < len(call.keys) else None
        if key == name:
            return value
        if key in ("*", "**"):
            # Behind a list that is spread nothing has a known place.
            position = -len(call.args)
        elif key is None:
            if position == place:
                return value
            position += 1
    return None


__all__ = ["Passed"]
