"""Node.js built-in modules and ECMAScript globals.

API references: https://nodejs.org/api/ and https://tc39.es/ecma262/
"""

from collections.abc import Iterator

from rearguard.models.concepts import (
    TEXT,
    CodeExecution,
    CommandExecution,
    Context,
    Decoding,
    Denial,
    EventBus,
    Exit,
    FileAccess,
    FileContent,
    HeaderWrite,
    HtmlResponse,
    LogWrite,
    NameTable,
    OutboundRequest,
    Parsed,
    PatternTest,
    Proof,
    Redirect,
    Reflection,
    RegexMatch,
    Register,
    RequestInput,
    ResponseBody,
    Sanitizer,
    SecretUse,
    ServedType,
    StateRead,
    StateWrite,
    TextJoin,
    TokenVerify,
)
from rearguard.models.dsl import Library
from rearguard.models.javascript.chains import handler_inputs, link_of, wrapper_links
from rearguard.models.own_tables import dispatched, rows, without_framework
from rearguard.models.routing import Link, RouteNode
from rearguard.models.view import ModelView

__all__ = ["NODE"]

_FS = "{fs,fs/promises,fs.promises,fs-extra,graceful-fs}"
_READ = "{readFile,readFileSync,createReadStream,open,openSync,readJson,readJsonSync,stat,statSync,lstat}"
_WRITE = "{writeFile,writeFileSync,appendFile,appendFileSync,createWriteStream,outputFile}"
_DELETE = "{unlink,unlinkSync,rm,rmSync,rmdir,rmdirSync,remove}"
_LIST = "{readdir,readdirSync,opendir}"
_COPY = "{copyFile,copyFileSync,rename,renameSync,cp,cpSync,copy,copySync,move,moveSync}"

_NO_ADDRESS = tuple(c for c in TEXT if c not in (Context.URL, Context.REDIRECT))
_ONE_LINE = (Context.NOSQL, Context.LOG, Context.HEADER)


def routes(view: ModelView) -> Iterator[RouteNode]:
    """Yield what the tables of a bare server list, and what requests are handed to where a path was tested;
    without a table one endpoint per `http.createServer(listener)` that answers itself every request."""
    servers = [
        (call, value)
        for call in view.calls("http.createServer", "https.createServer")
        for value in call.args[-1:]
        if value.functions
    ]
    served = dict.fromkeys((fid for _, value in servers for fid in value.functions), "*")
    bare = bool(served) and without_framework(view, "javascript")
    tested = tuple(dispatched(view, served)) if bare else ()
    listed = tuple(rows(view, "javascript")) if bare else ()
    handing = {row.fid for row in tested}
    for row in (*listed, *tested):
        functions = (row.handler,)
        span = view.span(row.handler, view.function(row.handler).start, view.function(row.handler).end)
        yield RouteNode(
            "node",
            "node tables",
            row.method,
            row.path,
            row.span,
            view.order(row.fid, row.span.start),
            (
                *(link_of(value) for value in row.before),
                *wrapper_links(view, functions),
            ),
            Link(row.handler.rpartition("::")[2], functions, (), span, None, "handler"),
            inputs=_handed(view, row.handler),
        )
    for call, value in servers if not listed else ():
        if not handing.issuperset(value.functions):
            yield RouteNode(
                "node",
                f"{view.linker.module_of[call.fid]}:{call.call.start}",
                "*",
                "/",
                call.span,
                view.order(call.fid, call.call.start),
                handler=link_of(value, "handler"),
                is_prefix=True,
                inputs=handler_inputs(view, value.functions),
            )


def _handed(view: ModelView, fid: str) -> dict[str, str]:
    """What the handler of an own table gets: request and answer first, or what is made of them."""
    names = [param.name for param in view.function(fid).params]
    given = dict(handler_inputs(view, (fid,)))
    if len(names) < 2 or names[1] not in ("res", "response", "reply"):
        given = dict.fromkeys(names[:1], "own")
    return given | dict.fromkeys(names[2:], "own")


