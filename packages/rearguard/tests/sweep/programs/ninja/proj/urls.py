from django.urls import path
from ninja import NinjaAPI

from vault.api import router
from vault.auth import TokenAuth

api = NinjaAPI(auth=TokenAuth())
api.add_router("/secrets/", router)

urlpatterns = [path("api/", api.urls)]
