import json
from urllib.parse import parse_qs


class HttpError(Exception):
    def __init__(self, status):
        super().__init__(status)
        self.status = status


class Request:
    def __init__(self, environ):
        self.environ = environ
        self.method = environ["REQUEST_METHOD"]
        self.path = environ.get("PATH_INFO", "/")
        self.query = {key: values[0] for key, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        self.params = {}
        self.user = None

    def json(self):
        length = min(int(self.environ.get("CONTENT_LENGTH") or 0), 100_000)
        return json.loads(self.environ["wsgi.input"].read(length))

    def header(self, name):
        return self.environ.get("HTTP_" + name.upper())


def login_required(handler):
    def wrapped(request):
        if request.user is None:
            raise HttpError(401)
        return handler(request)

    return wrapped


def admin_required(handler):
    def wrapped(request):
        if request.user is None:
            raise HttpError(401)
        if request.user["role"] != "admin":
            raise HttpError(403)
        return handler(request)

    return wrapped
