"""Python's builtins and standard library. API reference: https://docs.python.org/3/library/"""

from rearguard.models.concepts import (
    TEXT,
    CodeExecution,
    CommandExecution,
    Context,
    Decoding,
    Deserialisation,
    ErrorDetail,
    Exit,
    FileAccess,
    FileContent,
    FormatString,
    Invocation,
    LogWrite,
    MemoryFile,
    NameTable,
    OutboundRequest,
    Parsed,
    PatternRemoval,
    PatternTest,
    Proof,
    Reflection,
    RegexCompile,
    RegexMatch,
    Register,
    Sanitizer,
    TextJoin,
    TokenVerify,
)
from rearguard.models.dsl import Library

__all__ = ["STDLIB"]

_LEVELS = "{debug,info,warning,warn,error,exception,critical,fatal,log}"
_HASHES = "{md5,sha1,sha224,sha256,sha384,sha512,sha3_224,sha3_256,sha3_384,sha3_512,blake2b,blake2s,new}"

_WORD = tuple(c for c in TEXT if c not in (Context.CODE, Context.KEY, Context.URL, Context.REDIRECT))
"""Where letters and digits alone do no harm; a word can still be a name or a host."""

_FILES = (
    FileAccess("builtins.open(0|file)"),
    FileAccess("{io,codecs,gzip,bz2,lzma}.open(0|filename)"),
    FileAccess("{tarfile.open,tarfile.TarFile.open}(0|name)"),
    FileAccess("zipfile.ZipFile(0|file)"),
    FileAccess("linecache.{getline,getlines}(0|filename)"),
    FileAccess("os.open(0|path)"),
    FileAccess("os.{remove,unlink,rmdir,removedirs}(0|path)", action="delete"),
    FileAccess("os.{listdir,scandir}(0|path)", action="list"),
    FileAccess("os.{walk,fwalk}(0|top)", action="list"),
    FileAccess("glob.{glob,iglob}(0|pathname)", action="list"),
    FileAccess("os.{mkdir,chmod,chown,truncate,utime}(0|path)", action="change"),
    FileAccess("os.makedirs(0|name)", action="change"),
    FileAccess("os.{rename,replace,link,symlink}(0:)", action="write"),
    FileAccess("shutil.rmtree(0|path)", action="delete"),
    FileAccess("shutil.{copy,copy2,copyfile,copytree,move}(0|src)"),
    FileAccess("shutil.{copy,copy2,copyfile,copytree,move}(1|dst)", action="write"),
    FileAccess("shutil.unpack_archive(0|filename)"),
    FileAccess("Path.{open,read_text,read_bytes}(self)"),
    FileAccess("Path.{mkdir,chmod}(self)", action="change"),
    FileAccess("Path.{write_text,write_bytes,touch,symlink_to,hardlink_to}(self)", action="write"),
    FileContent("{builtins.open,io.open,codecs.open,Path.open}().{write,writelines}(0)"),
    FileContent("Path.{write_text,write_bytes}(0|data)", file="(self)"),
    FileAccess("Path.{rename,replace}(0|target)", action="write"),
    FileAccess("Path.{unlink,rmdir}(self)", action="delete"),
    FileAccess("Path.{iterdir,glob,rglob,walk}(self)", action="list"),
    FileAccess("Path.{glob,rglob}(0|pattern)", action="list"),
)

_PROCESSES = (
    CommandExecution("subprocess.{run,Popen,call,check_call,check_output}(0|args)", shell="(8|shell)"),
    CommandExecution("subprocess.{getoutput,getstatusoutput}(0|cmd)"),
    CommandExecution("os.system(0|command)"),
    CommandExecution("os.popen(0|cmd)"),
    CommandExecution(
        "os.{execl,execle,execlp,execlpe,execv,execve,execvp,execvpe}(0:)", shell="never", program="(0)"
    ),
    CommandExecution(
        "os.{spawnl,spawnle,spawnlp,spawnlpe,spawnv,spawnve,spawnvp,spawnvpe}(1:)",
        shell="never",
        program="(1)",
    ),
    CommandExecution("os.{posix_spawn,posix_spawnp}(0:)", shell="never", program="(0)"),
    CommandExecution("asyncio.{create_subprocess_shell,subprocess.create_subprocess_shell}(0|cmd)"),
    CommandExecution(
        "asyncio.{create_subprocess_exec,subprocess.create_subprocess_exec}(0:)",
        shell="never",
        program="(0|program)",
    ),
    CommandExecution("pty.spawn(0|argv)", shell="never"),
)

