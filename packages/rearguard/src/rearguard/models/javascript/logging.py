"""Loggers: winston, pino, bunyan, log4js, loglevel, signale, consola.

API references: https://github.com/winstonjs/winston, https://getpino.io/#/docs/api,
https://github.com/trentm/node-bunyan, https://log4js-node.github.io/log4js-node/
"""

from rearguard.models.concepts import LogWrite
from rearguard.models.dsl import Library

__all__ = ["LOGGING"]

LOGGING = Library(
    name="logging",
    language="javascript",
    packages=("winston", "pino", "bunyan", "log4js", "loglevel", "consola", "signale"),
    types={
        "Logger": (
            "winston",
            "winston.{createLogger,loggers.get,loggers.add}()",
            "{pino,pino.pino,pino-http}()",
            "bunyan.createLogger()",
            "log4js.getLogger()",
            "loglevel",
            "loglevel.getLogger()",
            "consola",
            "consola.consola",
            "signale",
            "Logger.child()",
        ),
    },
    concepts=(LogWrite("Logger.{log,error,warn,info,http,verbose,debug,silly,trace,fatal}(0:)"),),
)
