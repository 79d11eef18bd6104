"""Python libraries, in the order in which their rows are tried."""

from rearguard.models.dsl import Library
from rearguard.models.python.aiohttp import AIOHTTP
from rearguard.models.python.archives import ARCHIVES
from rearguard.models.python.ariadne import ARIADNE
from rearguard.models.python.authorization_servers import AUTHORIZATION_SERVERS
from rearguard.models.python.blacksheep import BLACKSHEEP
from rearguard.models.python.bottle import BOTTLE
from rearguard.models.python.brokers import BROKERS
from rearguard.models.python.caches import CACHES
from rearguard.models.python.cherrypy import CHERRYPY
from rearguard.models.python.cloud_databases import CLOUD_DATABASES
from rearguard.models.python.consoles import CONSOLES
from rearguard.models.python.cryptography import CRYPTOGRAPHY
from rearguard.models.python.debugging import DEBUGGING
from rearguard.models.python.directories import DIRECTORIES
from rearguard.models.python.django import DJANGO
from rearguard.models.python.django_forms import DJANGO_FORMS
from rearguard.models.python.drf import DRF
from rearguard.models.python.drivers import DRIVERS
from rearguard.models.python.expressions import EXPRESSIONS
from rearguard.models.python.falcon import FALCON
from rearguard.models.python.fastapi import FASTAPI
from rearguard.models.python.files import FILES
from rearguard.models.python.flask import FLASK
from rearguard.models.python.flask_extensions import FLASK_EXTENSIONS
from rearguard.models.python.flask_rest import FLASK_REST
from rearguard.models.python.graphene import GRAPHENE
from rearguard.models.python.http_clients import HTTP_CLIENTS
from rearguard.models.python.http_server import HTTP_SERVER
from rearguard.models.python.identity import IDENTITY
from rearguard.models.python.lambda_functions import LAMBDA_FUNCTIONS
from rearguard.models.python.litestar import LITESTAR
from rearguard.models.python.log_formats import LOG_FORMATS
from rearguard.models.python.mail import MAIL
from rearguard.models.python.mappers import MAPPERS
from rearguard.models.python.markup import MARKUP
from rearguard.models.python.measures import MEASURES
from rearguard.models.python.ninja import NINJA
from rearguard.models.python.orms import ORMS
from rearguard.models.python.pathnames import PATHNAMES
from rearguard.models.python.powertools import POWERTOOLS
from rearguard.models.python.problems import PROBLEMS
from rearguard.models.python.pyramid import PYRAMID
from rearguard.models.python.python2 import PYTHON2
from rearguard.models.python.quart import QUART
from rearguard.models.python.remote_commands import REMOTE_COMMANDS
from rearguard.models.python.robyn import ROBYN
from rearguard.models.python.sanic import SANIC
from rearguard.models.python.serialization import SERIALIZATION
from rearguard.models.python.sheets import SHEETS
from rearguard.models.python.sockets import SOCKETS
from rearguard.models.python.sqlalchemy import SQLALCHEMY
from rearguard.models.python.starlette import STARLETTE
from rearguard.models.python.stdlib import STDLIB
from rearguard.models.python.strawberry import STRAWBERRY
from rearguard.models.python.templates import TEMPLATES
from rearguard.models.python.tokens import TOKENS
from rearguard.models.python.tornado import TORNADO
from rearguard.models.python.transport import TRANSPORT
from rearguard.models.python.validation import VALIDATION
from rearguard.models.python.web_settings import WEB_SETTINGS
from rearguard.models.python.webhooks import WEBHOOKS
from rearguard.models.python.webpy import WEBPY
from rearguard.models.python.wsgi import WSGI

__all__ = ["LIBRARIES"]

LIBRARIES: tuple[Library, ...] = (
    STDLIB,
    PYTHON2,
    FILES,
    FLASK,
    *FLASK_EXTENSIONS,
    FLASK_REST,
    FASTAPI,
    STARLETTE,
    DJANGO,
    DJANGO_FORMS,
    DRF,
    AIOHTTP,
    TORNADO,
    BOTTLE,
    SANIC,
    FALCON,
    PYRAMID,
    CHERRYPY,
    QUART,
    ROBYN,
    BLACKSHEEP,
    WEBPY,
    SOCKETS,
    *BROKERS,
    LITESTAR,
    WSGI,
    LAMBDA_FUNCTIONS,
    POWERTOOLS,
    HTTP_SERVER,
    GRAPHENE,
    STRAWBERRY,
    ARIADNE,
    SQLALCHEMY,
    NINJA,
    *ORMS,
    *MAPPERS,
    *CLOUD_DATABASES,
    *DRIVERS,
    REMOTE_COMMANDS,
    *HTTP_CLIENTS,
    *TEMPLATES,
    *SERIALIZATION,
    *TOKENS,
    WEBHOOKS,
    *CRYPTOGRAPHY,
    *IDENTITY,
    *VALIDATION,
    *DIRECTORIES,
    *MARKUP,
    ARCHIVES,
    AUTHORIZATION_SERVERS,
    PATHNAMES,
    EXPRESSIONS,
    LOG_FORMATS,
    MAIL,
    CACHES,
    SHEETS,
    MEASURES,
    *WEB_SETTINGS,
    *TRANSPORT,
    DEBUGGING,
    PROBLEMS,
    CONSOLES,
)