NODE = Library(
    name="node",
    language="javascript",
    packages=(),
    types={
        # Known to give back what they are given, in another form: no doubt falls on what passes through them.
        "Derived": (
            "global.Buffer.from()",
            "global.{atob,btoa,decodeURIComponent,decodeURI,unescape,String}()",
            "global.JSON.{parse,stringify}()",
            "global.Object.{assign,keys,values,fromEntries,entries,getOwnPropertyNames}()",
            "global.Reflect.ownKeys()",
            "global.Array.from()",
            "querystring.{parse,stringify,unescape}()",
            "util.format()",
            "url.{parse,format,resolve,URL}()",
            "global.URL()",
        ),
        "Bus": (
            "events()",
            "events.{EventEmitter,once}()",
            "{eventemitter2.EventEmitter2,eventemitter3,eventemitter3.EventEmitter}()",
            "@nestjs/event-emitter.EventEmitter2()",
        ),
        "Storage": ("async_hooks.AsyncLocalStorage()",),
        "Promise": ("global.Promise()",),
        "Listener": ("{http,https}.createServer(-1)",),
        "Incoming": ("Listener<0>", "{http,https}.IncomingMessage()"),
        # The web's own request, as Bun, Deno, workers and many frameworks hand it over.
        "OnFetch": ("global.Bun.serve(0).fetch", "global.Deno.serve(-1)"),
        "WebRequest": ("global.Request()", "OnFetch<0>"),
        # The body, as it comes in.
        "Body": (
            "Incoming",
            "express:Request",
            "koa:Context.req",
            "next:ApiRequest",
            "Body.{on,once,setEncoding}()",
        ),
        "OnData": ("Body.{on,once,addListener}(1@data)",),
        "Outgoing": ("Listener<1>", "{http,https}.ServerResponse()", "Outgoing.writeHead()"),
        "Hash": ("crypto.{createHash,createHmac}()", "Hash.update()"),
        "Verify": ("crypto.createVerify()", "Verify.update()"),
    },
    passes=(
        "util.promisify(0)",
        "global.Object.freeze(0)",
        "global.structuredClone(0)",
        "global.Promise.{all,allSettled,resolve}(0)",
    ),
    concepts=(
        EventBus("Bus"),
        StateWrite("Storage.{run,enterWith}(0)", store="AsyncLocalStorage"),
        StateRead("Storage.getStore()", store="AsyncLocalStorage", request=True),
        TextJoin("global.String.raw(*)"),
        Register("global.{Map,Set}()"),
        CommandExecution("child_process.{exec,execSync}(0)"),
        CommandExecution("child_process.{spawn,spawnSync,execFile,execFileSync}(0)", shell="(-1).shell"),
        CommandExecution(
            "child_process.{spawn,spawnSync,execFile,execFileSync}(1)", shell="(-1).shell", program="(0)"
        ),
        CommandExecution("child_process.fork(0)", shell="never"),
        CodeExecution("global.eval(0)"),
        CodeExecution("global.{setTimeout,setInterval}(0)", takes_functions=True),
        Reflection("global.{require,import}(0)", what="module"),
        NameTable("global.{global,globalThis}"),
        CodeExecution("global.Function(0:)"),
        CodeExecution("vm.{runInNewContext,runInThisContext,runInContext,compileFunction,Script}(0)"),
        CodeExecution("{vm2.VM,vm2.NodeVM}().run(0)"),
        # Each was left in more than one way; `mathjs.eval` is what it was called until version 6.
        CodeExecution("{notevil,safe-eval,static-eval,mathjs.eval}(0)"),
        FileAccess(f"{_FS}.{_READ}(0)"),
        FileAccess(f"{_FS}.{_WRITE}(0)", action="write"),
        FileAccess(f"{_FS}.{{mkdir,mkdirSync}}(0)", action="change"),
        FileContent(f"{_FS}.{{writeFile,writeFileSync,appendFile,appendFileSync,outputFile}}(1)", file="(0)"),
        FileAccess(f"{_FS}.{_DELETE}(0)", action="delete"),
        FileAccess(f"{_FS}.{_LIST}(0)", action="list"),
        # https://github.com/isaacs/rimraf, https://github.com/pillarjs/send, https://sharp.pixelplumbing.com/api-constructor
        FileAccess("{rimraf,rimraf.sync,rimraf.rimraf}(0)", action="delete"),
        FileAccess("send(1)", root="(2).root", action="send"),
        FileAccess("sharp(0)"),
        FileAccess(f"{_FS}.{_COPY}(0)"),
        FileAccess(f"{_FS}.{_COPY}(1)", action="write"),
        OutboundRequest("{http,https}.{get,request}(0)", guards=("(0).agent", "(1).agent")),
        RequestInput("Incoming.headers", channel="headers"),
        RequestInput("Incoming.url", channel="path"),
        RequestInput("WebRequest.{json,text,formData,arrayBuffer}()", channel="body"),
        RequestInput("WebRequest.url", channel="address"),
        RequestInput("WebRequest.headers.get()", channel="headers", key="(0)"),
        RequestInput("{OnData<0>,Body.read()}", channel="body"),
        # `for await (const part of request)`; `req[name]` of Express is a part that a name chooses.
        RequestInput("Body[]", channel="body", looped=True),
        HtmlResponse("Outgoing.{write,end}(0)"),
        Redirect("Outgoing.writeHead(-1).{Location,location}"),
        Redirect("Outgoing.setHeader(1)", header="(0)"),
        ServedType("global.Response(1).headers.{Content-Type,content-type}"),
        ServedType("Outgoing.setHeader(1)", header="(0)"),
        HtmlResponse(
            "global.Response(0)",
            content_type=("(1).headers.Content-Type", "(1).headers.content-type"),
            plain=True,
        ),
        ResponseBody("global.{Response,Response.json}(0)"),
        Denial("global.{Response,Response.json}(1).status"),
        Redirect("global.Response.redirect(0)"),
        Redirect("global.Response(1).headers.{Location,location}"),
        ResponseBody("Outgoing.{write,end}(0)"),
        # Line breaks in values are refused; who names the header can still set any.
        HeaderWrite("Outgoing.{setHeader,appendHeader}(0)", part="name"),
        # What is written to the socket itself is looked at by nobody.
        HeaderWrite("{Outgoing,Incoming}.socket.write(0)"),
        Denial("Outgoing.writeHead(0)"),
        Denial("Outgoing.statusCode"),
        Exit("global.process.{exit,abort}()"),
        LogWrite("global.console.{log,info,warn,error,debug,trace}(0:)"),
        TokenVerify("crypto.{timingSafeEqual,verify}()"),
        TokenVerify("Verify.verify()"),
        SecretUse("crypto.createHmac(1)", what="signing key"),
        SecretUse("crypto.{createCipheriv,createDecipheriv}(1)", what="encryption key"),
        SecretUse("crypto.{pbkdf2,pbkdf2Sync,scrypt,scryptSync}(0)", what="password"),
        Sanitizer("path.{basename,posix.basename,win32.basename}()", (Context.PATH,)),
        # From the last dot behind the last separator.
        Sanitizer("path.{extname,posix.extname,win32.extname}()", (Context.PATH,)),
        TextJoin("{path,path.posix,path.win32}.join(0:)", separator="/"),
        # What is absolute begins with no dash.
        Sanitizer("{path,path.posix,path.win32}.resolve()", (Context.SEGMENTS, Context.ARGUMENT)),
        Sanitizer("{path,path.posix,path.win32}.{normalize,join}()", (Context.SEGMENTS,)),
        Sanitizer("fs.{realpath,realpathSync,promises.realpath,realpathSync.native}()", (Context.SEGMENTS,)),
        Sanitizer("global.{Number,parseInt,parseFloat,Boolean,BigInt,Date}()", TEXT),
        Sanitizer("global.Number.{parseInt,parseFloat}()", TEXT),
        Sanitizer("global.Math.{floor,ceil,round,trunc,abs,min,max}()", TEXT),
        Sanitizer("*.{toFixed,getTime,toISOString,charCodeAt,indexOf}()", TEXT),
        # Digests are hexadecimal, base64 or bytes.
        Sanitizer("Hash.digest()", TEXT),
        # Text cannot be a query operator.
        Sanitizer("global.String()", (Context.NOSQL,)),
        Sanitizer("*.toString()", (Context.NOSQL,)),
        # Nothing but text has these methods.
        Sanitizer(
            "*.{trim,toLowerCase,toUpperCase,replace,replaceAll,substring,padStart}()", (Context.NOSQL,)
        ),
        # Control characters come out escaped.
        Sanitizer("global.JSON.stringify()", _ONE_LINE),
        # Leaves dots, so `..` remains a path.
        Sanitizer(
            "{global.encodeURIComponent,querystring.escape}()",
            (Context.URL, Context.REDIRECT, Context.HTML, *_ONE_LINE),
        ),
        Decoding("{global.decodeURIComponent,global.decodeURI,global.unescape,querystring.unescape}()"),
        Proof("global.Number.{isInteger,isSafeInteger,isFinite}(0)", TEXT),
        Proof("global.isFinite(0)", TEXT),
        Proof("global.isNaN(0)", TEXT, when=False),
        # An address can still be one of the internal network.
        Proof("net.{isIP,isIPv4,isIPv6}(0)", _NO_ADDRESS),
        RegexMatch("*.{test,exec}(0)"),
        RegexMatch("*.{match,matchAll,replace,replaceAll,split,search}(self)", pattern="(0)"),
        Parsed("global.JSON.parse()"),
        Parsed("querystring.parse()"),
        PatternTest("*.test(0)", pattern="(self)"),
        PatternTest("*.{match,search}(self)", pattern="(0)"),
    ),
    routes=routes,
)
