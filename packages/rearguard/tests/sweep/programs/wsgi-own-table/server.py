import json
import os
import re
from wsgiref.simple_server import make_server

import handlers
import jwt
from own import HttpError, Request

KEY = os.environ["SIGNING_KEY"]
ROUTES = [
    ("GET", re.compile(r"^/products/search$"), handlers.search),
    ("GET", re.compile(r"^/products/find$"), handlers.search_bound),
    ("GET", re.compile(r"^/products/named$"), handlers.named),
    ("POST", re.compile(r"^/tools/ping$"), handlers.ping),
    ("POST", re.compile(r"^/tools/ping-address$"), handlers.ping_address),
    ("GET", re.compile(r"^/manuals$"), handlers.manual),
    ("GET", re.compile(r"^/manuals/base$"), handlers.manual_base),
    ("GET", re.compile(r"^/invoices/(?P<invoice_id>\d+)$"), handlers.invoice),
    ("GET", re.compile(r"^/my/invoices/(?P<invoice_id>\d+)$"), handlers.invoice_own),
    ("PUT", re.compile(r"^/invoices/(?P<invoice_id>\d+)/note$"), handlers.note),
    ("PUT", re.compile(r"^/my/invoices/(?P<invoice_id>\d+)/note$"), handlers.note_own),
    ("DELETE", re.compile(r"^/products/(?P<product_id>\d+)$"), handlers.drop_product),
    ("PUT", re.compile(r"^/products/(?P<product_id>\d+)$"), handlers.rename_product),
    ("GET", re.compile(r"^/admin/users$"), handlers.admin_users),
    ("PUT", re.compile(r"^/admin/users/(?P<user_id>\d+)/role$"), handlers.admin_role),
    ("PUT", re.compile(r"^/profile$"), handlers.profile),
    ("PUT", re.compile(r"^/profile/name$"), handlers.profile_name),
]


def read_token(header):
    try:
        return jwt.decode(header[7:], KEY, algorithms=["HS256"], audience="shop", issuer="shop")
    except jwt.PyJWTError:
        return None


def dispatch(request):
    for method, pattern, handler in ROUTES:
        match = pattern.match(request.path)
        if match and method == request.method:
            request.params = match.groupdict()
            return handler(request)
    raise HttpError(404)


def application(environ, start_response):
    request = Request(environ)
    request.user = read_token(request.header("Authorization") or "")
    try:
        answer, status = dispatch(request), "200 OK"
    except HttpError as error:
        answer, status = None, f"{error.status} Error"
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]


if __name__ == "__main__":
    make_server("127.0.0.1", 8000, application).serve_forever()
