"""What a recipe is told, and what it answers."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from tree_sitter import Node

from rearguard.findings import Disposition, Edit, Finding, Fix
from rearguard.link import Kind, function_id
from rearguard.models import Endpoint, ModelView
from rearguard.models.view import ValueView
from rearguard.program import MODULE_BODY, Function, Instr, Op, Source, instructions
from rearguard.repair.syntax import RepairError, Tree
from rearguard.repair.targets import Target

T = TypeVar("T")

__all__ = ["Recipe", "RepairContext", "proposed"]


@dataclass(frozen=True)
class RepairContext:
    """One thing to repair, and the program around it."""

    view: ModelView
    sources: Mapping[str, Source]
    target: Target
    finding: Finding
    """The finding, or the first of those that one repair ends together."""
    group: tuple[Finding, ...] = ()
    """All findings that the repair is to end; the recipes of single findings ignore it."""
    targets: tuple[Target, ...] = ()
    """The targets of `group`, in its order."""
    handler: str = ""
    """Id of the handler that the finding is about, "" when it is about none."""
    route: Endpoint | None = None
    """The route that the handler answers, the first registered."""
    is_fragment: bool = False
    """Whether the program is a pasted piece of code, which shows neither its imports nor its middleware."""
    routes: tuple[Endpoint, ...] = ()
    trees: dict[str, Tree] = field(default_factory=dict)
    """Syntax trees made so far, by path; shared by the recipes of one run."""
    answers: dict[tuple[object, ...], object] = field(default_factory=dict)
    """What was asked about all sources so far; shared too."""

    # -- text -------------------------------------------------------------------------------------

    def tree(self, path: str) -> Tree:
        """The syntax tree of a source. Raises RepairError for languages that are not edited."""
        tree = self.trees.get(path)
        if tree is None:
            source = self.sources.get(path)
            if source is None or source.language not in ("python", "javascript", "typescript", "tsx"):
                raise RepairError("files of this kind are not edited")
            tree = self.trees[path] = Tree(source)
        return tree

    def once(self, question: Callable[..., T], *given: Hashable) -> T:
        """The answer to a question about all sources, `question(sources, *given)`. A program of many findings
        is not searched for it at each of them."""
        key = (question, *given)
        if key not in self.answers:
            try:
                self.answers[key] = question(self.sources.values(), *given)
            except RepairError as error:
                self.answers[key] = error
        answer = self.answers[key]
        if isinstance(answer, RepairError):
            raise RepairError(str(answer))
        return cast("T", answer)

    def path(self, fid: str) -> str:
        """The file of a function."""
        return self.view.linker.module_of[fid]

    def node(self, fid: str, value: int) -> Node:
        """The syntax of a value. Raises RepairError when it has none of its own."""
        instr = self.view.definitions(fid).get(value)
        if instr is None:
            raise RepairError("the place could not be found again")
        return self.tree(self.path(fid)).at(instr.start, instr.end)

    @property
    def here(self) -> Tree:
        """The tree of the target's file."""
        return self.tree(self.path(self.target.fid))

    @property
    def is_python(self) -> bool:
        """Whether the target is Python."""
        return self.view.family(self.target.fid) == "python"

    # -- the program ------------------------------------------------------------------------------

    @property
    def function(self) -> Function:
        """The function that holds the target."""
        return self.view.function(self.target.fid)

    @property
    def call(self) -> Instr:
        """The target's call. Raises RepairError when the target is none."""
        instr = self.view.definitions(self.target.fid).get(self.target.value)
        if instr is None or instr.op not in (Op.CALL, Op.NEW):
            raise RepairError("the place is no call")
        return instr

    def value(self, fid: str, number: int) -> ValueView:
        """A value with what is known of it."""
        return ValueView(self.view, fid, number)

    def names(self, fid: str, number: int) -> tuple[str, ...]:
        """API paths of a value."""
        return self.value(fid, number).names

    def stores(self, fid: str, name: str) -> list[Instr]:
        """Assignments to a local variable, in order."""
        body = self.view.function(fid).body
        return [i for i in instructions(body) if i.op == Op.STORE and i.name == name]

    def loads(self, fid: str, name: str) -> list[Instr]:
        """Reads of a variable, in order."""
        body = self.view.function(fid).body
        return [i for i in instructions(body) if i.op == Op.LOAD and i.name == name]

    def is_constant(self, fid: str, number: int) -> bool:
        """Whether a value is one the code fixes: a literal, or a name that only ever holds one."""
        refs = self.value(fid, number).refs
        return bool(refs) and all(ref.kind is Kind.CONST for ref in refs)

    def module_names(self, path: str) -> frozenset[str]:
        """Names that the module's top level defines, imports included."""
        found = self.view.linker.functions.get(function_id(path, MODULE_BODY))
        return found.locals if found else frozenset()


Recipe = Callable[[RepairContext], Fix]
"""Works out a repair. Raises RepairError, with the reason, where it does not apply."""


def proposed(title: str, disposition: Disposition, *edits: Edit) -> Fix:
    """A fix that has not passed the gate yet."""
    return Fix(title, disposition, tuple(sorted(edits, key=lambda e: e.span)))
