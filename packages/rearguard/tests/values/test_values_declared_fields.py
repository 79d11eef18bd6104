"""Fields of forms and serializers: what their kinds let through, and how views are handed them."""

from pathlib import Path

import pytest
from rearguard.review import Options, review_path

_DJANGO = """
import os
import re
from django import forms
from django.core.validators import RegexValidator
from django.db import models
from django.urls import path
from django.views.generic import FormView
from rest_framework import serializers, viewsets
from rest_framework.views import APIView


class Host(models.Model):
    name = models.CharField(max_length=80)
    port = models.PositiveIntegerField()
    kind = models.CharField(max_length=3, choices=[("a", "A")])


class Ping(forms.Form):
    host = forms.CharField()
    port = forms.IntegerField()
    kind = forms.ChoiceField(choices=[("a", "A")])
    word = forms.RegexField(regex="^[a-z]{4}$")
    judged = forms.CharField()
    trimmed = forms.CharField()
    valid = forms.CharField(validators=[RegexValidator(r"^[a-z]{4}\\Z")])
    loose = forms.CharField(validators=[RegexValidator(r"[a-z]{4}")])

    def clean_judged(self):
        value = self.cleaned_data["judged"]
        if not re.match(r"^[a-z0-9]{3,48}\\Z", value):
            raise forms.ValidationError("no")
        return value

    def clean_trimmed(self):
        return self.cleaned_data["trimmed"].strip()


class OfModel(forms.ModelForm):
    class Meta:
        model = Host
        fields = ["name", "port", "kind"]


class Inner(serializers.Serializer):
    count = serializers.IntegerField()
    text = serializers.CharField()


class Sent(serializers.Serializer):
    host = serializers.CharField()
    port = serializers.IntegerField()
    inner = Inner()


def direct(request):
    form = FORM(request.POST)
    if form.is_valid():
        os.system("ping %s" % form.cleaned_data["KEY"])


class Handed(FormView):
    form_class = FORM

    def form_valid(self, form):
        os.system("ping %s" % form.cleaned_data.get("KEY"))
        return super().form_valid(form)


urlpatterns = [path("direct", direct), path("handed", Handed.as_view())]
"""

_REST = (
    _DJANGO.partition("def direct")[0]
    + """
class Direct(APIView):
    def post(self, request):
        sent = Sent(data=request.data)
        sent.is_valid(raise_exception=True)
        data = sent.validated_data
        os.system("ping %s" % dataKEY)


class Handed(viewsets.ModelViewSet):
    serializer_class = Sent

    def perform_create(self, serializer):
        os.system("ping %s" % serializer.validated_dataKEY)
        serializer.save()


urlpatterns = [path("direct", Direct.as_view()), path("handed", Handed.as_view({"post": "create"}))]
"""
)

_FLASK = """
import os
from flask import Flask
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, StringField

app = Flask(__name__)


class Ping(FlaskForm):
    host = StringField()
    port = IntegerField()
    kind = SelectField(choices=["a", "b"])


@app.post("/ping")
def ping():
    form = Ping()
    if form.validate_on_submit():
        os.system("ping %s" % form.KEY)
    return ""
"""


_LOADED = """
import os
from flask import Flask, request
from flask_restx import Api, Resource, reqparse
from marshmallow import Schema, fields

app = Flask(__name__)
api = Api(app)
parser = reqparse.RequestParser()
parser.add_argument("host")
parser.add_argument("port", type=int)
parser.add_argument("kind", choices=("a", "b"))


class Ping(Schema):
    host = fields.Str()
    port = fields.Int()


@app.post("/loaded")
def loaded():
    data = Ping().load(request.get_json())
    os.system("ping %s" % data["KEY"])
    return ""


@api.route("/parsed")
class Parsed(Resource):
    def post(self):
        os.system("ping %s" % parser.parse_args()["KEY"])
        return {}
"""


def _found(root: Path, text: str) -> int:
    (root / "urls.py").write_text(text)
    options = Options(only=("command-injection",), cache=False, repair=False)
    return len(review_path(root, ".", options).result.findings)


@pytest.mark.parametrize(
    ("form", "key", "places"),
    [
        ("Ping", "host", 2),
        ("Ping", "port", 0),
        ("Ping", "kind", 0),
        ("Ping", "word", 0),
        ("Ping", "judged", 0),
        ("Ping", "trimmed", 2),
        ("Ping", "valid", 0),
        ("Ping", "loose", 2),
        ("OfModel", "name", 2),
        ("OfModel", "port", 0),
        ("OfModel", "kind", 0),
    ],
)
def test_a_form_lets_through_what_its_fields_do(tmp_path: Path, form: str, key: str, places: int) -> None:
    assert _found(tmp_path, _DJANGO.replace("FORM", form).replace("KEY", key)) == places


@pytest.mark.parametrize(
    ("key", "places"),
    [("['host']", 2), ("['port']", 0), ("['inner']['text']", 2), ("['inner']['count']", 0)],
)
def test_a_serializer_lets_through_what_its_fields_do(tmp_path: Path, key: str, places: int) -> None:
    assert _found(tmp_path, _REST.replace("KEY", key)) == places


@pytest.mark.parametrize(
    ("key", "places"), [("host.data", 1), ("port.data", 0), ("kind.data", 0), ("data['port']", 0)]
)
def test_a_field_of_a_form_is_read_by_itself_too(tmp_path: Path, key: str, places: int) -> None:
    assert _found(tmp_path, _FLASK.replace("KEY", key)) == places


@pytest.mark.parametrize(("key", "places"), [("host", 2), ("port", 0)])
def test_a_schema_and_a_parser_let_through_what_they_name(tmp_path: Path, key: str, places: int) -> None:
    assert _found(tmp_path, _LOADED.replace("KEY", key)) == places


def test_a_parser_knows_what_one_may_choose_from(tmp_path: Path) -> None:
    assert _found(tmp_path, _LOADED.replace('parse_args()["KEY"]', 'parse_args()["kind"]')) == 1
