"""Debuggers and verbose errors of Python's web frameworks.

References: https://werkzeug.palletsprojects.com/en/stable/debug/, https://docs.djangoproject.com/en/stable/ref/settings/#debug,
https://www.tornadoweb.org/en/stable/web.html#application-configuration, https://github.com/aio-libs/aiohttp-debugtoolbar
"""

from rearguard.models.concepts import DebugSwitch
from rearguard.models.dsl import Library
from rearguard.models.settings_concepts import DebugTool

__all__ = ["DEBUGGING"]

DEBUGGING = Library(
    name="debugging",
    language="python",
    packages=("werkzeug", "django", "tornado", "aiohttp", "starlette", "sanic", "bottle"),
    concepts=(
        DebugSwitch("@settings.{DEBUG,TEMPLATE_DEBUG,FLASK_DEBUG,DEBUG_PROPAGATE_EXCEPTIONS}"),
        DebugSwitch("starlette.applications.Starlette(debug)"),
        DebugSwitch("aiohttp.web.Application(debug)"),
        DebugSwitch("tornado.web.Application(debug)"),
        DebugSwitch("sanic.Sanic().run(debug)"),
        DebugSwitch("{bottle.run,bottle.Bottle().run}(debug)"),
        DebugSwitch("quart.Quart().run(2|debug)"),
        DebugSwitch("{werkzeug.serving.run_simple,werkzeug.run_simple}(use_debugger)"),
        DebugSwitch("werkzeug.debug.DebuggedApplication(1|evalex)"),
        DebugTool("aiohttp_debugtoolbar.setup()", what="the debug toolbar", shows=False),
    ),
)
