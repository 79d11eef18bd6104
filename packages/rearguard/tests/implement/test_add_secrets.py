"""Secrets that an application's settings fall back on."""

from pathlib import Path

import pytest
from rearguard.implement import RefusedError

from packages.rearguard.tests.implement.test_add_in_real_shapes import after, plan

APP = "from fastapi import FastAPI\n\nimport settings\n\napp = FastAPI()\n"
SETTINGS = """from starlette.config import Config

config = Config(".env")


class Settings:
    NAME: str = config("NAME", default="shop")
    DATABASE_PASSWORD: str = config("DATABASE_PASSWORD", default="postgres")
"""


def test_the_setting_is_named_where_it_is_asked_for_however_many_have_defaults(tmp_path: Path) -> None:
    found = plan(tmp_path, {"app.py": APP, "settings.py": SETTINGS}, "secrets")
    text = after(found, "settings.py")
    assert 'config("DATABASE_PASSWORD")\n' in text
    assert 'config("NAME", default="shop")' in text
    assert any(said.startswith("Set DATABASE_PASSWORD wherever this starts") for said in found.left)


def test_a_refusal_lists_what_a_person_has_to_change(tmp_path: Path) -> None:
    first = (
        "from django.contrib.auth.models import User\n\n\ndef first_start():\n"
        "    User.objects.create_superuser('admin', 'admin@example.com', 'admin123')\n\n\n"
        "def reset(user):\n    user.set_password('Welcome1')\n    user.save()\n"
    )
    with pytest.raises(RefusedError) as refused:
        plan(tmp_path, {"app.py": APP, "accounts.py": first}, "secrets")
    head, *places = str(refused.value).splitlines()
    assert head == "the places that the review found have to be changed by hand:"
    assert [place.partition(". ")[0] for place in places] == [
        "- accounts.py:5: default-credentials is yours",
        "- accounts.py:9: default-credentials is yours",
    ]
