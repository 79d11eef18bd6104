"""What several flow checks ask of a flow beside its way: schemas before it, and what is done with its result."""

from rearguard.analysis import ModelView, ValueView
from rearguard.analysis.values import Flow
from rearguard.checks.base import Context
from rearguard.models.concepts import OperatorsRefused
from rearguard.program import Op

UPLOAD_NAMES = ("filename", "name", "originalname", "originalFilename", "raw_filename", "newFilename")
"""Members of an upload that hold the name which the client gave it."""


def is_checked(context: Context, flow: Flow) -> bool:
    """Whether every endpoint that takes the input in checks it against a schema first."""
    if (flow.source.fid, flow.source.channel) in context.values.program.read_schemas:
        # What the schemas say was taken into account on the way.
        return False
    channel = {"json": "body", "params": "path", "headers": "header"}.get(
        flow.source.channel, flow.source.channel
    )
    name = ".".join(flow.source.path)
    # A test of something in the whole says nothing of its keys.
    bounding = ("schema", "number", "allow-list", "pattern") if name else ("schema",)
    asked = False
    for route in context.reach.get(flow.source.fid, ()):
        row = context.matrix.row(route)
        if row is None:
            continue
        uses = [u for u in row.used if u.channel == channel and (u.name == name or not name or not u.name)]
        if not uses or any(use.validation not in bounding for use in uses):
            return False
        asked = True
    return asked


def names_a_file(flow: Flow) -> bool:
    """Whether the input can be a path: of an upload, that is its name, not the object or its content."""
    source = flow.source
    return source.channel not in ("file", "files") or (bool(source.path) and source.path[-1] in UPLOAD_NAMES)


def operators_refused(context: Context) -> bool:
    """Whether the program takes query operators out of all that it receives."""
    for use in context.uses.of(OperatorsRefused):
        if not use.concept.setting:
            return True
        # `set("sanitizeFilter", false)` says that it is not to be done.
        given = use.instr.args[2:3]
        off = any(ValueView(context.view, use.fid, number).const is False for number in given)
        if use.selected and use.selected[0].text == use.concept.setting and not off:
            return True
    return False


def is_called(view: ModelView, fid: str, value: int) -> bool:
    """Whether a value is called in its function, directly or through a variable that holds nothing else."""
    definitions = view.definitions(fid)
    names: set[str] = set()
    for instr in view.linker.code(fid):
        if instr.op == Op.STORE and instr.args[0] == value:
            names.add(instr.name)
        elif instr.op in (Op.CALL, Op.NEW):
            callee = definitions.get(instr.args[0])
            if instr.args[0] == value or (
                callee is not None and callee.op == Op.LOAD and callee.name in names
            ):
                return True
    return False
