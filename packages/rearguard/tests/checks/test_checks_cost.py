"""Programs on which looking everywhere would never end."""

from rearguard.checks import CHECKS
from rearguard.models import Models
from rearguard.program import Source
from rearguard.review import analyse_sources, run_checks
from rearguard.review.read import lower


def test_a_variable_that_is_cut_again_and_again_is_looked_at_once(all_models: Models) -> None:
    """Each line that cuts a variable looks at all others: without a limit that is 60 lines to the sixth power."""
    cuts = "".join(f"    if 'a{n}' in text:\n        text = text.decode()\n" for n in range(60))
    code = (
        "import logging\nfrom flask import Flask, request\n\napp = Flask(__name__)\nlog = logging.getLogger(__name__)\n\n\n"
        f"@app.post('/login')\ndef login():\n    text = request.headers['x']\n{cuts}    log.info('got %s', text)\n    return ''\n"
    )
    sources = [Source("app.py", code.encode(), "python")]
    program = analyse_sources(sources, lower(sources, 1), models=all_models)
    drafts = run_checks(program, [one for one in CHECKS if one.rule.id == "sensitive-data-in-log"])
    assert list(drafts) == []
