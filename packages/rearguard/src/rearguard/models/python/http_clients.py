"""HTTP clients: requests, HTTPX, aiohttp's client, urllib3, and what else fetches an address.

API reference: https://requests.readthedocs.io/en/latest/api/, https://www.python-httpx.org/api/,
https://docs.aiohttp.org/en/stable/client_reference.html, https://urllib3.readthedocs.io/en/stable/reference/
"""

from rearguard.models.concepts import OutboundRequest, TextJoin
from rearguard.models.dsl import Library

__all__ = ["AIOHTTP_CLIENT", "HTTPX", "HTTP_CLIENTS", "REQUESTS", "URLLIB3"]

_VERBS = "{get,post,put,patch,delete,head,options}"

REQUESTS = Library(
    name="requests",
    language="python",
    packages=("requests", "requests_html", "cloudscraper", "requests_oauthlib", "niquests", "treq"),
    types={
        "Session": (
            "requests.{Session,session,sessions.Session}()",
            "requests_html.HTMLSession()",
            "requests_oauthlib.OAuth2Session()",
            "{niquests,curl_cffi.requests}.{Session,AsyncSession}()",
            "cloudscraper.create_scraper()",
        )
    },
    concepts=(
        OutboundRequest(f"{{requests,requests.api}}.{_VERBS}(0|url)"),
        OutboundRequest("{requests,requests.api}.request(1|url)"),
        OutboundRequest(f"{{niquests,curl_cffi.requests,treq}}.{_VERBS}(0|url)"),
        # Building a request sends nothing; the sender is given what was built.
        TextJoin("requests.Request(1|url)"),
        TextJoin("Session.prepare_request(0|request)"),
        OutboundRequest("Session.send(0|request)"),
        OutboundRequest(f"Session.{_VERBS}(0|url)"),
        OutboundRequest("Session.request(1|url)"),
    ),
)

HTTPX = Library(
    name="httpx",
    language="python",
    packages=("httpx",),
    types={"Client": ("httpx.{Client,AsyncClient}()",)},
    concepts=(
        OutboundRequest(f"httpx.{_VERBS}(0|url)"),
        OutboundRequest("httpx.{request,stream,Request}(1|url)"),
        OutboundRequest("httpx.{Client,AsyncClient}(base_url)"),
        OutboundRequest(f"Client.{_VERBS}(0|url)", sender="transport"),
        OutboundRequest("Client.{request,stream,build_request}(1|url)", sender="transport"),
    ),
    sites=("Client",),
)

AIOHTTP_CLIENT = Library(
    name="aiohttp_client",
    language="python",
    packages=("aiohttp",),
    types={"Session": ("aiohttp.ClientSession()", "aiohttp.client.ClientSession()")},
    concepts=(
        OutboundRequest("aiohttp.request(1|url)"),
        OutboundRequest("aiohttp.ClientSession(0|base_url)"),
        OutboundRequest(f"Session.{{{_VERBS.strip('{}')},ws_connect}}(0|url)", sender="connector"),
        OutboundRequest("Session.request(1|url)", sender="connector"),
    ),
    sites=("Session",),
)

URLLIB3 = Library(
    name="urllib3",
    language="python",
    packages=("urllib3",),
    types={"Pool": ("urllib3.{PoolManager,ProxyManager}()",)},
    concepts=(
        OutboundRequest("urllib3.request(1|url)"),
        OutboundRequest("Pool.{request,request_encode_body,request_encode_url,urlopen}(1|url)"),
        OutboundRequest("Pool.connection_from_url(0|url)"),
        OutboundRequest("urllib3.{connection_from_url}(0|url)"),
        OutboundRequest("urllib3.{HTTPConnectionPool,HTTPSConnectionPool}(0|host)"),
    ),
)

FETCHERS = Library(
    name="fetchers",
    language="python",
    packages=("httplib2", "feedparser", "wget", "playwright", "selenium", "pdfkit", "weasyprint"),
    types={
        "Engine": (
            "playwright.{sync_api.sync_playwright,async_api.async_playwright}()",
            "Engine.start()",
        ),
        "Browser": (
            "Engine.{chromium,firefox,webkit}.launch()",
            "Browser.new_context()",
        ),
        "Page": ("Browser.new_page()",),
        "Driver": ("selenium.webdriver.{Chrome,Firefox,Edge,Safari,Remote}()",),
        "Socket": ("socket.socket()",),
    },
    concepts=(
        OutboundRequest("httplib2.Http().request(0|uri)"),
        OutboundRequest("feedparser.parse(0|url_file_stream_or_string)"),
        OutboundRequest("wget.download(0|url)"),
        # A browser goes there, files and the own network included.
        OutboundRequest("Page.goto(0|url)"),
        OutboundRequest("Driver.get(0|url)"),
        OutboundRequest("pdfkit.from_url(0|url)"),
        OutboundRequest("weasyprint.HTML(0|url)"),
        OutboundRequest("websockets.{connect,client.connect}(0|uri)"),
        OutboundRequest("xmlrpc.client.ServerProxy(0|uri)"),
        OutboundRequest("asyncio.open_connection(0|host)"),
        OutboundRequest("Socket.{connect,connect_ex}(0)"),
        OutboundRequest("smtplib.{SMTP,SMTP_SSL}(0|host)"),
    ),
)

HTTP_CLIENTS = (REQUESTS, HTTPX, AIOHTTP_CLIENT, URLLIB3, FETCHERS)
