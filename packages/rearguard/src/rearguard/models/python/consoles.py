"""What makes consoles, dashboards, listings and output of Python programs reachable.

References: https://aminalaee.dev/sqladmin/authentication/, https://flask-admin.readthedocs.io/en/latest/introduction/,
https://github.com/graphql-python/graphene-django, https://github.com/rycus86/prometheus_flask_exporter,
https://docs.aiohttp.org/en/stable/web_reference.html#aiohttp.web.UrlDispatcher.add_static
"""

from rearguard.models.dsl import Library
from rearguard.models.settings_concepts import Console, DirectoryListing, Introspection, Printed

__all__ = ["CONSOLES"]

CONSOLES = Library(
    name="consoles",
    language="python",
    packages=(
        "sqladmin",
        "flask_admin",
        "rq_dashboard",
        "graphene_django",
        "flask_graphql",
        "flasgger",
        "aiohttp",
    ),
    types={
        "RqDashboard": ("rq_dashboard.blueprint",),
        "Lister": ("http.server.SimpleHTTPRequestHandler",),
    },
    concepts=(
        Console(
            "sqladmin.Admin()",
            what="the admin of the database",
            severity="high",
            guard="(authentication_backend)",
        ),
        Console(
            "flask_admin.Admin()",
            what="the admin of the database",
            severity="high",
            guard_method="is_accessible",
        ),
        Console(
            "flask:App.register_blueprint()",
            what="the dashboard of jobs",
            severity="high",
            only=("(0)", "consoles:RqDashboard"),
        ),
        Console("flask_monitoringdashboard.bind()", what="the monitoring dashboard"),
        Console(
            "{graphene_django.views.GraphQLView,flask_graphql.GraphQLView}.as_view()",
            what="the GraphQL console",
            switch="(graphiql)",
            default=False,
        ),
        Console("flasgger.Swagger()", what="the description of the interface", severity="low"),
        Console("prometheus_flask_exporter.PrometheusMetrics()", what="the page of metrics", severity="low"),
        Console(
            "prometheus_fastapi_instrumentator.Instrumentator().expose()",
            what="the page of metrics",
            severity="low",
            guard="(dependencies)",
        ),
        Introspection("ariadne.{asgi.GraphQL,wsgi.GraphQL,graphql,graphql_sync}(introspection)"),
        DirectoryListing("aiohttp.web.Application().router.add_static(show_index)"),
        DirectoryListing("aiohttp.web.static(show_index)"),
        DirectoryListing("django.views.static.serve(show_indexes)"),
        DirectoryListing(
            "{http.server.HTTPServer,http.server.ThreadingHTTPServer,socketserver.TCPServer}()",
            only=("(1|RequestHandlerClass)", "consoles:Lister"),
        ),
        Printed("builtins.print(0:)"),
        Printed("sys.{stdout,stderr}.write(0)"),
    ),
)
