"""JavaScript and TypeScript libraries, one file per framework or family."""

from rearguard.models.dsl import Library
from rearguard.models.javascript.adonis import ADONIS
from rearguard.models.javascript.archives import ARCHIVES
from rearguard.models.javascript.auth import (
    FASTIFY_TOKENS,
    HTTP_ERRORS,
    NEST_TOKENS,
    PASSWORDS,
    PROTECTION,
    SESSIONS,
    TOKENS,
)
from rearguard.models.javascript.authorization_servers import AUTHORIZATION_SERVERS
from rearguard.models.javascript.body_parsers import BODY_PARSERS
from rearguard.models.javascript.bookshelf import BOOKSHELF
from rearguard.models.javascript.brokers import BROKERS
from rearguard.models.javascript.browser import BROWSER
from rearguard.models.javascript.cloud_databases import CLOUD_DATABASES
from rearguard.models.javascript.commands import COMMANDS
from rearguard.models.javascript.connect_like import CONNECT_LIKE
from rearguard.models.javascript.consoles import CONSOLES
from rearguard.models.javascript.cryptography import CRYPTOGRAPHY
from rearguard.models.javascript.dates import DATES
from rearguard.models.javascript.debugging import DEBUGGING
from rearguard.models.javascript.directories import DIRECTORIES
from rearguard.models.javascript.drizzle import DRIZZLE
from rearguard.models.javascript.egg import EGG
from rearguard.models.javascript.elysia import ELYSIA
from rearguard.models.javascript.express import EXPRESS
from rearguard.models.javascript.fastify import FASTIFY
from rearguard.models.javascript.feathers import FEATHERS
from rearguard.models.javascript.graphql_servers import GRAPHQL_SERVERS
from rearguard.models.javascript.hapi import HAPI
from rearguard.models.javascript.hono import HONO
from rearguard.models.javascript.http_clients import HTTP_CLIENTS
from rearguard.models.javascript.identity import IDENTITY
from rearguard.models.javascript.injection import INJECTION
from rearguard.models.javascript.knex import KNEX
from rearguard.models.javascript.koa import KOA
from rearguard.models.javascript.kysely import KYSELY
from rearguard.models.javascript.lambda_functions import LAMBDA_FUNCTIONS
from rearguard.models.javascript.logging import LOGGING
from rearguard.models.javascript.loopback import LOOPBACK
from rearguard.models.javascript.markup import MARKUP
from rearguard.models.javascript.measures import MEASURES
from rearguard.models.javascript.messages import MESSAGES
from rearguard.models.javascript.meteor import METEOR
from rearguard.models.javascript.midway import MIDWAY
from rearguard.models.javascript.mikro_orm import MIKRO_ORM
from rearguard.models.javascript.mongodb import MONGODB
from rearguard.models.javascript.mongoose import MONGOOSE
from rearguard.models.javascript.nest_gateways import NEST_GATEWAYS
from rearguard.models.javascript.nestjs import NESTJS
from rearguard.models.javascript.next import NEXT
from rearguard.models.javascript.node import NODE
from rearguard.models.javascript.nuxt import NUXT
from rearguard.models.javascript.objection import OBJECTION
from rearguard.models.javascript.objects import OBJECTS
from rearguard.models.javascript.prisma import PRISMA
from rearguard.models.javascript.problems import PROBLEMS
from rearguard.models.javascript.remix import REMIX
from rearguard.models.javascript.routing_controllers import ROUTING_CONTROLLERS
from rearguard.models.javascript.sequelize import SEQUELIZE
from rearguard.models.javascript.serialisation import SERIALISATION
from rearguard.models.javascript.server_actions import SERVER_ACTIONS
from rearguard.models.javascript.sockets import SOCKETS
from rearguard.models.javascript.sql_drivers import MYSQL, POSTGRES, SQL_OTHERS, SQL_SERVICES, SQLITE
from rearguard.models.javascript.sveltekit import SVELTEKIT
from rearguard.models.javascript.templates import TEMPLATES
from rearguard.models.javascript.transport import TRANSPORT
from rearguard.models.javascript.trpc import TRPC
from rearguard.models.javascript.type_graphql import TYPE_GRAPHQL
from rearguard.models.javascript.typeorm import TYPEORM
from rearguard.models.javascript.validation import CLASS_VALIDATOR, SCHEMAS, VALIDATORS
from rearguard.models.javascript.web_settings import WEB_SETTINGS
from rearguard.models.javascript.webhooks import WEBHOOKS

__all__ = ["LIBRARIES"]

LIBRARIES: tuple[Library, ...] = (
    NODE,
    EXPRESS,
    FASTIFY,
    KOA,
    HONO,
    ELYSIA,
    LOOPBACK,
    MIDWAY,
    EGG,
    FEATHERS,
    NESTJS,
    NEXT,
    CONNECT_LIKE,
    HAPI,
    TRPC,
    SERVER_ACTIONS,
    GRAPHQL_SERVERS,
    TYPE_GRAPHQL,
    ROUTING_CONTROLLERS,
    SOCKETS,
    NEST_GATEWAYS,
    LAMBDA_FUNCTIONS,
    METEOR,
    SVELTEKIT,
    REMIX,
    NUXT,
    TOKENS,
    NEST_TOKENS,
    FASTIFY_TOKENS,
    WEBHOOKS,
    SESSIONS,
    PASSWORDS,
    PROTECTION,
    BODY_PARSERS,
    HTTP_ERRORS,
    SCHEMAS,
    VALIDATORS,
    CLASS_VALIDATOR,
    INJECTION,
    POSTGRES,
    MYSQL,
    SQLITE,
    SQL_OTHERS,
    SQL_SERVICES,
    *CLOUD_DATABASES,
    BOOKSHELF,
    KNEX,
    KYSELY,
    SEQUELIZE,
    MONGOOSE,
    MONGODB,
    PRISMA,
    TYPEORM,
    DRIZZLE,
    OBJECTION,
    MIKRO_ORM,
    HTTP_CLIENTS,
    TEMPLATES,
    SERIALISATION,
    COMMANDS,
    LOGGING,
    *CRYPTOGRAPHY,
    DIRECTORIES,
    MARKUP,
    ARCHIVES,
    AUTHORIZATION_SERVERS,
    OBJECTS,
    MESSAGES,
    BROKERS,
    IDENTITY,
    MEASURES,
    *WEB_SETTINGS,
    *TRANSPORT,
    DEBUGGING,
    PROBLEMS,
    CONSOLES,
    BROWSER,
    ADONIS,
    DATES,
)
