"""What the engine follows of Python: inheritance, gathered arguments, functions run later, names put together."""

CASES = [
    (
        "what is no text is no harmful text",
        "py",
        """
def clean(name):
    if name and isinstance(name, str):
        name = html.escape(name)
    return name


@app.get("/a")
def a():
    return "<h1>" + clean(request.args.get("name")) + "</h1>"
""",
    ),
    (
        "what follows the host decides nothing of where an address leads",
        "py",
        """
def stored(key):
    return db.load(key)


@app.get("/a")
def a():
    host = request.args["host"]
    requests.get("http://" + host + "/a/" + request.args["path"])  # $ server-side-request-forgery
    requests.get(f"{request.args['scheme']}://{host}/a")  # $ server-side-request-forgery
    return {}


@app.get("/b")
def b():
    base = app.config["BASE"]
    requests.get(f"{base}/{request.args['path']}")
    return {}
""",
    ),
    (
        "a variable means what was assigned to it last",
        "py",
        """
class Pages:
    def find(self, name):
        return open("/srv/pages/" + name).read()


class Files:
    def find(self, name):
        return open("/srv/files/" + name).read()  # $ path-traversal


@app.get("/a")
def a():
    if request.args["kind"] == "page":
        source = Pages()
        text = source.find("index.html")
    else:
        source = Files()
        text = source.find(request.args["name"])
    return {"text": text}
""",
    ),
    (
        "a package is imported before a module of the same name",
        "py",
        """
--- shop.py
def run(text):
    return text
--- shop/__init__.py
--- shop/store.py
import os


def run(text):
    os.system(text)
--- web.py
import shop.store
from flask import Flask, request

app = Flask(__name__)


@app.get("/a")
def a():
    shop.store.run("ls " + request.args["name"])  # $ command-injection
    return {}
""",
    ),
    (
        "a method that a subclass puts in place of its base's",
        "py",
        """
class Job:
    def __init__(self, name):
        self.name = name

    def start(self):
        return self.run(self.name)

    def run(self, name):
        raise NotImplementedError


class List(Job):
    def run(self, name):
        os.system("ls " + name)  # $ command-injection


class Size(Job):
    def run(self, name):
        subprocess.run(["du", "--", name])


@app.get("/a")
def a():
    List(request.args["a"]).start()
    Size(request.args["b"]).start()
    return {}
""",
    ),
    (
        "named arguments gathered in a map",
        "py",
        """
def run(**options):
    os.system("ls " + options["folder"])  # $ command-injection
    os.system("ls " + options["fixed"])


@app.get("/a")
def a():
    run(folder=request.args["a"], fixed="/srv")
    return {}
""",
    ),
    (
        "arguments gathered in a list",
        "py",
        """
def run(first, *rest):
    os.system("ls " + rest[0])  # $ command-injection
    os.system("ls " + rest[1])
    os.system("ls " + first)


@app.get("/a")
def a():
    run("/srv", request.args["a"], "/tmp")
    return {}
""",
    ),
    (
        "a function run later",
        "py",
        """
import threading
from functools import partial


def work(folder, other):
    os.system("ls " + folder)  # $ command-injection
    os.system("ls " + other)


@app.get("/a")
def a():
    threading.Thread(target=work, args=(request.args["a"], "/srv")).start()
    partial(os.system, request.args["b"])()  # $ command-injection
    return {}
""",
    ),
    (
        "a function run for each element",
        "py",
        """
@app.get("/a")
def a():
    list(map(os.system, request.args.getlist("a")))  # $ command-injection
    list(map(os.system, ["ls", "du"]))
    list(map(os.system, map(int, request.args.getlist("b"))))
    return {}
""",
    ),
    (
        "a method chosen by a name put together",
        "py",
        """
class Tools:
    def tool_list(self, name):
        os.system("ls " + name)  # $ command-injection

    def other(self, name):
        os.system("du " + name)


@app.get("/a")
def a():
    getattr(Tools(), "tool_" + request.args["tool"])(request.args["name"])
    return {}
""",
    ),
    (
        "members read and written by their constant names",
        "py",
        """
class Box:
    pass


@app.get("/a")
def a():
    box = Box()
    setattr(box, "name", getattr(request, "args")["name"])
    os.system("ls " + box.name)  # $ command-injection
    os.system("ls " + getattr(box, "other", "x"))
    return {}
""",
    ),
    (
        "a container of the module",
        "py",
        """
LAST = {}


@app.post("/a")
def a():
    LAST["name"] = request.form["name"]
    return {}


@app.get("/b")
def b():
    os.system("ls " + LAST["name"])  # $ command-injection
    return {}
""",
    ),
    (
        "objects in a list of the module",
        "py",
        """
class List:
    def run(self, name):
        os.system("ls " + name)  # $ command-injection


class Size:
    def run(self, name):
        os.system("du " + name)  # $ command-injection


TOOLS = []
TOOLS.append(List())
TOOLS.append(Size())


@app.get("/a")
def a():
    for tool in TOOLS:
        tool.run(request.args["name"])
    return {}
""",
    ),
    (
        "an object called as a function",
        "py",
        """
class Runner:
    def __call__(self, name):
        os.system("ls " + name)  # $ command-injection


run = Runner()


@app.get("/a")
def a():
    run(request.args["name"])
    return {}
""",
    ),
    (
        "a task for a worker",
        "py",
        """
from celery import Celery

celery = Celery("x")


@celery.task
def work(name, other):
    os.system("ls " + name)  # $ command-injection
    os.system("ls " + other)


@app.get("/a")
def a():
    work.delay(request.args["name"], "x")
    work.apply_async(args=("x", "y"))
    return {}
""",
    ),
    (
        "a statement run by something unknown",
        "py",
        """
from somewhere import pool


@app.get("/a")
def a():
    pool.query("SELECT 1 FROM t WHERE name = '" + request.args["name"] + "'")  # $ sql-injection
    pool.query("SELECT 1 FROM t WHERE name = %s", (request.args["name"],))
    pool.query("the name is " + request.args["name"])
    return {}
""",
    ),
    (
        "a helper that gives something back or else ends the request",
        "py",
        """
def mine(number):
    row = db.execute("SELECT * FROM t WHERE id = %s", (number,)).fetchone()
    return row or abort(404)


def never(number):
    return abort(404)


@app.get("/a/<int:number>")
def a(number):
    mine(number)
    db.execute("SELECT " + request.args["name"])  # $ sql-injection
    return {}


@app.get("/b/<int:number>")
def b(number):
    never(number)
    db.execute("SELECT " + request.args["name"])
    return {}
""",
    ),
]


def test_flow(case_problems: list[str]) -> None:
    assert case_problems == []
