"""Classes that hold a model's own questions: `objects = Orders.as_manager()`, `objects = LoanManager()`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rearguard.analysis.access.atoms import normal
from rearguard.link import Kind
from rearguard.program import Op

if TYPE_CHECKING:
    from rearguard.analysis.access.lookups import Lookups

_MADE = ("as_manager", "from_queryset")
_KINDS = ("Manager", "QuerySet", "BaseManager", "BaseUserManager", "UserManager", "BaseQuery", "Query")


class Managers:
    """Which model's objects a manager or query set asks for; made once."""

    def __init__(self, lookups: Lookups) -> None:
        self._classes: dict[str, dict[str, None]] = {}
        """Model, in its normal form, and the classes of its managers."""
        self._models: dict[str, dict[str, None]] = {}
        """Name of a manager's class, and the models whose it is."""
        for path, module in lookups.linker.modules.items():
            for name in module.classes if path.endswith(".py") else ():
                fid = f"{path}::{name}"
                for stores in (
                    lookups.linker.contents(fid).stores.values() if fid in lookups.linker.functions else ()
                ):
                    for store in stores:
                        for cid in self._held(lookups, fid, store.args[0]):
                            model = name.rpartition(".")[2]
                            self._classes.setdefault(normal(model), {})[cid] = None
                            last = cid.rpartition("::")[2].rpartition(".")[2]
                            self._models.setdefault(last, {})[model] = None

    def of(self, model: str) -> tuple[str, ...]:
        """Classes of the review that ask for a model's objects."""
        return tuple(self._classes.get(normal(model), ()))

    def model(self, name: str) -> str:
        """The one model whose manager or query set a class of this name is, or the name itself."""
        models = self._models.get(name, {})
        return next(iter(models)) if len(models) == 1 else name

    def is_known(self, cid: str) -> bool:
        """Whether a class of the review asks for a model's objects."""
        return cid.rpartition("::")[2].rpartition(".")[2] in self._models

    @staticmethod
    def _held(lookups: Lookups, fid: str, value: int) -> list[str]:
        refs = lookups.linker.refs[fid]
        found = [
            ref.base.id
            for ref in refs[value]
            if ref.kind is Kind.INSTANCE
            and ref.base is not None
            and any(one.rpartition(".")[2] in _KINDS for one in ref.base.names)
        ]
        definitions = lookups.view.definitions(fid)
        instr = definitions.get(value)
        for _ in range(2):
            # `Base.from_queryset(Own)()`, `Own.as_manager()`
            callee = definitions.get(instr.args[0]) if instr is not None and instr.op == Op.CALL else None
            if instr is None or callee is None:
                break
            if callee.op == Op.ATTR and callee.name in _MADE:
                given = (callee.args[0], *instr.args[1:])
                found.extend(ref.id for one in given for ref in refs[one] if ref.kind is Kind.CLASS)
                break
            instr = callee
        return found


__all__ = ["Managers"]
