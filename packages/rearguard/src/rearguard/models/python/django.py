"""Django. API reference: https://docs.djangoproject.com/en/stable/ref/urls/,
https://docs.djangoproject.com/en/stable/ref/request-response/
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from rearguard.link import Kind, function_id
from rearguard.models.concepts import (
    TEXT,
    Context,
    CredentialRead,
    Denial,
    Exemption,
    Guard,
    HtmlMarkup,
    HtmlResponse,
    MemoryFile,
    PasswordVerify,
    Principal,
    Proof,
    Redirect,
    RequestInput,
    ResponseBody,
    Sanitizer,
    SecretUse,
    ServedType,
    SessionStore,
    StateRead,
    StateWrite,
    StoredInput,
    TemplateRender,
    TemplateSource,
    TextJoin,
    TokenVerify,
)
from rearguard.models.dsl import Library
from rearguard.models.python.django_classes import DOES_NOTHING, GENERIC, VIEWS, class_links
from rearguard.models.python.django_methods import said_methods, says_methods
from rearguard.models.python.drf import (
    asks_object,
    explicit_policies,
    generic_methods,
    implied,
    mapped_handlers,
    steps,
    unasked,
    without_object,
)
from rearguard.models.python.expansion import Bound, texts
from rearguard.models.python.ninja import mounted
from rearguard.models.python.support import (
    call_of,
    class_attribute,
    class_methods,
    class_name,
    class_span,
    decorator_links,
    follow,
    function_link,
    handlers,
    items,
    link,
    parameters,
)
from rearguard.models.routing import Implied, Link, RouteNode, RouterKey
from rearguard.models.view import CallView, ModelView, ValueView
from rearguard.program import MODULE_BODY, Instr, Op

__all__ = ["DJANGO", "mount_of", "urlconf", "view_class"]

_CONVERTER = re.compile(r"<(?:(?P<type>\w+):)?(?P<name>\w+)>")
_GROUP = re.compile(r"\(\?P<(?P<name>\w+)>(?P<pattern>(?:[^()\\]|\\.)*)\)")
_TYPED = {"int": "path:int", "uuid": "path:uuid"}
_NUMBER = re.compile(r"(?:\\d|\[0-9\])(?:\+|\*|\{[\d,]+\})?")
_ADDS = ("append", "insert", "extend")
"""Methods that put into a list what is their last argument, or what that holds."""
_STEPS = (
    "dispatch",
    "get_queryset",
    "get_object",
    "get_context_data",
    "form_valid",
    "perform_create",
    "perform_update",
    "perform_destroy",
)


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield the routes of every `urlpatterns`, and the middleware of the settings."""
    found = tuple(node for path in view.linker.modules for node in _of_module(view, path))
    yield from found
    mounted = {router for node in found for router in node.mounts}
    # Routes that nobody includes join the project's in a way that was not read: `patterns += notes_patterns`.
    loose = [node.router for node in found if node.router not in mounted]
    roots = tuple(dict.fromkeys((*_roots(view), *loose)))
    for path in view.linker.modules:
        body = function_id(path, MODULE_BODY)
        for instr in view.linker.code(body):
            if instr.op == Op.STORE and instr.name == "MIDDLEWARE":
                yield from _middlewares(view, path, items(ValueView(view, body, instr.args[0])), roots)
            elif instr.op == Op.CALL:
                elements = _joining(view, body, instr, "MIDDLEWARE")
                yield from _middlewares(view, path, elements, roots)


def _of_module(view: ModelView, path: str) -> Iterator[RouteNode]:
    body = function_id(path, MODULE_BODY)
    for instr in view.linker.code(body):
        if instr.op == Op.STORE and instr.name == "urlpatterns":
            yield from _listed(view, urlconf(path), ValueView(view, body, instr.args[0]))
        elif instr.op == Op.CALL:
            yield from _entries(view, urlconf(path), _joining(view, body, instr, "urlpatterns"))


def _joining(view: ModelView, body: str, call: Instr, name: str) -> tuple[ValueView, ...]:
    """`urlpatterns.append(path(...))`, `MIDDLEWARE.insert(0, "...")`: what joins a list after it was made."""
    definitions = view.definitions(body)
    callee = definitions.get(call.args[0])
    if callee is None or callee.op != Op.ATTR or callee.name not in _ADDS or len(call.args) < 2:
        return ()
    held, given = definitions.get(callee.args[0]), ValueView(view, body, call.args[-1])
    if held is None or held.op != Op.LOAD or held.name != name:
        return ()
    return tuple(items(given)) if callee.name == "extend" else (given,)


