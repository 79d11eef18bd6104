"""Formatters that write every entry of a log as one line of JSON.

https://github.com/nhairs/python-json-logger, https://github.com/marselester/json-log-formatter,
https://www.elastic.co/docs/reference/ecs/logging/python, https://www.structlog.org/en/stable/api.html
"""

from rearguard.models.concepts import StructuredLog
from rearguard.models.dsl import Library

__all__ = ["LOG_FORMATS"]

LOG_FORMATS = Library(
    name="log_formats",
    language="python",
    packages=("pythonjsonlogger", "json_log_formatter", "ecs_logging", "structlog"),
    concepts=(
        StructuredLog("pythonjsonlogger.{jsonlogger,json}.JsonFormatter()"),
        StructuredLog("{json_log_formatter.JSONFormatter,ecs_logging.StdlibFormatter}()"),
        StructuredLog("structlog.processors.JSONRenderer()"),
    ),
)