_CODE = (
    CodeExecution("builtins.{eval,exec,compile}(0)"),
    Reflection("builtins.__import__(0|name)", what="module"),
    Reflection("importlib.import_module(0|name)", what="module"),
    Reflection("pkgutil.resolve_name(0|name)", what="module"),
    Reflection("builtins.getattr(1)"),
    NameTable("builtins.{globals,locals}()"),
    NameTable("sys.modules"),
    CodeExecution("runpy.run_path(0|path_name)"),
    CodeExecution("runpy.run_module(0|mod_name)"),
    CodeExecution("timeit.timeit(0|stmt)"),
    CodeExecution("code.{InteractiveInterpreter,InteractiveConsole}().{runcode,runsource,push}(0)"),
    Deserialisation("pickle.{load,loads,Unpickler}(0)", instead="json.loads"),
    Deserialisation("{_pickle,cPickle}.{load,loads}(0)", instead="json.loads"),
    Deserialisation("marshal.{load,loads}(0)", instead="json.loads"),
    Deserialisation("shelve.open(0|filename)", instead="dbm.open"),
)

_NETWORK = (
    OutboundRequest("urllib.request.{urlopen,urlretrieve,Request}(0|url)"),
    OutboundRequest("urllib.request.{build_opener,OpenerDirector}().open(0|fullurl)"),
    OutboundRequest("http.client.{HTTPConnection,HTTPSConnection}(0|host)"),
    OutboundRequest("socket.create_connection(0|address)"),
    OutboundRequest("ftplib.{FTP,FTP_TLS}(0|host)"),
)

_PATTERNS = (
    RegexCompile("re.{compile,match,search,fullmatch,findall,finditer,split,sub,subn}(0|pattern)"),
    RegexMatch("re.{match,search,findall,finditer,split}(1|string)", pattern="(0|pattern)"),
    RegexMatch("re.fullmatch(1|string)", pattern="(0|pattern)", whole=True),
    RegexMatch("re.{sub,subn}(2|string)", pattern="(0|pattern)"),
    RegexMatch("Pattern.{match,search,findall,finditer,split}(0|string)"),
    RegexMatch("Pattern.fullmatch(0|string)", whole=True),
    RegexMatch("Pattern.{sub,subn}(1|string)"),
    PatternRemoval("re.sub()", pattern="(0|pattern)", replacement="(1|repl)"),
    PatternRemoval("Pattern.sub()", pattern="(self)", replacement="(0|repl)"),
    FormatString("*.{format,format_map}(self)"),
    FormatString("string.Formatter().{format,vformat}(0|format_string)"),
)

_SAFE = (
    Sanitizer("builtins.{int,float,bool,complex,len,ord,hash,id,isinstance,issubclass,callable}()", TEXT),
    Sanitizer("{decimal.Decimal,fractions.Fraction,uuid.UUID,ipaddress.IPv4Address}()", TEXT),
    Sanitizer("datetime.datetime.{strptime,fromisoformat,fromtimestamp}()", TEXT),
    Sanitizer("datetime.{date,time}.fromisoformat()", TEXT),
    Sanitizer("*.{isoformat,total_seconds,toordinal}()", TEXT),
    Sanitizer(f"hashlib.{_HASHES}().hexdigest()", TEXT),
    Sanitizer("hmac.new().hexdigest()", TEXT),
    Sanitizer("io.{BytesIO,StringIO}()", (Context.PATH, Context.SEGMENTS)),
    MemoryFile("io.{BytesIO,StringIO}()"),
    TextJoin("os.path.join(0:)", separator="/"),
    # `..` alone is left, and names the folder above: nothing in it can be chosen.
    Sanitizer("os.path.basename()", (Context.PATH,)),
    # What is absolute begins with no dash.
    Sanitizer("os.path.{realpath,abspath}()", (Context.SEGMENTS, Context.ARGUMENT)),
    Sanitizer("os.path.normpath()", (Context.SEGMENTS,)),
    Sanitizer("Path.{name,stem,suffix}", (Context.PATH,)),
    Sanitizer("shlex.quote()", (Context.SHELL,)),
    Sanitizer("pipes.quote()", (Context.SHELL,)),
    Sanitizer("html.escape()", (Context.HTML, Context.XML)),
    Sanitizer("xml.sax.saxutils.{escape,quoteattr}()", (Context.XML,)),
    Sanitizer("re.escape()", (Context.REGEX,)),
    # A slash stays as it is unless `safe` says otherwise, so only then is it one segment of a path.
    Sanitizer(
        "urllib.parse.quote()", (Context.URL, Context.HTML, Context.HEADER), when="(1|safe)", values=("",)
    ),
    Sanitizer("urllib.parse.{quote_plus,urlencode}()", (Context.URL, Context.HTML, Context.HEADER)),
    Decoding("urllib.parse.{unquote,unquote_plus}()"),
    Sanitizer("json.dumps()", (Context.LOG, Context.HEADER)),
    Sanitizer("builtins.{repr,ascii}()", (Context.LOG, Context.HEADER)),
    Parsed("json.{loads,load}()"),
    # Text cannot be a query operator.
    Sanitizer("builtins.str()", (Context.NOSQL,)),
    Proof("*.{isdigit,isdecimal,isnumeric}(self)", TEXT),
    Proof("*.{isalnum,isalpha}(self)", _WORD),
    # Only a path without `..` left in it can be told by its beginning.
    Proof("NormalText.startswith(self)", (Context.PATH,)),
    Proof("ResolvedPath.is_relative_to(self)", (Context.PATH,)),
    PatternTest("re.fullmatch(1|string)", pattern="(0|pattern)", whole=True),
    PatternTest("re.{match,search}(1|string)", pattern="(0|pattern)"),
    PatternTest("Pattern.fullmatch(0|string)", pattern="(self)", whole=True),
    PatternTest("Pattern.{match,search}(0|string)", pattern="(self)"),
)