def urlconf(path: str) -> str:
    """The router that the `urlpatterns` of a module are."""
    return f"django:{path}"


def _listed(view: ModelView, router: RouterKey, given: ValueView) -> Iterator[RouteNode]:
    for routers, value in _routers_in(given):
        order = view.order(value.fid, value.span.start)
        yield RouteNode("django", router, "*", "", value.span, order, mounts=routers, is_prefix=True)
    yield from _entries(view, router, items(given))


def _entries(view: ModelView, router: RouterKey, elements: Iterable[ValueView]) -> Iterator[RouteNode]:
    for element in elements:
        call = call_of(element)
        if call is not None and "django:Entry" in call.names:
            yield from _entry(view, router, call)
        elif call is not None:
            # `i18n_patterns(...)`, `static(...)`, `format_suffix_patterns([...])`
            for argument in call.args:
                yield from _listed(view, router, argument)


def _routers_in(given: ValueView) -> Iterator[tuple[tuple[RouterKey, ...], ValueView]]:
    """`router.urls` standing for a list of routes, or added to one."""
    found = tuple(
        ref.base for ref in given.refs if "rest_framework:Urls" in ref.names and ref.base is not None
    )
    instr = given.instr
    if found:
        yield found, given
    elif instr is not None and instr.op == Op.COLLECT:
        for key, part in zip(instr.keys, instr.args, strict=False):
            if key == "*":
                yield from _routers_in(ValueView(given.view, given.fid, part))
    elif instr is not None and instr.op in (Op.JOIN, Op.BINARY):
        for part in instr.args:
            yield from _routers_in(ValueView(given.view, given.fid, part))


def _entry(view: ModelView, router: RouterKey, call: CallView) -> Iterator[RouteNode]:
    given, target = call.arg(0, "route"), call.arg(1, "view")
    bound = texts(Bound(given)) if given is not None else None
    rule = _plain(bound[0], "django:Pattern" in call.names) if bound else None
    if target is None:
        return
    included = mount_of(view, call, target)
    if included is not None:
        key, nodes = included
        order = view.order(call.fid, call.span.start)
        yield RouteNode("django", router, "*", rule, call.span, order, mounts=(key,), is_prefix=True)
        yield from nodes
        return
    text = bound[0] if bound else ""
    yield from _views(view, router, call, target, rule, text)


def _plain(rule: str, is_pattern: bool) -> str:
    """A route as a path; a regular expression's named groups as parameters."""
    if is_pattern:
        rule = _GROUP.sub(lambda match: f"<{match['name']}>", rule)
        rule = rule.removeprefix("^").removesuffix("$").replace("\\.", ".").replace("\\-", "-")
    return "/" + rule


def mount_of(
    view: ModelView, call: CallView, target: ValueView
) -> tuple[RouterKey, tuple[RouteNode, ...]] | None:
    """The router that `include(...)` means, and the nodes of a list written out in it."""
    inner = call_of(target)
    if inner is None or "django:Include" not in inner.names:
        return None
    given = inner.arg(0, "arg")
    if given is None:
        return None
    if given.text is not None:
        path = view.linker.index.python_module(view.linker.module_of[inner.fid], given.text)
        return (urlconf(path) if path is not None else f"django:{given.text}"), ()
    for ref in given.refs:
        if ref.kind is Kind.MODULE:
            return urlconf(ref.id), ()
        if "rest_framework:Urls" in ref.names and ref.base is not None:
            return ref.base, ()
    first = items(given)
    if follow(given).instr is not None and len(first) == 2 and first[1].text is not None:
        # `include((patterns, "app_name"))`
        if first[0].text is not None:
            path = view.linker.index.python_module(view.linker.module_of[inner.fid], first[0].text)
            return (urlconf(path) if path is not None else f"django:{first[0].text}"), ()
        given = first[0]
    own = f"django:{call.fid}#{call.value}"
    return own, tuple(_listed(view, own, given))


def view_class(value: ValueView) -> str | None:
    """The class of the review whose `as_view()` an expression is."""
    for ref in value.refs:
        if ref.kind is Kind.CALL and ref.base is not None and ref.base.step == "as_view":
            owner = ref.base.base
            if owner is not None and owner.kind is Kind.CLASS:
                return owner.id
    return None


