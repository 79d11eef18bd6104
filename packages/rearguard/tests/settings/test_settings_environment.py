"""What settings are where the environment says nothing, and which branches production never takes."""

import pytest
from rearguard.analysis.settings import evaluate, is_development_branch, is_development_name, is_on
from rearguard.analysis.settings.uses import Uses
from rearguard.models import Models
from rearguard.models.settings_concepts import DebugTool
from rearguard.models.view import ModelView, ValueView
from rearguard.program import Op, Source, instructions
from rearguard.review import analyse_sources
from rearguard.review.read import lower


def seen(models: Models, name: str, text: str) -> ModelView:
    language = "python" if name.endswith(".py") else "javascript"
    source = Source(name, text.encode(), language)
    return analyse_sources([source], lower([source], 1), models=models).view


@pytest.mark.parametrize(
    ("expression", "on", "from_environment"),
    [
        ("True", True, False),
        ("os.environ.get('X', 'True') == 'True'", True, True),
        ("os.environ.get('X') == '1'", False, True),
        ("os.getenv('X', 'false').lower() in ('1', 'true')", False, True),
        ("os.getenv('X', 'YES').lower() in ('1', 'yes')", True, True),
        ("env.bool('X', default=True)", True, True),
        ("bool(os.environ.get('X', ''))", False, True),
        ("bool(os.environ.get('X', 'False'))", True, True),
        ("not env.bool('PRODUCTION', default=False)", True, True),
        ("os.environ['X'] or True", True, True),
        ("something()", False, False),
        ("unknown.name", False, False),
    ],
)
def test_a_setting_without_environment(
    all_models: Models, expression: str, on: bool, from_environment: bool
) -> None:
    view = seen(all_models, "main.py", f"import os\n\nX = {expression}\n")
    stores = [
        i for i in instructions(view.function("main.py::<module>").body) if i.op == Op.STORE and i.name == "X"
    ]
    setting = evaluate(ValueView(view, "main.py::<module>", stores[0].args[0]))
    assert is_on(setting) is on
    assert setting.from_environment is from_environment


@pytest.mark.parametrize(
    ("condition", "development"),
    [
        ("process.env.NODE_ENV === 'development'", True),
        ("process.env.NODE_ENV !== 'production'", True),
        ("process.env.NODE_ENV === 'production'", False),
        ("!isProduction", True),
        ("isDev", True),
        ("!isDev", False),
        ("config.verbose", False),
    ],
)
def test_branches_for_development(all_models: Models, condition: str, development: bool) -> None:
    text = (
        f"const errorhandler = require('errorhandler')\nif ({condition}) {{\n  app.use(errorhandler())\n}}\n"
    )
    view = seen(all_models, "main.js", text)
    (use,) = Uses(view).of(DebugTool)
    assert is_development_branch(view, use.fid, use.instr.start) is development


def test_names_for_development() -> None:
    assert is_development_name("config/settings/local.py")
    assert is_development_name("docker-compose.override.yml")
    assert is_development_name("config.py", "DevelopmentConfig")
    assert not is_development_name("config/settings/production.py")
    assert not is_development_name("developer/models.py")
