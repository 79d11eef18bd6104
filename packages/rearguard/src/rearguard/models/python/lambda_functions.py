"""AWS Lambda functions behind API Gateway, a load balancer or a function URL.

API reference: https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html
"""

from collections.abc import Iterator

from rearguard.models.dsl import Library
from rearguard.models.gateway_events import CONCEPTS, authorizer, path_of, reads_event
from rearguard.models.python.support import decorator_links, definition, function_link
from rearguard.models.routing import RouteNode
from rearguard.models.view import ModelView

__all__ = ["LAMBDA_FUNCTIONS"]

_CONTEXTS = ("context", "_", "_context", "ctx")


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield one endpoint per function of a module that takes an event and a context and reads the event."""
    found = [fid for fid in view.linker.functions if view.family(fid) == "python" and _is_handler(view, fid)]
    guarded = authorizer(view, "python") if found else ()
    for fid in found:
        function = view.function(fid)
        yield RouteNode(
            "lambda",
            f"lambda {fid}",
            "*",
            path_of(fid.rpartition("::")[2], view.linker.module_of[fid]),
            definition(view, fid),
            view.order(fid, function.start),
            (*guarded, *decorator_links(view, fid, ())),
            function_link(view, fid),
            inputs={function.params[0].name: "request"},
            returns="parts",
        )


def _is_handler(view: ModelView, fid: str) -> bool:
    function = view.function(fid)
    names = [param.name for param in function.params]
    if function.owner or len(names) != 2 or names[0] != "event" or names[1] not in _CONTEXTS:
        return False
    return reads_event(view, fid)


LAMBDA_FUNCTIONS = Library(
    name="lambda-functions",
    language="python",
    packages=(),
    types={
        "Event": (),
        "Headers": ("Event.{headers,multiValueHeaders}", "Event.get()"),
    },
    shapes={"Event": "event"},
    concepts=CONCEPTS,
    routes=routes,
)