def _views(
    view: ModelView, router: RouterKey, call: CallView, target: ValueView, rule: str | None, text: str
) -> Iterator[RouteNode]:
    apis = mounted(target)
    if apis:
        order = view.order(call.fid, call.span.start)
        yield RouteNode("django", router, "*", rule, call.span, order, mounts=apis, is_prefix=True)
        return
    around: tuple[Link, ...] = ()
    value = target
    cid = view_class(value)
    while cid is None:
        inner = call_of(value)
        if inner is None or not inner.args or (inner.fid, inner.call.args[0]) in view.linker.decorated:
            break
        # `login_required(Users.as_view())`
        around = (*around, link(ValueView(view, inner.fid, inner.call.args[0]), "wrapper"))
        value = inner.args[0]
        cid = view_class(value)
    if cid is not None:
        made = call_of(value)
        actions = made.arg(0, "actions") if made is not None else None
        found = _class_handlers(view, cid) if actions is None else mapped_handlers(view, cid, actions)
        for method, handler, links, deed in found:
            node = _node(view, router, call, rule, text, method, handler, (*around, *links))
            yield replace(node, implied=deed)
        return
    functions, wrappers = handlers(target)
    for fid in functions:
        links = decorator_links(view, fid, ())
        chain = (*wrappers, *(each for each in links if not says_methods(each)))
        if any("rest_framework.decorators.api_view()" in each.names for each in links):
            chain = (*explicit_policies(view, fid), *chain)
        for method in said_methods(view, links):
            yield _node(view, router, call, rule, text, method, function_link(view, fid), chain)
    if not functions:
        yield _node(view, router, call, rule, text, "*", link(target, "handler"), ())


def _class_handlers(
    view: ModelView, cid: str
) -> Iterator[tuple[str, Link, tuple[Link, ...], Implied | None]]:
    """(method, handler, chain, what it does by itself) of a class-based view."""
    own = class_methods(view, cid)
    for name, fid in own.items():
        label = f"{class_name(cid)}.{name}"
        around = class_links(view, cid, name.upper())
        around = around if asks_object(view, cid, fid) else unasked(around)
        yield (
            name.upper(),
            function_link(view, fid, "handler", label, cid),
            (*around, *decorator_links(view, fid, ())),
            None,
        )
    ref = view.linker.table.make(Kind.CLASS, None, cid)
    kinds = [name.rpartition(".")[2] for name in ref.names if name.startswith("rest_framework.generics.")]
    for method in generic_methods(view, cid):
        if method.lower() not in own:
            deed = _deed(view, cid, kinds, method)
            around = class_links(view, cid, method)
            asked = without_object(around) if deed is None or not deed.key else around
            if asked is around and not asks_object(view, cid, None):
                asked = unasked(around)
            yield method, _generic_handler(view, cid, deed), asked, deed
    generic = [name.rpartition(".")[2] for name in ref.names if name.startswith(VIEWS)]
    for kind in generic[:1]:
        for method in GENERIC.get(kind, ("GET",)):
            if method.lower() not in own:
                deed = _deed(view, cid, (kind,), method)
                yield method, _generic_handler(view, cid, deed), class_links(view, cid), deed


def _deed(view: ModelView, cid: str, kinds: Iterable[str], method: str) -> Implied | None:
    """What a generic view does by itself when it is asked with a method."""
    kind = next((k for k in kinds if k.endswith(("View",))), "")
    single = re.search("Retrieve|Update|Destroy|Delete|Detail", kind) is not None
    if not kind or kind in DOES_NOTHING:
        return None
    operation = {"GET": "read" if single else "list", "POST": "create", "DELETE": "delete"}.get(
        method, "update"
    )
    if method == "POST" and single:
        operation = "delete" if kind == "DeleteView" else "update"
    if method == "GET" and kind in ("CreateView", "CreateAPIView"):
        return None
    key = "pk"
    for name in ("lookup_url_kwarg", "lookup_field", "pk_url_kwarg", "slug_url_kwarg"):
        given = class_attribute(view, cid, name)
        if given is not None and given.text:
            key = given.text
            break
    return implied(view, cid, operation, key)


def _generic_handler(view: ModelView, cid: str, deed: Implied | None) -> Link:
    """What a generic view runs of its own: the steps that its class overrides."""
    own = class_methods(view, cid, _STEPS)
    if deed is not None:
        kept = steps(view, cid, deed)
        own = {name: fid for name, fid in own.items() if fid in kept or name == "form_valid"}
    names = view.linker.table.make(Kind.CLASS, None, cid).names
    return Link(class_name(cid), tuple(own.values()), names, class_span(view, cid), None, "handler", cls=cid)


