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


def test_functions_that_give_back_what_the_next_gives_back_end_no_review(all_models: Models) -> None:
    """Names are read through calls; through six hundred of them, one after the other, the stack had no end."""
    chain = "".join(f"def f{n}(x):\n    return f{n + 1}(x)\n\n\n" for n in range(600))
    code = (
        f"from flask import Flask, request\n\napp = Flask(__name__)\n\n\n{chain}def f600(x):\n    return x\n\n\n"
        "@app.post('/login')\ndef login():\n    form = request.form\n"
        "    return 'in' if f0(form['password']) == form['other_password'] else 'out'\n"
    )
    sources = [Source("app.py", code.encode(), "python")]
    program = analyse_sources(sources, lower(sources, 1), models=all_models)
    assert list(run_checks(program, [one for one in CHECKS if one.rule.id == "plaintext-password"])) == []
