"""Devices that a header names, and that have a key which nobody asks for."""

from collections.abc import Callable

import pytest
from rearguard.findings import Finding

FindingsOf = Callable[..., list[Finding]]

MODELS = """
from django.db import models


class Meter(models.Model):
    serial = models.CharField(max_length=40, unique=True)
    %s = models.CharField(max_length=64)
    seen = models.DateTimeField(null=True)
"""
VIEWS = """
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView
import hmac

from .models import Meter


class Alive(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    def post(self, request):
%s
        meter.seen = timezone.now()
        meter.save(update_fields=["seen"])
        return Response({})


urlpatterns = [path("meters/alive/", Alive.as_view())]
"""


def told(findings_of: FindingsOf, body: str, column: str = "api_key") -> int:
    """How often what a client says of itself is told."""
    files = {"grid/models.py": MODELS % column, "grid/urls.py": VIEWS % body}
    return len(findings_of(files, "client-controlled-identity"))


BY_NUMBER = '        meter = get_object_or_404(Meter, serial=request.headers.get("X-Meter-Serial", ""))'


@pytest.mark.parametrize(
    "body",
    [
        BY_NUMBER,
        '        meter = Meter.objects.get(serial=request.META["HTTP_X_METER_SERIAL"])',
        '        meter = Meter.objects.filter(serial=request.headers["X-Meter-Serial"]).first()\n'
        "        if meter is None:\n            raise PermissionDenied",
    ],
)
def test_a_number_is_no_key(findings_of: FindingsOf, body: str) -> None:
    """Whoever knows the number of a meter reports for it."""
    assert told(findings_of, body) == 1


@pytest.mark.parametrize(
    "body",
    [
        '        meter = get_object_or_404(Meter, api_key=request.headers["X-Meter-Key"])',
        '        meter = get_object_or_404(Meter, serial=request.headers["X-Meter-Serial"], api_key=request.headers["X-Key"])',
        BY_NUMBER + '\n        if not hmac.compare_digest(meter.api_key, request.headers.get("X-Key", "")):\n'
        "            raise PermissionDenied",
        BY_NUMBER
        + '\n        if meter.api_key != request.headers.get("X-Key"):\n            raise PermissionDenied',
    ],
)
def test_a_key_is(findings_of: FindingsOf, body: str) -> None:
    """By its key, or with it, a meter is who it says."""
    assert told(findings_of, body) == 0


def test_what_has_no_key_proves_nothing(findings_of: FindingsOf) -> None:
    """A record without a secret of its own is nobody's identity."""
    assert told(findings_of, BY_NUMBER, "place") == 0
