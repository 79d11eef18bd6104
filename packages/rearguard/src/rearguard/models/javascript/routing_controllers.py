"""routing-controllers and tsoa. API references: https://github.com/typestack/routing-controllers, https://tsoa-community.github.io/docs/"""

from collections.abc import Iterator

from rearguard.models.concepts import Denial, Guard
from rearguard.models.dsl import Library
from rearguard.models.javascript.decorators import classes, decorated, inputs, links, methods, path_of
from rearguard.models.routing import Link, RouteNode, join_paths
from rearguard.models.view import ModelView
from rearguard.program import Span

__all__ = ["ROUTING_CONTROLLERS"]

VERBS = ("Get", "Post", "Put", "Patch", "Delete", "Head", "Options", "All")
_FRAMEWORKS = (
    (
        "routing-controllers",
        ("JsonController", "Controller"),
        {
            "Body": "body",
            "BodyParam": "body",
            "QueryParam": "query",
            "QueryParams": "query",
            "Param": "path",
            "Params": "path",
            "HeaderParam": "header",
            "HeaderParams": "header",
            "CookieParam": "cookie",
            "CookieParams": "cookie",
            "UploadedFile": "file",
            "UploadedFiles": "file",
            "Req": "request",
            "Res": "response",
            "CurrentUser": "principal",
        },
        ("Authorized", "UseBefore"),
    ),
    (
        "tsoa",
        ("Route",),
        {
            "Body": "body",
            "BodyProp": "body",
            "Query": "query",
            "Queries": "query",
            "Path": "path",
            "Header": "header",
            "FormField": "form",
            "UploadedFile": "file",
            "UploadedFiles": "file",
            "Request": "request",
        },
        ("Security", "Middlewares"),
    ),
)


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield one endpoint per decorated method of a controller."""
    for package, controllers, channels, guards in _FRAMEWORKS:
        for cid, call in classes(view, package, controllers):
            prefix = path_of(call)
            around = links(view, view.class_decorators(cid), package, guards)
            for name, fid in methods(view, cid):
                decorators = view.decorators(fid)
                function, path = view.function(fid), view.linker.module_of[fid]
                for verb in decorated(decorators, package, VERBS):
                    own = path_of(verb)
                    span = Span(path, function.name_start, function.name_end)
                    whole = None if prefix is None or own is None else join_paths(join_paths("", prefix), own)
                    yield RouteNode(
                        package,
                        f"{package} application",
                        "*" if verb.member == "All" else verb.member.upper(),
                        whole,
                        verb.span,
                        ((path, function.start),),
                        (*around, *links(view, decorators, package, guards)),
                        Link(f"{cid.rpartition('::')[2]}.{name}", (fid,), (), span, None, "handler"),
                        inputs=inputs(view, fid, package, channels),
                        returns="json",
                    )


_RC = "{Get,Post,Put,Patch,Delete,Head,All,Body,BodyParam,QueryParam,QueryParams,Param,Params,HeaderParam}"

ROUTING_CONTROLLERS = Library(
    name="routing-controllers",
    language="javascript",
    packages=("routing-controllers", "tsoa"),
    types={
        "Decorator": (
            f"routing-controllers.{_RC}()",
            "routing-controllers.{Controller,JsonController,UseBefore,CookieParam,UploadedFile,Req,Res,CurrentUser}()",
            "routing-controllers.{HeaderParams,CookieParams,UploadedFiles,Options}()",
            "tsoa.{Route,Get,Post,Put,Patch,Delete,Body,BodyProp,Query,Queries,Path,Header,FormField,Request}()",
            "tsoa.{Middlewares,UploadedFile,UploadedFiles,Head,Options}()",
        ),
        "Middleware": ("routing-controllers.UseBefore(0:)",),
    },
    concepts=(
        Guard("routing-controllers.Authorized()", "authentication", roles="(0:)"),
        Guard("tsoa.Security()", "authentication"),
        Denial("routing-controllers.UnauthorizedError()", status=401),
        Denial("routing-controllers.ForbiddenError()", status=403),
        Denial("routing-controllers.NotFoundError()", status=404),
    ),
    routes=routes,
)
