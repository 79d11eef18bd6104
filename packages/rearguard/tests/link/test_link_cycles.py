"""Modules that export each other end the search for a member."""

from rearguard.frontends.javascript import read_javascript
from rearguard.link import Linker, ModuleIndex
from rearguard.models import load


def test_modules_that_export_each_other() -> None:
    texts = {
        "a.js": "module.exports = require('./b')",
        "b.js": "module.exports = require('./a')",
        "main.js": "const { run } = require('./a')\nrun()",
        "self.js": "module.exports = require('./self')\nmodule.exports.x.y()",
    }
    modules = {path: read_javascript(text.encode(), "javascript") for path, text in texts.items()}
    linker = Linker(modules, load().aliases, ModuleIndex(modules))
    linker.run()
    assert linker.refs["main.js::<module>"]
