"""Imports: where the file would have them, once, in its own module system."""

import pytest
from rearguard.program import Source
from rearguard.repair.edits import apply
from rearguard.repair.imports import import_python, import_script, in_block, is_module, script_module
from rearguard.repair.syntax import Tree


def tree(text: str, language: str = "python") -> Tree:
    return Tree(Source("pkg/app.py" if language == "python" else "app.js", text.encode(), language))


@pytest.mark.parametrize(
    ("before", "statement", "after"),
    [
        ("x = 1\n", "import os", "import os\n\nx = 1\n"),
        ('"""Doc."""\n\nx = 1\n', "import os", '"""Doc."""\n\nimport os\n\nx = 1\n'),
        (
            '#!/usr/bin/env python\n# coding: utf-8\n"""Doc."""\nfrom __future__ import annotations\n\nx = 1\n',
            "import os",
            '#!/usr/bin/env python\n# coding: utf-8\n"""Doc."""\nfrom __future__ import annotations\n\nimport os\n\n'
            "x = 1\n",
        ),
        ("import json\nimport sys\n", "import os", "import json\nimport os\nimport sys\n"),
        ("import flask\n", "import os", "import os\n\nimport flask\n"),
        (
            "import os\n\nfrom flask import Flask\n\nfrom pkg import db\n",
            "from markupsafe import escape",
            "import os\n\nfrom flask import Flask\nfrom markupsafe import escape\n\nfrom pkg import db\n",
        ),
        (
            "from flask import Flask, request\n",
            "from flask import abort",
            "from flask import Flask, abort, request\n",
        ),
        ("import sys", "import os", "import os\nimport sys"),
    ],
)
def test_python_imports(before: str, statement: str, after: str) -> None:
    parsed = tree(before)
    assert apply(before.encode(), import_python(parsed, statement)).decode() == after


def test_python_imports_keep_crlf_and_a_byte_order_mark() -> None:
    text = "\ufeffx = 1\r\n"
    edits = import_python(tree(text), "import os")
    assert apply(text.encode(), edits).decode() == "\ufeffimport os\r\n\r\nx = 1\r\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "const a = require('a');\n\nrun(a);\n",
            "const a = require('a');\nconst J = require('j');\n\nrun(a);\n",
        ),
        ('import a from "a"\n\nrun(a)\n', 'import a from "a"\nimport J from "j"\n\nrun(a)\n'),
        ("'use strict';\n\nrun();\n", "'use strict';\n\nconst J = require('j');\n\nrun();\n"),
        ("#!/usr/bin/env node\nrun();\n", "#!/usr/bin/env node\nconst J = require('j');\n\nrun();\n"),
    ],
)
def test_script_imports(before: str, after: str) -> None:
    parsed = tree(before, "javascript")
    name, edits = script_module(parsed, "j", "J")
    assert name == "J"
    assert apply(before.encode(), edits).decode() == after


def test_a_module_that_is_known_is_not_imported_again() -> None:
    assert script_module(tree("const Schema = require('j');\n", "javascript"), "j", "J") == ("Schema", [])
    assert script_module(tree("import * as all from 'j';\n", "javascript"), "j", "J") == ("all", [])
    assert is_module(tree("export const a = 1;\n", "javascript"))
    assert not is_module(tree("module.exports = 1;\n", "javascript"))


def test_imports_of_one_place_become_one_block() -> None:
    parsed = tree("run();\n", "javascript")
    lines = ("const m = require('m');", "const c = require('node:crypto');", "const Joi = require('joi');")
    edits = [each for line in lines for each in import_script(parsed, line)]
    assert apply(b"run();\n", in_block(edits)).decode() == (
        "const c = require('node:crypto');\nconst Joi = require('joi');\nconst m = require('m');\n\nrun();\n"
    )