def _inputs(text: str, names: tuple[str, ...]) -> dict[str, str]:
    typed = {m["name"]: _TYPED.get(m["type"] or "", "path") for m in _CONVERTER.finditer(text)}
    for match in _GROUP.finditer(text):
        typed[match["name"]] = "path:int" if _NUMBER.fullmatch(match["pattern"]) else "path"
    first = dict.fromkeys(names[:1], "request")
    return first | {name: typed.get(name, "path") for name in names[1:]}


def _node(
    view: ModelView,
    router: RouterKey,
    call: CallView,
    rule: str | None,
    text: str,
    method: str,
    handler: Link,
    chain: tuple[Link, ...],
) -> RouteNode:
    first = handler.functions[0] if handler.functions else ""
    own_code = first != "" and first.rpartition(".")[2] not in _STEPS
    names = parameters(view.function(first)) if own_code else ()
    called = call.arg(3, "name")
    return RouteNode(
        "django",
        router,
        method,
        rule,
        call.span,
        view.order(call.fid, call.span.start),
        chain,
        handler,
        inputs=_inputs(text, names),
        name=(called.text or "") if called is not None else "",
    )


def _middlewares(
    view: ModelView, path: str, elements: Iterable[ValueView], roots: Iterable[RouterKey]
) -> Iterator[RouteNode]:
    """`MIDDLEWARE` runs before every view of the project's root."""
    for element in elements:
        name = element.text
        if name is None:
            continue
        module, _, member = name.rpartition(".")
        file = view.linker.index.python_module(path, module)
        functions: tuple[str, ...] = ()
        if file is not None:
            cid = function_id(file, member)
            found = (
                view.linker.method(cid, each) for each in ("__call__", "process_request", "process_view")
            )
            functions = tuple(fid for fid in found if fid is not None)
            functions = functions or ((cid,) if cid in view.linker.functions else ())
        names = (name, *_extended(view, file, member)) if file is not None else (name,)
        own = Link(member, functions, names, element.span, (element.fid, element.value), "middleware")
        for root in roots:
            order = view.order(element.fid, element.span.start)
            yield RouteNode(
                "django", root, "*", "", element.span, order, (own,), is_prefix=True, everywhere=True
            )


def _extended(view: ModelView, file: str, member: str) -> Iterator[str]:
    """Names of the libraries' classes that a class of the project extends, so that it does what they do."""
    for ref in view.linker.variable(function_id(file, MODULE_BODY), member):
        for cid in view.linker.lineage(ref.id) if ref.kind is Kind.CLASS else ():
            for base in view.linker.bases.get(cid, ()):
                yield from base.names


def _roots(view: ModelView) -> tuple[RouterKey, ...]:
    """What `ROOT_URLCONF` names, in whichever settings module it stands."""
    found: dict[str, None] = {}
    for each in view.linker.modules:
        for instr in view.linker.code(function_id(each, MODULE_BODY)):
            if instr.op == Op.STORE and instr.name == "ROOT_URLCONF":
                value = ValueView(view, function_id(each, MODULE_BODY), instr.args[0])
                file = view.linker.index.python_module(each, value.text) if value.text else None
                if file is not None:
                    found[urlconf(file)] = None
    return tuple(found)


_SHORTCUTS = "django.contrib.auth.decorators"
_MIXINS = "django.contrib.auth.mixins"

