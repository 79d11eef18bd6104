"""A Django site for `test_django.py`: settings, URLs and views in one module."""

from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from django.views import View
from strongback import KeyRing, MemoryStore, Profile, Roles, new_key_text
from strongback.django import allow, async_session, current_principal, current_scope, session
from strongback.testing import EventRecorder, SeededRandomness

ORIGIN = "https://app.example.com"
CANARY = "Canary-77f1"

DEBUG = False
SECRET_KEY = new_key_text("django", SeededRandomness("django"))
ROOT_URLCONF = __name__
ALLOWED_HOSTS = ["app.example.com"]
APPEND_SLASH = False
MIDDLEWARE = ["strongback.django.PolicyMiddleware", "django.middleware.common.CommonMiddleware"]
INSTALLED_APPS: list[str] = []
DATABASES: dict[str, Any] = {}
USE_TZ = True

EVENTS = EventRecorder()
STRONGBACK = Profile.web(
    origin=ORIGIN,
    store=MemoryStore(),
    keys=KeyRing.from_text(new_key_text("k1", SeededRandomness("django-ring"))),
    roles=Roles({"clerk": ["orders:read"]}),
    production=False,
    events=EVENTS,
    proxies=["10.0.0.0/8"],
)


@allow.public("the front page")
def front(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<p>", headers={"X-Powered-By": "x"})


@allow.public("login")
def login(request: HttpRequest) -> HttpResponse:
    session(request).log_in(request.POST["name"], roles=("clerk",))
    return JsonResponse({"ok": True})


@allow.public("login")
async def login_async(request: HttpRequest) -> HttpResponse:
    await async_session(request).log_in("ada", roles=("clerk",))
    return JsonResponse({"ok": True})


@allow.signed_in()
def logout(request: HttpRequest) -> HttpResponse:
    session(request).log_out()
    return JsonResponse({"ok": True})


class Orders(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"of": current_principal(request).subject})


@allow.public("for tests")
def echo(request: HttpRequest) -> HttpResponse:
    fields = {"body": request.body.decode(), "from": request.META["REMOTE_ADDR"], "tls": request.is_secure()}
    return JsonResponse({**fields, "seen": current_scope(request)["path"]})


@allow.public("for tests")
def fails(request: HttpRequest, how: str) -> HttpResponse:
    raise {
        "absent": Http404(CANARY),
        "denied": PermissionDenied(CANARY),
        "bad": BadRequest(CANARY),
        "suspicious": SuspiciousOperation(CANARY),
        "broken": RuntimeError(CANARY),
    }[how]


urlpatterns = [
    path("", front),
    path("login", login),
    path("login-async", login_async),
    path("logout", logout),
    path("v1/", include([path("orders", allow.when("orders:read")(Orders.as_view()))])),
    path("echo", echo),
    path("fails/<str:how>", fails),
]
