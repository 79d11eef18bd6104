"""Loggers: winston, pino, bunyan, log4js, loglevel, signale, consola, morgan, and Nest's own.

API references: https://github.com/winstonjs/winston, https://getpino.io/#/docs/api,
https://github.com/trentm/node-bunyan, https://log4js-node.github.io/log4js-node/,
https://github.com/expressjs/morgan#predefined-formats, https://docs.nestjs.com/techniques/logger
"""

from rearguard.models.concepts import LogWrite, TextLog
from rearguard.models.dsl import Library
from rearguard.models.settings_concepts import AccessLogFormat

__all__ = ["LOGGING"]

_LEVELS = "{log,error,warn,info,http,verbose,debug,silly,trace,fatal}"

LOGGING = Library(
    name="logging",
    language="javascript",
    packages=(
        "winston",
        "pino",
        "bunyan",
        "log4js",
        "loglevel",
        "consola",
        "signale",
        "morgan",
        "@nestjs/common",
    ),
    types={
        "Logger": (
            "log4js.getLogger()",
            "loglevel",
            "loglevel.getLogger()",
            "consola",
            "consola.consola",
            "signale",
            "@nestjs/common.{Logger,ConsoleLogger}",
            "@nestjs/common.{Logger,ConsoleLogger}()",
            "Logger.child()",
        ),
        # One line of JSON for each entry, unless a format of the project's own writes text.
        "Structured": (
            "winston",
            "winston.{createLogger,loggers.get,loggers.add}()",
            "{pino,pino.pino,pino-http}()",
            "bunyan.createLogger()",
            "Structured.child()",
        ),
    },
    concepts=(
        LogWrite(f"Logger.{_LEVELS}(0:)"),
        LogWrite(f"Structured.{_LEVELS}(0:)", structured=True),
        TextLog("winston.format.{simple,printf,cli,prettyPrint}()"),
        TextLog("pino-pretty()"),
        AccessLogFormat("morgan(0)", header=r":req\[([\w-]+)\]"),
    ),
)