DJANGO = Library(
    name="django",
    language="python",
    packages=("django",),
    types={
        "Tag": ("django.template.Library().simple_tag(0)",),
        "Filter": (
            "django.template.Library().filter(0)",
            "django.template.Library().filter()(0)",
            "django.template.Library().filter(1)",
        ),
        "Template": ("django.template.{loader,engines[]}.{get_template,select_template}()",),
        "Entry": ("django.urls.{path,re_path}()", "django.conf.urls.url()"),
        "Pattern": ("django.urls.re_path()", "django.conf.urls.url()"),
        "Include": ("django.urls.include()", "django.conf.urls.include()"),
        "ViewClass": (
            "django.views.{View,generic.View,generic.base.View}",
            "django.views.generic.{TemplateView,RedirectView,ListView,DetailView,CreateView,UpdateView}",
            "django.views.generic.{DeleteView,FormView}",
        ),
        "AsView": ("ViewClass.as_view()",),
        "Mixin": (f"{_MIXINS}.{{LoginRequiredMixin,PermissionRequiredMixin,UserPassesTestMixin}}",),
        "Handler": ("django.urls.{path,re_path}(1|view)", "django.conf.urls.url(1|view)"),
        "Request": (
            "Handler<0>",
            "ViewClass.{get,post,put,patch,delete,head,options,dispatch}<0>",
            "Mixin.{get,post,dispatch,setup}<0>",
            "{ViewClass,Mixin}().request",
            "django.http.{HttpRequest,request.HttpRequest}()",
            "django.core.handlers.wsgi.WSGIRequest()",
            # What a GraphQL server hands its resolvers.
            "graphene:Context",
            "strawberry:Context.request",
            "ninja:Request",
        ),
        "Asked": (),  # a parameter of this name that nobody is seen to fill: routed elsewhere
        "Upload": (
            "{Request,Asked}.FILES[]",
            "{Request,Asked}.FILES.get()",
            "{Request,Asked}.FILES.getlist()[]",
            "rest_framework:Request.FILES[]",
            "rest_framework:Request.FILES.get()",
        ),
        "MethodDecorator": ("django.utils.decorators.method_decorator()",),
        "HttpDecorator": (
            "django.views.decorators.http.{require_POST,require_GET,require_safe,require_http_methods()}",
        ),
        "Response": ("django.http.HttpResponse()",),
    },
    concepts=(
        MemoryFile("django.http.HttpResponse()"),
        RequestInput("Request.GET", channel="query"),
        RequestInput("Request.POST", channel="form"),
        RequestInput("Asked.GET", channel="query"),
        RequestInput("Asked.POST", channel="form"),
        RequestInput("{Request,Asked}.body", channel="body"),
        RequestInput("{Request.headers,Request.META,Asked.META}", channel="$member"),
        RequestInput("{Request,Asked}.FILES", channel="files"),
        RequestInput("{Request,Asked}.COOKIES", channel="cookies"),
        RequestInput("Request.{path,path_info}", channel="address"),
        RequestInput("Request.get_full_path()", channel="address"),
        RequestInput("Request.build_absolute_uri()", channel="address", member="host", listed=True),
        RequestInput("Request.get_host()", channel="headers", member="host", listed=True),
        # The last part of the sent name is kept; an upload's own path is the framework's.
        RequestInput("Upload.name", channel="files", safe=(Context.PATH, Context.SEGMENTS)),
        Sanitizer("*.temporary_file_path()", (Context.PATH, Context.SEGMENTS)),
        RequestInput("Upload.{content_type,read(),chunks()}", channel="files"),
        RequestInput("{ViewClass,Mixin}().kwargs", channel="path"),
        # `dispatch(self, request, *args, **kwargs)`, or the parts of the path by their names.
        RequestInput("{ViewClass,Mixin}.{dispatch,setup}<1>", channel="path"),
        RequestInput("{ViewClass,Mixin}.{dispatch,setup}<2>", channel="path"),
        CredentialRead("{Request,Asked}.session"),
        SessionStore("Request.session"),
        CredentialRead("Request.{headers.Authorization,META.HTTP_AUTHORIZATION}"),
        Principal("Request.user", carrier="cookie"),
        Principal("Asked.user"),
        Guard(f"{_SHORTCUTS}.login_required", kind="authentication", carrier="cookie"),
        Guard(f"{_SHORTCUTS}.login_required()", kind="authentication", carrier="cookie"),
        Guard(
            f"{_SHORTCUTS}.{{permission_required,user_passes_test}}()", kind="authorization", carrier="cookie"
        ),
        Guard(
            "django.contrib.admin.views.decorators.staff_member_required",
            kind="authorization",
            carrier="cookie",
        ),
        Guard(f"{_MIXINS}.LoginRequiredMixin", kind="authentication", carrier="cookie"),
        Guard(
            f"{_MIXINS}.{{PermissionRequiredMixin,UserPassesTestMixin}}",
            kind="authorization",
            carrier="cookie",
        ),
        Guard(
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
            kind="authentication",
            carrier="cookie",
        ),
        Guard(
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            kind="authentication",
            strength="identifies",
            carrier="cookie",
        ),
        Exemption(f"{_SHORTCUTS}.login_not_required", kind="authentication"),
        Guard("django.middleware.csrf.CsrfViewMiddleware", kind="csrf"),
        Guard("django.views.decorators.csrf.{csrf_protect,requires_csrf_token}", kind="csrf"),
        Exemption("django.views.decorators.csrf.csrf_exempt", kind="csrf"),
        Guard("{django_ratelimit,ratelimit}.decorators.ratelimit()", kind="rate-limit"),
        PasswordVerify("django.contrib.auth.hashers.check_password()"),
        TokenVerify("django.core.signing.loads()", lifetime="(4|max_age)"),
        TokenVerify("django.core.signing.TimestampSigner().{unsign,unsign_object}()", lifetime="(1|max_age)"),
        TokenVerify("django.core.signing.Signer().{unsign,unsign_object}()", untimed=True),
        Denial("django.http.HttpResponseForbidden()", status=403),
        Denial("django.http.HttpResponseBadRequest()", status=400),
        Denial("django.http.HttpResponseNotFound()", status=404),
        Denial("django.http.Http404()", status=404),
        Denial("django.core.exceptions.PermissionDenied()", status=403),
        Denial("django.http.{HttpResponse,JsonResponse}(status)"),
        ServedType("django.http.{HttpResponse,StreamingHttpResponse}(content_type)"),
        ServedType("django.http.FileResponse(content_type)", unless="(as_attachment)"),
        HtmlResponse("django.http.HttpResponse(0|content)", content_type=("(1|content_type)",)),
        HtmlResponse("Response.write(0)"),
        Redirect("Response.{Location,headers.Location}"),
        StateWrite("django.contrib.messages.{success,info,warning,error,debug}(1|message)", store="messages"),
        StateWrite("django.contrib.messages.add_message(2|message)", store="messages"),
        StateRead("django.contrib.messages.get_messages()", store="messages"),
        # What the context processor gives every template.
        StateRead("builtins.messages", store="messages"),
        HtmlMarkup("django.utils.safestring.{mark_safe,SafeString}(0)"),
        # What is filled in is escaped; what stands in the format is not.
        HtmlMarkup("django.utils.html.format_html(0|format_string)"),
        # A page gives its tags objects that it shows, and texts of its own; its filters get what it shows.
        StoredInput("{Tag<0>,Tag<1>}.*"),
        StoredInput("Filter<0>"),
        Sanitizer("{Tag<0>,Tag<1>}.{id_for_label,html_name,auto_id}", (Context.HTML,)),
        Sanitizer("*.urlencode()", (Context.HTML, Context.HEADER)),
        Sanitizer("django.utils.html.{escape,conditional_escape,format_html,strip_tags}()", (Context.HTML,)),
        Sanitizer("django.utils.html.{escapejs,json_script}()", (Context.HTML,)),
        # Built from the application's own routes; an object's own address is one of them.
        Sanitizer("django.urls.{reverse,reverse_lazy}()", (Context.REDIRECT, Context.URL)),
        Sanitizer("*.get_absolute_url()", (Context.REDIRECT, Context.URL, Context.HTML)),
        Sanitizer(
            "django.utils.translation.{ngettext,ngettext_lazy,npgettext,npgettext_lazy}()",
            (Context.FORMAT,),
        ),
        Sanitizer("django.utils.text.{slugify,get_valid_filename}()", (Context.PATH, Context.HTML)),
        Sanitizer("django.utils.dateparse.{parse_date,parse_datetime,parse_time}()", TEXT),
        Proof(
            "django.utils.http.{url_has_allowed_host_and_scheme,is_safe_url}(0|url)",
            (Context.REDIRECT, Context.URL),
        ),
        ResponseBody("django.http.{HttpResponse,JsonResponse}(0)"),
        Redirect("django.http.{HttpResponseRedirect,HttpResponsePermanentRedirect}(0)"),
        Redirect("django.shortcuts.redirect(0)"),
        Redirect("django.http.HttpResponse(headers).Location"),
        TemplateRender(
            "django.shortcuts.render(1|template_name)",
            values="(2|context)",
            by_class=("template_name", "get_context_data"),
        ),
        TemplateRender("django.template.loader.render_to_string(0|template_name)", values="(1|context)"),
        TemplateRender("Template.render(self)", values="(0|context)"),
        TextJoin("django.template.{loader,engines[]}.get_template(0|template_name)"),
        TemplateSource("django.template.Template(0|template_string)"),
        TemplateSource("django.template.engines[].from_string(0)"),
        SecretUse("django.core.signing.Signer(key)", what="signing key"),
    ),
    shapes={"Asked": "request"},
    routes=routes,
)