STDLIB = Library(
    name="stdlib",
    language="python",
    packages=(),
    types={
        "Logger": (
            "logging.{getLogger,Logger,LoggerAdapter}()",
            "logging.root",
            "Logger.getChild()",
            "{loguru.logger,loguru.logger.bind(),loguru.logger.opt()}",
            "structlog.{get_logger,getLogger}()",
        ),
        "Path": (
            "pathlib.{Path,PurePath,PosixPath,PurePosixPath,WindowsPath,PureWindowsPath}()",
            "pathlib.Path.{cwd,home}()",
            "Path./",
            "Path.{resolve,absolute,expanduser,joinpath,with_name,with_suffix,relative_to,readlink,rename}()",
            "Path.parent",
            "Path.parents[]",
            "Path.{iterdir,glob,rglob}()[]",
            "anyio.Path()",
        ),
        # Known to give back what they are given, in another form: no doubt falls on what passes through them.
        "Derived": (
            "base64.{b64decode,b64encode,urlsafe_b64decode,urlsafe_b64encode,b32decode,b16decode,decodebytes}()",
            "binascii.{unhexlify,hexlify,a2b_base64}()",
            "json.{loads,load}()",
            "copy.{copy,deepcopy}()",
            "urllib.parse.{unquote,unquote_plus,parse_qs,parse_qsl,urljoin,urlsplit,urlparse,urlunsplit}()",
            "re.{sub,split,findall}()",
            "builtins.{str,bytes,list,tuple,dict,set,sorted,reversed,zip,map,filter,repr,format,next,iter,vars}()",
            "functools.reduce()",
            "string.Template()",
            "Derived.{substitute,safe_substitute}()",
            "io.{BytesIO,StringIO}()",
            "gzip.decompress()",
            "zlib.decompress()",
        ),
        # Gives back the function that it is called with, and is not the one that it takes the name from.
        "Renaming": ("functools.wraps()",),
        "Executor": ("concurrent.futures.{ThreadPoolExecutor,ProcessPoolExecutor}()",),
        "ResolvedPath": ("Path.resolve()",),
        "NormalText": ("os.path.{realpath,abspath,normpath}()",),
        "Pattern": ("re.compile()",),
    },
    concepts=(
        Invocation("builtins.{map,filter}(0)", arguments="(1:)", each=True),
        Invocation("functools.partial(0)", arguments="(1:)"),
        Invocation("threading.Thread(target)", arguments="(args)", listed=True),
        Invocation("multiprocessing.Process(target)", arguments="(args)", listed=True),
        Invocation("threading.Timer(1|function)", arguments="(2|args)", listed=True),
        Invocation("asyncio.to_thread(0|func)", arguments="(1:)"),
        Invocation("asyncio.{get_event_loop,get_running_loop}().run_in_executor(1|func)", arguments="(2:)"),
        Invocation("Executor.submit(0|fn)", arguments="(1:)"),
        Invocation("Executor.map(0|fn)", arguments="(1:)", each=True),
        Register("builtins.{dict,set,frozenset}()"),
        *_FILES,
        *_PROCESSES,
        *_CODE,
        *_NETWORK,
        *_PATTERNS,
        *_SAFE,
        Exit("{sys.exit,os._exit,os.abort,builtins.exit,builtins.quit}()"),
        LogWrite(f"Logger.{_LEVELS}(0:)"),
        LogWrite(f"logging.{_LEVELS}(0:)"),
        ErrorDetail("traceback.{format_exc,format_exception,format_tb,format_stack}()"),
        ErrorDetail("sys.exc_info()"),
        ErrorDetail("subprocess.run().stderr"),
        # Compared in constant time: a secret is checked.
        TokenVerify("{hmac,secrets}.compare_digest()"),
    ),
    shapes={"Logger": r"log|logger|LOGGER|LOG|logging"},
)
